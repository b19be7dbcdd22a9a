//! A booking is made whole, or leaves no trace.

use ges_domain::booking::Booking;
use ges_domain::effect::{EffectId, Ordinal};
use ges_domain::refusal::Refusal;
use ges_domain::service::DuplicatePolicy;
use ges_ports::{BookError, Booked, Leased};

use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{SALES, SUPPORT, after_secs, details, fingerprint, key, now, slot};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! booking_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::booking, [
            what_is_read_equals_what_was_written,
            a_booking_takes_a_place_and_sets_the_timer,
            a_full_slot_refuses_and_leaves_no_trace,
            a_booking_under_an_old_catalogue_is_refused,
            a_booking_without_a_catalogue_is_refused,
            an_id_is_booked_once,
            a_number_has_no_more_than_its_share,
            an_ended_callback_gives_the_share_back,
            a_service_has_no_more_waiting_than_it_allows,
            a_dropped_booking_is_all_or_nothing,
        ] }
    };
}

/// Asserts that nothing is known of a booking that was not made.
pub(super) async fn leaves_no_trace(desk: &Desk, booking: &Booking) {
    let callbacks = &desk.world.callbacks;
    let id = booking.callback.id;
    assert_eq!(callbacks.find(desk.tenant, id).await.expect("the store answers"), None);
    assert_eq!(desk.history(id).await, []);
    let effects = desk.outbox().await;
    assert!(!effects.iter().any(|(callback, _)| *callback == id), "an effect was left behind");
}

/// A callback with everything in it is read as it was booked, and so is its history.
pub async fn what_is_read_equals_what_was_written(world: World) {
    let desk = Desk::open(world).await;
    // A made-at with microseconds: the stores keep that much.
    let made_at = now() + ges_domain::time::SignedDuration::from_micros(123_457);
    let booking = desk.plan(SALES, 1, Some(slot(2)), details(), made_at);
    let booked = desk.book(&booking).await;
    assert_eq!(booked, booking.callback);
    assert_eq!(desk.find(booked.id).await, booking.callback);
    assert_eq!(desk.history(booked.id).await, [booking.event]);
}

/// The slot's load and the timer are stored with the callback.
pub async fn a_booking_takes_a_place_and_sets_the_timer(world: World) {
    let desk = Desk::open(world).await;
    let booking = desk.scheduled(1, 0);
    desk.book(&booking).await;
    desk.booked(2, 0).await;
    desk.booked(3, 1).await;
    desk.book(&desk.immediate(4)).await;
    assert_eq!(desk.taken().await, [(slot(0), 2), (slot(1), 1)]);
    let mut leased = desk.lease(booking.timer.at, 10).await;
    leased.retain(|leased| leased.id.callback == booking.callback.id);
    let Some(Leased { id, effect, due_at, tries, .. }) = leased.pop() else {
        panic!("the timer is not there");
    };
    let callback = booking.callback.id;
    assert_eq!(id, EffectId { tenant: desk.tenant, callback, ordinal: Ordinal::TIMER });
    assert_eq!((effect, due_at, tries), (booking.timer.effect, booking.timer.at, 0));
}

/// A refusal stores nothing: no callback, no history, no effect, no place, no key.
pub async fn a_full_slot_refuses_and_leaves_no_trace(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 2).await;
    for number in 1..=2 {
        desk.booked(number, 0).await;
    }
    let late = desk.scheduled(3, 0).keyed(Some((key(1), fingerprint(1))));
    assert_eq!(desk.refused(&late).await, Refusal::SlotFull { free: Vec::new() });
    leaves_no_trace(&desk, &late).await;
    let recalled = desk.world.callbacks.recall(desk.tenant, &key(1), now()).await;
    assert_eq!(recalled.expect("the store answers"), None);
    assert_eq!(desk.taken().await, [(slot(0), 2)]);
    desk.booked(4, 1).await;
}

/// What was decided under an older catalogue is decided again by the caller, not stored.
pub async fn a_booking_under_an_old_catalogue_is_refused(world: World) {
    let mut desk = Desk::open(world).await;
    let old = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    desk.republish(|settings| settings.capacity_per_slot = 1).await;
    let answer = desk.world.callbacks.book(&old).await;
    assert!(matches!(answer, Err(BookError::CatalogueChanged)), "{answer:?}");
    leaves_no_trace(&desk, &old).await;
    let again = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    desk.book(&again).await;
    // The answer to a repeat is the earlier booking, whatever the catalogue says by now.
    desk.republish(|settings| settings.capacity_per_slot = 3).await;
    let repeat = desk.world.callbacks.book(&again).await.expect("a repeat is answered");
    assert_eq!(repeat, Booked::Replayed(again.callback));
}

/// A tenant for whom nothing was published has no bookings.
pub async fn a_booking_without_a_catalogue_is_refused(world: World) {
    let desk = Desk::open(world).await;
    let mut booking = desk.scheduled(1, 0);
    booking.callback.tenant = crate::given::tenant(2);
    let answer = desk.world.callbacks.book(&booking).await;
    assert!(matches!(answer, Err(BookError::CatalogueChanged)), "{answer:?}");
}

/// Two bookings with one id are trouble, and the first one stands.
pub async fn an_id_is_booked_once(world: World) {
    let desk = Desk::open(world).await;
    let first = desk.booked(1, 0).await;
    let mut second = desk.scheduled(2, 1);
    second.callback.id = first.id;
    let answer = desk.world.callbacks.book(&second).await;
    assert!(matches!(answer, Err(BookError::Fault(_))), "{answer:?}");
    assert_eq!(desk.find(first.id).await, first);
    assert_eq!(desk.taken().await, [(slot(0), 1)]);
}

/// The duplicate rule counts open callbacks of the number in the service, of both kinds.
pub async fn a_number_has_no_more_than_its_share(world: World) {
    let desk =
        Desk::set(world, |settings| settings.duplicate_policy = DuplicatePolicy::MaxTwo).await;
    desk.booked(1, 0).await;
    desk.book(&desk.immediate(1)).await;
    let third = desk.scheduled(1, 2);
    assert_eq!(desk.refused(&third).await, Refusal::ShareTaken);
    leaves_no_trace(&desk, &third).await;
    desk.booked(2, 2).await;
    desk.book(&desk.plan(SUPPORT, 1, Some(slot(2)), details(), now())).await;
}

/// A completed callback does not count any more.
pub async fn an_ended_callback_gives_the_share_back(world: World) {
    let desk =
        Desk::set(world, |settings| settings.duplicate_policy = DuplicatePolicy::Reject).await;
    let first = desk.booked(1, 0).await;
    assert_eq!(desk.refused(&desk.scheduled(1, 1)).await, Refusal::ShareTaken);
    desk.changed(first.id, cancel(), after_secs(1)).await;
    desk.booked(1, 1).await;
    assert_eq!(desk.refused(&desk.scheduled(1, 0)).await, Refusal::ShareTaken);
}

/// Open immediate callbacks of the service count against its limit; scheduled ones and other services do not.
pub async fn a_service_has_no_more_waiting_than_it_allows(world: World) {
    let desk = Desk::set(world, |settings| settings.max_queued = 2).await;
    desk.booked(1, 0).await;
    let first = desk.book(&desk.immediate(2)).await;
    desk.book(&desk.plan(SUPPORT, 3, None, details(), now())).await;
    desk.book(&desk.immediate(4)).await;
    let refusal = desk.refused(&desk.immediate(5)).await;
    assert!(matches!(refusal, Refusal::ServiceThrottled { .. }), "{refusal:?}");
    desk.booked(6, 0).await;
    desk.changed(first.id, cancel(), after_secs(1)).await;
    desk.book(&desk.immediate(7)).await;
}

/// Wherever a caller stops waiting, its booking is either all there or not at all.
pub async fn a_dropped_booking_is_all_or_nothing(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let mut dropped = Vec::new();
    for patience in 0..40 {
        let booking = desk.scheduled(patience, 0);
        {
            let mut call = desk.world.callbacks.book(&booking);
            for _ in 0..patience {
                if futures::poll!(&mut call).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        dropped.push(booking);
    }
    // Whatever was still under way on this slot is decided before these.
    for number in 100..104 {
        desk.booked(number, 0).await;
    }
    let mut made = 4;
    for booking in &dropped {
        let id = booking.callback.id;
        let found = desk.world.callbacks.find(desk.tenant, id).await.expect("the store answers");
        made += u32::from(found.is_some());
        let events = usize::from(found.is_some());
        assert_eq!(desk.history(id).await.len(), events, "the history goes with the callback");
        assert!(found.is_none_or(|found| found == booking.callback));
    }
    assert_eq!(desk.taken().await, [(slot(0), made)], "the places go with the callbacks");
    assert_eq!(desk.outbox().await.len(), made as usize, "the timers go with the callbacks");
}
