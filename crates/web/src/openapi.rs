//! The API's description, made from the code: `OpenAPI` 3.1, committed as `docs/openapi.json`.

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::desk;
use crate::problem::Code;
use crate::routes::{
    call_in, callbacks, called_in, captcha, create, notification, offers, queues, search, sessions,
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
        (name = "call-in", description = "Numbers that customers call in on"),
        (name = "flows", description = "For the contact centre's call flows"),
        (name = "sessions", description = "For the session that works on a callback"),
        (name = "settings", description = "What a contact centre offers, as Designer publishes it"),
        (name = "sign-in", description = "For people: coming in, who they are, what they like"),
        (name = "worklist", description = "For people: callbacks, one by one and in lists"),
        (name = "bulk", description = "For people: changes of many callbacks at once"),
        (name = "services", description = "For people: services and office hours"),
        (name = "rules", description = "For people: capacity, numbers, regions, and the planner"),
        (name = "privacy", description = "For people: what is kept of a number"),
        (name = "audit", description = "For people: who did what"),
        (name = "credentials", description = "For people: accounts with other systems"),
        (name = "api-keys", description = "For people: keys of the public API, and the contact centre at its source"),
        (name = "webhooks", description = "For people: servers that are told what becomes of callbacks"),
        (name = "about", description = "For people: what runs here"),
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
        call_in::create,
        call_in::recognise,
        call_in::provide,
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

/// Statuses of failure that every operation of the people's API has.
const PEOPLE: &[u16] = &[400, 401, 403, 413, 500, 502, 503, 504];

/// Which door an address is behind: the name of its security scheme, its statuses of failure.
fn door(path: &str) -> Option<(&'static str, &'static [u16])> {
    const PUBLIC: &[u16] = &[400, 401, 413, 429, 500, 502, 503, 504];
    const SESSION: &[u16] = &[400, 401, 404, 409, 410, 413, 500, 503, 504];
    const INTERNAL: &[u16] = &[400, 401, 403, 404, 413, 500, 503, 504];
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
    ("createCallback", &[409, 422]),
    ("retrieveCallback", &[404]),
    ("cancelCallback", &[404]),
    ("rescheduleCallback", &[404, 409]),
    ("publishSettings", &[409, 422]),
    ("createCallInRequest", &[404, 409, 422]),
    ("provideCallInGroup", &[409]),
];

/// The description as JSON.
pub fn document() -> Value {
    let mut api = Api::openapi();
    desk::describe(&mut api);
    let mut document = serde_json::to_value(api).expect("a description is made of plain values");
    document["components"]["securitySchemes"] = json!({
        "apiKey": { "type": "apiKey", "in": "header", "name": "x-api-key" },
        "internalKey": { "type": "apiKey", "in": "header", "name": "x-ges-internal-key" },
        "updateToken": { "type": "http", "scheme": "bearer" },
        "session": { "type": "apiKey", "in": "cookie", "name": "ges_session" },
        "personToken": { "type": "http", "scheme": "bearer" },
    });
    for row in desk::operations() {
        people(&mut document["paths"][row.path][row.verb.as_str().to_ascii_lowercase()], row);
    }
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        let Some((scheme, statuses)) = door(path) else { continue };
        for operation in operations.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
            operation["security"] = json!([{ scheme: [] }]);
            let id = operation["operationId"].as_str().unwrap_or_default();
            let own = OWN.iter().find(|(operation, _)| *operation == id);
            let own = own.map_or(&[][..], |(_, statuses)| statuses);
            fails(operation, statuses.iter().chain(own));
        }
    }
    document
}

/// What an operation of the people's API demands, from the row that its door reads too.
///
/// `x-ges-permissions` lists the permissions of which one is needed; `x-ges-audit` is the audit log's word for it.
fn people(operation: &mut Value, row: &desk::Operation) {
    assert!(operation.is_object(), "{:?} {} is not described", row.verb, row.path);
    let anybody = row.guard == desk::Guard::Anybody;
    if !anybody {
        operation["security"] = json!([{ "session": [] }, { "personToken": [] }]);
        let permissions = row.guard.permissions().iter().map(|one| one.as_str());
        operation["x-ges-permissions"] = permissions.collect();
    }
    if let Some(what) = row.what {
        operation["x-ges-audit"] = what.into();
    }
    fails(
        operation,
        PEOPLE.iter().filter(|status| !anybody || **status != 403).chain(row.statuses),
    );
}

/// Adds the ways in which an operation fails.
fn fails<'a>(operation: &mut Value, statuses: impl Iterator<Item = &'a u16>) {
    let failures: Map<String, Value> =
        statuses.map(|status| (status.to_string(), failure(*status))).collect();
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.extend(failures);
    }
}

fn failure(status: u16) -> Value {
    let codes = Code::ALL.iter().filter(|code| code.status().as_u16() == status);
    let codes: Vec<String> = codes.map(|code| code.number().to_string()).collect();
    json!({
        "description": format!("Refused or failed; status.code is one of {}", codes.join(", ")),
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } },
    })
}
