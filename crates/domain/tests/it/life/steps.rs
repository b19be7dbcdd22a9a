//! One step at a time.

use ges_domain::booking::Load;
use ges_domain::callback::{
    Asked, Change, Details, Diagnostics, Dial, Kind, Outcome, Placement, PushTarget, Reason,
    Sighting, State, TimerChange,
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
    assert_eq!(timer(&first).at, after(115));
    let early = first.callback.clone().apply(&missing(1, 112), after(120)).unwrap();
    assert!(matches!(early, Outcome::Unchanged(_)), "answers not fifteen seconds apart");
    let lost = make(first.callback, &missing(1, 115), after(115));
    assert_eq!(lost.callback.state, State::Scheduled);
    assert_eq!(effect(&lost), Effect::Submit { attempt: Attempt::new(2) });
    let standing = lost.callback.standing(after(115));
    assert_eq!(standing.age_secs, 115, "the wait goes on from the request");
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
fn what_a_session_says_when_asked_moves_its_callback_on_and_never_back() {
    let routing = through(queued(), &[told(1, 1, State::Routing)]);
    let talking = make(routing.clone(), &seen(1, Some(1), State::Processing), after(40)).callback;
    assert_eq!(talking.state, State::Processing);
    assert_eq!(talking.submission.as_ref().unwrap().ticket, None);
    for behind in [State::Queued, State::Routing, State::Processing] {
        let same = talking.clone().apply(&seen(1, Some(1), behind), after(50)).unwrap();
        assert!(matches!(same, Outcome::Unchanged(_)), "{behind}");
    }
    // It was asked before it told more: the answer may be older than that word.
    let redial = make(routing, &told(1, 2, State::Queued), after(20)).callback;
    let kept = redial.apply(&seen(1, Some(1), State::Routing), after(40)).unwrap();
    assert_eq!(kept.callback().state, State::Queued);
}

#[test]
fn a_report_that_an_answer_overtook_is_taken_and_leads_no_way_back() {
    let talking = make(queued(), &seen(1, None, State::Processing), after(40)).callback;
    let mut late = report(1, 1, State::Routing);
    late.agent = Some(String::from("agent"));
    let taken = make(talking, &Change::Report(Box::new(late)), after(41)).callback;
    assert_eq!(taken.state, State::Processing);
    assert_eq!(taken.diagnostics.agent.as_deref(), Some("agent"));
    let redial = make(taken, &told(1, 2, State::Queued), after(50)).callback;
    assert_eq!(redial.state, State::Queued, "what the session tells anew is its way");
}

#[test]
fn a_dial_of_which_only_an_answer_tells_is_remembered_once() {
    let dial = Dial { n: 1, result: Reason::parse("PERSON").unwrap(), at: after(40) };
    let diagnostics = Diagnostics { dials: vec![dial.clone()], ..Diagnostics::default() };
    let seen = Box::new(Sighting { state: Some(State::Routing), diagnostics });
    let asked = Change::Seen { attempt: Attempt::FIRST, seen, last_seq: None };
    let dialled = make(queued(), &asked, after(40)).callback;
    assert_eq!(dialled.diagnostics.dials, std::slice::from_ref(&dial));
    let again = dialled.clone().apply(&asked, after(70)).unwrap();
    assert!(matches!(again, Outcome::Unchanged(_)));
    let mut told = report(1, 1, State::Routing);
    told.dial = Some(Dial { at: after(39), ..dial.clone() });
    let told = make(dialled.clone(), &Change::Report(Box::new(told)), after(71)).callback;
    assert_eq!(told.diagnostics.dials, [Dial { at: after(39), ..dial }], "by the session's clock");
    let lost = through_at(dialled, &[missing(1, 100), missing(1, 115)], 115);
    assert_eq!(lost.reason, Some(Reason::FAIL_SESSION_LOST), "a person was on the line");
}

#[test]
fn a_session_that_vanished_while_nobody_could_hear_it_is_not_replaced() {
    for (late, reason) in [(79, None), (80, Some(Reason::FAIL_SESSION_LOST))] {
        let asked = Asked { at: after(200), due_at: after(200 - late) };
        let first = Change::Missing { attempt: Attempt::FIRST, asked };
        let lost = through_at(queued(), &[first, missing(1, 215)], 215);
        assert_eq!(lost.reason, reason, "asked {late} s too late");
    }
    let ended = make(queued(), &seen(1, None, State::Completed), after(40)).callback;
    assert_eq!(ended.state, State::Queued, "how it ended is the session's to say");
    let lost = through_at(ended, &[missing(1, 70), missing(1, 85)], 85);
    assert_eq!(lost.reason, Some(Reason::FAIL_SESSION_LOST));
}

#[test]
fn a_start_whose_first_word_nobody_could_hear_is_not_repeated_unasked() {
    let away = Change::Unacknowledged { attempt: Attempt::FIRST };
    let named = make(through(immediate(), &[submit(1), sent(1)]), &away, after(200));
    assert_eq!(timer(&named).effect, Effect::Watch { attempt: Attempt::FIRST });
    let lives = make(named.callback.clone(), &seen(1, None, State::Routing), after(201)).callback;
    assert_eq!((lives.state, lives.unanswered), (State::Routing, 0));
    let gone = through_at(named.callback, &[missing(1, 201), missing(1, 217)], 217);
    assert_eq!(gone.reason, Some(Reason::FAIL_SESSION_LOST));

    let nameless = Change::Sent { attempt: Attempt::FIRST, session: None, node: None };
    let unknown = make(through(immediate(), &[submit(1), nameless]), &away, after(200));
    assert_eq!(timer(&unknown).at, after(290), "it has its time once more");
    let late = make(unknown.callback.clone(), &started(1), after(250)).callback;
    assert_eq!(late.state, State::Queued);
    let lapse = Change::Lapse { attempt: Attempt::FIRST };
    let given_up = make(unknown.callback, &lapse, after(290)).callback;
    assert_eq!(given_up.reason, Some(Reason::FAIL_SESSION_LOST));
}

#[test]
fn a_session_dies_with_an_owner_that_is_silent_for_five_minutes() {
    let first = make(queued(), &silent(1, 100), after(100)).callback;
    let still = first.clone().apply(&silent(1, 399), after(399)).unwrap();
    assert!(matches!(still, Outcome::Unchanged(_)));
    let back = make(first.clone(), &seen(1, None, State::Queued), after(300)).callback;
    assert_eq!(back.submission.unwrap().silent_since, None);
    let lost = make(first, &silent(1, 400), after(400));
    assert_eq!(effect(&lost), Effect::Submit { attempt: Attempt::new(2) });
    let refused = lost.callback.admit(token(1));
    assert_eq!(refused, Err(Refusal::Superseded { live: None }), "the old token is void first");
    let talking = through(queued(), &[told(1, 1, State::Processing)]);
    let lost = through_at(talking, &[silent(1, 100), silent(1, 400)], 400);
    assert_eq!(lost.reason, Some(Reason::FAIL_SESSION_LOST));
}

#[test]
fn the_address_that_took_a_start_is_kept_whatever_its_session_calls_its_node() {
    let at = |node: Option<&str>| Change::Sent {
        attempt: Attempt::FIRST,
        session: Some(session(1)),
        node: node.map(str::to_owned),
    };
    let begun = Change::Started {
        attempt: Attempt::FIRST,
        session: session(1),
        node: Some(String::from("4665")),
        ticket: None,
    };
    for (address, node) in [(Some("http://ors-1:9098"), "http://ors-1:9098"), (None, "4665")] {
        let queued = through(immediate(), &[submit(1), at(address), begun.clone()]);
        assert_eq!(queued.submission.unwrap().node.as_deref(), Some(node));
    }
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
