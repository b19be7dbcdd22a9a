//! What a promise is tried on: ports that are one store.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ges_ports::{Audit, Callbacks, Catalogues, Deliveries, Effects, Records};

/// The storage ports of one fresh, empty store.
#[derive(Clone)]
pub struct World {
    /// The callbacks.
    pub callbacks: Arc<dyn Callbacks>,
    /// The outbox.
    pub effects: Arc<dyn Effects>,
    /// The catalogues.
    pub catalogues: Arc<dyn Catalogues>,
    /// The records.
    pub records: Arc<dyn Records>,
    /// The audit log.
    pub audit: Arc<dyn Audit>,
    /// What webhooks hear.
    pub deliveries: Arc<dyn Deliveries>,
    kept: Option<Arc<dyn Any + Send + Sync>>,
}

impl World {
    /// The world of a store that keeps all five ports.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: Callbacks + Effects + Catalogues + Records + Audit + Deliveries + 'static,
    {
        Self {
            callbacks: Arc::clone(&store) as Arc<dyn Callbacks>,
            effects: Arc::clone(&store) as Arc<dyn Effects>,
            catalogues: Arc::clone(&store) as Arc<dyn Catalogues>,
            records: Arc::clone(&store) as Arc<dyn Records>,
            audit: store.clone(),
            deliveries: store,
            kept: None,
        }
    }

    /// The same world, which holds something as long as it lives: a directory, a server.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self.kept = Some(Arc::new(kept));
        self
    }
}

/// Runs a promise, which fails when it is not done in a minute: a lock that nobody gives back is a broken promise too.
pub async fn in_time(promise: impl Future<Output = ()>) {
    let done = tokio::time::timeout(Duration::from_mins(1), promise).await;
    assert!(done.is_ok(), "the promise was not kept within a minute");
}
