//! Numbers to call in on, at the desk: the groups, and what became of each request.

use ges_app::GroupFailure;
use ges_domain::access::Permission as P;
use ges_domain::callin::{AccessCode, CallIn, Clue, Stage};
use ges_domain::id::{CallbackId, Revision};
use ges_domain::name::GroupName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::time::{Timestamp, Window, format_utc};
use ges_ports::{CallInCursor, CallInSearch};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::paging::{behind, row_before};
use super::{Desk, Doors, Guard, Operation, Paging, Section, Verb, changed};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::routes::call_in::{CallInGroup, group, refused};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const GROUPS: &str = "/ges/api/v1/call-in/groups";
const GROUP: &str = "/ges/api/v1/call-in/groups/{name}";
const REQUESTS: &str = "/ges/api/v1/call-in/requests";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, GROUPS, Guard::May(P::ViewCallInGroups)),
    Operation::write(Verb::Post, GROUPS, Guard::May(P::EditCallInGroups), "call-in.add")
        .also(&[409]),
    Operation::write(Verb::Put, GROUP, Guard::May(P::EditCallInGroups), "call-in.edit")
        .also(&[404, 409]),
    Operation::write(Verb::Delete, GROUP, Guard::May(P::EditCallInGroups), "call-in.remove")
        .also(&[404, 409]),
    Operation::read(Verb::Get, REQUESTS, Guard::May(P::ViewCallIns)),
];

const STAGES: &[(&str, Stage)] =
    &[("live", Stage::Live), ("matched", Stage::Matched), ("expired", Stage::Expired)];

fn open(doors: &mut Doors<'_>) {
    doors.at(GROUPS).get(list).post(add).mount();
    doors.at(GROUP).put(edit).delete(remove).mount();
    doors.at(REQUESTS).get(requests).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, add, edit, remove, requests))]
struct Described;

/// A group as it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnownGroup {
    /// Its name.
    name: String,
    #[serde(flatten)]
    group: CallInGroup,
    /// Its live requests.
    live: u64,
    /// What to send in `If-Match`.
    revision: u64,
}

/// The groups of a contact centre.
#[derive(Serialize, ToSchema)]
pub(crate) struct Groups {
    /// By name.
    groups: Vec<KnownGroup>,
}

impl From<&ges_app::KnownGroup> for KnownGroup {
    fn from(known: &ges_app::KnownGroup) -> Self {
        Self {
            name: known.group.name().to_string(),
            group: (&known.group).into(),
            live: known.live,
            revision: known.revision.number(),
        }
    }
}

/// The groups.
#[utoipa::path(
    get, path = "/ges/api/v1/call-in/groups", operation_id = "listCallInGroups", tag = "call-in",
    responses((status = 200, description = "The groups", body = Envelope<Groups>))
)]
async fn list(desk: Desk) -> Said {
    let known = desk.app().call_in_groups(desk.tenant()).await?;
    Ok(Answer::data(&Groups { groups: known.iter().map(KnownGroup::from).collect() }))
}

/// A group with its name.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct NewGroup {
    /// 1 to 255 of `A-Z a-z 0-9 _ . -`.
    #[schema(max_length = 255)]
    name: String,
    /// The numbers, each of one group only.
    #[schema(max_items = 1000)]
    numbers: Vec<String>,
    /// Whether a request gets a code to type. Absent: true.
    provide_code: Option<bool>,
    /// The digits of a code, 4 to 9. Absent: 6.
    code_digits: Option<u8>,
    /// Seconds that a request lives, 30 to 86 400. Absent: 900.
    ttl_seconds: Option<u32>,
    /// `shared` or `exclusive`. Absent: `shared`.
    allocation: Option<String>,
}

async fn stands(desk: &Desk, name: &GroupName) -> Result<Option<KnownGroup>, Problem> {
    let known = desk.app().call_in_groups(desk.tenant()).await?;
    let one = known.iter().find(|known| known.group.name() == name);
    Ok(one.map(KnownGroup::from))
}

/// Writes a group; who comes too late is told how it stands.
async fn put(
    desk: &Desk,
    name: &GroupName,
    one: &ges_domain::callin::Group,
    seen: Revision,
) -> Said {
    match desk.app().put_call_in_group(desk.tenant(), one, seen).await {
        Ok(_) => Ok(Answer::data(&stands(desk, name).await?)),
        Err(GroupFailure::Changed { now: Revision::NONE }) => {
            Err(refused(GroupFailure::NoSuchGroup))
        }
        Err(GroupFailure::Changed { .. }) => Err(changed(&json!(stands(desk, name).await?))),
        Err(failure) => Err(refused(failure)),
    }
}

/// Adds a group.
#[utoipa::path(
    post, path = "/ges/api/v1/call-in/groups", operation_id = "addCallInGroup", tag = "call-in",
    request_body = NewGroup,
    responses((status = 200, description = "The group", body = Envelope<KnownGroup>))
)]
async fn add(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let name = fields.need("name", rules::name(GroupName::parse));
    // Without a name the rest is still read, to name all that is wrong.
    let stand_in = || GroupName::parse("-").expect("a dash is plain");
    let read = group(&mut fields, name.clone().unwrap_or_else(stand_in));
    let (name, read) = fields.finish(name.zip(read))?;
    desk.about(&name);
    put(&desk, &name, &read, Revision::NONE).await
}

/// Replaces a group; its live requests live on.
#[utoipa::path(
    put, path = "/ges/api/v1/call-in/groups/{name}", operation_id = "editCallInGroup", tag = "call-in",
    params(
        ("name" = String, Path, description = "The group"),
        ("If-Match" = String, Header, description = "The revision that was read"),
    ),
    request_body = CallInGroup,
    responses((status = 200, description = "The group", body = Envelope<KnownGroup>))
)]
async fn edit(mut desk: Desk) -> Said {
    let name = desk.path_name(GroupName::parse)?;
    desk.about(&name);
    let seen = desk.if_match()?;
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let read = group(&mut fields, name.clone());
    let read = fields.finish(read)?;
    put(&desk, &name, &read, seen).await
}

/// Removes a group; its live requests live on.
#[utoipa::path(
    delete, path = "/ges/api/v1/call-in/groups/{name}", operation_id = "removeCallInGroup", tag = "call-in",
    params(
        ("name" = String, Path, description = "The group"),
        ("If-Match" = String, Header, description = "The revision that was read"),
    ),
    responses((status = 200, description = "It is gone; the data is null", body = Envelope<KnownGroup>))
)]
async fn remove(desk: Desk) -> Said {
    let name = desk.path_name(GroupName::parse)?;
    desk.about(&name);
    let seen = desk.if_match()?;
    match desk.app().remove_call_in_group(desk.tenant(), &name, seen).await {
        Ok(()) => Ok(Answer::data(&Value::Null)),
        Err(GroupFailure::Changed { .. }) => Err(changed(&json!(stands(&desk, &name).await?))),
        Err(failure) => Err(refused(failure)),
    }
}

/// A request for a number, and what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallInRow {
    /// Its id.
    id: Uuid,
    /// The group.
    group: String,
    /// `live`, `matched` or `expired`.
    state: &'static str,
    /// The number that the customer calls from, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    /// The number to dial.
    dnis: String,
    /// The code to type.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_code: Option<u32>,
    /// When it was asked for.
    #[schema(format = DateTime)]
    created_time: String,
    /// Until when a call is recognised.
    #[schema(format = DateTime)]
    expiration_time: String,
    /// When the call came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    matched_time: Option<String>,
    /// What told who it was: `accessCode`, `ani`, `dnis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_by: Option<Vec<&'static str>>,
    /// The callback that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_id: Option<Uuid>,
}

/// One page of requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct CallInRows {
    /// The newest first.
    requests: Vec<CallInRow>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn row(call_in: &CallIn, now: Timestamp) -> CallInRow {
    let matched = call_in.matched.as_ref();
    let stage = call_in.stage(now);
    CallInRow {
        id: call_in.id.uuid(),
        group: call_in.group.to_string(),
        state: stage.as_str(),
        phone_number: call_in.caller.as_ref().map(|phone| phone.e164().to_owned()),
        dnis: call_in.number.e164().to_owned(),
        // Whoever dials with a code that is live is taken for the customer.
        access_code: (stage != Stage::Live)
            .then_some(call_in.code)
            .flatten()
            .map(AccessCode::number),
        created_time: format_utc(call_in.created_at),
        expiration_time: format_utc(call_in.expires_at),
        matched_time: matched.map(|matched| format_utc(matched.at)),
        matched_by: matched.map(|it| it.by.iter().copied().map(Clue::as_str).collect()),
        callback_id: call_in.callback.map(CallbackId::uuid),
    }
}

/// Requests for numbers, the newest first.
#[utoipa::path(
    get, path = "/ges/api/v1/call-in/requests", operation_id = "listCallInRequests", tag = "call-in",
    params(
        ("group" = Option<String>, Query, description = "Of this group"),
        ("phone" = Option<String>, Query, description = "Of this caller"),
        ("state" = Option<String>, Query, description = "`live`, `matched` or `expired`"),
        ("from" = Option<String>, Query, description = "Asked for at this time or later"),
        ("to" = Option<String>, Query, description = "Asked for before this time"),
        ("limit" = Option<u16>, Query, description = "1 to 250 requests. Absent: 50"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Envelope<CallInRows>))
)]
async fn requests(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let group = fields.take("group", rules::name(GroupName::parse));
    let caller = fields.take("phone", rules::parsed(|text| PhoneNumber::parse(text, Country::US)));
    let stage = fields.take("state", rules::word(STAGES));
    let (from, to) = (fields.take("from", rules::instant), fields.take("to", rules::instant));
    let Paging { limit, after } = Paging::read(&mut fields, row_before);
    let after = after.map(|(at, id)| CallInCursor { at, id });
    let created = (from.is_some() || to.is_some())
        .then(|| Window::new(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX)));
    let created = created.transpose().unwrap_or_else(|_backwards| {
        fields.complain("to", Wrong::new("lies before from").code(Code::WindowInvalid));
        None
    });
    fields.finish(Some(()))?;
    let search = CallInSearch { group, caller, stage, created, after, limit };
    let page = desk.app().call_ins_for(desk.person(), &search).await?;
    let now = desk.app().now();
    let requests = page.call_ins.iter().map(|call_in| row(call_in, now)).collect();
    let next = page.next.map(|next| behind(next.at, next.id));
    Ok(Answer::data(&CallInRows { requests, next }))
}
