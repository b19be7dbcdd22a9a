//! The other way in: starts that are written into a Redis stream. A consumer group shares them
//! among nodes, a key per callback and attempt keeps them from being run twice, and what cannot
//! be read goes to a stream of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::streams::{
    StreamAutoClaimReply, StreamId, StreamPendingCountReply, StreamReadReply,
};
use deadpool_redis::redis::{AsyncConnectionConfig, Client, RedisError, RedisResult, cmd};
use serde::Serialize;
use serde_json::{Map, Value};

use super::start::{Start, StartError};
use super::{Shared, node_name};
use crate::wire::held;

/// Where starts are read from, and in which rhythm.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// Address of the Redis, `redis://…` or `redis+unix://…`.
    pub url: String,
    /// The stream's key.
    pub key: String,
    /// Into how many keys it is split, `<key>:<n>`; 1 keeps the bare key.
    pub shards: u16,
    /// How often entries that another node left are looked for.
    pub reclaim_every: Duration,
    /// How long an entry must have been left.
    pub left_for: Duration,
}

impl StreamConfig {
    /// The documented stream at an address, in the documented rhythm.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            key: "NewCallbackStream".to_owned(),
            shards: 1,
            reclaim_every: Duration::from_secs(10),
            left_for: Duration::from_secs(30),
        }
    }

    fn keys(&self) -> Vec<String> {
        match self.shards {
            0 | 1 => vec![self.key.clone()],
            shards => (0..shards).map(|n| format!("{}:{n}", self.key)).collect(),
        }
    }
}

/// What became of an entry of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    /// Its id.
    pub id: String,
    /// The callback that it named; empty if it could not be read.
    pub callback_id: String,
    /// Which attempt at it; 0 if it could not be read.
    pub attempt: u32,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// A session was started.
    Started,
    /// It had been started before: its session was reported again.
    Repeated,
    /// Somebody else is at it: left for the next look.
    Left,
    /// Put aside for this reason.
    Dead(String),
}

const GROUP: &str = "ors";
const CLAIM_SECS: u64 = 60;
const STARTED_SECS: u64 = 86_400;
const DELIVERIES: usize = 5;
/// How long an entry waits unacknowledged for its session to be taken note of.
const TAKEN_WITHIN: Duration = Duration::from_secs(25);

/// Reads the stream until the task is aborted. Whatever Redis does, it comes back.
pub(super) async fn consume(shared: Arc<Shared>, node: usize, config: StreamConfig) {
    loop {
        // The error is Redis's; it is over as soon as Redis is back, which the next round tries.
        drop(consume_connected(&shared, node, &config).await);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn consume_connected(
    shared: &Arc<Shared>,
    node: usize,
    config: &StreamConfig,
) -> RedisResult<()> {
    let client = Client::open(config.url.as_str())?;
    let timeouts = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_response_timeout(Some(Duration::from_secs(3)));
    let redis = client.get_multiplexed_async_connection_with_config(&timeouts).await?;
    let mut consumer = Consumer { shared: Arc::clone(shared), node, config: config.clone(), redis };
    consumer.make_group().await?;
    let mut reclaimed = Instant::now();
    loop {
        if consumer.shared.world().knobs.redis_pause {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        }
        consumer.read().await?;
        if reclaimed.elapsed() >= config.reclaim_every {
            reclaimed = Instant::now();
            consumer.reclaim().await?;
        }
    }
}

struct Consumer {
    shared: Arc<Shared>,
    node: usize,
    config: StreamConfig,
    redis: MultiplexedConnection,
}

impl Consumer {
    async fn make_group(&mut self) -> RedisResult<()> {
        for key in self.config.keys() {
            let made: Result<(), RedisError> = cmd("XGROUP")
                .arg("CREATE")
                .arg(&key)
                .arg(GROUP)
                .arg("0")
                .arg("MKSTREAM")
                .query_async(&mut self.redis)
                .await;
            match made {
                Err(error) if error.code() != Some("BUSYGROUP") => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    async fn read(&mut self) -> RedisResult<()> {
        let keys = self.config.keys();
        // A short block keeps the pause knob and the look for left entries in time.
        let block_ms = self.config.reclaim_every.as_millis().clamp(50, 1_000);
        let mut read = cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(node_name(self.node)).arg("COUNT").arg(50);
        read.arg("BLOCK").arg(u64::try_from(block_ms).unwrap_or(1_000)).arg("STREAMS");
        read.arg(&keys).arg(vec![">"; keys.len()]);
        let reply: Option<StreamReadReply> = read.query_async(&mut self.redis).await?;
        for stream in reply.into_iter().flat_map(|reply| reply.keys) {
            for entry in stream.ids {
                self.take(&stream.key, entry).await?;
            }
        }
        Ok(())
    }

    /// Takes over what another node, or an earlier life of this one, has left.
    async fn reclaim(&mut self) -> RedisResult<()> {
        let left_ms = u64::try_from(self.config.left_for.as_millis()).unwrap_or(u64::MAX);
        for key in self.config.keys() {
            let mut cursor = "0-0".to_owned();
            loop {
                let mut claim = cmd("XAUTOCLAIM");
                claim.arg(&key).arg(GROUP).arg(node_name(self.node)).arg(left_ms).arg(&cursor);
                let reply: StreamAutoClaimReply = claim.query_async(&mut self.redis).await?;
                for entry in reply.claimed {
                    if self.deliveries(&key, &entry.id).await? > DELIVERIES {
                        self.bury(&key, &entry, "delivered too often").await?;
                    } else {
                        self.take(&key, entry).await?;
                    }
                }
                cursor = reply.next_stream_id;
                if cursor == "0-0" {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn deliveries(&mut self, key: &str, id: &str) -> RedisResult<usize> {
        let mut pending = cmd("XPENDING");
        pending.arg(key).arg(GROUP).arg(id).arg(id).arg(1);
        let reply: StreamPendingCountReply = pending.query_async(&mut self.redis).await?;
        Ok(reply.ids.first().map_or(0, |entry| entry.times_delivered))
    }

    async fn take(&mut self, key: &str, entry: StreamId) -> RedisResult<()> {
        let start = match read_start(&entry) {
            Ok(start) => start,
            Err(reason) => return self.bury(key, &entry, &reason.to_string()).await,
        };
        let Some(served) = &start.callback else { return Ok(()) };
        let (callback_id, attempt) = (served.callback_id.clone(), served.attempt);
        let note = |fate| Entered {
            id: entry.id.clone(),
            callback_id: callback_id.clone(),
            attempt,
            fate,
        };
        let started_key = format!("ors:cb:{{{callback_id}}}:{attempt}");
        let claimed: Option<String> = cmd("SET")
            .arg(&started_key)
            .arg(format!("claim:{}", node_name(self.node)))
            .arg("NX")
            .arg("EX")
            .arg(CLAIM_SECS)
            .query_async(&mut self.redis)
            .await?;
        if claimed.is_none() {
            let holder: Option<String> =
                cmd("GET").arg(&started_key).query_async(&mut self.redis).await?;
            return match holder {
                Some(session) if !session.starts_with("claim:") => {
                    self.shared.world().say_started(self.node, &session, &start);
                    self.shared.wake();
                    self.remember(note(Fate::Repeated));
                    self.acknowledge(key, &entry.id).await
                }
                _ => {
                    self.remember(note(Fate::Left));
                    Ok(())
                }
            };
        }
        let session = self.shared.world().start(self.node, start);
        let () = cmd("SET")
            .arg(&started_key)
            .arg(&session)
            .arg("EX")
            .arg(STARTED_SECS)
            .query_async(&mut self.redis)
            .await?;
        self.shared.wake();
        self.remember(note(Fate::Started));
        // The owner may take its time; the entries behind this one do not wait for it.
        let (shared, mut redis) = (Arc::clone(&self.shared), self.redis.clone());
        let (key, id) = (key.to_owned(), entry.id);
        drop(tokio::spawn(async move {
            if taken_note_of(&shared, &session).await {
                // Unacknowledged it comes again, and is then found started.
                let acknowledge = cmd("XACK").arg(key).arg(GROUP).arg(id).clone();
                drop(acknowledge.query_async::<()>(&mut redis).await);
            }
        }));
        Ok(())
    }

    async fn bury(&mut self, key: &str, entry: &StreamId, reason: &str) -> RedisResult<()> {
        let mut add = cmd("XADD");
        add.arg(format!("{}.dead", self.config.key)).arg("*");
        for name in entry.map.keys() {
            add.arg(name).arg(entry.get::<Vec<u8>>(name).unwrap_or_default());
        }
        let () = add.arg("reason").arg(reason).query_async(&mut self.redis).await?;
        self.remember(Entered {
            id: entry.id.clone(),
            callback_id: entry.get("callbackId").unwrap_or_default(),
            attempt: entry.get("attempt").unwrap_or_default(),
            fate: Fate::Dead(reason.to_owned()),
        });
        self.acknowledge(key, &entry.id).await
    }

    async fn acknowledge(&mut self, key: &str, id: &str) -> RedisResult<()> {
        cmd("XACK").arg(key).arg(GROUP).arg(id).query_async(&mut self.redis).await
    }

    fn remember(&self, entered: Entered) {
        held(&self.shared.entered).push(|_| entered);
    }
}

/// Has the owner taken the session's first word, or refused the session?
async fn taken_note_of(shared: &Shared, session: &str) -> bool {
    let waited = tokio::time::timeout(TAKEN_WITHIN, async {
        loop {
            let changed = shared.reporter.changed();
            if !shared.world().owes(session) {
                return;
            }
            // The bound catches a change that came between the question and the wait.
            drop(tokio::time::timeout(Duration::from_millis(100), changed).await);
        }
    });
    waited.await.is_ok()
}

#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("version {0} is not known")]
    Version(String),
    #[error("type {0} is not known")]
    Type(String),
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Reads an entry with the strictness of its contract: what HTTP may leave out must be there.
fn read_start(entry: &StreamId) -> Result<Start, Unreadable> {
    let text = |name: &str| entry.get::<String>(name);
    let version = text("v").unwrap_or_default();
    if version != "1" {
        return Err(Unreadable::Version(version));
    }
    let kind = text("type").unwrap_or_default();
    if kind != "start" {
        return Err(Unreadable::Type(kind));
    }
    for needed in ["callbackId", "params", "createdAt", "expiresAt", "corrId"] {
        if text(needed).is_none_or(|text| text.is_empty()) {
            return Err(StartError::Missing(needed).into());
        }
    }
    let fields: Map<String, Value> = entry
        .map
        .keys()
        .filter(|name| !matches!(name.as_str(), "v" | "type"))
        .filter_map(|name| Some((name.clone(), Value::from(text(name)?))))
        .collect();
    let mut start = Start::from_fields(fields)?;
    start.stream_id = Some(entry.id.clone());
    Ok(start)
}
