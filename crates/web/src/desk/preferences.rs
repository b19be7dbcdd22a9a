//! What a person likes: small documents of their own, such as saved views and the columns of a list.
//!
//! The service keeps them and reads none; the last one written counts.

use ges_domain::token::TokenHash;
use ges_ports::{RecordKey, RecordKind, RecordName};
use serde_json::Value;
use utoipa::OpenApi;

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::problem::{Code, Problem};

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ONE: &str = "/ges/api/v1/preferences/{key}";
const KIND: RecordKind = RecordKind::new("preferences");
/// The most bytes of a document.
const LONGEST: usize = 16 * 1024;

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ONE, Guard::SignedIn),
    Operation::read(Verb::Put, ONE, Guard::SignedIn),
    Operation::read(Verb::Delete, ONE, Guard::SignedIn),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ONE).get(read).put(write).delete(forget).mount();
}

#[derive(OpenApi)]
#[openapi(paths(read, write, forget))]
struct Described;

/// A document of the person's own; `data` is null where there is none.
#[utoipa::path(
    get,
    path = "/ges/api/v1/preferences/{key}",
    operation_id = "readPreference",
    tag = "sign-in",
    params(("key" = String, Path, description = "1 to 40 of `a-z` and `-`", example = "saved-views")),
    responses((status = 200, description = "The document, in the envelope", body = Object))
)]
async fn read(desk: Desk) -> Said {
    let key = key(&desk)?;
    let document = desk.app().document(&key).await?;
    Ok(Answer::data(&document.unwrap_or(Value::Null)))
}

/// Keeps a document of the person's own, in the place of the one before.
#[utoipa::path(
    put,
    path = "/ges/api/v1/preferences/{key}",
    operation_id = "writePreference",
    tag = "sign-in",
    params(("key" = String, Path, description = "1 to 40 of `a-z` and `-`", example = "saved-views")),
    request_body = Object,
    responses((status = 200, description = "The document, in the envelope", body = Object))
)]
async fn write(mut desk: Desk) -> Said {
    let key = key(&desk)?;
    let document = Value::Object(desk.body_within(LONGEST).await?);
    desk.app().keep_document(&key, &document).await?;
    Ok(Answer::data(&document))
}

/// Forgets a document of the person's own; forgetting twice is forgetting once.
#[utoipa::path(
    delete,
    path = "/ges/api/v1/preferences/{key}",
    operation_id = "forgetPreference",
    tag = "sign-in",
    params(("key" = String, Path, description = "1 to 40 of `a-z` and `-`", example = "saved-views")),
    responses((status = 200, description = "It is gone; `data` is null", body = Object))
)]
async fn forget(desk: Desk) -> Said {
    let key = key(&desk)?;
    desk.app().forget_document(&key).await?;
    Ok(Answer::data(&Value::Null))
}

/// Where the document lies: beside those of the same person, and of nobody else.
fn key(desk: &Desk) -> Result<RecordKey, Problem> {
    let key: String = desk.path()?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    let fits = (1..=40).contains(&key.len()) && key.bytes().all(plain);
    let person = TokenHash::of(&desk.person().user_name.to_lowercase()).hex();
    let name = RecordName::parse(&format!("{person}/{key}")).ok().filter(|_| fits);
    let name = name.ok_or_else(|| {
        Problem::new(Code::FieldInvalid, "key is not a key of 1 to 40 characters a-z and -")
    })?;
    Ok(RecordKey { tenant: desk.tenant(), kind: KIND, name })
}
