//! Booking a callback: the richest request of the API, and the one that may be sent twice.

use actix_web::web::ServiceConfig;
use ges_app::{Failure, Wish};
use ges_domain::booking::{Fingerprint, IdempotencyKey, Request};
use ges_domain::callback::{Details, OfferTiming, OfferType, PushTarget, UserData};
use ges_domain::event::Actor;
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::{HumanProof, HumanToken};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::offers::unknown;
use crate::Web;
use crate::answer::Answer;
use crate::body::canonical;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::{Envelope, Id};

const OFFER_TYPES: &[(&str, OfferType)] = &[
    ("ASAP", OfferType::Asap),
    ("SCHEDULED", OfferType::Scheduled),
    ("COMBINED_SCHEDULED_AND_ASAP", OfferType::CombinedScheduledAndAsap),
];

const OFFER_TIMINGS: &[(&str, OfferTiming)] =
    &[("OFF-HOURS", OfferTiming::OffHours), ("ON-HOURS", OfferTiming::OnHours)];

/// Devices that one customer is told on.
pub(crate) const MOST_TARGETS: usize = 10;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Public, "/engagement/v3/callbacks/create").post(create).mount(cfg);
}

/// A wish for a callback.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `Asked::read` takes; a test compares the two")]
pub(crate) struct CreateCallback {
    /// The callback service.
    #[schema(max_length = 255, example = "CB_Sales")]
    service_name: String,
    /// Whom to call; without a `+` it belongs to the service's default country.
    #[schema(max_length = 64, example = "+14155550123")]
    phone_number: String,
    /// When to call: ISO 8601 with `Z` or an offset; absent, or within a minute of now, is as soon as possible.
    #[schema(format = DateTime)]
    desired_time: Option<String>,
    /// Treat every desired time as scheduled, and refuse it where the queue would carry the call into another slot.
    always_check_capacity: Option<bool>,
    /// What was offered: `ASAP`, `SCHEDULED` or `COMBINED_SCHEDULED_AND_ASAP`; for reports.
    cb_offer_type: Option<String>,
    /// `ON-HOURS` or `OFF-HOURS`; for reports.
    offer_timing: Option<String>,
    /// The estimated wait in seconds that led to the offer.
    offer_threshold: Option<f64>,
    /// The customer's language, such as `en-US`.
    #[schema(max_length = 35)]
    language: Option<String>,
    /// The queue in which the customer would have waited; for reports.
    #[schema(rename = "inboundVQ", max_length = 255)]
    inbound_vq: Option<String>,
    /// Where the request comes from; for reports.
    #[schema(max_length = 255)]
    channel: Option<String>,
    /// The call or chat that the request comes from.
    #[schema(max_length = 255)]
    cb_origination_ixn_id: Option<String>,
    /// Overrides the service's survey route point.
    #[schema(rename = "surveyRP", max_length = 255)]
    survey_rp: Option<String>,
    /// Overrides the service's route point.
    #[schema(max_length = 255)]
    route_point: Option<String>,
    /// Overrides the service's initial priority.
    priority: Option<u32>,
    /// The customer's own data; names that are not JavaScript variable names are left out. Never logged.
    #[schema(value_type = Option<Object>)]
    user_data: Option<Value>,
    /// The proof that a person asks, where the tenant demands one.
    #[schema(max_length = 8192)]
    captcha_token: Option<String>,
    /// Where notices are pushed to.
    #[schema(max_items = 10)]
    push_targets: Option<Vec<WirePushTarget>>,
    /// The channel of `pushTarget`; older clients send the two in place of `pushTargets`.
    #[schema(deprecated)]
    push_channel: Option<String>,
    /// See `pushChannel`.
    #[schema(deprecated, max_length = 4096)]
    push_target: Option<String>,
}

/// A device to be told.
#[derive(ToSchema)]
#[schema(as = PushTarget)]
#[expect(dead_code, reason = "describes what `push_target` takes; a test compares the two")]
pub(crate) struct WirePushTarget {
    /// `FCM`.
    channel: String,
    /// The registration token.
    #[schema(max_length = 4096)]
    target: String,
}

/// Books a callback: as soon as possible, or at a time.
///
/// With an `Idempotency-Key` the same request gets the same callback, for 24 hours.
#[utoipa::path(
    post,
    path = "/engagement/v3/callbacks/create",
    operation_id = "createCallback",
    tag = "callbacks",
    request_body = CreateCallback,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be repeated")),
    responses((status = 200, description = "The callback is booked", body = Envelope<Id>))
)]
async fn create(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let key = idempotency_key(&call)?;
    let body = call.body().await?;
    let asked = Asked::read(&body)?;
    let stock = call.app().shelf().stock(tenant).await?;
    let service = stock.service(&asked.service);
    // A service that is gone has no country any more; a repeat of an earlier booking is still answered.
    let home = service.map_or(Country::US, |service| service.settings.default_country);
    let phone = PhoneNumber::parse(&asked.phone, home).map_err(Refusal::from)?;
    let key = key.map(|key| {
        // A repeat may show another proof of the same person: the old one is spent.
        let mut body = body.clone();
        body.remove("captchaToken");
        let said = format!("create\n{}\n{}", asked.service, canonical(&body));
        (key, Fingerprint::of(said.as_bytes()))
    });
    let request = Request {
        phone,
        desired_at: asked.desired_at,
        always_check_capacity: asked.always_check_capacity,
        details: Details { trace: call.trace(), ..asked.details },
    };
    let proof = HumanProof { token: asked.human_token, remote_ip: call.client_ip() };
    let wish = Wish { service: asked.service, request, key, by: Actor::Api, proof };
    book(&call, tenant, wish).await
}

async fn book(call: &Call, tenant: TenantId, wish: Wish) -> Said {
    let service = wish.service.clone();
    match call.app().book(tenant, wish).await {
        Ok(booked) => Ok(Answer::data(&Id { id: booked.callback().id.uuid() })),
        Err(Failure::Refused(Refusal::UnknownName)) => {
            Err(unknown(call, tenant, "serviceName", service.as_str()).await)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The client's name for its request.
pub(crate) fn idempotency_key(call: &Call) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = call.headers().get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| IdempotencyKey::parse(text).ok());
    let odd = || {
        let message = "Idempotency-Key is not a key of 1 to 255 visible ASCII characters";
        Problem::new(Code::FieldInvalid, message)
    };
    key.map(Some).ok_or_else(odd)
}

/// What was asked for, with a number that no country has read yet.
struct Asked {
    service: ServiceName,
    phone: String,
    desired_at: Option<Timestamp>,
    always_check_capacity: bool,
    human_token: Option<HumanToken>,
    details: Details,
}

impl Asked {
    fn read(body: &Map<String, Value>) -> Result<Self, Problem> {
        let mut fields = Fields::of(body);
        let service = fields.need("serviceName", rules::name(ServiceName::parse));
        let phone = fields.need("phoneNumber", rules::owned(64));
        let desired_at = fields.take("desiredTime", rules::instant);
        let always_check_capacity = fields.take("alwaysCheckCapacity", rules::flag);
        let human_token = fields.take("captchaToken", rules::owned(8192)).map(HumanToken::new);
        let details = details(&mut fields);
        let (Some(service), Some(phone), true) = (service, phone, fields.fit()) else {
            return Err(fields.problem());
        };
        let always_check_capacity = always_check_capacity.unwrap_or(false);
        Ok(Self { service, phone, desired_at, always_check_capacity, human_token, details })
    }
}

fn details(fields: &mut Fields<'_>) -> Details {
    let mut push_targets =
        fields.each("pushTargets", MOST_TARGETS, |one| push_target(one, "channel", "target"));
    if fields.has("pushChannel") || fields.has("pushTarget") {
        push_targets.extend(push_target(fields, "pushChannel", "pushTarget"));
    }
    Details {
        offer_type: fields.take("cbOfferType", rules::word(OFFER_TYPES)),
        offer_timing: fields.take("offerTiming", rules::word(OFFER_TIMINGS)),
        offer_threshold_secs: fields.take("offerThreshold", rules::seconds),
        language: fields.take("language", rules::language),
        inbound_queue: fields.take("inboundVQ", rules::owned(255)),
        channel: fields.take("channel", rules::owned(255)),
        origination_id: fields.take("cbOriginationIxnId", rules::owned(255)),
        survey_route_point: fields.take("surveyRP", rules::owned(255)),
        route_point: fields.take("routePoint", rules::owned(255)),
        priority: fields.take("priority", rules::whole(0..=u32::MAX)),
        user_data: fields.take("userData", user_data).unwrap_or_default(),
        push_targets,
        trace: None,
    }
}

pub(crate) fn push_target(
    fields: &mut Fields<'_>,
    channel: &str,
    target: &str,
) -> Option<PushTarget> {
    let fcm = |given: Given<'_>| match rules::text(64)(given)? {
        "FCM" => Ok(()),
        _ => {
            Err(Wrong::new("is not FCM, the only channel there is").code(Code::PushChannelUnknown))
        }
    };
    let channel = fields.need(channel, fcm);
    let token = fields.need(target, rules::owned(4096));
    channel.and(token).map(|token| PushTarget { token })
}

/// The customer's data as JSON texts by name.
pub(crate) fn user_data(given: Given<'_>) -> Result<UserData, Wrong> {
    let object = rules::object(given)?;
    if object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)) {
        return Err(Wrong::new("holds a NUL character"));
    }
    let entries = object.iter().map(|(name, value)| (name.clone(), value.to_string()));
    UserData::new(entries)
        .map_err(|error| Wrong::new(error.to_string()).code(Code::UserDataTooLarge))
}

pub(super) fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(object) => {
            object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
