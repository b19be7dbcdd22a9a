//! Telling the other nodes what changed, by a channel for each tenant: a number is the revision of its catalogue.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    FromRedisValue, PushInfo, PushKind, RedisResult, cmd, from_redis_value,
};
use ges_domain::id::{Revision, TenantId};
use ges_ports::{Fault, News, Notices, Subscription};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tracing::field::Empty;
use tracing::info_span;

use crate::fault::{PEER, told};
use crate::memory::SharedMemory;

/// News that wait for a listener; one that falls behind hears that it missed some.
const WAITING: usize = 1_000;

/// How often a connection over which nothing comes is asked whether it still stands.
const PULSE: Duration = Duration::from_secs(5);

/// The word for a tenant that was read again; a node of an earlier release takes it for nobody's.
const REREAD: &str = "reread";

/// How long to rest before listening again.
const REST: Duration = Duration::from_millis(200);

/// Announcements over Redis.
pub struct RedisNotices {
    memory: Arc<SharedMemory>,
    news: broadcast::Sender<News>,
    ear: JoinHandle<()>,
}

impl std::fmt::Debug for RedisNotices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisNotices").finish_non_exhaustive()
    }
}

impl RedisNotices {
    /// Begins to listen, on a connection of its own. Needs a runtime, which must live as long as this.
    pub fn new(memory: Arc<SharedMemory>) -> Self {
        let (news, _) = broadcast::channel(WAITING);
        let ear = Ear { memory: Arc::clone(&memory), news: news.clone() };
        Self { memory, news, ear: tokio::spawn(ear.listen()) }
    }

    async fn publish(&self, tenant: TenantId, what: &str) -> Result<(), Fault> {
        let span = info_span!("redis.announce", peer = PEER, outcome = Empty);
        let channel = Self::channel(&self.memory, &tenant.to_string());
        let publish = cmd("PUBLISH").arg(channel).arg(what).clone();
        told(span, PEER, self.memory.link.call::<()>(&publish)).await
    }

    fn channel(memory: &SharedMemory, tenant: &str) -> String {
        memory.key(format_args!("settings:{tenant}"))
    }
}

impl Drop for RedisNotices {
    fn drop(&mut self) {
        self.ear.abort();
    }
}

#[async_trait]
impl Notices for RedisNotices {
    async fn announce(&self, tenant: TenantId, revision: Revision) -> Result<(), Fault> {
        self.publish(tenant, &revision.number().to_string()).await
    }

    async fn announce_reread(&self, tenant: TenantId) -> Result<(), Fault> {
        self.publish(tenant, REREAD).await
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        Box::new(Listener(self.news.subscribe()))
    }
}

struct Listener(broadcast::Receiver<News>);

#[async_trait]
impl Subscription for Listener {
    async fn next(&mut self) -> News {
        match self.0.recv().await {
            Ok(news) => news,
            Err(broadcast::error::RecvError::Lagged(_)) => News::Missed,
            // Who announces is gone, so nothing will be heard any more.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

struct Ear {
    memory: Arc<SharedMemory>,
    news: broadcast::Sender<News>,
}

impl Ear {
    async fn listen(self) {
        loop {
            if let Err(error) = self.listen_once().await {
                tracing::debug!(peer = PEER, error = %error, "announcements are not heard");
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Listens until the connection ends.
    async fn listen_once(&self) -> RedisResult<()> {
        let (heard, mut pushes) = mpsc::unbounded_channel();
        let dialer = &self.memory.dialer;
        let mut connection = dialer.listen(move |push| drop(heard.send(push))).await?;
        let prefix = RedisNotices::channel(&self.memory, "");
        let pattern = format!("{}*", escaped(&prefix));
        self.ask::<()>(&mut connection, cmd("PSUBSCRIBE").arg(pattern)).await?;
        // Nobody knows what was announced before.
        drop(self.news.send(News::Missed));
        loop {
            match tokio::time::timeout(PULSE, pushes.recv()).await {
                Ok(Some(Some(push))) => {
                    if let Some(news) = read(&push, &prefix) {
                        drop(self.news.send(news));
                    }
                }
                Ok(Some(None) | None) => return Ok(()),
                Err(_quiet) => self.ask::<()>(&mut connection, &cmd("PING")).await?,
            }
        }
    }

    async fn ask<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        command: &deadpool_redis::redis::Cmd,
    ) -> RedisResult<T> {
        let answer = command.query_async(connection);
        match tokio::time::timeout(self.memory.link.timeout(), answer).await {
            Ok(answer) => answer,
            Err(late) => Err(std::io::Error::from(late).into()),
        }
    }
}

/// The text as a pattern that it alone meets.
fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '\\' | '^');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The news in a message; none in what others write into our channels.
fn read(push: &PushInfo, prefix: &str) -> Option<News> {
    let PushInfo { kind: PushKind::PMessage, data } = push else { return None };
    let [_pattern, channel, payload] = &data[..] else { return None };
    let text = |value| from_redis_value::<String>(value).ok();
    let tenant = text(channel.clone())?.strip_prefix(prefix)?.parse().ok()?;
    let payload = text(payload.clone())?;
    if payload == REREAD {
        return Some(News::Reread { tenant });
    }
    Some(News::Changed { tenant, revision: Revision::new(payload.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::Value;

    use super::*;

    fn message(channel: &str, payload: &str) -> PushInfo {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        PushInfo { kind: PushKind::PMessage, data: vec![text("p"), text(channel), text(payload)] }
    }

    #[test]
    fn only_what_a_node_wrote_is_news() {
        let tenant = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";
        let news = |what| read(&message(&format!("ges:settings:{tenant}"), what), "ges:settings:");
        let tenant = tenant.parse().unwrap();
        assert_eq!(news("7"), Some(News::Changed { tenant, revision: Revision::new(7) }));
        assert_eq!(news("reread"), Some(News::Reread { tenant }));
        assert_eq!(news("7th"), None);
        for (channel, payload) in
            [("ges:settings:x", "7"), ("other", "7"), ("ges:settings:", "7"), ("", "")]
        {
            assert_eq!(read(&message(channel, payload), "ges:settings:"), None, "{channel}");
        }
    }

    #[test]
    fn a_prefix_is_taken_literally() {
        assert_eq!(escaped("a*b[c]?"), r"a\*b\[c\]\?");
    }
}
