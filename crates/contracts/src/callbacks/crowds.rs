//! What holds when many ask at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use ges_domain::booking::Booking;
use ges_domain::callback::{Callback, Kind};
use ges_domain::callback::{Change, Placement, SlotClaim};
use ges_domain::event::Actor;
use ges_domain::id::Revision;
use ges_domain::refusal::Refusal;
use ges_domain::service::DuplicatePolicy;
use ges_ports::{BookError, Booked, ChangeError};

use crate::World;
use crate::desk::Desk;
use crate::given::{after_secs, fingerprint, key, slot};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! crowd_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::crowds, [
            a_crowd_never_overfills_a_slot,
            a_crowd_with_one_key_books_once,
            a_crowd_with_one_number_gets_its_share,
            a_crowd_that_wants_to_wait_stays_within_the_limit,
            a_poisoned_booking_spoils_no_other,
            a_crowd_of_changes_loses_none,
            a_crowd_that_moves_never_overfills_a_slot,
            those_who_swap_slots_do_not_block_each_other,
        ] }
    };
}

/// Books all of them at once, each from a task of its own.
async fn at_once(desk: &Desk, bookings: &[Booking]) -> Vec<Result<Booked, BookError>> {
    let calls = bookings.iter().cloned().map(|booking| {
        let callbacks = std::sync::Arc::clone(&desk.world.callbacks);
        tokio::spawn(async move { callbacks.book(&booking).await })
    });
    join_all(calls).await.into_iter().map(|done| done.expect("no booking panics")).collect()
}

fn new(answers: &[Result<Booked, BookError>]) -> usize {
    answers.iter().filter(|answer| matches!(answer, Ok(Booked::New(_)))).count()
}

fn refused(answers: &[Result<Booked, BookError>], wanted: fn(&Refusal) -> bool) -> usize {
    let refused = |answer: &&Result<_, _>| match answer {
        Err(BookError::Refused(refusal)) => wanted(refusal),
        _ => false,
    };
    answers.iter().filter(refused).count()
}

/// Sixty-four want seven places: seven get one, all others are told that the slot is full.
pub async fn a_crowd_never_overfills_a_slot(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 7).await;
    let bookings: Vec<_> = (0..64).map(|number| desk.scheduled(number, 0)).collect();
    let answers = at_once(&desk, &bookings).await;
    assert_eq!(new(&answers), 7);
    assert_eq!(refused(&answers, |it| matches!(it, Refusal::SlotFull { .. })), 57);
    assert_eq!(desk.taken().await, [(slot(0), 7)]);
    assert_eq!(desk.all().await.len(), 7);
}

/// One request sent many times at once is one booking, and everybody gets it.
pub async fn a_crowd_with_one_key_books_once(world: World) {
    let desk = Desk::open(world).await;
    let bookings: Vec<_> =
        (0..32).map(|_| desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))))).collect();
    let answers = at_once(&desk, &bookings).await;
    assert_eq!(new(&answers), 1);
    let ids: BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.as_ref().expect("everybody gets an answer").callback().id)
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(desk.all().await.len(), 1);
    assert_eq!(desk.taken().await, [(slot(0), 1)]);
}

/// The share of a number is exact even where no slot is shared.
pub async fn a_crowd_with_one_number_gets_its_share(world: World) {
    let desk =
        Desk::set(world, |settings| settings.duplicate_policy = DuplicatePolicy::MaxTwo).await;
    let bookings: Vec<_> = (0..24).map(|number| desk.scheduled(1, number)).collect();
    let answers = at_once(&desk, &bookings).await;
    assert_eq!(new(&answers), 2);
    assert_eq!(refused(&answers, |it| *it == Refusal::ShareTaken), 22);
    assert_eq!(desk.all().await.len(), 2);
}

/// The limit of waiting callbacks is exact even where no number is shared.
pub async fn a_crowd_that_wants_to_wait_stays_within_the_limit(world: World) {
    let desk = Desk::set(world, |settings| settings.max_queued = 5).await;
    let bookings: Vec<_> = (0..24).map(|number| desk.immediate(number)).collect();
    let answers = at_once(&desk, &bookings).await;
    assert_eq!(new(&answers), 5);
    assert_eq!(refused(&answers, |it| matches!(it, Refusal::ServiceThrottled { .. })), 19);
}

/// Bookings that cannot be stored fail alone, whoever they are made together with.
pub async fn a_poisoned_booking_spoils_no_other(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let first = desk.booked(1, 0).await;
    let bookings: Vec<_> = (0..48)
        .map(|number| {
            let mut booking = desk.scheduled(number, i64::from(number % 3));
            if number % 4 == 0 {
                booking.callback.id = first.id;
            }
            booking
        })
        .collect();
    let answers = at_once(&desk, &bookings).await;
    for (answer, booking) in answers.iter().zip(&bookings) {
        let poisoned = booking.callback.id == first.id;
        assert_eq!(matches!(answer, Err(BookError::Fault(_))), poisoned, "{answer:?}");
        assert_eq!(matches!(answer, Ok(Booked::New(_))), !poisoned, "{answer:?}");
    }
    assert_eq!(desk.find(first.id).await, first);
    let taken: u32 = desk.taken().await.iter().map(|(_, taken)| taken).sum();
    assert_eq!(taken, 37);
}

/// Each of many changes of one callback is made on what the one before it left.
pub async fn a_crowd_of_changes_loses_none(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    let changes = (0..24).map(|priority| {
        let change = Change::Prioritise { by: Actor::Api, priority };
        let aimed = desk.aim(booked.id, change);
        let callbacks = std::sync::Arc::clone(&desk.world.callbacks);
        tokio::spawn(async move { callbacks.change(aimed, after_secs(1)).await })
    });
    for answer in join_all(changes).await {
        answer.expect("no change panics").expect("every change is taken");
    }
    let history = desk.history(booked.id).await;
    let revisions: Vec<_> = history.iter().map(|event| event.revision.number()).collect();
    assert_eq!(revisions, (1..=25).collect::<Vec<_>>());
    assert_eq!(desk.find(booked.id).await.revision.number(), 25);
}

/// A wish for another slot that has room for so many.
fn moves_to(number: i64, limit: u32) -> Change {
    let claim = Some(SlotClaim { start: slot(number), limit });
    let under = Revision::new(1);
    let to = Placement { kind: Kind::Scheduled, desired_at: slot(number), claim, under };
    Change::Reschedule { by: Actor::Api, to }
}

async fn move_at_once(
    desk: &Desk,
    moves: impl IntoIterator<Item = (&Callback, Change)>,
) -> Vec<bool> {
    let calls = moves.into_iter().map(|(callback, change)| {
        let aimed = desk.aim(callback.id, change);
        let callbacks = std::sync::Arc::clone(&desk.world.callbacks);
        tokio::spawn(async move { callbacks.change(aimed, after_secs(1)).await })
    });
    let answers = join_all(calls).await;
    let moved = |answer: Result<_, _>| match answer {
        Ok(_) => true,
        Err(ChangeError::Refused(Refusal::SlotFull { .. })) => false,
        Err(other) => panic!("neither moved nor refused: {other:?}"),
    };
    answers.into_iter().map(|done| moved(done.expect("no change panics"))).collect()
}

/// Places are given away exactly, also to those who come from another slot.
pub async fn a_crowd_that_moves_never_overfills_a_slot(world: World) {
    let desk = Desk::open(world).await;
    let mut booked = Vec::new();
    for number in 0..16 {
        booked.push(desk.booked(number, i64::from(number) + 1).await);
    }
    let moves = booked.iter().map(|callback| (callback, moves_to(0, 4)));
    let moved = move_at_once(&desk, moves).await;
    assert_eq!(moved.iter().filter(|moved| **moved).count(), 4);
    let taken = desk.taken().await;
    assert_eq!(taken.first(), Some(&(slot(0), 4)));
    assert_eq!(taken.iter().map(|(_, taken)| taken).sum::<u32>(), 16);
    for (callback, moved) in booked.iter().zip(moved) {
        let found = desk.find(callback.id).await;
        assert_eq!(found.slot == Some(slot(0)), moved);
        assert_eq!(found == *callback, !moved);
    }
}

/// Half go one way while half go the other: all of them arrive.
pub async fn those_who_swap_slots_do_not_block_each_other(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let mut booked = Vec::new();
    for number in 0..24 {
        booked.push(desk.booked(number, i64::from(number % 2)).await);
    }
    let there = |callback: &Callback| i64::from(callback.slot == Some(slot(0)));
    let moves = booked.iter().map(|callback| (callback, moves_to(there(callback), 100)));
    let moved = move_at_once(&desk, moves).await;
    assert!(moved.iter().all(|moved| *moved));
    assert_eq!(desk.taken().await, [(slot(0), 12), (slot(1), 12)]);
}
