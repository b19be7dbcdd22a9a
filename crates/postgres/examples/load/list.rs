//! Lists of 250 from very many callbacks, by every documented filter and order; and all of them, page by page.

use std::error::Error;
use std::time::{Duration, Instant};

use ges_contracts::given;
use ges_domain::callback::{Kind, State};
use ges_domain::id::CallbackId;
use ges_domain::time::{SignedDuration, Timestamp, Window};
use ges_ports::{Callbacks, Search, SearchOrder};
use ges_postgres::testing;
use ges_postgres::{Config, Postgres};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::{self, Stage, config, percentiles};

/// Rows that are made by one statement.
const CHUNK: u32 = 50_000;
/// Rows of a list.
const LIST: u16 = 250;

/// Fills a schema with callbacks of one tenant that look like one booking: a thousand are made in an hour, nine in ten
/// have ended, and one service, queue and reason in a thousand is rare.
pub(crate) async fn fill(url: &str, callbacks: u32) -> Result<Value, Box<dyn Error>> {
    let stage = Stage::raise(url, 1).await?;
    let said = stage.sample().await?;
    let schema = said["schema"].as_str().ok_or("the sample has no schema")?;
    let store = inside(url, schema, 120_000).await?;
    let began = Instant::now();
    // What is never crashed need not be logged.
    testing::run(&store, "ALTER TABLE callbacks SET UNLOGGED; ALTER TABLE events SET UNLOGGED")
        .await?;
    pour(&store, callbacks).await?;
    testing::run(&store, "VACUUM ANALYZE callbacks").await?;
    testing::run(&store, "ANALYZE events").await?;
    Ok(json!({ "schema": schema, "secs": began.elapsed().as_secs_f64() }))
}

/// Makes the callbacks, in a schema that holds the one that they look like.
pub(crate) async fn pour(store: &Postgres, callbacks: u32) -> Result<(), Box<dyn Error>> {
    for first in (0..callbacks).step_by(CHUNK as usize) {
        let count = CHUNK.min(callbacks - first);
        testing::run(store, &rows(first, count, callbacks)).await?;
    }
    Ok(())
}

/// The id of a callback by its number, which begins at 2: the first one is what all of them look like.
pub(crate) fn id(number: u32) -> CallbackId {
    CallbackId::new(Uuid::from_u128(0x0195_5541_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// The statement that makes some of `most` rows from the one that is there, the oldest first.
fn rows(first: u32, count: u32, most: u32) -> String {
    let (sample, now, slot) = (given::id(1), given::now(), given::slot(0));
    format!(
        "WITH made AS MATERIALIZED (
            SELECT n, ('01955541-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
                'CB_' || CASE WHEN n % 1000 = 7 THEN 'Rare' WHEN n % 100 < 60 THEN 'Sales' ELSE (n % 40)::text END AS service,
                '+1415555' || lpad((n % 10000)::text, 4, '0') AS phone,
                CASE WHEN n % 10 > 0 THEN 4 ELSE n / 10 % 4 END AS state,
                CASE WHEN n % 10 > 0 THEN
                    CASE WHEN n % 1000 = 3 THEN 'FAIL_RARE' WHEN n % 3 = 0 THEN 'CANCELLED' ELSE 'AGENT_CONNECTED' END
                END AS reason,
                '{now}'::timestamptz - make_interval(secs => 3.6 * ({most} - n)) AS created_at,
                make_interval(mins => n % 2880) AS ahead
            FROM generate_series({first} + 2, {first} + {count} + 1) AS numbers (n)
        ), told AS (
            INSERT INTO events (tenant, callback, revision, document)
            SELECT e.tenant, made.id, e.revision, e.document
            FROM made CROSS JOIN events e WHERE e.callback = '{sample}'
        )
        INSERT INTO callbacks
        SELECT (filled).* FROM (
            SELECT jsonb_populate_record(c, jsonb_build_object(
                'id', made.id, 'service', made.service, 'queue', made.service || '_VQ', 'phone', made.phone,
                'kind', made.n % 2, 'state', made.state, 'reason', made.reason,
                'desired_at', made.created_at + made.ahead, 'created_at', made.created_at,
                'completed_at', CASE WHEN made.state = 4 THEN made.created_at + made.ahead END,
                'document', replace(replace(c.document, '{sample}', made.id::text), '{slot}',
                    to_char((made.created_at + made.ahead) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))
            )) AS filled
            FROM made CROSS JOIN callbacks c WHERE c.id = '{sample}' OFFSET 0
        ) AS rows"
    )
}

/// A store on a schema that waits so long for each statement.
pub(crate) async fn inside(
    url: &str,
    schema: &str,
    millis: u32,
) -> Result<Postgres, Box<dyn Error>> {
    let url = stage::inside(url, schema);
    let patience = millis.try_into()?;
    let config = Config {
        statement_timeout_ms: patience,
        lock_timeout_ms: patience,
        deadline_ms: patience,
        ..config(&url)?
    };
    Ok(Postgres::connect(config).await?)
}

/// Asks for lists, each from another place.
pub(crate) async fn run(
    url: &str,
    schema: &str,
    callbacks: u32,
    rounds: u32,
) -> Result<Value, Box<dyn Error>> {
    let store = inside(url, schema, 30_000).await?;
    let mut figures = Vec::new();
    for (name, search) in searches() {
        let plan = testing::plan_of_search(&store, given::tenant(1), &search(0)).await?;
        if plan.contains("Seq Scan on callbacks") {
            return Err(format!("{name} walks through the table:\n{plan}").into());
        }
        let mut times = Vec::new();
        let mut found = 0;
        // The first one reads from the disk what the others find in memory.
        store.search(given::tenant(1), &search(0)).await?;
        for round in 0..rounds {
            let search = search(round);
            let asked = Instant::now();
            let page = store.search(given::tenant(1), &search).await?;
            times.push(asked.elapsed());
            found = found.max(page.callbacks.len());
        }
        let (p50, p99) = percentiles(&mut times);
        figures.push(json!({ "what": name, "found": found, "p50_ms": p50, "p99_ms": p99 }));
    }
    let all = export(&store, callbacks).await?;
    Ok(json!({ "lists": figures, "export": all }))
}

/// All callbacks by desired time, a thousand a page.
async fn export(store: &Postgres, callbacks: u32) -> Result<Value, Box<dyn Error>> {
    let mut search = Search { limit: 1000, ..Search::default() };
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut count = 0;
    while count < callbacks as usize {
        let asked = Instant::now();
        let page = store.search(given::tenant(1), &search).await?;
        slowest = slowest.max(asked.elapsed());
        count += page.callbacks.len();
        let Some(next) = page.next else { break };
        search.after = Some(next);
    }
    let secs = began.elapsed().as_secs_f64();
    Ok(json!({ "rows": count, "secs": secs, "slowest_page_ms": slowest.as_secs_f64() * 1e3 }))
}

type Asked = Box<dyn Fn(u32) -> Search>;

/// Every documented filter, in every order.
fn searches() -> Vec<(String, Asked)> {
    let orders = [
        ("soonest", SearchOrder::DesiredAscending),
        ("latest", SearchOrder::DesiredDescending),
        ("newest", SearchOrder::CreatedDescending),
    ];
    let mut all: Vec<(String, Asked)> = Vec::new();
    for (word, order) in orders {
        for (name, filter) in filters() {
            let asked = move |round| Search { order, limit: LIST, ..filter(round) };
            all.push((format!("{name}, {word}"), Box::new(asked)));
        }
    }
    all
}

fn window(hours_ago: u32, hours: i64) -> Window {
    let start: Timestamp = given::now() - SignedDuration::from_hours(i64::from(hours_ago));
    Window::lasting(start, SignedDuration::from_hours(hours))
}

/// A filter by the number of the round.
type Filter = fn(u32) -> Search;

fn filters() -> Vec<(&'static str, Filter)> {
    let list: Vec<(&'static str, Filter)> = vec![
        ("all", |_| Search::default()),
        ("number", |round| Search { phone: Some(given::phone(round)), ..Search::default() }),
        ("common service", |_| services("CB_Sales")),
        ("one service in 100", |round| services(&format!("CB_{}", round % 20 * 2))),
        ("one service in 1000", |_| services("CB_Rare")),
        ("no such service", |_| services("CB_None")),
        ("one queue in 1000", |_| queues("CB_Rare_VQ")),
        ("no such queue", |_| queues("CB_None_VQ")),
        ("open", |_| Search { states: State::ALL[..4].to_vec(), ..Search::default() }),
        ("completed", |_| Search { states: vec![State::Completed], ..Search::default() }),
        ("immediate", |_| Search { kind: Some(Kind::Immediate), ..Search::default() }),
        ("common reason", |_| reasons("CANCELLED")),
        ("one reason in 1000", |_| reasons("FAIL_RARE")),
        ("no such reason", |_| reasons("FAIL_NONE")),
        ("desired that day", |round| Search {
            desired: Some(window(round % 900, 24)),
            ..Search::default()
        }),
        ("desired that hour", |round| Search {
            desired: Some(window(round % 900, 1)),
            ..Search::default()
        }),
        ("booked that day", |round| Search {
            created: Some(window(round % 900, 24)),
            ..Search::default()
        }),
        ("booked that hour", |round| Search {
            created: Some(window(round % 900, 1)),
            ..Search::default()
        }),
        ("rare service, booked that day", |round| Search {
            created: Some(window(round % 900, 24)),
            ..services("CB_Rare")
        }),
        ("rare service, desired that week, immediate", |round| Search {
            desired: Some(window(round % 900, 168)),
            kind: Some(Kind::Immediate),
            ..services("CB_Rare")
        }),
        ("common service, rare reason", |_| Search {
            services: vec![given::service("CB_Sales")],
            ..reasons("FAIL_RARE")
        }),
        ("common service, booked that day", |round| Search {
            created: Some(window(round % 900, 24)),
            ..services("CB_Sales")
        }),
    ];
    list
}

fn services(name: &str) -> Search {
    Search { services: vec![given::service(name)], ..Search::default() }
}

fn queues(name: &str) -> Search {
    let name = ges_domain::name::QueueName::parse(name).expect("the name is short and printable");
    Search { queues: vec![name], ..Search::default() }
}

fn reasons(name: &str) -> Search {
    Search { reasons: vec![name.to_owned()], ..Search::default() }
}
