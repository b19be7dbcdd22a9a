//! The wire of an ORS node: the five calls of its interface, under both prefixes, and its help.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::{Value, json};

use super::start::Start;
use super::{Node, StartReply};
use crate::wire::only;

pub(super) fn routes(config: &mut ServiceConfig) {
    for prefix in ["/scxml/session", "/ors/scxml/session"] {
        let path = |rest: &str| format!("{prefix}/{rest}");
        config
            .service(only(&path("start"), "POST", start))
            .service(only(&path("{id}/terminate"), "POST", terminate))
            .service(only(&path("{id}/event/{name}"), "POST", event))
            .service(only(&path("{id}/query"), "GET", query))
            .service(
                web::resource(path("{id}/request/{name}"))
                    .route(web::get().to(request))
                    .route(web::post().to(request))
                    .default_service(web::to(|| async {
                        let mut refused = HttpResponse::MethodNotAllowed();
                        refused.insert_header((header::ALLOW, "GET, POST")).finish()
                    })),
            );
    }
    config.service(only("/ors/help", "GET", help));
}

async fn start(node: Data<Node>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let content_type = header_text(&request, header::CONTENT_TYPE);
    let start = match Start::from_body(content_type, &body) {
        Ok(start) => start,
        Err(refused) => return text(HttpResponse::BadRequest(), &refused.to_string()),
    };
    let id = node.shared.world().start(node.index, start);
    node.shared.wake();
    let cookie = format!("ORSSESSIONID={id}.node{}", node.name());
    let mut accepted = HttpResponse::Ok();
    accepted.insert_header((header::SET_COOKIE, cookie));
    match node.shared.start_reply {
        StartReply::Bare => text(accepted, &id),
        StartReply::Json => accepted.json(json!({ "_id": id })),
        StartReply::Empty => accepted.finish(),
    }
}

async fn terminate(
    node: Data<Node>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Elsewhere> {
    owned(&node, &id, &request)?;
    node.shared.world().forget(&id);
    node.shared.wake();
    Ok(HttpResponse::Ok().finish())
}

async fn event(
    node: Data<Node>,
    named: Path<(String, String)>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Elsewhere> {
    let (id, name) = named.into_inner();
    owned(&node, &id, &request)?;
    let Some(said) = said(&request, &body) else {
        return Ok(text(HttpResponse::BadRequest(), "the body is neither JSON nor a form"));
    };
    if !node.shared.world().event(&id, &name, &said) {
        return Err(Elsewhere::Nowhere);
    }
    node.shared.wake();
    Ok(HttpResponse::Ok().finish())
}

async fn query(
    node: Data<Node>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Elsewhere> {
    owned(&node, &id, &request)?;
    let diagnostics = node.shared.world().diagnostics(&id).ok_or(Elsewhere::Nowhere)?;
    Ok(HttpResponse::Ok().json(diagnostics))
}

async fn request(
    node: Data<Node>,
    named: Path<(String, String)>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Elsewhere> {
    let (id, name) = named.into_inner();
    owned(&node, &id, &request)?;
    let answer = match name.as_str() {
        "check-queue-position" => {
            let (position, ewt) = node.shared.world().standing(&id);
            json!({ "positionInQueue": position, "ewt": ewt })
        }
        "cancel" => {
            let said = said(&request, &body).unwrap_or_default();
            node.shared.world().event(&id, "callback.cancel", &said);
            node.shared.wake();
            json!({ "_id": id, "result": "OK" })
        }
        "gms.start" => json!({ "_id": id }),
        // A script without an answer keeps its caller waiting, and then the platform gives up.
        _ => {
            if !node.shared.clock().stands() {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            return Ok(text(HttpResponse::GatewayTimeout(), "the session gave no response"));
        }
    };
    Ok(HttpResponse::Ok().json(answer))
}

async fn help() -> HttpResponse {
    text(
        HttpResponse::Ok(),
        "POST /scxml/session/start\n\
         POST /scxml/session/{id}/terminate\n\
         POST /scxml/session/{id}/event/{name}\n\
         GET or POST /scxml/session/{id}/request/{name}\n\
         GET /scxml/session/{id}/query",
    )
}

/// The session is not on this node.
#[derive(Debug, thiserror::Error)]
enum Elsewhere {
    /// Nor on any other.
    #[error("Not Found")]
    Nowhere,
    /// But there.
    #[error("see {0}")]
    At(String),
}

impl ResponseError for Elsewhere {
    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Nowhere => text(HttpResponse::NotFound(), &self.to_string()),
            Self::At(location) => {
                let mut redirect = HttpResponse::TemporaryRedirect();
                redirect.insert_header((header::LOCATION, location.as_str())).finish()
            }
        }
    }
}

/// Goes on only on the node that owns the session: the others point to it.
fn owned(node: &Node, id: &str, request: &HttpRequest) -> Result<(), Elsewhere> {
    let (owner, lost_in_a_loop) = {
        let mut world = node.shared.world();
        world.catch_up();
        (world.owner(id), world.knobs.redirect_loop)
    };
    // The call may have made time pass that nobody was waiting for.
    node.shared.wake();
    let urls = &node.shared.urls;
    let at = |node: usize| Err(Elsewhere::At(format!("{}{}", urls[node], request.uri())));
    match owner {
        _ if lost_in_a_loop => at((node.index + 1) % urls.len()),
        None => Err(Elsewhere::Nowhere),
        Some(owner) if owner == node.index => Ok(()),
        Some(owner) => at(owner),
    }
}

fn text(mut response: HttpResponseBuilder, body: &str) -> HttpResponse {
    response.content_type("text/plain").body(body.to_owned())
}

fn header_text(request: &HttpRequest, name: header::HeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What a call says beside its name: its query, and its body in JSON or as a form.
fn said(request: &HttpRequest, body: &[u8]) -> Option<Value> {
    let pairs = |bytes: &[u8]| -> serde_json::Map<String, Value> {
        url::form_urlencoded::parse(bytes)
            .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
            .collect()
    };
    let mut all = pairs(request.query_string().as_bytes());
    if header_text(request, header::CONTENT_TYPE).starts_with("application/json") {
        if !body.is_empty() {
            all.append(serde_json::from_slice::<Value>(body).ok()?.as_object_mut()?);
        }
    } else {
        all.append(&mut pairs(body));
    }
    Some(Value::Object(all))
}
