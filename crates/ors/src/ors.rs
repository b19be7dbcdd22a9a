//! The neighbour as a whole: what it is made of, how a call travels over its nodes, and the port that it keeps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use ges_domain::effect::Signal;
use ges_domain::id::TenantId;
use ges_ports::{
    AtHand, Clock, Fault, Inquiry, Orchestrator, Receipt, SessionRef, SessionRequest, Tenant,
    Tenants,
};
use reqwest::{Client, Method};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};
use url::Url;

use crate::cluster::Cluster;
use crate::config::{Body, Config};
use crate::nodes::{NodeHealth, Nodes};
use crate::owners::{Owner, Owners};
use crate::reply;
use crate::wire::{Answer, CallError, PEER, Reply, Request, exchange};

/// The most redirects of one try.
const REDIRECTS: usize = 2;

/// Where a tenant's nodes are is waited for this long. As long as a node is: a session that begins in the wrong place
/// is worse than one that begins late.
const WHERE: Duration = Duration::from_secs(2);

/// The most nodes that a probe asks at the same time.
const PROBES: usize = 32;

/// The orchestration server over HTTP.
pub struct Ors {
    nodes: Nodes,
    /// Who says where tenants have nodes of their own; none where only the configuration does.
    tenants: Option<AtHand>,
    pub(crate) owners: Owners,
    pub(crate) body: Body,
    pub(crate) clock: Arc<dyn Clock>,
    client: Client,
    timeout: Duration,
    ges_url: Url,
}

impl std::fmt::Debug for Ors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ors").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl Ors {
    /// The neighbour at the configured nodes, and at those that `tenants` name for themselves.
    ///
    /// `client` is one that [`Config::tune`] prepared; `ges_url` is where sessions find our internal API.
    pub fn new(
        config: Config,
        ges_url: Url,
        client: Client,
        clock: Arc<dyn Clock>,
        tenants: Option<Arc<dyn Tenants>>,
    ) -> Self {
        Self {
            timeout: config.timeout(),
            nodes: Nodes::new(config.nodes, config.order),
            tenants: tenants.map(|tenants| AtHand::new(tenants, WHERE)),
            owners: Owners::default(),
            body: config.body,
            clock,
            client,
            ges_url,
        }
    }

    /// How the nodes fare, as far as their answers told: the general ones, then those of the tenants that are known to
    /// have their own. Asks nobody.
    pub fn health(&self) -> Vec<NodeHealth> {
        for tenant in self.nodes.tenants() {
            self.meet(tenant);
        }
        self.nodes.health()
    }

    /// How the nodes fare on which a tenant's sessions begin.
    pub fn health_of(&self, tenant: TenantId) -> Vec<NodeHealth> {
        self.meet(tenant);
        self.nodes.health_of(tenant)
    }

    /// Counts a tenant's nodes among those that are known, as if a session of it had begun; asks nobody.
    pub fn meet(&self, tenant: TenantId) {
        self.nodes.of(tenant, self.known(tenant).as_ref());
    }

    fn known(&self, tenant: TenantId) -> Option<Arc<Tenant>> {
        self.tenants.as_ref()?.known(tenant)
    }

    /// The nodes of a tenant.
    pub(crate) async fn cluster(&self, tenant: TenantId) -> Arc<Cluster> {
        let copy = match &self.tenants {
            Some(tenants) => tenants.of(tenant, self.clock.now()).await,
            None => None,
        };
        self.nodes.of(tenant, copy.as_ref())
    }

    /// Asks every node that is known for its help: the address of each, and whether it answers.
    pub async fn probe(&self) -> Vec<(String, Result<(), Fault>)> {
        let request = Request {
            method: Method::GET,
            path: String::from("/ors/help"),
            body: None,
            callback: None,
            trace: None,
        };
        let mut seen = BTreeSet::new();
        let bases = self.health().into_iter().map(|node| node.url);
        let bases = bases.filter(|base| seen.insert(base.clone()));
        let probes = stream::iter(bases).map(|base| {
            let request = &request;
            async move {
                let answered = self.travel(&base, request, None).await.and_then(done);
                (base, answered.map(drop).map_err(Fault::from))
            }
        });
        probes.buffered(PROBES).collect().await
    }

    /// One try: asks a node, and whom it points to. Every node on the way is judged by its own answer.
    pub(crate) async fn travel(
        &self,
        base: &str,
        request: &Request,
        cookie: Option<&str>,
    ) -> Result<Answer, CallError> {
        let deadline = Instant::now() + self.timeout;
        let mut address = Url::parse(&format!("{base}{}", request.path))
            .map_err(|_ignored| CallError::Misdirected)?;
        for redirects in 0..=REDIRECTS {
            let reply = exchange(&self.client, &address, request, cookie, deadline).await;
            let failure = reply.as_ref().err().filter(|error| error.node_failed());
            self.nodes.note(&address, failure, self.clock.now());
            match reply {
                Ok(Reply::Answer(answer)) => return Ok(answer),
                Ok(Reply::Elsewhere(target)) => address = target,
                Err(error) if redirects > 0 => return Err(CallError::Beyond(Box::new(error))),
                Err(error) => return Err(error),
            }
        }
        Err(CallError::Redirected)
    }

    async fn start_somewhere(&self, request: &SessionRequest) -> Result<Receipt, Fault> {
        let entry = request.entry(self.ges_url.as_str());
        let call = Request {
            method: Method::POST,
            path: String::from("/scxml/session/start"),
            body: Some(self.body.write(&entry)),
            callback: Some(request.callback.id),
            trace: request.trace,
        };
        let cluster = self.cluster(request.callback.tenant).await;
        let mut last = None;
        for base in cluster.bases(&request.regions) {
            if !cluster.open(base, self.clock.now()) {
                continue;
            }
            match self.travel(base, &call, None).await.and_then(done) {
                Ok(answer) => {
                    let session = reply::started(&answer)?;
                    let node = Some(answer.base.to_string());
                    if let Some(session) = &session {
                        let owner = Owner { base: answer.base, cookie: answer.cookie };
                        self.owners.remember(session, owner, self.clock.now());
                    }
                    return Ok(Receipt { session, node });
                }
                // Only what certainly began nowhere may begin elsewhere: a node of another release may take it.
                Err(error) if error.nothing_done() || error.refused() => last = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.map_or_else(nobody, Fault::from))
    }
}

/// The answer, if it says that what was asked is done.
pub(crate) fn done(answer: Answer) -> Result<Answer, CallError> {
    if answer.status.is_success() { Ok(answer) } else { Err(CallError::Status(answer.status)) }
}

/// No node may be asked: none is configured, or all are left alone for now.
pub(crate) fn nobody() -> Fault {
    Fault::unavailable(PEER, "no node is configured, or all failed too often and are left alone")
}

/// Runs a call inside its span, and takes down how it came out.
pub(crate) async fn told<T>(
    span: Span,
    call: impl Future<Output = Result<T, Fault>>,
    outcome: impl FnOnce(&T) -> &'static str,
) -> Result<T, Fault> {
    let result = call.instrument(span.clone()).await;
    let outcome = match &result {
        Ok(value) => outcome(value),
        Err(fault) => fault.kind.as_str(),
    };
    span.record("outcome", outcome);
    result
}

pub(crate) fn lives(found: bool) -> &'static str {
    if found { "ok" } else { "gone" }
}

#[async_trait]
impl Orchestrator for Ors {
    async fn start(&self, request: &SessionRequest) -> Result<Receipt, Fault> {
        let span = info_span!("ors.start", peer = PEER, outcome = Empty);
        told(span, self.start_somewhere(request), |_| "ok").await
    }

    async fn signal(&self, session: &SessionRef, signal: &Signal) -> Result<bool, Fault> {
        let span = info_span!("ors.signal", peer = PEER, outcome = Empty);
        told(span, self.tell(session, signal), |found| lives(*found)).await
    }

    async fn query(&self, session: &SessionRef) -> Result<Inquiry, Fault> {
        let span = info_span!("ors.query", peer = PEER, outcome = Empty);
        let outcome = |found: &Inquiry| match found {
            Inquiry::Lives(_) => "ok",
            Inquiry::Gone => "gone",
            Inquiry::Silent => "silent",
        };
        told(span, self.ask(session), outcome).await
    }
}
