//! Office hours at the desk: what Designer published, what was made here, and what they mean day by day.

use ges_app::Mode;
use ges_domain::access::Permission as P;
use ges_domain::catalogue::{Catalogue, Edit};
use ges_domain::hours::{Hours, Shift};
use ges_domain::name::HoursName;
use ges_domain::time::{Date, format_utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use super::rules::{administer, document_of};
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::routes::settings::{HoursDocument, read_hours};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/office-hours";
const ONE: &str = "/ges/api/v1/office-hours/{name}";
const PREVIEW: &str = "/ges/api/v1/office-hours/preview";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, Guard::May(P::ViewServices)),
    Operation::read(Verb::Get, ONE, Guard::May(P::ViewServices)).also(&[404]),
    Operation::write(Verb::Put, ONE, Guard::May(P::EditServices), "hours.edit").also(&[404, 409]),
    Operation::write(Verb::Delete, ONE, Guard::May(P::EditServices), "hours.remove")
        .also(&[404, 409]),
    Operation::read(Verb::Post, PREVIEW, Guard::May(P::ViewServices)).also(&[404]),
];

/// Most days of a look ahead.
const MOST_DAYS: u32 = 62;

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(list).mount();
    doors.at(PREVIEW).post(preview).mount();
    doors.at(ONE).get(show).put(edit).delete(remove).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, show, edit, remove, preview))]
struct Described;

/// Office hours as they stand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownHours {
    /// Their name.
    name: String,
    /// The zone whose clocks they mean.
    zone: String,
    /// What they say.
    document: HoursDocument,
    /// The services that use them.
    used_by: Vec<String>,
    /// `designer` or `here`.
    managed_by: &'static str,
    /// What to send in `If-Match`.
    revision: u64,
}

/// The office hours of a contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct AllHours {
    /// By name.
    hours: Vec<KnownHours>,
    /// The revision of everything: what to send in `If-Match` with new office hours.
    revision: u64,
}

fn known(desk: &Desk, catalogue: &Catalogue, name: &HoursName) -> Option<KnownHours> {
    let hours = catalogue.hours.get(name)?;
    let seen = |service: &&ges_domain::name::ServiceName| {
        let entry = catalogue.services.get(*service);
        entry.is_some_and(|entry| desk.sees(&entry.settings.virtual_queue))
    };
    Some(KnownHours {
        name: name.to_string(),
        zone: hours.zone().name().to_owned(),
        document: HoursDocument::of(hours),
        used_by: catalogue.users_of(name).filter(seen).map(ToString::to_string).collect(),
        managed_by: if catalogue.hours_here.contains(name) { "here" } else { "designer" },
        revision: catalogue.hours_revision(name).number(),
    })
}

/// All office hours.
#[utoipa::path(
    get, path = "/ges/api/v1/office-hours", operation_id = "listOfficeHours", tag = "services",
    responses((status = 200, description = "The office hours", body = Envelope<AllHours>))
)]
async fn list(desk: Desk) -> Said {
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let catalogue = &stock.catalogue;
    let hours = catalogue.hours.keys().filter_map(|name| known(&desk, catalogue, name)).collect();
    Ok(Answer::data(&AllHours { hours, revision: catalogue.revision.number() }))
}

fn nothing() -> Problem {
    Problem::new(Code::NothingHere, "there are no such office hours")
}

/// Office hours by their name.
#[utoipa::path(
    get, path = "/ges/api/v1/office-hours/{name}", operation_id = "readOfficeHours", tag = "services",
    params(("name" = String, Path, description = "The office hours")),
    responses((status = 200, description = "The office hours", body = Envelope<KnownHours>))
)]
async fn show(desk: Desk) -> Said {
    let name = desk.path_name(HoursName::parse)?;
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let known = known(&desk, &stock.catalogue, &name).ok_or_else(nothing)?;
    Ok(Answer::data(&known))
}

/// Office hours to be kept.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct EditHours {
    /// What they say; the name is that of the path.
    #[schema(value_type = Object)]
    document: Value,
}

/// Reads a document under a name.
fn document(named: &HoursName, document: &Map<String, Value>) -> Result<Hours, Problem> {
    Ok(document_of("document", named.as_str(), document, read_hours)?.1)
}

/// Refuses an edit of office hours by which services of another line of business live too.
async fn only_own(desk: &Desk, name: &HoursName) -> Result<(), Problem> {
    let stock = desk.app().shelf().reload(desk.tenant()).await?;
    let mut users = stock
        .catalogue
        .services
        .values()
        .filter(|entry| entry.settings.business_hours.as_ref() == Some(name));
    if users.all(|entry| desk.sees(&entry.settings.virtual_queue)) {
        return Ok(());
    }
    let message = "services of another line of business use the office hours; their administrator may edit them";
    Err(Problem::new(Code::NotPermitted, message))
}

/// Makes office hours, or replaces those that were made here.
#[utoipa::path(
    put, path = "/ges/api/v1/office-hours/{name}", operation_id = "editOfficeHours", tag = "services",
    params(
        ("name" = String, Path, description = "The office hours"),
        ("If-Match" = String, Header, description = "The revision that was read"),
    ),
    request_body = EditHours,
    responses((status = 200, description = "The office hours", body = Envelope<KnownHours>))
)]
async fn edit(mut desk: Desk) -> Said {
    let name = desk.path_name(HoursName::parse)?;
    desk.about(&name);
    let seen = desk.if_match()?;
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let given = fields.need("document", rules::object);
    let hours = document(&name, fields.finish(given)?)?;
    only_own(&desk, &name).await?;
    let edit = Edit::Hours(Box::new(hours));
    let now = |catalogue: &Catalogue| json!(known(&desk, catalogue, &name));
    let done = administer(&desk, &edit, Some(seen), Mode::Make, None, now).await?;
    Ok(Answer::data(&known(&desk, &done.catalogue, &name)))
}

/// Removes office hours that were made here and that no service uses.
#[utoipa::path(
    delete, path = "/ges/api/v1/office-hours/{name}", operation_id = "removeOfficeHours", tag = "services",
    params(
        ("name" = String, Path, description = "The office hours"),
        ("If-Match" = String, Header, description = "The revision that was read"),
    ),
    responses((status = 200, description = "They are gone; the data is null", body = Envelope<KnownHours>))
)]
async fn remove(desk: Desk) -> Said {
    let name = desk.path_name(HoursName::parse)?;
    desk.about(&name);
    let seen = desk.if_match()?;
    only_own(&desk, &name).await?;
    let edit = Edit::RemoveHours(name.clone());
    let now = |catalogue: &Catalogue| json!(known(&desk, catalogue, &name));
    administer(&desk, &edit, Some(seen), Mode::Make, None, now).await?;
    Ok(Answer::data(&Value::Null))
}

/// Which days to look at.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct HoursAhead {
    /// Office hours as they are written; in its place may stand `name`.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// Office hours that stand.
    #[schema(max_length = 255)]
    name: Option<String>,
    /// The first day, `YYYY-MM-DD`.
    #[schema(max_length = 10)]
    from: String,
    /// How many days, 1 to 62. Absent: 7.
    days: Option<u32>,
}

/// Office hours day by day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DaysAhead {
    /// The zone.
    zone: String,
    /// Day by day.
    days: Vec<DayAhead>,
}

/// One day of office hours.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayAhead {
    /// The date.
    date: String,
    /// When the office is open; an opening that goes on is cut at midnight.
    openings: Vec<OpeningAhead>,
    /// The clock's change on that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeAhead>,
    /// The special day that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    special: Option<String>,
}

/// An opening.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpeningAhead {
    /// In UTC.
    #[schema(format = DateTime)]
    start: String,
    /// In UTC.
    #[schema(format = DateTime)]
    end: String,
    /// In the zone.
    #[schema(format = DateTime)]
    local_start: String,
    /// In the zone.
    #[schema(format = DateTime)]
    local_end: String,
}

/// A change of the clock.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeAhead {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The offset before.
    #[schema(example = "-05:00")]
    before: String,
    /// The offset after.
    #[schema(example = "-04:00")]
    after: String,
    /// `gap`: an hour is missing. `overlap`: one comes twice.
    kind: &'static str,
}

impl From<Shift> for ChangeAhead {
    fn from(shift: Shift) -> Self {
        let offset = |secs: i64| {
            let sign = if secs < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", secs.abs() / 3600, secs.abs() % 3600 / 60)
        };
        Self {
            at: format_utc(shift.at),
            before: offset(shift.before_secs),
            after: offset(shift.after_secs),
            kind: if shift.after_secs > shift.before_secs { "gap" } else { "overlap" },
        }
    }
}

/// What office hours mean, day by day.
#[utoipa::path(
    post, path = "/ges/api/v1/office-hours/preview", operation_id = "previewOfficeHours", tag = "services",
    request_body = HoursAhead,
    responses((status = 200, description = "The days", body = Envelope<DaysAhead>))
)]
async fn preview(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let given = fields.take("document", rules::object);
    let name = fields.take("name", rules::name(HoursName::parse));
    let from = fields.need("from", rules::parsed(str::parse::<Date>));
    let days = fields.take("days", rules::whole(1..=MOST_DAYS)).unwrap_or(7);
    if given.is_none() && name.is_none() && fields.fit() {
        fields.complain("document", Wrong::new("is missing, and so is name"));
    }
    let from = fields.finish(from)?;
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let hours = match (given, name) {
        (Some(given), name) => {
            let nameless = || HoursName::parse("preview").expect("the name is short and printable");
            document(&name.unwrap_or_else(nameless), given)?
        }
        (None, Some(name)) => stock.catalogue.hours.get(&name).cloned().ok_or_else(nothing)?,
        (None, None) => return Err(nothing()),
    };
    let zone = hours.zone();
    let days = hours.days(from, days).into_iter().map(|day| DayAhead {
        date: day.date.to_string(),
        openings: day
            .openings
            .iter()
            .map(|opening| OpeningAhead {
                start: format_utc(opening.start),
                end: format_utc(opening.end),
                local_start: zone.format_local(opening.start),
                local_end: zone.format_local(opening.end),
            })
            .collect(),
        change: day.shift.map(ChangeAhead::from),
        special: day.special,
    });
    Ok(Answer::data(&DaysAhead { zone: zone.name().to_owned(), days: days.collect() }))
}
