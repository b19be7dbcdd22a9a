//! Catalogues and records that a store keeps, and that a test can put out of reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use ges_domain::catalogue::Catalogue;
use ges_domain::id::{Revision, TenantId};
use ges_embedded::Embedded;
use ges_ports::{
    Catalogues, Fault, Record, RecordError, RecordKey, RecordKind, RecordName, Records,
    ReplaceError,
};

/// The store's catalogues, which can be out of reach.
pub(crate) struct Papers {
    store: Arc<Embedded>,
    away: AtomicBool,
}

impl Papers {
    pub(crate) fn of(store: Arc<Embedded>) -> Self {
        Self { store, away: AtomicBool::new(false) }
    }

    /// They cannot be read, or can again.
    pub(crate) fn put_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }
}

#[async_trait]
impl Catalogues for Papers {
    async fn tenants(&self) -> Result<Vec<TenantId>, Fault> {
        self.store.tenants().await
    }

    async fn load(&self, tenant: TenantId) -> Result<Option<Catalogue>, Fault> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Fault::unavailable("store", "the catalogues are away"));
        }
        self.store.load(tenant).await
    }

    async fn revision(&self, tenant: TenantId) -> Result<Revision, Fault> {
        self.store.revision(tenant).await
    }

    async fn replace(&self, next: &Catalogue) -> Result<(), ReplaceError> {
        self.store.replace(next).await
    }
}

/// The store's records, whose answer to a write can get lost, and which can be torn from a node's hands.
pub(crate) struct Shelves {
    store: Arc<Embedded>,
    lose: AtomicU64,
    /// Writes until all others fail.
    left: AtomicU64,
}

impl Shelves {
    pub(crate) fn of(store: Arc<Embedded>) -> Self {
        Self { store, lose: AtomicU64::new(0), left: AtomicU64::new(u64::MAX) }
    }

    /// The answers to the next writes get lost.
    pub(crate) fn lose_answers(&self, count: u64) {
        self.lose.store(count, Ordering::SeqCst);
    }

    /// After so many writes nothing is written any more, until this is said again.
    pub(crate) fn hold_after(&self, writes: u64) {
        self.left.store(writes, Ordering::SeqCst);
    }
}

#[async_trait]
impl Records for Shelves {
    async fn get(&self, key: &RecordKey) -> Result<Option<Record>, Fault> {
        self.store.get(key).await
    }

    async fn put(
        &self,
        key: &RecordKey,
        document: &str,
        expected: Revision,
    ) -> Result<Revision, RecordError> {
        let less = |left: u64| left.checked_sub(1);
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
            return Err(Fault::unavailable("store", "the records are away").into());
        }
        let revision = self.store.put(key, document, expected).await?;
        match self.lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_lost) => Err(Fault::timed_out("store").into()),
            Err(_none) => Ok(revision),
        }
    }

    async fn remove(&self, key: &RecordKey, expected: Revision) -> Result<(), RecordError> {
        self.store.remove(key, expected).await
    }

    async fn list(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordName>,
        limit: u16,
    ) -> Result<Vec<Record>, Fault> {
        self.store.list(tenant, kind, after, limit).await
    }

    async fn owners(
        &self,
        kind: RecordKind,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<Vec<TenantId>, Fault> {
        self.store.owners(kind, after, limit).await
    }
}
