//! News of catalogues between the nodes: told after a change, heeded when heard.
//!
//! Apart from the shelf, which finds changes out by looking: news only make it look sooner, and may be lost.

use ges_domain::id::{Revision, TenantId};
use ges_ports::{Fault, News};

use crate::App;

impl App {
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
            News::Missed => {
                self.shelf.refresh().await?;
            }
        }
        Ok(())
    }
}
