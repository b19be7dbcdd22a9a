//! What is done to a callback that exists.

use ges_contracts::given;
use ges_domain::callback::{Reason, State};
use ges_domain::capacity::SlotLength;
use ges_domain::event::Actor;
use ges_domain::refusal::Refusal;
use ges_domain::time::SignedDuration;

use crate::house::{House, refusal};

#[tokio::test]
async fn another_time_is_taken_whole_or_not_at_all() {
    let house = House::with(|settings| settings.capacity_per_slot = 1).await;
    let mine = house.booked(1, Some(3600)).await;
    let others = house.booked(2, Some(7200)).await;
    let to = others.desired_at;
    let moved = house.app.reschedule(house.tenant, mine.id, to, Actor::Api, None).await;
    assert!(matches!(refusal(moved), Refusal::SlotFull { free } if free.len() == 10));
    assert_eq!(house.find(mine.id).await, mine, "nothing changed");
    let free = mine.desired_at + SignedDuration::from_mins(30);
    let moved = house.app.reschedule(house.tenant, mine.id, free, Actor::Api, None).await;
    assert_eq!(moved.unwrap().desired_at, free);
    // The old place is free again.
    house.booked(3, Some(3600)).await;
}

#[tokio::test]
async fn a_customer_who_calls_in_first_is_not_called() {
    let house = House::open().await;
    let waiting = house.booked(1, Some(3600)).await;
    let queued = house.booked(1, None).await;
    house.live(1).await;
    house.started(queued.id, 1).await.unwrap();
    let others = house.booked(2, None).await;
    let mut done = house.app.called_in(house.tenant, given::phone(1), None).await.unwrap();
    done.sort();
    let mut expected = vec![waiting.id, queued.id];
    expected.sort();
    assert_eq!(done, expected);
    for id in expected {
        assert_eq!(house.find(id).await.reason, Some(Reason::CUSTOMER_CALLED_IN));
    }
    assert_eq!(house.find(others.id).await.state, State::Scheduled);
    assert_eq!(house.app.called_in(house.tenant, given::phone(1), None).await.unwrap(), []);
}

#[tokio::test]
async fn a_watermark_counts_what_is_under_way() {
    let house = House::open().await;
    let first = house.booked(1, None).await;
    house.booked(2, Some(3600)).await;
    house.live(1).await;
    house.started(first.id, 1).await.unwrap();
    let queue = given::queue_of(given::SALES);
    let watermark = house.app.watermark(house.tenant, &queue).await.unwrap();
    assert_eq!((watermark.executing, watermark.open), (1, 2));
}

#[tokio::test]
async fn a_new_time_is_decided_again_when_the_catalogue_moved_under_it() {
    let house = House::open().await;
    let booked = house.booked(1, Some(7200)).await;
    // The node's shelf still holds slots of half an hour.
    house.republish(|settings| settings.slot_length = SlotLength::HOUR).await;
    let moved = house.reschedule(booked.id, 7200 + 45 * 60).await.unwrap();
    assert_eq!(moved.slot, Some(given::after(120)), "an hour's slot, not half an hour's");
    house.republish(|settings| settings.scheduled = false).await;
    let refused = refusal(house.reschedule(booked.id, 3 * 3600).await);
    assert_eq!(refused, Refusal::ScheduledNotOffered);
    assert_eq!(house.find(booked.id).await, moved);
}

#[tokio::test]
async fn a_number_that_was_blocked_meanwhile_is_neither_moved_nor_called() {
    let house = House::open().await;
    let moved = house.booked(1, Some(3600)).await;
    let waiting = house.booked(2, Some(3600)).await;
    house.block("+14155550001").await;
    house.block("+14155550002").await;
    let refused = refusal(house.reschedule(moved.id, 7200).await);
    assert_eq!(refused, Refusal::NumberBlocked);
    house.app.shelf().refresh().await.unwrap();
    house.live(3700).await;
    assert_eq!(house.ors.starts(), []);
    let ended = house.find(waiting.id).await;
    assert_eq!((ended.state, ended.reason), (State::Completed, Some(Reason::FAIL_QUEUEING)));
    assert_eq!(refusal(house.book(house.wish(2, None)).await), Refusal::NumberBlocked);
}
