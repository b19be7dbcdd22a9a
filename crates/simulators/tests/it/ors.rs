//! An ORS lives, reports and obeys as the contract says.

use std::time::Duration;

use ges_simulators::ors::{DialResult, Script, State};
use ges_simulators::{Clock, Ors, OrsConfig};
use serde_json::{Value, json};

use crate::asks::client;
use crate::owner::Owner;

const SECOND: Duration = Duration::from_secs(1);

async fn stepped(script: Script) -> (Owner, Ors) {
    let config = OrsConfig::default().clock(Clock::stepped(1_767_225_600_000)).script(script);
    (Owner::start(), Ors::start(config).await)
}

async fn start(ors: &Ors, body: &Value) -> String {
    let url = format!("{}/scxml/session/start", ors.url());
    let response = client().post(url).json(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

async fn event(ors: &Ors, session: &str, name: &str, body: Value) -> u16 {
    let url = format!("{}/scxml/session/{session}/event/{name}", ors.url());
    client().post(url).json(&body).send().await.unwrap().status().as_u16()
}

async fn query(url: &str, session: &str) -> reqwest::Response {
    client().get(format!("{url}/scxml/session/{session}/query")).send().await.unwrap()
}

#[tokio::test]
async fn a_callback_is_queued_routed_dialled_and_completed() {
    let (owner, ors) = stepped(Script::default()).await;
    let session = start(&ors, &owner.start_of("c-1", 1)).await;
    ors.advance(SECOND).await;
    let said: Value = query(ors.url(), &session).await.json().await.unwrap();
    assert_eq!(said["state"], "active");
    assert_eq!(said["data"]["callbackState"], "QUEUED");
    assert_eq!(said["data"]["positionInQueue"], 1);
    assert_eq!(said["data"]["ewt"], 1);
    ors.advance(10 * SECOND).await;
    assert_eq!(
        owner.story(),
        ["started", "ROUTING", "PROCESSING", "storage", "storage", "COMPLETED AGENT_CONNECTED"]
    );
    let updates = owner.updates();
    assert!(updates.iter().all(|update| update.token == "Bearer token-c-1-1"));
    assert_eq!(updates[0].body["sessionId"], session);
    let seqs: Vec<_> = updates.iter().filter_map(|update| update.body["seq"].as_u64()).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(updates[2].body["dial"]["result"], "PERSON");
    assert_eq!(updates[3].method, "PATCH");
    assert_eq!(query(ors.url(), &session).await.status(), 404);
    let calls = ors.calls();
    assert_eq!((calls.len(), calls[0].number.as_str()), (1, "+14155550101"));
    assert_eq!((calls[0].callback_id.as_str(), calls[0].attempt), ("c-1", 1));
    assert_eq!(calls[0].result, Some(DialResult::Person));
}

#[tokio::test]
async fn a_customer_who_is_not_reached_is_dialled_again_until_the_attempts_are_used_up() {
    let dials = vec![DialResult::NoAnswer, DialResult::Busy, DialResult::AnsweringMachine];
    let (owner, ors) = stepped(Script { dials, rejects: 1, ..Script::default() }).await;
    start(&ors, &owner.start_of("c-1", 1)).await;
    ors.advance(60 * SECOND).await;
    let (routing, queued) = ("ROUTING", "QUEUED");
    assert_eq!(
        owner.story(),
        [
            "started",
            routing,
            queued,
            routing,
            queued,
            routing,
            queued,
            routing,
            "COMPLETED FAIL_CALL_TO_CUSTOMER"
        ]
    );
    let results: Vec<_> = ors.calls().iter().filter_map(|call| call.result).collect();
    assert_eq!(results, [DialResult::NoAnswer, DialResult::Busy, DialResult::AnsweringMachine]);
}

#[tokio::test]
async fn a_later_dial_can_be_left_to_the_owner() {
    let dials = vec![DialResult::NoAnswer];
    let (owner, ors) = stepped(Script { dials, hand_back: true, ..Script::default() }).await;
    start(&ors, &owner.start_of("c-1", 1)).await;
    ors.advance(60 * SECOND).await;
    assert_eq!(owner.story(), ["started", "ROUTING", "PROCESSING", "SCHEDULED"]);
    let last = owner.updates().pop().unwrap().body;
    assert_eq!(last["nextDesiredTime"].as_i64().unwrap() - last["at"].as_i64().unwrap(), 5_000);
}

#[tokio::test]
async fn the_same_callback_and_attempt_is_started_once() {
    let (owner, ors) = stepped(Script::default()).await;
    let first = start(&ors, &owner.start_of("c-1", 1)).await;
    let again = start(&ors, &owner.start_of("c-1", 1)).await;
    let next = start(&ors, &owner.start_of("c-1", 2)).await;
    assert_eq!(first, again);
    assert_ne!(first, next);
    assert_eq!(ors.sessions().len(), 2);
    ors.settle().await;
    assert_eq!(owner.story(), ["started"; 3]);
}

#[tokio::test]
async fn a_session_whose_update_came_too_late_goes_on() {
    for word in ["stale_seq: a newer update was taken", "illegal_transition: no such step"] {
        let (owner, ors) = stepped(Script::default()).await;
        owner.answer([204]);
        owner.say(409, word);
        start(&ors, &owner.start_of("c-1", 1)).await;
        ors.advance(60 * SECOND).await;
        let story = owner.story();
        assert_eq!(story.last().map(String::as_str), Some("COMPLETED AGENT_CONNECTED"), "{word}");
        assert_eq!(story.iter().filter(|it| *it == "ROUTING").count(), 1, "it is not said again");
    }
    let (owner, ors) = stepped(Script::default()).await;
    owner.answer([204]);
    owner.say(409, "superseded: attempt 2 has taken over");
    start(&ors, &owner.start_of("c-1", 1)).await;
    ors.advance(60 * SECOND).await;
    assert_eq!(owner.story(), ["started", "ROUTING"]);
    assert!(ors.calls().is_empty());
}

#[tokio::test]
async fn updates_overtake_each_other_where_a_knob_is_turned() {
    let script = Script {
        queue_ms: 40,
        route_ms: 20,
        ring_ms: 20,
        talk_ms: 40,
        rejects: 2,
        ..Script::default()
    };
    let config = OrsConfig::default().clock(Clock::running(1.0)).script(script);
    let (owner, ors) = (Owner::start(), Ors::start(config).await);
    ors.misbehave(|knobs| knobs.updates_overtake = true);
    for number in 0..6 {
        start(&ors, &owner.start_of(&format!("c-{number}"), 1)).await;
    }
    let begun = std::time::Instant::now();
    let completed = || {
        let updates = owner.updates();
        let last = updates.iter().filter(|update| update.body["state"] == "COMPLETED");
        last.map(|update| update.path.clone()).collect::<std::collections::BTreeSet<_>>().len()
    };
    while completed() < 6 {
        assert!(begun.elapsed() < 30 * SECOND, "{:?}", owner.story());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ors.settle().await;
    let (mut late, mut twice) = (0, 0);
    for number in 0..6 {
        let of = |update: &crate::owner::Update| update.path.contains(&format!("/c-{number}/"));
        let updates: Vec<_> = owner.updates().into_iter().filter(of).collect();
        let seqs: Vec<_> = updates.iter().filter_map(|it| it.body["seq"].as_u64()).collect();
        late += seqs.windows(2).filter(|pair| pair[0] > pair[1]).count();
        for kind in ["started", "storage"] {
            assert!(updates.iter().any(|it| it.path.ends_with(kind)), "nothing is lost");
        }
        let mut all = seqs.clone();
        all.sort_unstable();
        all.dedup();
        twice += seqs.len() - all.len();
        let newest = all.last().copied().unwrap();
        assert_eq!(all, (1..=newest).collect::<Vec<_>>(), "nothing is lost: {seqs:?}");
    }
    assert!(late >= 6, "only {late} came late");
    assert!(twice >= 6, "only {twice} came twice");
}

#[tokio::test]
async fn a_superseded_session_ends_itself_before_any_phone_rings() {
    for refusal in [401, 404, 409, 410] {
        let (owner, ors) = stepped(Script::default()).await;
        owner.answer([204, refusal]);
        start(&ors, &owner.start_of("c-1", 1)).await;
        ors.advance(60 * SECOND).await;
        assert_eq!(owner.story(), ["started", "ROUTING"], "{refusal}");
        assert!(ors.sessions().is_empty() && ors.calls().is_empty(), "{refusal}");
    }
}

#[tokio::test]
async fn an_update_is_repeated_while_the_owner_is_away_and_no_phone_rings_meanwhile() {
    let (owner, ors) = stepped(Script::default()).await;
    owner.answer([503, 500, 502, 503]);
    start(&ors, &owner.start_of("c-1", 1)).await;
    // 200 + 400 + 800 ms have passed, the next try comes 1.6 s later.
    ors.advance(Duration::from_millis(2_900)).await;
    assert_eq!(owner.story(), ["started"; 4]);
    assert!(ors.calls().is_empty());
    ors.advance(10 * SECOND).await;
    assert_eq!(owner.story().last().unwrap(), "COMPLETED AGENT_CONNECTED");
}

#[tokio::test]
async fn an_owner_who_never_hears_of_a_session_gets_no_call_of_it() {
    let (owner, ors) = stepped(Script::default()).await;
    let mut body = owner.start_of("c-1", 1);
    body["gesUrl"] = json!("http://127.0.0.1:1");
    start(&ors, &body).await;
    ors.advance(150 * SECOND).await;
    assert!(ors.sessions().is_empty() && ors.calls().is_empty());
    assert!(ors.reports().len() > 10 && ors.reports().iter().all(|told| told.status.is_none()));
}

#[tokio::test]
async fn events_steer_a_session() {
    let (owner, ors) = stepped(Script { queue_ms: 60_000, ..Script::default() }).await;
    let cancelled = start(&ors, &owner.start_of("c-1", 1)).await;
    let moved = start(&ors, &owner.start_of("c-2", 1)).await;
    let raised = start(&ors, &owner.start_of("c-3", 1)).await;
    ors.settle().await;
    let body = json!({"callbackId": "c-1", "reason": "CANCELLED", "by": "api"});
    assert_eq!(event(&ors, &cancelled, "callback.cancel", body).await, 200);
    let body = json!({"callbackId": "c-2", "desiredTime": 1_767_229_200_000_i64});
    assert_eq!(event(&ors, &moved, "callback.reschedule", body).await, 200);
    assert_eq!(event(&ors, &raised, "callback.priority", json!({"priority": 500})).await, 200);
    let dying: Value = query(ors.url(), &cancelled).await.json().await.unwrap();
    assert_eq!(dying["state"], "terminating");
    ors.advance(Duration::from_millis(200)).await;
    let mut last = owner.story().split_off(3);
    last.sort();
    assert_eq!(last, ["COMPLETED CANCELLED", "SCHEDULED"]);
    let given_back = owner.updates().into_iter().find(|u| u.body["state"] == "SCHEDULED").unwrap();
    assert_eq!(given_back.body["nextDesiredTime"], 1_767_229_200_000_i64);
    let left = ors.sessions();
    assert_eq!((left.len(), left[0].priority), (1, 500));
    assert_eq!(event(&ors, &cancelled, "callback.cancel", json!({})).await, 404);
}

#[tokio::test]
async fn a_user_originated_callback_waits_for_its_customer() {
    let (owner, ors) = stepped(Script::default()).await;
    let mut body = owner.start_of("c-1", 1);
    body["params"]["direction"] = json!("USERORIGINATED");
    let session = start(&ors, &body).await;
    ors.advance(60 * SECOND).await;
    assert_eq!(ors.sessions()[0].state, State::Queued);
    assert_eq!(event(&ors, &session, "callback.customer-ready", json!({})).await, 200);
    ors.advance(10 * SECOND).await;
    assert_eq!(owner.story().last().unwrap(), "COMPLETED AGENT_CONNECTED");
    assert!(ors.calls().is_empty(), "the customer called, nobody called the customer");
    let talks = owner.updates().into_iter().find(|u| u.body["state"] == "PROCESSING").unwrap();
    assert_eq!(talks.body["dial"]["result"], "USERORIGINATED_CONNECTED");
    assert_eq!(talks.body["dial"]["n"], 1);
}

#[tokio::test]
async fn a_node_points_to_the_owner_of_a_session() {
    let owner = Owner::start();
    let config = OrsConfig::default().clock(Clock::stepped_from_now()).two_nodes();
    let ors = Ors::start(config).await;
    let [a, b] = ors.urls() else { panic!("two nodes") };
    let accepted = client()
        .post(format!("{a}/ors/scxml/session/start"))
        .json(&owner.start_of("c-1", 1))
        .send()
        .await
        .unwrap();
    let cookie = accepted.headers()["set-cookie"].to_str().unwrap().to_owned();
    let session = accepted.text().await.unwrap();
    assert_eq!(cookie, format!("ORSSESSIONID={session}.node4665"));
    assert_eq!(query(a, &session).await.status(), 200);
    let pointed = query(b, &session).await;
    assert_eq!(pointed.status(), 307);
    assert_eq!(pointed.headers()["location"], format!("{a}/scxml/session/{session}/query"));
    ors.misbehave(|knobs| knobs.redirect_loop = true);
    assert_eq!(query(a, &session).await.status(), 307);
}

#[tokio::test]
async fn the_wire_refuses_what_the_peer_refuses() {
    let (owner, ors) = stepped(Script::default()).await;
    let session = start(&ors, &owner.start_of("c-1", 1)).await;
    let at = |path: &str| format!("{}/scxml/session/{path}", ors.url());
    let http = client();
    let get = http.get(at("start")).send().await.unwrap();
    assert_eq!((get.status().as_u16(), get.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let nothing = http.post(at("start")).form(&[("vq", "a")]).send().await.unwrap();
    assert_eq!(
        (nothing.status().as_u16(), nothing.text().await.unwrap().as_str()),
        (400, "src is missing")
    );
    let help = http.get(format!("{}/ors/help", ors.url())).send().await.unwrap();
    assert_eq!(help.status(), 200);
    let position = http.post(at(&format!("{session}/request/check-queue-position")));
    assert_eq!(position.send().await.unwrap().status(), 200);
    let mute = http.post(at(&format!("{session}/request/unheard-of"))).send().await.unwrap();
    assert_eq!(mute.status(), 504);
    let terminate = || http.post(at(&format!("{session}/terminate"))).send();
    assert_eq!(terminate().await.unwrap().status(), 200);
    let gone = terminate().await.unwrap();
    assert_eq!((gone.status().as_u16(), gone.text().await.unwrap().as_str()), (404, "Not Found"));
}

#[tokio::test]
async fn it_can_get_its_own_trade_wrong() {
    let (owner, ors) = stepped(Script::default()).await;
    ors.misbehave(|knobs| knobs.drop_start = 1);
    let dropped = start(&ors, &owner.start_of("c-1", 1)).await;
    assert_eq!(query(ors.url(), &dropped).await.status(), 404);
    ors.misbehave(|knobs| knobs.duplicate_start = 1);
    start(&ors, &owner.start_of("c-2", 1)).await;
    assert_eq!(ors.sessions().len(), 2);
    ors.misbehave(|knobs| knobs.lose_session_after_ms = Some(1_000));
    let lost = start(&ors, &owner.start_of("c-3", 1)).await;
    ors.advance(SECOND).await;
    assert_eq!(query(ors.url(), &lost).await.status(), 404);
    assert_eq!(owner.story(), ["started"; 3]);
    ors.misbehave(|knobs| knobs.update_token_wrong = true);
    start(&ors, &owner.start_of("c-4", 1)).await;
    ors.settle().await;
    assert_ne!(owner.updates().pop().unwrap().token, "Bearer token-c-4-1");
}

#[tokio::test]
async fn a_start_that_comes_too_late_is_reported_and_not_run() {
    let (owner, ors) = stepped(Script::default()).await;
    let mut body = owner.start_of("c-1", 1);
    body["expiresAt"] = json!(1_767_225_599_999_i64);
    start(&ors, &body).await;
    ors.advance(10 * SECOND).await;
    assert_eq!(owner.story(), ["COMPLETED EXPIRED"]);
}

#[tokio::test]
async fn the_knobs_show_what_the_handle_shows() {
    let (owner, ors) = stepped(Script::default()).await;
    start(&ors, &owner.start_of("c-1", 1)).await;
    let knob = |path: &str| format!("{}/_sim/{path}", ors.url());
    let sessions: Value =
        client().get(knob("sessions")).send().await.unwrap().json().await.unwrap();
    assert_eq!(sessions[0]["callbackId"], "c-1");
    let turned =
        client().put(knob("clock")).json(&json!({"advanceMs": 5_000})).send().await.unwrap();
    assert_eq!(turned.status(), 200);
    let wrong = client().put(knob("knobs")).json(&json!({"dropStart": "x"})).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
    client().put(knob("knobs")).json(&json!({"dropStart": 3})).send().await.unwrap();
    let state: Value = client().get(knob("state")).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["knobs"]["dropStart"], 3);
    let journal: Value = client().get(knob("journal")).send().await.unwrap().json().await.unwrap();
    assert_eq!(journal.as_array().unwrap().len(), 1);
    assert_eq!((&journal[0]["status"], &journal[0]["method"]), (&json!(200), &json!("POST")));
}
