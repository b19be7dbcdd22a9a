//! No tenant sees, touches or gets in the way of another.

use ges_domain::callback::Change;
use ges_domain::event::Actor;
use ges_domain::refusal::Refusal;
use ges_ports::{Aimed, Booked, ChangeError, Search};

use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{
    SALES, after_secs, all_times, fingerprint, key, now, phone, service, slot, tenant,
};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! tenant_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::tenants, [
            no_tenant_finds_what_is_anothers,
            no_tenant_changes_what_is_anothers,
            tenants_share_neither_keys_nor_places_nor_ids,
        ] }
    };
}

/// Every question of another tenant is answered as if nothing were there.
pub async fn no_tenant_finds_what_is_anothers(world: World) {
    let ours = Desk::of(world.clone(), tenant(1)).await;
    let theirs = Desk::of(world, tenant(2)).await;
    let booking = ours.scheduled(1, 0).keyed(Some((key(1), fingerprint(1))));
    let booked = ours.book(&booking).await;
    let callbacks = &theirs.world.callbacks;
    let them = theirs.tenant;
    assert_eq!(callbacks.find(them, booked.id).await.expect("the store answers"), None);
    assert_eq!(theirs.history(booked.id).await, []);
    assert_eq!(theirs.all().await, []);
    let by_phone = Search { phone: Some(phone(1)), limit: 10, ..Search::default() };
    let found = callbacks.search(them, &by_phone).await.expect("the store answers");
    assert_eq!(found.callbacks, []);
    let taken = callbacks.taken(them, &service(SALES), all_times()).await;
    assert_eq!(taken.expect("the store answers"), []);
    assert_eq!(callbacks.counts(them, &[]).await.expect("the store answers"), []);
    let recalled = callbacks.recall(them, &key(1), now()).await.expect("the store answers");
    assert_eq!(recalled, None);
}

/// A change aimed under the wrong tenant finds nothing.
pub async fn no_tenant_changes_what_is_anothers(world: World) {
    let ours = Desk::of(world.clone(), tenant(1)).await;
    let theirs = Desk::of(world, tenant(2)).await;
    let booked = ours.booked(1, 0).await;
    let refusal = theirs.unchanged(booked.id, cancel(), after_secs(1)).await;
    assert_eq!(refusal, Refusal::NoSuchCallback);
    assert_eq!(ours.find(booked.id).await, booked);
    let both = [
        theirs.aim(booked.id, Change::Prioritise { by: Actor::Api, priority: 1 }),
        ours.aim(booked.id, Change::Prioritise { by: Actor::Api, priority: 2 }),
    ];
    let answers = ours.world.callbacks.change_each(&both, after_secs(1)).await;
    assert!(matches!(answers[0], Err(ChangeError::Refused(Refusal::NoSuchCallback))));
    assert_eq!(answers[1].as_ref().expect("it is ours").callback().details.priority, Some(2));
}

/// The same names mean different things under different tenants.
pub async fn tenants_share_neither_keys_nor_places_nor_ids(world: World) {
    let mut desks = Vec::new();
    for number in 1..=2 {
        desks.push(Desk::of(world.clone(), tenant(number)).await);
    }
    for (desk, whose) in desks.iter().zip(1..) {
        // Both desks count their ids from 1, so these have the same id, key, number and slot.
        for number in 0..4 {
            let keyed = Some((key(number), fingerprint(whose)));
            let booking = desk.scheduled(number, 0).keyed(keyed);
            let answer = desk.world.callbacks.book(&booking).await.expect("it is booked");
            assert_eq!(answer, Booked::New(booking.callback));
        }
    }
    let first = desks[0].all().await;
    assert_eq!(first.len(), 4);
    let aimed =
        Aimed { tenant: desks[0].tenant, callback: first[0].id, change: cancel(), expected: None };
    desks[0].world.callbacks.change(aimed, after_secs(1)).await.expect("it is ours");
    assert_eq!(desks[0].taken().await, [(slot(0), 3)]);
    assert_eq!(desks[1].taken().await, [(slot(0), 4)]);
    assert_eq!(desks[1].find(first[0].id).await.tenant, desks[1].tenant);
    assert!(desks[1].find(first[0].id).await.open());
}
