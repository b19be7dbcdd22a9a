//! The wire of a URS: `lvq` in both forms, `query`, `help`, and the knobs.

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path, Query, ServiceConfig};
use actix_web::{HttpResponse, ResponseError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Aqt, Question, Told, as_strings};
use super::{Shared, UrsKnobs};
use crate::wire::{BadKnob, knob, only, shown};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(only("/urs/call/{call}/lvq", "GET", by_parameter))
        .service(only("/urs/call/{call}/lvq/{vq}", "GET", by_path))
        .service(only("/urs/call/{call}/query", "GET", query))
        .service(only("/urs/help", "GET", help))
        .service(only("/urs/call/{call}/help", "GET", help))
        .service(
            web::resource("/_sim/knobs")
                .route(web::get().to(knobs))
                .route(web::put().to(set_knobs)),
        )
        .service(
            web::resource("/_sim/queues/{vq}")
                .route(web::put().to(tell))
                .route(web::delete().to(untell)),
        )
        .service(web::resource("/_sim/state").route(web::get().to(state)));
}

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("in backup role")]
    Backup,
    #[error("1: unknown call")]
    UnknownCall,
    #[error("4: wrong parameters: {0}")]
    WrongParameters(&'static str),
}

impl ResponseError for Unanswered {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Backup => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnknownCall => StatusCode::NOT_FOUND,
            Self::WrongParameters(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).content_type("text/plain").body(self.to_string())
    }
}

#[derive(Deserialize)]
struct Asked {
    name: Option<String>,
    tenant: Option<String>,
    aqt: Option<String>,
    #[serde(rename = "includeCallsOnHold")]
    include_calls_on_hold: Option<String>,
}

async fn by_parameter(
    shared: Data<Shared>,
    call: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Unanswered> {
    let name = asked.name.as_deref().filter(|name| !name.is_empty());
    let vq = name.ok_or(Unanswered::WrongParameters("name"))?;
    lvq(&shared, &call, vq, &asked)
}

async fn by_path(
    shared: Data<Shared>,
    path: Path<(String, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Unanswered> {
    let (call, vq) = path.into_inner();
    lvq(&shared, &call, &vq, &asked)
}

fn lvq(shared: &Shared, call: &str, vq: &str, asked: &Asked) -> Result<HttpResponse, Unanswered> {
    if shared.desk().knobs.backup {
        return Err(Unanswered::Backup);
    }
    let aqt = match asked.aqt.as_deref() {
        None | Some("") => Aqt::Urs,
        Some(text) => Aqt::parse(text).ok_or(Unanswered::WrongParameters("aqt"))?,
    };
    let position = place_of(shared, call)?;
    let question = Question {
        aqt,
        with_calls_on_hold: matches!(asked.include_calls_on_hold.as_deref(), Some("1" | "true")),
        position,
        time: shared.clock().wall_ms() / 1_000,
        speed: shared.clock().speed(),
    };
    let known_tenant = shared.tenant.is_none() || shared.tenant == asked.tenant;
    let fresh = if known_tenant { answer(shared, vq, &question) } else { json!({}) };
    let mut desk = shared.desk();
    desk.asked.insert(vq.to_owned());
    let frozen = desk.knobs.frozen && position.is_none();
    let said = if frozen {
        desk.frozen.entry((vq.to_owned(), aqt.name())).or_insert(fresh).clone()
    } else {
        fresh
    };
    let said = if desk.knobs.strings { as_strings(said) } else { said };
    Ok(HttpResponse::Ok().json(said))
}

fn answer(shared: &Shared, vq: &str, question: &Question) -> Value {
    if let Some(told) = shared.desk().told.get(vq) {
        return question.of_told(told);
    }
    let Some(floor) = &shared.floor else { return json!({}) };
    let queue = floor.now(|centre| match shared.groups.get(vq) {
        Some(members) => centre.queue_group(vq, members),
        None => centre.queue(vq),
    });
    queue.map_or_else(|| json!({}), |queue| question.of_queue(&queue))
}

/// The own place of the call that is asked about; nothing for `max`, which is no particular call.
fn place_of(shared: &Shared, call: &str) -> Result<Option<usize>, Unanswered> {
    if call == "max" {
        return Ok(None);
    }
    let place = shared.floor.as_ref().and_then(|floor| {
        let session = floor.session_of(call)?;
        floor.now(|centre| centre.place_of(&session)).map(|(position, _)| position)
    });
    place.map(Some).ok_or(Unanswered::UnknownCall)
}

async fn query(shared: Data<Shared>, call: Path<String>) -> Result<HttpResponse, Unanswered> {
    if shared.desk().knobs.backup {
        return Err(Unanswered::Backup);
    }
    let floor = shared.floor.as_ref().ok_or(Unanswered::UnknownCall)?;
    let session = floor.session_of(&call).ok_or(Unanswered::UnknownCall)?;
    let place = floor.now(|centre| centre.place_of(&session));
    Ok(HttpResponse::Ok().json(json!({
        "connid": call.to_ascii_uppercase(),
        "vq": place.as_ref().map(|(_, queue)| &queue.name),
        "pos": place.as_ref().map(|(position, _)| position),
    })))
}

async fn help() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body(
        "GET /urs/call/{connid or max}/lvq?name={vq}&tenant={tenant}&aqt={stat|urs|urs2}\n\
         GET /urs/call/{connid or max}/lvq/{vq}?tenant={tenant}&aqt={stat|urs|urs2}\n\
         GET /urs/call/{connid}/query\n",
    )
}

async fn knobs(shared: Data<Shared>) -> HttpResponse {
    shown(&shared.desk().knobs)
}

async fn set_knobs(shared: Data<Shared>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    let wanted: UrsKnobs = knob(&body)?;
    {
        let mut desk = shared.desk();
        desk.knobs = wanted;
        desk.frozen.clear();
    }
    Ok(knobs(shared).await)
}

async fn tell(
    shared: Data<Shared>,
    vq: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, BadKnob> {
    let told: Told = knob(&body)?;
    shared.desk().told.insert(vq.into_inner(), told);
    Ok(HttpResponse::NoContent().finish())
}

async fn untell(shared: Data<Shared>, vq: Path<String>) -> HttpResponse {
    shared.desk().told.remove(&*vq);
    HttpResponse::NoContent().finish()
}

async fn state(shared: Data<Shared>) -> HttpResponse {
    let desk = shared.desk();
    shown(&json!({
        "knobs": desk.knobs,
        "told": desk.told,
        "asked": desk.asked,
        "groups": shared.groups,
        "tenant": shared.tenant,
    }))
}
