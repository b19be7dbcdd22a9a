//! Starts that come by the Redis stream, on a Redis of the test's own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::streams::StreamPendingReply;
use deadpool_redis::redis::{AsyncConnectionConfig, Client, cmd};
use ges_simulators::ors::{Fate, Script, StreamConfig};
use ges_simulators::{Clock, Ors, OrsConfig};

use crate::owner::Owner;

struct Redis {
    process: Child,
    socket: PathBuf,
    connection: MultiplexedConnection,
}

impl Redis {
    async fn start(name: &str) -> Self {
        let name = format!("stream-{name}-{}.sock", std::process::id());
        let socket = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let client = Client::open(url(&socket)).unwrap();
        let timeouts =
            AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(5)));
        let deadline = Instant::now() + Duration::from_secs(10);
        let connection = loop {
            match client.get_multiplexed_async_connection_with_config(&timeouts).await {
                Ok(connection) => break connection,
                Err(error) if Instant::now() > deadline => panic!("no Redis: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        Self { process, socket, connection }
    }

    fn stream(&self) -> StreamConfig {
        StreamConfig {
            reclaim_every: Duration::from_millis(100),
            left_for: Duration::from_millis(150),
            ..StreamConfig::at(&url(&self.socket))
        }
    }

    async fn add(&mut self, owner: &Owner, callback: &str, attempt: u32, changes: &[(&str, &str)]) {
        let mut fields: Vec<(String, String)> = [("v", "1"), ("type", "start")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        for (name, value) in owner.start_of(callback, attempt).as_object().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fields.push((name.clone(), text));
        }
        fields.push(("expiresAt".to_owned(), "99999999999999".to_owned()));
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let mut add = cmd("XADD");
        add.arg("NewCallbackStream").arg("*");
        for (name, value) in &fields {
            add.arg(name).arg(value);
        }
        let () = add.query_async(&mut self.connection).await.unwrap();
    }

    async fn pending(&mut self) -> usize {
        let summary: StreamPendingReply = cmd("XPENDING")
            .arg("NewCallbackStream")
            .arg("ors")
            .query_async(&mut self.connection)
            .await
            .unwrap();
        summary.count()
    }

    /// Does nobody wait for an entry?
    async fn unread(&mut self) -> bool {
        let clients: String =
            cmd("INFO").arg("clients").query_async(&mut self.connection).await.unwrap();
        clients.contains("blocked_clients:0")
    }

    async fn set(&mut self, key: &str, value: &str) {
        let () = cmd("SET").arg(key).arg(value).query_async(&mut self.connection).await.unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_file(&self.socket));
    }
}

fn url(socket: &std::path::Path) -> String {
    format!("redis+unix://{}", socket.display())
}

async fn ors(redis: &Redis) -> Ors {
    let script = Script { queue_ms: 3_600_000, ..Script::default() };
    let config = OrsConfig::default().clock(Clock::stepped_from_now()).script(script);
    Ors::start(OrsConfig { stream: Some(redis.stream()), ..config }).await
}

/// Looks again until it is so; the bound is far above what it takes.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !so().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_entry_is_started_reported_and_acknowledged_once() {
    let owner = Owner::start();
    let mut redis = Redis::start("once").await;
    // Written before the first consumer came, and twice.
    redis.add(&owner, "c-1", 1, &[]).await;
    redis.add(&owner, "c-1", 1, &[]).await;
    let ors = ors(&redis).await;
    until("both are looked at", async || ors.entered().len() == 2).await;
    until("both are acknowledged", async || redis.pending().await == 0).await;
    let entered = ors.entered();
    assert_eq!((&entered[0].fate, &entered[1].fate), (&Fate::Started, &Fate::Repeated));
    let sessions = ors.sessions();
    assert_eq!(sessions.len(), 1);
    until("it was reported twice", async || owner.updates().len() == 2).await;
    let started = &owner.updates()[0].body;
    assert_eq!(started["sessionId"], sessions[0].id);
    assert_eq!(started["streamId"], entered[0].id);
}

#[tokio::test]
async fn what_another_node_claims_is_left_and_what_it_has_started_is_reported_again() {
    let owner = Owner::start();
    let mut redis = Redis::start("claims").await;
    redis.set("ors:cb:{c-1}:1", "claim:elsewhere").await;
    redis.set("ors:cb:{c-2}:1", "SESSION0000000000000000000000001").await;
    redis.add(&owner, "c-1", 1, &[]).await;
    redis.add(&owner, "c-2", 1, &[]).await;
    let ors = ors(&redis).await;
    until("both are looked at", async || ors.entered().len() >= 2).await;
    let fates: Vec<_> = ors.entered().into_iter().map(|entered| entered.fate).collect();
    assert_eq!(fates[..2], [Fate::Left, Fate::Repeated]);
    until("the other's session is reported", async || !owner.updates().is_empty()).await;
    assert_eq!(owner.updates()[0].body["sessionId"], "SESSION0000000000000000000000001");
    // The other node died with its claim, which lapses.
    let () = cmd("DEL").arg("ors:cb:{c-1}:1").query_async(&mut redis.connection).await.unwrap();
    until("it is taken over", async || ors.sessions().len() == 1).await;
    until("nothing is left", async || redis.pending().await == 0).await;
}

#[tokio::test]
async fn what_cannot_be_read_or_is_never_done_goes_to_the_dead_stream() {
    let owner = Owner::start();
    let mut redis = Redis::start("dead").await;
    redis.set("ors:cb:{c-9}:1", "claim:elsewhere").await;
    redis.add(&owner, "c-1", 1, &[("v", "2")]).await;
    redis.add(&owner, "c-2", 1, &[("updateToken", "")]).await;
    redis.add(&owner, "c-3", 1, &[("params", "[1]")]).await;
    redis.add(&owner, "c-9", 1, &[]).await;
    let ors = ors(&redis).await;
    until("all four are dead", async || {
        ors.entered().iter().filter(|entered| matches!(entered.fate, Fate::Dead(_))).count() == 4
    })
    .await;
    let reasons: Vec<_> = ors
        .entered()
        .into_iter()
        .filter_map(|entered| match entered.fate {
            Fate::Dead(reason) => Some(reason),
            Fate::Started | Fate::Repeated | Fate::Left => None,
        })
        .collect();
    assert_eq!(
        reasons,
        [
            "version 2 is not known",
            "updateToken is missing",
            "params is malformed",
            "delivered too often"
        ]
    );
    let mut length = cmd("XLEN");
    let dead: usize =
        length.arg("NewCallbackStream.dead").query_async(&mut redis.connection).await.unwrap();
    assert_eq!(dead, 4);
    assert!(ors.sessions().is_empty() && owner.updates().is_empty());
    until("nothing is pending", async || redis.pending().await == 0).await;
}

#[tokio::test]
async fn a_pause_holds_the_consumer_and_a_flush_does_not_stop_it() {
    let owner = Owner::start();
    let mut redis = Redis::start("pause").await;
    let ors = ors(&redis).await;
    ors.misbehave(|knobs| knobs.redis_pause = true);
    // Between two reads nobody waits either, but not for so many looks on end.
    let mut looks = 0;
    until("nobody reads", async || {
        looks = if redis.unread().await { looks + 1 } else { 0 };
        looks == 8
    })
    .await;
    redis.add(&owner, "c-1", 1, &[]).await;
    assert!(redis.unread().await && ors.entered().is_empty());
    ors.misbehave(|knobs| knobs.redis_pause = false);
    until("it goes on", async || ors.sessions().len() == 1).await;
    let () = cmd("FLUSHALL").query_async(&mut redis.connection).await.unwrap();
    redis.add(&owner, "c-2", 1, &[]).await;
    until("it goes on after the flush", async || ors.sessions().len() == 2).await;
}

#[tokio::test]
async fn an_entry_whose_session_nobody_hears_of_is_not_acknowledged() {
    let owner = Owner::start();
    let mut redis = Redis::start("unheard").await;
    // Five tries take six seconds: time enough to look, however slow the machine.
    owner.answer([503; 5]);
    redis.add(&owner, "c-1", 1, &[]).await;
    let ors = ors(&redis).await;
    until("it is started", async || ors.sessions().len() == 1).await;
    until("it is told", async || !owner.updates().is_empty()).await;
    assert_eq!(redis.pending().await, 1);
    ors.advance(Duration::from_secs(10)).await;
    until("it is acknowledged", async || redis.pending().await == 0).await;
}
