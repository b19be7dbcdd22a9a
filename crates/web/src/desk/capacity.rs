//! Capacity rules: how many callbacks a slot may hold, over the week and on dates that differ.

use std::collections::BTreeMap;

use ges_app::Administered;
use ges_domain::access::Permission as P;
use ges_domain::capacity::{CapacityError, Plan, Shorthand, SlotLength};
use ges_domain::catalogue::{Catalogue, Edit, Named, RuleEdit, Rules};
use ges_domain::id::RecordId;
use serde::Serialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::rulebook::{self, Assignments, Rulebook};
use super::rules::{Assignment, EffectDocument, assignments, queues_of};
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/capacity-rules";
const ONE: &str = "/ges/api/v1/capacity-rules/{id}";
const ASSIGNMENTS: &str = "/ges/api/v1/capacity-rules/assignments";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, Guard::May(P::ViewCapacity)),
    Operation::write(Verb::Post, ALL, Guard::May(P::EditCapacity), "capacity.add")
        .also(&[404, 409]),
    Operation::write(Verb::Put, ONE, Guard::May(P::EditCapacity), "capacity.edit")
        .also(&[404, 409]),
    Operation::write(Verb::Delete, ONE, Guard::May(P::EditCapacity), "capacity.remove")
        .also(&[404, 409]),
    Operation::write(Verb::Put, ASSIGNMENTS, Guard::May(P::EditCapacity), "capacity.assign")
        .also(&[404, 409]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(list).post(add).mount();
    doors.at(ASSIGNMENTS).put(assign).mount();
    doors.at(ONE).put(edit).delete(remove).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, add, edit, remove, assign))]
struct Described;

/// A capacity rule as people write it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleDocument {
    /// The name that people see.
    #[schema(max_length = 255)]
    name: String,
    /// The length of a slot: 5, 10, 15, 20, 30 or 60.
    slot_minutes: u8,
    /// Places by day and time: days as `mon`, `mon-fri`, `1` or `_capacity_1`; a value holds until the next time.
    #[schema(value_type = Object, example = json!({"mon-fri": {"0900": 3, "1200": 0}}))]
    week: Shorthand,
    /// Places on dates that differ from the week.
    #[schema(value_type = Object, required = false, example = json!({"2026-12-24": {"0900": 1, "1200": 0}}))]
    exceptions: Shorthand,
}

/// A capacity rule as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownRule {
    /// Its id.
    id: Uuid,
    #[serde(flatten)]
    rule: RuleDocument,
    /// The queues that use it.
    queues: Vec<String>,
    /// What to send in `If-Match`.
    revision: u64,
}

/// The capacity rules of a contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownRules {
    /// The rules.
    rules: Vec<KnownRule>,
    /// The queues, with the rules that they use.
    queues: Vec<Assignment>,
    /// What to send in `If-Match` with a new rule or with assignments.
    revision: u64,
}

/// A rule after an edit, and what the edit does to bookings.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditedRule {
    /// The rule; absent where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<KnownRule>,
    /// The revision that stands, or would stand.
    revision: u64,
    /// What the edit does to bookings, or would do.
    effect: EffectDocument,
}

pub(super) fn document(name: &str, plan: &Plan) -> RuleDocument {
    let date = |key: &String| key.starts_with(|c: char| c.is_ascii_digit());
    let (exceptions, days): (Shorthand, Shorthand) =
        plan.shorthand().into_iter().partition(|(key, _)| date(key));
    // One key for each day, so that a calendar is filled without reading lists of days.
    let mut week = Shorthand::new();
    for (keys, steps) in days {
        for day in each_day(&keys) {
            week.insert(day.to_owned(), steps.clone());
        }
    }
    let slot_minutes = plan.slot_length().minutes();
    RuleDocument { name: name.to_owned(), slot_minutes, week, exceptions }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The days of a key such as `mon-wed,sat`, as plans print them.
fn each_day(keys: &str) -> Vec<&'static str> {
    let at = |name: &str| DAYS.iter().position(|day| *day == name).unwrap_or(0);
    let days = keys.split(',').flat_map(|part| match part.split_once('-') {
        Some((from, to)) => &DAYS[at(from)..=at(to)],
        None => &DAYS[at(part)..=at(part)],
    });
    days.copied().collect()
}

pub(super) fn wrong(error: &CapacityError) -> Wrong {
    Wrong::new(format!("does not hold together: {error}"))
}

pub(super) fn length(given: Given<'_>) -> Result<SlotLength, Wrong> {
    let minutes = rules::whole(1..=60_u32)(given)?;
    SlotLength::parse(minutes).map_err(|error| Wrong::new(format!("is no length: {error}")))
}

/// Most keys of a short-hand: the days, and every date that may differ.
const KEYS: usize = 1100;

pub(super) fn shorthand(given: Given<'_>) -> Result<Shorthand, Wrong> {
    let days = rules::object(given)?;
    if days.len() > KEYS {
        return Err(Wrong::new(format!("has more than {KEYS} days")));
    }
    let steps = |(day, steps): (&String, &Value)| {
        let place = |wrong: Wrong| Wrong::new(format!("has a day `{day:.40}` that {}", wrong.what));
        let object = rules::object(Given::Json(steps)).map_err(place)?;
        let step = |(time, places): (&String, &Value)| {
            let places = rules::whole(0..=ges_domain::capacity::MAX_PLACES)(Given::Json(places));
            let at = |wrong: Wrong| {
                Wrong::new(format!("has a value at {day:.40} {time:.8} that {}", wrong.what))
            };
            Ok((time.clone(), places.map_err(at)?))
        };
        let steps = object.iter().map(step).collect::<Result<BTreeMap<_, _>, Wrong>>()?;
        Ok((day.clone(), steps))
    };
    days.iter().map(steps).collect()
}

/// A rule from its fields; the error of a plan is told of the part that it is in.
pub(super) fn rule(fields: &mut Fields<'_>) -> Option<Named<Plan>> {
    let name = fields.need("name", rules::owned(255));
    let plan = plan(fields);
    Some(Named { name: name?, rule: plan? })
}

pub(super) fn plan(fields: &mut Fields<'_>) -> Option<Plan> {
    let length = fields.need("slotMinutes", length);
    let week = fields.need("week", shorthand);
    let exceptions = fields.take("exceptions", shorthand).unwrap_or_default();
    let (length, week) = length.zip(week)?;
    let read = |part: &Shorthand| Plan::from_shorthand(length, part);
    if let Err(error) = read(&week) {
        fields.complain("week", wrong(&error));
        return None;
    }
    let both: Shorthand = week.into_iter().chain(exceptions).collect();
    match read(&both) {
        Ok(plan) => Some(plan),
        Err(error) => {
            fields.complain("exceptions", wrong(&error));
            None
        }
    }
}

/// Capacity rules.
struct Capacity;

impl Rulebook for Capacity {
    type Rule = Plan;
    type Known = KnownRule;
    type All = KnownRules;
    type Edited = EditedRule;

    fn of(catalogue: &Catalogue) -> &Rules<Self::Rule> {
        &catalogue.capacity
    }

    fn edit(edit: RuleEdit<Self::Rule>) -> Edit {
        Edit::Capacity(edit)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Named<Self::Rule>> {
        rule(fields)
    }

    fn known(desk: &Desk, catalogue: &Catalogue, id: RecordId) -> Option<Self::Known> {
        let named = Self::of(catalogue).by_id.get(&id)?;
        Some(KnownRule {
            id: id.uuid(),
            rule: document(&named.name, &named.rule),
            queues: queues_of(desk, Self::of(catalogue), id),
            revision: catalogue.rule_revision(id).number(),
        })
    }

    fn all(desk: &Desk, catalogue: &Catalogue) -> Self::All {
        let ids = Self::of(catalogue).by_id.keys();
        KnownRules {
            rules: ids.filter_map(|id| Self::known(desk, catalogue, *id)).collect(),
            queues: assignments(desk, catalogue, Self::of(catalogue)),
            revision: catalogue.revision.number(),
        }
    }

    fn edited(rule: Option<Self::Known>, done: &Administered) -> Self::Edited {
        EditedRule {
            rule,
            revision: done.catalogue.revision.number(),
            effect: (&done.effect).into(),
        }
    }
}

/// The capacity rules, and which queues use them.
#[utoipa::path(
    get, path = "/ges/api/v1/capacity-rules", operation_id = "listCapacityRules", tag = "rules",
    responses((status = 200, description = "The rules", body = Envelope<KnownRules>))
)]
async fn list(desk: Desk) -> Said {
    rulebook::list::<Capacity>(desk).await
}

/// Adds a rule that no queue uses yet.
#[utoipa::path(
    post, path = "/ges/api/v1/capacity-rules", operation_id = "addCapacityRule", tag = "rules",
    params(
        ("If-Match" = String, Header, description = "The revision of the rules that were read"),
        ("dryRun" = Option<bool>, Query, description = "Only tell what it would do"),
    ),
    request_body = RuleDocument,
    responses((status = 200, description = "The rule", body = Envelope<EditedRule>))
)]
async fn add(desk: Desk) -> Said {
    rulebook::add::<Capacity>(desk).await
}

/// Replaces a rule.
#[utoipa::path(
    put, path = "/ges/api/v1/capacity-rules/{id}", operation_id = "editCapacityRule", tag = "rules",
    params(
        ("id" = Uuid, Path, description = "The rule"),
        ("If-Match" = String, Header, description = "The revision of the rule that was read"),
        ("dryRun" = Option<bool>, Query, description = "Only tell what it would do"),
    ),
    request_body = RuleDocument,
    responses((status = 200, description = "The rule", body = Envelope<EditedRule>))
)]
async fn edit(desk: Desk) -> Said {
    rulebook::replace::<Capacity>(desk).await
}

/// Removes a rule; while queues use it, only with `unassign=true`.
#[utoipa::path(
    delete, path = "/ges/api/v1/capacity-rules/{id}", operation_id = "removeCapacityRule", tag = "rules",
    params(
        ("id" = Uuid, Path, description = "The rule"),
        ("If-Match" = String, Header, description = "The revision of the rule that was read"),
        ("unassign" = Option<bool>, Query, description = "Its queues have no rule any more"),
        ("dryRun" = Option<bool>, Query, description = "Only tell what it would do"),
    ),
    responses((status = 200, description = "It is gone", body = Envelope<EditedRule>))
)]
async fn remove(desk: Desk) -> Said {
    rulebook::remove::<Capacity>(desk).await
}

/// Gives queues their rules; queues that are not named keep theirs.
#[utoipa::path(
    put, path = "/ges/api/v1/capacity-rules/assignments", operation_id = "assignCapacityRules", tag = "rules",
    params(
        ("If-Match" = String, Header, description = "The revision of the rules that were read"),
        ("dryRun" = Option<bool>, Query, description = "Only tell what it would do"),
    ),
    request_body = Assignments,
    responses((status = 200, description = "What it does to bookings", body = Envelope<EditedRule>))
)]
async fn assign(desk: Desk) -> Said {
    rulebook::assign::<Capacity>(desk).await
}
