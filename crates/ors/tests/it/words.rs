//! The words on the wire, read by one who knows nothing of the adapter's types.

use std::collections::BTreeMap;
use std::sync::Arc;

use ges_contracts::orchestrator::start;
use ges_domain::effect::Signal;
use ges_domain::id::Attempt;
use ges_domain::name::RegionName;
use ges_domain::service::CallDirection;
use ges_ors::{Body, Config};
use ges_ports::{Orchestrator, SessionRequest};
use ges_simulators as sim;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::given::{adapter, begun, cancel, clock, config, lives, pretended};

fn form(received: &sim::Received) -> BTreeMap<String, String> {
    form_urlencoded::parse(received.body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn a_start_is_a_form_with_the_fields_of_the_contract() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let region = RegionName::parse("eu-west").unwrap();
    let request = SessionRequest { regions: vec![region], ..start(7) };
    begun(&ors, &request).await;

    let received = peer.received().remove(0);
    assert_eq!((&*received.method, &*received.path), ("POST", "/scxml/session/start"));
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
    let id = request.callback.id.to_string();
    assert_eq!(received.header("x-correlation-id"), Some(&*id));
    let mut fields = form(&received);
    let params: Value = serde_json::from_str(&fields.remove("params").unwrap()).unwrap();
    let expected = json!({
        "v": "1", "type": "start", "callbackId": id, "attempt": "1",
        "tenantId": request.callback.tenant.to_string(),
        "service": "CB_Sales", "vq": "CB_Sales_VQ",
        "src": "http://designer.test/apps/callback/main.scxml",
        "gesUrl": "http://127.0.0.1:9", "updateToken": "a-token-that-nobody-guesses-7",
        "region": "eu-west", "createdAt": "1772442090000", "expiresAt": "1772445600000",
        "corrId": id,
    });
    assert_eq!(serde_json::to_value(&fields).unwrap(), expected);
    assert_eq!(
        params,
        json!({
            "callbackId": id, "customerNumber": "+14155550007", "direction": "USERTERMINATED",
            "desiredTime": "2026-03-02T09:00:00.000Z",
            "priority": 160, "priorityIncrement": 10, "priorityIncrementInterval": 60,
            "priorityLimit": 1000, "interactionAge": 90,
            "routePoint": "8000", "surveyRP": "8001", "language": "de-AT",
            "outboundCallerId": "+14155550000", "maxDialAttempts": 3,
            "redialIntervalSeconds": 600, "ringTimeoutSeconds": 60,
            "userData": { "account": { "tier": "gold", "since": 2019 }, "note": "„ü“ 😀" },
        })
    );
}

#[tokio::test]
async fn a_start_in_json_says_the_same() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let mut request = start(7);
    Arc::make_mut(&mut request.callback.settings).call_direction = CallDirection::UserOriginated;
    for body in [Body::Form, Body::Json] {
        let ors = adapter(Config { body, ..config(&[peer.url()]) }, &clock());
        begun(&ors, &request).await;
        request.attempt = Attempt::FIRST;
    }
    let [first, second] = &peer.received()[..] else { panic!("two starts were sent") };
    assert_eq!(second.header("content-type"), Some("application/json"));
    assert_eq!(serde_json::to_value(form(first)).unwrap(), second.json());
    assert!(first.body.contains("USERORIGINATED"));
}

#[tokio::test]
async fn a_signal_is_an_event_with_its_fields() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let ors = adapter(Config { body: Body::Json, ..config(&[peer.url()]) }, &clock());
    let session = begun(&ors, &start(1)).await;
    let id = session.callback.to_string();
    let desired_at = "2026-03-02T10:15:00Z".parse().unwrap();
    for (signal, event, fields) in [
        (
            Signal::Priority { priority: 500 },
            "callback.priority",
            json!({ "callbackId": id, "priority": "500" }),
        ),
        (
            Signal::Reschedule { desired_at },
            "callback.reschedule",
            json!({ "callbackId": id, "desiredTime": "2026-03-02T10:15:00.000Z" }),
        ),
        (
            cancel(),
            "callback.cancel",
            json!({ "callbackId": id, "reason": "CANCELLED", "by": "ui", "corrId": id }),
        ),
    ] {
        peer.forget();
        assert!(ors.signal(&session, &signal).await.unwrap());
        let received = peer.received().remove(0);
        let path = format!("/scxml/session/{}/event/{event}", session.session);
        assert_eq!((&*received.method, received.path), ("POST", path));
        assert_eq!(serde_json::from_str::<Value>(&received.body).unwrap(), fields);
    }
}

#[tokio::test]
async fn a_session_tells_where_it_stands() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let session = begun(&ors, &start(1)).await;
    assert!(ors.signal(&session, &Signal::Priority { priority: 777 }).await.unwrap());
    let said = lives(&ors, &session).await.diagnostics;
    assert_eq!(said.priority, Some(777));
    assert!(said.interaction_id.is_some());
}

#[tokio::test]
async fn every_form_of_a_receipt_is_understood() {
    use sim::ors::StartReply;

    for start_reply in [StartReply::Bare, StartReply::Json, StartReply::Empty] {
        for prefixed_ids in [false, true] {
            let nodes = sim::OrsConfig { start_reply, prefixed_ids, ..sim::OrsConfig::default() };
            let peer = pretended(nodes).await;
            let ors = adapter(config(&[peer.url()]), &clock());
            let session = begun(&ors, &start(1)).await;
            assert_eq!(session.session.as_str(), peer.sessions()[0].id, "{start_reply:?}");
            lives(&ors, &session).await;
        }
    }
}

#[tokio::test]
async fn a_session_can_be_asked_and_ended() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let session = begun(&ors, &start(1)).await;
    let fields = [("reason", String::from("curiosity"))];
    let place = ors.request(&session, "check-queue-position", &fields).await.unwrap().unwrap();
    assert!(place.get("positionInQueue").is_some());
    assert!(ors.terminate(&session).await.unwrap());
    assert!(!ors.terminate(&session).await.unwrap(), "it is gone");
    assert_eq!(ors.request(&session, "check-queue-position", &fields).await.unwrap(), None);
}
