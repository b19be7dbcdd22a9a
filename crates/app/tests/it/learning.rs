//! Waits and promises as the queues teach them.

use ges_app::Expectation;
use ges_contracts::given;
use ges_domain::callback::{Callback, State};
use ges_domain::name::QueueName;
use ges_domain::time::SignedDuration;
use ges_domain::wait::promise::Kept;
use ges_domain::wait::{Basis, Confidence, ENOUGH};
use ges_ports::WaitMode;

use crate::house::House;

fn queue() -> QueueName {
    given::queue_of(given::SALES)
}

/// What the house expects of its queue.
async fn expected(house: &House) -> Expectation {
    let (now, queue) = (house.now(), queue());
    let wait = house.app.wait(house.tenant, &queue, WaitMode::default(), now).await.unwrap();
    let confidence = Confidence::EIGHTY;
    let told = house.app.expected(house.tenant, &queue, wait.as_ref(), confidence, now).await;
    told.unwrap()
}

/// Immediate callbacks that are in their queue now.
async fn queued(house: &House, count: u32) -> Vec<Callback> {
    let mut callbacks = Vec::new();
    // Other numbers every minute: nobody books too often.
    let minute = u32::try_from(house.now().as_second() / 60 % 900).unwrap();
    for number in 0..count {
        callbacks.push(house.booked(minute * 10 + number, None).await);
    }
    house.tick().await;
    for callback in &callbacks {
        house.started(callback.id, 1).await.unwrap();
    }
    callbacks
}

/// An agent takes them, talks, and is done.
async fn served(house: &House, callbacks: &[Callback]) {
    for callback in callbacks {
        for (seq, state) in [(1, State::Routing), (2, State::Processing), (3, State::Completed)] {
            house.reported(callback.id, 1, seq, state).await.unwrap();
        }
    }
}

/// So many callbacks wait so long each, while the router says something else; the lessons are written.
async fn waits(house: &House, count: u32, router_secs: u32, wait_secs: u64) {
    house.router.say(router_secs);
    for _turn in 0..count {
        // Half an hour between two: no throttle is touched, and the node's view is never older than the lessons.
        let callbacks = queued(house, 1).await;
        house.turn(wait_secs);
        served(house, &callbacks).await;
        house.app.learn().await.unwrap();
        house.turn(1800);
    }
}

#[tokio::test]
async fn a_queue_is_the_routers_until_fifty_waits_taught_it() {
    let house = House::open().await;
    let enough = u32::try_from(ENOUGH).unwrap();
    waits(&house, enough - 1, 100, 160).await;
    let told = expected(&house).await.estimate.unwrap();
    assert_eq!((told.basis, told.mean_secs), (Basis::Router, 100.0));
    waits(&house, 30, 100, 160).await;
    let told = expected(&house).await;
    let estimate = told.estimate.unwrap();
    assert_eq!(estimate.basis, Basis::Model);
    assert!((estimate.mean_secs - 160.0).abs() < 25.0, "{estimate:?}");
    assert!(estimate.band.is_some_and(|band| band.low_secs < 170.0 && band.high_secs > 150.0));
    assert!(told.day.waits > 0 && told.week.waits >= told.day.waits, "{told:?}");
    assert_eq!(told.learned, u64::from(enough - 1 + 30));
}

#[tokio::test]
async fn a_model_that_lost_its_way_gives_way_to_the_router_and_says_so() {
    let house = House::open().await;
    waits(&house, 120, 100, 300).await;
    assert_eq!(expected(&house).await.estimate.unwrap().basis, Basis::Model);
    let mut lost = false;
    for _ten in 0..12 {
        waits(&house, 10, 100, 100).await;
        let told = expected(&house).await.estimate.unwrap();
        if told.basis == Basis::Router {
            assert!((told.mean_secs - 100.0).abs() < 1e-9);
            lost = true;
        }
    }
    assert!(lost, "the router was right all along");
}

#[tokio::test]
async fn what_was_learned_survives_a_restart_and_a_wait_may_end_on_another_node() {
    let house = House::open().await;
    waits(&house, 60, 100, 160).await;
    let before = expected(&house).await;
    let begun = queued(&house, 1).await;
    let other = house.seen_by(2);
    assert_eq!(expected(&other).await, before);
    house.turn(160);
    served(&other, &begun).await;
    assert_eq!(other.app.learn().await.unwrap(), 1);
    let again = house.seen_by(1);
    assert_eq!(expected(&again).await.learned, before.learned + 1);
    waits(&again, 3, 100, 160).await;
    assert_eq!(expected(&again).await.learned, before.learned + 4);
}

#[tokio::test]
async fn two_nodes_that_learn_at_once_count_each_wait_once() {
    let house = House::open().await;
    let other = house.seen_by(2);
    house.router.say(100);
    for _turn in 0..5 {
        let callbacks = queued(&house, 8).await;
        house.turn(120);
        let (mine, theirs) = callbacks.split_at(3);
        served(&house, mine).await;
        served(&other, theirs).await;
        let (first, second) = tokio::join!(house.app.learn(), other.app.learn());
        assert_eq!((first.unwrap(), second.unwrap()), (3, 5));
        house.turn(86_400);
    }
    assert_eq!(expected(&house).await.learned, 40);
    assert_eq!(expected(&other).await.learned, 40);
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_counts_once() {
    let house = House::open().await;
    house.router.say(100);
    let first = queued(&house, 4).await;
    house.turn(100);
    served(&house, &first).await;
    house.records.lose_answers(1);
    assert!(house.app.learn().await.is_err());
    let second = queued(&house, 3).await;
    house.turn(100);
    served(&house, &second).await;
    // Another node wrote in between.
    let other = house.seen_by(2);
    let third = queued(&other, 2).await;
    house.turn(100);
    served(&other, &third).await;
    assert_eq!(other.app.learn().await.unwrap(), 2);
    assert_eq!(house.app.learn().await.unwrap(), 3);
    house.turn(60);
    assert_eq!(expected(&house).await.learned, 9);
}

#[tokio::test]
async fn an_estimate_is_never_absurd_whatever_the_router_says() {
    let house = House::open().await;
    for (router, wait) in [(0, 0), (u32::MAX, 3), (90_000, 80_000), (1, 3_000)] {
        waits(&house, 20, router, wait).await;
        if let Some(told) = expected(&house).await.estimate {
            assert!((0.0..=86_400.0).contains(&told.mean_secs), "{told:?}");
            let band = told.band.map_or((0.0, 0.0), |band| (band.low_secs, band.high_secs));
            assert!(0.0 <= band.0 && band.0 <= band.1 && band.1 <= 86_400.0, "{told:?}");
        }
    }
    house.router.say(u32::MAX);
    let callback = house.booked(1, Some(3600)).await;
    house.live(3600 - 902).await;
    assert_eq!(house.find(callback.id).await.attempts, 0, "the lead is bounded by the service");
}

#[tokio::test]
async fn a_lead_learns_to_ring_at_the_desired_time() {
    let house = House::open().await;
    let mut late = Vec::new();
    for round in 0..12_u32 {
        let mut open = Vec::new();
        for number in 0..4 {
            open.push(house.booked(number, Some(1200)).await);
        }
        // Each rings 90 seconds after its session began; the router knows nothing of the queue.
        let mut running = Vec::new();
        for _step in 0..150 {
            house.turn(10);
            house.tick().await;
            for callback in open.extract_if(.., |_| true).collect::<Vec<_>>() {
                if house.find(callback.id).await.attempts == 0 {
                    open.push(callback);
                } else {
                    house.started(callback.id, 1).await.unwrap();
                    running.push((house.now() + SignedDuration::from_secs(90), callback));
                }
            }
            let now = house.now();
            for (_, callback) in running.extract_if(.., |(at, _)| *at <= now) {
                served(&house, std::slice::from_ref(&callback)).await;
                let found = house.find(callback.id).await;
                let secs = found.reached_at.unwrap().duration_since(found.desired_at).as_secs();
                late.push((round, secs));
            }
        }
        house.app.learn().await.unwrap();
        house.turn(86_400);
    }
    let of = |rounds: std::ops::Range<u32>| {
        late.iter().filter(move |(round, _)| rounds.contains(round)).map(|(_, secs)| *secs)
    };
    assert!(of(0..1).all(|secs| (90..=110).contains(&secs)), "{late:?}");
    assert!(of(6..12).all(|secs| secs.abs() <= 40), "{late:?}");
    let kept = house.app.promises(house.tenant, &queue()).await.unwrap();
    assert_eq!(kept.len(), 12);
    assert_eq!(kept.values().map(Kept::promises).sum::<u64>(), 48);
}
