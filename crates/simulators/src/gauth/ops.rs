//! The provisioning of clients, by the operations user.

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::Shared;
use crate::realm::OauthClient;
use crate::wire::{Refused, basic, fine, held};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/auth/v3/ops/clients")
                .route(web::get().to(list))
                .route(web::post().to(create))
                .default_service(web::to(async || wrong_verb("GET, POST"))),
        )
        .service(
            web::resource("/auth/v3/ops/clients/{id}")
                .route(web::get().to(show))
                .route(web::put().to(change))
                .route(web::delete().to(remove))
                .default_service(web::to(async || wrong_verb("GET, PUT, DELETE"))),
        );
}

fn wrong_verb(allowed: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed)).finish()
}

#[derive(Deserialize)]
struct Enveloped {
    data: OauthClient,
}

fn read(body: &[u8]) -> Result<OauthClient, Refused> {
    let Enveloped { data } =
        serde_json::from_slice(body).map_err(|error| Refused::bad(error.to_string()))?;
    Ok(data)
}

fn by_ops(desk: &Shared, request: &HttpRequest) -> Result<(), Refused> {
    let (name, password) = basic(request).ok_or_else(Refused::unauthorized)?;
    let ops = held(desk).realm.with(|known| known.is_ops(&name, &password));
    if ops { Ok(()) } else { Err(Refused::unauthorized()) }
}

async fn list(desk: Shared, request: HttpRequest) -> Result<HttpResponse, Refused> {
    by_ops(&desk, &request)?;
    let clients: Vec<_> = held(&desk).realm.with(|known| known.clients.values().cloned().collect());
    Ok(fine(&clients))
}

async fn create(desk: Shared, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Refused> {
    by_ops(&desk, &request)?;
    let client = read(&body)?;
    held(&desk).realm.with(|known| {
        if known.clients.contains_key(&client.client_id) {
            return Err(Refused::new(StatusCode::CONFLICT, "the client exists"));
        }
        known.clients.insert(client.client_id.clone(), client.clone());
        Ok(fine(&client))
    })
}

async fn show(
    desk: Shared,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    by_ops(&desk, &request)?;
    let client = held(&desk).realm.with(|known| known.clients.get(&*id).cloned());
    client.map(|client| fine(&client)).ok_or_else(|| Refused::missing("client"))
}

async fn change(
    desk: Shared,
    id: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    by_ops(&desk, &request)?;
    let client = read(&body)?;
    if client.client_id != *id {
        return Err(Refused::bad("client_id is another client's"));
    }
    held(&desk).realm.with(|known| {
        let place = known.clients.get_mut(&*id).ok_or_else(|| Refused::missing("client"))?;
        *place = client.clone();
        Ok(fine(&client))
    })
}

async fn remove(
    desk: Shared,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    by_ops(&desk, &request)?;
    let removed = held(&desk).realm.with(|known| known.clients.remove(&*id));
    removed.map(|client| fine(&client)).ok_or_else(|| Refused::missing("client"))
}
