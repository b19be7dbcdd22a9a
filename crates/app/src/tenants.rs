//! The contact centres themselves, and the programs that may speak for them.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_ports::{Application, Fault, Secret, Tenant, Tenants};

use crate::App;

impl App {
    /// The contact centres as their source describes them.
    pub fn tenants(&self) -> &Arc<dyn Tenants> {
        &self.ports.tenants
    }

    /// A contact centre; none for one that nobody has.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Fault> {
        self.ports.tenants.find(id, self.now()).await
    }

    /// A contact centre as its source describes it now, and its catalogue as the store has it now; the other nodes are
    /// told to read it, too.
    pub async fn refetch_tenant(&self, id: TenantId) -> Result<Option<Arc<Tenant>>, Fault> {
        let tenant = self.ports.tenants.refetch(id, self.now()).await?;
        self.reread(id).await;
        self.shelf.reload(id).await?;
        Ok(tenant)
    }

    /// The program whose bearer token this is; none for a token that is unknown or expired.
    pub async fn application(&self, token: &Secret) -> Result<Option<Application>, Fault> {
        self.ports.people.application(token, self.now()).await
    }
}
