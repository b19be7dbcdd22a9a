//! What `Catalogues` promises: one value with one revision, and bookings that follow it.

use std::sync::Arc;

use futures::future::join_all;
use ges_domain::callback::{Callback, Details};
use ges_domain::capacity::SlotLength;
use ges_domain::catalogue::Catalogue;
use ges_domain::id::Revision;
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::ReplaceError;

use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{
    SALES, after, after_secs, catalogue, republished, service, slot, tenant, weekday_hours,
};

/// Tests every promise of `Catalogues` on the worlds that `fresh` makes.
#[macro_export]
macro_rules! catalogues {
    ($fresh:ident) => {
        mod catalogues {
            use super::$fresh;

            $crate::promises! { $fresh, catalogues, [
                a_catalogue_is_loaded_as_it_was_stored,
                a_tenant_without_a_catalogue_has_none,
                tenants_are_listed_in_order,
                a_catalogue_replaces_the_revision_before_it,
                a_crowd_of_replacements_has_one_winner,
                moved_slots_are_counted_anew,
                a_callback_keeps_its_slot_where_the_office_is_closed_now,
                a_slot_may_hold_more_than_its_places_after_a_move,
                ended_callbacks_stay_in_their_slots,
                slots_that_did_not_move_are_left_alone,
            ] }
        }
    };
}

/// Every part of it, also office hours with a zone.
pub async fn a_catalogue_is_loaded_as_it_was_stored(world: World) {
    let mut first = catalogue(tenant(1));
    let hours = weekday_hours("BH_Sales", "09:00", "17:00");
    first.hours.insert(hours.name().clone(), hours.clone());
    let sales = first.services.get_mut(&service(SALES)).expect("the catalogue holds it");
    sales.settings.business_hours = Some(hours.name().clone());
    world.catalogues.replace(&first).await.expect("a first catalogue is taken");
    let loaded = world.catalogues.load(tenant(1)).await.expect("the store answers");
    assert_eq!(loaded, Some(first.clone()));
    let next = republished(&first, |settings| settings.language = String::from("fr-CA"));
    world.catalogues.replace(&next).await.expect("the next catalogue is taken");
    let loaded = world.catalogues.load(tenant(1)).await.expect("the store answers");
    assert_eq!(loaded, Some(next));
}

/// Missing is an answer.
pub async fn a_tenant_without_a_catalogue_has_none(world: World) {
    let catalogues = &world.catalogues;
    assert_eq!(catalogues.load(tenant(1)).await.expect("the store answers"), None);
    let revision = catalogues.revision(tenant(1)).await.expect("the store answers");
    assert_eq!(revision, Revision::NONE);
    assert_eq!(catalogues.tenants().await.expect("the store answers"), []);
}

/// Each tenant has its own, and they come by id.
pub async fn tenants_are_listed_in_order(world: World) {
    for number in [3, 1, 2] {
        let first = catalogue(tenant(number));
        world.catalogues.replace(&first).await.expect("a first catalogue is taken");
    }
    let first = catalogue(tenant(2));
    let next = republished(&first, |settings| settings.capacity_per_slot = 9);
    world.catalogues.replace(&next).await.expect("the next catalogue is taken");
    let tenants = world.catalogues.tenants().await.expect("the store answers");
    assert_eq!(tenants, [1, 2, 3].map(tenant));
    for (number, revision) in [(1, 1), (2, 2), (3, 1)] {
        let found = world.catalogues.revision(tenant(number)).await.expect("the store answers");
        assert_eq!(found, Revision::new(revision));
    }
}

/// Whoever has not read what stands is told what stands, and changes nothing.
pub async fn a_catalogue_replaces_the_revision_before_it(world: World) {
    let first = catalogue(tenant(1));
    let second = republished(&first, |settings| settings.capacity_per_slot = 5);
    let third = republished(&second, |settings| settings.capacity_per_slot = 6);
    let replace = async |next: &Catalogue| world.catalogues.replace(next).await;
    let refused = async |next: &Catalogue, stands: u64| match replace(next).await {
        Err(ReplaceError::Changed { now }) => assert_eq!(now, Revision::new(stands)),
        other => panic!("not refused: {other:?}"),
    };
    refused(&second, 0).await;
    replace(&first).await.expect("a first catalogue is taken");
    refused(&first, 1).await;
    refused(&third, 1).await;
    replace(&second).await.expect("the next catalogue is taken");
    refused(&second, 2).await;
    let loaded = world.catalogues.load(tenant(1)).await.expect("the store answers");
    assert_eq!(loaded, Some(second));
    replace(&third).await.expect("the next catalogue is taken");
}

/// Of many who replace the same revision, one does.
pub async fn a_crowd_of_replacements_has_one_winner(world: World) {
    let first = catalogue(tenant(1));
    world.catalogues.replace(&first).await.expect("a first catalogue is taken");
    let rivals: Vec<_> = (1..=8)
        .map(|places| republished(&first, |settings| settings.capacity_per_slot = places))
        .collect();
    let calls = rivals.iter().cloned().map(|next| {
        let catalogues = Arc::clone(&world.catalogues);
        tokio::spawn(async move { catalogues.replace(&next).await })
    });
    let answers: Vec<_> =
        join_all(calls).await.into_iter().map(|done| done.expect("no call panics")).collect();
    let lost = answers
        .iter()
        .filter(|it| matches!(it, Err(ReplaceError::Changed { now }) if *now == Revision::new(2)))
        .count();
    assert_eq!(lost, 7, "{answers:?}");
    let winner = answers.iter().position(Result::is_ok).expect("one has won");
    let loaded = world.catalogues.load(tenant(1)).await.expect("the store answers");
    assert_eq!(loaded.as_ref(), Some(&rivals[winner]));
}

/// The callback as it was, in another slot: a move is no change of its own.
fn moved(callback: &Callback, to: Timestamp) -> Callback {
    Callback { slot: Some(to), ..callback.clone() }
}

/// Bookings lie in the slots that now contain their times, and give their places back there.
pub async fn moved_slots_are_counted_anew(world: World) {
    let mut desk = Desk::open(world).await;
    let [a, b] = [desk.booked(1, 0).await, desk.booked(2, 1).await];
    let c = desk.plan(SALES, 3, Some(after(60 + 45)), Details::default(), after(0));
    let c = desk.book(&c).await;
    assert_eq!(desk.taken().await, [(slot(0), 1), (slot(1), 2)]);
    desk.republish(|settings| settings.slot_length = SlotLength::HOUR).await;
    assert_eq!(desk.taken().await, [(slot(0), 3)]);
    for callback in [&a, &b, &c] {
        assert_eq!(desk.find(callback.id).await, moved(callback, slot(0)));
    }
    desk.changed(b.id, cancel(), after_secs(1)).await;
    assert_eq!(desk.taken().await, [(slot(0), 2)]);
    let quarter = SlotLength::parse(15_u32).expect("slots can be of a quarter of an hour");
    desk.republish(|settings| settings.slot_length = quarter).await;
    assert_eq!(desk.taken().await, [(slot(0), 1), (after(60 + 45), 1)]);
    desk.booked(4, 0).await;
    assert_eq!(desk.taken().await, [(slot(0), 2), (after(60 + 45), 1)]);
}

/// No booking is lost when its time falls out of the office hours.
pub async fn a_callback_keeps_its_slot_where_the_office_is_closed_now(world: World) {
    let desk = Desk::open(world).await;
    // New York opens at 15:00 UTC: slot 10 is the first inside.
    let outside = desk.booked(1, 9).await;
    let inside = desk.booked(2, 10).await;
    let mut next = republished(&desk.catalogue, |settings| settings.slot_length = SlotLength::HOUR);
    let hours = weekday_hours("BH_Late", "10:00", "17:00");
    let sales = next.services.get_mut(&service(SALES)).expect("the catalogue holds it");
    sales.settings.business_hours = Some(hours.name().clone());
    next.hours.insert(hours.name().clone(), hours);
    desk.world.catalogues.replace(&next).await.expect("the next catalogue is taken");
    assert_eq!(desk.find(outside.id).await, outside);
    assert_eq!(desk.find(inside.id).await, inside);
    assert_eq!(desk.taken().await, [(slot(9), 1), (slot(10), 1)]);
    desk.changed(outside.id, cancel(), after_secs(1)).await;
    assert_eq!(desk.taken().await, [(slot(10), 1)]);
}

/// Nobody is thrown out of a slot that shrank; it takes nobody until it has room again.
pub async fn a_slot_may_hold_more_than_its_places_after_a_move(world: World) {
    let mut desk = Desk::open(world).await;
    let mut booked = Vec::new();
    for number in 0..6 {
        booked.push(desk.booked(number, i64::from(number % 2)).await);
    }
    desk.republish(|settings| {
        settings.slot_length = SlotLength::HOUR;
        settings.capacity_per_slot = 2;
    })
    .await;
    assert_eq!(desk.taken().await, [(slot(0), 6)]);
    for callback in &booked {
        assert_eq!(desk.refused(&desk.scheduled(10, 1)).await, Refusal::SlotFull { free: vec![] });
        desk.changed(callback.id, cancel(), after_secs(1)).await;
        if desk.taken().await == [(slot(0), 1)] {
            break;
        }
    }
    desk.booked(11, 1).await;
    assert_eq!(desk.taken().await, [(slot(0), 2)]);
}

/// What was, was: a place that was used stays in the slot of its day.
pub async fn ended_callbacks_stay_in_their_slots(world: World) {
    use ges_domain::callback::{Change, State};
    use ges_domain::id::Attempt;

    let mut desk = Desk::open(world).await;
    let ended = desk.booked(1, 1).await;
    desk.started(ended.id, 1, after(30)).await;
    let report = crate::given::report(Attempt::FIRST, 1, State::Completed);
    let ended = desk.changed(ended.id, Change::Report(Box::new(report)), after(31)).await;
    let open = desk.booked(2, 1).await;
    desk.republish(|settings| settings.slot_length = SlotLength::HOUR).await;
    assert_eq!(desk.find(ended.id).await, ended);
    assert_eq!(desk.find(open.id).await, moved(&open, slot(0)));
    assert_eq!(desk.taken().await, [(slot(0), 1), (slot(1), 1)]);
}

/// A publication that moves one service's slots counts no other's.
pub async fn slots_that_did_not_move_are_left_alone(world: World) {
    let mut desk = Desk::open(world).await;
    let other = desk.plan(crate::given::SUPPORT, 1, Some(slot(1)), Details::default(), after(0));
    let other = desk.book(&other).await;
    let booked = desk.booked(2, 1).await;
    desk.republish(|settings| settings.slot_length = SlotLength::HOUR).await;
    assert_eq!(desk.find(other.id).await, other);
    assert_eq!(desk.find(booked.id).await.slot, Some(slot(0)));
    desk.republish(|settings| settings.language = String::from("fr-CA")).await;
    assert_eq!(desk.taken().await, [(slot(0), 1)]);
    let support = service(crate::given::SUPPORT);
    let window = crate::given::all_times();
    let taken = desk.world.callbacks.taken(desk.tenant, &support, window).await;
    assert_eq!(taken.expect("the store answers"), [(slot(1), 1)]);
}
