//! Sending a message: what is checked about it, and what becomes of the targets that mean trouble.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use super::{Delivered, Desk, Shared};
use crate::wire::{bearer, held, only};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(only("/v1/projects/{project}/messages:send", "POST", send));
}

const PAYLOAD_LIMIT: usize = 4_096;
const TOPIC_LIMIT: usize = 2_048;
const FOUR_WEEKS_SECS: f64 = 2_419_200.0;

/// A refusal in the form of Google's APIs.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Refused {
    status: StatusCode,
    name: &'static str,
    code: Option<&'static str>,
    field: Option<String>,
    message: String,
    retry_after: Option<u32>,
}

impl Refused {
    fn new(status: StatusCode, name: &'static str, message: &str) -> Self {
        let message = message.to_owned();
        Self { status, name, code: None, field: None, message, retry_after: None }
    }

    fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    fn field(field: &str, message: &str) -> Self {
        let refused = Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message);
        Self { field: Some(field.to_owned()), ..refused.coded("INVALID_ARGUMENT") }
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut details = Vec::new();
        if let Some(code) = self.code {
            details.push(json!({
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": code,
            }));
        }
        if let Some(field) = &self.field {
            details.push(json!({
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "field": field, "description": self.message }],
            }));
        }
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.json(json!({ "error": {
            "code": self.status.as_u16(),
            "message": self.message,
            "status": self.name,
            "details": details,
        }}))
    }
}

async fn send(
    desk: Shared,
    project: Path<String>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    let mut desk = held(&desk);
    admit(&desk, &project, &request)?;
    let body: Map<String, Value> = serde_json::from_slice(&body)
        .map_err(|error| Refused::field("", &format!("Invalid JSON payload received. {error}")))?;
    let (message, validated_only) = read(&body)?;
    let target = check(&message)?;
    if let Some(target) = &target {
        trouble(&mut desk, target)?;
    }
    desk.numbered += 1;
    let at_ms = desk.clock.wall_ms();
    let name = format!("projects/{}/messages/0:{at_ms}%{:016x}", *project, desk.numbered);
    desk.mailbox.push(Delivered {
        name: name.clone(),
        project: project.into_inner(),
        message: Value::Object(message),
        validated_only,
        at_ms,
    });
    Ok(HttpResponse::Ok().json(json!({ "name": name })))
}

fn admit(desk: &Desk, project: &str, request: &HttpRequest) -> Result<(), Refused> {
    let now_ms = desk.clock.wall_ms();
    let access = bearer(request).and_then(|token| desk.access.get(token));
    let access = access.filter(|access| access.expires_ms > now_ms).ok_or_else(|| {
        let message = "Request had invalid authentication credentials.";
        Refused::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
    })?;
    if access.project == project {
        return Ok(());
    }
    let message = "Permission 'cloudmessaging.messages.create' denied on resource";
    Err(Refused::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message))
}

fn read(body: &Map<String, Value>) -> Result<(Map<String, Value>, bool), Refused> {
    let mut message = None;
    let mut validated_only = false;
    for (name, value) in body {
        match (name.as_str(), value) {
            ("message", Value::Object(it)) => message = Some(snake(it)),
            ("validate_only" | "validateOnly", Value::Bool(it)) => validated_only = *it,
            _ => return Err(unknown(name)),
        }
    }
    let message = message.ok_or_else(|| Refused::field("message", "Message is not specified."))?;
    Ok((message, validated_only))
}

/// The fields of a message may be written in either case; inside, what is ours stays ours.
fn snake(message: &Map<String, Value>) -> Map<String, Value> {
    let lower = |name: &str| {
        name.chars().fold(String::new(), |mut text, c| {
            if c.is_ascii_uppercase() {
                text.push('_');
            }
            text.push(c.to_ascii_lowercase());
            text
        })
    };
    let fields = message.iter().map(|(name, value)| {
        let inner = match (name.as_str(), value) {
            ("android", Value::Object(it)) => {
                Value::Object(it.iter().map(|(name, value)| (lower(name), value.clone())).collect())
            }
            _ => value.clone(),
        };
        (lower(name), inner)
    });
    fields.collect()
}

fn unknown(name: &str) -> Refused {
    Refused::field(name, &format!("Invalid JSON payload received. Unknown name \"{name}\""))
}

/// Checks a message; returns the registration token that it goes to, if it goes to one.
fn check(message: &Map<String, Value>) -> Result<Option<String>, Refused> {
    const TARGETS: [&str; 3] = ["token", "topic", "condition"];
    const PARTS: [&str; 6] = ["notification", "data", "android", "webpush", "apns", "fcm_options"];
    for name in message.keys() {
        if !TARGETS.contains(&name.as_str()) && !PARTS.contains(&name.as_str()) {
            return Err(unknown(name));
        }
    }
    let targets: Vec<_> = TARGETS.iter().filter_map(|name| message.get(*name)).collect();
    let [target] = targets.as_slice() else {
        return Err(Refused::field("message", "Recipient of the message is not set."));
    };
    let target = target.as_str().filter(|target| !target.is_empty());
    let target = target.ok_or_else(|| Refused::field("message.token", "Invalid recipient"))?;
    if let Some(notification) = message.get("notification") {
        check_notification(notification)?;
    }
    for (place, data) in [
        ("message.data", message.get("data")),
        ("message.android.data", message.get("android").and_then(|part| part.get("data"))),
        ("message.webpush.data", message.get("webpush").and_then(|part| part.get("data"))),
    ] {
        if let Some(data) = data {
            check_data(place, data)?;
        }
    }
    if let Some(android) = message.get("android") {
        check_android(android)?;
    }
    let payload: Map<String, Value> = message
        .iter()
        .filter(|(name, _)| !TARGETS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let limit = if message.contains_key("token") { PAYLOAD_LIMIT } else { TOPIC_LIMIT };
    if Value::Object(payload).to_string().len() > limit {
        return Err(Refused::field("message", "Android message is too big"));
    }
    Ok(message.contains_key("token").then(|| target.to_owned()))
}

fn check_notification(notification: &Value) -> Result<(), Refused> {
    let place = "message.notification";
    let fields = notification.as_object().ok_or_else(|| Refused::field(place, "not an object"))?;
    for (name, value) in fields {
        if !matches!(name.as_str(), "title" | "body" | "image") {
            return Err(unknown(name));
        }
        if !value.is_string() {
            return Err(Refused::field(&format!("{place}.{name}"), "not a string"));
        }
    }
    Ok(())
}

fn check_data(place: &str, data: &Value) -> Result<(), Refused> {
    let fields = data.as_object().ok_or_else(|| Refused::field(place, "not an object"))?;
    for (name, value) in fields {
        let reserved = matches!(name.as_str(), "from" | "message_type")
            || name.starts_with("google")
            || name.starts_with("gcm");
        if reserved {
            return Err(Refused::field(place, &format!("Invalid data payload key: {name}")));
        }
        if !value.is_string() {
            return Err(Refused::field(&format!("{place}.{name}"), "not a string"));
        }
    }
    Ok(())
}

fn check_android(android: &Value) -> Result<(), Refused> {
    if let Some(priority) = android.get("priority") {
        let known =
            priority.as_str().is_some_and(|it| matches!(it, "NORMAL" | "HIGH" | "normal" | "high"));
        if !known {
            return Err(Refused::field("message.android.priority", "Invalid value"));
        }
    }
    if let Some(ttl) = android.get("ttl") {
        let secs =
            ttl.as_str().and_then(|it| it.strip_suffix('s')).and_then(|it| it.parse::<f64>().ok());
        if !secs.is_some_and(|secs| (0.0..=FOUR_WEEKS_SECS).contains(&secs)) {
            return Err(Refused::field("message.android.ttl", "Illegal duration format"));
        }
    }
    Ok(())
}

/// Refuses targets that mean trouble; those with a number behind them get over it.
fn trouble(desk: &mut Desk, token: &str) -> Result<(), Refused> {
    if desk.unregistered.contains(token) || token == "tok-unregistered" {
        let message = "Requested entity was not found.";
        let refused = Refused::new(StatusCode::NOT_FOUND, "NOT_FOUND", message);
        return Err(refused.coded("UNREGISTERED"));
    }
    let (kind, times) = match token.split_once(':') {
        Some((kind, times)) => (kind, times.parse::<u32>().ok()),
        None => (token, None),
    };
    let refused = match kind {
        "tok-bad" => {
            let message = "The registration token is not a valid FCM registration token";
            Refused::field("message.token", message)
        }
        "tok-mismatch" => {
            Refused::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", "SenderId mismatch")
                .coded("SENDER_ID_MISMATCH")
        }
        "tok-auth" => {
            let message = "Auth error from APNS or Web Push Service";
            Refused::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
                .coded("THIRD_PARTY_AUTH_ERROR")
        }
        "tok-quota" => {
            let message = "Quota exceeded for quota metric 'Message sends'";
            let refused =
                Refused::new(StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED", message);
            Refused { retry_after: Some(60), ..refused.coded("QUOTA_EXCEEDED") }
        }
        "tok-503" => {
            let message = "The service is currently unavailable.";
            let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
            Refused { retry_after: Some(1), ..refused.coded("UNAVAILABLE") }
        }
        "tok-500" => {
            let message = "Internal error encountered.";
            Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message).coded("INTERNAL")
        }
        _ => return Ok(()),
    };
    let refusals = desk.refusals.entry(token.to_owned()).or_default();
    if times.is_some_and(|times| *refusals >= times) {
        return Ok(());
    }
    *refusals += 1;
    Err(refused)
}
