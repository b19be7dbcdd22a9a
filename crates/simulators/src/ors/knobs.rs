//! What a person can see and turn at an ORS, beside the knobs that every neighbour has.

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::json;

use super::Node;
use super::life::Life;
use crate::wire::{BadKnob, held, knob, shown};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/_sim/state").route(web::get().to(state)))
        .service(web::resource("/_sim/sessions").route(web::get().to(sessions)))
        .service(web::resource("/_sim/sessions/{id}/lose").route(web::post().to(lose)))
        .service(web::resource("/_sim/calls").route(web::get().to(calls)))
        .service(web::resource("/_sim/reports").route(web::get().to(reports)))
        .service(web::resource("/_sim/entered").route(web::get().to(entered)))
        .service(
            web::resource("/_sim/knobs")
                .route(web::get().to(knobs))
                .route(web::put().to(set_knobs)),
        )
        .service(
            web::resource("/_sim/script")
                .route(web::get().to(script))
                .route(web::put().to(set_script)),
        );
}

async fn state(node: Data<Node>) -> HttpResponse {
    let world = node.shared.world();
    shown(&json!({
        "nodes": node.shared.urls,
        "live": world.views().len(),
        "ended": world.ended(),
        "calls": world.calls.iter().count(),
        "knobs": world.knobs,
    }))
}

async fn sessions(node: Data<Node>) -> HttpResponse {
    shown(&node.shared.world().views())
}

async fn lose(node: Data<Node>, id: Path<String>) -> HttpResponse {
    if node.shared.world().forget(&id) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::NotFound().finish()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    callback_id: Option<String>,
}

impl About {
    fn meets(&self, callback_id: &str) -> bool {
        self.callback_id.as_deref().is_none_or(|wanted| wanted == callback_id)
    }
}

async fn calls(node: Data<Node>, about: Query<About>) -> HttpResponse {
    let world = node.shared.world();
    shown(&world.calls.iter().filter(|call| about.meets(&call.callback_id)).collect::<Vec<_>>())
}

async fn reports(node: Data<Node>, about: Query<About>) -> HttpResponse {
    let told = held(&node.shared.reporter.told);
    shown(&told.iter().filter(|told| about.meets(&told.callback_id)).collect::<Vec<_>>())
}

async fn entered(node: Data<Node>) -> HttpResponse {
    shown(&held(&node.shared.entered).all())
}

async fn knobs(node: Data<Node>) -> HttpResponse {
    shown(&node.shared.world().knobs)
}

async fn set_knobs(node: Data<Node>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    node.shared.world().knobs = knob(&body)?;
    Ok(knobs(node).await)
}

async fn script(node: Data<Node>) -> HttpResponse {
    match &node.shared.world().life {
        Life::Scripted(life) => shown(&life.script),
        Life::Centre(_) => HttpResponse::NotFound().finish(),
    }
}

async fn set_script(node: Data<Node>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    let wanted = knob(&body)?;
    Ok(match &mut node.shared.world().life {
        Life::Scripted(life) => {
            life.script = wanted;
            HttpResponse::NoContent().finish()
        }
        Life::Centre(_) => HttpResponse::NotFound().finish(),
    })
}
