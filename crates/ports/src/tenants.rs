//! The contact centres: where their routers stand and from where browsers may ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

    /// Whether a page of this origin may call the public API for the tenant.
    pub fn welcomes(&self, origin: &str) -> bool {
        self.cors_origins.contains(origin) || self.cors_origins.contains("*")
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

    /// Whether any tenant that is known here welcomes pages of this origin; asks nobody.
    ///
    /// A browser asks this before its request, without saying for which tenant it will be.
    fn any_welcomes(&self, origin: &str) -> bool;
}
