//! News between the nodes, of catalogues and of contact centres: told after a change, heeded when heard.
//!
//! Apart from the shelf, which finds changes out by looking: news only make it look sooner, and may be lost.

use std::sync::Arc;
use std::time::Duration;

use ges_domain::id::{Revision, TenantId};
use ges_domain::time::SignedDuration;
use ges_ports::{Fault, News};

use crate::App;

/// A copy of a contact centre that is younger than this needs no other: who announces hears it, too.
const JUST_READ: SignedDuration = SignedDuration::from_secs(5);
/// Other news wait no longer than this for a contact centre that is read again.
const READ_WITHIN: Duration = Duration::from_secs(2);

impl App {
    /// Tells the other nodes that a contact centre was read again, and so may be another.
    pub(crate) async fn reread(&self, tenant: TenantId) {
        if let Some(notices) = &self.ports.notices
            && let Err(fault) = notices.announce_reread(tenant).await
        {
            tracing::warn!(
                peer = fault.peer,
                fault.kind = fault.kind.as_str(),
                "the other nodes were not told that a contact centre was read again: they read it in their turn"
            );
        }
    }

    /// Takes a changed catalogue onto this node's shelf, and tells the other nodes.
    pub(crate) async fn changed(&self, tenant: TenantId, revision: Revision) -> Result<(), Fault> {
        self.shelf.reload(tenant).await?;
        if let Some(notices) = &self.ports.notices
            && let Err(fault) = notices.announce(tenant, revision).await
        {
            tracing::warn!(
                peer = fault.peer,
                fault.kind = fault.kind.as_str(),
                "the other nodes were not told of a change: they find it out by looking"
            );
        }
        Ok(())
    }

    /// Heeds news: reads what this node knows and what has changed since.
    pub async fn heed(&self, news: News) -> Result<(), Fault> {
        match news {
            News::Changed { tenant, revision } => {
                let known = self.shelf.known(tenant);
                if known.is_some_and(|stock| stock.catalogue.revision < revision) {
                    self.shelf.reload(tenant).await?;
                }
            }
            News::Reread { tenant } => {
                let (tenants, now) = (Arc::clone(&self.ports.tenants), self.now());
                let known = tenants.known(tenant);
                // Whoever has no copy reads one when it is wanted.
                if known.is_some_and(|known| now.duration_since(known.read_at) >= JUST_READ) {
                    let read = tokio::spawn(async move { tenants.refetch(tenant, now).await });
                    if let Ok(Ok(Err(fault))) = tokio::time::timeout(READ_WITHIN, read).await {
                        return Err(fault);
                    }
                }
            }
            News::Missed => {
                self.shelf.refresh().await?;
            }
        }
        Ok(())
    }
}
