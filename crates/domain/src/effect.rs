//! What must happen later or outside as a result of a change: the rows of the outbox.

use crate::callback::{PushTarget, Reason};
use crate::id::{Attempt, CallbackId, SessionId, TenantId};
use crate::time::Timestamp;

/// Something to be done for a callback at a time, kept in the store until it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", tag = "kind"))]
pub enum Effect {
    /// Start a session as this attempt, or send the same start again.
    Submit {
        /// The attempt to start.
        attempt: Attempt,
    },
    /// Look whether the session of this attempt has reported; if not, its outcome is unknown.
    Acknowledge {
        /// The attempt that was sent.
        attempt: Attempt,
    },
    /// Give this attempt up: no report came.
    Lapse {
        /// The attempt that was sent.
        attempt: Attempt,
    },
    /// Ask after the session of this attempt.
    Watch {
        /// The attempt that lives.
        attempt: Attempt,
    },
    /// Tell the session something.
    Signal {
        /// The session to tell.
        session: SessionId,
        /// The node that owns it, where known.
        node: Option<String>,
        /// What to tell.
        signal: Signal,
    },
    /// Push a notice to one of the customer's devices: each has an effect of its own, so that trouble with one neither
    /// holds up nor repeats the others.
    Push {
        /// What to tell.
        notice: Notice,
        /// The device.
        target: PushTarget,
    },
}

/// What a session can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", tag = "signal"))]
pub enum Signal {
    /// Leave the queue and end with this reason.
    Cancel {
        /// The reason to end with.
        reason: Reason,
        /// `api`, `ui` or `system`.
        by: String,
    },
    /// End; the callback is due at another time.
    Reschedule {
        /// The new desired time.
        desired_at: Timestamp,
    },
    /// Take another rank.
    Priority {
        /// The new rank.
        priority: u32,
    },
}

/// What a customer's device can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum Notice {
    /// The wait has fallen below the queue's threshold: the call is near.
    CallbackUpcoming,
}

impl Notice {
    /// The event's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallbackUpcoming => "CALLBACK_UPCOMING",
        }
    }
}

/// Whom effects go out to: those of one lane are carried out together, and wait for nothing that another lane waits for.
///
/// Between lanes there is no order. None is needed: an effect is carried out by what its callback is at that moment, so a
/// notice that comes after its call has begun is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Calls: what starts sessions, and what they are told.
    Sessions,
    /// Looks at sessions that were started: whether they report, and whether they live. Nobody waits for a second of it.
    Looks,
    /// Customers' devices.
    Notices,
}

impl Lane {
    /// Every lane, the more urgent first.
    pub const ALL: [Self; 3] = [Self::Sessions, Self::Looks, Self::Notices];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Looks => "looks",
            Self::Notices => "notices",
        }
    }

    /// The number that stores keep it by. What a release that knew no lanes wrote counts as 0.
    pub const fn number(self) -> i16 {
        match self {
            Self::Sessions => 0,
            Self::Notices => 1,
            Self::Looks => 2,
        }
    }
}

impl Effect {
    /// The lane in which it is carried out.
    pub const fn lane(&self) -> Lane {
        match self {
            Self::Submit { .. } | Self::Signal { .. } => Lane::Sessions,
            Self::Acknowledge { .. } | Self::Lapse { .. } | Self::Watch { .. } => Lane::Looks,
            Self::Push { .. } => Lane::Notices,
        }
    }

    /// The word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Submit { .. } => "submit",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Lapse { .. } => "lapse",
            Self::Watch { .. } => "watch",
            Self::Signal { .. } => "signal",
            Self::Push { .. } => "push",
        }
    }
}

/// Which effect of a callback: 0 is its one timer, which each change may set anew or clear; others count up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Ordinal(u64);

impl Ordinal {
    /// The callback's timer.
    pub const TIMER: Self = Self(0);

    /// An ordinal by its number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The name of one row of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId {
    /// The owner.
    pub tenant: TenantId,
    /// The callback it is for.
    pub callback: CallbackId,
    /// Which of its effects.
    pub ordinal: Ordinal,
}

/// When a callback is to be looked at next, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timer {
    /// Not before this time.
    pub at: Timestamp,
    /// What is to be done then.
    pub effect: Effect,
}
