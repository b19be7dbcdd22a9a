//! Rules of numbers: which countries may be called, and which numbers may not; with a box to try them in.

use ges_app::Administered;
use ges_domain::access::Permission as P;
use ges_domain::catalogue::{Catalogue, Edit, Named, RuleEdit, Rules};
use ges_domain::id::RecordId;
use ges_domain::name::QueueName;
use ges_domain::numbers::{Pattern, Rule, Verdict};
use ges_domain::phone::{Country, PhoneNumber};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::rulebook::{self, Assignments, Rulebook};
use super::rules::{Assignment, assignments, queues_of};
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/number-rules";
const ONE: &str = "/ges/api/v1/number-rules/{id}";
const ASSIGNMENTS: &str = "/ges/api/v1/number-rules/assignments";
const TEST: &str = "/ges/api/v1/number-rules/test";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, Guard::May(P::ViewNumberRules)),
    Operation::write(Verb::Post, ALL, Guard::May(P::EditNumberRules), "numbers.add")
        .also(&[404, 409]),
    Operation::write(Verb::Put, ONE, Guard::May(P::EditNumberRules), "numbers.edit")
        .also(&[404, 409]),
    Operation::write(Verb::Delete, ONE, Guard::May(P::EditNumberRules), "numbers.remove")
        .also(&[404, 409]),
    Operation::write(Verb::Put, ASSIGNMENTS, Guard::May(P::EditNumberRules), "numbers.assign")
        .also(&[404, 409]),
    Operation::read(Verb::Post, TEST, Guard::May(P::ViewNumberRules)).also(&[404]),
];

/// Most countries of a rule: more than there are.
const COUNTRIES: usize = 300;
/// Most patterns of a rule.
const PATTERNS: usize = 200;

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(list).post(add).mount();
    doors.at(ASSIGNMENTS).put(assign).mount();
    doors.at(TEST).post(test).mount();
    doors.at(ONE).put(edit).delete(remove).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, add, edit, remove, assign, test))]
struct Described;

/// A rule of numbers as people write it.
#[derive(Serialize, ToSchema)]
pub(crate) struct NumberRule {
    /// The name that people see.
    #[schema(max_length = 255)]
    name: String,
    /// The countries that may be called, by their two letters; at least one.
    #[schema(max_items = 300, example = json!(["US", "CA"]))]
    countries: Vec<String>,
    /// Numbers that may not: `+1900*` with `?` for one digit and `*` for any, or `/an expression/`.
    #[schema(max_items = 200, required = false, example = json!(["+1900*"]))]
    blocked: Vec<String>,
}

/// A rule of numbers as it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownNumberRule {
    /// Its id.
    id: Uuid,
    #[serde(flatten)]
    rule: NumberRule,
    /// The queues that use it.
    queues: Vec<String>,
    /// What to send in `If-Match`.
    revision: u64,
}

/// The rules of numbers of a contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownNumberRules {
    /// The rules.
    rules: Vec<KnownNumberRule>,
    /// The queues, with the rules that they use.
    queues: Vec<Assignment>,
    /// What to send in `If-Match` with a new rule or with assignments.
    revision: u64,
}

/// A rule after an edit.
#[derive(Serialize, ToSchema)]
pub(crate) struct EditedNumberRule {
    /// The rule; absent where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<KnownNumberRule>,
    /// The revision that stands.
    revision: u64,
}

fn each<'a, T, E: std::fmt::Display>(
    most: usize,
    parse: impl Fn(&str) -> Result<T, E>,
) -> impl FnOnce(Given<'a>) -> Result<Vec<T>, Wrong> {
    move |given| {
        let read = |item: &'a serde_json::Value| {
            let text = rules::text(256)(Given::Json(item))
                .map_err(|wrong| Wrong::new(format!("holds one that {}", wrong.what)))?;
            parse(text).map_err(|error| Wrong::new(format!("holds `{text:.64}`, which {error}")))
        };
        rules::list(most)(given)?.iter().map(read).collect()
    }
}

fn body_of(fields: &mut Fields<'_>) -> Option<Rule> {
    let countries = fields.need("countries", each(COUNTRIES, Country::parse));
    let blocked = fields.take("blocked", each(PATTERNS, Pattern::parse)).unwrap_or_default();
    match Rule::new(countries?, blocked) {
        Ok(rule) => Some(rule),
        Err(error) => {
            fields.complain("countries", Wrong::new(error.to_string()));
            None
        }
    }
}

/// Rules of numbers.
struct Numbers;

impl Rulebook for Numbers {
    type Rule = Rule;
    type Known = KnownNumberRule;
    type All = KnownNumberRules;
    type Edited = EditedNumberRule;

    fn of(catalogue: &Catalogue) -> &Rules<Self::Rule> {
        &catalogue.numbers
    }

    fn edit(edit: RuleEdit<Self::Rule>) -> Edit {
        Edit::Numbers(edit)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Named<Self::Rule>> {
        let name = fields.need("name", rules::owned(255));
        let rule = body_of(fields);
        Some(Named { name: name?, rule: rule? })
    }

    fn known(desk: &Desk, catalogue: &Catalogue, id: RecordId) -> Option<Self::Known> {
        let named = Self::of(catalogue).by_id.get(&id)?;
        Some(KnownNumberRule {
            id: id.uuid(),
            rule: NumberRule {
                name: named.name.clone(),
                countries: named.rule.countries().map(String::from).collect(),
                blocked: named.rule.blocked().iter().map(|one| one.as_str().to_owned()).collect(),
            },
            queues: queues_of(desk, Self::of(catalogue), id),
            revision: catalogue.rule_revision(id).number(),
        })
    }

    fn all(desk: &Desk, catalogue: &Catalogue) -> Self::All {
        let ids = Self::of(catalogue).by_id.keys();
        KnownNumberRules {
            rules: ids.filter_map(|id| Self::known(desk, catalogue, *id)).collect(),
            queues: assignments(desk, catalogue, Self::of(catalogue)),
            revision: catalogue.revision.number(),
        }
    }

    fn edited(rule: Option<Self::Known>, done: &Administered) -> Self::Edited {
        EditedNumberRule { rule, revision: done.catalogue.revision.number() }
    }
}

/// The rules of numbers, and which queues use them.
#[utoipa::path(
    get, path = "/ges/api/v1/number-rules", operation_id = "listNumberRules", tag = "rules",
    responses((status = 200, description = "The rules", body = Envelope<KnownNumberRules>))
)]
async fn list(desk: Desk) -> Said {
    rulebook::list::<Numbers>(desk).await
}

/// Adds a rule that no queue uses yet.
#[utoipa::path(
    post, path = "/ges/api/v1/number-rules", operation_id = "addNumberRule", tag = "rules",
    params(("If-Match" = String, Header, description = "The revision of the rules that were read")),
    request_body = NumberRule,
    responses((status = 200, description = "The rule", body = Envelope<EditedNumberRule>))
)]
async fn add(desk: Desk) -> Said {
    rulebook::add::<Numbers>(desk).await
}

/// Replaces a rule.
#[utoipa::path(
    put, path = "/ges/api/v1/number-rules/{id}", operation_id = "editNumberRule", tag = "rules",
    params(
        ("id" = Uuid, Path, description = "The rule"),
        ("If-Match" = String, Header, description = "The revision of the rule that was read"),
    ),
    request_body = NumberRule,
    responses((status = 200, description = "The rule", body = Envelope<EditedNumberRule>))
)]
async fn edit(desk: Desk) -> Said {
    rulebook::replace::<Numbers>(desk).await
}

/// Removes a rule; while queues use it, only with `unassign=true`.
#[utoipa::path(
    delete, path = "/ges/api/v1/number-rules/{id}", operation_id = "removeNumberRule", tag = "rules",
    params(
        ("id" = Uuid, Path, description = "The rule"),
        ("If-Match" = String, Header, description = "The revision of the rule that was read"),
        ("unassign" = Option<bool>, Query, description = "Its queues have no rule any more"),
    ),
    responses((status = 200, description = "It is gone", body = Envelope<EditedNumberRule>))
)]
async fn remove(desk: Desk) -> Said {
    rulebook::remove::<Numbers>(desk).await
}

/// Gives queues their rules; queues that are not named keep theirs.
#[utoipa::path(
    put, path = "/ges/api/v1/number-rules/assignments", operation_id = "assignNumberRules", tag = "rules",
    params(("If-Match" = String, Header, description = "The revision of the rules that were read")),
    request_body = Assignments,
    responses((status = 200, description = "The revision that stands", body = Envelope<EditedNumberRule>))
)]
async fn assign(desk: Desk) -> Said {
    rulebook::assign::<Numbers>(desk).await
}

/// A number to be tried on a rule.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Trial {
    /// The rule as it is written; in its place may stand `ruleId` or `queue`, and without any nothing is blocked but premium
    /// numbers.
    rule: Option<NumberRule>,
    /// A rule that stands.
    rule_id: Option<Uuid>,
    /// The queue whose rule is tried.
    #[schema(max_length = 255)]
    queue: Option<String>,
    /// The number as a customer types it.
    #[schema(max_length = 64)]
    number: String,
    /// The country of a number without one. Absent: `US`.
    #[schema(max_length = 2)]
    default_country: Option<String>,
}

/// What a rule says of a number.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tried {
    /// `permitted`, `blocked`, `country`, `impossible` or `premium`.
    verdict: &'static str,
    /// The number as it would be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    e164: Option<String>,
    /// Its country, where one owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    /// The pattern that blocks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

/// Tries a number on a rule; nothing is kept.
#[utoipa::path(
    post, path = "/ges/api/v1/number-rules/test", operation_id = "testNumberRule", tag = "rules",
    request_body = Trial,
    responses((status = 200, description = "What the rule says", body = Envelope<Tried>))
)]
async fn test(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    // A rule that is tried needs no name yet.
    let given = fields.object("rule", |rule| {
        rule.take("name", rules::owned(255));
        body_of(rule)
    });
    let id: Option<Uuid> = fields.take("ruleId", rules::uuid);
    let queue = fields.take("queue", rules::name(QueueName::parse));
    let number = fields.need("number", rules::text(64));
    let home = fields.take("defaultCountry", rules::parsed(Country::parse)).unwrap_or(Country::US);
    let number = fields.finish(number)?;
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let catalogue = &stock.catalogue;
    let by_queue = match &queue {
        Some(queue) if !desk.sees(queue) || catalogue.services_of(queue).next().is_none() => {
            return Err(Problem::unknown_name("queue", queue.as_str(), None));
        }
        Some(queue) => catalogue.numbers.of(queue),
        None => None,
    };
    let by_id = id.map(|id| {
        let named = catalogue.numbers.by_id.get(&RecordId::new(id));
        named.ok_or_else(|| Problem::new(Code::NothingHere, "there is no rule ruleId"))
    });
    let by_id = by_id.transpose()?.map(|named| &named.rule);
    let rule = given.as_ref().or(by_id).or(by_queue);
    Ok(Answer::data(&tried(number, home, rule)))
}

fn tried(number: &str, home: Country, rule: Option<&Rule>) -> Tried {
    let Ok(phone) = PhoneNumber::parse(number, home) else {
        return Tried { verdict: "impossible", e164: None, country: None, pattern: None };
    };
    let (verdict, pattern) = if phone.premium_rate() {
        ("premium", None)
    } else {
        match rule.map_or(Verdict::Permitted, |rule| rule.judge(&phone)) {
            Verdict::Permitted => ("permitted", None),
            Verdict::Country(_) => ("country", None),
            Verdict::Blocked(pattern) => ("blocked", Some(pattern.as_str().to_owned())),
        }
    };
    Tried {
        verdict,
        e164: Some(phone.e164().to_owned()),
        country: phone.country().map(String::from),
        pattern,
    }
}
