//! What befalls a callback between its entry into a virtual queue and its end, in the words that
//! whoever routes and dials (a script, a contact centre) and whoever reports (a session) share.

use serde::{Deserialize, Serialize};

/// How one dialled call to the customer ended, in the words of the reporting data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DialResult {
    /// A human answered.
    Person,
    /// Nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// A machine answered.
    AnsweringMachine,
    /// The network played a tone.
    ErrorTone,
    /// A fax answered.
    Fax,
    /// The call could not be made.
    CreateCallError,
    /// The customer placed the call.
    UseroriginatedConnected,
}

/// What a session learns on its way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Progress {
    /// An agent is reserved.
    Routed { agent: String },
    /// Back in the queue: the agent refused, or the customer was not reached.
    Returned,
    /// The customer's phone begins to ring for the `n`th time.
    Ringing { n: u32 },
    /// The `n`th call to the customer ended so.
    Dialled { n: u32, result: DialResult },
    /// Customer and agent talk.
    Connected,
    /// They have talked.
    Talked { secs: f64 },
    /// There will be no further dial.
    GaveUp,
    /// The next dial is left to the owner of the callback, at this simulated time.
    HandedBack { at_ms: i64 },
}

/// What a callback enters its queue with. Times are simulated milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) session: String,
    /// By which URS knows it.
    pub(crate) interaction: String,
    pub(crate) vq: String,
    pub(crate) priority: i64,
    pub(crate) priority_increment: i64,
    /// Between two increments; none are made if it is 0.
    pub(crate) increment_interval_ms: i64,
    /// No increment goes beyond it.
    pub(crate) priority_limit: Option<i64>,
    /// Since when it counts as waiting: its age goes back before its entry.
    pub(crate) since_ms: i64,
    pub(crate) user_originated: bool,
    pub(crate) max_dials: Option<u32>,
    pub(crate) redial_ms: Option<i64>,
    pub(crate) ring_timeout_ms: Option<i64>,
}
