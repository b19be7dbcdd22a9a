//! What people do to callbacks: book one, move it, call it off, correct it, book it again.

use ges_app::{Failure, Wish};
use ges_domain::access::Permission as P;
use ges_domain::booking::{Fingerprint, Request};
use ges_domain::callback::{Callback, Details, Edit};
use ges_domain::id::{CallbackId, Revision};
use ges_domain::name::ServiceName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::HumanProof;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

use super::callbacks::{self, id};
use super::rows::Row;
use super::{Desk, Doors, Guard, Operation, Section, Verb, changed};
use crate::answer::Answer;
use crate::body::canonical;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::Problem;
use crate::routes::create::{
    MOST_TARGETS, WirePushTarget, idempotency_key, push_target, user_data,
};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const LIST: &str = "/ges/api/v1/callbacks";
const ONE: &str = "/ges/api/v1/callbacks/{id}";
const CANCEL: &str = "/ges/api/v1/callbacks/{id}/cancel";
const RESCHEDULE: &str = "/ges/api/v1/callbacks/{id}/reschedule";
const RECREATE: &str = "/ges/api/v1/callbacks/{id}/recreate";

const OPERATIONS: &[Operation] = &[
    callbacks::LISTED,
    callbacks::SHOWN,
    Operation::write(Verb::Post, LIST, Guard::May(P::CreateCallbacks), "callback.create")
        .also(&[409, 422, 429]),
    Operation::write(Verb::Patch, ONE, Guard::May(P::EditCallbacks), "callback.edit")
        .also(&[404, 409]),
    Operation::write(Verb::Post, CANCEL, Guard::May(P::CancelCallbacks), "callback.cancel")
        .also(&[404, 409]),
    Operation::write(
        Verb::Post,
        RESCHEDULE,
        Guard::May(P::RescheduleCallbacks),
        "callback.reschedule",
    )
    .also(&[404, 409, 429]),
    Operation::write(Verb::Post, RECREATE, Guard::May(P::CreateCallbacks), "callback.recreate")
        .also(&[404, 409, 429]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(LIST).get(callbacks::list).post(create).mount();
    doors.at(ONE).get(callbacks::detail).patch(edit).mount();
    doors.at(CANCEL).post(cancel).mount();
    doors.at(RESCHEDULE).post(reschedule).mount();
    doors.at(RECREATE).post(recreate).mount();
}

#[derive(OpenApi)]
#[openapi(paths(create, edit, cancel, reschedule, recreate))]
struct Described;

/// A callback to be booked.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct BookedByHand {
    /// The callback service.
    #[schema(max_length = 255, example = "CB_Sales")]
    service_name: String,
    /// Whom to call; without a `+` it belongs to the service's default country.
    #[schema(max_length = 64, example = "+14155550123")]
    phone_number: String,
    /// When to call: ISO 8601 with `Z` or an offset, or civil with `timezone`; absent is as soon as possible.
    desired_time: Option<String>,
    /// The zone of a civil `desiredTime`.
    timezone: Option<String>,
    /// The customer's own data.
    #[schema(value_type = Option<Object>)]
    user_data: Option<Value>,
    /// Where notices are pushed to.
    #[schema(max_items = 10)]
    push_targets: Option<Vec<WirePushTarget>>,
}

/// A new time.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct NewTime {
    /// ISO 8601 with `Z` or an offset.
    #[schema(format = DateTime)]
    desired_time: String,
    /// The revision that was seen; another one is refused with 40901.
    revision: Option<u64>,
}

/// Why it is called off.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct CalledOff {
    /// A remark, for its history and the audit log.
    #[schema(max_length = 500)]
    note: Option<String>,
    /// The revision that was seen; another one is refused with 40901.
    revision: Option<u64>,
}

/// What is corrected.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Correction {
    /// Another number.
    #[schema(max_length = 64)]
    phone_number: Option<String>,
    /// Other data, in place of all there was.
    #[schema(value_type = Option<Object>)]
    user_data: Option<Value>,
}

/// When to call again.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Again {
    /// ISO 8601 with `Z` or an offset; absent is as soon as possible.
    #[schema(format = DateTime)]
    desired_time: Option<String>,
}

/// Books a callback for a customer.
///
/// With an `Idempotency-Key` the same request gets the same callback, for 24 hours. It is not counted against the
/// customer's own attempts.
#[utoipa::path(
    post,
    path = "/ges/api/v1/callbacks",
    operation_id = "bookCallback",
    tag = "worklist",
    request_body = BookedByHand,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be repeated")),
    responses((status = 200, description = "The callback", body = Envelope<Row>))
)]
async fn create(mut desk: Desk) -> Said {
    let key = idempotency_key(desk.call())?;
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let service = fields.need("serviceName", rules::name(ServiceName::parse));
    let phone = fields.need("phoneNumber", rules::owned(64));
    let desired_at = desired_time(&mut fields);
    let details = Details {
        channel: Some(String::from("UI")),
        user_data: fields.take("userData", user_data).unwrap_or_default(),
        push_targets: fields
            .each("pushTargets", MOST_TARGETS, |one| push_target(one, "channel", "target")),
        ..Details::default()
    };
    let (service, phone) = fields.finish(service.zip(phone))?;
    desk.about(&service);
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let seen = stock.service(&service).filter(|it| desk.sees(&it.settings.virtual_queue));
    let home = seen.map_or(Country::US, |it| it.settings.default_country);
    let phone = PhoneNumber::parse(&phone, home).map_err(Refusal::from)?;
    let key = key.map(|key| {
        let said = format!("desk\n{service}\n{}", canonical(&body));
        (key, Fingerprint::of(said.as_bytes()))
    });
    let request = Request { phone, desired_at, always_check_capacity: false, details };
    let by = desk.actor();
    let wish = Wish { service: service.clone(), request, key, by, proof: HumanProof::default() };
    match desk.app().book_for(desk.person(), wish).await {
        Ok(callback) => done(&desk, &callback),
        // Not even a name that is nearly right is told: it may be another line of business's.
        Err(Failure::Refused(Refusal::UnknownName)) => {
            Err(Problem::unknown_name("serviceName", service.as_str(), None))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The desired time: an instant, or a civil time of the zone where one is given.
pub(super) fn desired_time(fields: &mut Fields<'_>) -> Option<Timestamp> {
    match fields.take("timezone", rules::zone) {
        Some(zone) => fields.take("desiredTime", rules::civil).map(|civil| zone.instant(civil)),
        // A zone that is no zone says nothing of how its time is written.
        None if fields.has("timezone") => None,
        None => fields.take("desiredTime", rules::instant),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every handler ends in what is said")]
fn done(desk: &Desk, callback: &Callback) -> Said {
    desk.about(&callback.id);
    Ok(Answer::data(&Row::from(callback)))
}

/// What a change came to; one that came too late is told how the callback stands.
async fn outcome(desk: &Desk, id: CallbackId, answer: Result<Callback, Failure>) -> Said {
    match answer {
        Ok(callback) => done(desk, &callback),
        Err(Failure::Refused(Refusal::Changed { .. })) => {
            let now = desk.app().seen(desk.person(), id).await?;
            Err(changed(&json!(Row::from(&now))))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn revision(fields: &mut Fields<'_>) -> Option<Revision> {
    fields
        .take("revision", rules::whole(1..=i64::MAX))
        .map(|it: i64| Revision::new(it.cast_unsigned()))
}

/// Calls a callback off that no agent handles yet; twice is once.
#[utoipa::path(
    post,
    path = "/ges/api/v1/callbacks/{id}/cancel",
    operation_id = "callOff",
    tag = "worklist",
    params(("id" = String, Path, description = "The callback's id")),
    request_body = CalledOff,
    responses((status = 200, description = "The callback", body = Envelope<Row>))
)]
async fn cancel(mut desk: Desk) -> Said {
    let id = id(&desk)?;
    desk.about(&id);
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let note = fields.take("note", rules::owned(500));
    let expected = revision(&mut fields);
    fields.finish(Some(()))?;
    if let Some(note) = &note {
        desk.remark(note);
    }
    let answer = desk.app().cancel_for(desk.person(), id, note, expected).await;
    outcome(&desk, id, answer).await
}

/// Gives a callback another time: its old place is freed and the new one taken in one step, or nothing changes.
#[utoipa::path(
    post,
    path = "/ges/api/v1/callbacks/{id}/reschedule",
    operation_id = "moveCallback",
    tag = "worklist",
    params(("id" = String, Path, description = "The callback's id")),
    request_body = NewTime,
    responses((status = 200, description = "The callback at its new time", body = Envelope<Row>))
)]
async fn reschedule(mut desk: Desk) -> Said {
    let id = id(&desk)?;
    desk.about(&id);
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let desired_at = fields.need("desiredTime", rules::instant);
    let expected = revision(&mut fields);
    let desired_at = fields.finish(desired_at)?;
    let answer = desk.app().reschedule_for(desk.person(), id, desired_at, expected).await;
    outcome(&desk, id, answer).await
}

/// Corrects the number or the data of a callback that waits here.
#[utoipa::path(
    patch,
    path = "/ges/api/v1/callbacks/{id}",
    operation_id = "correctCallback",
    tag = "worklist",
    params(
        ("id" = String, Path, description = "The callback's id"),
        ("If-Match" = String, Header, description = "The revision that was seen, in quotes"),
    ),
    request_body = Correction,
    responses((status = 200, description = "The callback", body = Envelope<Row>))
)]
async fn edit(mut desk: Desk) -> Said {
    let id = id(&desk)?;
    desk.about(&id);
    let expected = desk.if_match()?;
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let phone = fields.take("phoneNumber", rules::owned(64));
    let user_data = fields.take("userData", user_data);
    if phone.is_none() && user_data.is_none() {
        fields.complain("phoneNumber", Wrong::new("is missing, and so is userData"));
    }
    fields.finish(Some(()))?;
    let phone = match phone {
        Some(text) => {
            let standing = desk.app().seen(desk.person(), id).await?;
            let home = standing.settings.default_country;
            Some(PhoneNumber::parse(&text, home).map_err(Refusal::from)?)
        }
        None => None,
    };
    let edit = Edit { phone, user_data, ..Edit::default() };
    let answer = desk.app().edit_for(desk.person(), id, edit, Some(expected)).await;
    outcome(&desk, id, answer).await
}

/// Books a callback that has ended once more.
#[utoipa::path(
    post,
    path = "/ges/api/v1/callbacks/{id}/recreate",
    operation_id = "bookAgain",
    tag = "worklist",
    params(("id" = String, Path, description = "The callback's id")),
    request_body = Again,
    responses((status = 200, description = "The new callback", body = Envelope<Row>))
)]
async fn recreate(mut desk: Desk) -> Said {
    let id = id(&desk)?;
    desk.about(&id);
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let desired_at = fields.take("desiredTime", rules::instant);
    fields.finish(Some(()))?;
    if desired_at.is_some() {
        desk.need(P::RescheduleCallbacks)?;
    }
    let answer = desk.app().recreate_for(desk.person(), id, desired_at).await;
    outcome(&desk, id, answer).await
}
