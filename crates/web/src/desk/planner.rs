//! The planner at the desk: how many callbacks each slot of a day may hold so that a promise is kept.

use ges_domain::access::Permission as P;
use ges_domain::capacity::{self, Plan, Shorthand, SlotLength};
use ges_domain::name::QueueName;
use ges_domain::planner::{Part, Planned, Question, plan};
use ges_domain::time::{Date, Zone, format_utc};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::capacity::length;
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const PLANNER: &str = "/ges/api/v1/planner";

const OPERATIONS: &[Operation] =
    &[Operation::read(Verb::Post, PLANNER, Guard::May(P::ViewCapacity))];

/// Parts of a day at the most.
const PARTS: usize = 288;
/// How the figures come about.
const METHOD: &str = "Erlang-A, slot by slot, with callbacks that do not hang up and are submitted ahead by the mean wait";

fn open(doors: &mut Doors<'_>) {
    doors.at(PLANNER).post(planned).mount();
}

#[derive(OpenApi)]
#[openapi(paths(planned))]
struct Described;

/// What is known of a day.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct DayToPlan {
    /// The queue, whose office hours and rule are taken.
    #[schema(max_length = 255)]
    queue: String,
    /// The day, `YYYY-MM-DD`.
    #[schema(max_length = 10)]
    date: String,
    /// The length of a slot: 5, 10, 15, 20, 30 or 60. Absent: that of the rule that holds now.
    slot_minutes: Option<u8>,
    /// Agents at work; nobody outside of the parts.
    #[schema(max_items = 288)]
    staffing: Vec<Staffing>,
    /// Calls that come in, without callbacks; none outside of the parts.
    #[schema(max_items = 288)]
    calls_per_hour: Vec<CallLoad>,
    /// How long a call keeps its agent, in seconds, 1 to 36 000.
    handling_seconds: f64,
    /// How long callers wait before they hang up, on the mean, in seconds, 1 to 36 000. Absent: 300.
    patience_seconds: Option<f64>,
    /// Nine in ten callbacks are to be made at most this much after their time, in seconds, 0 to 36 000.
    wanted_p90_seconds: f64,
}

/// Agents in a part of the day.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Staffing {
    /// `HH:MM`.
    #[schema(max_length = 5)]
    from: String,
    /// `HH:MM`, or `24:00`.
    #[schema(max_length = 5)]
    to: String,
    /// Agents at work.
    agents: u32,
}

/// Calls in a part of the day.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct CallLoad {
    /// `HH:MM`.
    #[schema(max_length = 5)]
    from: String,
    /// `HH:MM`, or `24:00`.
    #[schema(max_length = 5)]
    to: String,
    /// Calls in an hour.
    calls: f64,
}

/// A plan of a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanOfDay {
    /// The zone of the office hours.
    zone: String,
    /// In time order.
    slots: Vec<PlannedSlot>,
    /// The same in the short-hand of capacity rules, for the day's weekday.
    #[schema(value_type = Object, example = json!({"thu": {"0900": 3, "1200": 0}}))]
    week: Shorthand,
    /// How the figures come about.
    method: &'static str,
}

/// A slot as it is planned.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedSlot {
    /// Where it starts, in UTC.
    #[schema(format = DateTime)]
    start: String,
    /// Where it starts, in the zone.
    #[schema(format = DateTime)]
    local_start: String,
    /// Agents at work in all of it.
    agents: u32,
    /// The work that comes in with the callbacks, in agents that it keeps busy.
    offered: f64,
    /// The share of the agents' time that it takes, 0 to 1.
    utilisation: f64,
    /// The most callbacks with which the promise holds.
    capacity: u32,
    /// The places it has by the rule that holds now.
    current: u32,
    /// How long after its time nine in ten callbacks are made then; absent where nobody is at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    p90_secs: Option<f64>,
}

fn minute(given: Given<'_>) -> Result<u16, Wrong> {
    let odd = || Wrong::new("is not a time of day such as 09:00");
    let text = rules::text(5)(given)?;
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5).ok_or_else(odd)?;
    let digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
    let number = |part: &str| part.parse::<u16>().ok().filter(|_| digits(part));
    let at = number(hour).zip(number(minute)).filter(|(_, minute)| *minute < 60);
    let at = at.map(|(hour, minute)| hour * 60 + minute).filter(|at| *at <= 1440);
    at.ok_or_else(odd)
}

fn number(given: Given<'_>, least: f64, most: f64) -> Result<f64, Wrong> {
    let number = match given {
        Given::Json(value) => value.as_f64(),
        Given::Text(_) => None,
    };
    let number = number.ok_or_else(|| Wrong::new("is not a number"))?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(Wrong::new(format!("is not between {least} and {most}")))
    }
}

fn part<'a, T>(
    fields: &mut Fields<'a>,
    name: &str,
    rule: impl FnOnce(Given<'a>) -> Result<T, Wrong>,
) -> Option<Part<T>> {
    let from = fields.need("from", minute);
    let until = fields.need("to", minute);
    let figure = fields.need(name, rule);
    let (from, until) = from.zip(until)?;
    if from >= until {
        fields.complain("to", Wrong::new("is not after from"));
        return None;
    }
    Some(Part { from, until, figure: figure? })
}

/// The question of a body, but for its queue.
fn question(fields: &mut Fields<'_>, usual: SlotLength) -> Option<Question> {
    for list in ["staffing", "callsPerHour"] {
        if !fields.has(list) {
            fields.complain(list, Wrong::new("is missing"));
        }
    }
    let date = fields.need("date", rules::parsed(str::parse::<Date>));
    let slot_length = fields.take("slotMinutes", length).unwrap_or(usual);
    let agents =
        fields.each("staffing", PARTS, |one| part(one, "agents", rules::whole(0..=100_000_u32)));
    let calls_per_hour = fields
        .each("callsPerHour", PARTS, |one| part(one, "calls", |given| number(given, 0.0, 1e6)));
    let handling = fields.need("handlingSeconds", |given| number(given, 1.0, 36_000.0));
    let patience = fields.take("patienceSeconds", |given| number(given, 1.0, 36_000.0));
    let wanted = fields.need("wantedP90Seconds", |given| number(given, 0.0, 36_000.0));
    Some(Question {
        date: date?,
        slot_length,
        agents,
        calls_per_hour,
        handling_secs: handling?,
        patience_secs: patience.unwrap_or(300.0),
        wanted_secs: wanted?,
    })
}

/// How many callbacks each slot of a day may hold so that nine in ten are made soon after their time.
#[utoipa::path(
    post, path = "/ges/api/v1/planner", operation_id = "planDay", tag = "rules",
    request_body = DayToPlan,
    responses((status = 200, description = "The plan", body = Envelope<PlanOfDay>))
)]
async fn planned(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let queue = fields.need("queue", rules::name(QueueName::parse));
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let name = queue.as_ref().filter(|queue| desk.sees(queue));
    let name = name.and_then(|queue| stock.catalogue.services_of(queue).next());
    let service = name.and_then(|name| stock.service(name)).cloned();
    let usual = service.as_ref().map_or(SlotLength::HALF_HOUR, |it| it.plan.slot_length());
    let question = question(&mut fields, usual);
    let (queue, question) = fields.finish(queue.zip(question))?;
    let unknown = || Problem::unknown_name("queue", queue.as_str(), None);
    let service = service.ok_or_else(unknown)?;
    // Slots of large centres take their time to plan; other requests of the worker need not wait for it.
    let asked = question.clone();
    let (hours, current) = (service.hours.clone(), service.plan.clone());
    let answer = actix_web::web::block(move || plan(&hours, &current, &asked)).await;
    let answer = answer.map_err(|_stopping| Problem::internal())?.map_err(|error| {
        Problem::new(Code::FieldInvalid, format!("slotMinutes does not hold together: {error}"))
    })?;
    let zone = service.hours.zone();
    Ok(Answer::data(&PlanOfDay {
        zone: zone.name().to_owned(),
        slots: answer.slots.iter().map(|slot| told(slot, zone)).collect(),
        week: week(&question, &answer.day),
        method: METHOD,
    }))
}

fn told(planned: &Planned, zone: &Zone) -> PlannedSlot {
    let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
    PlannedSlot {
        start: format_utc(planned.slot.start),
        local_start: zone.format_local(planned.slot.start),
        agents: planned.agents,
        offered: rounded(planned.offered),
        utilisation: rounded(planned.utilisation),
        capacity: planned.capacity,
        current: planned.slot.total,
        p90_secs: planned.p90_secs.map(rounded),
    }
}

/// The day's places under its weekday.
fn week(question: &Question, day: &capacity::Day) -> Shorthand {
    let at = question.date.weekday().to_monday_zero_offset();
    let mut week: [capacity::Day; 7] = std::array::from_fn(|_| capacity::Day::default());
    if let Some(of_day) = usize::try_from(at).ok().and_then(|at| week.get_mut(at)) {
        *of_day = day.clone();
    }
    let plan = Plan::new(question.slot_length, week, std::collections::BTreeMap::new());
    plan.map(|plan| plan.shorthand()).unwrap_or_default()
}
