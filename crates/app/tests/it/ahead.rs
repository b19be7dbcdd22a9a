//! What is leased ahead of its time: kept, asked after, given back.

use ges_domain::callback::State;
use ges_domain::effect::Lane;

use crate::house::House;

/// A callback that is due in three seconds, which this node has leased ahead.
async fn kept(house: &House) -> ges_domain::callback::Callback {
    let callback = house.booked(1, Some(3600)).await;
    // Its time is looked at again and again as it comes nearer.
    house.live(3600 - 3).await;
    let tick = house.tick().await;
    assert_eq!((tick.leased, tick.next), (0, Some(callback.desired_at)));
    callback
}

#[tokio::test]
async fn what_is_due_soon_is_kept_and_started_at_its_time_and_once() {
    let house = House::open().await;
    let callback = kept(&house).await;
    house.turn(2);
    assert_eq!(house.tick().await.leased, 0, "it is not due");
    house.turn(1);
    let tick = house.tick().await;
    assert_eq!((tick.leased, tick.sent), (1, 1));
    house.live(20).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
}

#[tokio::test]
async fn what_was_cancelled_or_moved_while_it_was_kept_is_left_alone() {
    let house = House::open().await;
    let callback = kept(&house).await;
    let moved = house.booked(2, None).await;
    house.reschedule(callback.id, 7200).await.unwrap();
    house.turn(3);
    let tick = house.tick().await;
    assert_eq!(tick.sent, 1, "only the one that is due");
    assert_eq!(house.ors.starts(), [(moved.id, 1)]);
    assert_eq!(house.find(callback.id).await.state, State::Scheduled);
}

#[tokio::test]
async fn a_node_that_stops_gives_back_what_it_kept() {
    let house = House::open().await;
    let other = house.seen_by(2);
    let callback = kept(&house).await;
    house.turn(3);
    assert_eq!(other.tick().await.leased, 0, "it is the first node's");
    house.app.leave_to_others().await.unwrap();
    assert_eq!(other.tick().await.sent, 1);
    assert_eq!(house.tick().await.leased, 0);
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
}

#[tokio::test]
async fn a_node_that_comes_too_late_gives_back_what_it_kept_and_begins_anew() {
    let house = House::open().await;
    let callback = kept(&house).await;
    house.turn(20);
    let tick = house.app.tick(Lane::Sessions).await.unwrap();
    assert_eq!((tick.leased, tick.sent), (1, 1), "under a lease of its own time");
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
}

#[tokio::test]
async fn what_a_dead_node_kept_is_taken_over_and_is_not_its_own_when_it_wakes() {
    let house = House::open().await;
    let other = house.seen_by(2);
    let callback = kept(&house).await;
    house.turn(29);
    assert_eq!(other.tick().await.sent, 0, "the lease is not over");
    house.turn(1);
    assert_eq!(other.tick().await.sent, 1);
    assert_eq!(house.tick().await.leased, 0);
    house.live(5).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
}

#[tokio::test]
async fn no_more_is_leased_ahead_than_twenty_steps_hold_and_the_rest_is_anybodys() {
    let house = House::with(|settings| settings.capacity_per_slot = 50).await.in_steps_of(2);
    let other = house.seen_by(2);
    for number in 0..50 {
        house.booked(number, Some(3600)).await;
    }
    house.turn(3600 - 3);
    let mut steps = 0;
    // Each is looked at once, for its time has not come, and then leased ahead.
    while house.app.tick(Lane::Sessions).await.unwrap().full {
        steps += 1;
        assert!(steps < 60, "it never has enough");
    }
    assert!(other.tick().await.next.is_some(), "the other node leased the rest");
    house.turn(3);
    for _step in 0..30 {
        house.tick().await;
        other.tick().await;
    }
    let mut started: Vec<_> = house.ors.starts().into_iter().map(|(id, _)| id).collect();
    started.sort();
    started.dedup();
    assert_eq!((started.len(), house.ors.starts().len()), (50, 50));
}
