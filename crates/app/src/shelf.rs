//! The tenants' catalogues as this node knows them: read once, looked at often, refreshed when they change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use ges_domain::catalogue::Catalogue;
use ges_domain::hours::Hours;
use ges_domain::id::{Revision, TenantId};
use ges_domain::name::{HoursName, QueueName, ServiceName};
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_ports::{Catalogues, Fault};

use crate::Failure;

/// Tenants that a node keeps at most; the least lately filled goes first.
const TENANTS_KEPT: usize = 10_000;

/// A catalogue with its services put together.
#[derive(Debug)]
pub struct Stock {
    /// The catalogue.
    pub catalogue: Catalogue,
    services: HashMap<ServiceName, Arc<Service>>,
    /// Whether nothing of it is offered.
    closed: bool,
    shut: OnceLock<Arc<Self>>,
}

impl Stock {
    fn new(catalogue: Catalogue) -> Self {
        let services = catalogue
            .services
            .keys()
            .filter_map(|name| Some((name.clone(), Arc::new(catalogue.service(name)?))))
            .collect();
        Self { catalogue, services, closed: false, shut: OnceLock::new() }
    }

    /// The same stock while callbacks are switched off for the contact centre: as if each of its services were.
    pub(crate) fn shut(&self) -> Arc<Self> {
        let shut = || {
            let off = |service: &Service| {
                let mut service = service.clone();
                Arc::make_mut(&mut service.settings).enabled = false;
                Arc::new(service)
            };
            let services = self.services.iter();
            Arc::new(Self {
                catalogue: self.catalogue.clone(),
                services: services.map(|(name, service)| (name.clone(), off(service))).collect(),
                closed: true,
                shut: OnceLock::new(),
            })
        };
        Arc::clone(self.shut.get_or_init(shut))
    }

    /// Whether callbacks are switched off for the contact centre.
    pub(crate) fn closed(&self) -> bool {
        self.closed
    }

    /// A service by its name.
    pub fn service(&self, name: &ServiceName) -> Option<&Arc<Service>> {
        self.services.get(name)
    }

    /// All services, in any order.
    pub fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.services.values()
    }

    /// A service by its name, or by the name of its queue.
    pub fn service_or_queue(&self, name: &str) -> Option<&Arc<Service>> {
        if let Some(service) =
            ServiceName::parse(name).ok().and_then(|name| self.services.get(&name))
        {
            return Some(service);
        }
        let queue = QueueName::parse(name).ok()?;
        self.catalogue.services_of(&queue).find_map(|name| self.services.get(name))
    }

    /// Office hours by their name.
    pub fn hours(&self, name: &str) -> Option<&Hours> {
        self.catalogue.hours.get(&HoursName::parse(name).ok()?)
    }
}

/// The shelf of catalogues.
pub struct Shelf {
    catalogues: Arc<dyn Catalogues>,
    stocks: RwLock<HashMap<TenantId, Arc<Stock>>>,
    /// The order in which tenants came in, for the bound.
    arrivals: Mutex<std::collections::VecDeque<TenantId>>,
}

impl Shelf {
    pub(crate) fn new(catalogues: Arc<dyn Catalogues>) -> Self {
        Self {
            catalogues,
            stocks: RwLock::new(HashMap::new()),
            arrivals: Mutex::new(std::collections::VecDeque::new()),
        }
    }

    /// A tenant's stock, read from the store where this node does not know it yet.
    pub async fn stock(&self, tenant: TenantId) -> Result<Arc<Stock>, Fault> {
        if let Some(stock) = self.known(tenant) {
            return Ok(stock);
        }
        self.reload(tenant).await
    }

    /// A tenant's service.
    pub async fn service(
        &self,
        tenant: TenantId,
        name: &ServiceName,
    ) -> Result<Arc<Service>, Failure> {
        let stock = self.stock(tenant).await?;
        stock.service(name).cloned().ok_or(Failure::Refused(Refusal::UnknownName))
    }

    /// Reads a tenant's catalogue from the store again.
    pub async fn reload(&self, tenant: TenantId) -> Result<Arc<Stock>, Fault> {
        let catalogue = self.catalogues.load(tenant).await?;
        let stock = Arc::new(Stock::new(catalogue.unwrap_or_else(|| Catalogue::empty(tenant))));
        let mut stocks = self.stocks.write().unwrap_or_else(PoisonError::into_inner);
        let newer = stocks
            .get(&tenant)
            .filter(|known| known.catalogue.revision > stock.catalogue.revision)
            .cloned();
        if let Some(newer) = newer {
            return Ok(newer);
        }
        if stocks.insert(tenant, Arc::clone(&stock)).is_none() {
            let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
            arrivals.push_back(tenant);
            if arrivals.len() > TENANTS_KEPT {
                arrivals.pop_front().and_then(|oldest| stocks.remove(&oldest));
            }
        }
        Ok(stock)
    }

    /// Looks whether catalogues changed behind this node's back; answers how many did.
    ///
    /// Asks one cheap question per known tenant; the server steps it every second.
    pub async fn refresh(&self) -> Result<usize, Fault> {
        let known: Vec<(TenantId, Revision)> = {
            let stocks = self.stocks.read().unwrap_or_else(PoisonError::into_inner);
            stocks.iter().map(|(tenant, stock)| (*tenant, stock.catalogue.revision)).collect()
        };
        let mut changed = 0;
        for (tenant, revision) in known {
            if self.catalogues.revision(tenant).await? != revision {
                self.reload(tenant).await?;
                changed += 1;
            }
        }
        Ok(changed)
    }

    pub(crate) fn known(&self, tenant: TenantId) -> Option<Arc<Stock>> {
        self.stocks.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }
}
