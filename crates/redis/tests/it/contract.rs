//! The promises of the ports: of the throttle, of the orchestrator whose sessions start by the stream, and of wait times
//! that are remembered by all nodes, by none, and while Redis is away.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use ges_contracts::orchestrator::Platform;
use ges_contracts::wait_times::Router;
use ges_domain::callback::{Diagnostics, Sighting};
use ges_domain::effect::Signal;
use ges_domain::id::{CallbackId, SessionId};
use ges_domain::time::Timestamp;
use ges_ports::{
    Admission, Allowance, Fault, FaultKind, Inquiry, Orchestrator, Receipt, SessionRef,
    SessionRequest, Subject, Throttle,
};
use ges_redis::{Config, OrsStream, RedisThrottle, SharedMemory};
use ges_simulators as sim;

use crate::given::{at, config, consumer, ges_url, memory, stream_config};
use crate::remembered::Desk;
use crate::server::{Patience, Server, variable};

/// A throttle and what it counts in.
struct Counting {
    throttle: RedisThrottle,
    _kept: (Option<Server>, tempfile::TempDir),
}

#[async_trait]
impl Throttle for Counting {
    async fn admit(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        self.throttle.admit(subject, allowance, now).await
    }

    async fn peek(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        self.throttle.peek(subject, allowance, now).await
    }

    async fn withdraw(&self, subject: &Subject, at: Timestamp) -> Result<(), Fault> {
        self.throttle.withdraw(subject, at).await
    }
}

/// Counters under a prefix that nobody else has: on the rented server, or on one of their own.
async fn counters() -> Arc<dyn Throttle> {
    let unique = tempfile::Builder::new().prefix("ges-test-").tempdir().unwrap();
    let key_prefix = format!("{}:", unique.path().file_name().unwrap().display());
    let rented = variable("GES_TEST_REDIS_URL");
    let server = rented.is_none().then(Server::start);
    let url = rented.unwrap_or_else(|| server.as_ref().unwrap().address().to_owned());
    let config = Config { connection: at(&url), key_prefix, ..Config::default() };
    let throttle = RedisThrottle::new(SharedMemory::open(&config).unwrap());
    Arc::new(Counting { throttle, _kept: (server, unique) })
}

ges_contracts::throttle!(counters);

/// A pretended ORS behind the stream; its sessions are spoken to directly.
struct Pretended {
    adapter: OrsStream,
    peer: Arc<sim::Ors>,
    server: Mutex<Server>,
}

struct Sessions(Arc<sim::Ors>);

impl Sessions {
    fn has(&self, session: &SessionRef) -> bool {
        self.0.sessions().iter().any(|it| it.id == session.session.as_str())
    }
}

#[async_trait]
impl Orchestrator for Sessions {
    async fn start(&self, _request: &SessionRequest) -> Result<Receipt, Fault> {
        panic!("starts go into the stream")
    }

    async fn signal(&self, session: &SessionRef, _signal: &Signal) -> Result<bool, Fault> {
        Ok(self.has(session))
    }

    async fn query(&self, session: &SessionRef) -> Result<Inquiry, Fault> {
        let seen_at = Some(ges_contracts::given::now());
        let diagnostics = Diagnostics { seen_at, ..Diagnostics::default() };
        let sighting = Sighting { state: None, diagnostics };
        Ok(if self.has(session) { Inquiry::Lives(Box::new(sighting)) } else { Inquiry::Gone })
    }
}

impl Pretended {
    /// The entries of the stream; of a server that is gone none will arrive.
    fn written(&self) -> BTreeSet<String> {
        let entries = self.server.lock().unwrap().tell(&["XRANGE", "NewCallbackStream", "-", "+"]);
        let entries: Vec<(String, Vec<String>)> = entries.unwrap_or_default();
        entries.into_iter().map(|(id, _)| id).collect()
    }

    fn entered(&self) -> BTreeSet<String> {
        self.peer.entered().into_iter().map(|entered| entered.id).collect()
    }
}

impl Platform for Pretended {
    fn orchestrator(&self) -> &dyn Orchestrator {
        &self.adapter
    }

    fn sessions(&self, callback: CallbackId) -> BoxFuture<'_, Vec<SessionId>> {
        let callback = callback.to_string();
        async move {
            let written = self.written();
            let mut patience = Patience::new("every start arrives");
            while !self.entered().is_superset(&written) {
                patience.wait().await;
            }
            let sessions = self.peer.sessions().into_iter();
            let mine = sessions.filter(|session| session.callback_id == callback);
            mine.map(|session| SessionId::parse(&session.id).unwrap()).collect()
        }
        .boxed()
    }

    fn lose(&self, session: &SessionId) {
        assert!(self.peer.lose_session(session.as_str()));
    }

    fn shut(&self) -> BoxFuture<'_, ()> {
        self.server.lock().unwrap().stop();
        async {
            // Until then a call may be on its way into a connection that is just ending.
            let mut patience = Patience::new("the end is noticed");
            let noticed = |fault: Fault| fault.kind == FaultKind::Unavailable;
            while !self.adapter.ping().await.is_err_and(noticed) {
                patience.wait().await;
            }
        }
        .boxed()
    }
}

async fn platform() -> Arc<dyn Platform> {
    let server = Server::start();
    let peer = Arc::new(consumer(&server).await);
    let sessions = Arc::new(Sessions(Arc::clone(&peer)));
    let adapter = OrsStream::open(&stream_config(&server), ges_url(), sessions).unwrap();
    Arc::new(Pretended { adapter, peer, server: Mutex::new(server) })
}

ges_contracts::orchestrator!(platform);

mod bare {
    use super::*;

    async fn fresh() -> Arc<dyn Router> {
        Arc::new(Desk::alone())
    }

    ges_contracts::wait_times!(fresh);
}

mod remembered_by_all {
    use super::*;

    async fn fresh() -> Arc<dyn Router> {
        let server = Server::start();
        Arc::new(Desk::remembered(memory(&server), Some(server)))
    }

    ges_contracts::wait_times!(fresh);
}

mod remembered_without_redis {
    use super::*;

    async fn fresh() -> Arc<dyn Router> {
        let mut server = Server::start();
        server.stop();
        Arc::new(Desk::remembered(SharedMemory::open(&config(&server)).unwrap(), Some(server)))
    }

    ges_contracts::wait_times!(fresh);
}
