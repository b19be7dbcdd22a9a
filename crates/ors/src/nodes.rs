//! The configured nodes: whose turn it is, and which of them are left alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_ports::{Breaker, Passage};
use url::Url;

use crate::config::{Node, Order};
use crate::wire::{CallError, base_of};

/// How a node fares, as far as its answers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHealth {
    /// The node's base address.
    pub url: String,
    /// Its region, where one is configured.
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

#[derive(Debug)]
pub(crate) struct Nodes {
    members: Vec<Member>,
    order: Order,
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Member {
    base: String,
    origin: url::Origin,
    region: Option<RegionName>,
    name: Option<String>,
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

impl Nodes {
    pub(crate) fn new(nodes: Vec<Node>, order: Order) -> Self {
        let members = nodes.into_iter().map(|node| Member {
            base: base_of(&node.url),
            origin: node.url.origin(),
            region: node.region,
            name: node.name,
            state: Mutex::default(),
        });
        Self { members: members.collect(), order, turn: AtomicUsize::new(0) }
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

    /// The base address of the node with this name or address.
    pub(crate) fn called(&self, name: &str) -> Option<&str> {
        let name = name.trim_end_matches('/');
        let meets = |member: &&Member| member.base == name || member.name.as_deref() == Some(name);
        self.members.iter().find(meets).map(|member| member.base.as_str())
    }

    /// The region of the node at this address, where one is configured.
    pub(crate) fn region(&self, base: &str) -> Option<&RegionName> {
        self.members.iter().find(|member| member.base == base)?.region.as_ref()
    }

    /// Whether the configured node at this address was silent when it was last called.
    pub(crate) fn silent(&self, base: &str) -> bool {
        self.members.iter().any(|member| member.base == base && member.state().silent)
    }

    /// Whether a node may be called now; one that is not configured always may.
    pub(crate) fn open(&self, base: &str, now: Timestamp) -> bool {
        let Some(member) = self.members.iter().find(|member| member.base == base) else {
            return true;
        };
        member.state().breaker.pass(now) != Passage::Barred
    }

    /// Takes down how a call at this address went.
    pub(crate) fn note(&self, address: &Url, failure: Option<&CallError>, now: Timestamp) {
        let Some(member) = self.members.iter().find(|member| member.origin == address.origin())
        else {
            return;
        };
        let mut state = member.state();
        state.silent = failure.is_some_and(CallError::silence);
        state.failing_since = failure.map(|_| state.failing_since.unwrap_or(now));
        let Some(failure) = failure else {
            if state.breaker.succeeded() {
                tracing::info!(peer = "ors", node = member.base, "a node of ORS is back");
            }
            return;
        };
        state.last_error = Some((now, failure.to_string()));
        if state.breaker.failed(now) {
            let failures = state.breaker.failures();
            tracing::warn!(
                peer = "ors",
                node = member.base,
                failures,
                error = %failure,
                "a node of ORS is left alone: it failed too often in a row"
            );
        }
    }

    pub(crate) fn health(&self) -> Vec<NodeHealth> {
        let health = self.members.iter().map(|member| {
            let state = member.state();
            NodeHealth {
                url: member.base.clone(),
                region: member.region.clone(),
                barred: state.breaker.barred(),
                failures: state.breaker.failures(),
                since: state.failing_since,
                last_error: state.last_error.clone(),
            }
        });
        health.collect()
    }
}

impl Member {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(order: Order) -> Nodes {
        let node = |host: &str, region: Option<&str>| Node {
            url: Url::parse(&format!("http://{host}:9098/")).unwrap(),
            region: region.map(|name| RegionName::parse(name).unwrap()),
            name: Some(host.to_owned()),
        };
        let all = [("a", Some("us")), ("b", Some("eu")), ("c", Some("eu")), ("d", None)];
        Nodes::new(all.map(|(host, region)| node(host, region)).to_vec(), order)
    }

    fn hosts(nodes: &Nodes, regions: &[&str]) -> String {
        let regions: Vec<_> = regions.iter().map(|name| RegionName::parse(name).unwrap()).collect();
        let host = |base: &str| base.chars().nth(7).unwrap();
        nodes.bases(&regions).into_iter().map(host).collect()
    }

    #[test]
    fn preferred_regions_come_first_and_the_rest_after_them() {
        let nodes = nodes(Order::Linear);
        for (regions, order) in [
            (&[][..], "abcd"),
            (&["eu"], "bcad"),
            (&["eu", "us"], "bcad"),
            (&["us", "eu"], "abcd"),
            (&["apac"], "abcd"),
        ] {
            assert_eq!(hosts(&nodes, regions), order, "{regions:?}");
        }
    }

    #[test]
    fn the_circle_turns_within_each_region() {
        let nodes = nodes(Order::Circular);
        let turns: Vec<_> = (0..5).map(|_| hosts(&nodes, &["eu"])).collect();
        assert_eq!(turns, ["bcad", "bcda", "cbda", "bcda", "bcad"].map(str::to_owned));
    }

    #[test]
    fn a_node_is_found_by_its_name_and_by_its_address() {
        let nodes = nodes(Order::Linear);
        assert_eq!(nodes.called("c"), Some("http://c:9098"));
        assert_eq!(nodes.called("http://c:9098/"), Some("http://c:9098"));
        assert_eq!(nodes.called("http://e:9098"), None);
    }

    #[test]
    fn five_failures_leave_a_node_alone_until_it_answers_a_trial() {
        let nodes = nodes(Order::Linear);
        let address = Url::parse("http://a:9098/scxml/session/start").unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        for _ in 0..5 {
            assert!(nodes.open("http://a:9098", at(0)));
            nodes.note(&address, Some(&CallError::TimedOut), at(0));
        }
        assert!(!nodes.open("http://a:9098", at(9)));
        assert!(nodes.open("http://b:9098", at(9)));
        let health = &nodes.health()[0];
        assert!(health.barred && health.failures == 5 && health.last_error.is_some());
        assert!(nodes.open("http://a:9098", at(10)));
        nodes.note(&address, None, at(10));
        assert!(!nodes.health()[0].barred);
    }
}
