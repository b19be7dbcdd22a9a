//! The nodes: the general ones, those of tenants that have their own, and which of them are left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_ports::{Breaker, Passage, Tenant};
use url::{Origin, Url};

use crate::cluster::{Cluster, Member};
use crate::config::{Node, Order};
use crate::wire::{CallError, base_of};

/// How a node fares, as far as its answers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHealth {
    /// The tenant that named it for itself; none for a general node.
    pub tenant: Option<TenantId>,
    /// The node's base address.
    pub url: String,
    /// Its region, where one is known.
    pub region: Option<RegionName>,
    /// Whether it is left alone because it failed too often in a row.
    pub barred: bool,
    /// Failures since it last answered.
    pub failures: u32,
    /// When the first of them was.
    pub since: Option<Timestamp>,
    /// The newest failure and its time; kept after the node came back.
    pub last_error: Option<(Timestamp, String)>,
}

/// A server behind one address or several: how it fares is the same for every tenant that has it.
#[derive(Debug)]
pub(crate) struct Server {
    /// The address by which it became known.
    base: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    /// The newest call got no whole answer.
    silent: bool,
    /// The oldest of the failures since it last answered.
    failing_since: Option<Timestamp>,
    last_error: Option<(Timestamp, String)>,
}

impl Server {
    /// Whether it was silent when it was last called.
    pub(crate) fn silent(&self) -> bool {
        self.state().silent
    }

    /// Whether it may be called now.
    pub(crate) fn open(&self, now: Timestamp) -> bool {
        self.state().breaker.pass(now) != Passage::Barred
    }

    /// Takes down how a call went.
    fn note(&self, failure: Option<&CallError>, now: Timestamp) {
        let mut state = self.state();
        state.silent = failure.is_some_and(CallError::silence);
        state.failing_since = failure.map(|_| state.failing_since.unwrap_or(now));
        let Some(failure) = failure else {
            if state.breaker.succeeded() {
                tracing::info!(peer = "ors", node = self.base, "a node of ORS is back");
            }
            return;
        };
        state.last_error = Some((now, failure.to_string()));
        if state.breaker.failed(now) {
            let failures = state.breaker.failures();
            tracing::warn!(
                peer = "ors",
                node = self.base,
                failures,
                error = %failure,
                "a node of ORS is left alone: it failed too often in a row"
            );
        }
    }

    fn health(&self, tenant: Option<TenantId>, member: &Member) -> NodeHealth {
        let state = self.state();
        NodeHealth {
            tenant,
            url: member.base.clone(),
            region: member.region.clone(),
            barred: state.breaker.barred(),
            failures: state.breaker.failures(),
            since: state.failing_since,
            last_error: state.last_error.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All nodes, by whose sessions run on them.
///
/// Tenants come from callbacks that were booked, so there are never more of them than customers.
#[derive(Debug)]
pub(crate) struct Nodes {
    order: Order,
    general: Arc<Cluster>,
    own: Mutex<HashMap<TenantId, Own>>,
    /// Every server that a cluster has, by what an answer tells of where it came from.
    servers: Mutex<HashMap<Origin, Weak<Server>>>,
}

/// The nodes of a tenant that has, or had, some of its own; and the copy of it that said so.
#[derive(Debug)]
struct Own {
    cluster: Arc<Cluster>,
    /// Whether they are its own, and not the general ones to which it went back.
    named: bool,
    named_by: Arc<Tenant>,
}

impl Nodes {
    pub(crate) fn new(nodes: Vec<Node>, order: Order) -> Self {
        let mut servers = HashMap::new();
        let members = nodes.into_iter().map(|node| Member {
            server: server(&mut servers, &node.url),
            base: base_of(&node.url),
            region: node.region,
            name: node.name,
        });
        let general = Cluster::new(members.collect(), Vec::new(), order);
        Self {
            order,
            general: Arc::new(general),
            own: Mutex::default(),
            servers: Mutex::new(servers),
        }
    }

    /// The nodes of a tenant: those that its copy names, or else the general ones. Without a copy they are what they were.
    pub(crate) fn of(&self, tenant: TenantId, copy: Option<&Arc<Tenant>>) -> Arc<Cluster> {
        let mut all = self.own();
        let Some(copy) = copy else {
            return all.get(&tenant).map_or_else(|| self.general(), |own| Arc::clone(&own.cluster));
        };
        // A copy that was heeded before is told from a new one by where it lies.
        let before = all.get_mut(&tenant);
        if let Some(own) = &before
            && Arc::ptr_eq(&own.named_by, copy)
        {
            return Arc::clone(&own.cluster);
        }
        let named = self.members(copy);
        if before.is_none() && named.is_empty() {
            return self.general();
        }
        let is_named = !named.is_empty();
        let members = if is_named { named } else { self.general.members().to_vec() };
        if let Some(own) = before
            && own.cluster.members() == members
        {
            own.named_by = Arc::clone(copy);
            return Arc::clone(&own.cluster);
        }
        // Sessions that began elsewhere go on there.
        let was = all.get(&tenant).map_or(&self.general, |own| &own.cluster);
        let former = was.members().iter().chain(self.general.members()).chain(was.former());
        let cluster = Arc::new(Cluster::new(members, former.cloned().collect(), self.order));
        let nodes = cluster.members().len();
        tracing::info!(peer = "ors", tenant = %tenant, nodes, "the orchestration servers of a tenant are others now");
        let own =
            Own { cluster: Arc::clone(&cluster), named: is_named, named_by: Arc::clone(copy) };
        all.insert(tenant, own);
        drop(all);
        self.servers().retain(|_, server| server.strong_count() > 0);
        cluster
    }

    /// The tenants that have, or had, nodes of their own.
    pub(crate) fn tenants(&self) -> Vec<TenantId> {
        self.own().keys().copied().collect()
    }

    /// The nodes that a copy names, in its order.
    fn members(&self, copy: &Tenant) -> Vec<Member> {
        let mut servers = self.servers();
        let named = copy.orchestrators().filter_map(|(region, address)| {
            let url = Url::parse(address).ok()?;
            let (base, region) = (base_of(&url), Some(region.clone()));
            // What the configuration says of the same address holds for it here, too.
            let name = self.general.members().iter().find(|general| general.base == base);
            let name = name.and_then(|general| general.name.clone());
            Some(Member { server: server(&mut servers, &url), base, region, name })
        });
        named.collect()
    }

    fn general(&self) -> Arc<Cluster> {
        Arc::clone(&self.general)
    }

    /// Takes down how a call at this address went.
    pub(crate) fn note(&self, address: &Url, failure: Option<&CallError>, now: Timestamp) {
        let server = self.servers().get(&address.origin()).and_then(Weak::upgrade);
        if let Some(server) = server {
            server.note(failure, now);
        }
    }

    /// How all nodes fare: the general ones, then those of each tenant.
    pub(crate) fn health(&self) -> Vec<NodeHealth> {
        let mut health = health_in(None, &self.general);
        let all = self.own();
        let mut named: Vec<_> = all.iter().filter(|(_, own)| own.named).collect();
        named.sort_unstable_by_key(|(tenant, _)| **tenant);
        health.extend(
            named.into_iter().flat_map(|(tenant, own)| health_in(Some(*tenant), &own.cluster)),
        );
        health
    }

    /// How the nodes of one tenant fare.
    pub(crate) fn health_of(&self, tenant: TenantId) -> Vec<NodeHealth> {
        match self.own().get(&tenant).filter(|own| own.named) {
            Some(own) => health_in(Some(tenant), &own.cluster),
            None => health_in(None, &self.general),
        }
    }

    fn own(&self) -> MutexGuard<'_, HashMap<TenantId, Own>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<Origin, Weak<Server>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn health_in(tenant: Option<TenantId>, cluster: &Cluster) -> Vec<NodeHealth> {
    cluster.members().iter().map(|member| member.server.health(tenant, member)).collect()
}

/// The server at an address; one that is known already stays, with all that is known of it.
fn server(servers: &mut HashMap<Origin, Weak<Server>>, address: &Url) -> Arc<Server> {
    let known = servers.get(&address.origin()).and_then(Weak::upgrade);
    known.unwrap_or_else(|| {
        let server = Arc::new(Server { base: base_of(address), state: Mutex::default() });
        servers.insert(address.origin(), Arc::downgrade(&server));
        server
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use ges_ports::Location;

    use super::*;

    fn nodes() -> Nodes {
        let node = |host: &str| Node {
            url: Url::parse(&format!("http://{host}:9098/")).unwrap(),
            region: None,
            name: Some(host.to_owned()),
        };
        Nodes::new(["a", "b"].map(node).to_vec(), Order::Linear)
    }

    fn id() -> TenantId {
        "9350e2fc-a1dd-4c65-8d40-1f75a2e00100".parse().unwrap()
    }

    fn copy(hosts: &[&str]) -> Arc<Tenant> {
        let orchestrators = hosts.iter().map(|host| format!("http://{host}:9098")).collect();
        let name = RegionName::parse("/USW1").unwrap();
        Arc::new(Tenant {
            id: id(),
            short_id: None,
            name: String::new(),
            domains: Vec::new(),
            environment: None,
            enabled: true,
            locations: vec![Location { name, routers: Vec::new(), orchestrators }],
            cors_origins: BTreeSet::new(),
            settings: BTreeMap::new(),
            read_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn hosts(cluster: &Cluster) -> String {
        cluster.members().iter().map(|member| member.base.chars().nth(7).unwrap()).collect()
    }

    #[test]
    fn a_tenants_nodes_are_those_it_names_or_else_the_general_ones() {
        let nodes = nodes();
        assert_eq!(hosts(&nodes.of(id(), None)), "ab");
        assert_eq!(hosts(&nodes.of(id(), Some(&copy(&[])))), "ab");
        assert!(nodes.tenants().is_empty(), "it is like every other");
        let named = copy(&["c", "d"]);
        assert_eq!(hosts(&nodes.of(id(), Some(&named))), "cd");
        assert_eq!(hosts(&nodes.of(id(), None)), "cd", "while nobody says, they stay");
        assert_eq!(nodes.health().len(), 4);
        assert_eq!(nodes.health_of(id()).len(), 2);
        assert_eq!(hosts(&nodes.of(id(), Some(&copy(&[])))), "ab");
        assert_eq!((nodes.health().len(), nodes.health_of(id()).len()), (2, 2));
    }

    #[test]
    fn a_node_that_was_left_is_found_by_name_and_address_as_long_as_it_is_known() {
        let nodes = nodes();
        nodes.of(id(), Some(&copy(&["c"])));
        let now = nodes.of(id(), Some(&copy(&["d"])));
        assert_eq!(hosts(&now), "d");
        for (name, base) in [("http://c:9098", "http://c:9098"), ("a", "http://a:9098")] {
            assert_eq!(now.called(name), Some(base), "{name}");
            assert!(now.left(base));
        }
        assert!(!now.left("http://d:9098") && !now.left("http://e:9098"));
        assert_eq!(now.called("http://e:9098"), None);
    }

    #[test]
    fn a_server_fares_the_same_for_everybody_and_is_forgotten_with_its_last_node() {
        let nodes = nodes();
        let cluster = nodes.of(id(), Some(&copy(&["a", "c"])));
        let address = Url::parse("http://a:9098/scxml/session/start").unwrap();
        for _ in 0..5 {
            assert!(cluster.open("http://a:9098", at(0)));
            nodes.note(&address, Some(&CallError::TimedOut), at(0));
        }
        assert!(
            !cluster.open("http://a:9098", at(9)) && !nodes.general().open("http://a:9098", at(9))
        );
        assert!(cluster.open("http://c:9098", at(9)) && cluster.silent("http://a:9098"));
        let health = &nodes.health()[0];
        assert!(health.barred && health.failures == 5 && health.last_error.is_some());
        assert!(cluster.open("http://a:9098", at(10)));
        nodes.note(&address, None, at(10));
        assert!(!nodes.health()[0].barred);
        let servers = || nodes.servers().len();
        assert_eq!(servers(), 3);
        for number in 0..200 {
            nodes.of(id(), Some(&copy(&[&format!("x{number}")])));
        }
        drop(cluster);
        nodes.of(id(), Some(&copy(&[])));
        assert!(servers() <= 2 + Tenant::MOST_NODES, "{} are known", servers());
    }
}
