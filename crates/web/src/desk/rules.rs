//! What the three kinds of rules share at the desk: who edits, what is refused, which queues use which rule.
//!
//! Apart from the rules themselves, because capacity, numbers and regions differ in what they say and in nothing else.

use std::collections::BTreeMap;

use ges_app::{AdministerFailure, Administered, Author, Mode};
use ges_domain::catalogue::{Catalogue, Edit, EditRefusal, Effect, Rules};
use ges_domain::id::{RecordId, Revision};
use ges_domain::name::QueueName;
use ges_domain::time::format_utc;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Desk, changed};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};

/// Most queues of one request.
const QUEUES: usize = 10_000;

/// A queue and the rule that it uses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assignment {
    /// The queue.
    queue: String,
    /// Its rule; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<Uuid>,
}

/// What an edit does to the bookings that are there.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EffectDocument {
    /// Slots that have more bookings than places then, at most 1000; nobody loses a place.
    overbooked: Vec<OverbookedSlot>,
    /// How many slots are overbooked already.
    overbooked_before: usize,
    /// Slots that begin, end or have places otherwise than before.
    slots_changed: usize,
}

/// A slot with more bookings than places.
#[derive(Serialize, ToSchema)]
pub(crate) struct OverbookedSlot {
    /// The service.
    service: String,
    /// Where it starts.
    #[schema(format = DateTime)]
    start: String,
    /// Its bookings.
    booked: u32,
    /// Its places.
    total: u32,
}

/// Overbooked slots that are listed.
const LISTED: usize = 1000;

impl From<&Effect> for EffectDocument {
    fn from(effect: &Effect) -> Self {
        let one = |slot: &ges_domain::catalogue::Overbooked| OverbookedSlot {
            service: slot.service.to_string(),
            start: format_utc(slot.start),
            booked: slot.booked,
            total: slot.total,
        };
        Self {
            overbooked: effect.overbooked.iter().take(LISTED).map(one).collect(),
            overbooked_before: effect.overbooked_before,
            slots_changed: effect.slots_changed,
        }
    }
}

/// The queues that the person may see, with their rules: those of services, and those that have a rule.
pub(super) fn assignments<R>(
    desk: &Desk,
    catalogue: &Catalogue,
    rules: &Rules<R>,
) -> Vec<Assignment> {
    let of_services = catalogue.services.values().map(|entry| &entry.settings.virtual_queue);
    let mut queues: Vec<&QueueName> = of_services.chain(rules.of_queue.keys()).collect();
    queues.sort_unstable();
    queues.dedup();
    let seen = queues.into_iter().filter(|queue| desk.sees(queue));
    seen.map(|queue| Assignment {
        queue: queue.to_string(),
        rule_id: rules.of_queue.get(queue).map(|id| id.uuid()),
    })
    .collect()
}

/// The queues of a rule that the person may see.
pub(super) fn queues_of<R>(desk: &Desk, rules: &Rules<R>, id: RecordId) -> Vec<String> {
    let queues = rules.queues_of(id).filter(|queue| desk.sees(queue));
    queues.map(ToString::to_string).collect()
}

/// Refuses the edit of a rule that queues of another line of business use too.
pub(super) fn only_own<R>(desk: &Desk, rules: &Rules<R>, id: RecordId) -> Result<(), Problem> {
    if rules.queues_of(id).all(|queue| desk.sees(queue)) {
        return Ok(());
    }
    let message = "queues of another line of business use the rule; its administrator may edit it";
    Err(Problem::new(Code::NotPermitted, message))
}

/// The rule that the path names.
pub(super) fn rule_id(desk: &Desk) -> Result<RecordId, Problem> {
    let id: String = desk.path()?;
    id.parse().map_err(|_not_one| Problem::new(Code::NothingHere, "there is no such rule"))
}

/// Whether the request asks only what an edit would do.
pub(super) fn mode(desk: &Desk) -> Result<Mode, Problem> {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let told = fields.take("dryRun", rules::flag).unwrap_or(false);
    fields.finish(Some(if told { Mode::Tell } else { Mode::Make }))
}

/// The assignments of a body: a rule, or null, by queue.
pub(super) fn assigned(
    desk: &Desk,
    body: &Map<String, Value>,
) -> Result<BTreeMap<QueueName, Option<RecordId>>, Problem> {
    let mut fields = Fields::of(body);
    let read = |given: Given<'_>| {
        let object = rules::object(given)?;
        if object.is_empty() || object.len() > QUEUES {
            return Err(Wrong::new("names no queue, or too many"));
        }
        let one = |(queue, rule): (&String, &Value)| {
            let name = QueueName::parse(queue)
                .map_err(|error| Wrong::new(format!("holds a queue that {error}")))?;
            let rule = match rule {
                Value::Null => None,
                rule => {
                    let id: Uuid = rules::uuid(Given::Json(rule))
                        .map_err(|wrong| Wrong::new(format!("holds a rule that {}", wrong.what)))?;
                    Some(RecordId::new(id))
                }
            };
            Ok((name, rule))
        };
        object.iter().map(one).collect::<Result<BTreeMap<_, _>, Wrong>>()
    };
    let assignments = fields.need("assignments", read);
    let assignments = fields.finish(assignments)?;
    match assignments.keys().find(|queue| !desk.sees(queue)) {
        Some(queue) => Err(Problem::unknown_name("assignments", queue.as_str(), None)),
        None => Ok(assignments),
    }
}

/// Reads the document of a field, which goes by the name that the path gave it.
pub(super) fn document_of<T>(
    field: &str,
    name: &str,
    document: &Map<String, Value>,
    read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Result<T, Problem> {
    let mut document = document.clone();
    document.insert(String::from("name"), Value::from(name));
    let mut fields = Fields::of(&document);
    let read = read(&mut fields);
    fields
        .finish(read)
        .map_err(|problem| Problem { message: format!("{field}: {}", problem.message), ..problem })
}

/// Makes an edit, or tells what it would do; `stands` tells of the document as it stands, for those who are late.
pub(super) async fn administer(
    desk: &Desk,
    edit: &Edit,
    seen: Option<Revision>,
    mode: Mode,
    note: Option<String>,
    stands: impl FnOnce(&Catalogue) -> Value,
) -> Result<Administered, Problem> {
    let author = Author { by: desk.person().user_name.clone(), note };
    match desk.app().administer(desk.tenant(), edit, seen, &author, mode).await {
        Ok(administered) => Ok(administered),
        Err(AdministerFailure::Faulted(fault)) => Err(fault.into()),
        Err(AdministerFailure::Refused(EditRefusal::Stale { .. })) => {
            let stock = desk.app().shelf().reload(desk.tenant()).await?;
            Err(changed(&stands(&stock.catalogue)))
        }
        Err(AdministerFailure::Refused(refusal)) => Err(refused(refusal)),
    }
}

/// Why an edit is not made, as its author is told.
fn refused(refusal: EditRefusal) -> Problem {
    let names = |names: Vec<String>| json!(names);
    match refusal {
        EditRefusal::Stale { now } => ges_domain::refusal::Refusal::Changed { now }.into(),
        EditRefusal::NoSuchRule(_) => Problem::new(Code::NothingHere, "there is no such rule"),
        EditRefusal::NoSuchService(name) => {
            Problem::new(Code::NothingHere, format!("there is no service {name}"))
        }
        EditRefusal::NoSuchHours(name) => {
            Problem::unknown_name("businessHours", name.as_str(), None)
        }
        EditRefusal::NoSuchQueue(queue) => {
            Problem::unknown_name("assignments", queue.as_str(), None)
        }
        EditRefusal::Name => Problem::new(
            Code::FieldInvalid,
            "name is not one of 1 to 255 printable characters that no other rule of the kind has",
        ),
        EditRefusal::Regions => {
            Problem::new(Code::FieldInvalid, "regions is not a list of 1 to 32 regions, each once")
        }
        EditRefusal::TooMany(most) => Problem::new(
            Code::FieldInvalid,
            format!("name is one too many: there are {most} already"),
        ),
        EditRefusal::RuleInUse(queues) => {
            let queues = queues.iter().map(ToString::to_string).collect();
            let message = "queues still use the rule; send unassign=true to free them";
            Problem::new(Code::StillInUse, message).with_data(json!({ "queues": names(queues) }))
        }
        EditRefusal::HoursInUse(services) => {
            let services = services.iter().map(ToString::to_string).collect();
            let message = "services still use the office hours";
            Problem::new(Code::StillInUse, message)
                .with_data(json!({ "services": names(services) }))
        }
        EditRefusal::DesignerRules => Problem::new(
            Code::ManagedElsewhere,
            "Designer publishes this, and its next publication would take the edit back",
        ),
    }
}
