//! What the web asks of its server: how it fares, and what it has counted.

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;

/// How a component fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It answers.
    Up,
    /// It does not.
    Down,
    /// Nobody has asked it yet.
    Unknown,
}

impl Standing {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// A part of the installation: the store, a neighbour, a loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name, such as `store` or `ors`.
    pub name: String,
    /// The only contact centre that it serves; none where it serves all.
    pub tenant: Option<TenantId>,
    /// How it fares.
    pub standing: Standing,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Our own words for its last trouble; shown to operators.
    pub last_error: Option<String>,
}

/// A neighbour's node in its region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The region.
    pub region: String,
    /// Whether it is an orchestration server, and not a router.
    pub orchestrator: bool,
    /// Whether it answers.
    pub healthy: bool,
}

/// How the service fares.
#[async_trait]
pub trait Health: Send + Sync {
    /// Whether the process is worth keeping: its loops turn. Knows nothing of neighbours.
    fn live(&self) -> bool;

    /// Whether this node should get requests: the components that decide it, and whether it is leaving.
    async fn ready(&self) -> Ready;

    /// Whether the start is over: configuration read, store reached once.
    fn started(&self) -> bool;

    /// Every component, whether or not it decides anything.
    async fn components(&self) -> Vec<Component>;

    /// The nodes of orchestration servers, and of a tenant's routers, that have a region.
    fn located(&self, _tenant: TenantId) -> Vec<Located> {
        Vec::new()
    }
}

/// Whether a node should get requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The node is leaving: it finishes what it has and takes nothing new.
    pub draining: bool,
    /// The components without which it cannot serve.
    pub components: Vec<Component>,
}

impl Ready {
    /// Whether it should.
    pub fn ready(&self) -> bool {
        !self.draining && self.components.iter().all(|part| part.standing == Standing::Up)
    }
}

/// What the metrics endpoint sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposition {
    /// Such as `text/plain; version=0.0.4; charset=utf-8`.
    pub content_type: &'static str,
    /// The samples.
    pub body: String,
}

/// Whatever has counted.
pub trait Meters: Send + Sync {
    /// All samples, in the form that suits an `accept` header best.
    fn expose(&self, accept: Option<&str>) -> Exposition;
}
