//! The Environment service: which tenants there are, their options, and whose an API key is.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Realm;
use crate::realm::{Known, Setting, Tenant};
use crate::wire::{Neighbour, Refused, basic, bearer, fine, held, kept, only};

/// An Environment service that runs.
pub type Environment = Neighbour<Desk>;

/// The state of an Environment service: the realm that it shows.
#[derive(Debug)]
pub struct Desk {
    realm: Realm,
}

impl Environment {
    /// Starts an Environment service for a realm; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn start(port: u16, realm: Realm) -> io::Result<Self> {
        let clock = realm.clock().clone();
        Self::at("environment", port, &clock, Desk { realm }, routes)
    }

    /// The realm that it shows.
    pub fn realm(&self) -> Realm {
        self.desk(|desk| desk.realm.clone())
    }
}

type Shared = Data<Mutex<Desk>>;

fn routes(config: &mut ServiceConfig) {
    let centres = "/environment/v3/contact-centers";
    let of = |rest: &str| format!("{centres}/{{ccid}}{rest}");
    config
        .service(both(
            "/environment/v3/environments",
            web::get().to(environments),
            web::post().to(add_environment),
        ))
        .service(both(centres, web::get().to(tenants), web::post().to(add_tenant)))
        .service(only(&of(""), "GET", tenant))
        .service(both(&of("/settings"), web::get().to(settings), web::post().to(set)))
        .service(only(&of("/data-centers"), "GET", locations))
        .service(only(&of("/api-keys"), "POST", assign))
        .service(only(&of("/api-keys/{key}"), "DELETE", unassign))
        .service(only("/environment/v3/api-keys/{key}", "GET", key))
        .service(both("/environment/v3/cors", web::get().to(origins), web::post().to(allow)));
}

fn both(path: &str, get: actix_web::Route, post: actix_web::Route) -> actix_web::Resource {
    web::resource(path).route(get).route(post).default_service(web::to(|| async {
        HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, POST")).finish()
    }))
}

#[derive(Deserialize)]
struct Enveloped<T> {
    data: T,
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let Enveloped { data } =
        serde_json::from_slice(body).map_err(|error| Refused::bad(error.to_string()))?;
    Ok(data)
}

/// The operations user, or a service with a token of its own.
fn with<T>(
    desk: &Shared,
    request: &HttpRequest,
    look: impl FnOnce(&mut Known) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let realm = held(desk).realm.clone();
    let ops = basic(request).is_some_and(|(name, word)| realm.with(|k| k.is_ops(&name, &word)));
    let holder = bearer(request).and_then(|token| realm.holder(token));
    if !ops {
        let grant = holder.ok_or_else(Refused::unauthorized)?;
        if grant.person.is_some() {
            return Err(Refused::new(StatusCode::FORBIDDEN, "not a service"));
        }
    }
    realm.with(look)
}

fn of<'a>(known: &'a mut Known, ccid: &str) -> Result<&'a mut Tenant, Refused> {
    known.tenants.get_mut(ccid).ok_or_else(|| Refused::missing("contact center"))
}

async fn environments(desk: Shared, request: HttpRequest) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| Ok(fine(&known.environments.values().collect::<Vec<_>>())))
}

async fn add_environment(
    desk: Shared,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let mut environment: BTreeMap<String, Value> = read(&body)?;
    with(&desk, &request, |known| {
        let fresh = known.uuid();
        let id = environment.entry("id".to_owned()).or_insert_with(|| json!(fresh));
        let id = id.as_str().ok_or_else(|| Refused::bad("id is not a string"))?.to_owned();
        if known.environments.contains_key(&id) {
            return Err(Refused::new(StatusCode::CONFLICT, "the environment exists"));
        }
        environment.remove("password");
        known.environments.insert(id.clone(), json!(environment));
        Ok(kept(&format!("/environments/{id}")))
    })
}

async fn tenants(desk: Shared, request: HttpRequest) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| Ok(fine(&known.tenants.values().collect::<Vec<_>>())))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewTenant {
    id: Option<String>,
    domains: Vec<String>,
    environment_id: String,
    auth: String,
}

async fn add_tenant(
    desk: Shared,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let NewTenant { id, domains, environment_id, auth } = read(&body)?;
    with(&desk, &request, |known| {
        let id = id.unwrap_or_else(|| known.uuid());
        if known.tenants.contains_key(&id) {
            return Err(Refused::new(StatusCode::CONFLICT, "the contact center exists"));
        }
        if !known.environments.contains_key(&environment_id) {
            return Err(Refused::missing("environment"));
        }
        let short_ids = known.tenants.values().map(|tenant| tenant.short_id);
        let tenant = Tenant {
            id: id.clone(),
            short_id: short_ids.max().unwrap_or_default() + 100,
            domains,
            environment_id,
            auth,
            locations: Vec::new(),
            settings: Vec::new(),
            api_keys: std::collections::BTreeSet::new(),
            queues: Vec::new(),
            proxies: std::collections::BTreeSet::new(),
        };
        known.tenants.insert(id.clone(), tenant);
        Ok(kept(&format!("/contact-centers/{id}")))
    })
}

async fn tenant(
    desk: Shared,
    ccid: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| of(known, &ccid).map(|tenant| fine(tenant)))
}

async fn settings(
    desk: Shared,
    ccid: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| Ok(fine(&json!({ "settings": of(known, &ccid)?.settings }))))
}

async fn set(
    desk: Shared,
    ccid: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let wanted: Setting = read(&body)?;
    with(&desk, &request, |known| {
        let tenant = of(known, &ccid)?;
        tenant.settings.retain(|it| (&it.location, &it.name) != (&wanted.location, &wanted.name));
        let path = format!("/contact-centers/{}/settings/{}", *ccid, wanted.name);
        tenant.settings.push(wanted);
        Ok(kept(&path))
    })
}

async fn locations(
    desk: Shared,
    ccid: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| {
        let locations = &of(known, &ccid)?.locations;
        let named: Vec<_> = locations.iter().map(|name| json!({ "location": name })).collect();
        Ok(fine(&json!({ "dataCenters": named })))
    })
}

#[derive(Deserialize)]
struct Key {
    key: Option<String>,
}

async fn assign(
    desk: Shared,
    ccid: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let Key { key } = read(&body)?;
    with(&desk, &request, |known| {
        let key = key.unwrap_or_else(|| known.uuid());
        if known.tenants.values().any(|tenant| tenant.api_keys.contains(&key)) {
            return Err(Refused::new(StatusCode::CONFLICT, "the key is assigned"));
        }
        of(known, &ccid)?.api_keys.insert(key.clone());
        Ok(fine(&json!({ "key": key, "contactCenterId": *ccid })))
    })
}

async fn unassign(
    desk: Shared,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let (ccid, key) = path.into_inner();
    with(&desk, &request, |known| {
        if of(known, &ccid)?.api_keys.remove(&key) {
            Ok(fine(&json!({})))
        } else {
            Err(Refused::missing("api key"))
        }
    })
}

async fn key(
    desk: Shared,
    key: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| {
        let owner = known.tenants.values().find(|tenant| tenant.api_keys.contains(&*key));
        let owner = owner.ok_or_else(|| Refused::missing("api key"))?;
        Ok(fine(&json!({ "key": *key, "contactCenterId": owner.id })))
    })
}

const ORIGINS: &str = "cors-origins";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    contact_center_id: String,
    origin: Option<String>,
}

async fn origins(
    desk: Shared,
    asked: web::Query<Origin>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, |known| {
        let tenant = of(known, &asked.contact_center_id)?;
        let listed = tenant.settings.iter().find(|setting| setting.name == ORIGINS);
        let listed = listed.map(|setting| setting.value.as_str()).unwrap_or_default();
        let origins: Vec<_> =
            listed.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
        Ok(fine(&json!({ "origins": origins })))
    })
}

async fn allow(desk: Shared, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Refused> {
    let Origin { contact_center_id, origin } = read(&body)?;
    let origin = origin.ok_or_else(|| Refused::bad("origin is missing"))?;
    with(&desk, &request, |known| {
        let tenant = of(known, &contact_center_id)?;
        match tenant.settings.iter_mut().find(|setting| setting.name == ORIGINS) {
            Some(setting) => setting.value = format!("{}, {origin}", setting.value),
            None => tenant.settings.push(Setting {
                location: "/".to_owned(),
                name: ORIGINS.to_owned(),
                shared: "true".to_owned(),
                value: origin,
            }),
        }
        Ok(kept("/cors"))
    })
}
