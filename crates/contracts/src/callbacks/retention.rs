//! How callbacks leave the store, and how all that is kept of a number is found.

use ges_domain::callback::Callback;
use ges_domain::event::Happening;
use ges_domain::id::CallbackId;
use ges_domain::phone::PhoneNumber;
use ges_domain::time::Timestamp;
use ges_ports::{Erased, Fate, Gathered, Kept, Search};

use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{SALES, after, after_secs, details, fingerprint, key, now, phone, slot, tenant};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! retention_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::retention, [
            what_ended_before_the_time_goes_with_all_that_belongs_to_it,
            a_purge_takes_the_longest_ended_first_and_no_more_than_its_limit,
            a_purge_leaves_what_is_open_or_anothers,
            counters_of_past_slots_go_and_later_ones_stay,
            a_purged_key_is_free,
            a_number_is_forgotten_with_all_that_belongs_to_it,
            an_open_callback_is_not_forgotten_before_it_has_ended,
            a_callback_is_not_forgotten_before_its_effects_are_done,
            all_that_is_kept_of_a_number_is_gathered_in_parts,
        ] }
    };
}

async fn purge(desk: &Desk, before: Timestamp, limit: u16) -> u32 {
    let purged = desk.world.callbacks.purge(desk.tenant, before, limit).await;
    purged.expect("the store answers")
}

async fn erase(desk: &Desk, phone: &PhoneNumber, limit: u16) -> Erased {
    let erased = desk.world.callbacks.erase(desk.tenant, phone, limit).await;
    erased.expect("the store answers")
}

async fn gather(desk: &Desk, phone: &PhoneNumber, limit: u16) -> Vec<Kept> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let gathered = desk.world.callbacks.gather(desk.tenant, phone, after, limit).await;
        let Gathered { kept, next } = gathered.expect("the store answers");
        assert!(kept.len() <= usize::from(limit), "a part keeps its limit");
        all.extend(kept);
        match next {
            Some(next) => after = Some(next),
            None => return all,
        }
        assert!(all.len() < 100, "parts come to an end");
    }
}

/// Books a callback under a key and cancels it.
async fn cancelled(desk: &Desk, number: u32, place: i64, at: Timestamp) -> Callback {
    let booking = desk.scheduled(number, place).keyed(Some((key(number), fingerprint(number))));
    let booked = desk.book(&booking).await;
    desk.changed(booked.id, cancel(), at).await
}

/// Nothing of it can be seen any more.
async fn gone(desk: &Desk, id: CallbackId) {
    let found = desk.world.callbacks.find(desk.tenant, id).await;
    assert_eq!(found.expect("the store answers"), None);
    assert_eq!(desk.history(id).await, []);
    let outbox = desk.outbox().await;
    assert!(outbox.iter().all(|(callback, _)| *callback != id), "an effect stayed: {outbox:?}");
}

/// The callback, its history, its effects and its key; and not what ended at the time or after it.
pub async fn what_ended_before_the_time_goes_with_all_that_belongs_to_it(world: World) {
    let desk = Desk::open(world).await;
    let started = desk.book(&desk.immediate(1)).await;
    desk.started(started.id, 1, after_secs(1)).await;
    // Its session is to be told: an effect that is not done yet.
    desk.changed(started.id, cancel(), after_secs(2)).await;
    let old = cancelled(&desk, 2, 0, after_secs(3)).await;
    let young = cancelled(&desk, 3, 0, after_secs(4)).await;
    assert_eq!(purge(&desk, after_secs(4), 100).await, 2);
    let recalled = desk.world.callbacks.recall(desk.tenant, &key(2), after_secs(4)).await;
    assert_eq!(recalled.expect("the store answers"), None);
    assert_eq!(desk.find(young.id).await, young);
    assert_eq!(desk.history(young.id).await.len(), 2);
    assert_eq!(purge(&desk, after_secs(4), 100).await, 0);
    gone(&desk, started.id).await;
    gone(&desk, old.id).await;
}

/// A full answer says that there may be more; the next call takes it.
pub async fn a_purge_takes_the_longest_ended_first_and_no_more_than_its_limit(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let mut ended = Vec::new();
    for number in 0..5 {
        ended.push(cancelled(&desk, number, 0, after_secs(10 - i64::from(number))).await.id);
    }
    ended.reverse();
    for (limit, expected) in [(2, 2), (2, 2), (2, 1), (2, 0)] {
        assert_eq!(purge(&desk, after(1), limit).await, expected);
        ended.drain(..usize::try_from(expected).expect("the number is small"));
        let mut left: Vec<_> = desk.all().await.iter().map(|callback| callback.id).collect();
        left.sort_unstable();
        let mut expected = ended.clone();
        expected.sort_unstable();
        assert_eq!(left, expected);
    }
}

/// However long an open callback waits, and whoever asks.
pub async fn a_purge_leaves_what_is_open_or_anothers(world: World) {
    let ours = Desk::of(world.clone(), tenant(1)).await;
    let theirs = Desk::of(world, tenant(2)).await;
    let open = ours.booked(1, 0).await;
    let ended = cancelled(&theirs, 1, 0, after_secs(1)).await;
    assert_eq!(purge(&ours, after(60 * 24 * 365), 100).await, 0);
    assert_eq!(ours.find(open.id).await, open);
    assert_eq!(theirs.find(ended.id).await, ended);
    assert_eq!(ours.history(open.id).await.len(), 1);
}

/// A slot keeps its count as long as somebody could ask for it.
pub async fn counters_of_past_slots_go_and_later_ones_stay(world: World) {
    let desk = Desk::open(world).await;
    for place in 0..4 {
        desk.booked(u32::try_from(place).expect("the number is small"), place).await;
    }
    assert_eq!(purge(&desk, slot(2), 100).await, 0);
    assert_eq!(desk.taken().await, [(slot(2), 1), (slot(3), 1)]);
    // Whoever still holds a place there can give it back all the same.
    let held = desk.all().await;
    desk.changed(held[0].id, cancel(), after(1)).await;
    desk.changed(held[3].id, cancel(), after(1)).await;
    assert_eq!(desk.taken().await, [(slot(2), 1)]);
}

/// A key whose callback is gone names nothing: the next booking under it is new.
pub async fn a_purged_key_is_free(world: World) {
    let desk = Desk::open(world).await;
    cancelled(&desk, 1, 0, after_secs(1)).await;
    assert_eq!(purge(&desk, after_secs(2), 100).await, 1);
    desk.book(&desk.scheduled(2, 0).keyed(Some((key(1), fingerprint(9))))).await;
}

/// All callbacks of the number, in bounded steps, and nobody else's.
pub async fn a_number_is_forgotten_with_all_that_belongs_to_it(world: World) {
    let desk = Desk::set(world.clone(), |settings| settings.capacity_per_slot = 100).await;
    let theirs = Desk::of(world, tenant(2)).await;
    let mut ended = Vec::new();
    for place in 0..3 {
        ended.push(desk.booked(1, place).await.id);
    }
    let keyed = cancelled(&desk, 1, 3, after_secs(1)).await;
    for id in &ended {
        desk.changed(*id, cancel(), after_secs(2)).await;
    }
    ended.push(keyed.id);
    let other = cancelled(&desk, 2, 0, after_secs(1)).await;
    let foreign = cancelled(&theirs, 1, 0, after_secs(1)).await;
    assert_eq!(erase(&desk, &phone(1), 3).await, Erased { gone: 3, left: 1 });
    assert_eq!(erase(&desk, &phone(1), 3).await, Erased { gone: 1, left: 0 });
    assert_eq!(erase(&desk, &phone(1), 3).await, Erased { gone: 0, left: 0 });
    assert_eq!(gather(&desk, &phone(1), 10).await, []);
    let recalled = desk.world.callbacks.recall(desk.tenant, &key(1), after_secs(4)).await;
    assert_eq!(recalled.expect("the store answers"), None);
    let search = Search { phone: Some(phone(1)), limit: 10, ..Search::default() };
    let found = desk.world.callbacks.search(desk.tenant, &search).await;
    assert_eq!(found.expect("the store answers").callbacks, []);
    assert_eq!(desk.find(other.id).await, other);
    assert_eq!(desk.history(other.id).await.len(), 2);
    assert_eq!(theirs.find(foreign.id).await, foreign);
    for id in ended {
        gone(&desk, id).await;
    }
}

/// It stays, and is counted, until it has ended.
pub async fn an_open_callback_is_not_forgotten_before_it_has_ended(world: World) {
    let desk = Desk::open(world).await;
    let open = desk.booked(1, 0).await;
    assert_eq!(erase(&desk, &phone(1), 10).await, Erased { gone: 0, left: 1 });
    assert_eq!(desk.find(open.id).await, open);
    desk.changed(open.id, cancel(), after_secs(1)).await;
    assert_eq!(erase(&desk, &phone(1), 10).await, Erased { gone: 1, left: 0 });
    gone(&desk, open.id).await;
}

/// Its session would never be told otherwise.
pub async fn a_callback_is_not_forgotten_before_its_effects_are_done(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.book(&desk.immediate(1)).await;
    desk.started(booked.id, 1, after_secs(1)).await;
    desk.changed(booked.id, cancel(), after_secs(2)).await;
    assert_eq!(erase(&desk, &phone(1), 10).await, Erased { gone: 0, left: 1 });
    let leased = desk.lease(after_secs(3), 10).await;
    assert_eq!(leased.len(), 1, "the session is to be told");
    assert_eq!(erase(&desk, &phone(1), 10).await, Erased { gone: 0, left: 1 });
    desk.settle(&leased[0], Fate::Done).await;
    assert_eq!(erase(&desk, &phone(1), 10).await, Erased { gone: 1, left: 0 });
    gone(&desk, booked.id).await;
}

/// Callbacks as they stand, their histories and their keys, open or not, by desired time.
pub async fn all_that_is_kept_of_a_number_is_gathered_in_parts(world: World) {
    let desk = Desk::of(world.clone(), tenant(1)).await;
    let theirs = Desk::of(world, tenant(2)).await;
    let late = desk.booked(1, 3).await;
    let keyed = cancelled(&desk, 1, 0, after_secs(1)).await;
    let middle = desk.book(&desk.plan(SALES, 1, Some(slot(1)), details(), now())).await;
    desk.booked(2, 0).await;
    theirs.booked(1, 0).await;
    let expected = [keyed, middle, late];
    for limit in [1, 2, 3, 100] {
        let gathered = gather(&desk, &phone(1), limit).await;
        let callbacks: Vec<_> = gathered.iter().map(|kept| &kept.callback).collect();
        assert_eq!(callbacks, expected.iter().collect::<Vec<_>>(), "by {limit}");
        let keys: Vec<_> = gathered.iter().map(|kept| kept.key.clone()).collect();
        assert_eq!(keys, [Some(key(1)), None, None]);
        let told: Vec<_> = gathered[0].history.iter().map(|event| event.what).collect();
        assert_eq!(told, [Happening::Booked, Happening::Completed]);
        assert_eq!(gathered[2].history.len(), 1);
    }
}
