//! What a callback's session tells and asks: it runs, it moved, it keeps something, the call is near.
//!
//! Each request bears the update token of one attempt. The answers are as short as their contract wants them, without
//! the envelope; failures have it, and their messages open with the word that scripts look for.

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use ges_app::Started;
use ges_domain::callback::{Dial, Patch, Reason, Report, Scalar, State, Storage};
use ges_domain::id::{Attempt, SessionId};
use ges_domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::search::STATES;
use super::settings::SessionRecord;
use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::Problem;

/// The most keys that one question after storage names.
const MOST_KEYS: usize = 500;

const NOTICES: &[(&str, ())] = &[("CALLBACK_UPCOMING", ())];

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    let at = |route| At::new(web, Audience::Internal, route);
    at("/ges/internal/v1/callbacks/{id}").get(attended).mount(cfg);
    at("/ges/internal/v1/callbacks/{id}/started").post(started).mount(cfg);
    at("/ges/internal/v1/callbacks/{id}/state").post(state).mount(cfg);
    at("/ges/internal/v1/callbacks/{id}/storage").get(storage).on(Method::PATCH, store).mount(cfg);
    at("/ges/internal/v1/callbacks/{id}/notify").post(notify).mount(cfg);
}

/// A session's first word.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct SessionStarted {
    /// The attempt that it runs for.
    attempt: u32,
    /// The session.
    session_id: String,
    /// The node that owns it.
    #[schema(max_length = 255)]
    node: Option<String>,
    /// The entry of the stream that started it.
    #[schema(max_length = 255)]
    stream_id: Option<String>,
    /// When it started, in milliseconds since 1970.
    started_at: Option<i64>,
}

/// A session's view of its callback.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `report` takes; a test compares the two")]
pub(crate) struct SessionState {
    /// The attempt that it runs for.
    attempt: u32,
    /// Rises with each update of the session.
    seq: u64,
    /// When it happened, in milliseconds since 1970.
    at: Option<i64>,
    /// The state to go to.
    state: String,
    /// How it ended: an upper-case token; with `COMPLETED`, and only then.
    reason: Option<String>,
    /// The new desired time, with `SCHEDULED`.
    next_desired_time: Option<Moment>,
    /// The interaction in the queue.
    #[schema(max_length = 255)]
    interaction_id: Option<String>,
    /// The call.
    #[schema(max_length = 255)]
    call_uuid: Option<String>,
    /// The agent's user name.
    #[schema(max_length = 255)]
    agent: Option<String>,
    /// A dial result.
    dial: Option<SessionDial>,
    /// The place in the queue from 1.
    position_in_queue: Option<u32>,
    /// The estimated wait in seconds.
    ewt: Option<f64>,
}

/// An instant.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `moment` takes; a test compares the two")]
pub(crate) enum Moment {
    /// ISO 8601 with `Z` or an offset.
    Text(String),
    /// Milliseconds since 1970.
    Millis(i64),
}

/// The outcome of one dial.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `dial` takes; a test compares the two")]
pub(crate) struct SessionDial {
    /// Which dial of the session, from 1.
    n: u32,
    /// An upper-case token such as `NO_ANSWER`.
    result: String,
    /// When, in milliseconds since 1970.
    at: i64,
}

/// A notice to the customer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct SessionNotice {
    /// `CALLBACK_UPCOMING`.
    event: String,
}

/// The version of the stored data.
#[derive(Serialize, ToSchema)]
pub(crate) struct StorageVersion {
    /// Rises with each change.
    version: u64,
}

/// The stored data.
#[derive(Serialize, ToSchema)]
pub(crate) struct StorageRead {
    /// Rises with each change.
    version: u64,
    /// Texts, numbers and truth values by name.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

/// The callback with the settings it was booked under.
#[utoipa::path(
    get,
    path = "/ges/internal/v1/callbacks/{id}",
    operation_id = "readCallback",
    tag = "sessions",
    params(("id" = String, Path, description = "The callback")),
    responses((status = 200, description = "The callback", body = SessionRecord))
)]
async fn attended(call: Call) -> Said {
    let session = call.session()?;
    let heard = call.app().attended(session).await;
    let callback = call.heard(session, heard)?;
    Ok(Answer::bare(StatusCode::OK, &SessionRecord::of(&callback)))
}

/// A session runs.
#[utoipa::path(
    post,
    path = "/ges/internal/v1/callbacks/{id}/started",
    operation_id = "sessionStarted",
    tag = "sessions",
    params(("id" = String, Path, description = "The callback")),
    request_body = SessionStarted,
    responses((status = 204, description = "Noted"))
)]
async fn started(mut call: Call) -> Said {
    let session = call.session()?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let attempt = fields.need("attempt", attempt);
    let id = fields.need("sessionId", rules::parsed(SessionId::parse));
    let node = fields.take("node", rules::owned(255));
    fields.take("streamId", rules::text(255));
    fields.take("startedAt", rules::millis);
    let (attempt, id) = fields.finish(attempt.zip(id))?;
    let heard = call.app().started(session, Started { attempt, session: id, node }).await;
    call.heard(session, heard)?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A session moved its callback.
#[utoipa::path(
    post,
    path = "/ges/internal/v1/callbacks/{id}/state",
    operation_id = "sessionState",
    tag = "sessions",
    params(("id" = String, Path, description = "The callback")),
    request_body = SessionState,
    responses((status = 204, description = "Noted, now or before"))
)]
async fn state(mut call: Call) -> Said {
    let session = call.session()?;
    let body = call.body().await?;
    let heard = call.app().reported(session, report(&body)?).await;
    call.heard(session, heard)?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A session keeps something: a merge patch (RFC 7396) of a flat map.
#[utoipa::path(
    patch,
    path = "/ges/internal/v1/callbacks/{id}/storage",
    operation_id = "patchStorage",
    tag = "sessions",
    params(("id" = String, Path, description = "The callback")),
    request_body(content = Object, description = "Texts, numbers and truth values by name; null removes"),
    responses((status = 200, description = "Kept", body = StorageVersion))
)]
async fn store(mut call: Call) -> Said {
    let session = call.session()?;
    let body = call.body().await?;
    let heard = call.app().stored(session, patch(&body)?).await;
    let stored = call.heard(session, heard)?;
    Ok(Answer::bare(StatusCode::OK, &StorageVersion { version: stored.version }))
}

/// What a session kept.
#[utoipa::path(
    get,
    path = "/ges/internal/v1/callbacks/{id}/storage",
    operation_id = "readStorage",
    tag = "sessions",
    params(
        ("id" = String, Path, description = "The callback"),
        ("keys" = Option<String>, Query, description = "Only these names, with commas between them"),
    ),
    responses((status = 200, description = "The stored data", body = StorageRead))
)]
async fn storage(call: Call) -> Said {
    let session = call.session()?;
    let query = call.query()?;
    let mut fields = Fields::of_query(&query);
    let keys = fields.take("keys", rules::text(64 * 1024));
    let keys: Option<Vec<&str>> = keys.map(|keys| keys.split(',').take(MOST_KEYS + 1).collect());
    if keys.as_ref().is_some_and(|keys| keys.len() > MOST_KEYS) {
        fields.complain("keys", Wrong::new(format!("names more than {MOST_KEYS} keys")));
    }
    fields.finish(Some(()))?;
    let heard = call.app().attended(session).await;
    let Storage { version, values } = call.heard(session, heard)?.storage;
    let wanted = |name: &str| keys.as_ref().is_none_or(|keys| keys.contains(&name));
    let data = values.into_iter().filter(|(name, _)| wanted(name));
    let data = data.map(|(name, value)| (name, json(value))).collect();
    Ok(Answer::bare(StatusCode::OK, &StorageRead { version, data }))
}

/// The call is near: the customer is told, once for ever.
#[utoipa::path(
    post,
    path = "/ges/internal/v1/callbacks/{id}/notify",
    operation_id = "notifyCustomer",
    tag = "sessions",
    params(("id" = String, Path, description = "The callback")),
    request_body = SessionNotice,
    responses((status = 202, description = "The notice is on its way"))
)]
async fn notify(mut call: Call) -> Said {
    let session = call.session()?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let event = fields.need("event", rules::word(NOTICES));
    fields.finish(event)?;
    let heard = call.app().notified(session).await;
    call.heard(session, heard)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

fn attempt(given: Given<'_>) -> Result<Attempt, Wrong> {
    rules::whole(1..=u32::MAX)(given).map(Attempt::new)
}

fn report(body: &Map<String, Value>) -> Result<Report, Problem> {
    let mut fields = Fields::of(body);
    let attempt = fields.need("attempt", attempt);
    let seq = fields.need("seq", rules::whole(0..=i64::MAX));
    let state = fields.need("state", rules::word(STATES));
    let reason = fields.take("reason", rules::parsed(Reason::parse));
    let next_desired_at = fields.take("nextDesiredTime", moment);
    let at = fields.take("at", rules::millis);
    let interaction_id = fields.take("interactionId", rules::owned(255));
    let call_uuid = fields.take("callUuid", rules::owned(255));
    let agent = fields.take("agent", rules::owned(255));
    let dial = fields.object("dial", dial);
    let position = fields.take("positionInQueue", rules::whole(1..=u32::MAX));
    let ewt_secs = fields.take("ewt", rules::seconds);
    match state {
        Some(State::Completed) if !fields.has("reason") => {
            fields.complain("reason", Wrong::new("is missing: a COMPLETED callback has one"));
        }
        Some(State::Scheduled) if !fields.has("nextDesiredTime") => {
            fields.complain("nextDesiredTime", Wrong::new("is missing: SCHEDULED means then"));
        }
        Some(State::Scheduled | State::Queued | State::Routing | State::Processing)
            if fields.has("reason") =>
        {
            fields.complain("reason", Wrong::new("is given, but only COMPLETED has one"));
        }
        Some(_) | None => {}
    }
    let (Some(attempt), Some(seq), Some(state), true) = (attempt, seq, state, fields.fit()) else {
        return Err(fields.problem());
    };
    Ok(Report {
        attempt,
        seq: seq.unsigned_abs(),
        at,
        state,
        reason,
        next_desired_at,
        interaction_id,
        call_uuid,
        agent,
        dial,
        position,
        ewt_secs,
    })
}

fn moment(given: Given<'_>) -> Result<Timestamp, Wrong> {
    match given {
        Given::Json(Value::Number(_)) => rules::millis(given),
        Given::Json(_) | Given::Text(_) => rules::instant(given),
    }
}

fn dial(fields: &mut Fields<'_>) -> Option<Dial> {
    let n = fields.need("n", rules::whole(1..=u32::MAX));
    let result = fields.need("result", rules::parsed(Reason::parse));
    let at = fields.need("at", rules::millis);
    Some(Dial { n: n?, result: result?, at: at? })
}

/// Unlike other bodies, this one is a map of the session's own names: `null` removes one.
fn patch(body: &Map<String, Value>) -> Result<Patch, Problem> {
    let mut fields = Fields::of(body);
    let mut patch = BTreeMap::new();
    for (name, value) in body {
        // A name that is no name is not repeated in the answer.
        let shown = if rules::text(128)(Given::Text(name)).is_ok() { name } else { "a name" };
        if name.contains('\0') {
            fields.complain(shown, Wrong::new("holds a NUL character"));
        }
        match scalar(value) {
            Ok(value) => {
                patch.insert(name.clone(), value);
            }
            Err(wrong) => fields.complain(shown, wrong),
        }
    }
    fields.finish(Some(Patch(patch)))
}

fn scalar(value: &Value) -> Result<Option<Scalar>, Wrong> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(Scalar::Flag(*flag))),
        Value::Number(number) => Ok(number.as_f64().map(Scalar::Number)),
        Value::String(text) if text.contains('\0') => Err(Wrong::new("holds a NUL character")),
        Value::String(text) => Ok(Some(Scalar::Text(text.clone()))),
        Value::Array(_) | Value::Object(_) => {
            Err(Wrong::new("is not a text, a number or a truth value"))
        }
    }
}

/// Whole numbers go out as they came in: `3`, not `3.0`.
fn json(value: Scalar) -> Value {
    match value {
        Scalar::Flag(flag) => flag.into(),
        Scalar::Number(number) => whole(number).map_or_else(|| number.into(), Value::from),
        Scalar::Text(text) => text.into(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the number is whole and well inside an i64")]
fn whole(number: f64) -> Option<i64> {
    let fits = number.fract() == 0.0 && number.abs() < 9.0e15;
    fits.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::problem::Code;

    fn read(value: &Value) -> Result<Report, Problem> {
        report(value.as_object().unwrap())
    }

    #[test]
    fn the_report_of_the_contract_is_read() {
        let report = read(&json!({
            "attempt": 1, "seq": 3, "at": 1_767_225_660_000_i64, "state": "PROCESSING", "reason": null,
            "interactionId": "0000034B1C2D3E4F", "callUuid": "00FA", "agent": "agent-7",
            "dial": {"n": 1, "result": "PERSON", "at": 1_767_225_655_000_i64},
            "positionInQueue": null, "ewt": null
        }));
        let report = report.unwrap();
        assert_eq!((report.seq, report.state), (3, State::Processing));
        assert_eq!(report.dial.unwrap().result.as_str(), "PERSON");
    }

    #[test]
    fn an_end_has_a_reason_and_nothing_else_has() {
        let told = |value: Value| read(&value).unwrap_err().message;
        assert!(told(json!({"attempt": 1, "seq": 1, "state": "COMPLETED"})).starts_with("reason"));
        let early = json!({"attempt": 1, "seq": 1, "state": "QUEUED", "reason": "AGENT_CONNECTED"});
        assert!(told(early).starts_with("reason"));
        let back = json!({"attempt": 1, "seq": 1, "state": "SCHEDULED"});
        assert!(told(back).starts_with("nextDesiredTime"));
    }

    #[test]
    fn only_flat_values_are_kept() {
        let kept = |value: Value| patch(value.as_object().unwrap());
        assert_eq!(kept(json!({"a": 1, "b": null, "c": "x", "d": true})).unwrap().0.len(), 4);
        for bad in [json!({"a": {}}), json!({"a": []}), json!({"a": "\0"}), json!({"a\0": 1})] {
            assert_eq!(kept(bad).unwrap_err().code, Code::FieldInvalid);
        }
        assert_eq!(json(Scalar::Number(3.0)).to_string(), "3");
    }
}
