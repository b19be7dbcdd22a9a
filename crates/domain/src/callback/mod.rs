//! A callback: the promise to call a customer back, and the record of how it is kept.
//!
//! The record is plain data; [`Callback::apply`] is the only way its state moves.

mod action;
mod change;
mod details;
mod life;
mod session;
mod step;
mod storage;
mod watch;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

pub use action::Action;
pub use change::{Change, Changed, Edit, Outcome, Placement, SlotClaim, TimerChange};
pub use details::{
    Details, OfferTiming, OfferType, PushTarget, USER_DATA_LIMIT, UserData, UserDataTooLarge,
    variable_name,
};
pub use session::{ACKNOWLEDGE_AFTER, LAPSE_AFTER, RESEND_AFTER};
pub use storage::{Patch, STORAGE_LIMIT, Scalar, Storage};
pub use watch::{Asked, MISSING_AGAIN_AFTER, SILENT_FOR, Sighting, UNHEARD_AFTER, WATCH_EVERY};

use crate::id::{Attempt, CallbackId, Revision, SessionId, TenantId};
use crate::name::{QueueName, ServiceName};
use crate::phone::PhoneNumber;
use crate::service::Settings;
use crate::time::{SignedDuration, Timestamp};
use crate::token::TokenHash;
use crate::wait::Ticket;

/// Where a callback is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
pub enum State {
    /// Held here; no session has reported yet.
    Scheduled,
    /// Waiting in its queue; no agent is reserved.
    Queued,
    /// An agent is reserved; the call is being made.
    Routing,
    /// The agent handles it.
    Processing,
    /// Done; the reason says how.
    Completed,
}

impl State {
    /// All states, in the order of a callback's life.
    pub const ALL: [Self; 5] =
        [Self::Scheduled, Self::Queued, Self::Routing, Self::Processing, Self::Completed];

    /// The state's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Queued => "QUEUED",
            Self::Routing => "ROUTING",
            Self::Processing => "PROCESSING",
            Self::Completed => "COMPLETED",
        }
    }

    /// Reads the name of a state.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that is not a completion reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a reason of 1 to 64 characters A-Z, 0-9 and _")]
pub struct NotAReason;

/// How a callback ended: an upper-case token of 1 to 64 characters, ours or the session's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Reason(Cow<'static, str>);

impl Reason {
    /// The customer talked to an agent.
    pub const AGENT_CONNECTED: Self = Self(Cow::Borrowed("AGENT_CONNECTED"));
    /// Somebody cancelled it.
    pub const CANCELLED: Self = Self(Cow::Borrowed("CANCELLED"));
    /// Not completed in time after its desired time.
    pub const FAIL_TIMEOUT_TTL: Self = Self(Cow::Borrowed("FAIL_TIMEOUT_TTL"));
    /// It could not be put into its queue, for instance because its number is blocked now.
    pub const FAIL_QUEUEING: Self = Self(Cow::Borrowed("FAIL_QUEUEING"));
    /// No submission was ever answered.
    pub const FAIL_SUBMIT: Self = Self(Cow::Borrowed("FAIL_SUBMIT"));
    /// Its sessions were lost too often, or while the customer was on the line.
    pub const FAIL_SESSION_LOST: Self = Self(Cow::Borrowed("FAIL_SESSION_LOST"));
    /// The customer reached the contact centre first.
    pub const CUSTOMER_CALLED_IN: Self = Self(Cow::Borrowed("CUSTOMER_CALLED_IN"));
    /// Its sessions put it off more often than the service's `max_attempts`.
    pub const RESCHEDULE_LIMIT: Self = Self(Cow::Borrowed("RESCHEDULE_LIMIT"));

    /// Reads a reason; tokens that we do not know are kept as they come.
    pub fn parse(text: &str) -> Result<Self, NotAReason> {
        let fits = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if fits { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(NotAReason) }
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = NotAReason;

    fn try_from(text: String) -> Result<Self, NotAReason> {
        Self::parse(&text)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0.into_owned()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the customer asked for “now” or for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
pub enum Kind {
    /// As soon as an agent is free.
    Immediate,
    /// At the desired time.
    Scheduled,
}

/// The outcome of one dial of the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dial {
    /// Which dial of the session, from 1.
    pub n: u32,
    /// The session's word for it, such as `NO_ANSWER`.
    pub result: Reason,
    /// When.
    pub at: Timestamp,
}

/// One state update of a session.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Report {
    /// The attempt that the session runs for.
    pub attempt: Attempt,
    /// Rises with each update of a session.
    pub seq: u64,
    /// When the session says it happened.
    pub at: Option<Timestamp>,
    /// The state to go to.
    pub state: State,
    /// How it ended; given with [`State::Completed`] and only then.
    pub reason: Option<Reason>,
    /// The new desired time, when the session gives the callback back.
    pub next_desired_at: Option<Timestamp>,
    /// The interaction in the queue.
    pub interaction_id: Option<String>,
    /// The call.
    pub call_uuid: Option<String>,
    /// The agent's user name.
    pub agent: Option<String>,
    /// A dial result.
    pub dial: Option<Dial>,
    /// Place in the queue, from 1.
    pub position: Option<u32>,
    /// Estimated wait in seconds.
    pub ewt_secs: Option<u32>,
}

/// What is known of the session's view, from its updates and from asking it.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", default))]
pub struct Diagnostics {
    /// When the session said so.
    pub seen_at: Option<Timestamp>,
    /// Place in the queue, from 1.
    pub position: Option<u32>,
    /// Estimated wait in seconds.
    pub ewt_secs: Option<u32>,
    /// The rank in the queue.
    pub priority: Option<u32>,
    /// The interaction in the queue.
    pub interaction_id: Option<String>,
    /// The call.
    pub call_uuid: Option<String>,
    /// The agent's user name.
    pub agent: Option<String>,
    /// The dials so far, at most the last 20.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub dials: Vec<Dial>,
    /// The session's last error.
    pub last_error: Option<String>,
}

/// The newest submission of a callback, and the session that came of it.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Submission {
    /// Its number.
    pub attempt: Attempt,
    /// The hash of the token that its session must show.
    pub token: TokenHash,
    /// When it was first about to be sent.
    pub submitted_at: Timestamp,
    /// When the orchestration server took it.
    pub sent_at: Option<Timestamp>,
    /// Its session, once known.
    pub session: Option<SessionId>,
    /// The node that owns the session, once known.
    pub node: Option<String>,
    /// When the session reported that it runs.
    pub started_at: Option<Timestamp>,
    /// Nobody knows whether a session runs: no report came in time.
    pub unknown: bool,
    /// The newest state update taken.
    pub last_report: Option<Report>,
    /// When the session was first found missing, if it is.
    pub missing_since: Option<Timestamp>,
    /// Since when the owner of the session is silent, if it is.
    pub silent_since: Option<Timestamp>,
    /// The session may have said its last words while nobody heard them.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub unheard: bool,
    /// What was expected of its queue when it entered it; kept until that wait is over.
    pub ticket: Option<Box<Ticket>>,
}

/// An earlier submission, whose session must not speak any more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Voided {
    /// Its number.
    pub attempt: Attempt,
    /// The hash of its token.
    pub token: TokenHash,
}

/// A callback.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Callback<S = Arc<Settings>> {
    /// Its name to the world.
    pub id: CallbackId,
    /// The contact centre that owns it.
    pub tenant: TenantId,
    /// The service it was booked with.
    pub service: ServiceName,
    /// The queue it waits in.
    pub queue: QueueName,
    /// Whom to call.
    pub phone: PhoneNumber,
    /// Now, or at a time.
    pub kind: Kind,
    /// Where it is in its life.
    pub state: State,
    /// How it ended; set when, and only when, it is completed.
    pub reason: Option<Reason>,
    /// When the customer wants the call.
    pub desired_at: Timestamp,
    /// When the customer first wanted the call: the order in which callbacks are released.
    pub first_desired_at: Timestamp,
    /// The start of the slot in which it holds a place, if it holds one.
    pub slot: Option<Timestamp>,
    /// When it was booked.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Submissions so far.
    pub attempts: u32,
    /// Submissions in a row that stayed unanswered.
    pub unanswered: u32,
    /// Sessions lost so far.
    pub lost: u32,
    /// How often a session put it off.
    #[cfg_attr(feature = "serde", serde(default))]
    pub put_off: u32,
    /// The newest submission, if one stands.
    pub submission: Option<Submission>,
    /// The tokens of earlier submissions, at most the last 16: their sessions are told to end themselves.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub voided: Vec<Voided>,
    /// When the customer's phone first rang, as far as the session told.
    pub reached_at: Option<Timestamp>,
    /// When the customer was told that the call is near.
    pub upcoming_at: Option<Timestamp>,
    /// What came with the request.
    pub details: Details,
    /// The service's settings at the time of booking, or what a store writes in their place.
    pub settings: S,
    /// What the session keeps here.
    pub storage: Storage,
    /// What is known of the session's view.
    pub diagnostics: Diagnostics,
    /// How often it has been written.
    pub revision: Revision,
}

/// A submission this near to a bound of its lead was set by that bound: dispatch looks no finer.
const LEAD_SLACK: SignedDuration = SignedDuration::from_secs(5);

/// A callback's rank on entering its queue again, as if it had never left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The rank.
    pub priority: u32,
    /// Seconds since the wait began.
    pub age_secs: u64,
}

impl<S> Callback<S> {
    /// The same callback with something else in the place of its settings.
    ///
    /// Thousands of callbacks are booked under the same settings: a store may keep those once, and write their name here.
    pub fn with_settings<T>(self, settings: T) -> Callback<T> {
        Callback {
            id: self.id,
            tenant: self.tenant,
            service: self.service,
            queue: self.queue,
            phone: self.phone,
            kind: self.kind,
            state: self.state,
            reason: self.reason,
            desired_at: self.desired_at,
            first_desired_at: self.first_desired_at,
            slot: self.slot,
            created_at: self.created_at,
            changed_at: self.changed_at,
            completed_at: self.completed_at,
            attempts: self.attempts,
            unanswered: self.unanswered,
            lost: self.lost,
            put_off: self.put_off,
            submission: self.submission,
            voided: self.voided,
            reached_at: self.reached_at,
            upcoming_at: self.upcoming_at,
            details: self.details,
            settings,
            storage: self.storage,
            diagnostics: self.diagnostics,
            revision: self.revision,
        }
    }
}

impl Callback {
    /// Whether it still has a life before it.
    pub fn open(&self) -> bool {
        self.state != State::Completed
    }

    /// The attempt whose session may speak for the callback now.
    pub fn live_attempt(&self) -> Option<Attempt> {
        let submission = self.submission.as_ref()?;
        self.open().then_some(submission.attempt)
    }

    /// The number of the next submission: the standing one again while it is unsent, else a new one.
    pub fn attempt_due(&self) -> Attempt {
        match &self.submission {
            Some(submission) if self.open() => submission.attempt,
            _ => Attempt::new(self.attempts.saturating_add(1)),
        }
    }

    /// When the callback has failed for being late.
    pub fn expires_at(&self) -> Timestamp {
        self.desired_at.saturating_add(self.settings.ttl()).unwrap_or(Timestamp::MAX)
    }

    /// The earliest time at which it may be submitted, however long the queue is.
    pub fn submit_from(&self) -> Timestamp {
        match self.kind {
            Kind::Immediate => self.desired_at,
            Kind::Scheduled => self.submit_at(self.settings.max_early_submit()),
        }
    }

    /// When to submit so that the customer reaches the front at the desired time, for a queue with this wait.
    ///
    /// The lead is the wait, at most the service's `max_early_submit_seconds`; an unknown wait leads by nothing.
    pub fn submit_at(&self, wait: SignedDuration) -> Timestamp {
        let lead = match self.kind {
            Kind::Immediate => SignedDuration::ZERO,
            Kind::Scheduled => wait.clamp(SignedDuration::ZERO, self.settings.max_early_submit()),
        };
        self.desired_at.saturating_sub(lead).unwrap_or(Timestamp::MIN)
    }

    /// Whether a ring `late_secs` after the desired time (negative: before it) says something of the lead.
    ///
    /// It says nothing where something else chose the hour: a booking too short for any lead, a session that had to
    /// be replaced, or a lead that was already as long as the service permits and would have had to be longer.
    pub fn ring_teaches(&self, late_secs: f64) -> bool {
        let Some(sent) = self.submission.as_ref().filter(|sent| sent.attempt == Attempt::FIRST)
        else {
            return false;
        };
        let lead = self.desired_at.duration_since(sent.submitted_at);
        let longest = lead + LEAD_SLACK >= self.settings.max_early_submit();
        let chosen = sent.submitted_at.duration_since(self.created_at) > LEAD_SLACK;
        self.kind == Kind::Scheduled && chosen && (late_secs < 0.0 || !longest)
    }

    /// The rank and age with which a session enters the queue at `now`.
    ///
    /// The wait began at the request of an immediate callback and at the desired time of a scheduled one, so a
    /// callback neither overtakes those who waited longer nor starts again after a lost session.
    pub fn standing(&self, now: Timestamp) -> Standing {
        let began = match self.kind {
            Kind::Immediate => self.created_at,
            Kind::Scheduled => self.first_desired_at.max(self.created_at),
        };
        let age_secs = u64::try_from(now.duration_since(began).as_secs()).unwrap_or(0);
        let rank = &self.settings.priority;
        let initial = self.details.priority.unwrap_or(rank.initial);
        Standing { priority: rank.after(initial, age_secs), age_secs }
    }

    /// The seed of this callback's spreads: the same callback gets the same ones.
    pub fn seed(&self) -> u64 {
        let (high, low) = self.id.uuid().as_u64_pair();
        high ^ low
    }
}
