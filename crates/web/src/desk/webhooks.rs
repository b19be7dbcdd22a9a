//! Webhooks: a tenant's own servers that are told what becomes of its callbacks.

use ges_app::{WantedWebhook, WebhookFailure, WebhookRow};
use ges_domain::access::Permission as P;
use ges_domain::callback::State;
use ges_domain::id::RecordId;
use ges_domain::name::ServiceName;
use ges_domain::time::format_utc;
use ges_domain::webhook::Standing;
use ges_ports::{LoggedParcel, ParcelCursor, ParcelState};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::paging::{behind, row_before};
use super::{Desk, Doors, Guard, Operation, Paging, Section, Verb, changed};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/webhooks";
const ONE: &str = "/ges/api/v1/webhooks/{id}";
const ROTATE: &str = "/ges/api/v1/webhooks/{id}/rotate";
const TEST: &str = "/ges/api/v1/webhooks/{id}/test";
const LOG: &str = "/ges/api/v1/webhooks/{id}/deliveries";
const AGAIN: &str = "/ges/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver";

const MAY: Guard = Guard::May(P::ManageWebhooks);

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, MAY),
    Operation::write(Verb::Post, ALL, MAY, "webhook.create"),
    Operation::write(Verb::Put, ONE, MAY, "webhook.edit").also(&[404, 409]),
    Operation::write(Verb::Delete, ONE, MAY, "webhook.delete").also(&[404, 409]),
    Operation::write(Verb::Post, ROTATE, MAY, "webhook.rotate").also(&[404]),
    Operation::write(Verb::Post, TEST, MAY, "webhook.test").also(&[404]),
    Operation::read(Verb::Get, LOG, MAY).also(&[404]),
    Operation::write(Verb::Post, AGAIN, MAY, "webhook.redeliver").also(&[404]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(list).post(create).mount();
    doors.at(ROTATE).post(rotate).mount();
    doors.at(TEST).post(test).mount();
    doors.at(LOG).get(deliveries).mount();
    doors.at(AGAIN).post(redeliver).mount();
    doors.at(ONE).put(edit).delete(remove).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, create, edit, remove, rotate, test, deliveries, redeliver))]
struct Described;

/// A webhook as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    /// Its id.
    id: Uuid,
    /// Where it is called.
    #[schema(example = "https://example.com/hooks/callbacks")]
    url: String,
    /// What its owner says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The states whose beginning it hears of; `*` alone is every one.
    events: Vec<&'static str>,
    /// The services whose callbacks it hears of; empty is every one.
    services: Vec<String>,
    /// `enabled`, `failing` (enabled, and its last call failed) or `disabled`.
    state: &'static str,
    /// Why it is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_time: String,
    /// When it was last called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_delivery_time: Option<String>,
    /// The status of the last answer; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    /// Messages that wait.
    pending: u64,
    /// The revision, for `If-Match`.
    revision: u64,
    /// The secret that signs its messages; shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<WebhookRow> for Webhook {
    fn from(row: WebhookRow) -> Self {
        let WebhookRow { id, webhook, revision, counts } = row;
        let (state, reason) = match webhook.standing {
            Standing::Disabled { reason, .. } => ("disabled", Some(reason)),
            Standing::Enabled if webhook.failing_since.is_some() => ("failing", None),
            Standing::Enabled => ("enabled", None),
        };
        let events = match webhook.states.as_slice() {
            [] => vec!["*"],
            states => states.iter().map(|state| state.as_str()).collect(),
        };
        Self {
            id: id.uuid(),
            url: webhook.url,
            description: webhook.description,
            events,
            services: webhook.services.iter().map(ToString::to_string).collect(),
            state,
            reason,
            created_time: format_utc(webhook.created_at),
            last_delivery_time: counts.last.as_ref().map(|last| format_utc(last.at)),
            last_status: counts.last.and_then(|last| last.status),
            pending: counts.pending,
            revision: revision.number(),
            secret: None,
        }
    }
}

/// A tenant's webhooks.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookList {
    /// In the order in which they were made.
    webhooks: Vec<Webhook>,
}

/// What a webhook is to be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handlers take; a test compares the two")]
pub(crate) struct WebhookWanted {
    /// Where it is called: `https://`, public, without a password.
    url: String,
    /// What you say of it, up to 200 characters.
    description: Option<String>,
    /// The states whose beginning it hears of: `SCHEDULED`, `QUEUED`, `ROUTING`, `PROCESSING`, `COMPLETED`; `*` or nothing is every one.
    events: Option<Vec<String>>,
    /// The services whose callbacks it hears of; nothing is every one.
    services: Option<Vec<String>>,
    /// Whether it is called; absent leaves it as it is.
    enabled: Option<bool>,
}

/// A secret, shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookSecret {
    /// The secret: `whsec_` and 32 bytes in base64.
    secret: String,
}

/// How a trial went.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookTrial {
    /// Whether it answered with 2xx.
    ok: bool,
    /// The status of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// How long it took, in milliseconds.
    ms: u32,
    /// What became of it, for people.
    message: String,
}

/// One message on its way, or there.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// Its id; the listener knows it as `msg_` and its digits.
    id: Uuid,
    /// The kind of its event.
    #[schema(example = "callback.completed")]
    event: String,
    /// The callback.
    callback_id: Uuid,
    /// `pending`, `delivered` or `failed`.
    state: &'static str,
    /// Calls so far.
    attempts: u32,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// When it is called next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_at: Option<String>,
    /// The status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// How long the last call took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u32>,
    /// What went wrong at the last call.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<&LoggedParcel> for Delivery {
    fn from(row: &LoggedParcel) -> Self {
        let last = row.last.as_ref();
        Self {
            id: row.id.uuid(),
            event: row.event.clone(),
            callback_id: row.key.callback.uuid(),
            state: match row.state {
                ParcelState::Pending => "pending",
                ParcelState::Delivered => "delivered",
                ParcelState::Failed => "failed",
            },
            attempts: row.tries,
            at: format_utc(row.made_at),
            next_at: row.next_at.map(format_utc),
            status: last.and_then(|last| last.status),
            ms: last.map(|last| last.took_ms),
            error: last.and_then(|last| last.error.clone()),
        }
    }
}

/// One page of a webhook's log.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryPage {
    /// The newest first.
    deliveries: Vec<Delivery>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Nothing more is to be said.
#[derive(Serialize, ToSchema)]
pub(crate) struct Nothing {}

impl From<WebhookFailure> for Problem {
    fn from(failure: WebhookFailure) -> Self {
        match failure {
            WebhookFailure::Unknown => Self::new(Code::NothingHere, "there is no such webhook"),
            WebhookFailure::Unfit(unfit) => Self::new(Code::FieldInvalid, format!("url {unfit}")),
            WebhookFailure::TooMany => Self::new(Code::FieldInvalid, failure.to_string()),
            WebhookFailure::Changed(row) => changed(&json!(Webhook::from(*row))),
            WebhookFailure::Off => Self::new(Code::Unavailable, "no webhooks are called here"),
            WebhookFailure::Faulted(fault) => fault.into(),
        }
    }
}

fn state(text: &str) -> Result<Option<State>, Wrong> {
    if text == "*" {
        return Ok(None);
    }
    State::parse(text).map(Some).ok_or_else(|| {
        Wrong::new("is neither `*` nor SCHEDULED, QUEUED, ROUTING, PROCESSING or COMPLETED")
    })
}

fn wanted(body: &Map<String, Value>) -> Result<WantedWebhook, Problem> {
    let mut fields = Fields::of(body);
    let url = fields.need("url", rules::owned(2048));
    let description = fields.take("description", rules::owned(200));
    let states = fields.take("events", |given: Given<'_>| {
        let texts = rules::list(10)(given)?;
        let read = |value: &Value| match value.as_str() {
            Some(text) => state(text),
            None => Err(Wrong::new("holds something that is not a text")),
        };
        texts.iter().map(read).collect::<Result<Option<Vec<State>>, Wrong>>()
    });
    let services = fields.take("services", |given: Given<'_>| {
        let texts = rules::list(100)(given)?;
        let read = |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            ServiceName::parse(text)
                .map_err(|error| Wrong::new(format!("holds a name that {error}")))
        };
        texts.iter().map(read).collect::<Result<Vec<_>, Wrong>>()
    });
    let enabled = fields.take("enabled", rules::flag);
    let url = fields.finish(url)?;
    Ok(WantedWebhook {
        url,
        description,
        states: states.flatten().unwrap_or_default(),
        services: services.unwrap_or_default(),
        enabled,
    })
}

fn id(desk: &Desk) -> Result<RecordId, Problem> {
    let text: String = desk.path()?;
    desk.about(&text);
    text.parse().map_err(|_not_one| Problem::new(Code::NothingHere, "there is no such webhook"))
}

/// The tenant's webhooks.
#[utoipa::path(
    get,
    path = "/ges/api/v1/webhooks",
    operation_id = "listWebhooks",
    tag = "webhooks",
    responses((status = 200, description = "All of them", body = Envelope<WebhookList>))
)]
async fn list(desk: Desk) -> Said {
    let rows = desk.app().webhooks(desk.tenant()).await?;
    Ok(Answer::data(&WebhookList { webhooks: rows.into_iter().map(Webhook::from).collect() }))
}

/// Makes a webhook. Its secret is in this answer and in no other.
#[utoipa::path(
    post,
    path = "/ges/api/v1/webhooks",
    operation_id = "createWebhook",
    tag = "webhooks",
    request_body = WebhookWanted,
    responses((status = 200, description = "The webhook with its secret", body = Envelope<Webhook>))
)]
async fn create(mut desk: Desk) -> Said {
    let wanted = wanted(&desk.body().await?)?;
    let (row, secret) = desk.app().add_webhook(desk.tenant(), wanted).await?;
    desk.about(&row.id);
    let secret = Some(secret.expose().to_owned());
    Ok(Answer::data(&Webhook { secret, ..row.into() }))
}

/// Makes a webhook another than it was: what is left out is as if it were a new one, but for `enabled`.
#[utoipa::path(
    put,
    path = "/ges/api/v1/webhooks/{id}",
    operation_id = "editWebhook",
    tag = "webhooks",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The revision that you read, in quotes")),
    request_body = WebhookWanted,
    responses((status = 200, description = "The webhook", body = Envelope<Webhook>))
)]
async fn edit(mut desk: Desk) -> Said {
    let (id, expected) = (id(&desk)?, desk.if_match()?);
    let wanted = wanted(&desk.body().await?)?;
    let row = desk.app().change_webhook(desk.tenant(), id, wanted, expected).await?;
    Ok(Answer::data(&Webhook::from(row)))
}

/// Takes a webhook away; what it has yet to hear it never hears.
#[utoipa::path(
    delete,
    path = "/ges/api/v1/webhooks/{id}",
    operation_id = "deleteWebhook",
    tag = "webhooks",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The revision that you read, in quotes")),
    responses((status = 200, description = "It is gone", body = Envelope<Nothing>))
)]
async fn remove(desk: Desk) -> Said {
    let (id, expected) = (id(&desk)?, desk.if_match()?);
    desk.app().remove_webhook(desk.tenant(), id, expected).await?;
    Ok(Answer::data(&Nothing {}))
}

/// Gives a webhook a new secret; for 24 hours the old one signs too.
#[utoipa::path(
    post,
    path = "/ges/api/v1/webhooks/{id}/rotate",
    operation_id = "rotateWebhook",
    tag = "webhooks",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The new secret", body = Envelope<WebhookSecret>))
)]
async fn rotate(desk: Desk) -> Said {
    let secret = desk.app().rotate_webhook(desk.tenant(), id(&desk)?).await?;
    Ok(Answer::data(&WebhookSecret { secret: secret.expose().to_owned() }))
}

/// Calls a webhook once with a message of the kind `webhook.test`, and says what it answered.
#[utoipa::path(
    post,
    path = "/ges/api/v1/webhooks/{id}/test",
    operation_id = "testWebhook",
    tag = "webhooks",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "How it went", body = Envelope<WebhookTrial>))
)]
async fn test(desk: Desk) -> Said {
    let answer = desk.app().try_webhook(desk.tenant(), id(&desk)?).await?;
    let ok = answer.status.is_ok_and(|status| (200..300).contains(&status));
    let message = match answer.status {
        Ok(status) if ok => format!("it answered with {status}"),
        Ok(status) => format!("it answered with {status}; a webhook answers with 2xx"),
        Err(trouble) => trouble.to_string(),
    };
    Ok(Answer::data(&WebhookTrial { ok, status: answer.status.ok(), ms: answer.took_ms, message }))
}

/// What a webhook was told and has yet to be told, the newest first.
#[utoipa::path(
    get,
    path = "/ges/api/v1/webhooks/{id}/deliveries",
    operation_id = "listDeliveries",
    tag = "webhooks",
    params(
        ("id" = Uuid, Path),
        ("limit" = Option<u16>, Query, description = "The most rows of the page, 1 to 250; 50 where it is absent"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Envelope<DeliveryPage>))
)]
async fn deliveries(desk: Desk) -> Said {
    let id = id(&desk)?;
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let Paging { limit, after } = Paging::read(&mut fields, row_before);
    let after = after.map(|(made_at, id)| ParcelCursor { made_at, id });
    fields.finish(Some(()))?;
    let rows = desk.app().webhook_log(desk.tenant(), id, after, limit).await?;
    let more = rows.len() == usize::from(limit);
    let next = rows.last().filter(|_| more).map(|last| behind(last.made_at, last.id));
    Ok(Answer::data(&DeliveryPage { deliveries: rows.iter().map(Delivery::from).collect(), next }))
}

/// Lets a message that was heard or given up be sent again, under the same id.
#[utoipa::path(
    post,
    path = "/ges/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver",
    operation_id = "redeliver",
    tag = "webhooks",
    params(("id" = Uuid, Path), ("delivery" = Uuid, Path)),
    responses((status = 200, description = "It is on its way", body = Envelope<Nothing>))
)]
async fn redeliver(desk: Desk) -> Said {
    let (webhook, delivery): (String, String) = desk.path()?;
    desk.about(&webhook);
    let nowhere = |_not_one| Problem::new(Code::NothingHere, "there is no such message");
    let (webhook, delivery): (RecordId, RecordId) =
        (webhook.parse().map_err(nowhere)?, delivery.parse().map_err(nowhere)?);
    desk.app().redeliver(desk.tenant(), webhook, delivery).await?;
    Ok(Answer::data(&Nothing {}))
}
