//! The words on the wire, and what an answer's figures become.

use std::time::Duration;

use ges_contracts::given::{SALES, after_secs, now, tenant};
use ges_contracts::wait_times::about;
use ges_domain::name::QueueName;
use ges_ports::{Estimate, Place, Wait, WaitMode, WaitQuery, WaitTimes};
use ges_simulators as sim;
use ges_simulators::urs::Told;
use ges_urs::{Config, NameIn, Tenant};
use serde_json::json;

use crate::given::{adapter, config, look_up, node, pretended};

#[tokio::test]
async fn a_question_is_asked_in_the_words_of_the_configuration() {
    let peer = pretended().await;
    let named = Tenant { name: Some(String::from("Bank")), nodes: Vec::new() };
    let by_path = Config {
        name_in: NameIn::Path,
        send_calls_on_hold: true,
        tenants: [(tenant(1), named)].into(),
        ..config(&[peer.url()])
    };
    for (config, mode, path, words) in [
        (
            config(&[peer.url()]),
            WaitMode::Mode1,
            "lvq",
            "name=Sales%20VQ&tenant=Environment&aqt=urs",
        ),
        (
            config(&[peer.url()]),
            WaitMode::Mode2,
            "lvq",
            "name=Sales%20VQ&tenant=Environment&aqt=urs2",
        ),
        (by_path, WaitMode::Mode3, "lvq/Sales%20VQ", "tenant=Bank&aqt=stat&includeCallsOnHold=1"),
    ] {
        peer.forget();
        let queue = QueueName::parse("Sales VQ").unwrap();
        let query = WaitQuery { queue, mode, include_on_hold: true, ..about(SALES) };
        adapter(config).look_up(&query, now()).await.unwrap();
        let asked = peer.received().remove(0);
        assert_eq!(asked.method, "GET");
        assert_eq!(asked.path, format!("/urs/call/max/{path}"));
        assert_eq!(asked.query, words);
        assert_eq!(asked.header("accept"), Some("application/json"));
    }
}

#[tokio::test]
async fn the_figures_are_told_whether_they_are_numbers_or_texts() {
    for strings in [false, true] {
        let peer = pretended().await;
        peer.misbehave(|knobs| knobs.strings = strings);
        peer.tell("CB_Sales_VQ", Told { ewt: Some(96), calls: 3, hit: 32, wt: 71 });
        let told = look_up(&adapter(config(&[peer.url()])), SALES, now()).await.unwrap();
        let expected = Wait {
            estimate: Estimate::Known(96),
            waiting: Some(3),
            oldest_wait_secs: Some(71.0),
            average_secs: Some(24.0),
            distributed: Some(32),
            seen_at: now(),
        };
        assert_eq!(told, expected, "strings: {strings}");
    }
}

#[tokio::test]
async fn a_group_of_queues_is_asked_for_by_its_name() {
    let peer = pretended().await;
    peer.set_wait("All Sales.GQ", Duration::from_secs(40));
    let queue = QueueName::parse("All Sales.GQ").unwrap();
    let query = WaitQuery { queue, ..about(SALES) };
    let told = adapter(config(&[peer.url()])).look_up(&query, now()).await.unwrap();
    assert_eq!(told.estimate, Estimate::Known(40));
}

#[tokio::test]
async fn each_tenant_has_its_own_routers() {
    let (one, other) = (pretended().await, pretended().await);
    one.set_wait("CB_Sales_VQ", Duration::from_secs(10));
    other.set_wait("CB_Sales_VQ", Duration::from_secs(20));
    let own = Tenant { name: None, nodes: vec![node(other.url())] };
    let tenants = [(tenant(2), own)].into();
    let urs = adapter(Config { tenants, ..config(&[one.url()]) });
    for (number, secs) in [(1, 10), (2, 20), (3, 10)] {
        let query = WaitQuery { tenant: tenant(number), ..about(SALES) };
        let told = urs.look_up(&query, now()).await.unwrap();
        assert_eq!(told.estimate, Estimate::Known(secs), "tenant {number}");
    }
}

#[tokio::test]
async fn a_call_has_its_own_place() {
    let peer = pretended().await;
    let urs = adapter(config(&[peer.url()]));
    for (answer, place) in [
        (json!({ "pos": 2, "ewt": 61.5 }), Some(Place { position: 2, ewt_secs: Some(62) })),
        (json!({ "pos": "3", "ewt": -1 }), Some(Place { position: 3, ewt_secs: None })),
        (json!({ "ewt": 5 }), None),
    ] {
        peer.forget();
        peer.answer_with(sim::Answer::json(200, &answer));
        let said = urs.place(&about(SALES), "0000034B1C2D3E4F", now()).await.unwrap();
        assert_eq!(said, place, "{answer}");
        assert_eq!(peer.received()[0].path, "/urs/call/0000034B1C2D3E4F/lvq");
    }
}

#[tokio::test]
async fn an_answer_serves_for_five_seconds_and_is_asked_for_once_at_a_time() {
    let peer = pretended().await;
    peer.set_wait("CB_Sales_VQ", Duration::from_secs(95));
    peer.inject(sim::Fault::once(sim::Action::Delay { ms: 50 }));
    let urs = adapter(config(&[peer.url()]));
    let crowd = (0..100).map(|_| look_up(&urs, SALES, now()));
    futures::future::try_join_all(crowd).await.unwrap();
    assert_eq!(peer.received().len(), 1, "a crowd asks once");
    look_up(&urs, SALES, after_secs(4)).await.unwrap();
    assert_eq!(peer.received().len(), 1, "four seconds later it is remembered");
    look_up(&urs, SALES, after_secs(5)).await.unwrap();
    assert_eq!(peer.received().len(), 2, "five seconds later it is asked for again");
    let other = WaitQuery { mode: WaitMode::Mode1, ..about(SALES) };
    urs.look_up(&other, after_secs(5)).await.unwrap();
    assert_eq!(peer.received().len(), 3, "another mode is another question");
}

#[tokio::test]
async fn whoever_asked_first_may_leave_and_the_others_still_hear_the_answer() {
    let peer = pretended().await;
    peer.set_wait("CB_Sales_VQ", Duration::from_secs(95));
    peer.inject(sim::Fault::once(sim::Action::Delay { ms: 100 }));
    let urs = std::sync::Arc::new(adapter(config(&[peer.url()])));
    let first = {
        let urs = std::sync::Arc::clone(&urs);
        tokio::spawn(async move { look_up(&urs, SALES, now()).await })
    };
    while peer.received().is_empty() {
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(look_up(&urs, SALES, now()).await.is_ok());
    assert_eq!(peer.received().len(), 1);
}
