//! Traces and the log's level: one trace leads from a customer's request through the session and back, and a log is
//! turned up while the service runs.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::stage::{KEY, Stage, phone};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PATIENCE: Duration = Duration::from_secs(30);

/// A name that nobody resolves: who gets there asked the proxy.
const COLLECTOR: &str = "collector.test";

/// A collector that takes everything and keeps it as it came: ids stand in it as bytes.
struct Collector {
    url: String,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start() -> Self {
        Self::listen(take)
    }

    /// Behind a proxy, which keeps what it is asked as well; and the certificate that vouches for the collector.
    fn by_proxy() -> (Self, String) {
        let certified = rcgen::generate_simple_self_signed([COLLECTOR.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
        let tls = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
        let tls = Arc::new(tls);
        let proxied = move |mut stream: TcpStream, kept: &Mutex<Vec<u8>>| {
            asked_of_the_proxy(&stream, kept);
            // Whoever asked may have gone away.
            let _gone = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
            let session = ServerConnection::new(Arc::clone(&tls)).unwrap();
            take(StreamOwned::new(session, stream), kept);
        };
        (Self::listen(proxied), certified.cert.pem())
    }

    fn listen(serve: impl Fn(TcpStream, &Mutex<Vec<u8>>) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (serve, kept) = (serve.clone(), Arc::clone(&kept));
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { url, taken }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        self.taken.lock().unwrap().windows(bytes.len()).any(|window| window == bytes)
    }
}

/// Takes everything that comes, and keeps it.
fn take(mut stream: impl Read + Write, kept: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut bytes) {
        kept.lock().unwrap().extend_from_slice(&bytes[..read]);
        // Answered as soon as something came; what follows of the body is kept all the same.
        let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    }
}

/// Keeps what a proxy is asked, up to the empty line; nothing follows it before it is answered.
fn asked_of_the_proxy(stream: &TcpStream, kept: &Mutex<Vec<u8>>) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            return;
        }
        kept.lock().unwrap().extend_from_slice(format!("{line}\r\n").as_bytes());
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
async fn spans_leave_by_the_proxy_and_trust_the_certificates_of_the_way_out() {
    let stage = Stage::set().await;
    let (collector, certificate) = Collector::by_proxy();
    let ca_file = stage.folder.path().join("ca.pem");
    fs::write(&ca_file, certificate).unwrap();
    stage.configure(&format!(
        "[traces]\nendpoint = \"https://{COLLECTOR}:4318\"\n\
         [egress]\nhttps_proxy = \"{}\"\nca_file = \"{}\"\n",
        collector.url,
        ca_file.display(),
    ));
    let mut node = stage.open().await;
    let id = stage.book(&node, 1).await;
    stage.until(&node, &id, "COMPLETED").await;
    assert!(node.stop(), "it ends well");
    until("a step at the collector", || collector.holds(b"callback.submit")).await;
    let asked = format!("CONNECT {COLLECTOR}:4318 HTTP/1.1\r\n");
    assert!(collector.holds(asked.as_bytes()), "the proxy led there");
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
