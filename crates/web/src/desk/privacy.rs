//! The rights of a number's owner: to be told everything that is kept of it, and to be forgotten.

use ges_app::Forgotten;
use ges_domain::access::Permission as P;
use ges_domain::booking::IdempotencyKey;
use ges_domain::callin::CallIn;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::format_utc;
use ges_ports::Kept;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::Problem;
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const EXPORT: &str = "/ges/api/v1/privacy/export";
const FORGET: &str = "/ges/api/v1/privacy/forget";

const OPERATIONS: &[Operation] = &[
    Operation::write(Verb::Post, EXPORT, Guard::May(P::ExportNumbers), "number.export"),
    Operation::write(Verb::Post, FORGET, Guard::May(P::ForgetNumbers), "number.forget"),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(EXPORT).post(export).mount();
    doors.at(FORGET).post(forget).mount();
}

#[derive(OpenApi)]
#[openapi(paths(export, forget))]
struct Described;

/// Whose number.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Owner {
    /// The number.
    #[schema(max_length = 64)]
    phone_number: String,
}

/// Everything that is kept of a number.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DossierDocument {
    /// The number.
    phone_number: String,
    /// When this was put together.
    #[schema(format = DateTime)]
    generated_time: String,
    /// Its callbacks, each as it is kept, with its history.
    #[schema(value_type = Vec<Object>)]
    callbacks: Vec<Value>,
    /// Its requests for numbers to call in on.
    #[schema(value_type = Vec<Object>)]
    call_ins: Vec<Value>,
}

fn phone(fields: &mut Fields<'_>) -> Option<String> {
    fields.need("phoneNumber", rules::owned(64))
}

fn number(text: &str) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(text, Country::US).map_err(|error| Refusal::from(error).into())
}

/// The last two digits are enough to find the line, and too few to find the person.
fn about(desk: &Desk, phone: &PhoneNumber) {
    desk.about(&phone.masked());
}

fn callback(kept: &Kept) -> Value {
    let key = kept.key.as_ref().map(IdempotencyKey::as_str);
    let data = kept.callback.details.user_data.iter().map(|(name, text)| {
        // What is kept was written by us as JSON; anything else would still be a text.
        let value = serde_json::from_str(text).unwrap_or_else(|_odd| Value::from(text));
        (name.to_owned(), value)
    });
    let data: serde_json::Map<String, Value> = data.collect();
    json!({
        "callback": kept.callback,
        "userData": data,
        "history": kept.history,
        "idempotencyKey": key,
    })
}

fn call_in(call_in: &CallIn) -> Value {
    json!(call_in)
}

/// Everything that is kept of a number, as one document.
#[utoipa::path(
    post, path = "/ges/api/v1/privacy/export", operation_id = "exportNumber", tag = "privacy",
    request_body = Owner,
    responses((status = 200, description = "The document", body = Envelope<DossierDocument>))
)]
async fn export(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let text = phone(&mut fields);
    let phone = number(&fields.finish(text)?)?;
    about(&desk, &phone);
    let dossier = desk.app().dossier(desk.tenant(), &phone).await?;
    Ok(Answer::data(&DossierDocument {
        phone_number: phone.e164().to_owned(),
        generated_time: format_utc(desk.app().now()),
        callbacks: dossier.callbacks.iter().map(callback).collect(),
        call_ins: dossier.call_ins.iter().map(call_in).collect(),
    }))
}

/// Whose number, and that it is meant.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct Forget {
    /// The number.
    #[schema(max_length = 64)]
    phone_number: String,
    /// `true`: there is no way back.
    confirm: bool,
}

/// What was forgotten.
#[derive(Serialize, ToSchema)]
pub(crate) struct ForgottenDocument {
    /// What is gone.
    erased: ErasedDocument,
    /// Callbacks that an agent handles now or whose sessions must still be told: they go by themselves when that is done.
    remaining: u64,
}

/// How much is gone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErasedDocument {
    /// Callbacks.
    callbacks: u64,
    /// Rows of their histories.
    events: u64,
    /// Requests for numbers to call in on.
    call_ins: u64,
    /// What webhooks were told of its callbacks, or had yet to be told.
    deliveries: u64,
}

/// Forgets a number: what waits is cancelled, what is kept is erased, what must go on goes when it is done.
#[utoipa::path(
    post, path = "/ges/api/v1/privacy/forget", operation_id = "forgetNumber", tag = "privacy",
    request_body = Forget,
    responses((status = 200, description = "What is gone, and what remains", body = Envelope<ForgottenDocument>))
)]
async fn forget(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let text = phone(&mut fields);
    let confirmed = fields.need("confirm", rules::flag);
    if confirmed == Some(false) {
        fields.complain("confirm", Wrong::new("is not true"));
    }
    let phone = number(&fields.finish(text)?)?;
    about(&desk, &phone);
    let done = desk.app().forget(desk.tenant(), &phone, &desk.actor()).await?;
    let Forgotten { callbacks, events, call_ins, deliveries, remaining } = done;
    let erased = ErasedDocument { callbacks, events, call_ins, deliveries };
    Ok(Answer::data(&ForgottenDocument { erased, remaining }))
}
