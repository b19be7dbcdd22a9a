//! Power cuts and shutdowns: what was answered 200 is there afterwards.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::checker::{all, check};
use crate::stage::{Stage, phone};

/// Books as fast as it can until told to stop; answers what was acknowledged.
pub(crate) async fn crowd(
    stage: &Stage,
    node: &crate::node::Node,
    customers: Range<u32>,
    stop: &AtomicBool,
) -> Vec<String> {
    let one = |customer: u32| async move {
        let mut acknowledged = Vec::new();
        for turn in 0..10_000_u32 {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let body = json!({
                "serviceName": "CB_Support", "phoneNumber": phone(customer * 10 + turn % 5),
            });
            match stage.try_ask(node, "/callbacks/create", &body, None).await {
                Some(said) if said.status == 200 => acknowledged.push(said.id()),
                // Throttled, or the node is gone.
                Some(_) | None => break,
            }
        }
        acknowledged
    };
    futures::future::join_all(customers.map(one)).await.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_power_cut_and_is_kept() {
    let stage = Arc::new(Stage::set().await);
    let mut node = stage.open().await;
    let stop = AtomicBool::new(false);
    let mut acknowledged = Vec::new();
    for _cut in 0..3 {
        // The cut comes in the middle of bookings and of dispatch.
        let (booked, ()) = tokio::join!(crowd(&stage, &node, 0..8, &stop), async {
            let begun = std::time::Instant::now();
            while begun.elapsed() < std::time::Duration::from_millis(400) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            node.signal("-KILL");
        });
        acknowledged.extend(booked);
        node.kill();
        node = stage.again(&node);
    }
    assert!(acknowledged.len() > 20, "only {} were booked", acknowledged.len());
    let stored = all(&stage, &node).await;
    for id in &acknowledged {
        assert!(stored.contains_key(id), "{id} was answered 200 and is gone");
    }
    check(&stage, &node, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_a_power_cut_gets_the_first_answer() {
    let stage = Stage::set().await;
    let mut node = stage.open().await;
    let body = json!({"serviceName": "CB_Support", "phoneNumber": phone(1)});
    let ask = async |node: &crate::node::Node| {
        stage.try_ask(node, "/callbacks/create", &body, Some("one-key")).await.unwrap().id()
    };
    let first = ask(&node).await;
    node.kill();
    let node = stage.again(&node);
    assert_eq!(ask(&node).await, first);
    assert_eq!(all(&stage, &node).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_finishes_what_it_has() {
    let stage = Stage::set().await;
    let mut node = stage.open().await;
    let stop = AtomicBool::new(false);
    let begun = std::time::Instant::now();
    let (acknowledged, ()) = tokio::join!(crowd(&stage, &node, 0..4, &stop), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        node.signal("-TERM");
    });
    assert!(node.stop(), "it ended with an error");
    assert!(begun.elapsed() < std::time::Duration::from_secs(25), "the drain took too long");
    let node = stage.again(&node);
    check(&stage, &node, &acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orchestration_server_that_hangs_up_loses_nothing() {
    let stage = Stage::set().await;
    let node = stage.open().await;
    for _fault in 0..3 {
        stage.ors.fail_next(503);
    }
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(stage.book(&node, number).await);
    }
    check(&stage, &node, &ids).await;
}
