//! The API's description, made from the code: `OpenAPI` 3.1, committed as `docs/openapi.json`.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::problem::Code;
use crate::routes::{
    callbacks, called_in, captcha, create, notification, offers, queues, search, sessions,
    settings, statistics, system, watermark,
};
use crate::wire::Failure;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Genesys Engagement Service",
        description = "Callbacks of a contact centre: book one, look at it, move it, cancel it.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    servers((url = "/")),
    tags(
        (name = "callbacks", description = "Callbacks, for customers' clients"),
        (name = "offers", description = "What can be booked"),
        (name = "queues", description = "How long calls wait"),
        (name = "statistics", description = "The contact centre's figures"),
        (name = "notices", description = "Notices on customers' devices"),
        (name = "captcha", description = "Whether a person asks"),
        (name = "flows", description = "For the contact centre's call flows"),
        (name = "sessions", description = "For the session that works on a callback"),
        (name = "settings", description = "What a contact centre offers, as Designer publishes it"),
        (name = "operations", description = "Health and metrics"),
    ),
    paths(
        create::create,
        callbacks::retrieve,
        callbacks::cancel,
        callbacks::reschedule,
        search::search,
        offers::availability,
        offers::open_for,
        queues::queue_status,
        queues::estimated_wait_time,
        statistics::figures,
        notification::publish,
        captcha::verify,
        called_in::called_in,
        watermark::watermark,
        sessions::attended,
        sessions::started,
        sessions::state,
        sessions::store,
        sessions::storage,
        sessions::notify,
        settings::published,
        settings::publish,
        system::live,
        system::ready,
        system::startup,
        system::components,
        system::metrics,
    ),
    components(schemas(Failure))
)]
struct Api;

/// Which door an address is behind: the name of its security scheme, its statuses of failure.
fn door(path: &str) -> Option<(&'static str, &'static [u16])> {
    const PUBLIC: &[u16] = &[400, 401, 413, 500, 502, 503, 504];
    const SESSION: &[u16] = &[400, 401, 404, 409, 410, 413, 500, 503, 504];
    const INTERNAL: &[u16] = &[400, 401, 404, 413, 500, 503, 504];
    if path.starts_with("/engagement/") {
        Some(("apiKey", PUBLIC))
    } else if path.starts_with("/ges/internal/v1/callbacks/") {
        Some(("updateToken", SESSION))
    } else if path.starts_with("/ges/internal/") {
        Some(("internalKey", INTERNAL))
    } else {
        None
    }
}

/// Statuses that only some operations have, by their ids.
const OWN: &[(&str, &[u16])] = &[
    ("createCallback", &[409, 422, 429]),
    ("retrieveCallback", &[404]),
    ("cancelCallback", &[404]),
    ("rescheduleCallback", &[404, 409, 429]),
    ("publishSettings", &[409, 422]),
];

/// The description as JSON.
pub fn document() -> Value {
    let mut document =
        serde_json::to_value(Api::openapi()).expect("a description is made of plain values");
    document["components"]["securitySchemes"] = json!({
        "apiKey": { "type": "apiKey", "in": "header", "name": "x-api-key" },
        "internalKey": { "type": "apiKey", "in": "header", "name": "x-ges-internal-key" },
        "updateToken": { "type": "http", "scheme": "bearer" },
    });
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        let Some((scheme, statuses)) = door(path) else { continue };
        for operation in operations.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
            operation["security"] = json!([{ scheme: [] }]);
            let id = operation["operationId"].as_str().unwrap_or_default();
            let own = OWN.iter().find(|(operation, _)| *operation == id);
            let own = own.map_or(&[][..], |(_, statuses)| statuses);
            let failures: Map<String, Value> = statuses
                .iter()
                .chain(own)
                .map(|status| (status.to_string(), failure(*status)))
                .collect();
            if let Some(responses) = operation["responses"].as_object_mut() {
                responses.extend(failures);
            }
        }
    }
    document
}

fn failure(status: u16) -> Value {
    let codes = Code::ALL.iter().filter(|code| code.status().as_u16() == status);
    let codes: Vec<String> = codes.map(|code| code.number().to_string()).collect();
    json!({
        "description": format!("Refused or failed; status.code is one of {}", codes.join(", ")),
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } },
    })
}
