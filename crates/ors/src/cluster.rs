//! The nodes on which the sessions of a tenant run: whose turn it is, and where those are found that began elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_ports::Tenant;

use crate::config::Order;
use crate::nodes::Server;

/// A node.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its base address, without a slash at the end.
    pub(crate) base: String,
    pub(crate) region: Option<RegionName>,
    /// The name by which its sessions call it, where that is another one.
    pub(crate) name: Option<String>,
    pub(crate) server: Arc<Server>,
}

impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        (&self.base, &self.region, &self.name) == (&other.base, &other.region, &other.name)
    }
}

/// For whom a node speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice<'a> {
    /// All nodes of a region, or all that are in none.
    Region(Option<&'a RegionName>),
    /// The node at this address alone.
    Itself(&'a str),
}

/// Nodes that know each other's sessions, or are tried as if they did.
#[derive(Debug)]
pub(crate) struct Cluster {
    members: Vec<Member>,
    /// Those that sessions began on before, the latest first: nothing begins there any more.
    former: Vec<Member>,
    order: Order,
    turn: AtomicUsize,
}

impl Cluster {
    /// A cluster of these; of the `former` those that are not among them, each once and as many as a tenant may have.
    pub(crate) fn new(members: Vec<Member>, former: Vec<Member>, order: Order) -> Self {
        let mut left: Vec<Member> = Vec::new();
        for member in former {
            let there = |others: &[Member]| others.iter().any(|other| other.base == member.base);
            if left.len() < Tenant::MOST_NODES && !there(&members) && !there(&left) {
                left.push(member);
            }
        }
        Self { members, former: left, order, turn: AtomicUsize::new(0) }
    }

    /// The nodes on which sessions begin.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// The nodes on which they began before.
    pub(crate) fn former(&self) -> &[Member] {
        &self.former
    }

    /// All base addresses in the order in which to try them: the first region's, the next one's, then the rest.
    pub(crate) fn bases(&self, regions: &[RegionName]) -> Vec<&str> {
        let mut members: Vec<_> = self.members.iter().collect();
        if let (Order::Circular, count @ 1..) = (self.order, members.len()) {
            members.rotate_left(self.turn.fetch_add(1, Ordering::Relaxed) % count);
        }
        let rank = |member: &&Member| {
            let preferred = |region: &RegionName| Some(region) == member.region.as_ref();
            regions.iter().position(preferred).unwrap_or(regions.len())
        };
        members.sort_by_key(rank);
        members.into_iter().map(|member| member.base.as_str()).collect()
    }

    /// The base address of the node with this name or address, be it one that was left.
    pub(crate) fn called(&self, name: &str) -> Option<&str> {
        let name = name.trim_end_matches('/');
        let meets = |member: &&Member| member.base == name || member.name.as_deref() == Some(name);
        self.all().find(meets).map(|member| member.base.as_str())
    }

    /// The region of the node at this address, where one is known.
    pub(crate) fn region(&self, base: &str) -> Option<&RegionName> {
        self.at(base)?.region.as_ref()
    }

    /// Whether sessions began at this address before, and do no more.
    pub(crate) fn left(&self, base: &str) -> bool {
        self.former.iter().any(|member| member.base == base)
    }

    /// For whom a node speaks that has never heard of a session: all of its region, who know each other's sessions; one
    /// that was left, for itself.
    pub(crate) fn speaks_for<'a>(&'a self, base: &'a str) -> Voice<'a> {
        if self.left(base) { Voice::Itself(base) } else { Voice::Region(self.region(base)) }
    }

    /// Whether the node at this address was silent when it was last called.
    pub(crate) fn silent(&self, base: &str) -> bool {
        self.at(base).is_some_and(|member| member.server.silent())
    }

    /// Whether a node may be called now; one that is not known always may.
    pub(crate) fn open(&self, base: &str, now: Timestamp) -> bool {
        self.at(base).is_none_or(|member| member.server.open(now))
    }

    fn at(&self, base: &str) -> Option<&Member> {
        self.all().find(|member| member.base == base)
    }

    fn all(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().chain(&self.former)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Node;
    use crate::nodes::Nodes;
    use ges_domain::id::TenantId;
    use url::Url;
    use uuid::Uuid;

    fn cluster(order: Order) -> Arc<Cluster> {
        let node = |host: &str, region: Option<&str>| Node {
            url: Url::parse(&format!("http://{host}:9098/")).unwrap(),
            region: region.map(|name| RegionName::parse(name).unwrap()),
            name: Some(host.to_owned()),
        };
        let all = [("a", Some("us")), ("b", Some("eu")), ("c", Some("eu")), ("d", None)];
        let nodes = Nodes::new(all.map(|(host, region)| node(host, region)).to_vec(), order);
        nodes.of(TenantId::new(Uuid::nil()), None)
    }

    fn hosts(cluster: &Cluster, regions: &[&str]) -> String {
        let regions: Vec<_> = regions.iter().map(|name| RegionName::parse(name).unwrap()).collect();
        let host = |base: &str| base.chars().nth(7).unwrap();
        cluster.bases(&regions).into_iter().map(host).collect()
    }

    #[test]
    fn preferred_regions_come_first_and_the_rest_after_them() {
        let cluster = cluster(Order::Linear);
        for (regions, order) in [
            (&[][..], "abcd"),
            (&["eu"], "bcad"),
            (&["eu", "us"], "bcad"),
            (&["us", "eu"], "abcd"),
            (&["apac"], "abcd"),
        ] {
            assert_eq!(hosts(&cluster, regions), order, "{regions:?}");
        }
    }

    #[test]
    fn the_circle_turns_within_each_region() {
        let cluster = cluster(Order::Circular);
        let turns: Vec<_> = (0..5).map(|_| hosts(&cluster, &["eu"])).collect();
        assert_eq!(turns, ["bcad", "bcda", "cbda", "bcda", "bcad"].map(str::to_owned));
    }

    #[test]
    fn a_node_is_found_by_its_name_and_by_its_address() {
        let cluster = cluster(Order::Linear);
        assert_eq!(cluster.called("c"), Some("http://c:9098"));
        assert_eq!(cluster.called("http://c:9098/"), Some("http://c:9098"));
        assert_eq!(cluster.called("http://e:9098"), None);
    }
}
