//! What runs here, and how its neighbours fare.

use ges_domain::time::{Zone, format_utc};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::health::Component;
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ABOUT: &str = "/ges/api/v1/about";

const OPERATIONS: &[Operation] = &[Operation::read(Verb::Get, ABOUT, Guard::SignedIn)];

fn open(doors: &mut Doors<'_>) {
    doors.at(ABOUT).get(show).mount();
}

#[derive(OpenApi)]
#[openapi(paths(show))]
struct Described;

/// What runs here.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AboutUs {
    /// The release.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// The node that answers.
    node: String,
    /// When it was started.
    #[schema(format = DateTime)]
    started_at: String,
    /// Where callbacks are kept.
    #[schema(example = "SQLite")]
    store: &'static str,
    /// What the nodes share beside the store.
    #[schema(example = "this process")]
    shared_memory: &'static str,
    /// The systems that it talks to.
    neighbours: Vec<Neighbour>,
    /// What time it is here.
    #[schema(format = DateTime)]
    time: String,
    /// Which rules of time zones it follows.
    zone_data: String,
}

/// A system that the service talks to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Neighbour {
    /// Its name.
    name: String,
    /// `up`, `down`, or `unknown` where nobody has asked it yet.
    state: &'static str,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// Its last trouble, in our own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<Component> for Neighbour {
    fn from(part: Component) -> Self {
        Self {
            name: part.name,
            state: part.standing.as_str(),
            since: part.since.map(format_utc),
            detail: part.last_error,
        }
    }
}

/// What runs here, and how its neighbours fare.
#[utoipa::path(
    get,
    path = "/ges/api/v1/about",
    operation_id = "about",
    tag = "about",
    responses((status = 200, description = "What runs here", body = Envelope<AboutUs>))
)]
async fn show(desk: Desk) -> Said {
    let about = desk.web().about();
    let mut neighbours = desk.web().health().components().await;
    // What serves another contact centre alone does not exist here.
    neighbours.retain(|it| it.tenant.is_none_or(|tenant| tenant == desk.tenant()));
    Ok(Answer::data(&AboutUs {
        version: about.version,
        node: about.node.clone(),
        started_at: format_utc(about.started_at),
        store: about.store,
        shared_memory: about.shared_memory,
        neighbours: neighbours.into_iter().map(Neighbour::from).collect(),
        time: format_utc(desk.app().now()),
        zone_data: format!("built in, {} zones", Zone::names().len()),
    }))
}
