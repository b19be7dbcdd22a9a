//! How far a booking would come: every step with what came of it, by the booking's own rules.
//!
//! Apart from them, because nothing is decided here: what [`Booking::plan`] and [`Booking::decide`] refuse is only told
//! step by step, so that a check and a booking cannot disagree.

use super::{Booking, Load};
use crate::callback::Kind;
use crate::refusal::Refusal;

/// What is looked at before a booking is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The service exists, takes bookings, and can tell the customer.
    Service,
    /// The service offers callbacks of this kind.
    Kind,
    /// The number is one.
    Number,
    /// The number may be called.
    NumberRule,
    /// The desired time lies in the bookable window.
    Time,
    /// The office is open then.
    Hours,
    /// The number has no more open callbacks than its share.
    Duplicates,
    /// Neither the service nor the number books too often, and the queue is not too long.
    Throttle,
    /// The slot has a place left.
    Capacity,
}

impl Step {
    /// All steps, in the order in which people are told of them.
    pub const ALL: [Self; 9] = [
        Self::Service,
        Self::Kind,
        Self::Number,
        Self::NumberRule,
        Self::Time,
        Self::Hours,
        Self::Duplicates,
        Self::Throttle,
        Self::Capacity,
    ];

    /// Those that need neither counters nor the store, in the order in which they are decided: a number is read before
    /// anything is asked of its service.
    const PLANNED: [Self; 6] =
        [Self::Number, Self::Service, Self::Kind, Self::NumberRule, Self::Time, Self::Hours];

    /// The others, in theirs.
    const COUNTED: [Self; 3] = [Self::Throttle, Self::Duplicates, Self::Capacity];

    /// The step's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Kind => "kind",
            Self::Number => "number",
            Self::NumberRule => "numberRule",
            Self::Time => "time",
            Self::Hours => "hours",
            Self::Duplicates => "duplicates",
            Self::Throttle => "throttle",
            Self::Capacity => "capacity",
        }
    }

    /// The step that refuses so; none for what is no refusal of a booking.
    pub const fn of(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::UnknownName | Refusal::ServiceUnavailable | Refusal::PushTargetRequired => {
                Some(Self::Service)
            }
            Refusal::ImmediateNotOffered | Refusal::ScheduledNotOffered => Some(Self::Kind),
            Refusal::NumberImpossible => Some(Self::Number),
            Refusal::CountryNotPermitted | Refusal::NumberBlocked => Some(Self::NumberRule),
            Refusal::OutsideWindow { .. } => Some(Self::Time),
            Refusal::Closed { .. } => Some(Self::Hours),
            Refusal::ShareTaken => Some(Self::Duplicates),
            Refusal::ServiceThrottled { .. } | Refusal::NumberThrottled { .. } => {
                Some(Self::Throttle)
            }
            Refusal::SlotFull { .. } => Some(Self::Capacity),
            Refusal::HumanTokenRequired
            | Refusal::HumanTokenRefused
            | Refusal::PoolExhausted
            | Refusal::NoSuchCallback
            | Refusal::NotInState(_)
            | Refusal::IllegalTransition { .. }
            | Refusal::KeyReused
            | Refusal::KeyBusy
            | Refusal::Changed { .. }
            | Refusal::TokenInvalid
            | Refusal::Superseded { .. }
            | Refusal::StaleUpdate
            | Refusal::Completed
            | Refusal::StorageFull
            | Refusal::AlreadySent => None,
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is in the way.
    Passed,
    /// The booking ends here.
    Refused,
    /// It was not looked at: the booking ended before, or does not need it.
    Skipped,
}

impl Outcome {
    /// The outcome's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }
}

/// How far a booking would come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    passed: Vec<Step>,
    refusal: Option<Refusal>,
}

impl Check {
    /// Of a booking that cannot be planned, for a callback of this kind.
    pub fn unplanned(kind: Kind, refusal: Refusal) -> Self {
        let passed = passed(Step::PLANNED.into_iter(), &refusal);
        let passed = passed.filter(|step| kind == Kind::Scheduled || *step != Step::Time).collect();
        Self { passed, refusal: Some(refusal) }
    }

    /// Of a booking that can be planned: what the counters refuse, or else what the store would read.
    pub fn planned(booking: &Booking, counted: Result<Load, Refusal>) -> Self {
        let refusal = counted.and_then(|load| booking.decide(&load)).err();
        let all = Step::PLANNED.into_iter().chain(Step::COUNTED);
        let passed: Vec<Step> = match &refusal {
            Some(refusal) => passed(all, refusal).collect(),
            None => all.collect(),
        };
        let needed = |step: &Step| match step {
            Step::Time | Step::Capacity => booking.claim.is_some(),
            Step::Duplicates => booking.number_limit().is_some(),
            Step::Service
            | Step::Kind
            | Step::Number
            | Step::NumberRule
            | Step::Hours
            | Step::Throttle => true,
        };
        Self { passed: passed.into_iter().filter(needed).collect(), refusal }
    }

    /// Why the booking would be refused; none where it would be made.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// The same with another word of the same refusal, such as a full slot's with the free ones near it.
    #[must_use]
    pub fn told(self, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }

    /// What came of a step.
    pub fn outcome(&self, step: Step) -> Outcome {
        if self.refusal.as_ref().and_then(Step::of) == Some(step) {
            Outcome::Refused
        } else if self.passed.contains(&step) {
            Outcome::Passed
        } else {
            Outcome::Skipped
        }
    }
}

/// The steps before the one that refuses; all of them where that comes after.
fn passed(steps: impl Iterator<Item = Step>, refusal: &Refusal) -> impl Iterator<Item = Step> {
    let refused = Step::of(refusal);
    steps.take_while(move |step| Some(*step) != refused)
}
