//! The knobs that every neighbour has under `/_sim/`: what it received, its faults, its clock.
//! The same ones that the handle has, for a person with a browser or with curl.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Query, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Fault, Wire};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(["/_sim", "/_sim/"]).route(web::get().to(page)))
        .service(
            web::resource("/_sim/journal")
                .route(web::get().to(journal))
                .route(web::delete().to(forget)),
        )
        .service(
            web::resource("/_sim/faults")
                .route(web::get().to(faults))
                .route(web::put().to(replace_faults))
                .route(web::post().to(add_fault))
                .route(web::delete().to(heal)),
        )
        .service(
            web::resource("/_sim/clock").route(web::get().to(clock)).route(web::put().to(turn)),
        );
}

/// One page for all neighbours: it shows what the one that serves it has.
async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", "default-src 'self' 'unsafe-inline'"))
        .body(include_str!("page.html"))
}

/// An answer of a knob.
pub(crate) fn shown(value: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(value)
}

/// A knob was turned to something that it is not marked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadKnob(serde_json::Error);

impl ResponseError for BadKnob {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

/// Reads what a knob is set to; a mistake is told in words.
pub(crate) fn knob<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadKnob> {
    serde_json::from_slice(body).map_err(BadKnob)
}

#[derive(Deserialize)]
struct Wanted {
    path: Option<String>,
    last: Option<usize>,
}

async fn journal(wire: Data<Wire>, wanted: Query<Wanted>) -> HttpResponse {
    let journal = wire.journal();
    let meets = |path: &str| wanted.path.as_deref().is_none_or(|part| path.contains(part));
    let mut entries: Vec<_> = journal
        .iter()
        .rev()
        .filter(|entry| meets(&entry.path))
        .take(wanted.last.unwrap_or(usize::MAX))
        .collect();
    entries.reverse();
    shown(&entries)
}

async fn forget(wire: Data<Wire>) -> HttpResponse {
    wire.journal().clear();
    HttpResponse::NoContent().finish()
}

async fn faults(wire: Data<Wire>) -> HttpResponse {
    shown(&*wire.faults())
}

async fn replace_faults(wire: Data<Wire>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    *wire.faults() = knob(&body)?;
    Ok(HttpResponse::NoContent().finish())
}

async fn add_fault(wire: Data<Wire>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    wire.faults().push(knob::<Fault>(&body)?);
    Ok(HttpResponse::NoContent().finish())
}

async fn heal(wire: Data<Wire>) -> HttpResponse {
    wire.faults().clear();
    HttpResponse::NoContent().finish()
}

async fn clock(wire: Data<Wire>) -> HttpResponse {
    shown(&json!({
        "name": wire.name,
        "nowMs": wire.clock.now_ms(),
        "wallMs": wire.clock.wall_ms(),
        "speed": wire.clock.speed(),
        "stands": wire.clock.stands(),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Turn {
    advance_ms: Option<u64>,
    speed: Option<f64>,
}

async fn turn(wire: Data<Wire>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    let Turn { advance_ms, speed } = knob(&body)?;
    if let Some(speed) = speed {
        wire.clock.set_speed(speed);
    }
    if let Some(ms) = advance_ms {
        wire.clock.advance(Duration::from_millis(ms));
    }
    Ok(clock(wire).await)
}
