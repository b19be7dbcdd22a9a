//! What operators and developers look at: health, metrics, the API's description and the page made of it.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::ServiceConfig;
use ges_domain::time::format_utc;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::health::{Component, Ready};
use crate::{Web, docs};

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    let at = |route| At::new(web, Audience::Operators, route);
    at("/health/live").get(live).mount(cfg);
    at("/health/ready").get(ready).mount(cfg);
    at("/health/startup").get(startup).mount(cfg);
    at("/health/components").get(components).mount(cfg);
    at("/metrics").get(metrics).mount(cfg);
    at("/openapi.json").get(document).mount(cfg);
    at("/docs").get(page).mount(cfg);
    at("/docs/style.css").get(style).mount(cfg);
}

/// How the service fares.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthReport {
    /// `up`, `down` or `draining`.
    status: &'static str,
    /// The parts that it depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<ComponentReport>,
}

/// How one part fares.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ComponentReport {
    /// Its name.
    name: String,
    /// `up`, `down` or `unknown`.
    status: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Its last trouble.
    last_error: Option<String>,
}

impl From<Component> for ComponentReport {
    fn from(part: Component) -> Self {
        Self {
            name: part.name,
            status: part.standing.as_str(),
            since: part.since.map(format_utc),
            last_error: part.last_error,
        }
    }
}

fn report(well: bool, status: &'static str, parts: Vec<Component>) -> Answer {
    let code = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let components = parts.into_iter().map(ComponentReport::from).collect();
    Answer::bare(code, &HealthReport { status, components })
}

const fn word(well: bool) -> &'static str {
    if well { "up" } else { "down" }
}

/// Whether the process is worth keeping; knows nothing of neighbours.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "live",
    tag = "operations",
    responses(
        (status = 200, description = "It is", body = HealthReport),
        (status = 503, description = "It should be restarted", body = HealthReport),
    )
)]
async fn live(call: Call) -> Said {
    let well = call.web().health().live();
    Ok(report(well, word(well), Vec::new()))
}

/// Whether this node should get requests.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "ready",
    tag = "operations",
    responses(
        (status = 200, description = "It should", body = HealthReport),
        (status = 503, description = "It should not", body = HealthReport),
    )
)]
async fn ready(call: Call) -> Said {
    let state = call.web().health().ready().await;
    let well = state.ready();
    let Ready { draining, components } = state;
    Ok(report(well, if draining { "draining" } else { word(well) }, components))
}

/// Whether the start is over.
#[utoipa::path(
    get,
    path = "/health/startup",
    operation_id = "startup",
    tag = "operations",
    responses(
        (status = 200, description = "It is", body = HealthReport),
        (status = 503, description = "It is not", body = HealthReport),
    )
)]
async fn startup(call: Call) -> Said {
    let well = call.web().health().started();
    Ok(report(well, word(well), Vec::new()))
}

/// Every part, whether or not it decides anything.
#[utoipa::path(
    get,
    path = "/health/components",
    operation_id = "components",
    tag = "operations",
    responses((status = 200, description = "The parts", body = Vec<ComponentReport>))
)]
async fn components(call: Call) -> Said {
    let parts = call.web().health().components().await;
    let parts: Vec<ComponentReport> = parts.into_iter().map(Into::into).collect();
    Ok(Answer::bare(StatusCode::OK, &parts))
}

/// Everything that was counted, in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operations",
    responses((status = 200, description = "The samples", body = String, content_type = "text/plain"))
)]
async fn metrics(call: Call) -> Said {
    let accept = call.headers().get("accept").and_then(|value| value.to_str().ok());
    let samples = call.web().meters().expose(accept);
    Ok(Answer::text(samples.content_type, samples.body))
}

async fn document(call: Call) -> Said {
    Ok(Answer::text("application/json", call.web().document().to_owned()))
}

/// The page runs no script and loads nothing but its own style, and its policy forbids all else.
async fn page(call: Call) -> Said {
    const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
                          form-action 'none'; frame-ancestors 'none'";
    Ok(Answer::text("text/html; charset=utf-8", call.web().page().to_owned())
        .header(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

async fn style(_call: Call) -> Said {
    Ok(Answer::text("text/css; charset=utf-8", docs::STYLE.to_owned())
        .header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
}
