//! The keys of the public API, and the contact centre's configuration at its source.

use ges_app::{Failure, KnownKey};
use ges_domain::access::Permission as P;
use ges_domain::refusal::Refusal;
use ges_domain::time::format_utc;
use ges_ports::RecordName;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/api-keys";
const ONE: &str = "/ges/api/v1/api-keys/{name}";
const REFETCH: &str = "/ges/api/v1/tenant/refetch";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, Guard::May(P::ManageApiKeys)),
    Operation::write(Verb::Post, ALL, Guard::May(P::ManageApiKeys), "apikey.make").also(&[409]),
    Operation::write(Verb::Delete, ONE, Guard::May(P::ManageApiKeys), "apikey.remove").also(&[404]),
    Operation::write(Verb::Post, REFETCH, Guard::May(P::RefetchTenant), "tenant.refetch")
        .also(&[404]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(all).post(make).mount();
    doors.at(ONE).delete(remove).mount();
    doors.at(REFETCH).post(refetch).mount();
}

#[derive(OpenApi)]
#[openapi(paths(all, make, remove, refetch))]
struct Described;

/// The contact centre's keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    /// The keys, by name.
    keys: Vec<Key>,
    /// Whether keys can be made and removed here.
    writable: bool,
}

/// A key, which itself is never told again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Key {
    /// Its name.
    name: String,
    /// When it was made, where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    made_at: Option<String>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When a request bore it last, to a minute or two; absent for one that was not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

impl From<KnownKey> for Key {
    fn from(key: KnownKey) -> Self {
        Self {
            name: key.name,
            made_at: key.made_at.map(format_utc),
            by: key.by,
            last_used_at: key.last_used_at.map(format_utc),
        }
    }
}

/// A wish for a key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes")]
pub(crate) struct MakeKey {
    /// Its name, by which it can be removed.
    #[schema(max_length = 100)]
    name: String,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeKey {
    /// Its name.
    name: String,
    /// The key. It is told this once.
    key: String,
}

/// The contact centre as it was read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refetched {
    /// When it was read.
    #[schema(format = DateTime)]
    read_at: String,
    /// How many services it offers.
    services: usize,
}

/// The names of the contact centre's keys.
#[utoipa::path(
    get,
    path = "/ges/api/v1/api-keys",
    operation_id = "listApiKeys",
    tag = "api-keys",
    responses((status = 200, description = "The keys, by name", body = Envelope<Keys>))
)]
async fn all(desk: Desk) -> Said {
    let keys = desk.app().api_keys(desk.tenant()).await?;
    let keys = keys.into_iter().map(Key::from).collect();
    Ok(Answer::data(&Keys { keys, writable: true }))
}

/// Makes a key and gives it to the contact centre.
#[utoipa::path(
    post,
    path = "/ges/api/v1/api-keys",
    operation_id = "makeApiKey",
    tag = "api-keys",
    request_body = MakeKey,
    responses((status = 200, description = "The key, this once", body = Envelope<MadeKey>))
)]
async fn make(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let name = fields.need("name", |given| {
        let text = rules::owned(100)(given)?;
        RecordName::parse(&text).map_err(|error| Wrong::new(error.to_string()))
    });
    let name = fields.finish(name)?;
    desk.about(&name);
    let by = desk.person().user_name.clone();
    match desk.app().make_api_key(desk.tenant(), &name, &by).await? {
        Some(key) => {
            let made = MadeKey { name: name.to_string(), key: key.expose().to_owned() };
            Ok(Answer::data(&made))
        }
        None => Err(Problem::new(
            Code::Changed,
            "there is a key of this name; remove it, or choose another name",
        )),
    }
}

/// Takes a key back: it opens nothing any more, within ten minutes on every node.
#[utoipa::path(
    delete,
    path = "/ges/api/v1/api-keys/{name}",
    operation_id = "removeApiKey",
    tag = "api-keys",
    params(("name" = String, Path, description = "The key's name")),
    responses((status = 200, description = "It is gone", body = Object))
)]
async fn remove(desk: Desk) -> Said {
    let nothing = || Problem::new(Code::NothingHere, "there is no key of this name");
    let name: String = desk.path()?;
    let name = RecordName::parse(&name).map_err(|_odd| nothing())?;
    desk.about(&name);
    match desk.app().remove_api_key(desk.tenant(), &name).await {
        Ok(()) => Ok(Answer::data(&serde_json::json!({}))),
        Err(Failure::Refused(Refusal::UnknownName)) => Err(nothing()),
        Err(failure) => Err(failure.into()),
    }
}

/// Reads the contact centre's configuration again, now.
#[utoipa::path(
    post,
    path = "/ges/api/v1/tenant/refetch",
    operation_id = "refetchTenant",
    tag = "api-keys",
    responses((status = 200, description = "It was read", body = Envelope<Refetched>))
)]
async fn refetch(desk: Desk) -> Said {
    let tenant = desk.app().refetch_tenant(desk.tenant()).await?;
    let gone =
        || Problem::new(Code::NothingHere, "its source does not know the contact centre any more");
    let tenant = tenant.ok_or_else(gone)?;
    let stock = desk.app().shelf().stock(desk.tenant()).await?;
    let services = stock.catalogue.services.values().filter(|entry| !entry.retired).count();
    Ok(Answer::data(&Refetched { read_at: format_utc(tenant.read_at), services }))
}
