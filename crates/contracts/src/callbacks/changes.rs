//! A change is stored whole or not at all, and each callback's changes are made one after the other.

use ges_domain::callback::{
    ACKNOWLEDGE_AFTER, Change, Kind, Outcome, Placement, Reason, SlotClaim, State,
};
use ges_domain::capacity::SlotLength;
use ges_domain::effect::{Effect, Lane, Ordinal, Signal};
use ges_domain::event::{Actor, Happening};
use ges_domain::id::{Attempt, Revision};
use ges_domain::refusal::Refusal;
use ges_ports::{Aimed, ChangeError};

use crate::World;
use crate::desk::{Desk, cancel, submit};
use crate::given::{after, after_secs, id, other_phone, patch, report, session, slot};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! change_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::changes, [
            a_change_is_stored_whole,
            every_field_that_changes_is_read_as_it_was_written,
            effects_of_a_change_are_due_at_once,
            a_completed_callback_has_no_timer,
            cancelling_gives_the_place_back,
            putting_off_gives_the_place_back,
            a_place_that_was_used_is_not_given_back,
            rescheduling_moves_the_place,
            rescheduling_into_a_full_slot_changes_nothing,
            a_new_time_decided_under_an_older_catalogue_changes_nothing,
            a_change_that_changes_nothing_stores_nothing,
            a_refused_change_stores_nothing_and_stops_no_other,
            two_changes_of_one_callback_are_made_in_order,
            an_unexpected_revision_is_refused,
            what_is_not_there_cannot_be_changed,
            no_changes_have_no_answers,
        ] }
    };
}

fn attempt(number: u32) -> Attempt {
    Attempt::new(number)
}

/// Callback, history and timer are what the domain made of them.
pub async fn a_change_is_stored_whole(world: World) {
    let desk = Desk::open(world).await;
    let booking = desk.scheduled(1, 0);
    let booked = desk.book(&booking).await;
    let due = booking.timer.at;
    let outcome = desk.change(booked.id, submit(1), due).await.expect("the change is taken");
    let Ok(Outcome::Changed(expected)) = booked.apply(&submit(1), due) else {
        panic!("the domain takes the change");
    };
    assert_eq!(outcome, Outcome::Changed(expected.clone()));
    assert_eq!(desk.find(expected.callback.id).await, expected.callback);
    let event = expected.event.expect("a submission is told");
    assert_eq!(desk.history(expected.callback.id).await, [booking.event, event]);
    let sent = Change::Sent { attempt: attempt(1), session: None, node: None };
    desk.changed(expected.callback.id, sent, due).await;
    let looks = async |at| desk.lease_in(Lane::Looks, at, 10).await;
    assert!(looks(due + ACKNOWLEDGE_AFTER - one_microsecond()).await.is_empty());
    let leased = looks(due + ACKNOWLEDGE_AFTER).await;
    assert_eq!(leased.len(), 1, "there is one timer");
    assert_eq!(leased[0].effect, Effect::Acknowledge { attempt: attempt(1) });
    assert_eq!(leased[0].id.ordinal, Ordinal::TIMER);
}

fn one_microsecond() -> ges_domain::time::SignedDuration {
    ges_domain::time::SignedDuration::from_micros(1)
}

/// Number, session, reports, storage and end come back as they went in, and can be found by.
pub async fn every_field_that_changes_is_read_as_it_was_written(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    let by = Actor::User(String::from("agent.smith"));
    let edit = Change::Edit { by, edit: Box::new(other_phone(77)) };
    assert_eq!(desk.changed(booked.id, edit, after_secs(1)).await, desk.find(booked.id).await);
    assert_eq!(desk.started(booked.id, 1, after(60)).await, desk.find(booked.id).await);
    let patched = desk
        .changed(booked.id, Change::Patch { attempt: attempt(1), patch: patch() }, after(61))
        .await;
    assert_eq!(patched, desk.find(booked.id).await);
    let mut seen = report(attempt(1), 1, State::Routing);
    seen.position = Some(3);
    seen.ewt_secs = Some(77);
    let dial = ges_domain::callback::Dial {
        n: 1,
        result: Reason::parse("NO_ANSWER").expect("the text is a reason"),
        at: after(62),
    };
    seen.dial = Some(dial);
    let seen = desk.changed(booked.id, Change::Report(Box::new(seen)), after(62)).await;
    assert_eq!(seen, desk.find(booked.id).await);
    let mut end = report(attempt(1), 2, State::Completed);
    end.reason = Some(Reason::parse("MADE_UP_ELSEWHERE").expect("the text is a reason"));
    let end = desk.changed(booked.id, Change::Report(Box::new(end)), after(63)).await;
    assert_eq!(end, desk.find(booked.id).await);
    let revisions: Vec<_> =
        desk.history(booked.id).await.iter().map(|event| event.revision).collect();
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
}

/// What a session must be told is in the outbox when the change is answered.
pub async fn effects_of_a_change_are_due_at_once(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    desk.started(booked.id, 1, after(60)).await;
    let outcome = desk.change(booked.id, cancel(), after(61)).await.expect("the change is taken");
    let Outcome::Changed(changed) = outcome else { panic!("cancelling changes a callback") };
    let expected: Vec<_> =
        changed.outbox().map(|(ordinal, effect)| (ordinal, effect.clone())).collect();
    assert_eq!(expected.len(), 1);
    let leased = desk.lease(after(61), 10).await;
    let found: Vec<_> = leased.iter().map(|it| (it.id.ordinal, it.effect.clone())).collect();
    assert_eq!(found, expected);
    assert_eq!(leased[0].due_at, after(61));
    let Effect::Signal { session: told, signal: Signal::Cancel { .. }, .. } = &leased[0].effect
    else {
        panic!("the session is told to cancel");
    };
    assert_eq!(*told, session(1));
}

/// A cleared timer never comes.
pub async fn a_completed_callback_has_no_timer(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    desk.changed(booked.id, cancel(), after_secs(1)).await;
    assert_eq!(desk.outbox().await, []);
}

/// A cancelled callback's place can be taken by another.
pub async fn cancelling_gives_the_place_back(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 1).await;
    let booked = desk.booked(1, 0).await;
    assert_eq!(desk.refused(&desk.scheduled(2, 0)).await, Refusal::SlotFull { free: Vec::new() });
    let cancelled = desk.changed(booked.id, cancel(), after_secs(1)).await;
    assert_eq!(cancelled.slot, None);
    assert_eq!(desk.taken().await, []);
    desk.booked(2, 0).await;
    // Cancelling again gives nothing back.
    desk.changed(booked.id, cancel(), after_secs(2)).await;
    assert_eq!(desk.taken().await, [(slot(0), 1)]);
}

/// A callback that ends in conversation keeps its slot's place to the end.
pub async fn a_place_that_was_used_is_not_given_back(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    desk.started(booked.id, 1, after(60)).await;
    let end = report(attempt(1), 1, State::Completed);
    desk.changed(booked.id, Change::Report(Box::new(end)), after(61)).await;
    assert_eq!(desk.taken().await, [(slot(0), 1)]);
}

fn moves_to(number: i64, limit: u32) -> Change {
    Change::Reschedule { by: Actor::Api, to: placement(number, limit) }
}

/// The old place is free and the new one taken in one step; the timer moves too.
pub async fn rescheduling_moves_the_place(world: World) {
    let desk = Desk::open(world).await;
    let booking = desk.scheduled(1, 0);
    desk.book(&booking).await;
    let moved = desk.changed(booking.callback.id, moves_to(3, 4), after_secs(1)).await;
    assert_eq!((moved.slot, moved.desired_at), (Some(slot(3)), slot(3)));
    assert_eq!(desk.taken().await, [(slot(3), 1)]);
    assert!(desk.lease(booking.timer.at, 10).await.is_empty(), "the old timer is gone");
    assert_eq!(desk.lease(moved.submit_from(), 10).await.len(), 1);
    // Within its own slot nothing is taken a second time, even where it is full.
    let placement = Placement { desired_at: after(151), ..placement(3, 1) };
    let within = Change::Reschedule { by: Actor::Api, to: placement };
    desk.changed(booking.callback.id, within, after_secs(2)).await;
    assert_eq!(desk.taken().await, [(slot(3), 1)]);
}

fn placement(number: i64, limit: u32) -> Placement {
    let claim = Some(SlotClaim { start: slot(number), limit });
    let under = Revision::new(1);
    Placement { kind: Kind::Scheduled, desired_at: slot(number), claim, under }
}

/// A place that was decided under a catalogue which another has replaced is not taken, and none is given back.
pub async fn a_new_time_decided_under_an_older_catalogue_changes_nothing(world: World) {
    let mut desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    let history = desk.history(booked.id).await;
    desk.republish(|settings| settings.slot_length = SlotLength::HOUR).await;
    let standing = desk.find(booked.id).await;
    let refused = desk.change(booked.id, moves_to(3, 4), after_secs(1)).await;
    assert!(matches!(refused, Err(ChangeError::CatalogueChanged)), "{refused:?}");
    assert_eq!(desk.find(booked.id).await, standing);
    assert_eq!(desk.history(booked.id).await, history);
    assert_eq!(desk.taken().await, [(slot(0), 1)]);
    let to = Placement { under: desk.catalogue.revision, ..placement(2, 4) };
    desk.changed(booked.id, Change::Reschedule { by: Actor::Api, to }, after_secs(1)).await;
    assert_eq!(desk.taken().await, [(slot(2), 1)]);
}

/// A session that puts its callback off frees the place, and the callback stands without one.
pub async fn putting_off_gives_the_place_back(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 1).await;
    let booked = desk.booked(1, 0).await;
    desk.started(booked.id, 1, booked.desired_at).await;
    for (seq, state) in [(1, State::Routing), (2, State::Processing)] {
        let told = Change::Report(Box::new(report(attempt(1), seq, state)));
        desk.changed(booked.id, told, booked.desired_at).await;
    }
    let mut later = report(attempt(1), 3, State::Scheduled);
    later.next_desired_at = Some(slot(3));
    let later = Change::Report(Box::new(later));
    let back = desk.changed(booked.id, later, booked.desired_at).await;
    assert_eq!(back, desk.find(booked.id).await);
    assert_eq!((back.slot, back.desired_at, back.put_off), (None, slot(3), 1));
    assert_eq!(desk.taken().await, []);
    assert_eq!(desk.lease(slot(3), 10).await.len(), 1, "it is due again");
}

/// Who cannot get the new place keeps the old one, and everything else.
pub async fn rescheduling_into_a_full_slot_changes_nothing(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 1).await;
    let booking = desk.scheduled(1, 0);
    let booked = desk.book(&booking).await;
    desk.booked(2, 1).await;
    let refusal = desk.unchanged(booked.id, moves_to(1, 1), after_secs(1)).await;
    assert_eq!(refusal, Refusal::SlotFull { free: Vec::new() });
    assert_eq!(desk.find(booked.id).await, booked);
    assert_eq!(desk.history(booked.id).await, [booking.event]);
    assert_eq!(desk.taken().await, [(slot(0), 1), (slot(1), 1)]);
    let leased = desk.lease(booking.timer.at, 10).await;
    assert!(leased.iter().any(|leased| leased.id.callback == booked.id), "its timer stands");
}

/// A repeat of a change is answered, and neither revision nor history nor lease moves.
pub async fn a_change_that_changes_nothing_stores_nothing(world: World) {
    let desk = Desk::open(world).await;
    let booking = desk.scheduled(1, 0);
    let booked = desk.book(&booking).await;
    desk.changed(booked.id, submit(1), booking.timer.at).await;
    let sent = Change::Sent { attempt: attempt(1), session: None, node: None };
    let first = desk.changed(booked.id, sent.clone(), booking.timer.at).await;
    let due = booking.timer.at + ACKNOWLEDGE_AFTER;
    let leased = desk.lease_in(Lane::Looks, due, 1).await;
    let outcome = desk.change(booked.id, sent, due).await.expect("a repeat is answered");
    assert_eq!(outcome, Outcome::Unchanged(Box::new(first.clone())));
    assert_eq!(desk.find(booked.id).await, first);
    assert_eq!(desk.history(booked.id).await.len(), 3);
    desk.settle(&leased[0], ges_ports::Fate::Done).await;
    assert_eq!(desk.outbox().await, [], "the lease was not voided");
}

/// Changes asked for together are decided each alone, and answered in the order given.
pub async fn a_refused_change_stores_nothing_and_stops_no_other(world: World) {
    let desk = Desk::open(world).await;
    let mut booked = Vec::new();
    for number in 0..3 {
        booked.push(desk.booked(number, 0).await);
    }
    let illegal = Change::Report(Box::new(report(attempt(1), 1, State::Processing)));
    let changes = [
        desk.aim(booked[2].id, cancel()),
        desk.aim(booked[1].id, illegal),
        desk.aim(id(9999), cancel()),
        desk.aim(booked[0].id, submit(1)),
    ];
    let answers = desk.world.callbacks.change_each(&changes, after_secs(1)).await;
    let states: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().ok().map(|outcome| outcome.callback().id))
        .collect();
    assert_eq!(states, [Some(booked[2].id), None, None, Some(booked[0].id)]);
    assert!(
        matches!(&answers[2], Err(ChangeError::Refused(Refusal::NoSuchCallback))),
        "{answers:?}"
    );
    assert_eq!(desk.find(booked[1].id).await, booked[1]);
    assert_eq!(desk.history(booked[1].id).await.len(), 1);
    assert_eq!(desk.taken().await, [(slot(0), 2)]);
}

/// The second change of a call sees what the first one did.
pub async fn two_changes_of_one_callback_are_made_in_order(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    let sent = Change::Sent { attempt: attempt(1), session: Some(session(1)), node: None };
    let changes = [submit(1), sent, cancel(), submit(2)].map(|change| desk.aim(booked.id, change));
    let answers = desk.world.callbacks.change_each(&changes, after(60)).await;
    let revisions: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().ok().map(|outcome| outcome.callback().revision.number()))
        .collect();
    assert_eq!(revisions, [Some(2), Some(3), Some(4), None]);
    assert!(matches!(answers[3], Err(ChangeError::Refused(Refusal::Completed))), "{answers:?}");
    let whats: Vec<_> = desk.history(booked.id).await.iter().map(|event| event.what).collect();
    let expected =
        [Happening::Booked, Happening::Submitting, Happening::Submitted, Happening::Completed];
    assert_eq!(whats, expected);
}

/// Who has read an older revision is told so, before anything else is decided.
pub async fn an_unexpected_revision_is_refused(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    let expecting = |number| Aimed {
        expected: Some(Revision::new(number)),
        ..desk.aim(booked.id, Change::Prioritise { by: Actor::Api, priority: 7 })
    };
    let callbacks = &desk.world.callbacks;
    for wrong in [0, 2, 99] {
        let answer = callbacks.change(expecting(wrong), after_secs(1)).await;
        let Err(ChangeError::Refused(Refusal::Changed { now })) = answer else {
            panic!("not refused: {answer:?}");
        };
        assert_eq!(now, Revision::new(1));
    }
    assert_eq!(desk.find(booked.id).await, booked);
    let answer = callbacks.change(expecting(1), after_secs(1)).await;
    assert_eq!(answer.expect("the revision stands").callback().revision, Revision::new(2));
}

/// An unknown callback is a refusal, not trouble.
pub async fn what_is_not_there_cannot_be_changed(world: World) {
    let desk = Desk::open(world).await;
    assert_eq!(desk.unchanged(id(9999), cancel(), after_secs(1)).await, Refusal::NoSuchCallback);
}

/// An empty call is no trouble.
pub async fn no_changes_have_no_answers(world: World) {
    let desk = Desk::open(world).await;
    assert!(desk.world.callbacks.change_each(&[], after_secs(1)).await.is_empty());
}
