//! A URS answers as the contract says, from the true state of the centre.

use std::time::Duration;

use ges_simulators::centre::Plan;
use ges_simulators::{Clock, Floor, Ors, OrsConfig, Urs, UrsConfig};
use serde_json::{Value, json};

use crate::asks::client;
use crate::owner::Owner;

const VQ: &str = "CB_Sales_VQ";

async fn get(urs: &Urs, path: &str) -> (u16, Value) {
    let response = client().get(format!("{}{path}", urs.url())).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

fn floor(plan: Plan) -> Floor {
    Floor::open(Clock::stepped(1_767_225_600_000), plan).unwrap()
}

#[tokio::test]
async fn both_forms_and_all_three_times_answer_from_the_true_state() {
    let floor = floor(Plan::demo(1));
    let urs = Urs::start(UrsConfig::default().floor(floor.clone())).await;
    let (status, nothing) = get(&urs, &format!("/urs/call/max/lvq?name={VQ}&tenant=T")).await;
    assert_eq!((status, nothing), (200, json!({})), "nobody ever entered");
    floor.clock().advance(Duration::from_hours(8));
    for aqt in ["stat", "urs", "urs2"] {
        let (_, by_name) = get(&urs, &format!("/urs/call/max/lvq?name={VQ}&aqt={aqt}")).await;
        let (_, by_path) = get(&urs, &format!("/urs/call/max/lvq/{VQ}?aqt={aqt}")).await;
        assert_eq!(by_name, by_path);
        let queue = floor.now(|centre| centre.queue(VQ)).unwrap();
        assert_eq!(by_name["wcalls"], queue.waiting);
        assert_eq!(by_name["wpos"], queue.waiting + 1);
        assert_eq!(by_name["time"], 1_767_225_600 + 8 * 3_600);
        assert!(by_name["ewt"].as_i64().unwrap() >= 0 && by_name["hit"] == 32);
    }
}

#[tokio::test]
async fn without_agents_the_wait_is_unknown() {
    let floor = floor(Plan::demo(1));
    let urs = Urs::start(UrsConfig::default().floor(floor.clone())).await;
    floor.clock().advance(Duration::from_hours(1));
    for group in ["sales", "both"] {
        assert!(floor.now(|centre| centre.set_agents(group, 0)));
    }
    floor.clock().advance(Duration::from_hours(1));
    let (_, said) = get(&urs, &format!("/urs/call/max/lvq?name={VQ}&aqt=urs2")).await;
    assert_eq!(said["ewt"], -1);
    assert!(said["hit"].as_i64().unwrap() > 0 && said["wcalls"].as_i64().unwrap() > 0);
    let (_, pace) = get(&urs, &format!("/urs/call/max/lvq?name={VQ}&aqt=urs")).await;
    assert!(pace["ewt"].as_i64().unwrap() > 0, "the pace ignores who is there");
}

#[tokio::test]
async fn a_group_of_queues_is_one_queue() {
    let floor = floor(Plan::demo(1));
    let config = UrsConfig::default().floor(floor.clone()).group("All.GQ", &[VQ, "CB_Support_VQ"]);
    let urs = Urs::start(config).await;
    floor.clock().advance(Duration::from_hours(2));
    let (_, all) = get(&urs, "/urs/call/max/lvq/All.GQ").await;
    let waiting: usize = floor.now(|c| c.queues().iter().map(|queue| queue.waiting).sum());
    assert_eq!(all["wcalls"], waiting);
}

#[tokio::test]
async fn a_test_can_lay_the_answer_down_and_the_backup_stays_silent() {
    let urs = Urs::start(UrsConfig::default()).await;
    urs.set_wait("sales", Duration::from_mins(5));
    let (_, said) = get(&urs, "/urs/call/max/lvq?name=sales").await;
    assert_eq!((&said["ewt"], &said["pos"]), (&json!(300), &json!(4)));
    urs.misbehave(|knobs| knobs.strings = true);
    let (_, said) = get(&urs, "/urs/call/max/lvq?name=sales").await;
    assert_eq!((&said["ewt"], &said["pos"]), (&json!("300"), &json!("4")));
    urs.close("sales");
    let (_, said) = get(&urs, "/urs/call/max/lvq?name=sales").await;
    assert_eq!(said["ewt"], "-1");
    urs.misbehave(|knobs| knobs.backup = true);
    assert_eq!(get(&urs, "/urs/call/max/lvq?name=sales").await.0, 503);
    urs.misbehave(|knobs| knobs.backup = false);
    assert_eq!(get(&urs, "/urs/call/max/lvq").await.0, 400);
    assert_eq!(get(&urs, "/urs/call/max/lvq?name=a&aqt=all").await.0, 400);
    assert_eq!(get(&urs, "/urs/call/0000034B1C2D3E4F/lvq?name=a").await.0, 404);
    assert_eq!(get(&urs, "/urs/call/max/dance").await.0, 404);
    assert_eq!(get(&urs, "/urs/help").await.0, 200);
}

/// Starts callbacks on an ORS that shares a floor with a URS.
#[tokio::test]
async fn callbacks_stand_in_the_same_queue_as_callers_and_are_all_completed() {
    let owner = Owner::start();
    let floor = floor(Plan::demo(7));
    let ors = Ors::start(OrsConfig::default().floor(floor.clone())).await;
    let urs = Urs::start(UrsConfig::default().floor(floor.clone())).await;
    floor.now(|centre| centre.set_agents("both", 0));
    ors.advance(Duration::from_hours(1)).await;
    for n in 0..12 {
        let start = format!("{}/scxml/session/start", ors.url());
        let body = owner.start_of(&format!("c-{n}"), 1);
        let session = client().post(start).json(&body).send().await.unwrap();
        assert_eq!(session.status(), 200);
    }
    ors.advance(Duration::from_secs(1)).await;
    let waiting = ors.sessions().into_iter().find(|s| s.agent.is_none()).unwrap();
    let query = format!("{}/scxml/session/{}/query", ors.url(), waiting.id);
    let said: Value = client().get(query).send().await.unwrap().json().await.unwrap();
    let interaction = said["data"]["interactionId"].as_str().unwrap();
    let (_, own) = get(&urs, &format!("/urs/call/{interaction}/lvq?name={VQ}")).await;
    assert_eq!(own["pos"], said["data"]["positionInQueue"]);
    let (_, all) = get(&urs, &format!("/urs/call/max/lvq?name={VQ}")).await;
    assert!(all["wpos"].as_u64() > own["pos"].as_u64());
    ors.advance(Duration::from_hours(6)).await;
    assert!(ors.sessions().is_empty());
    let story = owner.story();
    let ends: Vec<_> = story.iter().filter(|word| word.starts_with("COMPLETED")).collect();
    assert_eq!(ends.len(), 12, "{story:?}");
    assert!(ends.iter().filter(|end| end.ends_with("AGENT_CONNECTED")).count() >= 10);
    assert!(ors.calls().len() >= 12);
}

#[tokio::test]
async fn a_queue_that_is_not_there_takes_no_callback() {
    let owner = Owner::start();
    let ors = Ors::start(OrsConfig::default().floor(floor(Plan::demo(1)))).await;
    let mut body = owner.start_of("c-1", 1);
    body["vq"] = json!("nowhere");
    let start = format!("{}/scxml/session/start", ors.url());
    client().post(start).json(&body).send().await.unwrap();
    ors.advance(Duration::from_secs(1)).await;
    assert_eq!(owner.story(), ["started", "COMPLETED FAIL_QUEUEING"]);
}

#[tokio::test]
async fn a_callback_rises_by_its_increments_up_to_its_limit() {
    let owner = Owner::start();
    let floor = floor(Plan::demo(1));
    let ors = Ors::start(OrsConfig::default().floor(floor.clone())).await;
    floor.now(|centre| {
        assert!(centre.set_agents("sales", 0) && centre.set_agents("both", 0));
        assert!(centre.set_arrivals(VQ, 0.0));
    });
    let start = |callback: &str, params: Value| {
        let mut body = owner.start_of(callback, 1);
        body["params"] = params;
        client().post(format!("{}/scxml/session/start", ors.url())).json(&body).send()
    };
    let rising = json!({"priority": 0, "priorityIncrement": 10, "priorityIncrementInterval": 60,
        "priorityLimit": 30});
    let session = start("rises", rising).await.unwrap().text().await.unwrap();
    start("first", json!({"priority": 5})).await.unwrap();
    start("highest", json!({"priority": 35})).await.unwrap();
    ors.settle().await;
    let place = async || -> Value {
        let url = format!("{}/scxml/session/{session}/query", ors.url());
        let said: Value = client().get(url).send().await.unwrap().json().await.unwrap();
        said["data"]["positionInQueue"].clone()
    };
    assert_eq!(place().await, 3);
    ors.advance(Duration::from_secs(61)).await;
    assert_eq!(place().await, 2);
    ors.advance(Duration::from_mins(10)).await;
    assert_eq!(place().await, 2, "its limit is below the highest");
}
