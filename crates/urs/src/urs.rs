//! The neighbour as a whole: asks all nodes of a tenant at once, makes one answer of theirs, and keeps the port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ports::{
    AtHand, Estimate, Fault, Passage, Place, Tenant, Tenants, Wait, WaitQuery, WaitTimes,
};
use reqwest::Client;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::config::Config;
use crate::figures::Figures;
use crate::memory::{Memory, Outcome, Recall};
use crate::nodes::{Node, NodeHealth, Nodes};
use crate::wire::{CallError, PEER, fault, figures, help, lvq, sign_of_life};

/// Once one node has answered, the others have this long to join in.
///
/// Ten times what a healthy node needs across an ocean, and short enough that nobody notices a node that hangs.
const GRACE: Duration = Duration::from_millis(250);

/// Where a tenant's routers are is waited for this long; the routers themselves have more.
const WHERE: Duration = Duration::from_secs(1);

/// The most nodes that a probe asks at the same time.
const PROBES: usize = 32;

/// The word for “no particular call”.
const ANY_CALL: &str = "max";

/// The routing servers over HTTP.
pub struct Urs(Arc<Inner>);

struct Inner {
    config: Config,
    client: Client,
    nodes: Nodes,
    /// Who says where tenants have routers of their own; none where only the configuration does.
    tenants: Option<AtHand>,
    memory: Memory,
}

/// What a node said: figures, or that it does not know what it was asked about.
type Said = Result<Option<Figures>, CallError>;

impl std::fmt::Debug for Urs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Urs").field("nodes", &self.0.nodes).finish_non_exhaustive()
    }
}

impl Urs {
    /// The neighbour at the configured nodes, and at those that `tenants` name for themselves. `client` is one that
    /// [`Config::tune`] prepared.
    pub fn new(config: Config, client: Client, tenants: Option<Arc<dyn Tenants>>) -> Self {
        let nodes = Nodes::new(&config);
        let tenants = tenants.map(|tenants| AtHand::new(tenants, WHERE));
        Self(Arc::new(Inner { config, client, nodes, tenants, memory: Memory::default() }))
    }

    /// Counts a tenant among those that are known, as if it had been asked about; asks nobody.
    pub fn meet(&self, tenant: TenantId) {
        self.0.nodes.of(tenant, self.0.known(tenant).as_ref(), &self.0.config);
    }

    /// How many tenants have routing servers of which none answered when it was last asked; above 0 is an alarm.
    ///
    /// Known are the tenants that are configured by name and those that were asked about or met.
    pub fn all_down(&self) -> usize {
        self.0.nodes.all_down()
    }

    /// How the nodes of all known tenants fare, as far as their answers told; asks nobody.
    pub fn health(&self) -> Vec<NodeHealth> {
        self.0.nodes.health()
    }

    /// How the nodes of one tenant fare, which is known from then on; asks nobody.
    pub fn health_of(&self, tenant: TenantId) -> Vec<NodeHealth> {
        self.meet(tenant);
        self.0.nodes.health_of(tenant)
    }

    /// Asks every node of every known tenant for its help, so that [`all_down`](Self::all_down) is true of now.
    pub async fn probe(&self, now: Timestamp) {
        for tenant in self.0.nodes.tenants() {
            self.meet(tenant);
        }
        let probes = stream::iter(self.0.nodes.every()).map(|node| async move {
            let span = info_span!("urs.probe", peer = PEER, node = %node.base, outcome = Empty);
            let address = help(&node.base);
            let asked = sign_of_life(&self.0.client, address, self.0.config.timeout());
            let answer = asked.instrument(span.clone()).await;
            span.record("outcome", outcome(&answer));
            node.note_probe(&answer, now);
        });
        probes.buffer_unordered(PROBES).collect::<()>().await;
    }
}

impl Inner {
    /// The copy of a tenant that this node has; asks nobody.
    fn known(&self, tenant: TenantId) -> Option<Arc<Tenant>> {
        self.tenants.as_ref()?.known(tenant)
    }

    /// The nodes to ask, the preferred one first.
    async fn to_ask(&self, query: &WaitQuery, now: Timestamp) -> Vec<Arc<Node>> {
        let (tenant, config) = (query.tenant, &self.config);
        let copy = match &self.tenants {
            Some(tenants) if config.own_nodes_of(tenant).is_none() => tenants.of(tenant, now).await,
            Some(_) | None => None,
        };
        self.nodes.near(tenant, &query.regions, copy.as_ref(), config)
    }

    /// What the nodes of a tenant say, the preferred one's answer first.
    ///
    /// Each question runs on a task of its own and judges its node at its end, whether or not anybody still waits.
    async fn ask(self: &Arc<Self>, call: &str, query: &WaitQuery, now: Timestamp) -> Vec<Said> {
        let (mut asked, mut trials) = (Vec::new(), Vec::new());
        for (rank, node) in self.to_ask(query, now).await.into_iter().enumerate() {
            match node.pass(now) {
                Passage::Free => asked.push((rank, node)),
                Passage::Trial => trials.push((rank, node)),
                Passage::Barred => {}
            }
        }
        let (says, mut said) = mpsc::unbounded_channel();
        // A trial is worth waiting for only where there is nobody else to listen to.
        let waited_for = if asked.is_empty() { trials.len() } else { asked.len() };
        let nobody_else = asked.is_empty();
        for (rank, node) in asked {
            self.spawn(call, query, now, node, rank, Some(&says));
        }
        for (rank, node) in trials {
            self.spawn(call, query, now, node, rank, nobody_else.then_some(&says));
        }
        // From here on the questions alone hold the other end: if one of them dies, the rest are still waited for.
        drop(says);
        let mut answers: Vec<(usize, Said)> = Vec::with_capacity(waited_for);
        let mut until = None;
        while answers.len() < waited_for {
            let next = match until {
                None => said.recv().await,
                Some(until) => timeout_at(until, said.recv()).await.unwrap_or(None),
            };
            let Some((rank, answer)) = next else { break };
            if answer.is_ok() {
                until.get_or_insert_with(|| Instant::now() + GRACE);
            }
            answers.push((rank, answer));
        }
        answers.sort_by_key(|(rank, _)| *rank);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    fn spawn(
        self: &Arc<Self>,
        call: &str,
        query: &WaitQuery,
        now: Timestamp,
        node: Arc<Node>,
        rank: usize,
        says: Option<&mpsc::UnboundedSender<(usize, Said)>>,
    ) {
        let address = lvq(&node.base, call, query, &self.config);
        let (inner, says) = (Arc::clone(self), says.cloned());
        let span = info_span!("urs.lvq", peer = PEER, node = %node.base, outcome = Empty);
        let question = async move {
            let answer = figures(&inner.client, address, inner.config.timeout()).await;
            tracing::Span::current().record("outcome", outcome(&answer));
            node.note(&answer, now);
            if let Some(says) = says {
                // Nobody listens any more when the answer came too late.
                drop(says.send((rank, answer)));
            }
        };
        drop(tokio::spawn(question.instrument(span)));
    }

    /// One answer for a queue out of those of all nodes.
    async fn look_up(self: &Arc<Self>, query: &WaitQuery, now: Timestamp) -> Outcome {
        let mut answers = Vec::new();
        let mut trouble = None;
        for said in self.ask(ANY_CALL, query, now).await {
            match said {
                Ok(Some(figures)) => answers.push(figures),
                // Every router knows the question, so one that does not is none.
                Ok(None) => {
                    let status = CallError::Status(reqwest::StatusCode::NOT_FOUND);
                    trouble = trouble.or(Some(status));
                }
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        let Some(chosen) = answers.iter().find(|said| said.known()).or(answers.first()) else {
            return Err(Arc::new(trouble.unwrap_or(CallError::Nobody)));
        };
        let oldest = answers.iter().filter_map(|said| said.oldest_wait_secs).reduce(f64::max);
        Ok(Wait {
            estimate: chosen.estimate,
            waiting: answers.iter().filter_map(Figures::waiting).reduce(u32::saturating_add),
            oldest_wait_secs: oldest,
            average_secs: chosen.average_secs,
            distributed: chosen.distributed,
            seen_at: now,
        })
    }
}

fn outcome<T>(answer: &Result<T, CallError>) -> &'static str {
    answer.as_ref().map_or_else(|error| error.kind().as_str(), |_| "ok")
}

/// Whether a text is the id of a call: sixteen hexadecimal digits. Anything else would be another address.
fn connection_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[async_trait]
impl WaitTimes for Urs {
    async fn look_up(&self, query: &WaitQuery, now: Timestamp) -> Result<Wait, Fault> {
        let mut flight = match self.0.memory.recall(query, now) {
            Recall::Known(wait) => return Ok(wait),
            Recall::Join(flight) => flight,
            Recall::Ask(lands, flight) => {
                // On a task of its own: who asked first may stop waiting, the others must not lose by it.
                let (inner, query) = (Arc::clone(&self.0), query.clone());
                drop(tokio::spawn(async move {
                    let outcome = inner.look_up(&query, now).await;
                    inner.memory.land(&query, &outcome);
                    lands.send_replace(Some(outcome));
                }));
                flight
            }
        };
        let landed = flight.wait_for(Option::is_some).await.map(|outcome| (*outcome).clone());
        match landed.ok().flatten() {
            Some(Ok(wait)) => Ok(wait),
            Some(Err(error)) => self.0.memory.stand_in(query, now).ok_or_else(|| fault(error)),
            None => Err(Fault::misbehaved(PEER, "the look-up ended without an outcome")),
        }
    }

    async fn place(
        &self,
        query: &WaitQuery,
        interaction_id: &str,
        now: Timestamp,
    ) -> Result<Option<Place>, Fault> {
        if !connection_id(interaction_id) {
            return Ok(None);
        }
        let answers = self.0.ask(interaction_id, query, now).await;
        let (mut unknown, mut trouble) = (false, None);
        for said in answers {
            match said {
                Ok(Some(Figures { position: Some(position), estimate, .. })) => {
                    let ewt_secs = match estimate {
                        Estimate::Known(secs) => Some(secs),
                        Estimate::NoInteractions | Estimate::NoAgents => None,
                    };
                    return Ok(Some(Place { position, ewt_secs }));
                }
                Ok(_) => unknown = true,
                Err(error) => trouble = trouble.or(Some(error)),
            }
        }
        match trouble {
            // The call may be with a router that did not answer: nobody knows.
            Some(error) => Err(fault(Arc::new(error))),
            None if unknown => Ok(None),
            None => Err(fault(Arc::new(CallError::Nobody))),
        }
    }
}
