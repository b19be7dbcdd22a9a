//! The router's view of a queue.

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, RegionName};
use ges_domain::time::Timestamp;

use crate::Fault;

/// On what the router bases its estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitMode {
    /// The pace of the last 32 interactions, whoever is logged in.
    Mode1,
    /// The pace and the agents who serve the queue.
    #[default]
    Mode2,
    /// The statistics server's figures.
    Mode3,
}

/// A question about a queue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitQuery {
    /// The owner.
    pub tenant: TenantId,
    /// The queue.
    pub queue: QueueName,
    /// The basis.
    pub mode: WaitMode,
    /// Whether calls on hold count.
    pub include_on_hold: bool,
    /// The queue's regions in order of preference; empty is any.
    pub regions: Vec<RegionName>,
}

/// What the router says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wait {
    /// The estimate, or why there is none.
    pub estimate: Estimate,
    /// Calls that wait now, where the router says so.
    pub waiting: Option<u32>,
    /// The wait of the oldest call, in seconds.
    pub oldest_wait_secs: Option<f64>,
    /// The router's average time per call, in seconds: handling or quitting time by mode.
    pub average_secs: Option<f64>,
    /// Calls distributed in the router's sample, at most 32.
    pub distributed: Option<u32>,
    /// When the router said so; an older answer stands in while it is silent.
    pub seen_at: Timestamp,
}

/// The estimate, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// Whole seconds, rounded up.
    Known(u32),
    /// No interaction has been in the queue yet.
    NoInteractions,
    /// No agent who serves the queue is logged in.
    NoAgents,
}

/// The place of one call in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub position: u32,
    /// The estimate in seconds, where there is one.
    pub ewt_secs: Option<u32>,
}

/// The router.
#[async_trait]
pub trait WaitTimes: Send + Sync {
    /// What the router says of a queue; an answer is never older than 60 s.
    async fn look_up(&self, query: &WaitQuery, now: Timestamp) -> Result<Wait, Fault>;

    /// The place of an interaction in a queue; none where the router does not know it.
    async fn place(
        &self,
        query: &WaitQuery,
        interaction_id: &str,
        now: Timestamp,
    ) -> Result<Option<Place>, Fault>;
}
