//! A key names at most one booking, for as long as keys are kept.

use ges_domain::booking::KEY_KEPT;
use ges_domain::callback::State;
use ges_domain::refusal::Refusal;
use ges_domain::time::SignedDuration;
use ges_ports::{Booked, Earlier};

use super::booking::leaves_no_trace;
use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{SALES, after_secs, details, fingerprint, key, now, slot};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! key_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::keys, [
            the_same_key_replays,
            another_request_with_the_key_is_refused,
            a_refusal_frees_the_key,
            a_key_recalls_its_booking,
            a_key_is_forgotten_after_its_time,
        ] }
    };
}

/// A repeat gets the callback of the first, as it stands now, and books nothing.
pub async fn the_same_key_replays(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 1).await;
    let first = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    desk.book(&first).await;
    // The repeat has an id of its own, and the slot is full by now.
    let repeat = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    let answer = desk.world.callbacks.book(&repeat).await.expect("a repeat is answered");
    assert_eq!(answer, Booked::Replayed(first.callback.clone()));
    leaves_no_trace(&desk, &repeat).await;
    let cancelled = desk.changed(first.callback.id, cancel(), after_secs(1)).await;
    let answer = desk.world.callbacks.book(&repeat).await.expect("a repeat is answered");
    assert_eq!(answer, Booked::Replayed(cancelled));
    assert_eq!(answer.callback().state, State::Completed);
    assert_eq!(desk.all().await.len(), 1);
    assert_eq!(desk.taken().await, []);
}

/// A key is not good for two requests.
pub async fn another_request_with_the_key_is_refused(world: World) {
    let desk = Desk::open(world).await;
    let first = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    desk.book(&first).await;
    let other = desk.scheduled(2, 1).keyed(Some((key(1), fingerprint(2))));
    assert_eq!(desk.refused(&other).await, Refusal::KeyReused);
    leaves_no_trace(&desk, &other).await;
    desk.book(&desk.scheduled(2, 1).keyed(Some((key(2), fingerprint(2))))).await;
    assert_eq!(desk.taken().await, [(slot(0), 1), (slot(1), 1)]);
}

/// After a refusal the key is good for any request.
pub async fn a_refusal_frees_the_key(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 1).await;
    let holder = desk.booked(1, 0).await;
    let refused = desk.scheduled(2, 0).keyed(Some((key(1), fingerprint(1))));
    assert_eq!(desk.refused(&refused).await, Refusal::SlotFull { free: Vec::new() });
    desk.book(&desk.scheduled(2, 1).keyed(Some((key(1), fingerprint(2))))).await;
    let refused = desk.scheduled(3, 0).keyed(Some((key(2), fingerprint(3))));
    assert_eq!(desk.refused(&refused).await, Refusal::SlotFull { free: Vec::new() });
    desk.changed(holder.id, cancel(), after_secs(1)).await;
    desk.book(&refused).await;
}

/// The booking under a key can be asked for without booking.
pub async fn a_key_recalls_its_booking(world: World) {
    let desk = Desk::open(world).await;
    let callbacks = &desk.world.callbacks;
    let recall = callbacks.recall(desk.tenant, &key(1), now()).await;
    assert_eq!(recall.expect("the store answers"), None);
    let booking = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    desk.book(&booking).await;
    let cancelled = desk.changed(booking.callback.id, cancel(), after_secs(1)).await;
    let recall = callbacks.recall(desk.tenant, &key(1), after_secs(2)).await;
    let earlier = Earlier { fingerprint: fingerprint(1), callback: cancelled };
    assert_eq!(recall.expect("the store answers"), Some(earlier));
    let recall = callbacks.recall(desk.tenant, &key(2), now()).await;
    assert_eq!(recall.expect("the store answers"), None);
}

/// A key is kept to the last instant of its time, and not longer.
pub async fn a_key_is_forgotten_after_its_time(world: World) {
    let desk = Desk::open(world).await;
    let callbacks = &desk.world.callbacks;
    let first = desk.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    desk.book(&first).await;
    let last = now() + KEY_KEPT;
    let gone = last + SignedDuration::from_micros(1);
    let recall = callbacks.recall(desk.tenant, &key(1), last).await;
    assert!(recall.expect("the store answers").is_some());
    let recall = callbacks.recall(desk.tenant, &key(1), gone).await;
    assert_eq!(recall.expect("the store answers"), None);
    let at = |made_at| {
        let desired_at = Some(slot(100));
        desk.plan(SALES, 2, desired_at, details(), made_at).keyed(Some((key(1), fingerprint(2))))
    };
    assert_eq!(desk.refused(&at(last)).await, Refusal::KeyReused);
    let second = at(gone);
    desk.book(&second).await;
    let recall = callbacks.recall(desk.tenant, &key(1), gone).await;
    let earlier = Earlier { fingerprint: fingerprint(2), callback: second.callback };
    assert_eq!(recall.expect("the store answers"), Some(earlier));
    assert_eq!(desk.find(first.callback.id).await, first.callback);
}
