//! The tenants' configuration: near while it is fresh, among the nodes for a day, so that a node which starts while the
//! source is silent knows its tenants all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Fault, Location, Tenant, Tenants};
use serde::{Deserialize, Serialize};

use super::{Recalled, Remembered, younger};

/// How long the nodes keep a copy in case its source falls silent.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

impl<W: ?Sized> Remembered<W> {
    fn tenant_key(&self, id: TenantId) -> String {
        self.memory.key(format_args!("tenant:{id}"))
    }

    /// Takes a copy down among the nodes.
    async fn tell(&self, tenant: &Tenant) {
        self.remember(&self.tenant_key(tenant.id), &Written::of(tenant), KEPT_FOR).await;
    }

    async fn unlearn(&self, id: TenantId) {
        self.tenants.forget(&id);
        self.forget(&self.tenant_key(id)).await;
    }
}

fn fresh(tenant: &Tenant, now: Timestamp) -> bool {
    younger(tenant.read_at, Tenant::FRESH, now)
}

/// The copy that was read later.
fn newer(one: Option<Arc<Tenant>>, other: Option<Arc<Tenant>>) -> Option<Arc<Tenant>> {
    one.into_iter().chain(other).max_by_key(|tenant| tenant.read_at)
}

#[async_trait]
impl<W: Tenants + ?Sized> Tenants for Remembered<W> {
    async fn find(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        let near = self.tenants.get(&id);
        if let Some(tenant) = near.as_ref().filter(|tenant| fresh(tenant, now)) {
            return Ok(Some(Arc::clone(tenant)));
        }
        let recalled = self.recall(&self.tenant_key(id)).await;
        let far = match &recalled {
            Recalled::Text(text) => Written::read(text).filter(|tenant| tenant.id == id),
            Recalled::Nothing | Recalled::Trouble => None,
        };
        if let Some(tenant) = far.as_ref().filter(|tenant| fresh(tenant, now)) {
            self.tenants.put(id, Arc::clone(tenant));
            return Ok(Some(Arc::clone(tenant)));
        }
        let last_good = newer(near, far);
        match self.inner.find(id, now).await {
            Ok(Some(tenant)) if fresh(&tenant, now) => {
                self.tenants.put(id, Arc::clone(&tenant));
                if !matches!(recalled, Recalled::Trouble) {
                    self.tell(&tenant).await;
                }
                Ok(Some(tenant))
            }
            // Its source is silent, and so it told us its last good copy: ours may be better.
            Ok(Some(tenant)) => Ok(newer(Some(tenant), last_good)),
            Ok(None) => {
                if last_good.is_some() {
                    self.unlearn(id).await;
                }
                Ok(None)
            }
            Err(fault) => last_good.map(Some).ok_or(fault),
        }
    }

    async fn refetch(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        let tenant = self.inner.refetch(id, now).await?;
        match &tenant {
            Some(tenant) => {
                self.tenants.put(id, Arc::clone(tenant));
                self.tell(tenant).await;
            }
            None => self.unlearn(id).await,
        }
        Ok(tenant)
    }

    fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        newer(self.tenants.get(&id), self.inner.known(id))
    }

    fn any_welcomes(&self, origin: &str) -> bool {
        let tenants = &self.tenants;
        let near =
            || self.welcome.any(origin, tenants.changes(), |tell| tenants.each(|it| tell(it)));
        self.inner.any_welcomes(origin) || near()
    }
}

/// A tenant as a document.
#[derive(Serialize, Deserialize)]
struct Written {
    id: String,
    short_id: Option<String>,
    name: String,
    domains: Vec<String>,
    environment: Option<String>,
    enabled: bool,
    locations: Vec<WrittenLocation>,
    cors_origins: BTreeSet<String>,
    settings: BTreeMap<String, String>,
    read_at: i64,
}

#[derive(Serialize, Deserialize)]
struct WrittenLocation {
    name: String,
    routers: Vec<String>,
    orchestrators: Vec<String>,
}

impl Written {
    fn of(tenant: &Tenant) -> String {
        let tenant = tenant.clone();
        let locations = tenant.locations.into_iter().map(|location| WrittenLocation {
            name: location.name.to_string(),
            routers: location.routers,
            orchestrators: location.orchestrators,
        });
        let written = Self {
            id: tenant.id.to_string(),
            short_id: tenant.short_id,
            name: tenant.name,
            domains: tenant.domains,
            environment: tenant.environment,
            enabled: tenant.enabled,
            locations: locations.collect(),
            cors_origins: tenant.cors_origins,
            settings: tenant.settings,
            read_at: tenant.read_at.as_microsecond(),
        };
        serde_json::to_string(&written).expect("texts and numbers are JSON")
    }

    /// The tenant in a document; none in what another version wrote.
    fn read(text: &str) -> Option<Arc<Tenant>> {
        let written: Self = serde_json::from_str(text).ok()?;
        let locations = written.locations.into_iter().map(|location| {
            Some(Location {
                name: RegionName::parse(&location.name).ok()?,
                routers: location.routers,
                orchestrators: location.orchestrators,
            })
        });
        Some(Arc::new(Tenant {
            id: written.id.parse().ok()?,
            short_id: written.short_id,
            name: written.name,
            domains: written.domains,
            environment: written.environment,
            enabled: written.enabled,
            locations: locations.collect::<Option<_>>()?,
            cors_origins: written.cors_origins,
            settings: written.settings,
            read_at: Timestamp::from_microsecond(written.read_at).ok()?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_equals_what_was_written() {
        let tenant = Tenant {
            id: "9350e2fc-a1dd-4c65-8d40-1f75a2e00100".parse().unwrap(),
            short_id: Some(String::from("100")),
            name: String::from("Bank"),
            domains: vec![String::from("bank.test")],
            environment: None,
            enabled: true,
            locations: vec![Location {
                name: RegionName::parse("/USW1").unwrap(),
                routers: vec![String::from("http://urs:5580")],
                orchestrators: Vec::new(),
            }],
            cors_origins: BTreeSet::from([String::from("*")]),
            settings: BTreeMap::from([(String::from("a"), String::from("b"))]),
            read_at: Timestamp::from_microsecond(1_772_442_000_123_457).unwrap(),
        };
        assert_eq!(Written::read(&Written::of(&tenant)).as_deref(), Some(&tenant));
        assert_eq!(Written::read("{}"), None);
    }
}
