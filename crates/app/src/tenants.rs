//! The contact centres themselves: whether callbacks are switched on for them, and the programs that may speak for them.

use std::sync::Arc;
use std::time::Duration;

use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::Timestamp;
use ges_ports::{Application, Fault, Secret, Tenant, Tenants};

use crate::{App, Failure, Stock};

/// Whether callbacks are switched on is waited for this long: a booking is kept waiting for nothing else outside.
pub(crate) const SWITCH: Duration = Duration::from_millis(250);

impl App {
    /// A tenant's stock as it is on offer.
    pub(crate) async fn on_offer(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Arc<Stock>, Fault> {
        let stock = self.shelf.stock(tenant).await?;
        Ok(self.offered(stock, now).await)
    }

    /// A tenant's service as it is on offer.
    pub(crate) async fn service_on_offer(
        &self,
        tenant: TenantId,
        name: &ServiceName,
        now: Timestamp,
    ) -> Result<Arc<Service>, Failure> {
        let stock = self.on_offer(tenant, now).await?;
        stock.service(name).cloned().ok_or(Failure::Refused(Refusal::UnknownName))
    }

    /// What of a stock is on offer: all of it, or nothing while callbacks are switched off for its contact centre.
    ///
    /// Here alone it is decided what that switch does: nothing new is booked and nothing is moved, and what was promised
    /// is kept. Of whom nothing is known here, be it that the source is silent, callbacks are switched on.
    pub(crate) async fn offered(&self, stock: Arc<Stock>, now: Timestamp) -> Arc<Stock> {
        let tenant = self.at_hand.of(stock.catalogue.tenant, now).await;
        if tenant.is_none_or(|tenant| tenant.enabled) { stock } else { stock.shut() }
    }

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
