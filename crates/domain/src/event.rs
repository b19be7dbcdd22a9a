//! What happened to a callback: the rows that timeline, audit log and webhooks read.

use crate::callback::{Reason, State};
use crate::id::{Attempt, Revision};
use crate::time::Timestamp;

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", tag = "who", content = "name"))]
pub enum Actor {
    /// A client of the public API.
    Api,
    /// A signed-in person, by user name.
    User(String),
    /// The callback's own session.
    Session,
    /// A flow of the contact centre that speaks for a caller.
    Flow,
    /// This service.
    System,
}

impl Actor {
    /// `api`, `ui` or `system`, as the sessions' control events say it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::User(_) => "ui",
            Self::Session | Self::Flow | Self::System => "system",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum Happening {
    /// It was booked.
    Booked,
    /// A start was about to be sent.
    Submitting,
    /// The orchestration server took the start.
    Submitted,
    /// The start could not be sent; it is sent again.
    Unsent,
    /// The orchestration server looked at the start and refused it; it is sent again later.
    Refused,
    /// No session reported in time: nobody knows yet whether one runs.
    OutcomeUnknown,
    /// The attempt was given up and made void.
    Lapsed,
    /// A session reported that it runs.
    Started,
    /// The session moved the callback to another state.
    Moved,
    /// The session reported a dial result.
    Dialled,
    /// The session does not answer for the first time.
    SessionMissing,
    /// The session is gone.
    SessionLost,
    /// It was given another time.
    Rescheduled,
    /// It was given another rank.
    Prioritised,
    /// Some of its data was edited.
    Edited,
    /// The customer was told that the call is near.
    Upcoming,
    /// It ended; the reason says how.
    Completed,
}

/// One row of a callback's history.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Event {
    /// The callback's revision that this event led to; rises by one or more from event to event.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
    /// Who.
    pub by: Actor,
    /// The state before; none for the booking itself.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// The attempt concerned.
    pub attempt: Option<Attempt>,
    /// How it ended, on completion.
    pub reason: Option<Reason>,
    /// A short remark, such as a dial result, the new time, or why a person cancelled; never user data.
    pub note: Option<String>,
}
