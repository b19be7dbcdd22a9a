//! Booking: from a request to a callback that waits, or a refusal that helps.
//!
//! [`Booking::plan`] applies every rule that needs no store; [`Booking::decide`] the rest, from what the store read
//! under its locks. A store holds no rule of its own. [`Check`] tells how far a booking would come, without making it.

mod check;

use std::fmt;
use std::sync::Arc;

use crate::callback::{
    Callback, Details, Diagnostics, Kind, OfferType, Placement, SlotClaim, State, Storage,
};
use crate::effect::{Effect, Timer};
use crate::event::{Actor, Event, Happening};
use crate::id::{Attempt, CallbackId, Revision};
use crate::numbers;
use crate::offer;
use crate::phone::PhoneNumber;
use crate::refusal::{Miss, Refusal};
use crate::service::{CallDirection, DuplicatePolicy, Service};
use crate::time::{SignedDuration, Timestamp};

pub use check::{Check, Outcome, Step};

/// A desired time this near to now means now.
pub const NOW_WITHIN: SignedDuration = SignedDuration::from_secs(60);
/// An idempotency key is remembered this long.
pub const KEY_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Text that is not an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a key of 1 to 255 visible ASCII characters")]
pub struct NotAKey;

/// The caller's name for one request: the same key with the same request gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Box<str>);

impl IdempotencyKey {
    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(NotAKey) }
    }

    /// The key as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The BLAKE3 hash of a request: whether a repeat of a key is a repeat of its request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request in any stable form.
    pub fn of(request: &[u8]) -> Self {
        Self(*blake3::hash(request).as_bytes())
    }

    /// A fingerprint that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whom to call.
    pub phone: PhoneNumber,
    /// When; none is now.
    pub desired_at: Option<Timestamp>,
    /// Treat every request with a time as scheduled, and refuse it if its queue would spill it into another slot.
    pub always_check_capacity: bool,
    /// All else that came with it.
    pub details: Details,
}

/// What a store reads under its locks before a booking is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Places taken in the slot that is claimed.
    pub slot_taken: u32,
    /// Open callbacks of the same number in the service.
    pub open_of_number: u32,
    /// Open immediate callbacks of the service.
    pub waiting: u32,
}

/// A callback to be, with all that its store must check and keep in one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    /// The callback as it will be stored.
    pub callback: Callback,
    /// The caller's key and the request's fingerprint, where a key was given.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
    /// The place it takes.
    pub claim: Option<SlotClaim>,
    /// When it is to be looked at, and what for.
    pub timer: Timer,
    /// The first row of its history.
    pub event: Event,
    /// The revision of the service that all this was decided under.
    pub service_revision: Revision,
}

/// Which kind of callback a desired time asks for.
pub fn kind_of(desired_at: Option<Timestamp>, always_check: bool, now: Timestamp) -> Kind {
    match desired_at {
        None => Kind::Immediate,
        Some(_) if always_check => Kind::Scheduled,
        Some(at) if at.duration_since(now).abs() <= NOW_WITHIN => Kind::Immediate,
        Some(_) => Kind::Scheduled,
    }
}

/// Whether a service takes bookings at all.
fn serves(service: &Service) -> Result<(), Refusal> {
    if service.settings.enabled && !service.retired {
        Ok(())
    } else {
        Err(Refusal::ServiceUnavailable)
    }
}

/// Whether a service offers callbacks of a kind.
fn offers(service: &Service, kind: Kind) -> Result<(), Refusal> {
    match kind {
        Kind::Immediate if !service.settings.immediate => Err(Refusal::ImmediateNotOffered),
        Kind::Scheduled if !service.settings.scheduled => Err(Refusal::ScheduledNotOffered),
        Kind::Immediate | Kind::Scheduled => Ok(()),
    }
}

/// Whether a scheduled callback may be desired for an instant, as far as the window goes.
fn within(service: &Service, desired_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let (earliest, latest) = bookable(service, now);
    let miss = if desired_at < now - NOW_WITHIN {
        Miss::Past
    } else if desired_at < earliest {
        Miss::TooSoon
    } else if desired_at > latest {
        Miss::TooFar
    } else {
        return Ok(());
    };
    Err(Refusal::OutsideWindow { miss, earliest, latest })
}

/// Whether a callback could be scheduled for an instant of an open slot that has a place.
pub fn schedulable(service: &Service, at: Timestamp, now: Timestamp) -> bool {
    kind_of(Some(at), false, now) == Kind::Scheduled
        && serves(service).is_ok()
        && offers(service, Kind::Scheduled).is_ok()
        && within(service, at, now).is_ok()
}

/// Where `desired_at` puts a callback of `service`, by window, hours and slots.
///
/// `wait` is the queue's estimated wait; it matters only with `always_check`, where the call must still begin in the
/// slot of the desired time.
pub fn place(
    service: &Service,
    desired_at: Option<Timestamp>,
    always_check: bool,
    wait: Option<SignedDuration>,
    now: Timestamp,
) -> Result<Placement, Refusal> {
    let (settings, under) = (&service.settings, service.revision);
    let kind = kind_of(desired_at, always_check, now);
    serves(service)?;
    offers(service, kind)?;
    let closed = |at| Refusal::Closed { next_opening: service.hours.next_opening(at) };
    let Some(desired_at) = desired_at.filter(|_| kind == Kind::Scheduled) else {
        if settings.emergency || !service.hours.open_at(now) {
            return Err(closed(now));
        }
        return Ok(Placement { kind, desired_at: now, claim: None, under });
    };
    within(service, desired_at, now)?;
    let Some(slot) = offer::slot_at(&service.hours, &service.plan, desired_at) else {
        return Err(closed(desired_at));
    };
    if always_check {
        let begins = desired_at.saturating_add(wait.unwrap_or_default()).unwrap_or(Timestamp::MAX);
        if begins >= slot.end {
            return Err(Refusal::SlotFull { free: Vec::new() });
        }
    }
    let claim = SlotClaim { start: slot.start, limit: slot.total };
    Ok(Placement { kind, desired_at, claim: Some(claim), under })
}

/// The window in which scheduled callbacks of a service may be desired: earliest and latest instant.
///
/// The days ahead are those of the office: the last one ends at the same clock time, whatever its clocks did meanwhile.
pub fn bookable(service: &Service, now: Timestamp) -> (Timestamp, Timestamp) {
    let settings = &service.settings;
    let lead = SignedDuration::from_mins(settings.min_lead_minutes.into());
    let latest = service.hours.zone().days_after(now, settings.max_days_ahead);
    (now.saturating_add(lead).unwrap_or(Timestamp::MAX), latest)
}

impl Booking {
    /// The booking that a request asks for, by every rule that needs no store.
    pub fn plan(
        id: CallbackId,
        request: Request,
        service: &Service,
        wait: Option<SignedDuration>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let settings = &service.settings;
        let Request { phone, mut details, desired_at: asked, always_check_capacity } = request;
        serves(service)?;
        if settings.call_direction == CallDirection::UserOriginated
            && details.push_targets.is_empty()
        {
            return Err(Refusal::PushTargetRequired);
        }
        offers(service, kind_of(asked, always_check_capacity, now))?;
        numbers::permit(&phone, service.numbers.as_ref(), settings.allow_premium_rate)?;
        let placement = place(service, asked, always_check_capacity, wait, now)?;
        details.offer_type.get_or_insert(match asked {
            Some(_) => OfferType::Scheduled,
            None => OfferType::Asap,
        });
        let callback = Callback {
            id,
            tenant: service.tenant,
            service: service.name.clone(),
            queue: settings.virtual_queue.clone(),
            phone,
            kind: placement.kind,
            state: State::Scheduled,
            reason: None,
            desired_at: placement.desired_at,
            first_desired_at: placement.desired_at,
            slot: placement.claim.map(|claim| claim.start),
            created_at: now,
            changed_at: now,
            completed_at: None,
            attempts: 0,
            unanswered: 0,
            put_off: 0,
            lost: 0,
            submission: None,
            voided: Vec::new(),
            reached_at: None,
            upcoming_at: None,
            details,
            settings: Arc::clone(&service.settings),
            storage: Storage::default(),
            diagnostics: Diagnostics::default(),
            revision: Revision::new(1),
        };
        let timer = Timer {
            at: callback.submit_from().max(now),
            effect: Effect::Submit { attempt: Attempt::FIRST },
        };
        let event = Event {
            revision: callback.revision,
            at: now,
            what: Happening::Booked,
            by: Actor::Api,
            from: None,
            to: State::Scheduled,
            attempt: None,
            reason: None,
            note: Some(callback.desired_at.to_string()),
        };
        Ok(Self {
            callback,
            key: None,
            claim: placement.claim,
            timer,
            event,
            service_revision: service.revision,
        })
    }

    /// The same booking under the caller's key.
    #[must_use]
    pub fn keyed(mut self, key: Option<(IdempotencyKey, Fingerprint)>) -> Self {
        self.key = key;
        self
    }

    /// The same booking, made by somebody else than an API client.
    #[must_use]
    pub fn made_by(mut self, by: Actor) -> Self {
        self.event.by = by;
        self
    }

    /// The rules that need the store: the queue's length, the number's share, the slot's places.
    pub fn decide(&self, load: &Load) -> Result<(), Refusal> {
        let settings = &self.callback.settings;
        if self.callback.kind == Kind::Immediate && load.waiting >= settings.max_queued {
            return Err(Refusal::ServiceThrottled { retry_after_secs: 60 });
        }
        if self.number_limit().is_some_and(|most| load.open_of_number >= most) {
            return Err(Refusal::ShareTaken);
        }
        match self.claim {
            Some(claim) => claim.admit(load.slot_taken).map(|_load| ()),
            None => Ok(()),
        }
    }

    /// The most open callbacks of the number, where there is a limit.
    pub fn number_limit(&self) -> Option<u32> {
        let policy: DuplicatePolicy = self.callback.settings.duplicate_policy;
        policy.most()
    }

    /// What a repeat of the key gets: the earlier callback for the same request, a refusal for another.
    pub fn recall(&self, earlier: Fingerprint, callback: Callback) -> Result<Callback, Refusal> {
        match &self.key {
            Some((_, fingerprint)) if *fingerprint == earlier => Ok(callback),
            _ => Err(Refusal::KeyReused),
        }
    }
}
