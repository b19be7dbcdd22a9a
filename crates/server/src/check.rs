//! The doctor: loads what `serve` would load, looks at every neighbour once, and prints what it saw.

mod nodes;
mod peers;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ges_auth::local::Local;
use ges_embedded::SchemaState;
use ges_ports::{Clock as _, Fault};

use crate::config::{AuthMode, Config};
use crate::ids::{InstallationKey, SystemChance, SystemClock};
use crate::wiring::memory;
use crate::{first_start, store};

/// How often a neighbour is asked to which a task of its own connects.
const TRIES: usize = 3;

/// One row of the table.
struct Row {
    what: &'static str,
    address: String,
    answer: Result<String, String>,
    advice: &'static str,
}

impl Row {
    /// What came of asking since `begun`.
    fn asked<T>(
        what: &'static str,
        address: impl Into<String>,
        begun: Instant,
        answer: Result<T, String>,
        advice: &'static str,
    ) -> Self {
        let took = begun.elapsed().as_secs_f64() * 1e3;
        let answer = answer.map(|_| format!("answered in {took:.1} ms"));
        Self { what, address: address.into(), answer, advice }
    }
}

/// Looks at everything once; the exit code says whether all is well.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let rows = runtime.block_on(rows(config));
    let width = rows.iter().map(|row| row.what.len()).max().unwrap_or(0);
    let address = rows.iter().map(|row| row.address.len()).max().unwrap_or(0);
    let mut well = true;
    for row in rows {
        let Row { what, address: at, answer, advice } = row;
        match answer {
            Ok(said) => println!("ok    {what:width$}  {at:address$}  {said}"),
            Err(trouble) => {
                well = false;
                println!("FAIL  {what:width$}  {at:address$}  {trouble}");
                println!("      {:width$}  {:address$}  → {advice}", "", "");
            }
        }
    }
    if config.ors.nodes.is_empty() {
        println!("{}", note_on_sessions(config));
    }
    if store::many(config) && config.redis.connection.nodes.is_empty() {
        println!(
            "note  no redis.connection: each node counts throttles and keeps sessions by itself"
        );
    }
    if config.statistics.url.is_none() {
        println!("note  no statistics.url: there are no figures of the contact centre");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn note_on_sessions(config: &Config) -> &'static str {
    let named = config.auth.mode == AuthMode::Gws;
    match (named, !config.ors_stream.connection.nodes.is_empty()) {
        (false, false) => "note  no ors.nodes: callbacks are taken and stay SCHEDULED",
        (false, true) => {
            "note  no ors.nodes: sessions that the stream starts can be neither asked after nor cancelled"
        }
        (true, false) => {
            "note  no ors.nodes: callbacks of contact centres without ges-ors-endpoints stay SCHEDULED"
        }
        (true, true) => {
            "note  no ors.nodes: sessions of contact centres without ges-ors-endpoints can be neither asked after nor cancelled"
        }
    }
}

async fn rows(config: &Config) -> Vec<Row> {
    let mut rows = files(config);
    rows.extend(store_rows(config).await);
    rows.extend(memory_row(config).await);
    rows.extend(nodes::rows(config).await);
    rows.extend(peers::rows(config).await);
    rows
}

/// What lies on this machine, if it is there: a first start makes it, the doctor does not.
fn files(config: &Config) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut file = |what, path: std::path::PathBuf, read: &dyn Fn() -> Result<(), String>| {
        if path.exists() {
            let answer = read().map(|()| String::from("can be read"));
            let advice = "all nodes share this file; docs/operations.md says how it is made";
            rows.push(Row { what, address: path.display().to_string(), answer, advice });
        }
    };
    let key = config.server.key_path();
    file("key", key.clone(), &|| InstallationKey::read(&key).map(drop).map_err(|e| e.to_string()));
    let access = first_start::access_path(config);
    file("access", access.clone(), &|| {
        let opened = Local::open(&access, Arc::new(SystemChance), SystemClock.now());
        opened.map(drop).map_err(|error| format!("{:#}", anyhow::Error::from(error)))
    });
    rows
}

async fn store_rows(config: &Config) -> Vec<Row> {
    let begun = Instant::now();
    // A look makes no store and migrates none.
    if !store::many(config) {
        match store::embedded_schema(config) {
            Ok(SchemaState::Current) | Err(_) => {}
            Ok(state) => {
                let (address, answer) = (store::name(config), Ok(store::told(state)));
                return vec![Row { what: "store", address, answer, advice: "" }];
            }
        }
    }
    let store = match store::open(config).await {
        Ok(store) => store,
        Err(error) => {
            let advice = "see store.url; `ges migrate` makes or updates the schema";
            let answer: Result<(), _> = Err(format!("{error:#}"));
            return vec![Row::asked("store", store::name(config), begun, answer, advice)];
        }
    };
    let answer = store.effects.backlog(SystemClock.now()).await.map_err(|fault| told(&fault));
    let advice = "the store was reached, and answers no question: see its own log";
    let mut rows = vec![Row::asked("store", store.name.clone(), begun, answer, advice)];
    if let Ok(Some(skew)) = store.skew().await {
        let secs = skew.as_secs_f64();
        let answer = store::clock_complaint(skew)
            .map_or_else(|| Ok(format!("the database's is {secs:.3} s ahead at least")), Err);
        let advice = "what is due is decided by the nodes' clocks: let all follow one time source";
        rows.push(Row { what: "clock", address: String::new(), answer, advice });
    }
    rows
}

async fn memory_row(config: &Config) -> Option<Row> {
    let address = addresses(&config.redis.connection);
    let advice =
        "is it running, and are redis.connection's address, user, password_file and tls right?";
    let begun = Instant::now();
    let answer = match memory::connect(config) {
        Ok(None) => return None,
        Ok(Some(shared)) => patiently(async || shared.examine().await).await,
        Err(error) => Err(format!("{error:#}")),
    };
    Some(Row::asked("redis", address, begun, answer, advice))
}

/// Asks a few times: the first answer may be that the connection is still being made.
async fn patiently(ask: impl AsyncFn() -> Result<(), Fault>) -> Result<(), String> {
    let mut answer = ask().await;
    for _again in 1..TRIES {
        if answer.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        answer = ask().await;
    }
    answer.map_err(|fault| told(&fault))
}

/// A fault with all that led to it.
fn told(fault: &Fault) -> String {
    let first: &dyn std::error::Error = fault;
    let causes = std::iter::successors(Some(first), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn addresses(connection: &ges_redis::Connection) -> String {
    let all = connection.nodes.iter().map(ToString::to_string);
    all.collect::<Vec<_>>().join(" ")
}
