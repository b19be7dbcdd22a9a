//! Our own Redis, as everything that keeps something in it sees it.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::{FromRedisValue, cmd};
use ges_ports::Fault;
use tracing::field::Empty;
use tracing::info_span;

use crate::config::{Config, millis};
use crate::dial::{Dialer, OpenError, Retries};
use crate::fault::{CallError, PEER, told};
use crate::link::Link;
use crate::script::Script;

/// The memory that the nodes share. Whatever is in it may be gone the next moment.
pub struct SharedMemory {
    pub(crate) link: Link,
    pub(crate) dialer: Arc<Dialer>,
    prefix: String,
}

impl std::fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedMemory").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl SharedMemory {
    /// Begins to connect, and goes on doing so whenever there is no connection.
    ///
    /// Needs a runtime, which must live as long as the memory. The error is of the configuration; that nobody is there
    /// is what [`ping`](Self::ping) tells.
    pub fn open(config: &Config) -> Result<Arc<Self>, OpenError> {
        let timeout = millis(config.timeout_ms);
        let dialer = Arc::new(Dialer::new(&config.connection, None, timeout, Retries::Few)?);
        let link = Link::open(PEER, Arc::clone(&dialer), timeout);
        Ok(Arc::new(Self { link, dialer, prefix: config.key_prefix.clone() }))
    }

    /// Whether Redis answers; the gauge `REDIS_CONNECTION` follows it.
    pub async fn ping(&self) -> Result<(), Fault> {
        let span = info_span!("redis.ping", peer = PEER, outcome = Empty);
        told(span, PEER, self.link.ping()).await
    }

    /// Whether Redis answers and takes writes: the doctor's question.
    pub async fn examine(&self) -> Result<(), Fault> {
        self.ping().await?;
        let span = info_span!("redis.examine", peer = PEER, outcome = Empty);
        told(span, PEER, self.link.takes_writes()).await
    }

    pub(crate) fn key(&self, rest: std::fmt::Arguments<'_>) -> String {
        format!("{}{rest}", self.prefix)
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<String>, CallError> {
        self.link.call(cmd("GET").arg(key)).await
    }

    pub(crate) async fn set(
        &self,
        key: &str,
        value: &str,
        for_time: Duration,
    ) -> Result<(), CallError> {
        let ms = u64::try_from(for_time.as_millis()).unwrap_or(u64::MAX);
        self.link.call(cmd("SET").arg(key).arg(value).arg("PX").arg(ms)).await
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), CallError> {
        self.link.call(cmd("DEL").arg(key)).await
    }

    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: &[&str],
    ) -> Result<T, CallError> {
        script.run(&self.link, key, arguments).await
    }
}
