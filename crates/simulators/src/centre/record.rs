//! What a contact centre can be seen to do: the log of its customers, the state of its queues,
//! its agents, and of its callbacks.

use serde::Serialize;

use crate::progress::Progress;
use crate::span::count;

/// What could be seen of a queue when a customer entered it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Those who will be served first, as things stood.
    pub ahead: usize,
    /// All who waited.
    pub waiting: usize,
    /// Agents on duty who serve the queue.
    pub agents: usize,
    /// Those of them who were busy.
    pub busy: usize,
    /// Elapsed wait of the oldest who waited (HOL).
    pub hol_secs: Option<f64>,
    /// Wait of the last who entered service (LES).
    pub les_secs: Option<f64>,
    /// Mean gap between the last 32 departures to an agent.
    pub pace_secs: Option<f64>,
    /// Mean of the last 32 handling times that had ended.
    pub handling_secs: Option<f64>,
}

/// Who a customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Called in.
    Caller,
    /// Called in and was given a head start.
    Preferred,
    /// Asked to be called back.
    Callback,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// With an agent.
    Served,
    /// The customer hung up.
    Abandoned,
    /// The callback was withdrawn.
    Withdrawn,
}

/// One wait, written down when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Rises with every customer of the centre.
    pub id: u64,
    /// Index of the queue in the plan.
    pub queue: usize,
    /// Who it was.
    pub kind: Kind,
    /// Entry, simulated seconds.
    pub arrived_secs: f64,
    /// What could be seen at entry.
    pub seen: Snapshot,
    /// Seconds from entry until the wait ended.
    pub waited_secs: f64,
    /// How it ended.
    pub outcome: Outcome,
}

/// A queue as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// Waiting for an agent.
    pub waiting: usize,
    /// Sent to an agent, not talking yet.
    pub ringing: usize,
    /// On hold.
    pub on_hold: usize,
    /// Elapsed wait of the oldest who waits.
    pub oldest_wait_secs: Option<f64>,
    /// Wait of the last who entered service.
    pub last_wait_secs: Option<f64>,
    /// Agents on duty who serve it.
    pub agents: usize,
    /// Those of them who are idle.
    pub ready: usize,
    /// Departures to an agent that are remembered, 32 at most.
    pub hits: usize,
    /// Mean gap between those.
    pub pace_secs: Option<f64>,
    /// Mean of the last 32 handling times.
    pub recent_handling_secs: Option<f64>,
    /// Mean of all handling times.
    pub mean_handling_secs: Option<f64>,
    /// Callers in an hour, where the load is 1.
    pub per_hour: f64,
    /// All who ever entered.
    pub entered: u64,
    /// Those who were served.
    pub served: u64,
    /// Those who hung up.
    pub abandoned: u64,
}

/// Which figure an expected wait is made of: the three that URS is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The pace of the last departures, whoever is on duty.
    Pace,
    /// The last handling times over the agents on duty.
    RecentHandling,
    /// All handling times over the agents on duty.
    MeanHandling,
}

impl QueueView {
    /// Seconds by which one departure follows the other, on this basis, and the figure that it is
    /// made of; nothing while nothing has been seen, or nobody serves.
    pub fn step_secs(&self, basis: Basis) -> Option<(f64, f64)> {
        let shared = |handling: Option<f64>| {
            let handling = handling.filter(|_| self.agents > 0)?;
            Some((handling / count(self.agents), handling))
        };
        match basis {
            Basis::Pace => self.pace_secs.map(|pace| (pace, pace)),
            Basis::RecentHandling => shared(self.recent_handling_secs),
            Basis::MeanHandling => shared(self.mean_handling_secs),
        }
    }

    /// Expected seconds until whoever stands at this position (from 1) reaches an agent.
    pub fn wait_secs(&self, position: usize, basis: Basis) -> Option<f64> {
        if self.ready > 0 && self.waiting == 0 {
            return Some(0.0);
        }
        self.step_secs(basis).map(|(step, _)| step * count(position))
    }
}

/// A group of agents as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// The queues it serves.
    pub queues: Vec<String>,
    /// How many the plan has.
    pub planned: usize,
    /// On duty.
    pub on_duty: usize,
    /// Idle.
    pub ready: usize,
    /// Reserved, dialling or talking, or paused.
    pub busy: usize,
}

/// Something that befell a callback.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Befell {
    pub(crate) at_secs: f64,
    pub(crate) tag: String,
    pub(crate) progress: Progress,
}
