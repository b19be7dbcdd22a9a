//! Would this booking be made, and why not: the same rules as a booking's, told step by step.

use std::collections::BTreeMap;

use ges_app::{Checked, Enquiry};
use ges_domain::access::Permission as P;
use ges_domain::booking::{Outcome, Step};
use ges_domain::callback::Kind;
use ges_domain::name::ServiceName;
use ges_domain::refusal::Refusal;
use ges_domain::time::format_utc;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

use super::changes::desired_time;
use super::rows::kind_word;
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, rules};
use crate::problem::Problem;
use crate::routes::create::{MOST_TARGETS, WirePushTarget, push_target};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const CHECK: &str = "/ges/api/v1/callbacks/check";

const OPERATIONS: &[Operation] =
    &[Operation::read(Verb::Post, CHECK, Guard::OneOf(&[P::UseTools, P::CreateCallbacks]))];

fn open(doors: &mut Doors<'_>) {
    doors.at(CHECK).post(check).mount();
}

#[derive(OpenApi)]
#[openapi(paths(check))]
struct Described;

/// A booking that is asked about.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct BookingToCheck {
    /// The callback service.
    #[schema(max_length = 255, example = "CB_Sales")]
    service_name: String,
    /// Whom to call; without a `+` it belongs to the service's default country.
    #[schema(max_length = 64, example = "+14155550123")]
    phone_number: String,
    /// When to call: ISO 8601 with `Z` or an offset, or civil with `timezone`; absent is as soon as possible.
    #[schema(example = "2026-01-06T15:00:00Z")]
    desired_time: Option<String>,
    /// The zone of a civil `desiredTime`.
    timezone: Option<String>,
    /// As in the public API's booking.
    always_check_capacity: Option<bool>,
    /// As in the public API's booking; a service that calls nobody needs one.
    #[schema(max_items = 10)]
    push_targets: Option<Vec<WirePushTarget>>,
}

/// What would become of a booking.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// Whether it would be made.
    accepted: bool,
    /// What came of each step, in this order: `service`, `kind`, `number`, `numberRule`, `time`, `hours`, `duplicates`,
    /// `throttle`, `capacity`.
    steps: Vec<StepRow>,
    /// Free slots near the desired time by their start, with the places left; where another time would help.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({"2026-01-06T15:30:00.000Z": 4}))]
    slots: BTreeMap<String, u32>,
}

/// What came of a step.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepRow {
    /// Which one.
    #[schema(example = "hours")]
    step: &'static str,
    /// `passed`; `refused`, at one step at the most; `skipped`: not looked at, because the booking ended before or does
    /// not need it.
    #[schema(example = "refused")]
    outcome: &'static str,
    /// The code of the refusal: that of the booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 40010)]
    code: Option<u32>,
    /// Its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What was looked at: a text or an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Value>,
}

/// Whether a customer's booking would be made now, step by step. Nothing is booked, taken or counted.
///
/// The steps are decided by the rules of a booking, and the refusal is the one that a booking would get. What a customer
/// is counted for is looked at; a captcha is not asked for. Between this answer and a booking the last place may go.
#[utoipa::path(
    post,
    path = "/ges/api/v1/callbacks/check",
    operation_id = "checkBooking",
    tag = "worklist",
    request_body = BookingToCheck,
    responses((status = 200, description = "What would become of it", body = Envelope<Verdict>))
)]
async fn check(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let service = fields.need("serviceName", rules::name(ServiceName::parse));
    let phone = fields.need("phoneNumber", rules::owned(64));
    let desired_at = desired_time(&mut fields);
    let always_check_capacity = fields.take("alwaysCheckCapacity", rules::flag).unwrap_or(false);
    let push_targets =
        fields.each("pushTargets", MOST_TARGETS, |one| push_target(one, "channel", "target"));
    let (service, phone) = fields.finish(service.zip(phone))?;
    let enquiry = Enquiry {
        service: service.clone(),
        phone,
        desired_at,
        always_check_capacity,
        push_targets,
    };
    let checked = desk.app().check(desk.person(), enquiry).await?;
    let rows = Step::ALL.into_iter().map(|step| row(&checked, step, &service));
    Ok(Answer::data(&Verdict {
        accepted: checked.check.refusal().is_none(),
        steps: rows.collect(),
        slots: checked.free.iter().map(|it| (format_utc(it.start), it.left)).collect(),
    }))
}

fn row(checked: &Checked, step: Step, service: &ServiceName) -> StepRow {
    let outcome = checked.check.outcome(step);
    let refusal = checked.check.refusal().filter(|_| outcome == Outcome::Refused);
    let problem = refusal.map(|refusal| match refusal {
        Refusal::UnknownName => Problem::unknown_name("serviceName", service.as_str(), None),
        other => Problem::from(other.clone()),
    });
    StepRow {
        step: step.as_str(),
        outcome: outcome.as_str(),
        code: problem.as_ref().map(|problem| problem.code.number()),
        detail: problem.as_ref().and_then(waiting).or_else(|| match outcome {
            Outcome::Passed | Outcome::Refused => detail(checked, step),
            Outcome::Skipped => None,
        }),
        message: problem.map(|problem| problem.message),
    }
}

/// How long to wait, of a refusal that ends by itself.
fn waiting(problem: &Problem) -> Option<Value> {
    problem.retry_after_secs.map(|secs| json!({ "retryAfterSeconds": secs }))
}

/// What was looked at.
fn detail(checked: &Checked, step: Step) -> Option<Value> {
    let (load, booking) = (checked.load.as_ref(), checked.booking.as_ref());
    match step {
        Step::Kind => Some(kind_word(checked.kind).into()),
        Step::Number => checked.phone.as_ref().map(|phone| phone.e164().into()),
        Step::Time => checked.window.map(|(earliest, latest)| {
            json!({ "earliest": format_utc(earliest), "latest": format_utc(latest) })
        }),
        Step::Duplicates => load.zip(booking?.number_limit()).map(|(load, most)| {
            json!({ "open": load.open_of_number, "most": most })
        }),
        Step::Throttle if checked.kind == Kind::Immediate => {
            let most = booking?.callback.settings.max_queued;
            load.map(|load| json!({ "waiting": load.waiting, "most": most }))
        }
        Step::Capacity => load.zip(booking?.claim).map(|(load, claim)| {
            let slot = format_utc(claim.start);
            json!({ "slot": slot, "booked": load.slot_taken, "total": claim.limit })
        }),
        Step::Service | Step::NumberRule | Step::Hours | Step::Throttle => None,
    }
}
