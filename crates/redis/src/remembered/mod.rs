//! What nodes learnt lately, told to each other: decorators that keep the port they wrap, and may be left out.
//!
//! Whatever Redis does, the wrapped port is asked where nothing good is remembered. So trouble with Redis is no fault of
//! these ports; it only costs the time until Redis is known to be away.

mod credentials;
mod near;
mod tenants;
mod wait_times;

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use deadpool_redis::redis::FromRedisValue;
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Fault, Tenant, Welcome};
use tracing::{Span, info_span};

use crate::fault::{CallError, PEER, told};
use crate::memory::SharedMemory;
use near::Near;

/// How far the clocks of two nodes may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// A port whose answers all nodes remember together.
///
/// Around `WaitTimes` it spares the routers a question that another node asked in the last 5 s; around `Tenants` and
/// `Credentials` it spares their source the questions of a node that has just started. Ages are counted from when the
/// wrapped port answered, so what is wrapped as `Credentials` should remember nothing itself: its ages would add up.
pub struct Remembered<W: ?Sized> {
    memory: Arc<SharedMemory>,
    tenants: Near<TenantId, Arc<Tenant>>,
    welcome: Welcome,
    keys: Near<String, credentials::Known>,
    /// No key that was looked up until then, in microseconds, is believed: keys were given or taken on this node.
    keys_since: AtomicI64,
    inner: Arc<W>,
}

impl<W: ?Sized> std::fmt::Debug for Remembered<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remembered").field("memory", &self.memory).finish_non_exhaustive()
    }
}

impl<W: ?Sized> Remembered<W> {
    /// Remembers what `inner` answers.
    pub fn new(memory: Arc<SharedMemory>, inner: Arc<W>) -> Self {
        Self {
            memory,
            tenants: Near::default(),
            welcome: Welcome::default(),
            keys: Near::default(),
            keys_since: AtomicI64::new(i64::MIN),
            inner,
        }
    }

    /// What the nodes remember; nothing where they cannot be asked.
    async fn recall(&self, key: &str) -> Recalled {
        let span = info_span!("redis.recall", peer = PEER, outcome = tracing::field::Empty);
        match heeded(span, self.memory.get(key)).await {
            Ok(Some(text)) => Recalled::Text(text),
            Ok(None) => Recalled::Nothing,
            Err(_fault) => Recalled::Trouble,
        }
    }

    async fn remember(&self, key: &str, text: &str, for_time: SignedDuration) {
        let span = info_span!("redis.remember", peer = PEER, outcome = tracing::field::Empty);
        let set = self.memory.set(key, text, for_time.unsigned_abs());
        drop(heeded(span, set).await);
    }

    async fn forget(&self, key: &str) {
        let span = info_span!("redis.forget", peer = PEER, outcome = tracing::field::Empty);
        drop(heeded(span, self.memory.delete(key)).await);
    }
}

/// What the nodes remember of something.
enum Recalled {
    Text(String),
    Nothing,
    /// They cannot be asked, so there is no use in telling them something either.
    Trouble,
}

/// Takes down how a call went that nobody depends on.
async fn heeded<T: FromRedisValue>(
    span: Span,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, Fault> {
    let result = told(span, PEER, call).await;
    if let Err(fault) = &result {
        tracing::debug!(peer = PEER, fault.kind = fault.kind.as_str(), "nothing is remembered");
    }
    result
}

/// Whether something that was learnt then is younger than this, whichever node's clock says so.
fn younger(seen_at: Timestamp, than: SignedDuration, now: Timestamp) -> bool {
    let age = now.duration_since(seen_at);
    age < than && age > SignedDuration::ZERO - SKEW
}
