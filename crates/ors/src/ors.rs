//! The neighbour as a whole: what it is made of, how a call travels over its nodes, and the port that it keeps.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use ges_domain::effect::Signal;
use ges_ports::{Clock, Fault, Inquiry, Orchestrator, Receipt, SessionRef, SessionRequest};
use reqwest::{Client, Method};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};
use url::Url;

use crate::config::{Body, Config};
use crate::nodes::{NodeHealth, Nodes};
use crate::owners::{Owner, Owners};
use crate::reply;
use crate::wire::{Answer, CallError, PEER, Reply, Request, exchange};

/// The most redirects of one try.
const REDIRECTS: usize = 2;

/// The orchestration server over HTTP.
pub struct Ors {
    pub(crate) nodes: Nodes,
    pub(crate) owners: Owners,
    pub(crate) body: Body,
    pub(crate) clock: Arc<dyn Clock>,
    client: Client,
    timeout: std::time::Duration,
    ges_url: Url,
}

impl std::fmt::Debug for Ors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ors").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

impl Ors {
    /// The neighbour at the configured nodes.
    ///
    /// `client` is one that [`Config::tune`] prepared; `ges_url` is where sessions find our internal API.
    pub fn new(config: Config, ges_url: Url, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            timeout: config.timeout(),
            nodes: Nodes::new(config.nodes, config.order),
            owners: Owners::default(),
            body: config.body,
            clock,
            client,
            ges_url,
        }
    }

    /// How the nodes fare, as far as their answers told; asks nobody.
    pub fn health(&self) -> Vec<NodeHealth> {
        self.nodes.health()
    }

    /// Asks every node for its help, all at once: the address of each, and whether it answers.
    pub async fn probe(&self) -> Vec<(String, Result<(), Fault>)> {
        let request = Request {
            method: Method::GET,
            path: String::from("/ors/help"),
            body: None,
            callback: None,
            trace: None,
        };
        let bases = self.nodes.bases(&[]);
        let probes = bases.into_iter().map(|base| {
            let request = &request;
            async move {
                let answered = self.travel(base, request, None).await.and_then(done);
                (base.to_owned(), answered.map(drop).map_err(Fault::from))
            }
        });
        join_all(probes).await
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
        let mut last = None;
        for base in self.nodes.bases(&request.regions) {
            if !self.nodes.open(base, self.clock.now()) {
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
