//! Asking whether a booking would be made: the booking that follows must say the same, and find nothing changed.

use std::collections::{BTreeSet, HashSet};

use ges_app::{Checked, Enquiry};
use ges_contracts::given;
use ges_domain::access::{Lines, Person, Role};
use ges_domain::booking::{Outcome, Step};
use ges_domain::callback::PushTarget;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::service::{CallDirection, DuplicatePolicy, Settings};
use ges_domain::time::SignedDuration;
use ges_ports::Callbacks as _;

use crate::house::{House, refusal};

fn person(house: &House, lines: Lines) -> Person {
    Person {
        tenant: house.tenant,
        user_name: String::from("dev"),
        display_name: String::from("Dev"),
        roles: BTreeSet::from([Role::Developer]),
        lines,
    }
}

fn enquiry(house: &House, phone: &str, desired_in_secs: Option<i64>) -> Enquiry {
    Enquiry {
        service: given::service(given::SALES),
        phone: phone.to_owned(),
        desired_at: desired_in_secs.map(|secs| house.now() + SignedDuration::from_secs(secs)),
        always_check_capacity: false,
        push_targets: Vec::new(),
    }
}

async fn checked(house: &House, enquiry: &Enquiry) -> Checked {
    house.app.check(&person(house, Lines::All), enquiry.clone()).await.unwrap()
}

/// Checks twice, then books as a customer would, and compares; answers the step that refused.
async fn agreed(house: &House, enquiry: &Enquiry, what: &str) -> Option<Step> {
    let before = house.store.counts(house.tenant, &[]).await.unwrap();
    let check = checked(house, enquiry).await.check;
    assert_eq!(checked(house, enquiry).await.check, check, "{what}: nothing was counted");
    assert_eq!(
        house.store.counts(house.tenant, &[]).await.unwrap(),
        before,
        "{what}: nothing was made"
    );
    let mut wish = house.wish(1, None);
    wish.request.phone = PhoneNumber::parse(&enquiry.phone, Country::US).unwrap();
    wish.request.desired_at = enquiry.desired_at;
    wish.request.always_check_capacity = enquiry.always_check_capacity;
    wish.request.details.push_targets = enquiry.push_targets.clone();
    let booked = house.book(wish).await;
    match check.refusal() {
        None => assert!(booked.is_ok(), "{what}: {booked:?}"),
        Some(expected) => assert_eq!(refusal(booked), *expected, "{what}"),
    }
    let refused = Step::ALL.into_iter().find(|step| check.outcome(*step) == Outcome::Refused);
    assert_eq!(refused, check.refusal().and_then(Step::of), "{what}");
    refused
}

#[tokio::test]
async fn a_check_says_what_the_booking_that_follows_says() {
    let services: [fn(&mut Settings); 11] = [
        |_| {},
        |it| it.enabled = false,
        |it| it.immediate = false,
        |it| it.scheduled = false,
        |it| it.emergency = true,
        |it| it.call_direction = CallDirection::UserOriginated,
        |it| it.duplicate_policy = DuplicatePolicy::MaxTwo,
        |it| it.max_queued = 1,
        |it| it.max_bookings_per_ten_minutes = 2,
        |it| it.max_immediate_per_number_per_day = 1,
        |it| (it.capacity_per_slot, it.duplicate_policy) = (1, DuplicatePolicy::Reject),
    ];
    let mut refused = HashSet::new();
    for (number, write) in services.into_iter().enumerate() {
        let house = House::with(write).await;
        house.router.say(1700);
        for phone in ["+14155550101", "+14155550101", "+14155550102", "+19005550101"] {
            for desired in [None, Some(3600), Some(4500), Some(-3600), Some(60), Some(90 * 86_400)]
            {
                for (always_check_capacity, target) in [(false, false), (true, true)] {
                    let target = target.then(|| PushTarget { token: String::from("t") });
                    let asked = Enquiry {
                        always_check_capacity,
                        push_targets: target.into_iter().collect(),
                        ..enquiry(&house, phone, desired)
                    };
                    let what = format!("service {number}, {phone} in {desired:?} s");
                    refused.insert(agreed(&house, &asked, &what).await);
                }
            }
        }
    }
    // Impossible numbers and offices that are closed for the night have tests of their own.
    for step in [Step::Service, Step::Kind, Step::NumberRule, Step::Time, Step::Hours] {
        assert!(refused.contains(&Some(step)), "{step:?}");
    }
    for step in [Step::Duplicates, Step::Throttle, Step::Capacity] {
        assert!(refused.contains(&Some(step)), "{step:?}");
    }
    assert!(refused.contains(&None));
}

#[tokio::test]
async fn a_rule_that_was_just_written_counts() {
    let house = House::open().await;
    house.booked(1, Some(3600)).await;
    house.block("+1415*").await;
    let check = checked(&house, &enquiry(&house, "(415) 555-0101", Some(3600))).await;
    assert_eq!(check.check.refusal(), Some(&Refusal::NumberBlocked));
    assert_eq!(check.phone.unwrap().e164(), "+14155550101");
}

#[tokio::test]
async fn what_does_not_exist_is_refused_like_what_may_not_be_seen() {
    let house = House::open().await;
    let asked = enquiry(&house, "12", None);
    let check = checked(&house, &asked).await.check;
    assert_eq!(check.refusal(), Some(&Refusal::NumberImpossible));
    let asked = enquiry(&house, "+14155550101", None);
    let hidden = person(&house, Lines::none());
    let hidden = house.app.check(&hidden, asked.clone()).await.unwrap();
    let unknown = Enquiry { service: given::service("CB_Nothing"), ..asked };
    assert_eq!(hidden, checked(&house, &unknown).await);
    assert_eq!(hidden.check.outcome(Step::Service), Outcome::Refused);
}

#[tokio::test]
async fn free_slots_are_told_where_another_time_would_help() {
    let house = House::with(|settings| settings.capacity_per_slot = 1).await;
    house.booked(1, Some(7200)).await;
    let full = checked(&house, &enquiry(&house, "+14155550102", Some(7200))).await;
    assert_eq!(full.check.refusal(), Some(&Refusal::SlotFull { free: full.free.clone() }));
    assert_eq!(full.free.len(), 10);
    let soon = checked(&house, &enquiry(&house, "+14155550102", Some(120))).await;
    assert_eq!((soon.check.outcome(Step::Time), soon.free.len()), (Outcome::Refused, 10));
    let fine = checked(&house, &enquiry(&house, "+14155550102", Some(9000))).await;
    assert!(fine.check.refusal().is_none() && fine.free.is_empty());
}
