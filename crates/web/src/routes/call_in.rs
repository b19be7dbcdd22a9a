//! Click-to-call-in: a customer's app asks for a number to dial, and the contact centre's flow asks who is calling.

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use ges_app::{CallInFailure, CallInWish, GroupFailure};
use ges_domain::booking::Fingerprint;
use ges_domain::callback::UserData;
use ges_domain::callin::{
    AccessCode, Allocation, CallIn, Clue, Clues, FEWEST_DIGITS, Group, LONGEST_TTL, MAX_NUMBERS,
    MOST_DIGITS, SHORTEST_TTL,
};
use ges_domain::id::{CallbackId, Revision};
use ges_domain::name::GroupName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::create::{idempotency_key, user_data};
use crate::Web;
use crate::answer::Answer;
use crate::body::canonical;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

const ALLOCATIONS: &[(&str, Allocation)] =
    &[("shared", Allocation::Shared), ("exclusive", Allocation::Exclusive)];

pub(super) fn open_public(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Public, "/engagement/v3/call-in/requests/create")
        .post(create)
        .mount(cfg);
}

pub(super) fn open_internal(cfg: &mut ServiceConfig, web: &Web) {
    let at = |route| At::new(web, Audience::Internal, route);
    at("/ges/internal/v1/tenants/{ccid}/call-in/match").post(recognise).mount(cfg);
    at("/ges/internal/v1/tenants/{ccid}/call-in/groups/{group}")
        .on(Method::PUT, provide)
        .mount(cfg);
}

/// A wish for a number to call in on.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct CreateCallInRequest {
    /// The group of numbers.
    #[schema(max_length = 255, example = "technical_help")]
    group_name: String,
    /// The number that the customer will call from; needed where the group gives no codes and shares its numbers.
    #[schema(max_length = 64)]
    from_phone_number: Option<String>,
    /// What the contact centre is told when the call comes; names that are not JavaScript variable names are left out.
    /// Never logged.
    #[schema(value_type = Option<Object>)]
    user_data: Option<Value>,
    /// The callback that the call belongs to.
    callback_service_id: Option<Uuid>,
}

/// A number to call in on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallInRequest {
    /// The request's id.
    id: Uuid,
    /// The number to dial.
    #[schema(example = "+19059680004")]
    to_phone_number: String,
    /// The group it is of.
    #[schema(example = "technical_help")]
    group_name: String,
    /// Until when a call is recognised, in milliseconds since 1970.
    #[schema(example = 1_537_819_928_210_i64)]
    expiration_time: i64,
    /// The code to type; only of groups that give codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 123_456)]
    access_code: Option<u32>,
    /// The number that the customer will call from, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_phone_number: Option<String>,
    /// The callback that the call belongs to, where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_service_id: Option<Uuid>,
}

impl From<&CallIn> for CallInRequest {
    fn from(call_in: &CallIn) -> Self {
        Self {
            id: call_in.id.uuid(),
            to_phone_number: call_in.number.e164().to_owned(),
            group_name: call_in.group.to_string(),
            expiration_time: call_in.expires_at.as_millisecond(),
            access_code: call_in.code.map(AccessCode::number),
            from_phone_number: call_in.caller.as_ref().map(|phone| phone.e164().to_owned()),
            callback_service_id: call_in.callback.map(CallbackId::uuid),
        }
    }
}

/// Gives a customer a number to dial, and where the group gives codes, one to type.
///
/// With an `Idempotency-Key` the same request gets the same number, for 24 hours.
#[utoipa::path(
    post,
    path = "/engagement/v3/call-in/requests/create",
    operation_id = "createCallInRequest",
    tag = "call-in",
    request_body = CreateCallInRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be repeated")),
    responses((status = 200, description = "A number is given", body = Envelope<CallInRequest>))
)]
async fn create(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let key = idempotency_key(&call)?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let group = fields.need("groupName", rules::name(GroupName::parse));
    let caller = fields.take("fromPhoneNumber", rules::owned(64));
    let user_data: Option<UserData> = fields.take("userData", user_data);
    let callback = fields.take("callbackServiceId", rules::uuid);
    let group = fields.finish(group)?;
    let caller = caller.map(|caller| PhoneNumber::parse(&caller, Country::US)).transpose();
    let caller = caller.map_err(|_impossible| {
        Problem::new(Code::NumberImpossible, "fromPhoneNumber is not a possible phone number")
    })?;
    let key = key.map(|key| {
        let said = format!("call-in\n{}", canonical(&body));
        (key, Fingerprint::of(said.as_bytes()))
    });
    let name = group.clone();
    let user_data = user_data.unwrap_or_default();
    let wish = CallInWish { group, caller, user_data, callback, key };
    match call.app().call_in(tenant, wish).await {
        Ok(call_in) => Ok(Answer::data(&CallInRequest::from(&call_in))),
        Err(CallInFailure::NoSuchGroup) => {
            Err(Problem::unknown_name("groupName", name.as_str(), None))
        }
        Err(CallInFailure::CallerNeeded(_)) => Err(Problem::new(
            Code::FieldInvalid,
            "fromPhoneNumber is missing; the group gives no codes, so nothing else would tell who is calling",
        )),
        Err(CallInFailure::Failed(failure)) => Err(failure.into()),
    }
}

/// What is known of a call; at least one of the three.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct IncomingCall {
    /// The code that the caller typed, as a number.
    access_code: Option<u32>,
    /// The number that the call comes from. What is no phone number, such as `anonymous`, tells nothing.
    #[schema(max_length = 64)]
    ani: Option<String>,
    /// The number that was dialled.
    #[schema(max_length = 64)]
    dnis: Option<String>,
}

/// For whom a call is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recognised {
    /// What told so: any of `accessCode`, `ani` and `dnis`; empty where nobody was recognised.
    matched: Vec<&'static str>,
    /// The request, which is used up now.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// The group it was asked of.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    /// What came with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    user_data: Option<Map<String, Value>>,
    /// The callback that the call belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_service_id: Option<Uuid>,
}

impl Recognised {
    fn of(found: Option<&CallIn>) -> Self {
        let Some(call_in) = found else {
            return Self {
                matched: Vec::new(),
                id: None,
                group_name: None,
                user_data: None,
                callback_service_id: None,
            };
        };
        let by = call_in.matched.as_ref().map(|matched| &matched.by[..]).unwrap_or_default();
        let data = call_in.user_data.iter().map(|(name, json)| {
            // What is kept was written by us as JSON; anything else would still be a text.
            let value = serde_json::from_str(json).unwrap_or_else(|_odd| Value::from(json));
            (name.to_owned(), value)
        });
        Self {
            matched: by.iter().copied().map(Clue::as_str).collect(),
            id: Some(call_in.id.uuid()),
            group_name: Some(call_in.group.to_string()),
            user_data: Some(data.collect()),
            callback_service_id: call_in.callback.map(CallbackId::uuid),
        }
    }
}

/// Finds out for which request a call is, and uses it up.
#[utoipa::path(
    post,
    path = "/ges/internal/v1/tenants/{ccid}/call-in/match",
    operation_id = "matchCallIn",
    tag = "flows",
    params(("ccid" = String, Path, description = "The contact centre")),
    request_body = IncomingCall,
    responses((status = 200, description = "For whom the call is, or nobody", body = Envelope<Recognised>))
)]
async fn recognise(mut call: Call) -> Said {
    let tenant: String = call.path()?;
    let tenant = call.named_tenant(&tenant).await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let code = fields.take("accessCode", rules::whole(0..=LARGEST_CODE)).map(AccessCode::new);
    let caller = fields.take("ani", rules::owned(64));
    let dialled = fields.take("dnis", rules::owned(64));
    if !["accessCode", "ani", "dnis"].iter().any(|name| fields.has(name)) {
        fields.complain("accessCode", Wrong::new("is missing, and so are ani and dnis"));
    }
    fields.finish(Some(()))?;
    let phone = |text: Option<String>| PhoneNumber::parse(&text?, Country::US).ok();
    let clues = Clues { code, caller: phone(caller), dialled: phone(dialled) };
    let found = call.app().match_call(tenant, &clues).await?;
    Ok(Answer::data(&Recognised::of(found.as_ref())))
}

/// The largest code that there can be.
const LARGEST_CODE: u32 = 999_999_999;

/// A pool of numbers to call in on, and how it is given out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallInGroup {
    /// The numbers, each of one group only.
    #[schema(max_items = 1000, example = json!(["+19059680004"]))]
    numbers: Vec<String>,
    /// Whether a request gets a code to type. Absent: true.
    #[schema(required = false)]
    provide_code: bool,
    /// The digits of a code, 4 to 9. Absent: 6.
    #[schema(required = false)]
    code_digits: u8,
    /// Seconds that a request lives, 30 to 86 400. Absent: 900.
    #[schema(required = false)]
    ttl_seconds: u32,
    /// `shared`: a number serves many requests at once. `exclusive`: one. Absent: `shared`.
    #[schema(required = false)]
    allocation: &'static str,
}

/// The digits of codes of a group that gives none.
const USUAL_DIGITS: u8 = 6;

impl From<&Group> for CallInGroup {
    fn from(group: &Group) -> Self {
        Self {
            numbers: group.numbers().iter().map(|number| number.e164().to_owned()).collect(),
            provide_code: group.code_digits().is_some(),
            code_digits: group.code_digits().unwrap_or(USUAL_DIGITS),
            ttl_seconds: group.ttl_secs(),
            allocation: match group.allocation() {
                Allocation::Shared => "shared",
                Allocation::Exclusive => "exclusive",
            },
        }
    }
}

/// Reads a group whose name is known.
pub(crate) fn group(fields: &mut Fields<'_>, name: GroupName) -> Option<Group> {
    let number = |given: Given<'_>| {
        PhoneNumber::parse(rules::text(64)(given)?, Country::US)
            .map_err(|error| Wrong::new(error.to_string()).code(Code::NumberImpossible))
    };
    let list = |given: Given<'_>| -> Result<Vec<PhoneNumber>, Wrong> {
        rules::list(MAX_NUMBERS)(given)?.iter().map(|item| number(Given::Json(item))).collect()
    };
    let numbers = fields.need("numbers", list);
    let provide = fields.take("provideCode", rules::flag).unwrap_or(true);
    let digits = fields.take("codeDigits", rules::whole(FEWEST_DIGITS..=MOST_DIGITS));
    let ttl = fields.take("ttlSeconds", rules::whole(SHORTEST_TTL..=LONGEST_TTL)).unwrap_or(900);
    let allocation = fields.take("allocation", rules::word(ALLOCATIONS)).unwrap_or_default();
    let digits = provide.then_some(digits.unwrap_or(USUAL_DIGITS));
    match Group::new(name, numbers?, digits, ttl, allocation) {
        Ok(group) => Some(group),
        Err(error) => {
            fields.complain("numbers", Wrong::new(error.to_string()));
            None
        }
    }
}

/// Why a group is not written, as its author is told.
pub(crate) fn refused(failure: GroupFailure) -> Problem {
    match failure {
        GroupFailure::NoSuchGroup => Problem::new(Code::NothingHere, "there is no such group"),
        GroupFailure::Changed { now } => Refusal::Changed { now }.into(),
        GroupFailure::NumberTaken(other) => Problem::new(
            Code::FieldInvalid,
            format!("numbers holds one that belongs to the group `{other}`"),
        ),
        failure @ GroupFailure::TooMany => Problem::new(Code::FieldInvalid, failure.to_string()),
        GroupFailure::Faulted(fault) => fault.into(),
    }
}

/// Writes a group, whatever stands: for those who provision contact centres by program.
#[utoipa::path(
    put,
    path = "/ges/internal/v1/tenants/{ccid}/call-in/groups/{group}",
    operation_id = "provideCallInGroup",
    tag = "settings",
    params(
        ("ccid" = String, Path, description = "The contact centre"),
        ("group" = String, Path, description = "1 to 255 of `A-Z a-z 0-9 _ . -`"),
    ),
    request_body = CallInGroup,
    responses((status = 200, description = "The group stands", body = Envelope<CallInGroup>))
)]
async fn provide(mut call: Call) -> Said {
    let (tenant, name): (String, String) = call.path()?;
    let tenant = call.named_tenant(&tenant).await?;
    let name = GroupName::parse(&name)
        .map_err(|error| Problem::new(Code::FieldInvalid, format!("group {error}")))?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let group = group(&mut fields, name.clone());
    let group = fields.finish(group)?;
    let standing = call.app().call_in_group(tenant, &name).await?;
    let seen = standing.map_or(Revision::NONE, |(_, revision)| revision);
    call.app().put_call_in_group(tenant, &group, seen).await.map_err(refused)?;
    Ok(Answer::data(&CallInGroup::from(&group)))
}
