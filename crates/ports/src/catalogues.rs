//! Tenants' catalogues in their store.

use async_trait::async_trait;
use ges_domain::catalogue::Catalogue;
use ges_domain::id::{Revision, TenantId};

use crate::Fault;

/// Why a catalogue was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Another revision stands than the one that was read.
    #[error("the catalogue changed meanwhile")]
    Changed {
        /// The revision that stands.
        now: Revision,
    },
    /// The store is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The catalogues of all tenants.
#[async_trait]
pub trait Catalogues: Send + Sync {
    /// The tenants that have a catalogue, in order.
    async fn tenants(&self) -> Result<Vec<TenantId>, Fault>;

    /// A tenant's catalogue.
    async fn load(&self, tenant: TenantId) -> Result<Option<Catalogue>, Fault>;

    /// The revision of a tenant's catalogue, [`Revision::NONE`] where there is none: the cheap question of a poll.
    async fn revision(&self, tenant: TenantId) -> Result<Revision, Fault>;

    /// Replaces the catalogue that stands at the revision before `next`'s, in one step.
    ///
    /// No booking decided under an older revision is made afterwards. The bookings of every service in
    /// [`Catalogue::moved_slots`] are counted anew: each open callback that holds a place holds it in the slot that
    /// now contains its desired time, or keeps its old slot where the office is closed now.
    async fn replace(&self, next: &Catalogue) -> Result<(), ReplaceError>;
}
