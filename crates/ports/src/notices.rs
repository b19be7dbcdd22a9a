//! Telling the other nodes that a catalogue changed, or that somebody had a tenant read again.
//!
//! Apart from [`Catalogues`](crate::Catalogues) and [`Tenants`](crate::Tenants), because a source tells the truth and this
//! only says when to ask for it: a node that hears nothing still looks for itself.

use async_trait::async_trait;
use ges_domain::id::{Revision, TenantId};

use crate::Fault;

/// What a node hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A tenant's catalogue stands at this revision now, or stood at it a moment ago.
    Changed {
        /// Whose catalogue.
        tenant: TenantId,
        /// At which revision.
        revision: Revision,
    },
    /// Somebody had a tenant read again: its source may describe it otherwise now.
    Reread {
        /// Which tenant.
        tenant: TenantId,
    },
    /// Nobody listened for a while, or not fast enough: whatever is known may be old.
    Missed,
}

/// Announcements between the nodes.
///
/// They make a change known sooner and promise nothing: one may be lost, come twice or late.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Tells every node that listens, this one among them; does not wait for anybody to act on it.
    async fn announce(&self, tenant: TenantId, revision: Revision) -> Result<(), Fault>;

    /// Tells them likewise that somebody had a tenant read again.
    async fn announce_reread(&self, tenant: TenantId) -> Result<(), Fault>;

    /// Listens from now on. The first news may be [`News::Missed`]: what came before was not heard.
    fn subscribe(&self) -> Box<dyn Subscription>;
}

/// One who listens.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next news. Dropping the wait loses none.
    async fn next(&mut self) -> News;
}
