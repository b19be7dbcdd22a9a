//! What a customer lives through.

use ges_simulators::OrsConfig;
use ges_simulators::ors::{DialResult, Script};
use serde_json::json;

use crate::checker::{calls_once, check};
use crate::stage::{Stage, phone, quick};

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_is_booked_dispatched_and_completed() {
    let stage = Stage::set().await;
    let node = stage.open().await;
    let id = stage.book(&node, 1).await;
    let done = stage.until(&node, &id, "COMPLETED").await;
    assert_eq!(done["callbackReason"], "AGENT_CONNECTED");
    let calls = stage.ors.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].callback_id.as_str(), calls[0].number.as_str()), (&*id, &*phone(1)));
    check(&stage, &node, &[id]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_does_not_answer_is_dialled_again_by_the_same_session() {
    let script = Script {
        dials: vec![DialResult::NoAnswer, DialResult::Busy, DialResult::Person],
        ..quick()
    };
    let stage = Stage::with(OrsConfig::default().script(script)).await;
    let node = stage.open().await;
    let id = stage.book(&node, 1).await;
    let done = stage.until(&node, &id, "COMPLETED").await;
    assert_eq!(done["callbackReason"], "AGENT_CONNECTED");
    assert_eq!(stage.ors.calls().len(), 3);
    calls_once(&stage.ors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_in_its_queue_can_be_cancelled_and_nobody_is_called() {
    let script = Script { queue_ms: 600_000, ..quick() };
    let stage = Stage::with(OrsConfig::default().script(script)).await;
    let node = stage.open().await;
    let id = stage.book(&node, 1).await;
    stage.until(&node, &id, "QUEUED").await;
    let cancelled = stage.ask(&node, "/callbacks/cancel", &json!({"id": id})).await;
    assert_eq!(cancelled.id(), id);
    let done = stage.retrieve(&node, &id).await;
    assert_eq!(done["callbackReason"], "CANCELLED");
    let again = stage.ask(&node, "/callbacks/cancel", &json!({"id": id})).await;
    assert_eq!(again.status, 200, "cancelling twice is cancelling once");
    // Its session is told, and leaves.
    for _look in 0..200 {
        if stage.ors.sessions().is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(stage.ors.calls().is_empty(), "nobody was called");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_for_one_start_call_once() {
    let stage = Stage::set().await;
    stage.ors.misbehave(|knobs| knobs.duplicate_start = 5);
    let node = stage.open().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(stage.book(&node, number).await);
    }
    check(&stage, &node, &ids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_two_nodes_answers_from_the_one_that_owns_the_session() {
    let stage = Stage::with(OrsConfig::default().two_nodes().script(quick())).await;
    let node = stage.open().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(stage.book(&node, number).await);
    }
    check(&stage, &node, &ids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_callback_is_moved_and_waits_for_its_time() {
    let stage = Stage::set().await;
    let node = stage.open().await;
    let (status, text) = stage
        .get(
            &node,
            "/engagement/v3/callbacks/availability/CB_Support?numberOfDays=3&maxTimeSlots=9",
        )
        .await;
    assert_eq!(status, 200, "{text}");
    let page: serde_json::Value = serde_json::from_str(&text).unwrap();
    let slots = page["data"]["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 9);
    assert_eq!(page["data"]["durationMin"], 30);
    let at = |index: usize| slots[index]["utcTime"].clone();
    let body = json!({
        "serviceName": "CB_Support", "phoneNumber": phone(1), "desiredTime": at(3),
    });
    let id = stage.ask(&node, "/callbacks/create", &body).await.id();
    let moved = json!({"id": id, "desiredTime": at(5)});
    let said = stage.ask(&node, "/callbacks/reschedule", &moved).await;
    assert_eq!(said.status, 200, "{said:?}");
    let waiting = stage.retrieve(&node, &id).await;
    assert_eq!(waiting["callbackState"], "SCHEDULED");
    assert_eq!(waiting["desiredTime"], at(5));
    let (_, text) = stage
        .get(
            &node,
            "/engagement/v3/callbacks/availability/CB_Support?numberOfDays=3&maxTimeSlots=9",
        )
        .await;
    let page: serde_json::Value = serde_json::from_str(&text).unwrap();
    let left: Vec<i64> = page["data"]["slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["capacity"].as_i64().unwrap())
        .collect();
    assert_eq!((left[3], left[5]), (7, 6), "{left:?}");
    assert!(stage.ors.calls().is_empty());
}
