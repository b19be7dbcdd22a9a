//! Starting sessions by the stream of the voice services.
//!
//! An entry may be written twice, never half: who reads the stream starts one session for a callback and attempt. So a
//! try whose outcome is unknown may be followed by another, but whatever comes after, it stays possible that the start
//! was written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{Cmd, cmd};
use ges_domain::effect::Signal;
use ges_domain::id::TenantId;
use ges_ports::{Fault, Inquiry, Orchestrator, Receipt, SessionRef, SessionRequest};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, info_span};
use url::Url;

use crate::config::{Mode, StreamConfig, millis};
use crate::dial::{Dialer, OpenError, Retries};
use crate::fault::{CallError, told};
use crate::link::Link;

/// The name under which faults, spans and logs speak of the voice services' Redis.
const PEER: &str = "ors_stream";

/// How long to rest before each further try.
const RESTS: [Duration; 3] =
    [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];

/// The orchestration server, whose sessions are started by the stream and spoken to by another way.
pub struct OrsStream {
    link: Link,
    keys: Keys,
    max_entries: u32,
    ges_url: Url,
    sessions: Arc<dyn Orchestrator>,
}

impl std::fmt::Debug for OrsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrsStream").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl OrsStream {
    /// Starts sessions by the configured stream; `sessions` signals and queries them. `ges_url` is where they find our
    /// internal API.
    ///
    /// Begins to connect, and goes on doing so whenever there is no connection. Needs a runtime, which must live as long
    /// as this. The error is of the configuration; that nobody is there is what [`ping`](Self::ping) tells.
    pub fn open(
        config: &StreamConfig,
        ges_url: Url,
        sessions: Arc<dyn Orchestrator>,
    ) -> Result<Self, OpenError> {
        let timeout = millis(config.timeout_ms);
        let secret = config.secret_file.as_deref().map(Path::new);
        let dialer = Dialer::new(&config.connection, secret, timeout, Retries::None)?;
        Ok(Self {
            link: Link::open(PEER, Arc::new(dialer), timeout),
            keys: Keys {
                stream: config.key.clone(),
                shards: config.shards.get(),
                mode: config.connection.mode,
            },
            max_entries: config.max_entries.get(),
            ges_url,
            sessions,
        })
    }

    /// Whether the stream's Redis answers; the gauge `ORS_REDIS_STATUS` follows it.
    pub async fn ping(&self) -> Result<(), Fault> {
        let span = info_span!("ors_stream.ping", peer = PEER, outcome = Empty);
        told(span, PEER, self.link.ping()).await
    }

    /// Whether the stream's Redis answers and takes writes: the doctor's question.
    pub async fn examine(&self) -> Result<(), Fault> {
        self.ping().await?;
        let span = info_span!("ors_stream.examine", peer = PEER, outcome = Empty);
        told(span, PEER, self.link.takes_writes()).await
    }

    fn entry(&self, request: &SessionRequest) -> Cmd {
        let mut add = cmd("XADD");
        add.arg(self.keys.of(request.callback.tenant));
        // Only about: an exact bound would make the server look through a whole node of the stream for each entry.
        add.arg("MAXLEN").arg("~").arg(self.max_entries).arg("*");
        for (name, value) in request.entry(self.ges_url.as_str()) {
            add.arg(name).arg(value);
        }
        add
    }

    /// Writes an entry, and answers its id.
    async fn write(&self, entry: &Cmd) -> Result<String, Fault> {
        let timeout = self.link.timeout();
        let end = Instant::now() + 2 * timeout;
        let mut rests = RESTS.into_iter();
        let mut perhaps = None;
        loop {
            let now = Instant::now();
            let error = match self.link.call_by(entry, end.min(now + timeout)).await {
                Ok(id) => return Ok(id),
                Err(error) => error,
            };
            let in_time = |rest: &Duration| Instant::now() + *rest < end;
            let Some(rest) = rests.next().filter(|rest| passing(&error) && in_time(rest)) else {
                return Err(match perhaps {
                    _ if written_perhaps(&error) => error.fault(PEER),
                    Some(earlier) => CallError::fault(earlier, PEER),
                    None => Fault::unavailable(PEER, error),
                });
            };
            if written_perhaps(&error) {
                perhaps = Some(error);
            }
            tokio::time::sleep(rest).await;
        }
    }
}

/// Whether the entry may stand in the stream in spite of the error. An error that the server answers says that it does
/// not, of whatever kind it is: the command is one step.
fn written_perhaps(error: &CallError) -> bool {
    match error {
        CallError::TimedOut | CallError::Broken(_) | CallError::Unintelligible(_) => true,
        CallError::Unreachable(_)
        | CallError::NotReady
        | CallError::Incomplete
        | CallError::Replica
        | CallError::Refused(_)
        | CallError::Rejected(_) => false,
    }
}

/// Whether it may be over in a moment.
fn passing(error: &CallError) -> bool {
    match error {
        CallError::Unreachable(_) | CallError::Broken(_) => true,
        CallError::Refused(_) => matches!(
            error.code(),
            Some(
                "ASK"
                    | "CLUSTERDOWN"
                    | "LOADING"
                    | "MASTERDOWN"
                    | "MOVED"
                    | "READONLY"
                    | "TRYAGAIN"
            )
        ),
        CallError::NotReady
        | CallError::Incomplete
        | CallError::Replica
        | CallError::TimedOut
        | CallError::Rejected(_)
        | CallError::Unintelligible(_) => false,
    }
}

#[async_trait]
impl Orchestrator for OrsStream {
    async fn start(&self, request: &SessionRequest) -> Result<Receipt, Fault> {
        let span = info_span!("ors_stream.start", peer = PEER, outcome = Empty, entry = Empty);
        let result = self.write(&self.entry(request)).instrument(span.clone()).await;
        match result {
            Ok(id) => {
                span.record("outcome", "ok").record("entry", id);
                Ok(Receipt::default())
            }
            Err(fault) => {
                span.record("outcome", fault.kind.as_str());
                Err(fault)
            }
        }
    }

    async fn signal(&self, session: &SessionRef, signal: &Signal) -> Result<bool, Fault> {
        self.sessions.signal(session, signal).await
    }

    async fn query(&self, session: &SessionRef) -> Result<Inquiry, Fault> {
        self.sessions.query(session).await
    }
}

/// Under which key the entries of a tenant stand.
#[derive(Debug)]
struct Keys {
    stream: String,
    shards: u16,
    mode: Mode,
}

impl Keys {
    fn of(&self, tenant: TenantId) -> String {
        let stream = &self.stream;
        if self.shards == 1 {
            return stream.clone();
        }
        let shard = crc16(tenant.to_string().as_bytes()) % self.shards;
        match self.mode {
            Mode::Standalone => format!("{stream}:{shard}"),
            Mode::Cluster => format!("{stream}:{{{shard}}}"),
        }
    }
}

/// The checksum by which Redis clusters spread their keys: CRC-16 with the polynomial 0x1021, from 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_redis_clusters() {
        // The check value of this CRC, and a slot that the documentation of clusters works out.
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(crc16(b"foo") % 16_384, 12_182);
    }

    #[test]
    fn a_stream_of_one_shard_keeps_its_bare_key() {
        let tenant = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100".parse().unwrap();
        let key = |shards, mode| {
            Keys { stream: String::from("NewCallbackStream"), shards, mode }.of(tenant)
        };
        assert_eq!(key(1, Mode::Cluster), "NewCallbackStream");
        let shard = crc16(b"9350e2fc-a1dd-4c65-8d40-1f75a2e00100") % 8;
        assert_eq!(key(8, Mode::Standalone), format!("NewCallbackStream:{shard}"));
        assert_eq!(key(8, Mode::Cluster), format!("NewCallbackStream:{{{shard}}}"));
    }
}
