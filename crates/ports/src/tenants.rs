//! The contact centres: where their routers stand and from where browsers may ask for them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use ges_domain::time::{SignedDuration, Timestamp};

use crate::Fault;

/// A contact centre as its configuration describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The contact centre's id.
    pub id: TenantId,
    /// Its number among people, where it has one.
    pub short_id: Option<String>,
    /// Its name.
    pub name: String,
    /// The domains by which its people sign in.
    pub domains: Vec<String>,
    /// The environment it belongs to, where it is known.
    pub environment: Option<String>,
    /// Whether callbacks are switched on for it.
    pub enabled: bool,
    /// Its locations, in the order of the configuration.
    pub locations: Vec<Location>,
    /// The origins whose pages may call the public API for it; `*` is any.
    pub cors_origins: BTreeSet<String>,
    /// Everything else that is set for it, by name.
    pub settings: BTreeMap<String, String>,
    /// When this was read.
    pub read_at: Timestamp,
}

/// A place where a tenant has nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Its name, such as `/USW1`.
    pub name: RegionName,
    /// The base addresses of its routers.
    pub routers: Vec<String>,
    /// The base addresses of its orchestration servers.
    pub orchestrators: Vec<String>,
}

impl Tenant {
    /// How long a copy is not asked about again.
    pub const FRESH: SignedDuration = SignedDuration::from_mins(30);
    /// The most routers of a tenant that are asked, and the most orchestration servers: its first ones, location by
    /// location.
    pub const MOST_NODES: usize = 64;

    /// Its routers' base addresses, each once with the first of its locations, at most [`Tenant::MOST_NODES`].
    pub fn routers(&self) -> impl Iterator<Item = (&RegionName, &str)> {
        self.nodes(|location| &location.routers)
    }

    /// Its orchestration servers' base addresses, each once with the first of its locations, at most
    /// [`Tenant::MOST_NODES`].
    pub fn orchestrators(&self) -> impl Iterator<Item = (&RegionName, &str)> {
        self.nodes(|location| &location.orchestrators)
    }

    fn nodes(&self, of: fn(&Location) -> &[String]) -> impl Iterator<Item = (&RegionName, &str)> {
        let there = move |location| {
            of(location).iter().map(move |address| (&location.name, address.as_str()))
        };
        let mut seen = HashSet::new();
        let each = self.locations.iter().flat_map(there);
        each.filter(move |(_, address)| seen.insert(*address)).take(Self::MOST_NODES)
    }

    /// Whether a page of this origin may call the public API for the tenant.
    pub fn welcomes(&self, origin: &str) -> bool {
        self.cors_origins.contains(origin) || self.cors_origins.contains("*")
    }
}

/// Which origins a memory of contact centres welcomes, found in one step however many contact centres it holds: a
/// browser's question before its request is anybody's, and must not cost a look at each of them.
#[derive(Debug, Default)]
pub struct Welcome(RwLock<(u64, HashSet<String>)>);

impl Welcome {
    /// Whether one of the contact centres welcomes pages of this origin.
    ///
    /// `changes` says how often the memory changed so far; `all` tells what it holds, and is asked only where that is
    /// more often than when it was asked last.
    pub fn any(
        &self,
        origin: &str,
        changes: u64,
        all: impl FnOnce(&mut dyn FnMut(&Tenant)),
    ) -> bool {
        let listed = |origins: &HashSet<String>| origins.contains(origin) || origins.contains("*");
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if held.0 >= changes {
            return listed(&held.1);
        }
        drop(held);
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.0 < changes {
            let mut origins = HashSet::new();
            all(&mut |tenant| origins.extend(tenant.cors_origins.iter().cloned()));
            *held = (changes, origins);
        }
        listed(&held.1)
    }
}

/// The tenants' configuration.
///
/// It is read again after [`Tenant::FRESH`]; while its source is silent the last good copy stands, however old.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// A tenant; none for one that nobody has. Asks the source only for a tenant of which no fresh copy is kept, and
    /// once however many ask at a time.
    async fn find(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault>;

    /// The tenant as its source describes it now. A fault leaves the kept copy as it was.
    async fn refetch(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault>;

    /// The newest copy of a tenant that this node has, however old; asks nobody.
    fn known(&self, id: TenantId) -> Option<Arc<Tenant>>;

    /// Whether any tenant that is known here welcomes pages of this origin; asks nobody.
    ///
    /// A browser asks this before its request, without saying for which tenant it will be. So anybody may ask, and what
    /// it costs does not grow with the tenants.
    fn any_welcomes(&self, origin: &str) -> bool;
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A tenant of whom nothing is set.
    pub(crate) fn bare(id: TenantId, read_at: Timestamp) -> Tenant {
        Tenant {
            id,
            short_id: None,
            name: String::new(),
            domains: Vec::new(),
            environment: None,
            enabled: true,
            locations: Vec::new(),
            cors_origins: BTreeSet::new(),
            settings: BTreeMap::new(),
            read_at,
        }
    }

    fn tenant(origins: &[&str]) -> Tenant {
        let cors_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let bare = bare(TenantId::new(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH);
        Tenant { cors_origins, ..bare }
    }

    #[test]
    fn a_node_is_told_once_with_the_first_of_its_locations_and_only_so_many_are() {
        let location = |name: &str, routers: &[String]| Location {
            name: RegionName::parse(name).unwrap(),
            routers: routers.to_vec(),
            orchestrators: Vec::new(),
        };
        let urls: Vec<_> = (0..80).map(|number| format!("http://urs-{number}")).collect();
        let locations = vec![location("/W", &urls[..2]), location("/E", &urls)];
        let tenant = Tenant { locations, ..tenant(&[]) };
        let told: Vec<_> = tenant.routers().collect();
        let places: Vec<_> = told.iter().take(3).map(|(name, _)| name.as_str()).collect();
        assert_eq!(places, ["/W", "/W", "/E"]);
        let addresses: Vec<_> = told.iter().map(|(_, address)| *address).collect();
        assert_eq!(addresses, urls[..Tenant::MOST_NODES].iter().collect::<Vec<_>>());
        assert_eq!(tenant.orchestrators().count(), 0);
    }

    #[test]
    fn however_many_ask_all_tenants_are_looked_at_once_a_change() {
        let welcome = Welcome::default();
        let mut looked = 0;
        let mut ask = |origin: &str, changes, tenants: &[Tenant]| {
            welcome.any(origin, changes, |tell| {
                looked += 1;
                tenants.iter().for_each(tell);
            })
        };
        assert!(!ask("https://a.example", 0, &[]), "nothing is known yet");
        let known = [tenant(&["https://a.example"]), tenant(&["https://b.example"])];
        for number in 0..1_000 {
            assert!(!ask(&format!("https://x{number}.example"), 1, &known));
            assert!(ask("https://b.example", 1, &known));
        }
        assert!(!ask("https://a.example", 2, &known[1..]), "withdrawn");
        assert!(ask("https://any.example", 3, &[tenant(&["*"])]));
        assert_eq!(looked, 3);
    }
}
