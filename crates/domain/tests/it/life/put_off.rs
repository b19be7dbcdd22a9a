//! Sessions that put their callback off, and what a session may keep.

use std::collections::BTreeMap;

use ges_domain::booking::bookable;
use ges_domain::callback::{Callback, Change, Patch, Reason, Scalar, State};
use ges_domain::effect::Effect;
use ges_domain::id::Attempt;
use ges_domain::refusal::{Miss, Refusal};

use super::given::*;

/// The session of an attempt asks for another time.
fn later(attempt: u32, seq: u64, secs: i64) -> Change {
    let mut report = report(attempt, seq, State::Scheduled);
    report.next_desired_at = Some(after(secs));
    Change::Report(Box::new(report))
}

/// Talked of by the session of an attempt, at a time.
fn talking(callback: Callback, attempt: u32, secs: i64) -> Callback {
    let way = [
        submit(attempt),
        sent(attempt),
        started(attempt),
        told(attempt, 1, State::Routing),
        told(attempt, 2, State::Processing),
    ];
    through_at(callback, &way, secs)
}

#[test]
fn a_session_may_put_its_callback_off() {
    let talking = talking(immediate(), 1, 30);
    let without = refusal(talking.clone(), &told(1, 3, State::Scheduled), after(40));
    assert!(matches!(without, Refusal::IllegalTransition { .. }), "it must say when");
    let back = make(talking, &later(1, 3, 4000), after(40));
    assert_eq!(back.callback.state, State::Scheduled);
    assert_eq!(back.callback.desired_at, after(4000));
    assert_eq!(effect(&back), Effect::Submit { attempt: Attempt::new(2) });
}

#[test]
fn only_a_session_that_has_reached_an_agent_may_put_it_off() {
    let routing = through(queued(), &[told(1, 1, State::Routing)]);
    for waiting in [queued(), routing] {
        let from = waiting.state;
        let to = State::Scheduled;
        let refused = refusal(waiting, &later(1, 2, 4000), after(40));
        assert_eq!(refused, Refusal::IllegalTransition { from, to });
    }
}

#[test]
fn a_callback_that_is_put_off_gives_its_place_back_and_takes_no_other() {
    let callback = scheduled(3600);
    let slot = callback.slot;
    assert!(slot.is_some());
    let back = make(talking(callback, 1, 3600), &later(1, 3, 9000), after(3700));
    assert_eq!((back.released, back.claim), (slot, None));
    assert_eq!(back.callback.slot, None);
    // The second time there is nothing to give back.
    let again = make(talking(back.callback, 2, 9000), &later(2, 3, 12_000), after(9100));
    assert_eq!(again.released, None);
}

#[test]
fn a_callback_is_put_off_only_so_often() {
    let patient = service(|settings| settings.max_attempts = 2);
    let mut callback = booking(&patient, None).unwrap().callback;
    for attempt in 1..=2 {
        let at = i64::from(attempt) * 1000;
        callback = talking(callback, attempt, at);
        callback = make(callback, &later(attempt, 3, at + 1000), after(at + 10)).callback;
        assert_eq!(callback.state, State::Scheduled);
    }
    let end = make(talking(callback, 3, 3000), &later(3, 3, 4000), after(3010));
    assert_eq!(end.callback.reason, Some(Reason::RESCHEDULE_LIMIT));
    assert_eq!(end.effects, [], "its session knows that it ended");
}

#[test]
fn a_callback_is_put_off_no_further_than_customers_book() {
    let callback = talking(immediate(), 1, 30);
    let days = i64::from(callback.settings.max_days_ahead) * 86_400;
    let refused = refusal(callback.clone(), &later(1, 3, days + 41), after(40));
    assert!(matches!(refused, Refusal::OutsideWindow { miss: Miss::TooFar, .. }), "{refused:?}");
    assert_eq!(
        make(callback.clone(), &later(1, 3, days), after(40)).callback.desired_at,
        after(days)
    );
    // The past means at once.
    assert_eq!(make(callback, &later(1, 3, 0), after(40)).callback.desired_at, after(40));
}

#[test]
fn only_the_session_of_the_standing_attempt_keeps_something() {
    let kept = Patch(BTreeMap::from([(String::from("a"), Some(Scalar::Flag(true)))]));
    let patch = |attempt| Change::Patch { attempt: Attempt::new(attempt), patch: kept.clone() };
    let lapse = [submit(1), sent(1), Change::Lapse { attempt: Attempt::FIRST }, submit(2), sent(2)];
    let second = through(immediate(), &lapse);
    let refused = refusal(second.clone(), &patch(1), after(200));
    assert_eq!(refused, Refusal::Superseded { live: Some(Attempt::new(2)) });
    assert_eq!(make(second, &patch(2), after(200)).callback.storage.version, 1);
    let mut end = report(1, 1, State::Completed);
    end.reason = Some(Reason::AGENT_CONNECTED);
    let ended = make(queued(), &Change::Report(Box::new(end)), after(20)).callback;
    assert_eq!(make(ended, &patch(1), after(21)).callback.storage.version, 1, "its last words");
}

#[test]
fn the_last_bookable_day_ends_at_the_same_clock_time() {
    use ges_domain::hours::Hours;
    use ges_domain::time::Zone;

    let mut service = service(|settings| settings.max_days_ahead = 14);
    service.hours = Hours::always(Zone::parse("America/New_York").unwrap());
    // A fortnight over the Sunday on which the clocks go forward has an hour less.
    let now = "2026-03-02T17:00:00Z".parse().unwrap();
    assert_eq!(bookable(&service, now).1, "2026-03-16T16:00:00Z".parse().unwrap());
}
