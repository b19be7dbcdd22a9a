//! Copies of tenants for work that must not wait for their source: what is kept here, and a bounded question where that
//! is nothing or old.
//!
//! Here and not in an adapter, because those who reach a tenant's nodes and those who book for it need the same, and
//! none of them may stand still while the source does; behind the feature `at-hand`, because it needs a runtime.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::{Tenant, Tenants};

/// After an old copy was asked about, or its source kept somebody waiting for nothing, nobody waits for a tenant for this
/// long.
const REST: SignedDuration = SignedDuration::from_secs(10);
/// The most tenants of which it is remembered that their source was silent.
const MOST: usize = 10_000;

/// The tenants as this node knows them, for those who go on without a word of their source.
#[derive(Clone)]
pub struct AtHand {
    tenants: Arc<dyn Tenants>,
    patience: Duration,
    /// Until when nobody waits for a tenant.
    rests: Arc<Mutex<HashMap<TenantId, Timestamp>>>,
}

impl fmt::Debug for AtHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtHand").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl AtHand {
    /// The tenants of a source that is waited for so long at the most, and in vain once in ten seconds a tenant.
    pub fn new(tenants: Arc<dyn Tenants>, patience: Duration) -> Self {
        Self { tenants, patience, rests: Arc::default() }
    }

    /// A tenant: a fresh copy, or what its source says in time, or the newest copy however old. None where this node
    /// knows nothing of it, be it that nobody has it or that its source is silent: whoever asks then goes on as if
    /// nothing were set for it.
    ///
    /// What the source says too late is there for the next who asks.
    pub async fn of(&self, id: TenantId, now: Timestamp) -> Option<Arc<Tenant>> {
        let known = self.tenants.known(id);
        let fresh = |tenant: &Arc<Tenant>| now.duration_since(tenant.read_at) < Tenant::FRESH;
        if known.as_ref().is_some_and(fresh) || self.rests(id, now) {
            return known;
        }
        if known.is_some() {
            // The others go on with it meanwhile.
            self.rest(id, now);
        }
        let tenants = Arc::clone(&self.tenants);
        // On a task of its own, so that it is asked to the end although nobody waits for that.
        let asked = tokio::spawn(async move { tenants.find(id, now).await });
        if let Ok(Ok(Ok(found))) = timeout(self.patience, asked).await {
            return found.or(known);
        }
        self.rest(id, now);
        known
    }

    /// The newest copy that this node has, however old; asks nobody.
    pub fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.tenants.known(id)
    }

    fn rest(&self, id: TenantId, now: Timestamp) {
        let mut rests = self.resting();
        if rests.len() >= MOST {
            rests.clear();
        }
        rests.insert(id, now.saturating_add(REST).unwrap_or(Timestamp::MAX));
    }

    fn rests(&self, id: TenantId, now: Timestamp) -> bool {
        let mut rests = self.resting();
        let resting = rests.get(&id).is_some_and(|until| now < *until);
        if !resting {
            rests.remove(&id);
        }
        resting
    }

    fn resting(&self) -> MutexGuard<'_, HashMap<TenantId, Timestamp>> {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use async_trait::async_trait;
    use uuid::Uuid;

    use super::*;
    use crate::Fault;
    use crate::tenants::tests::bare;

    /// Long enough for whoever answers at all.
    const LONG: Duration = Duration::from_mins(1);
    const ID: TenantId = TenantId::new(Uuid::nil());

    #[derive(Default)]
    struct Source {
        kept: Mutex<Option<Arc<Tenant>>>,
        silent: AtomicBool,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Tenants for Source {
        async fn find(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
            self.refetch(id, now).await
        }

        async fn refetch(&self, id: TenantId, at: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if self.silent.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let tenant = Arc::new(bare(id, at));
            *self.kept.lock().unwrap() = Some(Arc::clone(&tenant));
            Ok(Some(tenant))
        }

        fn known(&self, _id: TenantId) -> Option<Arc<Tenant>> {
            self.kept.lock().unwrap().clone()
        }

        fn any_welcomes(&self, _origin: &str) -> bool {
            false
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_fresh_copy_asks_nobody_and_an_old_one_asks_once() {
        let source = Arc::new(Source::default());
        let at_hand = AtHand::new(source.clone(), LONG);
        let read = async |second| at_hand.of(ID, at(second)).await.map(|it| it.read_at);
        assert_eq!(read(0).await, Some(at(0)));
        assert_eq!(read(1_799).await, Some(at(0)));
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
        assert_eq!(read(1_800).await, Some(at(1_800)));
        assert_eq!(source.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_silent_source_is_waited_for_once_in_ten_seconds_and_the_last_copy_stands() {
        let source = Arc::new(Source::default());
        let at_hand = AtHand::new(source.clone(), LONG);
        at_hand.of(ID, at(0)).await.unwrap();
        source.silent.store(true, Ordering::SeqCst);
        let at_hand = AtHand::new(source.clone(), Duration::from_millis(1));
        for second in [5_000, 5_001, 5_009] {
            assert_eq!(at_hand.of(ID, at(second)).await.unwrap().read_at, at(0));
        }
        assert_eq!(source.asked.load(Ordering::SeqCst), 2);
        at_hand.of(ID, at(5_010)).await.unwrap();
        assert_eq!(source.asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn of_whom_nothing_is_known_nothing_is_said() {
        let source = Arc::new(Source::default());
        source.silent.store(true, Ordering::SeqCst);
        let at_hand = AtHand::new(source, Duration::from_millis(1));
        assert_eq!(at_hand.of(ID, at(0)).await, None);
    }
}
