//! The Environment service: whose an API key is, and what is set for a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{ApiKey, Location, Tenant, Welcome};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::addresses::Addresses;
use super::config::EnvironmentConfig;
use super::peer::{CallError, Trouble};
use super::remembered::{Ages, Remembered};
use super::service::Service;
use crate::digest::Digest;

/// A million keys take about 110 MB.
const MOST_KEYS: usize = 1_000_000;
const MOST_TENANTS: usize = 10_000;
/// A list or a value of this many parts is as much as anybody means.
const MOST_PARTS: usize = 1_000;

const KEYS: Ages = Ages {
    known: SignedDuration::from_mins(10),
    unknown: SignedDuration::from_secs(30),
    stale: SignedDuration::MAX,
};
const TENANTS: Ages = Ages {
    known: Tenant::FRESH,
    unknown: SignedDuration::from_secs(30),
    stale: SignedDuration::MAX,
};

const ROUTERS: &str = "ges-urs-endpoints";
const ORCHESTRATORS: &str = "ges-ors-endpoints";
const ENABLED: &str = "ges-enabled";
const ORIGINS: &str = "cors-origins";

#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) service: Service,
    router_template: Option<String>,
    orchestrator_template: Option<String>,
    keys: Remembered<Digest, TenantId>,
    tenants: Remembered<TenantId, Arc<Tenant>>,
    welcome: Welcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyOwner {
    key: Option<String>,
    contact_center_id: TenantId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Centre {
    id: TenantId,
    short_id: Option<Value>,
    name: Option<String>,
    tenant_name: Option<String>,
    #[serde(default)]
    domains: Vec<String>,
    environment_id: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    id: TenantId,
}

#[derive(Default, Deserialize)]
struct Settings {
    #[serde(default)]
    settings: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    #[serde(default)]
    location: String,
    name: String,
    #[serde(default)]
    value: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Places {
    #[serde(default)]
    data_centers: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Named(String),
    Described { location: String },
}

#[derive(Default, Deserialize)]
struct Origins {
    #[serde(default)]
    origins: Vec<String>,
}

impl Environment {
    pub(crate) fn new(service: Service, config: EnvironmentConfig) -> Self {
        Self {
            service,
            router_template: config.router_template,
            orchestrator_template: config.orchestrator_template,
            keys: Remembered::new(MOST_KEYS, KEYS),
            tenants: Remembered::new(MOST_TENANTS, TENANTS),
            welcome: Welcome::default(),
        }
    }

    pub(crate) async fn owner(
        &self,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<Option<TenantId>, Trouble> {
        let text = key.expose();
        if !nameable(text) {
            return Ok(None);
        }
        let ask = async || {
            let path = ["environment", "v3", "api-keys", text];
            let owner: Option<KeyOwner> = self.service.read("api-key", &path, &[], now).await?;
            match owner {
                Some(owner) if owner.key.as_deref().is_some_and(|said| said != text) => {
                    Err(self.service.peer.trouble(CallError::Foreign))
                }
                owner => Ok(owner.map(|owner| owner.contact_center_id)),
            }
        };
        self.keys.find(&Digest::of(text), now, ask).await
    }

    /// Gives a key to a tenant; false if it is somebody's already.
    pub(crate) async fn assign(
        &self,
        tenant: TenantId,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<bool, Trouble> {
        if !nameable(key.expose()) {
            return Ok(false);
        }
        let id = tenant.to_string();
        let path = ["environment", "v3", "contact-centers", &id, "api-keys"];
        let data = json!({ "key": key.expose() });
        let answer =
            self.service.write("assign-api-key", Method::POST, &path, Some(&data), now).await?;
        if answer.status == StatusCode::CONFLICT {
            return Ok(false);
        }
        answer.done().map_err(|error| self.service.peer.trouble(error))?;
        self.keys.keep(&Digest::of(key.expose()), tenant, now);
        Ok(true)
    }

    /// Takes a key from a tenant; false if it has none such.
    pub(crate) async fn unassign(
        &self,
        tenant: TenantId,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<bool, Trouble> {
        if !nameable(key.expose()) {
            return Ok(false);
        }
        let id = tenant.to_string();
        let path = ["environment", "v3", "contact-centers", &id, "api-keys", key.expose()];
        let answer =
            self.service.write("unassign-api-key", Method::DELETE, &path, None, now).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        answer.done().map_err(|error| self.service.peer.trouble(error))?;
        self.keys.forget(&Digest::of(key.expose()));
        Ok(true)
    }

    pub(crate) async fn tenant(
        &self,
        id: TenantId,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, Trouble> {
        self.tenants.find(&id, now, || self.describe(id, now)).await
    }

    pub(crate) fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.tenants.newest(&id)
    }

    pub(crate) fn ids(&self) -> Vec<TenantId> {
        let mut ids = Vec::new();
        self.tenants.each(|tenant| ids.push(tenant.id));
        ids.sort_unstable();
        ids
    }

    pub(crate) async fn refetch(
        &self,
        id: TenantId,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, Trouble> {
        self.tenants.learn(&id, now, || self.describe(id, now)).await
    }

    pub(crate) fn any_welcomes(&self, origin: &str) -> bool {
        let tenants = &self.tenants;
        self.welcome.any(origin, tenants.changes(), |tell| tenants.each(|it| tell(it)))
    }

    /// All tenants there are.
    pub(crate) async fn list(&self, now: Timestamp) -> Result<Vec<TenantId>, Trouble> {
        let path = ["environment", "v3", "contact-centers"];
        let listed: Option<Vec<Listed>> =
            self.service.read("contact-centers", &path, &[], now).await?;
        let ids = listed.into_iter().flatten().map(|it| it.id);
        Ok(ids.take(MOST_TENANTS).collect())
    }

    pub(crate) fn fresh(&self, id: TenantId, now: Timestamp) -> bool {
        self.tenants.fresh(&id, now).is_some()
    }

    /// Reads a tenant, and says when its switch was turned: what it offers from then on is nobody's fault.
    async fn describe(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Trouble> {
        let read = self.read_tenant(id, now).await?;
        if let Some(tenant) = &read {
            let before = self.tenants.newest(&id).is_none_or(|before| before.enabled);
            match (before, tenant.enabled) {
                (true, false) => {
                    tracing::warn!(tenant = %id, "callbacks are switched off for a contact centre: it books none");
                }
                (false, true) => {
                    tracing::info!(tenant = %id, "callbacks are switched on again for a contact centre");
                }
                (true, true) | (false, false) => {}
            }
        }
        Ok(read)
    }

    async fn read_tenant(
        &self,
        id: TenantId,
        now: Timestamp,
    ) -> Result<Option<Arc<Tenant>>, Trouble> {
        let text = id.to_string();
        let at = ["environment", "v3", "contact-centers", &text];
        let below = |last| [at[0], at[1], at[2], at[3], last];
        let Some(centre): Option<Centre> =
            self.service.read("contact-center", &at, &[], now).await?
        else {
            return Ok(None);
        };
        if centre.id != id {
            return Err(self.service.peer.trouble(CallError::Foreign));
        }
        let settings: Option<Settings> =
            self.service.read("settings", &below("settings"), &[], now).await?;
        let places: Option<Places> =
            self.service.read("data-centers", &below("data-centers"), &[], now).await?;
        // The newer home of the origins; a service that has none answers 404.
        let of = [("contactCenterId", text.as_str())];
        let cors = ["environment", "v3", "cors"];
        let origins: Option<Origins> = self.service.read("cors", &cors, &of, now).await?;
        let read = Read {
            centre,
            settings: settings.unwrap_or_default().settings,
            places: places.unwrap_or_default().data_centers,
            origins: origins.unwrap_or_default().origins,
        };
        Ok(Some(Arc::new(self.assemble(read, now))))
    }

    fn locations(
        &self,
        tenant: TenantId,
        settings: &[Setting],
        places: Vec<Place>,
    ) -> Vec<Location> {
        let mut routers = Addresses::of(tenant, self.router_template.as_deref());
        let mut orchestrators = Addresses::of(tenant, self.orchestrator_template.as_deref());
        let names = location_names(settings, places).into_iter();
        let locations = names.map(|name| {
            let set = |option| at_location(settings, option, name.as_str());
            Location {
                routers: routers.at(name.as_str(), set(ROUTERS)),
                orchestrators: orchestrators.at(name.as_str(), set(ORCHESTRATORS)),
                name: name.clone(),
            }
        });
        let locations = locations.collect();
        routers.tell(ROUTERS);
        orchestrators.tell(ORCHESTRATORS);
        locations
    }

    fn assemble(&self, read: Read, now: Timestamp) -> Tenant {
        let Read { centre, settings, places, origins } = read;
        let locations = self.locations(centre.id, &settings, places);
        let listed = settings.iter().filter(|setting| setting.name == ORIGINS).map(text_of);
        let listed: Vec<String> = listed.collect();
        let cors_origins = listed.iter().flat_map(|value| value.split(','));
        let cors_origins = cors_origins.chain(origins.iter().map(String::as_str));
        let cors_origins: BTreeSet<_> = cors_origins.filter_map(origin).take(MOST_PARTS).collect();
        let enabled = everywhere(&settings, ENABLED);
        let enabled = !enabled.is_some_and(|it| it.trim().eq_ignore_ascii_case("false"));
        let name = centre.tenant_name.or(centre.name).or_else(|| centre.domains.first().cloned());
        Tenant {
            id: centre.id,
            short_id: centre.short_id.as_ref().map(plain_text).filter(|text| !text.is_empty()),
            name: name.unwrap_or_else(|| centre.id.to_string()),
            domains: centre.domains,
            environment: centre.environment_id,
            enabled,
            locations,
            cors_origins,
            settings: by_name(&settings),
            read_at: now,
        }
    }
}

/// The locations that are listed, and those for which a node is set: each once, in this order. Where there is none, and
/// nodes are set for all locations, the only one is `/`.
fn location_names(settings: &[Setting], places: Vec<Place>) -> Vec<RegionName> {
    let listed = places.into_iter().map(|place| match place {
        Place::Named(name) | Place::Described { location: name } => name,
    });
    let nodes = || settings.iter().filter(|it| matches!(it.name.as_str(), ROUTERS | ORCHESTRATORS));
    let set = nodes().filter(|setting| !is_everywhere(setting)).map(|it| it.location.clone());
    let mut seen = BTreeSet::new();
    let names = listed.chain(set).filter_map(|name| RegionName::parse(&name).ok());
    let mut names: Vec<_> =
        names.filter(|name| seen.insert(name.clone())).take(MOST_PARTS).collect();
    if names.is_empty() && nodes().next().is_some() {
        names.extend(RegionName::parse("/"));
    }
    names
}

/// Whether a key can be part of a path and of nothing else, whoever rewrites addresses on the way. No other is given out.
fn nameable(key: &str) -> bool {
    !matches!(key, "." | "..") && !key.contains(['/', '\\', '%', '?', '#', ';'])
}

/// Everything that is read of one tenant.
struct Read {
    centre: Centre,
    settings: Vec<Setting>,
    places: Vec<Place>,
    origins: Vec<String>,
}

/// The option for a location: what is set there, or else what is set for all.
fn at_location(settings: &[Setting], option: &str, location: &str) -> Option<String> {
    let mut named = settings.iter().filter(|setting| setting.name == option);
    let there = named.clone().find(|setting| setting.location == location);
    there.or_else(|| named.find(|setting| is_everywhere(setting))).map(text_of)
}

fn everywhere(settings: &[Setting], option: &str) -> Option<String> {
    let mut named = settings.iter().filter(|setting| setting.name == option);
    let first = named.clone().next();
    named.find(|setting| is_everywhere(setting)).or(first).map(text_of)
}

fn is_everywhere(setting: &Setting) -> bool {
    matches!(setting.location.as_str(), "" | "/")
}

/// All options, those that are set for all locations before those of one.
fn by_name(settings: &[Setting]) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    let (general, particular): (Vec<_>, Vec<_>) =
        settings.iter().partition(|setting| is_everywhere(setting));
    for setting in general.into_iter().chain(particular).take(MOST_PARTS) {
        named.entry(setting.name.clone()).or_insert_with(|| text_of(setting));
    }
    named
}

fn text_of(setting: &Setting) -> String {
    plain_text(&setting.value)
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// An origin as browsers write it; `*` is any.
fn origin(text: &str) -> Option<String> {
    let text = text.trim();
    if text == "*" {
        return Some(text.to_owned());
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(location: &str, name: &str, value: &str) -> Setting {
        Setting {
            location: location.to_owned(),
            name: name.to_owned(),
            value: Value::String(value.to_owned()),
        }
    }

    #[test]
    fn an_option_of_a_location_comes_before_one_for_all() {
        let settings = [setting("/", ROUTERS, "a"), setting("/USW1", ROUTERS, "b")];
        assert_eq!(at_location(&settings, ROUTERS, "/USW1").as_deref(), Some("b"));
        assert_eq!(at_location(&settings, ROUTERS, "/USE1").as_deref(), Some("a"));
        assert_eq!(at_location(&settings[1..], ROUTERS, "/USE1"), None);
        assert_eq!(by_name(&settings).get(ROUTERS).map(String::as_str), Some("a"));
    }

    #[test]
    fn nodes_may_be_set_for_a_location_that_nobody_lists_and_for_all_where_none_is_listed() {
        let names = |settings: &[Setting], places: &[&str]| {
            let places = places.iter().map(|place| Place::Named((*place).to_owned())).collect();
            let names = location_names(settings, places);
            names.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let everywhere = setting("/", ROUTERS, "a");
        let there = [everywhere, setting("/USE1", ORCHESTRATORS, "b"), setting("/X", ORIGINS, "c")];
        assert_eq!(names(&there, &["/USW1", "/USW1"]), ["/USW1", "/USE1"]);
        assert_eq!(names(&there, &[]), ["/USE1"]);
        assert_eq!(names(&there[..1], &[]), ["/"]);
        assert_eq!(names(&there[2..], &[]), <[&str; 0]>::default());
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for (text, expected) in [
            (" https://Shop.example/ ", Some("https://shop.example")),
            ("https://shop.example:443/a?b", Some("https://shop.example")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("*", Some("*")),
            ("", None),
            ("null", None),
            ("file:///etc", None),
            ("shop.example", None),
        ] {
            assert_eq!(origin(text).as_deref(), expected, "{text}");
        }
    }
}
