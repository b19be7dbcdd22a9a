//! The nodes of each tenant, and how each of them fares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_ports::{Breaker, Passage};
use url::Url;

use crate::config::{self, Config};
use crate::wire::CallError;

/// How a node fares, as far as its answers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHealth {
    /// The tenant that it serves.
    pub tenant: TenantId,
    /// Its base address.
    pub url: String,
    /// Its region, where one is configured.
    pub region: Option<RegionName>,
    /// Whether it answered when it was last asked; unasked, it is taken for well.
    pub answers: bool,
    /// Since when it does not.
    pub since: Option<Timestamp>,
    /// Whether it is left alone because it failed too often in a row.
    pub barred: bool,
    /// The newest failure and its time; kept after the node came back.
    pub last_error: Option<(Timestamp, String)>,
}

/// One node of one tenant.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) base: Url,
    region: Option<RegionName>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    silent_since: Option<Timestamp>,
    last_error: Option<(Timestamp, String)>,
}

impl Node {
    fn new(node: &config::Node, tenant: TenantId) -> Arc<Self> {
        let base = node.url.of(tenant);
        Arc::new(Self { base, region: node.region.clone(), state: Mutex::default() })
    }

    pub(crate) fn pass(&self, now: Timestamp) -> Passage {
        self.state().breaker.pass(now)
    }

    /// Takes down how a question went.
    pub(crate) fn note<T>(&self, answer: &Result<T, CallError>, now: Timestamp) {
        let failure = answer.as_ref().err().filter(|error| error.node_failed());
        let mut state = self.state();
        state.heard(failure, now);
        let Some(failure) = failure else {
            if state.breaker.succeeded() {
                tracing::info!(peer = "urs", node = %self.base, "a node of URS is back");
            }
            return;
        };
        if state.breaker.failed(now) {
            let failures = state.breaker.failures();
            tracing::warn!(
                peer = "urs",
                node = %self.base,
                failures,
                error = %failure,
                "a node of URS is left alone: it failed too often in a row"
            );
        }
    }

    /// Takes down how a probe went. A node that helps may still hang when it is asked about a queue, so this neither
    /// bars it nor lets it back in.
    pub(crate) fn note_probe(&self, answer: &Result<(), CallError>, now: Timestamp) {
        self.state().heard(answer.as_ref().err(), now);
    }

    fn silent(&self) -> bool {
        self.state().silent_since.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn heard(&mut self, failure: Option<&CallError>, now: Timestamp) {
        self.silent_since = failure.map(|_| self.silent_since.unwrap_or(now));
        if let Some(failure) = failure {
            self.last_error = Some((now, failure.to_string()));
        }
    }
}

/// The nodes of every tenant that was configured by name or asked about.
///
/// Tenants come from callers who have shown who they are, so there are never more of them than customers.
#[derive(Debug, Default)]
pub(crate) struct Nodes(Mutex<HashMap<TenantId, Vec<Arc<Node>>>>);

impl Nodes {
    pub(crate) fn new(config: &Config) -> Self {
        let nodes = Self::default();
        for tenant in config.tenants.keys() {
            nodes.of(*tenant, config);
        }
        nodes
    }

    /// A tenant's nodes, the preferred one first.
    fn of(&self, tenant: TenantId, config: &Config) -> Vec<Arc<Node>> {
        let mut all = self.all();
        let make = || config.nodes_of(tenant).iter().map(|node| Node::new(node, tenant)).collect();
        all.entry(tenant).or_insert_with(make).clone()
    }

    /// A tenant's nodes: the first region's, the next one's, then the rest, each in the order of the configuration.
    pub(crate) fn near(
        &self,
        tenant: TenantId,
        regions: &[RegionName],
        config: &Config,
    ) -> Vec<Arc<Node>> {
        let mut nodes = self.of(tenant, config);
        nodes.sort_by_key(|node| {
            let preferred = |region: &RegionName| Some(region) == node.region.as_ref();
            regions.iter().position(preferred).unwrap_or(regions.len())
        });
        nodes
    }

    pub(crate) fn every(&self) -> Vec<Arc<Node>> {
        self.all().values().flatten().cloned().collect()
    }

    /// How many tenants have nodes of which none answered when it was last asked.
    pub(crate) fn all_down(&self) -> usize {
        let down =
            |nodes: &&Vec<Arc<Node>>| !nodes.is_empty() && nodes.iter().all(|node| node.silent());
        self.all().values().filter(down).count()
    }

    pub(crate) fn health(&self) -> Vec<NodeHealth> {
        let all = self.all();
        let nodes = all.iter().flat_map(|(tenant, nodes)| nodes.iter().map(move |n| (tenant, n)));
        let mut health: Vec<_> = nodes
            .map(|(tenant, node)| {
                let state = node.state();
                NodeHealth {
                    tenant: *tenant,
                    url: node.base.to_string(),
                    region: node.region.clone(),
                    answers: state.silent_since.is_none(),
                    since: state.silent_since,
                    barred: state.breaker.barred(),
                    last_error: state.last_error.clone(),
                }
            })
            .collect();
        health.sort_by(|one, other| (one.tenant, &one.url).cmp(&(other.tenant, &other.url)));
        health
    }

    fn all(&self) -> MutexGuard<'_, HashMap<TenantId, Vec<Arc<Node>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
