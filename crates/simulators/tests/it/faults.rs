//! Every neighbour can fail on the wire in the same ways, and says what it received.

use std::time::Duration;

use ges_simulators::{Action, Answer, Fault, Ors, OrsConfig};
use serde_json::json;

use crate::asks::patient_for;

fn client() -> reqwest::Client {
    patient_for(Duration::from_millis(400)).build().unwrap()
}

async fn help(ors: &Ors) -> reqwest::Result<reqwest::Response> {
    client().get(format!("{}/ors/help", ors.url())).send().await
}

#[tokio::test]
async fn a_fault_meets_the_next_request_and_then_all_is_well() {
    let ors = Ors::start(OrsConfig::default()).await;
    ors.fail_next(503);
    ors.answer_with(Answer::json(418, &json!({"tea": true})).with("x-pot", "1"));
    assert_eq!(help(&ors).await.unwrap().status(), 503);
    let tea = help(&ors).await.unwrap();
    assert_eq!((tea.status().as_u16(), tea.headers()["x-pot"].to_str().unwrap()), (418, "1"));
    assert_eq!(help(&ors).await.unwrap().status(), 200);
    let statuses: Vec<_> = ors.received().iter().map(|received| received.status).collect();
    assert_eq!(statuses, [Some(503), Some(418), Some(200)]);
}

#[tokio::test]
async fn a_connection_can_stall_break_and_lie() {
    let ors = Ors::start(OrsConfig::default()).await;
    ors.stall_next();
    assert!(help(&ors).await.unwrap_err().is_timeout());
    ors.hang_up_next();
    assert!(help(&ors).await.unwrap_err().is_request());
    ors.inject(Fault::once(Action::Reset));
    assert!(help(&ors).await.unwrap_err().is_request());
    ors.inject(Fault::once(Action::Truncate));
    let half = help(&ors).await.unwrap();
    assert_eq!(half.status(), 200);
    assert!(half.bytes().await.is_err());
    ors.inject(Fault::once(Action::Garbage));
    let garbage = help(&ors).await.unwrap();
    assert!(garbage.json::<serde_json::Value>().await.is_err());
    ors.inject(Fault::once(Action::Huge { bytes: 1_000_000 }));
    assert_eq!(help(&ors).await.unwrap().bytes().await.unwrap().len(), 1_000_000);
    ors.inject(Fault::once(Action::Drip { ms: 50 }));
    let dripping = help(&ors).await.unwrap();
    assert!(dripping.bytes().await.unwrap_err().is_timeout());
    ors.inject(Fault::once(Action::RedirectLoop));
    let round = help(&ors).await.unwrap();
    assert_eq!(round.status(), 307);
    assert_eq!(round.headers()["location"], "/ors/help");
    ors.inject(Fault::always(Action::Delay { ms: 500 }));
    assert!(help(&ors).await.unwrap_err().is_timeout());
    ors.heal();
    assert_eq!(help(&ors).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_request_can_take_effect_although_its_answer_is_lost() {
    let ors = Ors::start(OrsConfig::default()).await;
    ors.inject(Fault::once(Action::HangUp).on_path("/start").after_effect());
    let start = format!("{}/scxml/session/start", ors.url());
    let sent = client().post(start).form(&[("src", "http://127.0.0.1:1/m")]).send().await;
    assert!(sent.is_err());
    assert_eq!(ors.sessions().len(), 1);
}

#[tokio::test]
async fn a_stopped_peer_refuses_connections() {
    let ors = Ors::start(OrsConfig::default()).await;
    ors.stop().await;
    assert!(help(&ors).await.unwrap_err().is_connect());
}
