//! Services at the desk: what Designer published, what was made here, the switch for an emergency, and who changed what.

use ges_app::{Chronicled, Mode, Thing};
use ges_domain::access::{Lines, Permission as P};
use ges_domain::catalogue::{Catalogue, Edit, Entry, ManagedBy};
use ges_domain::id::Revision;
use ges_domain::name::ServiceName;
use ges_domain::time::format_utc;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

use super::rules::{administer, document_of};
use super::{Desk, Doors, Guard, Operation, Paging, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, rules};
use crate::problem::{Code, Problem};
use crate::routes::settings::{ServiceDocument, read_service};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/services";
const ONE: &str = "/ges/api/v1/services/{name}";
const EMERGENCY: &str = "/ges/api/v1/services/{name}/emergency";
const REVISIONS: &str = "/ges/api/v1/services/revisions";
const REVISION: &str = "/ges/api/v1/services/revisions/{revision}";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, Guard::May(P::ViewServices)),
    Operation::read(Verb::Get, ONE, Guard::May(P::ViewServices)).also(&[404]),
    Operation::write(Verb::Put, ONE, Guard::May(P::EditServices), "service.edit").also(&[404, 409]),
    Operation::write(Verb::Delete, ONE, Guard::May(P::EditServices), "service.remove")
        .also(&[404, 409]),
    Operation::write(Verb::Post, EMERGENCY, Guard::May(P::DeclareEmergency), "service.emergency")
        .also(&[404]),
    Operation::read(Verb::Get, REVISIONS, Guard::May(P::ViewServices)),
    Operation::read(Verb::Get, REVISION, Guard::May(P::ViewServices)).also(&[404]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(list).mount();
    doors.at(REVISIONS).get(revisions).mount();
    doors.at(REVISION).get(revision).mount();
    doors.at(EMERGENCY).post(emergency).mount();
    doors.at(ONE).get(show).put(edit).delete(remove).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, show, edit, remove, emergency, revisions, revision))]
struct Described;

/// A service in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that people see")]
pub(crate) struct ServiceRow {
    /// Its name.
    name: String,
    /// The queue that callbacks wait in.
    virtual_queue: String,
    /// Its office hours; absent is always open.
    #[serde(skip_serializing_if = "Option::is_none")]
    business_hours: Option<String>,
    /// The zone of its slots.
    zone: String,
    /// Withdrawn while callbacks were open: it takes no new ones.
    retired: bool,
    /// Closed now, whatever the hours say.
    emergency: bool,
    /// Whether immediate callbacks are offered.
    immediate: bool,
    /// Whether scheduled callbacks are offered.
    scheduled: bool,
    /// The length of a slot: that of the rule of its queue, where there is one.
    slot_minutes: u8,
    /// Places of a slot where no rule is assigned.
    capacity_per_slot: u32,
    /// `designer` or `here`.
    managed_by: &'static str,
    /// What to send in `If-Match`.
    revision: u64,
}

/// A service with all of its settings.
#[derive(Serialize, ToSchema)]
pub(crate) struct OneService {
    #[serde(flatten)]
    row: ServiceRow,
    /// Everything that is set.
    settings: ServiceDocument,
}

/// The services of a contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceList {
    /// By name.
    services: Vec<ServiceRow>,
    /// The revision of everything: what to send in `If-Match` with a new service.
    revision: u64,
    /// The revision of the last publication, as the publisher counts.
    published: u64,
}

fn row(catalogue: &Catalogue, name: &ServiceName, entry: &Entry) -> ServiceRow {
    let settings = &entry.settings;
    let service = catalogue.service(name);
    let zone = service.as_ref().map_or(&settings.zone, |service| service.hours.zone());
    let length = service.as_ref().map_or(settings.slot_length, |it| it.plan.slot_length());
    ServiceRow {
        name: name.to_string(),
        virtual_queue: settings.virtual_queue.to_string(),
        business_hours: settings.business_hours.as_ref().map(ToString::to_string),
        zone: zone.name().to_owned(),
        retired: entry.retired,
        emergency: entry.closed(),
        immediate: settings.immediate,
        scheduled: settings.scheduled,
        slot_minutes: length.minutes(),
        capacity_per_slot: settings.capacity_per_slot,
        managed_by: match entry.managed_by {
            ManagedBy::Designer => "designer",
            ManagedBy::Here => "here",
        },
        revision: catalogue.service_revision(name).number(),
    }
}

fn one(catalogue: &Catalogue, name: &ServiceName) -> Option<OneService> {
    let entry = catalogue.services.get(name)?;
    let settings = ServiceDocument::of(name.as_str(), &entry.settings);
    Some(OneService { row: row(catalogue, name, entry), settings })
}

/// The services whose queues the person may see.
#[utoipa::path(
    get, path = "/ges/api/v1/services", operation_id = "listServices", tag = "services",
    responses((status = 200, description = "The services", body = Envelope<ServiceList>))
)]
async fn list(desk: Desk) -> Said {
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let catalogue = &stock.catalogue;
    let seen =
        catalogue.services.iter().filter(|(_, entry)| desk.sees(&entry.settings.virtual_queue));
    Ok(Answer::data(&ServiceList {
        services: seen.map(|(name, entry)| row(catalogue, name, entry)).collect(),
        revision: catalogue.revision.number(),
        published: catalogue.published,
    }))
}

/// The service of the path, where the person may see its queue.
fn named(desk: &Desk, catalogue: &Catalogue) -> Result<ServiceName, Problem> {
    let name = desk.path_name(ServiceName::parse)?;
    let entry = catalogue.services.get(&name);
    let seen = entry.is_some_and(|entry| desk.sees(&entry.settings.virtual_queue));
    if seen { Ok(name) } else { Err(Problem::new(Code::NothingHere, "there is no such service")) }
}

/// A service with all of its settings.
#[utoipa::path(
    get, path = "/ges/api/v1/services/{name}", operation_id = "readService", tag = "services",
    params(("name" = String, Path, description = "The service")),
    responses((status = 200, description = "The service", body = Envelope<OneService>))
)]
async fn show(desk: Desk) -> Said {
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let name = named(&desk, &stock.catalogue)?;
    Ok(Answer::data(&one(&stock.catalogue, &name)))
}

/// What is set of a service.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct EditService {
    /// All of the settings; what is left out means what it means for a new service.
    #[schema(value_type = Object)]
    settings: Value,
}

/// Makes a service, or replaces one that was made here.
#[utoipa::path(
    put, path = "/ges/api/v1/services/{name}", operation_id = "editService", tag = "services",
    params(
        ("name" = String, Path, description = "The service"),
        ("If-Match" = String, Header, description = "The revision that was read"),
    ),
    request_body = EditService,
    responses((status = 200, description = "The service", body = Envelope<OneService>))
)]
async fn edit(mut desk: Desk) -> Said {
    let name = desk.path_name(ServiceName::parse)?;
    desk.about(&name);
    let seen = desk.if_match()?;
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let settings = fields.need("settings", rules::object);
    let settings = fields.finish(settings)?;
    let (_, settings) = document_of("settings", name.as_str(), settings, read_service)?;
    if !desk.sees(&settings.virtual_queue) {
        let queue = settings.virtual_queue.as_str();
        return Err(Problem::unknown_name("settings.virtualQueue", queue, None));
    }
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    if stock.catalogue.services.contains_key(&name) {
        named(&desk, &stock.catalogue)?;
    }
    let edit = Edit::Service { name: name.clone(), settings: Box::new(settings) };
    let now =
        |catalogue: &Catalogue| json!(named(&desk, catalogue).ok().map(|_| one(catalogue, &name)));
    let done = administer(&desk, &edit, Some(seen), Mode::Make, None, now).await?;
    Ok(Answer::data(&one(&done.catalogue, &name)))
}

/// Removes a service that was made here; while callbacks are open it stays, and takes no new ones.
#[utoipa::path(
    delete, path = "/ges/api/v1/services/{name}", operation_id = "removeService", tag = "services",
    params(
        ("name" = String, Path, description = "The service"),
        ("If-Match" = String, Header, description = "The revision that was read"),
    ),
    responses((status = 200, description = "The service where it stays; else null", body = Envelope<OneService>))
)]
async fn remove(desk: Desk) -> Said {
    let seen = desk.if_match()?;
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let name = named(&desk, &stock.catalogue)?;
    desk.about(&name);
    let edit = Edit::RemoveService(name.clone());
    let now = |catalogue: &Catalogue| json!(one(catalogue, &name));
    let done = administer(&desk, &edit, Some(seen), Mode::Make, None, now).await?;
    Ok(Answer::data(&one(&done.catalogue, &name)))
}

/// Whether a service is closed for an emergency.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Emergency {
    /// Closed now, whatever the hours say.
    on: bool,
    /// Why, for those who look later.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Closes a service now, or opens it again; holds until the publisher says the same.
#[utoipa::path(
    post, path = "/ges/api/v1/services/{name}/emergency", operation_id = "declareEmergency", tag = "services",
    params(("name" = String, Path, description = "The service")),
    request_body = Emergency,
    responses((status = 200, description = "The service", body = Envelope<OneService>))
)]
async fn emergency(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let closed = fields.need("on", rules::flag);
    let note = fields.take("note", rules::owned(500));
    let closed = fields.finish(closed)?;
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let name = named(&desk, &stock.catalogue)?;
    desk.about(&name);
    if let Some(note) = &note {
        desk.remark(note);
    }
    let edit = Edit::Emergency { service: name.clone(), closed };
    let now = |catalogue: &Catalogue| json!(one(catalogue, &name));
    let done = administer(&desk, &edit, None, Mode::Make, note, now).await?;
    Ok(Answer::data(&one(&done.catalogue, &name)))
}

/// A revision in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevisionRow {
    /// The revision.
    revision: u64,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// By whom.
    by: String,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// What was added or changed: services, office hours and rules.
    changed: Vec<String>,
    /// What was removed.
    removed: Vec<String>,
}

/// Revisions, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revisions {
    /// The newest first; the last 200 are remembered.
    revisions: Vec<RevisionRow>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What became different in a revision.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevisionDiff {
    #[serde(flatten)]
    row: RevisionRow,
    /// The differences, at most 500.
    diff: Vec<DiffLine>,
}

/// One value that is another one than before; one of the names says what it is about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiffLine {
    /// A service.
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// Office hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<String>,
    /// A rule, with the word for its kind: `capacity`, `numbers` or `regions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// Where in it; empty is all of it.
    path: String,
    /// The value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

impl From<&Chronicled> for RevisionRow {
    fn from(told: &Chronicled) -> Self {
        Self {
            revision: told.revision.number(),
            at: format_utc(told.at),
            by: told.by.clone(),
            note: told.note.clone(),
            changed: told.changed.clone(),
            removed: told.removed.clone(),
        }
    }
}

/// Leaves out of a revision what the person may not see: services of another line of business, and rules of regions
/// where these are not theirs to look at.
fn only_seen(desk: &Desk, catalogue: &Catalogue, told: &mut Chronicled) {
    let everything = matches!(desk.person().lines, Lines::All);
    let regions = desk.person().may(P::ViewRegions);
    if everything && regions {
        return;
    }
    let seen = |thing: &Thing| match thing {
        // A service that is gone has no queue any more by which it could be told whose it was.
        Thing::Service(name) => {
            let entry =
                ServiceName::parse(name).ok().and_then(|name| catalogue.services.get(&name));
            everything || entry.is_some_and(|entry| desk.sees(&entry.settings.virtual_queue))
        }
        Thing::RegionRule(_) => regions,
        Thing::Hours(_) | Thing::CapacityRule(_) | Thing::NumberRule(_) => true,
    };
    told.differences.retain(|difference| seen(&difference.thing));
    let named = |name: &String| told.differences.iter().any(|it| it.thing.name() == name);
    told.changed.retain(named);
    told.removed.retain(named);
}

/// Who changed what, the newest first.
#[utoipa::path(
    get, path = "/ges/api/v1/services/revisions", operation_id = "listRevisions", tag = "services",
    params(
        ("limit" = Option<u16>, Query, description = "1 to 250 revisions. Absent: 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Envelope<Revisions>))
)]
async fn revisions(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let number = |text: &str| text.parse().ok().map(Revision::new);
    let Paging { limit, after } = Paging::read(&mut fields, number);
    fields.finish(Some(()))?;
    let mut told = desk.app().revisions(desk.tenant(), after, limit).await?;
    let full = told.len() == usize::from(limit);
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    for told in &mut told {
        only_seen(&desk, &stock.catalogue, told);
    }
    let next = told.last().filter(|_| full).map(|last| last.revision.to_string());
    Ok(Answer::data(&Revisions { revisions: told.iter().map(RevisionRow::from).collect(), next }))
}

/// What became different in a revision.
#[utoipa::path(
    get, path = "/ges/api/v1/services/revisions/{revision}", operation_id = "readRevision", tag = "services",
    params(("revision" = u64, Path, description = "The revision")),
    responses((status = 200, description = "The differences", body = Envelope<RevisionDiff>))
)]
async fn revision(desk: Desk) -> Said {
    let text: String = desk.path()?;
    let nothing = || Problem::new(Code::NothingHere, "this revision is not remembered");
    let number = text.parse().map_err(|_not_one| nothing())?;
    let told = desk.app().revision(desk.tenant(), Revision::new(number)).await?;
    let mut told = told.ok_or_else(nothing)?;
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    only_seen(&desk, &stock.catalogue, &mut told);
    let line = |difference: &ges_app::Difference| {
        let (mut service, mut hours, mut rule) = (None, None, None);
        match &difference.thing {
            Thing::Service(name) => service = Some(name.clone()),
            Thing::Hours(name) => hours = Some(name.clone()),
            Thing::CapacityRule(name) => rule = Some(format!("capacity {name}")),
            Thing::NumberRule(name) => rule = Some(format!("numbers {name}")),
            Thing::RegionRule(name) => rule = Some(format!("regions {name}")),
        }
        let (before, after) = (difference.before.clone(), difference.after.clone());
        DiffLine { service, hours, rule, path: difference.path.clone(), before, after }
    };
    let diff = told.differences.iter().map(line).collect();
    Ok(Answer::data(&RevisionDiff { row: (&told).into(), diff }))
}
