//! What can happen to a callback, and what follows from it.

use super::{Asked, Callback, Kind, Patch, PushTarget, Report, Sighting, UserData};
use crate::effect::{Effect, Ordinal, Timer};
use crate::event::{Actor, Event};
use crate::id::{Attempt, Revision, SessionId};
use crate::phone::PhoneNumber;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::token::TokenHash;
use crate::wait::{Promise, Ticket, Waited};

/// A place wanted in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotClaim {
    /// The slot's starting instant.
    pub start: Timestamp,
    /// Its places in all.
    pub limit: u32,
}

impl SlotClaim {
    /// The slot's load after taking a place, or the refusal of a full slot.
    pub fn admit(&self, taken: u32) -> Result<u32, Refusal> {
        if taken < self.limit { Ok(taken + 1) } else { Err(Refusal::SlotFull { free: Vec::new() }) }
    }
}

/// Where in time a callback is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Now, or at a time.
    pub kind: Kind,
    /// The desired time.
    pub desired_at: Timestamp,
    /// The place it takes; none for an immediate callback.
    pub claim: Option<SlotClaim>,
    /// The revision of the catalogue that it was decided under: under another, its slot may lie elsewhere.
    pub under: Revision,
}

/// What an administrator can correct in a callback that waits here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Another number.
    pub phone: Option<PhoneNumber>,
    /// Another language.
    pub language: Option<String>,
    /// Other user data, in place of all there was.
    pub user_data: Option<UserData>,
}

/// Something that happens to a callback.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is due: a session is about to be started as this attempt.
    Submit {
        /// The attempt, see [`Callback::attempt_due`].
        attempt: Attempt,
        /// The hash of its token.
        token: TokenHash,
    },
    /// The orchestration server took the start.
    Sent {
        /// The attempt sent.
        attempt: Attempt,
        /// Its session, where the answer named one.
        session: Option<SessionId>,
        /// The node that owns the session, where known.
        node: Option<String>,
    },
    /// The start certainly did not reach the orchestration server; it is to be sent again then.
    Unsent {
        /// The attempt that was not sent.
        attempt: Attempt,
        /// When to send it again.
        retry_at: Timestamp,
    },
    /// The orchestration server refused the start and began nothing; it is to be sent again then.
    Refused {
        /// The attempt that was refused.
        attempt: Attempt,
        /// What it said, such as its status.
        why: String,
        /// When to send it again.
        retry_at: Timestamp,
    },
    /// No session of this attempt has reported in time.
    Unacknowledged {
        /// The attempt that was sent.
        attempt: Attempt,
    },
    /// The attempt is given up.
    Lapse {
        /// The attempt that was sent.
        attempt: Attempt,
    },
    /// A session says that it runs as this attempt.
    Started {
        /// The attempt.
        attempt: Attempt,
        /// The session.
        session: SessionId,
        /// The node that owns it.
        node: Option<String>,
        /// What is expected of its queue now, to learn from when the wait is over.
        ticket: Option<Box<Ticket>>,
    },
    /// A session reports a state.
    Report(Box<Report>),
    /// The session answered when it was asked.
    Seen {
        /// The attempt asked after.
        attempt: Attempt,
        /// What it said.
        seen: Box<Sighting>,
        /// The number of its newest report when it was asked.
        last_seq: Option<u64>,
    },
    /// The session was not found when it was asked for.
    Missing {
        /// The attempt asked after.
        attempt: Attempt,
        /// When.
        asked: Asked,
    },
    /// The session could not be asked: its owner is silent, while other nodes near it answer.
    Silent {
        /// The attempt asked after.
        attempt: Attempt,
        /// When.
        asked: Asked,
    },
    /// Somebody cancels it.
    Cancel {
        /// Who.
        by: Actor,
        /// Why, in a person's own words; kept in its history.
        note: Option<String>,
    },
    /// The customer reached the contact centre first.
    CalledIn,
    /// Somebody gives it another time.
    Reschedule {
        /// Who.
        by: Actor,
        /// The new place in time.
        to: Placement,
    },
    /// Somebody gives it another rank.
    Prioritise {
        /// Who.
        by: Actor,
        /// The rank.
        priority: u32,
    },
    /// Somebody corrects its data.
    Edit {
        /// Who.
        by: Actor,
        /// The corrections.
        edit: Box<Edit>,
    },
    /// The session keeps something.
    Patch {
        /// The attempt whose session keeps it.
        attempt: Attempt,
        /// What is set and removed.
        patch: Patch,
    },
    /// The call is near: the customer is to be told, once for ever.
    Upcoming,
    /// No notice will ever reach one of the customer's devices again.
    DropTarget {
        /// The device.
        target: PushTarget,
    },
    /// Its time is over.
    Expire,
    /// Its number may not be called any more.
    Block,
}

/// What becomes of a callback's one timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerChange {
    /// It stays as it is.
    Keep,
    /// It is removed.
    Clear,
    /// It is replaced.
    Set(Timer),
}

/// A change that was made: all of it is stored in one step, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The callback afterwards.
    pub callback: Callback,
    /// The row of its history; none where nothing worth telling happened.
    pub event: Option<Event>,
    /// What becomes of its timer.
    pub timer: TimerChange,
    /// What must happen outside.
    pub effects: Vec<Effect>,
    /// The slot whose place it gives back.
    pub released: Option<Timestamp>,
    /// The slot in which it takes a place; the store decides by [`SlotClaim::admit`].
    pub claim: Option<SlotClaim>,
    /// The wait in the queue that it ended, the first time an attempt's call went to an agent.
    ///
    /// Not stored: whoever makes the change learns from it, and a change is made once.
    pub waited: Option<Waited>,
    /// How a promised time was kept, the first time the customer's phone rang. Not stored either.
    pub promise: Option<Promise>,
}

impl Changed {
    /// The effects with their ordinals, which no other change of the callback uses.
    pub fn outbox(&self) -> impl Iterator<Item = (Ordinal, &Effect)> {
        let base = self.callback.revision.number() * 16;
        self.effects
            .iter()
            .enumerate()
            .map(move |(index, effect)| (Ordinal::new(base + index as u64), effect))
    }
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It was made.
    Changed(Box<Changed>),
    /// It had been made before, or changes nothing: there is nothing to store.
    Unchanged(Box<Callback>),
}

impl Outcome {
    /// The callback afterwards.
    pub fn callback(&self) -> &Callback {
        match self {
            Self::Changed(changed) => &changed.callback,
            Self::Unchanged(callback) => callback,
        }
    }

    /// The callback afterwards, owned.
    pub fn into_callback(self) -> Callback {
        match self {
            Self::Changed(changed) => changed.callback,
            Self::Unchanged(callback) => *callback,
        }
    }
}
