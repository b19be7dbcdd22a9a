//! The Configuration service: the roles of a person, and the queues that are kept for others.

use std::collections::BTreeSet;
use std::sync::Arc;

use ges_domain::access::{Lines, Role};
use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::time::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::RbacConfig;
use super::peer::Trouble;
use super::remembered::{Ages, Remembered};
use super::roles::{annexed, annexed_lines, grouped};
use super::service::Service;

const MOST_PEOPLE: usize = 100_000;
const MOST_TENANTS: usize = 10_000;
/// Queues per question, so that its address stays below what proxies take.
const TOGETHER: usize = 25;
/// The permission without which a queue is not seen.
const READ: &str = "Read";

const AGES: Ages = Ages {
    known: SignedDuration::from_mins(5),
    unknown: SignedDuration::from_secs(30),
    stale: SignedDuration::from_mins(30),
};

/// Somebody in a tenant.
type PersonKey = (TenantId, u64);

/// What somebody may do, and whose callbacks they see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) lines: Lines,
}

#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) service: Service,
    table: RbacConfig,
    people: Remembered<PersonKey, Arc<Access>>,
    guarded: Remembered<TenantId, Arc<BTreeSet<QueueName>>>,
}

#[derive(Deserialize)]
struct PersonObject {
    dbid: Option<u64>,
    #[serde(default)]
    annex: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Groups {
    access_groups: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
struct Permissions {
    #[serde(default)]
    objects: Vec<Permitted>,
}

#[derive(Deserialize)]
struct Permitted {
    name: String,
    #[serde(default)]
    permissions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Proxies {
    Listed(Vec<Named>),
    Wrapped {
        #[serde(alias = "gesVqProxies", alias = "vqProxies")]
        proxies: Vec<Named>,
    },
}

impl Configuration {
    pub(crate) fn new(service: Service, table: RbacConfig) -> Self {
        Self {
            service,
            table,
            people: Remembered::new(MOST_PEOPLE, AGES),
            guarded: Remembered::new(MOST_TENANTS, AGES),
        }
    }

    /// What somebody may do; believed for 5 minutes, and for 30 while the service is in trouble.
    pub(crate) async fn access(
        &self,
        tenant: TenantId,
        dbid: u64,
        now: Timestamp,
    ) -> Result<Arc<Access>, Trouble> {
        let ask = || self.read(tenant, dbid, now);
        Ok(self.people.find(&(tenant, dbid), now, ask).await?.unwrap_or_else(none))
    }

    /// What somebody may do, asked anew.
    pub(crate) async fn access_now(
        &self,
        tenant: TenantId,
        dbid: u64,
        now: Timestamp,
    ) -> Result<Arc<Access>, Trouble> {
        self.guarded.forget(&tenant);
        let ask = || self.read(tenant, dbid, now);
        Ok(self.people.learn_or_recall(&(tenant, dbid), now, ask).await?.unwrap_or_else(none))
    }

    async fn read(
        &self,
        tenant: TenantId,
        dbid: u64,
        now: Timestamp,
    ) -> Result<Option<Arc<Access>>, Trouble> {
        let (id, number) = (tenant.to_string(), dbid.to_string());
        let at = ["configuration", "v3", "contact-centers", &id, "persons", &number];
        let Some(person): Option<PersonObject> = self.service.read("person", &at, &[], now).await?
        else {
            return Ok(None);
        };
        if person.dbid.is_some_and(|said| said != dbid) {
            return Err(self.service.peer.trouble(super::peer::CallError::Foreign));
        }
        let roles = if let Some(roles) = annexed(&person.annex) {
            roles
        } else {
            let at = [at[0], at[1], at[2], at[3], at[4], at[5], "access-groups"];
            let groups: Groups = self.service.must_read("access-groups", &at, now).await?;
            grouped(groups.access_groups.iter().map(|group| group.name.as_str()), &self.table)
        };
        let lines = match annexed_lines(&person.annex) {
            // Whoever may do nothing sees nothing: there is nothing to ask for.
            _ if roles.is_empty() => Lines::none(),
            Some(lines) => lines,
            None => self.lines(tenant, &number, now).await?,
        };
        Ok(Some(Arc::new(Access { roles, lines })))
    }

    /// Every queue but the guarded ones that somebody may not read.
    async fn lines(&self, tenant: TenantId, dbid: &str, now: Timestamp) -> Result<Lines, Trouble> {
        let guarded = self.guarded(tenant, now).await?;
        let mut hidden = BTreeSet::clone(&guarded);
        // A name with a comma cannot be asked about, so it stays hidden.
        let names: Vec<&str> =
            guarded.iter().map(QueueName::as_str).filter(|name| !name.contains(',')).collect();
        for names in names.chunks(TOGETHER) {
            let id = tenant.to_string();
            let at = ["configuration", "v3", "contact-centers", &id, "permissions"];
            let joined = names.join(",");
            let query =
                [("personDbid", dbid), ("objectType", "dn"), ("objectNames", joined.as_str())];
            let said: Option<Permissions> =
                self.service.read("permissions", &at, &query, now).await?;
            for object in said.unwrap_or_default().objects {
                let reads = object.permissions.iter().any(|it| it.eq_ignore_ascii_case(READ));
                if let Ok(name) = QueueName::parse(&object.name)
                    && reads
                {
                    hidden.remove(&name);
                }
            }
        }
        Ok(if hidden.is_empty() { Lines::All } else { Lines::AllBut(hidden) })
    }

    /// The queues that have a proxy object: only those who may read it see them.
    pub(crate) async fn guarded(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Arc<BTreeSet<QueueName>>, Trouble> {
        let ask = async || {
            let id = tenant.to_string();
            let at = ["configuration", "v3", "contact-centers", &id, "ges-vq-proxies"];
            let said = self.service.must_read("vq-proxies", &at, now).await?;
            let (Proxies::Listed(listed) | Proxies::Wrapped { proxies: listed }) = said;
            let names = listed.iter().filter_map(|proxy| QueueName::parse(&proxy.name).ok());
            Ok(Some(Arc::new(names.collect::<BTreeSet<_>>())))
        };
        Ok(self.guarded.find(&tenant, now, ask).await?.unwrap_or_default())
    }

    /// Gives queues proxy objects, where they have none; those for which it failed come back.
    pub(crate) async fn guard(
        &self,
        tenant: TenantId,
        queues: &BTreeSet<QueueName>,
        now: Timestamp,
    ) -> Result<BTreeSet<QueueName>, Trouble> {
        let guarded = self.guarded(tenant, now).await?;
        let id = tenant.to_string();
        let at = ["configuration", "v3", "contact-centers", &id, "ges-vq-proxies"];
        let mut failed = BTreeSet::new();
        for queue in queues.difference(&guarded) {
            let data = json!({ "name": queue.as_str() });
            let made =
                self.service.write("add-vq-proxy", Method::POST, &at, Some(&data), now).await;
            let made = made.and_then(|answer| match answer.status {
                StatusCode::CONFLICT => Ok(()),
                _ => answer.done().map_err(|error| self.service.peer.trouble(error)),
            });
            if let Err(trouble) = made {
                metrics::counter!("RBAC_CREATE_VQ_PROXY_ERROR").increment(1);
                tracing::warn!(
                    tenant = %tenant,
                    queue = %queue,
                    error = %trouble.error,
                    "a queue has no proxy object: everybody sees it"
                );
                failed.insert(queue.clone());
            }
        }
        self.guarded.forget(&tenant);
        Ok(failed)
    }
}

fn none() -> Arc<Access> {
    Arc::new(Access { roles: BTreeSet::new(), lines: Lines::none() })
}
