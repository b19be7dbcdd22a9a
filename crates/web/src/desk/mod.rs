//! The people's API, `/ges/api/v1`: who may come to the desk, and what they may do there.
//!
//! Apart from the other doors, because here a person asks: every operation has a permission of
//! [`ges_domain::access`], every write is guarded against forgery and written down, and nothing of another line of
//! business exists. One row of [`Operation`] says all of that of an operation; the description, the guard, the audit log
//! and the test of roles read the same row.
//!
//! To add a route, make a file here and put its `SECTION` into [`SECTIONS`]:
//!
//! ```text
//! pub(super) const SECTION: Section =
//!     Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };
//!
//! const OPERATIONS: &[Operation] = &[
//!     Operation::read(Verb::Get, "/ges/api/v1/things/{id}", May(P::ViewThings)).also(&[404]),
//!     Operation::write(Verb::Put, "/ges/api/v1/things/{id}", May(P::EditThings), "thing.edit").also(&[404, 409]),
//! ];
//!
//! fn open(doors: &mut Doors<'_>) {
//!     doors.at("/ges/api/v1/things/{id}").get(thing).put(edit).mount();
//! }
//!
//! #[derive(OpenApi)]
//! #[openapi(paths(thing, edit))]
//! struct Described;
//!
//! /// Changes a thing.
//! #[utoipa::path(put, path = "/ges/api/v1/things/{id}", operation_id = "editThing", tag = "things", …)]
//! async fn edit(mut desk: Desk) -> Said {
//!     let id: String = desk.path()?;
//!     let expected = desk.if_match()?;             // 40001 without `If-Match`
//!     let body = desk.body().await?;
//!     desk.about(&id);                             // what the audit log says it was done to
//!     let queue = desk.queue(&name)?;              // 40005 for a queue that the person may not see
//!     …desk.app()…, desk.person()…, desk.tenant(), desk.actor()
//! }
//! ```
//!
//! A handler that finds the document changed answers [`changed`] with what stands now. Lists read [`Paging`].

mod about;
mod api_keys;
mod audit;
mod bulk;
mod call_ins;
mod callbacks;
mod capacity;
mod capacity_tools;
mod changes;
mod checks;
mod cookie;
mod credentials;
mod doors;
mod export;
mod guard;
mod live;
mod me;
mod numbers;
mod office_hours;
mod operation;
mod paging;
mod planner;
mod preferences;
mod privacy;
mod promises;
mod queues;
mod regions;
mod rows;
mod rulebook;
mod rules;
mod services;
mod sign_in;
mod slots;
mod trail;
mod webhooks;

use actix_web::web::ServiceConfig;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi as Description;

use crate::Web;
use crate::problem::{Code, Problem};

pub(crate) use doors::Doors;
pub(crate) use export::AT_ONCE as EXPORTS_AT_ONCE;
pub(crate) use guard::Desk;
pub(crate) use operation::{Guard, Operation, Verb};
pub(crate) use paging::Paging;
pub(crate) use trail::write_down;

/// A part of the people's API: its operations, its doors and its description.
pub(crate) struct Section {
    /// What can be done, and who may.
    pub(crate) operations: &'static [Operation],
    /// Puts the doors in.
    pub(crate) open: fn(&mut Doors<'_>),
    /// Describes the operations.
    pub(crate) describe: fn() -> Description,
}

/// All parts, in the order of the description.
const SECTIONS: &[Section] = &[
    sign_in::SECTION,
    me::SECTION,
    preferences::SECTION,
    services::SECTION,
    office_hours::SECTION,
    // Its addresses come before the one that takes any id.
    capacity_tools::SECTION,
    capacity::SECTION,
    planner::SECTION,
    numbers::SECTION,
    regions::SECTION,
    call_ins::SECTION,
    privacy::SECTION,
    slots::SECTION,
    // Their addresses come before the one that takes any id.
    callbacks::SECTION,
    checks::SECTION,
    export::SECTION,
    changes::SECTION,
    live::SECTION,
    bulk::SECTION,
    audit::SECTION,
    queues::SECTION,
    promises::SECTION,
    webhooks::SECTION,
    about::SECTION,
    credentials::SECTION,
    api_keys::SECTION,
];

/// Opens every door of the desk.
pub(crate) fn open(cfg: &mut ServiceConfig, web: &Web) {
    for section in SECTIONS {
        let mut doors = Doors::new(cfg, web, section.operations);
        (section.open)(&mut doors);
    }
}

/// Adds the desk to the API's description.
pub(crate) fn describe(description: &mut Description) {
    for section in SECTIONS {
        description.merge((section.describe)());
    }
}

/// Every operation of the desk.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    SECTIONS.iter().flat_map(|section| section.operations)
}

/// The problem of a document that changed meanwhile, with the document as it stands.
pub(crate) fn changed(now: &Value) -> Problem {
    Problem::new(Code::Changed, "it changed meanwhile; data.now is how it stands")
        .with_data(json!({ "now": now }))
}
