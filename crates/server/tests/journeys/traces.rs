//! Traces and the log's level: one trace leads from a customer's request through the session and back, and a log is
//! turned up while the service runs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::{KEY, Stage, phone};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PATIENCE: Duration = Duration::from_secs(30);

/// A collector that takes everything and keeps it as it came: ids stand in it as bytes.
struct Collector {
    url: String,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    let mut bytes = [0; 16 * 1024];
                    while let Ok(read @ 1..) = stream.read(&mut bytes) {
                        kept.lock().unwrap().extend_from_slice(&bytes[..read]);
                        // Answered as soon as something came; what follows of the body is kept all the same.
                        let _gone =
                            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                    }
                });
            }
        });
        Self { url, taken }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.taken.lock().unwrap().windows(bytes.len()).any(|window| window == bytes)
    }
}

async fn until(what: &str, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < PATIENCE, "{what} never was");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The routes of the log's request lines that bear the trace.
fn routes(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["trace_id"] == TRACE)
        .filter_map(|line| line["http.route"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_request_to_the_session_and_back_and_reaches_the_collector() {
    let collector = Collector::start();
    let stage = Stage::set().await;
    stage.configure(&format!("[traces]\nendpoint = \"{}\"\n", collector.url));
    let mut node = stage.open().await;
    let body = json!({"serviceName": "CB_Support", "phoneNumber": phone(1)});
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let id = stage.ask_within(&node, "/callbacks/create", &body, &parent).await.id();
    stage.until(&node, &id, "COMPLETED").await;
    until("the session's report in the log", || {
        let routes = routes(&node.log());
        routes.iter().any(|route| route.ends_with("/create"))
            && routes.iter().any(|route| route.ends_with("/started"))
    })
    .await;
    assert!(node.stop(), "it ends well");
    let bytes: Vec<u8> =
        (0..16).map(|at| u8::from_str_radix(&TRACE[at * 2..at * 2 + 2], 16).unwrap()).collect();
    until("the trace at the collector", || collector.holds(&bytes)).await;
    assert!(collector.holds(b"callback.submit"), "dispatch is a step of it");
    assert!(collector.holds(b"ors.start"), "so is the call to the neighbour");
    assert!(!collector.holds(KEY.as_bytes()), "no key leaves the house with a span");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_the_trace_goes_through_as_it_came() {
    let stage = Stage::set().await;
    let node = stage.open().await;
    let body = json!({"serviceName": "CB_Support", "phoneNumber": phone(1)});
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let id = stage.ask_within(&node, "/callbacks/create", &body, &parent).await.id();
    stage.until(&node, &id, "COMPLETED").await;
    until("the session's report in the log", || {
        routes(&node.log()).iter().any(|route| route.ends_with("/started"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_turned_up_while_it_runs_and_a_bad_level_changes_nothing() {
    let stage = Stage::set().await;
    let path = stage.configure("[log]\nlevel = \"info\"\n");
    let node = stage.open().await;
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"info\"", "\"ges=banana=7\"")).unwrap();
    until("a complaint", || node.log().contains("log.level")).await;
    fs::write(&path, text.replace("\"info\"", "\"debug\"")).unwrap();
    until("the new level", || node.log().contains("\"to\":\"debug\"")).await;
}
