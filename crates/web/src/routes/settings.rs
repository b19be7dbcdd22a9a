//! What a contact centre offers, as Designer publishes it: one document a tenant, pushed whole or in parts.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::header::{ETAG, HeaderValue, IF_MATCH};
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use ges_app::PublishFailure;
use ges_domain::booking::Fingerprint;
use ges_domain::catalogue::{Catalogue, Publication, PublicationError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::create::idempotency_key;
use crate::Web;
use crate::answer::Answer;
use crate::body::canonical;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Complaint, Fields, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::pushes::Known;
use crate::wire::Envelope;

pub(crate) use read::{hours as read_hours, service as read_service};
pub(super) use write::SessionRecord;
pub(crate) use write::{HoursDocument, ServiceDocument};

/// The most services, withdrawals or business hours of one push.
const MOST: usize = 10_000;
/// The most errors that one answer lists.
const LISTED: usize = 1000;

/// Whether a push replaces everything: `full` does, `delta` does not.
const MODES: &[(&str, bool)] = &[("full", true), ("delta", false)];
const TABLES: &[(&str, ())] = &[("CALLBACK_SETTINGS", ())];

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Internal, "/ges/internal/v1/tenants/{ccid}/callback-settings")
        .get(published)
        .on(Method::PUT, publish)
        .mount(cfg);
}

/// A push of settings, and what is stored of all pushes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SettingsDocument {
    /// `CALLBACK_SETTINGS`.
    table: &'static str,
    /// Rises with each push of the contact centre.
    revision: u64,
    /// `full` replaces everything; `delta` adds, replaces and removes what it names.
    mode: &'static str,
    /// When it was published; for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    published_at: Option<String>,
    /// By whom; for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    published_by: Option<String>,
    /// Services to add or replace.
    services: Vec<ServiceDocument>,
    /// Services to withdraw.
    removed: Vec<String>,
    /// Business hours to add or replace.
    business_hours: Vec<HoursDocument>,
}

/// What a push did.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pushed {
    /// The revision that stands now.
    revision: u64,
    /// Services that were added or changed.
    updated: Vec<String>,
    /// Services that were withdrawn.
    removed: Vec<String>,
    /// Services that were pushed as they stood.
    unchanged: Vec<String>,
}

/// One error of a push.
#[derive(Serialize, ToSchema)]
pub(crate) struct PushError {
    /// The service or business hours it is about.
    service: String,
    /// The field.
    field: String,
    /// The code that the field alone would have had.
    code: u32,
    /// What is wrong with it.
    message: String,
}

impl PushError {
    fn of(service: &str, complaint: Complaint) -> Self {
        Self {
            service: service.to_owned(),
            message: format!("{} {}", complaint.field, complaint.wrong.what),
            field: complaint.field,
            code: complaint.wrong.code.number(),
        }
    }
}

/// The settings as they stand, as one full push.
#[utoipa::path(
    get,
    path = "/ges/internal/v1/tenants/{ccid}/callback-settings",
    operation_id = "readSettings",
    tag = "settings",
    params(("ccid" = String, Path, description = "The contact centre")),
    responses((status = 200, description = "The settings; the `ETag` is their revision", body = SettingsDocument))
)]
async fn published(call: Call) -> Said {
    let tenant: String = call.path()?;
    let tenant = call.named_tenant(&tenant).await?;
    let stock = call.app().shelf().reload(tenant).await?;
    let catalogue = &stock.catalogue;
    if catalogue.published == 0 && catalogue.services.is_empty() {
        let message = "nothing was published for this contact centre";
        return Err(Problem::new(Code::NothingHere, message));
    }
    let answer = Answer::bare(StatusCode::OK, &written(catalogue));
    Ok(answer.header(ETAG, etag(catalogue.published)))
}

/// Publishes settings: all of a push, or nothing.
///
/// A repeat with the same `Idempotency-Key` and the same body gets the answer of the first.
#[utoipa::path(
    put,
    path = "/ges/internal/v1/tenants/{ccid}/callback-settings",
    operation_id = "publishSettings",
    tag = "settings",
    params(
        ("ccid" = String, Path, description = "The contact centre"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the settings that the push was made from"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the push, so that it may be repeated"),
    ),
    request_body = SettingsDocument,
    responses((status = 200, description = "Published", body = Envelope<Pushed>))
)]
async fn publish(mut call: Call) -> Said {
    let tenant: String = call.path()?;
    let tenant = call.named_tenant(&tenant).await?;
    if call.app().tenant(tenant).await?.is_none() {
        return Err(Problem::new(Code::NothingHere, "there is no such contact centre"));
    }
    let key = idempotency_key(&call)?;
    let expected = expected(&call)?;
    let limit = call.web().config().settings_limit_bytes;
    let body = call.body_within(limit).await?;
    let now = call.app().now();
    let key = key.map(|key| (key, Fingerprint::of(canonical(&body).as_bytes())));
    if let Some((key, fingerprint)) = &key {
        match call.web().pushes().recall(tenant, key, *fingerprint, now) {
            Known::No => {}
            Known::Answered(answer) => return Ok(Answer::data(&answer)),
            Known::Reused => return Err(ges_domain::refusal::Refusal::KeyReused.into()),
        }
    }
    let publication = publication(&body)?;
    let (catalogue, done) =
        call.app().publish(tenant, &publication, expected).await.map_err(refused)?;
    let names = |names: Vec<ges_domain::name::ServiceName>| -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    };
    let answer = json!(Pushed {
        revision: catalogue.published,
        updated: names(done.updated),
        removed: names(done.removed),
        unchanged: names(done.unchanged),
    });
    if let Some((key, fingerprint)) = key {
        call.web().pushes().remember(tenant, key, fingerprint, now, answer.clone());
    }
    Ok(Answer::data(&answer).header(ETAG, etag(catalogue.published)))
}

fn etag(revision: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{revision}\"")).expect("digits in quotes are a header value")
}

/// The revision that the push was made from; none where it does not say, or says any.
fn expected(call: &Call) -> Result<Option<u64>, Problem> {
    let Some(value) = call.headers().get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let revision = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let revision = revision.and_then(|text| text.parse().ok());
    let odd = || Problem::new(Code::FieldInvalid, "If-Match is not a revision in quotes");
    revision.map(Some).ok_or_else(odd)
}

fn publication(body: &Map<String, Value>) -> Result<Publication, Problem> {
    let mut fields = Fields::of(body);
    fields.take("table", rules::word(TABLES));
    let revision = fields.need("revision", rules::whole(1..=i64::MAX));
    let full = fields.need("mode", rules::word(MODES));
    fields.take("publishedAt", rules::instant);
    let by = fields.take("publishedBy", rules::owned(255));
    let services = fields.take("services", rules::list(MOST)).unwrap_or_default();
    let removed = fields.take("removed", rules::list(MOST)).unwrap_or_default();
    let hours = fields.take("businessHours", rules::list(MOST)).unwrap_or_default();
    let (revision, full) = fields.finish(revision.zip(full))?;

    let mut errors = Errors::default();
    let mut publication = Publication {
        full,
        revision: revision.unsigned_abs(),
        by,
        services: BTreeMap::new(),
        removed: BTreeSet::new(),
        hours: BTreeMap::new(),
    };
    for (index, value) in services.iter().enumerate() {
        let place = || format!("services[{index}]");
        if let Some((name, settings)) = errors.read(value, place, read::service)
            && publication.services.insert(name.clone(), settings).is_some()
        {
            errors.add(name.as_str(), "name", Wrong::new("is given twice"));
        }
    }
    for (index, value) in hours.iter().enumerate() {
        let place = || format!("businessHours[{index}]");
        if let Some((name, hours)) = errors.read(value, place, read::hours)
            && publication.hours.insert(name.clone(), hours).is_some()
        {
            errors.add(name.as_str(), "name", Wrong::new("is given twice"));
        }
    }
    for (index, value) in removed.iter().enumerate() {
        match read::service_name(value) {
            Ok(name) if publication.services.contains_key(&name) => {
                errors.add(name.as_str(), "removed", Wrong::new("names a service that is pushed"));
            }
            Ok(name) => {
                publication.removed.insert(name);
            }
            Err(wrong) => errors.add(&format!("removed[{index}]"), "removed", wrong),
        }
    }
    errors.refuse()?;
    Ok(publication)
}

/// All that is wrong with a push of settings as far as it tells by itself, a line each.
pub fn complaints(push: &Map<String, Value>) -> Vec<String> {
    let Err(problem) = publication(push) else { return Vec::new() };
    let errors = problem.data.as_ref().and_then(|data| data["errors"].as_array());
    let Some(errors) = errors else { return vec![problem.message] };
    let line = |error: &Value| {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        format!("{}: {}", text("service"), text("message"))
    };
    errors.iter().map(line).collect()
}

/// What is wrong with the parts of a push.
#[derive(Default)]
struct Errors(Vec<PushError>);

impl Errors {
    fn add(&mut self, service: &str, field: &str, wrong: Wrong) {
        self.0.push(PushError::of(service, Complaint { field: field.to_owned(), wrong }));
    }

    /// Reads one part; its errors bear its name, or its place where it has none.
    fn read<T>(
        &mut self,
        value: &Value,
        place: impl Fn() -> String,
        read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(object) = value else {
            self.add(&place(), "", Wrong::new("it is not an object"));
            return None;
        };
        let mut fields = Fields::of(object);
        let part = read(&mut fields).filter(|_| fields.fit());
        let named = object.get("name").and_then(Value::as_str).filter(|name| name.len() <= 255);
        let named = named.map_or_else(&place, str::to_owned);
        let wrong = fields.into_complaints();
        self.0.extend(wrong.into_iter().map(|complaint| PushError::of(&named, complaint)));
        part
    }

    fn refuse(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(invalid(self.0)) }
    }
}

fn invalid(mut errors: Vec<PushError>) -> Problem {
    let message = format!("the push holds {} errors; data.errors lists them", errors.len());
    errors.truncate(LISTED);
    Problem::new(Code::SettingsInvalid, message).with_data(json!({ "errors": errors }))
}

fn refused(failure: PublishFailure) -> Problem {
    match failure {
        PublishFailure::Refused(PublicationError::NotNewer { now })
        | PublishFailure::Mismatch { now } => {
            let message = format!("the published revision is {now}; push a higher one");
            Problem::new(Code::Changed, message).with_data(json!({ "revision": now }))
        }
        PublishFailure::Refused(PublicationError::UnknownHours(lost)) => {
            let error = |(service, hours): (_, ges_domain::name::HoursName)| PushError {
                service: String::from(service),
                field: String::from("businessHours"),
                code: Code::UnknownName.number(),
                message: format!("businessHours names `{hours}`, which nobody published"),
            };
            invalid(lost.into_iter().map(error).collect())
        }
        PublishFailure::Faulted(fault) => fault.into(),
    }
}

fn written(catalogue: &Catalogue) -> SettingsDocument {
    let offered = catalogue.services.iter().filter(|(_, entry)| !entry.retired);
    SettingsDocument {
        table: "CALLBACK_SETTINGS",
        revision: catalogue.published,
        mode: "full",
        published_at: None,
        published_by: None,
        services: offered
            .map(|(name, entry)| ServiceDocument::of(name.as_str(), &entry.settings))
            .collect(),
        removed: Vec::new(),
        business_hours: catalogue.hours.values().map(HoursDocument::of).collect(),
    }
}
