//! What the domain refuses, and what helps the caller to choose otherwise.

use crate::callback::State;
use crate::id::{Attempt, Revision};
use crate::offer::FreeSlot;
use crate::phone::PhoneNumberError;
use crate::time::Timestamp;

/// Which way a desired time misses the window of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Miss {
    /// Before now.
    Past,
    /// Sooner than the service's least lead.
    TooSoon,
    /// Later than the service plans ahead.
    TooFar,
}

/// A request that is well formed and still not granted.
///
/// Every variant has a status, a code and a page; adding one does not compile until it has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Refusal {
    /// The number is impossible.
    #[error("the phone number is not possible")]
    NumberImpossible,
    /// The number's country is not permitted for the queue.
    #[error("the number's country is not permitted for this service")]
    CountryNotPermitted,
    /// A pattern, or the premium-rate rule, blocks the number.
    #[error("the number is blocked for this service")]
    NumberBlocked,
    /// No service, queue or group has this name.
    #[error("no service, queue or group has this name")]
    UnknownName,
    /// The service is switched off or withdrawn, or callbacks are switched off for the whole contact centre.
    #[error("the service takes no bookings")]
    ServiceUnavailable,
    /// The service offers no immediate callbacks.
    #[error("the service offers no immediate callbacks")]
    ImmediateNotOffered,
    /// The service offers no scheduled callbacks.
    #[error("the service offers no scheduled callbacks")]
    ScheduledNotOffered,
    /// The desired time misses the bookable window.
    #[error("the desired time lies outside the bookable window")]
    OutsideWindow {
        /// Which way.
        miss: Miss,
        /// The earliest desired time that would do.
        earliest: Timestamp,
        /// The latest desired time that would do.
        latest: Timestamp,
    },
    /// The office is closed at that time.
    #[error("the office is closed at that time")]
    Closed {
        /// When it opens next, if it does within the search horizon.
        next_opening: Option<Timestamp>,
    },
    /// The slot has no place left.
    #[error("the slot has no place left")]
    SlotFull {
        /// Free slots near the desired time, in time order.
        free: Vec<FreeSlot>,
    },
    /// The service needs a push target.
    #[error("the service calls nobody, so it needs a push target")]
    PushTargetRequired,
    /// The tenant demands a proof of humanity, and none came.
    #[error("a captcha token is required")]
    HumanTokenRequired,
    /// The proof of humanity did not hold.
    #[error("the captcha token was refused")]
    HumanTokenRefused,
    /// The number has as many open callbacks as the service allows.
    #[error("the number already has its share of open callbacks")]
    ShareTaken,
    /// The service has as many immediate callbacks waiting as it allows, or books too fast.
    #[error("the service takes no more bookings for the moment")]
    ServiceThrottled {
        /// Seconds until another try may succeed.
        retry_after_secs: u32,
    },
    /// The number books immediate callbacks too often.
    #[error("the number books too often")]
    NumberThrottled {
        /// Seconds until another try may succeed.
        retry_after_secs: u32,
    },
    /// All numbers of a call-in group are taken.
    #[error("all numbers of the group are taken")]
    PoolExhausted,
    /// No such callback, or another tenant's.
    #[error("no such callback")]
    NoSuchCallback,
    /// The callback's state does not allow the change.
    #[error("the callback's state does not allow this")]
    NotInState(State),
    /// The session asks for a step that a callback's life does not have.
    #[error("a callback cannot go from {from} to {to}")]
    IllegalTransition {
        /// The state now.
        from: State,
        /// The state asked for.
        to: State,
    },
    /// The idempotency key belongs to another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// A request with the same idempotency key is being decided.
    #[error("a request with this idempotency key is still running")]
    KeyBusy,
    /// The record changed since it was read.
    #[error("the record changed meanwhile")]
    Changed {
        /// The revision that stands now.
        now: Revision,
    },
    /// The update token is missing, unknown or another callback's.
    #[error("the update token is not valid")]
    TokenInvalid,
    /// A newer attempt made this one void.
    #[error("a newer attempt made this one void")]
    Superseded {
        /// The attempt that lives, if one does.
        live: Option<Attempt>,
    },
    /// The session reported something newer already.
    #[error("a newer update was taken already")]
    StaleUpdate,
    /// The callback is completed; its session has nothing more to say.
    #[error("the callback is completed")]
    Completed,
    /// The stored data of a callback would pass its limit.
    #[error("the stored data would pass its limit")]
    StorageFull,
    /// The notice was sent once already.
    #[error("the notice was sent already")]
    AlreadySent,
}

impl From<PhoneNumberError> for Refusal {
    fn from(error: PhoneNumberError) -> Self {
        match error {
            PhoneNumberError::Impossible => Self::NumberImpossible,
        }
    }
}
