//! What the contact centre has with other systems: an account for push notices, a captcha, an account for statistics.
//!
//! Secrets come in here and never go out again.

use ges_app::{CredentialKind, Described as Known, Entry, PutFailure, Shown};
use ges_domain::access::Permission as P;
use ges_domain::time::format_utc;
use ges_ports::{CaptchaVersion, FailMode, Secret};
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const ALL: &str = "/ges/api/v1/credentials";
const ONE: &str = "/ges/api/v1/credentials/{kind}";
const TEST: &str = "/ges/api/v1/credentials/{kind}/test";
const ANY: Guard = Guard::OneOf(&[P::ManagePush, P::ManageCaptcha, P::ManageStatistics]);

/// Hosts on whose pages a token may have been made.
const MOST_HOSTS: usize = 100;
/// A service account's document has 3 KiB.
const LONGEST_KEY: usize = 16 * 1024;

const PROVIDERS: &[(&str, CaptchaVersion)] = &[
    ("v2", CaptchaVersion::V2),
    ("v3", CaptchaVersion::V3),
    ("enterprise", CaptchaVersion::Enterprise),
];
const FAIL_MODES: &[(&str, FailMode)] = &[("closed", FailMode::Closed), ("open", FailMode::Open)];

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, ALL, ANY),
    Operation::write(Verb::Put, ONE, ANY, "credential.set").also(&[404]),
    Operation::write(Verb::Delete, ONE, ANY, "credential.remove").also(&[404]),
    Operation::write(Verb::Post, TEST, ANY, "credential.test").also(&[404]),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(ALL).get(all).mount();
    doors.at(ONE).put(set).delete(remove).mount();
    doors.at(TEST).post(test).mount();
}

#[derive(OpenApi)]
#[openapi(paths(all, set, remove, test), components(schemas(SetPush, SetCaptcha, SetStatistics)))]
struct Described;

/// The account with the push service, as Google hands it out.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes")]
pub(crate) struct SetPush {
    /// The service account's document: an object, or its text.
    #[schema(value_type = Object)]
    service_account: Value,
}

/// The captcha of the contact centre's pages.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes")]
pub(crate) struct SetCaptcha {
    /// `v2`, `v3` or `enterprise`.
    provider: String,
    /// The public key, which the pages bear.
    #[schema(max_length = 255)]
    site_key: String,
    /// The secret, or the API key of the Enterprise form; left out, the one before stays.
    #[schema(max_length = 1024)]
    secret: Option<String>,
    /// The project, for the Enterprise form.
    #[schema(max_length = 255)]
    project: Option<String>,
    /// The score from which a token is a person's, 0 to 1; 0.5 where it is left out.
    min_score: Option<f64>,
    /// The action for which a token must have been made.
    #[schema(max_length = 255)]
    action: Option<String>,
    /// The hosts on whose pages a token may have been made; none is any.
    #[schema(max_items = 100)]
    hostnames: Option<Vec<String>>,
    /// Whether a booking over the public API needs a token; yes where it is left out.
    enforce: Option<bool>,
    /// `closed` refuses bookings while the captcha service is away, `open` takes them unchecked.
    fail_mode: Option<String>,
}

/// The account with the statistics service.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes")]
pub(crate) struct SetStatistics {
    /// The user's name, with the domain before it where the platform wants one.
    #[schema(max_length = 255)]
    user_name: String,
    /// The password; left out, the one before stays.
    #[schema(max_length = 1024)]
    password: Option<String>,
}

/// What is set, without the secrets. Kinds that the person may not manage are left out.
#[utoipa::path(
    get,
    path = "/ges/api/v1/credentials",
    operation_id = "listCredentials",
    tag = "credentials",
    responses((status = 200, description = "`push`, `captcha` and `statistics`, in the envelope", body = Object))
)]
async fn all(desk: Desk) -> Said {
    let mut told = Map::new();
    for kind in CredentialKind::ALL {
        if desk.person().may(permission(kind)) {
            let known = desk.app().credential_described(desk.tenant(), kind).await?;
            told.insert(kind.as_str().to_owned(), written(known.as_ref()));
        }
    }
    Ok(Answer::data(&told))
}

/// Sets one, in the place of what was set before.
#[utoipa::path(
    put,
    path = "/ges/api/v1/credentials/{kind}",
    operation_id = "setCredential",
    tag = "credentials",
    params(("kind" = String, Path, description = "`push`, `captcha` or `statistics`")),
    request_body(content = SetCaptcha, description = "By kind: `SetPush`, `SetCaptcha` or `SetStatistics`"),
    responses((status = 200, description = "What is set, without the secret, in the envelope", body = Object))
)]
async fn set(mut desk: Desk) -> Said {
    let kind = kind(&desk)?;
    let body = desk.body().await?;
    let entry = match kind {
        CredentialKind::Push => push(&body)?,
        CredentialKind::Captcha => captcha(&body)?,
        CredentialKind::Statistics => statistics(&body)?,
    };
    let by = desk.person().user_name.clone();
    match desk.app().put_credential(desk.tenant(), entry, &by).await {
        Ok(known) => Ok(Answer::data(&written(Some(&known)))),
        Err(PutFailure::NoSecret) => {
            let field = if kind == CredentialKind::Statistics { "password" } else { "secret" };
            let message = format!("{field} is missing, and none is kept from before");
            Err(Problem::new(Code::FieldInvalid, message))
        }
        Err(PutFailure::Faulted(fault)) => Err(fault.into()),
    }
}

/// Removes one.
#[utoipa::path(
    delete,
    path = "/ges/api/v1/credentials/{kind}",
    operation_id = "removeCredential",
    tag = "credentials",
    params(("kind" = String, Path, description = "`push`, `captcha` or `statistics`")),
    responses((status = 200, description = "It is gone", body = Object))
)]
async fn remove(desk: Desk) -> Said {
    let kind = kind(&desk)?;
    if !desk.app().remove_credential(desk.tenant(), kind).await? {
        return Err(nothing());
    }
    Ok(Answer::data(&written(None)))
}

/// Asks the other system something harmless, and says whether it takes what is set.
#[utoipa::path(
    post,
    path = "/ges/api/v1/credentials/{kind}/test",
    operation_id = "testCredential",
    tag = "credentials",
    params(("kind" = String, Path, description = "`push`, `captcha` or `statistics`")),
    responses((status = 200, description = "`ok` and a `message`, in the envelope", body = Object))
)]
async fn test(desk: Desk) -> Said {
    let kind = kind(&desk)?;
    match desk.app().try_credential(desk.tenant(), kind).await {
        Ok(None) => Err(nothing()),
        Ok(Some(tried)) => Ok(Answer::data(&json!({ "ok": tried.ok, "message": tried.message }))),
        // Trouble on the way is what a test is to find out; our own store's is not.
        Err(ges_app::Failure::Faulted(fault)) if fault.peer != "store" => {
            let message = format!("the service cannot be asked right now: {fault}");
            Ok(Answer::data(&json!({ "ok": false, "message": message })))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The kind in the path, which the person must be permitted to manage.
fn kind(desk: &Desk) -> Result<CredentialKind, Problem> {
    let kind: String = desk.path()?;
    let kind = CredentialKind::parse(&kind).ok_or_else(nothing)?;
    desk.need(permission(kind))?;
    desk.about(&kind.as_str());
    Ok(kind)
}

fn nothing() -> Problem {
    Problem::new(Code::NothingHere, "nothing is set here")
}

const fn permission(kind: CredentialKind) -> P {
    match kind {
        CredentialKind::Push => P::ManagePush,
        CredentialKind::Captcha => P::ManageCaptcha,
        CredentialKind::Statistics => P::ManageStatistics,
    }
}

fn written(known: Option<&Known>) -> Value {
    let Some(Known { shown, updated_at, by }) = known else {
        return json!({ "configured": false });
    };
    let mut told = match shown {
        Shown::Push { project, email, key_id } => {
            json!({ "projectId": project, "clientEmail": email, "keyId": key_id })
        }
        Shown::Captcha {
            site_key,
            version,
            project,
            min_score,
            expected_action,
            allowed_hostnames,
            enforce,
            fail_mode,
        } => json!({
            "provider": version.as_str(),
            "siteKey": site_key,
            "project": project,
            "minScore": min_score,
            "action": expected_action,
            "hostnames": allowed_hostnames,
            "enforce": enforce,
            "failMode": fail_mode.as_str(),
        }),
        Shown::Statistics { user_name } => json!({ "userName": user_name }),
    };
    told["configured"] = json!(true);
    told["updatedAt"] = json!(format_utc(*updated_at));
    told["by"] = json!(by);
    told
}

fn push(body: &Map<String, Value>) -> Result<Entry, Problem> {
    let mut fields = Fields::of(body);
    let account = fields.need("serviceAccount", account);
    let account = fields.finish(account)?;
    let mut fields = Fields::of(&account);
    let project = fields.need("project_id", rules::owned(255));
    let email = fields.need("client_email", rules::owned(255));
    let key_id = fields.take("private_key_id", rules::owned(255)).unwrap_or_default();
    let key = fields.need("private_key", key);
    let ((project, email), key) = fields.finish(project.zip(email).zip(key))?;
    let shown = Shown::Push { project, email, key_id };
    Ok(Entry { shown, secret: Some(Secret::new(key)) })
}

/// The document of a service account: an object, or a text that holds one.
fn account(given: Given<'_>) -> Result<Map<String, Value>, Wrong> {
    let odd = || Wrong::new("is not the document of a service account");
    match given {
        Given::Json(Value::Object(object)) => Ok(object.clone()),
        Given::Json(Value::String(text)) if text.len() <= LONGEST_KEY => {
            serde_json::from_str(text).map_err(|_holds_a_key| odd())
        }
        Given::Json(_) | Given::Text(_) => Err(odd()),
    }
}

/// A key in PEM, lines and all; whether it is one, the test tells.
fn key(given: Given<'_>) -> Result<String, Wrong> {
    match given {
        Given::Json(Value::String(text)) if (1..=LONGEST_KEY).contains(&text.len()) => {
            Ok(text.clone())
        }
        Given::Json(_) | Given::Text(_) => Err(Wrong::new("is not a key in PEM")),
    }
}

fn captcha(body: &Map<String, Value>) -> Result<Entry, Problem> {
    let mut fields = Fields::of(body);
    let version = fields.need("provider", rules::word(PROVIDERS));
    let site_key = fields.need("siteKey", rules::owned(255));
    let secret = fields.take("secret", rules::owned(1024)).map(Secret::new);
    let project = fields.take("project", rules::owned(255));
    if version == Some(CaptchaVersion::Enterprise) && project.is_none() {
        fields.complain("project", Wrong::new("is missing, and `enterprise` has one"));
    }
    let min_score = fields.take("minScore", score).unwrap_or(0.5);
    let expected_action = fields.take("action", rules::owned(255));
    let hostnames = fields.take("hostnames", rules::list(MOST_HOSTS)).unwrap_or_default();
    let mut allowed_hostnames = Vec::new();
    for host in hostnames {
        match rules::owned(255)(Given::Json(host)) {
            Ok(host) => allowed_hostnames.push(host),
            Err(wrong) => fields.complain("hostnames", wrong),
        }
    }
    let enforce = fields.take("enforce", rules::flag).unwrap_or(true);
    let fail_mode = fields.take("failMode", rules::word(FAIL_MODES)).unwrap_or_default();
    let (version, site_key) = fields.finish(version.zip(site_key))?;
    let shown = Shown::Captcha {
        site_key,
        version,
        project,
        min_score,
        expected_action,
        allowed_hostnames,
        enforce,
        fail_mode,
    };
    Ok(Entry { shown, secret })
}

fn score(given: Given<'_>) -> Result<f64, Wrong> {
    match given {
        Given::Json(Value::Number(number)) => number
            .as_f64()
            .filter(|score| (0.0..=1.0).contains(score))
            .ok_or_else(|| Wrong::new("is not between 0 and 1")),
        Given::Json(_) | Given::Text(_) => Err(Wrong::new("is not a number")),
    }
}

fn statistics(body: &Map<String, Value>) -> Result<Entry, Problem> {
    let mut fields = Fields::of(body);
    let user_name = fields.need("userName", rules::owned(255));
    let secret = fields.take("password", rules::owned(1024)).map(Secret::new);
    let user_name = fields.finish(user_name)?;
    Ok(Entry { shown: Shown::Statistics { user_name }, secret })
}
