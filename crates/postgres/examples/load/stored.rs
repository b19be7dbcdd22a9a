//! What a booking, a look at a callback and a crowd that is due cost in a store that holds many callbacks already.
//!
//! Such a store is logged as one that serves is, has a timer for each callback that waits, and was vacuumed: what is
//! measured is its size.

use std::error::Error;
use std::time::{Duration, Instant};

use ges_contracts::given;
use ges_domain::id::CallbackId;
use ges_ports::Callbacks;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use super::stage::{Stage, inside, percentiles};
use super::{book, dispatch, list};

/// A statement that fills or vacuums may take half an hour.
const PATIENCE_MS: u32 = 30 * 60 * 1_000;
/// The newest callbacks, which are those that customers ask for.
const NEWEST: u32 = 10_000;
/// Callbacks that are due at one instant, on two nodes.
const CROWD: u32 = 10_000;
/// Bookings go into slots that are due long after the crowd, so that it stays alone.
const SLOTS: std::ops::Range<u32> = 100..200;

/// How hard a store is worked, and what is in it.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Callbacks that it was filled with.
    pub(crate) callbacks: u32,
    /// The number of the first booking: no number is booked twice.
    pub(crate) first: u32,
    pub(crate) clients: u32,
    pub(crate) seconds: u32,
}

/// Fills a schema that holds one callback with more that look like it, and timers for those that wait.
pub(crate) async fn fill(url: &str, schema: &str, callbacks: u32) -> Result<Value, Box<dyn Error>> {
    let began = Instant::now();
    let store = list::inside(url, schema, PATIENCE_MS).await?;
    list::pour(&store, callbacks).await?;
    let client = connect(&inside(url, schema)).await?;
    let (sample, later) = (given::id(1), given::after(30 * 24 * 60));
    // One a second, and none before anything that is measured is long over.
    let timers = format!(
        "INSERT INTO outbox (tenant, callback, ordinal, due_at, effect)
         SELECT c.tenant, c.id, 0, '{later}'::timestamptz + make_interval(secs => row_number() OVER ()), o.effect
         FROM callbacks c CROSS JOIN outbox o
         WHERE o.callback = '{sample}' AND c.id <> '{sample}' AND c.state < 4"
    );
    client.batch_execute(&timers).await?;
    // As the database does by itself in time, and nothing that is measured shall wait for it.
    for chore in
        ["VACUUM ANALYZE callbacks", "ANALYZE events", "VACUUM ANALYZE outbox", "CHECKPOINT"]
    {
        client.batch_execute(chore).await?;
    }
    let bytes = size(&client, schema).await?;
    Ok(json!({ "secs": began.elapsed().as_secs_f64(), "bytes": bytes }))
}

/// Bytes on disk of all tables of a schema, with their indexes.
async fn size(client: &Client, schema: &str) -> Result<i64, Box<dyn Error>> {
    let asked = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relkind = 'r'";
    Ok(client.query_one(asked, &[&schema]).await?.try_get(0)?)
}

/// Books, looks and dispatches, one after the other.
pub(crate) async fn measure(url: &str, schema: &str, load: Load) -> Result<Value, Box<dyn Error>> {
    let Load { callbacks, first, clients, seconds } = load;
    let one = Stage::enter(url, schema, 1).await?;
    let booked = book::run(&one, first + CROWD, SLOTS, clients, seconds).await?;
    let newest = callbacks.saturating_sub(NEWEST) + 2;
    let newest = look(&one, newest, callbacks + 2 - newest, load).await?;
    let any = look(&one, 2, callbacks, load).await?;
    drop(one);
    let two = Stage::enter(url, schema, 2).await?;
    let crowd = dispatch::run(&two, first, CROWD).await?;
    let bytes = size(&connect(url).await?, schema).await?;
    Ok(json!({ "book": booked, "newest": newest, "any": any, "crowd": crowd, "bytes": bytes }))
}

/// Looks at one of so many callbacks after the other, each client at others.
async fn look(stage: &Stage, first: u32, count: u32, load: Load) -> Result<Value, Box<dyn Error>> {
    let began = Instant::now();
    let time = Duration::from_secs(load.seconds.into());
    let clients = (0..load.clients).map(|client| {
        let node = stage.node(client);
        tokio::spawn(async move {
            let mut times = Vec::new();
            let ids = (0_u64..).map(|turn| list::id(first + scattered(client, turn, count)));
            for id in ids.take_while(|_: &CallbackId| began.elapsed() < time) {
                let asked = Instant::now();
                let found = node.find(given::tenant(1), id).await;
                times.push(asked.elapsed());
                found.map_err(|fault| format!("{fault:?}"))?.ok_or(format!("{id} is not there"))?;
            }
            Ok::<_, String>(times)
        })
    });
    let mut times = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        times.extend(client.await??);
    }
    let took = began.elapsed().as_secs_f64();
    let asked = u32::try_from(times.len())?;
    let (p50, p99) = percentiles(&mut times);
    Ok(json!({ "rate": f64::from(asked) / took, "p50_ms": p50, "p99_ms": p99 }))
}

/// A number below `count` that looks like chance and is the same in every run: the mixing step of `SplitMix64`.
fn scattered(client: u32, turn: u64, count: u32) -> u32 {
    let mut word = (u64::from(client) << 32 | turn).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let below = ((word >> 32) * u64::from(count)) >> 32;
    u32::try_from(below).unwrap_or(0)
}

/// Removes a schema with all that is in it.
pub(crate) async fn remove(url: &str, schema: &str) -> Result<Value, Box<dyn Error>> {
    let client = connect(url).await?;
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE")).await?;
    Ok(json!({ "removed": schema }))
}

/// A connection without the bounds that the store sets for its own.
async fn connect(url: &str) -> Result<Client, Box<dyn Error>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}
