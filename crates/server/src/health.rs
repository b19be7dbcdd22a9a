//! How the service fares: asked of the store when a balancer asks, known of the neighbours from their answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ges_auth::Gws;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ors::Ors;
use ges_ports::{Clock, Effects, Fault};
use ges_urs::Urs;
use ges_web::{Component, Exposition, Health, Located, Meters, Ready, Standing};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::timeout;

mod openmetrics;
mod pulse;

use pulse::Felt;
pub(crate) use pulse::Pulse;

/// A store that does not answer within this is not reachable.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// What is watched.
pub(crate) struct Watch {
    effects: Arc<dyn Effects>,
    store: Mutex<Felt>,
    ors: Option<Arc<Ors>>,
    urs: Option<Arc<Urs>>,
    pulses: Vec<Pulse>,
    gws: Option<Gws>,
    clock: Arc<dyn Clock>,
    draining: AtomicBool,
}

impl Watch {
    /// A watch over the store, which was reached a moment ago.
    pub(crate) fn new(effects: Arc<dyn Effects>, clock: Arc<dyn Clock>) -> Self {
        let mut store = Felt::default();
        store.note(None, clock.now());
        Self {
            effects,
            store: Mutex::new(store),
            ors: None,
            urs: None,
            gws: None,
            pulses: Vec::new(),
            clock,
            draining: AtomicBool::new(false),
        }
    }

    /// Over the neighbours, too, whose answers tell how they fare.
    pub(crate) fn over(self, ors: Option<Arc<Ors>>, urs: Option<Arc<Urs>>) -> Self {
        Self { ors, urs, ..self }
    }

    /// Over the platform, too, where it says who may ask.
    pub(crate) fn beside(self, gws: Option<Gws>) -> Self {
        Self { gws, ..self }
    }

    /// Over those, too, that must be asked in turn.
    pub(crate) fn feeling(mut self, pulses: Vec<Pulse>) -> Self {
        self.pulses.extend(pulses);
        self
    }

    /// Asks those that must be asked, all at once.
    pub(crate) async fn beat(&self) {
        let now = self.clock.now();
        futures::future::join_all(self.pulses.iter().map(|pulse| pulse.beat(now))).await;
    }

    /// Whether a neighbour that is asked in turn did not answer the last time.
    pub(crate) fn is_down(&self, name: &str) -> bool {
        self.pulses.iter().any(|pulse| pulse.is(name) && pulse.down())
    }

    /// How many of the neighbours are down that `GES_HEALTH` counts beside the store.
    pub(crate) fn gravely_down(&self) -> usize {
        let pulses = self.pulses.iter().filter(|pulse| pulse.gravely_down()).count();
        let platform = self.gws.iter().flat_map(Gws::health).filter(|service| service.down).count();
        pulses + platform
    }

    /// From now on, balancers are told to look elsewhere.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Takes note of how the store answered somebody else.
    pub(crate) fn heard_of_store(&self, fault: Option<&Fault>, now: Timestamp) {
        self.note_store(fault.map(ToString::to_string), now);
    }

    async fn store(&self) -> Component {
        let now = self.clock.now();
        let trouble = match timeout(STORE_ANSWERS_WITHIN, self.effects.backlog(now)).await {
            Ok(answer) => answer.err().map(|fault| fault.to_string()),
            Err(_elapsed) => Some(String::from("no answer within a second")),
        };
        self.note_store(trouble, now)
    }

    fn note_store(&self, trouble: Option<String>, now: Timestamp) -> Component {
        let mut felt = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        felt.note(trouble, now);
        felt.clone().component("store")
    }
}

#[async_trait]
impl Health for Watch {
    fn live(&self) -> bool {
        true
    }

    async fn ready(&self) -> Ready {
        Ready {
            draining: self.draining.load(Ordering::Relaxed),
            components: vec![self.store().await],
        }
    }

    fn started(&self) -> bool {
        // The watch exists only after the store was reached.
        true
    }

    async fn components(&self) -> Vec<Component> {
        let mut all = vec![self.store().await];
        all.extend(self.pulses.iter().map(Pulse::component));
        if let Some(ors) = &self.ors {
            all.extend(ors.health().into_iter().map(|node| Component {
                name: match node.tenant {
                    Some(tenant) => format!("ors {} of {tenant}", node.url),
                    None => format!("ors {}", node.url),
                },
                tenant: node.tenant,
                standing: if node.barred { Standing::Down } else { Standing::Up },
                since: node.since,
                last_error: node.last_error.map(|(_, what)| what),
            }));
        }
        if let Some(urs) = &self.urs {
            all.extend(urs.health().into_iter().map(|node| Component {
                name: format!("urs {} of {}", node.url, node.tenant),
                tenant: Some(node.tenant),
                standing: if node.answers && !node.barred { Standing::Up } else { Standing::Down },
                since: node.since,
                last_error: node.last_error.map(|(_, what)| what),
            }));
        }
        if let Some(gws) = &self.gws {
            all.extend(gws.health().into_iter().map(|service| Component {
                name: format!("{} {}", service.peer, service.address),
                tenant: None,
                standing: match (service.since, service.down) {
                    (None, _) => Standing::Unknown,
                    (Some(_), true) => Standing::Down,
                    (Some(_), false) => Standing::Up,
                },
                since: service.since,
                last_error: service.last_error.map(|(_, what)| what),
            }));
        }
        all
    }

    fn located(&self, tenant: TenantId) -> Vec<Located> {
        let orchestrators = self.ors.iter().flat_map(|ors| ors.health_of(tenant));
        let orchestrators = orchestrators.map(|node| (node.region, true, !node.barred));
        let routers = self.urs.iter().flat_map(|urs| urs.health_of(tenant));
        let routers = routers.map(|node| (node.region, false, node.answers && !node.barred));
        let all = orchestrators.chain(routers).filter_map(|(region, orchestrator, healthy)| {
            Some(Located { region: region?.to_string(), orchestrator, healthy })
        });
        all.collect()
    }
}

/// The metrics as they are counted.
pub(crate) struct Counted(pub(crate) PrometheusHandle);

impl Meters for Counted {
    fn expose(&self, accept: Option<&str>) -> Exposition {
        let text = self.0.render();
        if openmetrics::preferred(accept) {
            let body = openmetrics::render(&text);
            return Exposition { content_type: openmetrics::CONTENT_TYPE, body };
        }
        Exposition { content_type: "text/plain; version=0.0.4; charset=utf-8", body: text }
    }
}
