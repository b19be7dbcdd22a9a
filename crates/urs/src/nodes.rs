//! The nodes of each tenant, and how each of them fares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_ports::{Breaker, Passage, Tenant};
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
    /// Its region, where one is known.
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
    fn new(base: Url, region: Option<RegionName>) -> Arc<Self> {
        Arc::new(Self { base, region, state: Mutex::default() })
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

    fn health(&self, tenant: TenantId) -> NodeHealth {
        let state = self.state();
        NodeHealth {
            tenant,
            url: self.base.to_string(),
            region: self.region.clone(),
            answers: state.silent_since.is_none(),
            since: state.silent_since,
            barred: state.breaker.barred(),
            last_error: state.last_error.clone(),
        }
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
pub(crate) struct Nodes(Mutex<HashMap<TenantId, Own>>);

/// The nodes of one tenant, and the copy of it that named them.
#[derive(Debug, Default)]
struct Own {
    nodes: Vec<Arc<Node>>,
    named_by: Option<Arc<Tenant>>,
}

impl Own {
    fn configured(tenant: TenantId, config: &Config) -> Self {
        let mut own = Self::default();
        own.become_these(configured(tenant, config));
        own
    }

    /// Goes over to what a copy of the tenant says. One that was heeded before is told from a new one by where it lies.
    fn heed(&mut self, tenant: &Arc<Tenant>, config: &Config) {
        if self.named_by.as_ref().is_some_and(|before| Arc::ptr_eq(before, tenant)) {
            return;
        }
        let named = tenant.routers().filter_map(|(region, address)| {
            Some((Url::parse(address).ok()?, Some(region.clone())))
        });
        let mut wanted: Vec<_> = named.collect();
        if wanted.is_empty() {
            wanted = configured(tenant.id, config);
        }
        if self.become_these(wanted) {
            let nodes = self.nodes.len();
            tracing::info!(peer = "urs", tenant = %tenant.id, nodes, "the routers of a tenant are others now");
        }
        self.named_by = Some(Arc::clone(tenant));
    }

    /// Takes these nodes; those that are there already stay, with all that is known of them. Says whether any changed.
    fn become_these(&mut self, wanted: Vec<(Url, Option<RegionName>)>) -> bool {
        let is = |node: &Node, base: &Url, region: &Option<RegionName>| {
            node.base == *base && node.region == *region
        };
        let same = self.nodes.len() == wanted.len()
            && self.nodes.iter().zip(&wanted).all(|(node, (base, region))| is(node, base, region));
        if same {
            return false;
        }
        let next = wanted.into_iter().map(|(base, region)| {
            let there = self.nodes.iter().find(|node| is(node, &base, &region));
            match there {
                Some(node) => Arc::clone(node),
                None => Node::new(base, region),
            }
        });
        self.nodes = next.collect();
        true
    }
}

fn configured(tenant: TenantId, config: &Config) -> Vec<(Url, Option<RegionName>)> {
    let nodes = config.nodes_of(tenant).iter();
    nodes.map(|node: &config::Node| (node.url.of(tenant), node.region.clone())).collect()
}

impl Nodes {
    pub(crate) fn new(config: &Config) -> Self {
        let nodes = Self::default();
        for tenant in config.tenants.keys() {
            nodes.of(*tenant, None, config);
        }
        nodes
    }

    /// A tenant's nodes, the preferred one first: those that are configured for it alone, or else those that its copy
    /// names, or else the general ones. Without a copy they are what they were.
    pub(crate) fn of(
        &self,
        tenant: TenantId,
        copy: Option<&Arc<Tenant>>,
        config: &Config,
    ) -> Vec<Arc<Node>> {
        let mut all = self.all();
        let own = all.entry(tenant).or_insert_with(|| Own::configured(tenant, config));
        if let Some(copy) = copy.filter(|_| config.own_nodes_of(tenant).is_none()) {
            own.heed(copy, config);
        }
        own.nodes.clone()
    }

    /// The tenants whose nodes are known.
    pub(crate) fn tenants(&self) -> Vec<TenantId> {
        self.all().keys().copied().collect()
    }

    /// A tenant's nodes: the first region's, the next one's, then the rest, each in their own order.
    pub(crate) fn near(
        &self,
        tenant: TenantId,
        regions: &[RegionName],
        copy: Option<&Arc<Tenant>>,
        config: &Config,
    ) -> Vec<Arc<Node>> {
        let mut nodes = self.of(tenant, copy, config);
        nodes.sort_by_key(|node| {
            let preferred = |region: &RegionName| Some(region) == node.region.as_ref();
            regions.iter().position(preferred).unwrap_or(regions.len())
        });
        nodes
    }

    pub(crate) fn every(&self) -> Vec<Arc<Node>> {
        self.all().values().flat_map(|own| &own.nodes).cloned().collect()
    }

    /// How many tenants have nodes of which none answered when it was last asked.
    pub(crate) fn all_down(&self) -> usize {
        let down = |own: &&Own| !own.nodes.is_empty() && own.nodes.iter().all(|node| node.silent());
        self.all().values().filter(down).count()
    }

    /// How the nodes of one tenant fare, in their own order.
    pub(crate) fn health_of(&self, tenant: TenantId) -> Vec<NodeHealth> {
        let all = self.all();
        all.get(&tenant)
            .map_or_else(Vec::new, |own| own.nodes.iter().map(|node| node.health(tenant)).collect())
    }

    pub(crate) fn health(&self) -> Vec<NodeHealth> {
        let all = self.all();
        let of = |(tenant, own): (&TenantId, &Own)| {
            let tenant = *tenant;
            own.nodes.iter().map(|node| node.health(tenant)).collect::<Vec<_>>()
        };
        let mut health: Vec<_> = all.iter().flat_map(of).collect();
        health.sort_by(|one, other| (one.tenant, &one.url).cmp(&(other.tenant, &other.url)));
        health
    }

    fn all(&self) -> MutexGuard<'_, HashMap<TenantId, Own>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
