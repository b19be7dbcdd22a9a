//! From the producer of the stream to its consumer: the words, and what becomes of what was written twice, left behind
//! or not understood.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use ges_contracts::orchestrator::start;
use ges_domain::id::Attempt;
use ges_domain::name::RegionName;
use ges_ports::{FaultKind, Orchestrator, Receipt, SessionRequest};
use ges_redis::StreamConfig;
use ges_simulators::ors::Fate;
use serde_json::{Value, json};

use crate::given::{consumer, millis, stream, stream_config};
use crate::server::{Server, eventually};

type Entries = Vec<(String, Vec<String>)>;

fn entries(server: &Server, key: &str) -> Entries {
    server.ask(&["XRANGE", key, "-", "+"])
}

fn fields(entry: &[String]) -> BTreeMap<String, String> {
    entry.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
}

#[tokio::test]
async fn an_entry_has_the_fields_of_the_contract() {
    let server = Server::start();
    let region = RegionName::parse("eu-west").unwrap();
    let request = SessionRequest { regions: vec![region], ..start(7) };
    let receipt = stream(&stream_config(&server)).start(&request).await.unwrap();
    assert_eq!(receipt, Receipt::default(), "the session makes itself known");

    let entries = entries(&server, "NewCallbackStream");
    let [(_, entry)] = &entries[..] else { panic!("{entries:?}") };
    let mut fields = fields(entry);
    let params: Value = serde_json::from_str(&fields.remove("params").unwrap()).unwrap();
    let id = request.callback.id.to_string();
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
    assert_eq!(params["customerNumber"], "+14155550007");
    assert_eq!(params["userData"]["note"], "„ü“ 😀");
}

#[tokio::test]
async fn what_is_written_twice_is_started_once() {
    let server = Server::start();
    let stream = stream(&stream_config(&server));
    for _ in 0..3 {
        stream.start(&start(1)).await.unwrap();
    }
    stream.start(&SessionRequest { attempt: Attempt::new(2), ..start(1) }).await.unwrap();
    let ors = consumer(&server).await;
    eventually("all are looked at", async || ors.entered().len() >= 4).await;
    let fates = |fate: &Fate| ors.entered().iter().filter(|it| it.fate == *fate).count();
    assert_eq!((fates(&Fate::Started), ors.sessions().len()), (2, 2));
    assert!(fates(&Fate::Repeated) >= 2);
}

#[tokio::test]
async fn a_consumer_that_stood_still_or_died_loses_nothing() {
    let server = Server::start();
    let stream = stream(&stream_config(&server));
    // A node took this one and was never seen again.
    stream.start(&start(1)).await.unwrap();
    let () = server.ask(&["XGROUP", "CREATE", "NewCallbackStream", "ors", "0"]);
    let read = ["XREADGROUP", "GROUP", "ors", "gone", "STREAMS", "NewCallbackStream", ">"];
    let _taken: deadpool_redis::redis::Value = server.ask(&read);

    let ors = consumer(&server).await;
    ors.misbehave(|knobs| knobs.redis_pause = true);
    for number in 2..=5 {
        stream.start(&start(number)).await.unwrap();
    }
    ors.misbehave(|knobs| knobs.redis_pause = false);
    eventually("all are started", async || ors.sessions().len() == 5).await;
}

#[tokio::test]
async fn what_the_consumer_does_not_understand_lies_in_the_dead_stream_with_its_reason() {
    let server = Server::start();
    let ors = consumer(&server).await;
    let mut request = start(1);
    Arc::make_mut(&mut request.callback.settings).scxml_url = String::from("not an address");
    stream(&stream_config(&server)).start(&request).await.unwrap();
    eventually("it is put aside", async || {
        ors.entered().iter().any(|it| matches!(it.fate, Fate::Dead(_)))
    })
    .await;
    let dead = entries(&server, "NewCallbackStream.dead");
    let fields = fields(&dead[0].1);
    assert_eq!(fields["callbackId"], request.callback.id.to_string());
    assert!(fields["reason"].contains("src"), "{fields:?}");
    assert_eq!(ors.sessions().len(), 0);
}

#[tokio::test]
async fn the_stream_is_split_by_tenant_and_bounded() {
    let server = Server::start();
    let shards = NonZeroU16::new(4).unwrap();
    let config = StreamConfig { shards, max_entries: millis(100), ..stream_config(&server) };
    let stream = stream(&config);
    for _ in 0..400 {
        stream.start(&start(1)).await.unwrap();
    }
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    let [key] = &keys[..] else { panic!("one tenant, one key: {keys:?}") };
    assert!(key.starts_with("NewCallbackStream:"), "{key}");
    let length: u32 = server.ask(&["XLEN", key]);
    assert!((100..400).contains(&length), "{length}");
}

#[tokio::test]
async fn a_start_waits_for_a_server_that_is_just_being_promoted() {
    let server = Server::start();
    let stream = stream(&stream_config(&server));
    stream.ping().await.unwrap();
    let () = server.ask(&["REPLICAOF", "127.0.0.1", "9"]);
    let fault = stream.start(&start(1)).await.unwrap_err();
    assert_eq!((fault.peer, fault.kind), ("ors_stream", FaultKind::Unavailable));
    let promoted = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let () = server.ask(&["REPLICAOF", "NO", "ONE"]);
    };
    let (started, ()) = tokio::join!(start_one(&stream), promoted);
    started.unwrap();
    assert_eq!(entries(&server, "NewCallbackStream").len(), 1);
}

async fn start_one(stream: &ges_redis::OrsStream) -> Result<Receipt, ges_ports::Fault> {
    stream.start(&start(1)).await
}

#[tokio::test]
async fn a_start_waits_for_a_server_that_is_just_starting() {
    let mut server = Server::start();
    let stream = stream(&stream_config(&server));
    server.stop();
    let again = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.start_again();
    };
    let (started, ()) = tokio::join!(start_one(&stream), again);
    started.unwrap();
    assert_eq!(entries(&server, "NewCallbackStream").len(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_was_not_written_and_is_not_tried_in_vain() {
    let server = Server::start();
    let () = server.ask(&["SET", "NewCallbackStream", "not a stream"]);
    let stream = stream(&stream_config(&server));
    stream.ping().await.unwrap();
    let begun = std::time::Instant::now();
    let fault = stream.start(&start(1)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_millis(190), "there was no second try");
}

#[tokio::test]
async fn a_start_that_is_not_answered_may_have_been_written_and_may_be_sent_again() {
    let server = Server::start();
    let config = StreamConfig { timeout_ms: millis(200), ..stream_config(&server) };
    let stream = stream(&config);
    stream.ping().await.unwrap();
    server.freeze();
    let begun = std::time::Instant::now();
    let fault = stream.start(&start(1)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    server.thaw();
    eventually("it is written", async || stream.start(&start(1)).await.is_ok()).await;
    eventually("the late one is written too", async || {
        entries(&server, "NewCallbackStream").len() >= 2
    })
    .await;
    let ors = consumer(&server).await;
    eventually("all are looked at", async || ors.entered().len() >= 2).await;
    assert_eq!(ors.sessions().len(), 1);
}
