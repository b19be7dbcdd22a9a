//! The promises of `Orchestrator`, kept by both kinds of body.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use ges_contracts::orchestrator::Platform;
use ges_domain::id::{CallbackId, SessionId};
use ges_ors::{Body, Config, Ors};
use ges_ports::Orchestrator;
use ges_simulators as sim;

use crate::given::{adapter, adapter_in, clock, config, pretended, town};

struct Pretended {
    adapter: Ors,
    peer: sim::Ors,
}

impl Platform for Pretended {
    fn orchestrator(&self) -> &dyn Orchestrator {
        &self.adapter
    }

    fn sessions(&self, callback: CallbackId) -> BoxFuture<'_, Vec<SessionId>> {
        let callback = callback.to_string();
        async move {
            self.peer.settle().await;
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
        self.peer.stop().boxed()
    }
}

async fn platform(body: Body, nodes: sim::OrsConfig) -> Arc<dyn Platform> {
    let peer = pretended(nodes).await;
    let urls: Vec<_> = peer.urls().iter().map(String::as_str).collect();
    let adapter = adapter(Config { body, ..config(&urls) }, &clock());
    Arc::new(Pretended { adapter, peer })
}

mod one_node_and_forms {
    use super::*;

    async fn fresh() -> Arc<dyn Platform> {
        platform(Body::Form, sim::OrsConfig::default()).await
    }

    ges_contracts::orchestrator!(fresh);
}

mod a_node_that_the_tenant_names {
    use super::*;

    async fn fresh() -> Arc<dyn Platform> {
        let peer = pretended(sim::OrsConfig::default()).await;
        let town = town(&[("/USW1", &[peer.url()])]);
        let adapter = adapter_in(config(&[]), &clock(), Some(&town));
        Arc::new(Pretended { adapter, peer })
    }

    ges_contracts::orchestrator!(fresh);
}

mod two_nodes_and_json {
    use super::*;

    async fn fresh() -> Arc<dyn Platform> {
        platform(Body::Json, sim::OrsConfig::default().two_nodes()).await
    }

    ges_contracts::orchestrator!(fresh);
}
