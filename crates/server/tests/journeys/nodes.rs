//! Two nodes as one: what they sell, what they tell each other, and what happens when one of them dies or sleeps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ges_domain::event::Event;
use ges_ports::Callbacks as _;
use ges_simulators::{Action, Fault};

use crate::cluster::Cluster;
use crate::crashes::crowd;
use crate::stage::{PATIENCE, TENANT};

/// Looks again until it is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lets time pass in which others work.
pub(crate) async fn meanwhile(span: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < span {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_clients_at_two_nodes_buy_the_seven_places_of_a_slot() {
    let cluster = Cluster::raise().await;
    let (a, b) = cluster.open().await;
    let mut sold = Vec::new();
    for round in 1..=3 {
        let slot = cluster.slot(&a).await;
        sold.extend(cluster.rush(&[&a, &b], &slot, 64).await);
        assert_eq!(sold.len(), 7 * round);
    }
    cluster.check(&b, &[], &sold).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_pushed_to_one_node_are_on_the_other_within_a_second() {
    let cluster = Cluster::raise().await;
    let (a, b) = cluster.open().await;
    for (revision, places) in [(2, 8), (3, 5), (4, 9)] {
        // The other node knows what stands, so that it must hear of what comes.
        cluster.slots(&b).await;
        let said = cluster.stage.publish_places(&a, revision, places).await;
        assert_eq!(said.status, 200, "{said:?}");
        let begun = Instant::now();
        while cluster.slots(&b).await[4]["total"] != places {
            assert!(begun.elapsed() < Duration::from_secs(1), "the other node did not hear");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_amid_bookings_and_dispatch_loses_nothing() {
    let cluster = Cluster::by_stream().await;
    let (mut a, b) = cluster.open().await;
    let (mut booked, mut sold) = (Vec::new(), Vec::new());
    for cut in 0..2 {
        let stop = AtomicBool::new(false);
        let slot = cluster.slot(&b).await;
        let both = [&a, &b];
        let (at_a, at_b, places, ()) = tokio::join!(
            crowd(&cluster.stage, &a, 40 * cut..40 * cut + 8, &stop),
            crowd(&cluster.stage, &b, 40 * cut + 20..40 * cut + 28, &stop),
            cluster.rush(&both, &slot, 20),
            async {
                meanwhile(Duration::from_millis(400)).await;
                a.signal("-KILL");
                meanwhile(Duration::from_millis(300)).await;
                stop.store(true, Ordering::Relaxed);
            }
        );
        a.kill();
        booked.extend([at_a, at_b].concat());
        sold.extend(places);
        a = cluster.node("a");
        cluster.balance(&[&a, &b]);
    }
    assert!(booked.len() > 20, "only {} were booked", booked.len());
    cluster.check(&a, &booked, &sold).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_work_of_a_node_that_slept_past_its_lease_is_refused() {
    let cluster = Cluster::raise().await;
    let a = cluster.node("a");
    cluster.ready(&[&a]).await;
    // It falls asleep while it waits for the answer to the start that it has sent; the others wait behind it.
    cluster.stage.ors.inject(Fault::always(Action::Stall).on_path("/session/start"));
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(cluster.stage.book(&a, number).await);
    }
    let starts =
        || cluster.stage.ors.received().iter().filter(|it| it.path.ends_with("start")).count();
    until("the start is on its way", async || starts() > 0).await;
    a.signal("-STOP");
    cluster.stage.ors.heal();
    let b = cluster.node("b");
    cluster.balance(&[&b]);
    for id in &ids {
        cluster.stage.until(&b, id, "COMPLETED").await;
    }
    let store = cluster.database.store().await;
    let histories = async || {
        let mut all: Vec<Vec<Event>> = Vec::new();
        for id in &ids {
            all.push(store.history(TENANT.parse().unwrap(), id.parse().unwrap()).await.unwrap());
        }
        all
    };
    let before = histories().await;
    a.signal("-CONT");
    // What it does now, it does after what it was about to do.
    let later = cluster.stage.book(&a, 9).await;
    cluster.stage.until(&a, &later, "COMPLETED").await;
    until("it has done with what it had", async || {
        let (_, metrics) = cluster.stage.get(&a, "/metrics").await;
        metrics.lines().any(|line| line.starts_with("CB_SUBMIT_FAILED ") && !line.ends_with(" 0"))
    })
    .await;
    assert_eq!(histories().await, before, "the sleeper changed what others had ended");
    cluster.balance(&[&a, &b]);
    cluster.check(&b, &[ids, vec![later]].concat(), &[]).await;
}
