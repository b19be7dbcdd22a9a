//! The Configuration service: people, their groups and roles, and what they may do with queues.

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, holder};
use crate::realm::{Known, Person, Tenant};
use crate::wire::{Refused, fine, held, only};

pub(super) fn routes(config: &mut ServiceConfig) {
    let of = |rest: &str| format!("/configuration/v3/contact-centers/{{ccid}}/{rest}");
    config
        .service(only(&of("persons/{dbid}"), "GET", person))
        .service(only(&of("persons/{dbid}/access-groups"), "GET", groups))
        .service(only(&of("persons/{dbid}/roles"), "GET", roles))
        .service(only(&of("permissions"), "GET", permissions))
        .service(only(&of("virtual-queues"), "GET", queues))
        .service(
            web::resource([of("ges-vq-proxies"), of("ges-vq-proxies/{name}")].map(|path| path))
                .route(web::get().to(proxies))
                .route(web::post().to(protect))
                .route(web::delete().to(unprotect))
                .default_service(web::to(|| async {
                    let mut refused = HttpResponse::MethodNotAllowed();
                    refused.insert_header((header::ALLOW, "GET, POST, DELETE")).finish()
                })),
        );
}

/// A token sees its own contact centre; a service's token sees all.
fn with<T>(
    desk: &Shared,
    request: &HttpRequest,
    ccid: &str,
    look: impl FnOnce(&mut Known) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let grant = holder(desk, request)?;
    if grant.person.is_some_and(|(own, _)| own != ccid) {
        return Err(Refused::new(StatusCode::FORBIDDEN, "another contact center"));
    }
    let realm = held(desk).realm.clone();
    realm.with(|known| {
        if !known.tenants.contains_key(ccid) {
            return Err(Refused::missing("contact center"));
        }
        look(known)
    })
}

fn found<'a>(known: &'a Known, ccid: &str, dbid: u32) -> Result<&'a Person, Refused> {
    known.person_of(ccid, dbid).ok_or_else(|| Refused::missing("person"))
}

fn tenant<'a>(known: &'a mut Known, ccid: &str) -> Result<&'a mut Tenant, Refused> {
    known.tenants.get_mut(ccid).ok_or_else(|| Refused::missing("contact center"))
}

async fn person(
    desk: Shared,
    path: Path<(String, u32)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let (ccid, dbid) = path.into_inner();
    with(&desk, &request, &ccid, |known| {
        let person = found(known, &ccid, dbid)?;
        Ok(fine(&json!({
            "dbid": dbid,
            "userName": person.user_name,
            "employeeId": person.user_name,
            "firstName": "Callback",
            "lastName": person.user_name,
            "emailAddress": format!("{}@example.com", person.user_name),
            "annex": person.annex,
        })))
    })
}

async fn groups(
    desk: Shared,
    path: Path<(String, u32)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let (ccid, dbid) = path.into_inner();
    with(&desk, &request, &ccid, |known| {
        let groups = &found(known, &ccid, dbid)?.access_groups;
        let named = |(dbid, name): &(u32, String)| json!({ "dbid": dbid, "name": name });
        Ok(fine(&json!({ "accessGroups": groups.iter().map(named).collect::<Vec<_>>() })))
    })
}

async fn roles(
    desk: Shared,
    path: Path<(String, u32)>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let (ccid, dbid) = path.into_inner();
    with(&desk, &request, &ccid, |known| {
        let roles = found(known, &ccid, dbid)?.roles.iter().map(|(dbid, name, privileges)| {
            json!({ "dbid": dbid, "name": name, "privileges": privileges })
        });
        Ok(fine(&json!({ "roles": roles.collect::<Vec<_>>() })))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    person_dbid: u32,
    object_type: String,
    object_names: String,
}

async fn permissions(
    desk: Shared,
    ccid: Path<String>,
    asked: Query<Asked>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    if asked.object_type != "dn" {
        return Err(Refused::bad("objectType must be dn"));
    }
    with(&desk, &request, &ccid, |known| {
        let person = found(known, &ccid, asked.person_dbid)?;
        let queues = &known.tenants[&*ccid].queues;
        let objects: Vec<Value> = asked
            .object_names
            .split(',')
            .filter_map(|name| queues.iter().find(|queue| queue.name == name.trim()))
            .map(|queue| {
                let permissions = person.permissions_on(&queue.name);
                json!({ "name": queue.name, "dbid": queue.dbid, "permissions": permissions })
            })
            .collect();
        Ok(fine(&json!({ "objects": objects })))
    })
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

async fn queues(
    desk: Shared,
    ccid: Path<String>,
    named: Query<Named>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, &ccid, |known| {
        let wanted = |name: &str| named.name.as_deref().is_none_or(|wanted| wanted == name);
        let queues = &tenant(known, &ccid)?.queues;
        let listed: Vec<_> = queues.iter().filter(|queue| wanted(&queue.name)).collect();
        Ok(fine(&json!({ "virtualQueues": listed })))
    })
}

#[derive(Deserialize)]
struct ProxyPath {
    ccid: String,
    name: Option<String>,
}

async fn proxies(
    desk: Shared,
    path: Path<ProxyPath>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    with(&desk, &request, &path.ccid, |known| {
        let proxies = &tenant(known, &path.ccid)?.proxies;
        match &path.name {
            Some(name) if !proxies.contains(name) => Err(Refused::missing("proxy")),
            Some(name) => Ok(fine(&json!({ "name": name }))),
            None => {
                let listed: Vec<_> = proxies.iter().map(|name| json!({ "name": name })).collect();
                Ok(fine(&json!({ "proxies": listed })))
            }
        }
    })
}

async fn protect(
    desk: Shared,
    path: Path<ProxyPath>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    #[derive(Deserialize)]
    struct Enveloped {
        data: Named,
    }
    let named = serde_json::from_slice(&body).ok().and_then(|Enveloped { data }| data.name);
    let name = path.name.clone().or(named).ok_or_else(|| Refused::bad("name is missing"))?;
    with(&desk, &request, &path.ccid, |known| {
        let tenant = tenant(known, &path.ccid)?;
        if !tenant.queues.iter().any(|queue| queue.name == name) {
            return Err(Refused::missing("virtual queue"));
        }
        if !tenant.proxies.insert(name.clone()) {
            return Err(Refused::new(StatusCode::CONFLICT, "the proxy exists"));
        }
        Ok(fine(&json!({ "name": name })))
    })
}

async fn unprotect(
    desk: Shared,
    path: Path<ProxyPath>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let name = path.name.as_ref().ok_or_else(|| Refused::bad("name is missing"))?;
    with(&desk, &request, &path.ccid, |known| {
        if tenant(known, &path.ccid)?.proxies.remove(name) {
            Ok(fine(&json!({})))
        } else {
            Err(Refused::missing("proxy"))
        }
    })
}
