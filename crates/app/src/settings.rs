//! Publishing: what Designer, or a person in its place, says about services and hours.

use std::collections::BTreeSet;

use ges_domain::catalogue::{Catalogue, Publication, PublicationError, Published};
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_ports::{Fault, ReplaceError};

use crate::App;
use crate::chronicle::Author;

/// How often a publication is merged again because somebody else wrote first.
const MERGES: usize = 5;

/// Why a publication came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailure {
    /// It does not fit the catalogue.
    #[error(transparent)]
    Refused(#[from] PublicationError),
    /// The catalogue stands at another published revision than the publisher expects.
    #[error("the published revision is {now}")]
    Mismatch {
        /// The revision that stands.
        now: u64,
    },
    /// The store is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

impl App {
    /// Publishes in one step; `expected` is the published revision that the publisher knows.
    pub async fn publish(
        &self,
        tenant: TenantId,
        publication: &Publication,
        expected: Option<u64>,
    ) -> Result<(Catalogue, Published), PublishFailure> {
        let mut contended = None;
        for _merge in 0..MERGES {
            let stock = self.shelf.reload(tenant).await?;
            let before = &stock.catalogue;
            if expected.is_some_and(|expected| expected != before.published) {
                return Err(PublishFailure::Mismatch { now: before.published });
            }
            let open = self.with_open_callbacks(tenant, before, publication).await?;
            let (next, published) = before.publish(publication, &open)?;
            match self.ports.catalogues.replace(&next).await {
                Ok(()) => {
                    self.changed(tenant, next.revision).await?;
                    let by = publication.by.clone().unwrap_or_else(|| String::from("designer"));
                    let author = Author { by, note: None };
                    self.chronicle(before, &next, &author, self.now()).await;
                    return Ok((next, published));
                }
                Err(ReplaceError::Changed { now }) => contended = Some(now),
                Err(ReplaceError::Fault(fault)) => return Err(fault.into()),
            }
        }
        let source = format!("the catalogue kept changing, last at revision {contended:?}");
        Err(Fault::unavailable("store", source).into())
    }

    /// The services among those that a publication withdraws that still have open callbacks.
    async fn with_open_callbacks(
        &self,
        tenant: TenantId,
        before: &Catalogue,
        publication: &Publication,
    ) -> Result<BTreeSet<ServiceName>, Fault> {
        let withdrawn = before.services.keys().filter(|name| {
            publication.removed.contains(*name)
                || (publication.full && !publication.services.contains_key(*name))
        });
        self.open_of(tenant, withdrawn).await
    }
}
