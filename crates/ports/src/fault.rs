//! Trouble with a neighbour: who, what kind, and what it said.

use std::error::Error;

/// What kind of trouble, by what is known of the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// It could not be reached, or said that it did nothing: trying again repeats nothing.
    Unavailable,
    /// No answer in time: nobody knows whether it acted.
    TimedOut,
    /// It answered something that its contract does not know: nobody knows whether it acted.
    Misbehaved,
    /// It looked at what was asked and did nothing of it: the same again gets the same answer until somebody acts.
    Refused,
}

impl FaultKind {
    /// The kind as a label: `unavailable`, `timed_out`, `misbehaved` or `refused`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::TimedOut => "timed_out",
            Self::Misbehaved => "misbehaved",
            Self::Refused => "refused",
        }
    }
}

/// Trouble with a neighbour; the operator acts, the client may try again.
#[derive(Debug, thiserror::Error)]
#[error("{peer} is {}", .kind.as_str())]
pub struct Fault {
    /// The neighbour, such as `store`, `ors` or `urs`.
    pub peer: &'static str,
    /// What kind of trouble.
    pub kind: FaultKind,
    /// What it said; for the log, never for a client.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A fault with its cause.
    pub fn new(
        peer: &'static str,
        kind: FaultKind,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { peer, kind, source: Some(source.into()) }
    }

    /// The neighbour could not be reached.
    pub fn unavailable(
        peer: &'static str,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(peer, FaultKind::Unavailable, source)
    }

    /// The neighbour did not answer in time.
    pub fn timed_out(peer: &'static str) -> Self {
        Self { peer, kind: FaultKind::TimedOut, source: None }
    }

    /// The neighbour broke its contract.
    pub fn misbehaved(peer: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(peer, FaultKind::Misbehaved, source)
    }
}
