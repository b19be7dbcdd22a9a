//! A check says what a booking would say, and each step says no more than what was looked at.

use std::sync::Arc;

use ges_domain::booking::{Booking, Check, Load, Outcome, Request, Step, kind_of, schedulable};
use ges_domain::callback::{Details, Kind, PushTarget};
use ges_domain::id::CallbackId;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::service::{CallDirection, DuplicatePolicy, Service, Settings};
use ges_domain::time::SignedDuration;
use proptest::prelude::*;
use uuid::Uuid;

use super::given::*;

/// Services of which each may refuse at any step.
fn any_service() -> impl Strategy<Value = Service> {
    let switches = prop::array::uniform6(prop::bool::weighted(0.8));
    let policies = [DuplicatePolicy::Allow, DuplicatePolicy::MaxTwo, DuplicatePolicy::Reject];
    let policy = prop::sample::select(policies.to_vec());
    (switches, policy, 0..3_u32, 0..3_u32, 0..40_u32).prop_map(
        |([enabled, immediate, scheduled, calls, open, premium], policy, places, queued, lead)| {
            service(|settings| {
                settings.enabled = enabled;
                settings.immediate = immediate;
                settings.scheduled = scheduled;
                settings.emergency = !open;
                settings.allow_premium_rate = premium;
                if !calls {
                    settings.call_direction = CallDirection::UserOriginated;
                }
                settings.duplicate_policy = policy;
                settings.capacity_per_slot = places;
                settings.max_queued = queued;
                settings.min_lead_minutes = lead;
            })
        },
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    let number = prop::sample::select(vec!["+14155550101", "+19005550101"]);
    let desired = prop::option::weighted(0.7, -300..90_000_i64);
    (number, desired, any::<bool>(), any::<bool>()).prop_map(|(number, desired, always, told)| {
        let target = PushTarget { token: String::from("t") };
        Request {
            phone: PhoneNumber::parse(number, Country::US).unwrap(),
            desired_at: desired.map(after),
            always_check_capacity: always,
            details: Details {
                push_targets: told.then_some(target).into_iter().collect(),
                ..Details::default()
            },
        }
    })
}

/// What the counters say before the store is asked.
fn any_counters() -> impl Strategy<Value = Result<(), Refusal>> {
    prop_oneof![
        4 => Just(Ok(())),
        1 => Just(Err(Refusal::ServiceThrottled { retry_after_secs: 7 })),
        1 => Just(Err(Refusal::NumberThrottled { retry_after_secs: 7 })),
    ]
}

proptest! {
    #[test]
    fn a_check_and_a_booking_never_disagree(
        service in any_service(),
        request in any_request(),
        wait in prop::option::of(0..4000_i64),
        counters in any_counters(),
        (slot_taken, open_of_number, waiting) in (0..3_u32, 0..3_u32, 0..3_u32),
    ) {
        let load = Load { slot_taken, open_of_number, waiting };
        let kind = kind_of(request.desired_at, request.always_check_capacity, noon());
        let id = CallbackId::new(Uuid::from_u128(2));
        let wait = wait.map(SignedDuration::from_secs);
        let planned = Booking::plan(id, request.clone(), &service, wait, noon());
        let booked = match &planned {
            Ok(booking) => counters.clone().and_then(|()| booking.decide(&load)),
            Err(refusal) => Err(refusal.clone()),
        };
        let check = match planned {
            Ok(booking) => Check::planned(&booking, counters.map(|()| load)),
            Err(refusal) => Check::unplanned(kind, refusal),
        };
        prop_assert_eq!(check.refusal(), booked.as_ref().err());

        let came = |outcome| {
            let mut steps = Step::ALL.to_vec();
            steps.retain(|step| check.outcome(*step) == outcome);
            steps
        };
        let refused = came(Outcome::Refused);
        let step = booked.as_ref().err().map(|refusal| Step::of(refusal).unwrap());
        prop_assert_eq!(refused, Vec::from_iter(step), "the one step whose refusal it is");
        let passed = came(Outcome::Passed);
        if booked.is_ok() {
            let immediate = kind == Kind::Immediate;
            let unneeded = if immediate { [Step::Time, Step::Capacity].as_slice() } else { &[] };
            prop_assert!(unneeded.iter().all(|step| !passed.contains(step)));
            prop_assert!(passed.len() + unneeded.len() >= 8, "{passed:?}");
        }
        if step == Some(Step::Throttle) {
            prop_assert!(!passed.contains(&Step::Duplicates), "nobody counted them");
        }
    }

    #[test]
    fn a_time_can_be_picked_exactly_where_an_empty_service_would_book_it(
        service in any_service(),
        desired in -300..90_000_i64,
    ) {
        let at = after(desired);
        let settings = Arc::new(Settings {
            call_direction: CallDirection::UserTerminated,
            capacity_per_slot: 1,
            ..Settings::clone(&service.settings)
        });
        let open = Service { settings, ..service };
        let booked = booking(&open, Some(desired)).is_ok_and(|it| it.callback.kind == Kind::Scheduled);
        prop_assert_eq!(schedulable(&open, at, noon()), booked);
    }
}

#[test]
fn steps_are_told_apart_by_their_refusals() {
    let later = |secs| Some(after(secs));
    let closed = service(|settings| settings.enabled = false);
    let refused = |service: &Service, secs| booking(service, secs).unwrap_err();
    let check = Check::unplanned(Kind::Scheduled, refused(&closed, Some(7200)));
    assert_eq!(check.outcome(Step::Service), Outcome::Refused);
    assert_eq!(check.outcome(Step::Number), Outcome::Passed, "it was read before");
    assert_eq!(check.outcome(Step::Kind), Outcome::Skipped);
    let soon = Check::unplanned(Kind::Scheduled, refused(&service(|_| {}), Some(120)));
    assert_eq!(soon.outcome(Step::Time), Outcome::Refused);
    assert_eq!(soon.outcome(Step::NumberRule), Outcome::Passed);
    assert_eq!(soon.outcome(Step::Hours), Outcome::Skipped);
    assert_eq!(kind_of(later(7200), false, noon()), Kind::Scheduled);
    let full = booking(&service(|_| {}), Some(7200)).unwrap();
    let check = Check::planned(&full, Ok(Load { slot_taken: 100, ..Load::default() }));
    assert_eq!(check.outcome(Step::Capacity), Outcome::Refused);
    assert_eq!(check.outcome(Step::Duplicates), Outcome::Passed);
}
