//! One step at a time.

use ges_domain::booking::Load;
use ges_domain::callback::{
    Change, Details, Kind, Outcome, Placement, PushTarget, Reason, State, TimerChange,
};
use ges_domain::effect::{Effect, Notice, Signal};
use ges_domain::event::{Actor, Happening};
use ges_domain::id::{Attempt, Revision};
use ges_domain::refusal::{Miss, Refusal};
use ges_domain::service::DuplicatePolicy;
use ges_domain::time::SignedDuration;

use super::given::*;

#[test]
fn a_callback_lives_from_booking_to_the_agent() {
    let callback = through(queued(), &[told(1, 1, State::Routing), told(1, 2, State::Processing)]);
    let mut end = report(1, 3, State::Completed);
    end.reason = Some(Reason::AGENT_CONNECTED);
    let done = make(callback, &Change::Report(Box::new(end)), after(60));
    assert_eq!(done.callback.state, State::Completed);
    assert_eq!(done.callback.reason, Some(Reason::AGENT_CONNECTED));
    assert_eq!(done.timer, TimerChange::Clear);
    assert!(done.effects.is_empty(), "a session that ended itself needs no word");
}

#[test]
fn a_start_that_was_not_seen_to_be_sent_is_sent_again_as_the_same_attempt() {
    let first = make(immediate(), &submit(1), noon());
    assert_eq!(effect(&first), Effect::Submit { attempt: Attempt::FIRST });
    assert_eq!(timer(&first).at, after(10));
    let again = make(first.callback, &submit(1), after(10));
    assert_eq!(again.callback.attempts, 1);
    assert_eq!(again.event, None, "sending again is not news");
}

#[test]
fn an_attempt_without_a_report_is_unknown_and_then_given_up() {
    let sent = through(immediate(), &[submit(1), sent(1)]);
    let unknown = make(sent, &Change::Unacknowledged { attempt: Attempt::FIRST }, after(31));
    assert!(unknown.callback.submission.as_ref().unwrap().unknown);
    assert_eq!(timer(&unknown).at, after(1 + 120), "counted from when it was sent");
    let lapsed = make(unknown.callback, &Change::Lapse { attempt: Attempt::FIRST }, after(121));
    assert_eq!(lapsed.callback.state, State::Scheduled);
    assert_eq!(effect(&lapsed), Effect::Submit { attempt: Attempt::new(2) });
    assert_eq!(
        lapsed.callback.admit(token(1)),
        Err(Refusal::Superseded { live: None }),
        "the old token is void before a new attempt begins"
    );
}

#[test]
fn submissions_that_are_never_answered_end_the_callback() {
    let mut callback = booking(&service(|s| s.max_attempts = 3), None).unwrap().callback;
    for attempt in 1..=3 {
        callback = through(callback, &[submit(attempt), sent(attempt)]);
        let lapse = Change::Lapse { attempt: Attempt::new(attempt) };
        callback = make(callback, &lapse, after(200)).callback;
    }
    assert_eq!(callback.reason, Some(Reason::FAIL_SUBMIT));
}

#[test]
fn a_session_whose_report_overtakes_its_first_word_is_known_by_that_word() {
    let nameless = Change::Sent { attempt: Attempt::FIRST, session: None, node: None };
    let overtaken = through(immediate(), &[submit(1), nameless, told(1, 1, State::Routing)]);
    let known = make(overtaken.clone(), &started(1), after(9)).callback;
    assert_eq!(known.state, State::Routing, "the state is the report's");
    assert_eq!(known.submission.as_ref().unwrap().session, Some(session(1)));
    let other =
        Change::Started { attempt: Attempt::FIRST, session: session(7), node: None, ticket: None };
    assert!(matches!(refusal(known, &other, after(10)), Refusal::Superseded { .. }));
    let known = make(overtaken, &sent(1), after(9)).callback;
    assert_eq!(known.submission.as_ref().unwrap().session, Some(session(1)));
    let again = known.apply(&started(1), after(10)).unwrap();
    assert!(matches!(again, Outcome::Unchanged(_)));
}

#[test]
fn a_session_that_is_missing_twice_is_lost_and_another_takes_its_place() {
    let first = make(queued(), &missing(1, 98), after(100));
    assert_eq!(timer(&first).at, after(110));
    let early = first.callback.clone().apply(&missing(1, 107), after(120)).unwrap();
    assert!(matches!(early, Outcome::Unchanged(_)), "answers not ten seconds apart");
    let lost = make(first.callback, &missing(1, 110), after(110));
    assert_eq!(lost.callback.state, State::Scheduled);
    assert_eq!(effect(&lost), Effect::Submit { attempt: Attempt::new(2) });
    let standing = lost.callback.standing(after(110));
    assert_eq!(standing.age_secs, 110, "the wait goes on from the request");
    assert_eq!(standing.priority, 110, "one interval of a minute has passed");
}

#[test]
fn a_customer_on_the_line_is_not_called_again_when_the_session_vanishes() {
    let talking = through(queued(), &[told(1, 1, State::Routing), told(1, 2, State::Processing)]);
    let first = make(talking, &missing(1, 100), after(100)).callback;
    let lost = make(first, &missing(1, 115), after(115)).callback;
    assert_eq!(lost.reason, Some(Reason::FAIL_SESSION_LOST));
}

#[test]
fn cancelling_gives_the_place_back_and_tells_the_session() {
    let waiting = scheduled(7200);
    let slot = waiting.slot;
    assert!(slot.is_some());
    let cancel = Change::Cancel { by: Actor::Api, note: Some(String::from("by e-mail")) };
    let done = make(waiting, &cancel, after(1));
    assert_eq!(done.released, slot);
    assert_eq!(done.event.unwrap().note.as_deref(), Some("by e-mail"));
    assert_eq!(done.callback.reason, Some(Reason::CANCELLED));

    let live = make(queued(), &cancel, after(9));
    let told = &live.effects[..];
    assert!(matches!(told, [Effect::Signal { signal: Signal::Cancel { .. }, .. }]), "{told:?}");
    let twice = live.callback.apply(&cancel, after(10)).unwrap();
    assert!(matches!(twice, Outcome::Unchanged(_)), "cancelling twice is cancelling once");
}

fn moved_to(secs: i64) -> Placement {
    Placement {
        kind: Kind::Scheduled,
        desired_at: after(secs),
        claim: Some(claim(secs)),
        under: Revision::new(1),
    }
}

#[test]
fn what_an_agent_handles_is_neither_cancelled_nor_moved() {
    let talking = through(queued(), &[told(1, 1, State::Routing), told(1, 2, State::Processing)]);
    let to = moved_to(9000);
    for change in [
        Change::Cancel { by: Actor::Api, note: None },
        Change::CalledIn,
        Change::Reschedule { by: Actor::Api, to },
        Change::Block,
    ] {
        let refused = refusal(talking.clone(), &change, after(50));
        assert_eq!(refused, Refusal::NotInState(State::Processing), "{change:?}");
    }
}

#[test]
fn another_time_frees_one_place_and_takes_another() {
    let waiting = scheduled(7200);
    let old = waiting.slot;
    let to = moved_to(14_400);
    let change = Change::Reschedule { by: Actor::Api, to };
    let moved = make(waiting, &change, after(1));
    assert_eq!(moved.released, old);
    assert_eq!(moved.claim, Some(claim(14_400)));
    assert_eq!(timer(&moved).at, after(14_400 - 900), "looked at from the longest lead on");
    let again = moved.callback.apply(&change, after(2)).unwrap();
    assert!(matches!(again, Outcome::Unchanged(_)));
}

#[test]
fn a_callback_in_its_queue_can_be_given_another_time() {
    let to = moved_to(14_400);
    let moved = make(queued(), &Change::Reschedule { by: Actor::Api, to }, after(5));
    assert_eq!(moved.callback.state, State::Scheduled);
    assert_eq!(moved.effects.len(), 1, "its session is told");
    assert!(moved.callback.submission.is_none());
    assert_eq!(moved.callback.attempt_due(), Attempt::new(2));
}

#[test]
fn a_session_may_give_the_callback_back_for_later() {
    let talking = through(queued(), &[told(1, 1, State::Routing), told(1, 2, State::Processing)]);
    let without = refusal(talking.clone(), &told(1, 3, State::Scheduled), after(40));
    assert!(matches!(without, Refusal::IllegalTransition { .. }), "it must say when");
    let mut later = report(1, 3, State::Scheduled);
    later.next_desired_at = Some(after(4000));
    let back = make(talking, &Change::Report(Box::new(later)), after(40));
    assert_eq!(back.callback.state, State::Scheduled);
    assert_eq!(back.callback.desired_at, after(4000));
    assert_eq!(effect(&back), Effect::Submit { attempt: Attempt::new(2) });
}

#[test]
fn a_callback_that_is_too_late_is_not_submitted_but_ended() {
    let late = after(86_400);
    let ended = make(immediate(), &submit(1), late);
    assert_eq!(ended.callback.reason, Some(Reason::FAIL_TIMEOUT_TTL));
    assert_eq!(ended.callback.attempts, 0);
}

#[test]
fn the_customer_is_told_once_for_ever_that_the_call_is_near() {
    let mut callback = queued();
    let targets = ["t", "u"].map(|token| PushTarget { token: token.to_owned() });
    callback.details = Details { push_targets: targets.to_vec(), ..Details::default() };
    let told = make(callback, &Change::Upcoming, after(5));
    let notice = Notice::CallbackUpcoming;
    assert_eq!(told.effects, targets.map(|target| Effect::Push { notice, target }));
    let event = told.event.as_ref().unwrap();
    assert_eq!(event.what, Happening::Upcoming);
    assert_eq!(refusal(told.callback, &Change::Upcoming, after(6)), Refusal::AlreadySent);
}

#[test]
fn a_device_that_is_gone_is_forgotten_and_the_others_are_not() {
    let target = |token: &str| PushTarget { token: token.to_owned() };
    let drop = |token| Change::DropTarget { target: target(token) };
    let mut callback = queued();
    callback.details.push_targets = vec![target("t"), target("u")];
    let dropped = make(callback, &drop("t"), after(5));
    assert_eq!(dropped.callback.details.push_targets, [target("u")]);
    assert_eq!((dropped.event, dropped.timer), (None, TimerChange::Keep));
    let again = dropped.callback.clone().apply(&drop("t"), after(6)).unwrap();
    assert!(matches!(again, Outcome::Unchanged(_)));
    let ended =
        make(dropped.callback, &Change::Cancel { by: Actor::Api, note: None }, after(7)).callback;
    let late = ended.apply(&drop("u"), after(8)).unwrap();
    assert!(matches!(late, Outcome::Unchanged(_)), "nobody is told of an ended callback");
}

#[test]
fn a_lead_is_never_longer_than_the_service_allows() {
    let callback = scheduled(7200);
    let hour = SignedDuration::from_hours(1);
    assert_eq!(callback.submit_at(hour), after(7200 - 900));
    assert_eq!(callback.submit_at(SignedDuration::from_secs(60)), after(7140));
    assert_eq!(callback.submit_at(-hour), after(7200));
}

#[test]
fn a_desired_time_must_lie_in_the_bookable_window() {
    let service = service(|_| {});
    for (secs, miss) in [(-61, Miss::Past), (61, Miss::TooSoon), (15 * 86_400, Miss::TooFar)] {
        let refused = booking(&service, Some(secs)).unwrap_err();
        assert!(
            matches!(refused, Refusal::OutsideWindow { miss: told, .. } if told == miss),
            "{secs}: {refused:?}"
        );
    }
    for now in [-60, 0, 60] {
        assert_eq!(booking(&service, Some(now)).unwrap().callback.kind, Kind::Immediate);
    }
}

#[test]
fn a_store_only_fills_in_the_load_and_the_domain_decides() {
    let capped = service(|settings| {
        settings.duplicate_policy = DuplicatePolicy::Reject;
        settings.capacity_per_slot = 2;
        settings.max_queued = 1;
    });
    let later = booking(&capped, Some(7200)).unwrap();
    let load = |slot_taken, open_of_number, waiting| Load { slot_taken, open_of_number, waiting };
    assert_eq!(later.decide(&load(1, 0, 9)), Ok(()), "the queue's length concerns “now” only");
    assert!(matches!(later.decide(&load(2, 0, 0)), Err(Refusal::SlotFull { .. })));
    assert_eq!(later.decide(&load(0, 1, 0)), Err(Refusal::ShareTaken));
    let now = booking(&capped, None).unwrap();
    assert!(matches!(now.decide(&load(0, 0, 1)), Err(Refusal::ServiceThrottled { .. })));
}
