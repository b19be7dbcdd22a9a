//! Tools for capacity rules: read them from any spelling, change the length of their slots, look ahead, look how full.

use ges_domain::access::Permission as P;
use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::catalogue::Named;
use ges_domain::id::RecordId;
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::service::Service;
use ges_domain::time::{Date, SignedDuration, Window, Zone, format_utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::capacity::{RuleDocument, document, length, plan, rule, shorthand, wrong};
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const PARSE: &str = "/ges/api/v1/capacity-rules/parse";
const CONVERT: &str = "/ges/api/v1/capacity-rules/convert";
const PREVIEW: &str = "/ges/api/v1/capacity-rules/preview";
const LOAD: &str = "/ges/api/v1/capacity-rules/load";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Post, PARSE, Guard::May(P::ViewCapacity)),
    Operation::read(Verb::Post, CONVERT, Guard::May(P::ViewCapacity)),
    Operation::read(Verb::Post, PREVIEW, Guard::May(P::ViewCapacity)).also(&[404]),
    Operation::read(Verb::Get, LOAD, Guard::May(P::ViewCapacity)),
];

/// Most days of a look ahead.
const MOST_DAYS: u32 = 35;

fn open(doors: &mut Doors<'_>) {
    doors.at(PARSE).post(parse).mount();
    doors.at(CONVERT).post(convert).mount();
    doors.at(PREVIEW).post(preview).mount();
    doors.at(LOAD).get(load).mount();
}

#[derive(OpenApi)]
#[openapi(paths(parse, convert, preview, load))]
struct Described;

/// A rule in any of its spellings.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Spelled {
    /// JSON as it was pasted; in its place may stand `document`.
    #[schema(max_length = 60000)]
    text: Option<String>,
    /// The same as an object: days, or a whole rule.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// The length of a slot where the text names none. Absent: 30.
    slot_minutes: Option<u8>,
}

/// A rule that was read.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReadRule {
    /// The rule.
    rule: RuleDocument,
}

/// Reads a rule from any of its spellings.
#[utoipa::path(
    post, path = "/ges/api/v1/capacity-rules/parse", operation_id = "parseCapacityRule", tag = "rules",
    request_body = Spelled,
    responses((status = 200, description = "The rule", body = Envelope<ReadRule>))
)]
async fn parse(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let text = fields.take("text", pasted);
    let document_of = fields.take("document", |given| rules::object(given).cloned());
    let usual = fields.take("slotMinutes", length).unwrap_or_default();
    let spelled = text.or(document_of);
    if spelled.is_none() && fields.fit() {
        fields.complain("text", Wrong::new("is missing, and so is document"));
    }
    let spelled = fields.finish(spelled)?;
    let named = spelled_rule(&spelled, usual)?;
    Ok(Answer::data(&ReadRule { rule: document(&named.name, &named.rule) }))
}

fn pasted(given: Given<'_>) -> Result<Map<String, Value>, Wrong> {
    let Given::Json(Value::String(text)) = given else { return Err(Wrong::new("is not a text")) };
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Wrong::new("is JSON, and no object")),
        Err(error) => Err(Wrong::new(format!(
            "is not JSON: line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// A whole rule, or days alone; the older spelling nests each day once more, and has words of its own beside them.
fn spelled_rule(spelled: &Map<String, Value>, usual: SlotLength) -> Result<Named<Plan>, Problem> {
    let mut fields = Fields::of(spelled);
    let name = fields.take("name", rules::owned(255)).unwrap_or_default();
    if spelled.contains_key("week") {
        let plan = plan(&mut fields);
        return Ok(Named { name, rule: fields.finish(plan)? });
    }
    let mut days = Map::new();
    for (key, value) in spelled {
        let inner = value.as_object().filter(|inner| inner.values().all(Value::is_object));
        match inner {
            Some(inner) if key.starts_with("_capacity") => days.extend(inner.clone()),
            _ if key.starts_with('_') && !key.starts_with("_capacity_") => {}
            _ if key == "name" || key == "slotMinutes" => {}
            _ => {
                days.insert(key.clone(), value.clone());
            }
        }
    }
    let length = fields.take("slotMinutes", length).unwrap_or(usual);
    fields.finish(Some(()))?;
    let days = Value::Object(days);
    let read = shorthand(Given::Json(&days))
        .and_then(|days| Plan::from_shorthand(length, &days).map_err(|error| wrong(&error)));
    let invalid =
        |wrong: Wrong| Problem::new(Code::FieldInvalid, format!("document {}", wrong.what));
    Ok(Named { name, rule: read.map_err(invalid)? })
}

/// A rule, and another length for its slots.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct OtherLength {
    /// The rule.
    rule: RuleDocument,
    /// The length that its slots are to have: 5, 10, 15, 20, 30 or 60.
    slot_minutes: u8,
}

/// The same rule in slots of another length: each hour keeps its places.
#[utoipa::path(
    post, path = "/ges/api/v1/capacity-rules/convert", operation_id = "convertCapacityRule", tag = "rules",
    request_body = OtherLength,
    responses((status = 200, description = "The rule", body = Envelope<ReadRule>))
)]
async fn convert(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    if !fields.has("rule") {
        fields.complain("rule", Wrong::new("is missing"));
    }
    let rule = fields.object("rule", rule);
    let length = fields.need("slotMinutes", length);
    let (rule, length) = fields.finish(rule.zip(length))?;
    let plan = rule.rule.with_slot_length(length).map_err(|error| {
        Problem::new(Code::FieldInvalid, format!("slotMinutes {}", wrong(&error).what))
    })?;
    Ok(Answer::data(&ReadRule { rule: document(&rule.name, &plan) }))
}

/// A look ahead: a rule, and the days to look at.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct LookAhead {
    /// The rule; in its place may stand `ruleId`.
    rule: Option<RuleDocument>,
    /// A rule that stands.
    rule_id: Option<Uuid>,
    /// The service whose office hours and bookings are looked at.
    #[schema(max_length = 255)]
    service: String,
    /// The first day, `YYYY-MM-DD`.
    #[schema(max_length = 10)]
    from: String,
    /// How many days, 1 to 35. Absent: 7.
    days: Option<u32>,
}

/// Slots as a rule would make them.
#[derive(Serialize, ToSchema)]
pub(crate) struct SlotsAhead {
    /// The zone of the office hours.
    zone: String,
    /// In time order.
    slots: Vec<SlotAhead>,
}

/// A slot with its places.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlotAhead {
    /// Where it starts, in UTC.
    #[schema(format = DateTime)]
    start: String,
    /// Where it ends.
    #[schema(format = DateTime)]
    end: String,
    /// Where it starts, in the zone.
    #[schema(format = DateTime)]
    local_start: String,
    /// Its places.
    total: u32,
    /// Its bookings.
    booked: u32,
    /// The places it has by the rule that holds now.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<u32>,
}

/// What a rule would offer, beside what is offered now.
#[utoipa::path(
    post, path = "/ges/api/v1/capacity-rules/preview", operation_id = "previewCapacityRule", tag = "rules",
    request_body = LookAhead,
    responses((status = 200, description = "The slots", body = Envelope<SlotsAhead>))
)]
async fn preview(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let mut fields = Fields::of(&body);
    let given = fields.object("rule", rule).map(|named| named.rule);
    let id: Option<Uuid> = fields.take("ruleId", rules::uuid);
    let name = fields.need("service", rules::name(ServiceName::parse));
    let from = fields.need("from", rules::parsed(str::parse::<Date>));
    let days = fields.take("days", rules::whole(1..=MOST_DAYS)).unwrap_or(7);
    if fields.fit() && given.is_none() && id.is_none() {
        fields.complain("rule", Wrong::new("is missing, and so is ruleId"));
    }
    let (name, from) = fields.finish(name.zip(from))?;
    let standing = id.and_then(|id| stock.catalogue.capacity.by_id.get(&RecordId::new(id)));
    let plan = given.or_else(|| standing.map(|named| named.rule.clone()));
    let plan = plan.ok_or_else(|| Problem::new(Code::NothingHere, "there is no rule ruleId"))?;
    let service = seen(&desk, stock.service(&name).map(AsRef::as_ref), &name)?;
    let window = days_from(service.hours.zone(), from, days);
    let slots = desk.app().preview_capacity(service, &plan, window).await?.map_err(|error| {
        Problem::new(Code::FieldInvalid, format!("rule {}", wrong(&error).what))
    })?;
    let zone = service.hours.zone();
    let slots = slots.into_iter().map(|it| SlotAhead {
        start: format_utc(it.slot.start),
        end: format_utc(it.slot.end),
        local_start: zone.format_local(it.slot.start),
        total: it.slot.total,
        booked: it.booked,
        current: Some(it.current),
    });
    Ok(Answer::data(&SlotsAhead { zone: zone.name().to_owned(), slots: slots.collect() }))
}

/// The service, where the person may see its queue.
pub(super) fn seen<'a>(
    desk: &Desk,
    service: Option<&'a Service>,
    name: &ServiceName,
) -> Result<&'a Service, Problem> {
    let service = service.filter(|service| desk.sees(&service.settings.virtual_queue));
    service.ok_or_else(|| Problem::unknown_name("service", name.as_str(), None))
}

/// So many civil days of a zone.
pub(super) fn days_from(zone: &Zone, from: Date, days: u32) -> Window {
    let start = zone.start_of(from);
    let end = zone.days_after(start, days);
    Window::new(start, end)
        .unwrap_or_else(|_backwards| Window::lasting(start, SignedDuration::ZERO))
}

/// How full the slots of a queue are.
#[utoipa::path(
    get, path = "/ges/api/v1/capacity-rules/load", operation_id = "loadOfQueue", tag = "rules",
    params(
        ("queue" = String, Query, description = "The queue"),
        ("from" = Option<String>, Query, description = "The first day, `YYYY-MM-DD`. Absent: today"),
        ("days" = Option<u32>, Query, description = "1 to 35 days. Absent: 7"),
    ),
    responses((status = 200, description = "The slots", body = Envelope<SlotsAhead>))
)]
async fn load(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let queue = fields.need("queue", rules::name(QueueName::parse));
    let from = fields.take("from", rules::parsed(str::parse::<Date>));
    let days = fields.take("days", rules::whole(1..=MOST_DAYS)).unwrap_or(7);
    let queue = fields.finish(queue)?;
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let unknown = || Problem::unknown_name("queue", queue.as_str(), None);
    let name = stock.catalogue.services_of(&queue).next().filter(|_| desk.sees(&queue));
    let service = name.and_then(|name| stock.service(name)).ok_or_else(unknown)?;
    let zone = service.hours.zone();
    let from = from.unwrap_or_else(|| zone.civil(desk.app().now()).date());
    let loaded = desk.app().load_of(desk.tenant(), &queue, days_from(zone, from, days)).await?;
    let slots = loaded.into_iter().map(|it| SlotAhead {
        start: format_utc(it.slot.start),
        end: format_utc(it.slot.end),
        local_start: zone.format_local(it.slot.start),
        total: it.slot.total,
        booked: it.booked,
        current: None,
    });
    Ok(Answer::data(&SlotsAhead { zone: zone.name().to_owned(), slots: slots.collect() }))
}
