//! The envelope that the GWS family of services wraps its answers in, and how a caller shows who
//! they are. Apart, because four neighbours speak it.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

/// `{"status":{"code":0},"data":…}`.
pub(crate) fn fine(data: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": { "code": 0 }, "data": data }))
}

/// `{"status":{"code":0},"path":…}`: something was made there.
pub(crate) fn kept(path: &str) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": { "code": 0 }, "path": path }))
}

/// A refusal in the envelope.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    status: StatusCode,
    code: u32,
    message: String,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, code: u32::from(status.as_u16()), message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The code that the family has for a caller it does not know.
    pub(crate) fn unauthorized() -> Self {
        let message = "Unauthorized".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: 603, message }
    }

    pub(crate) fn missing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {what}"))
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let status = json!({ "code": self.code, "message": self.message });
        HttpResponse::build(self.status)
            .json(json!({ "status": status, "errors": [{ "status": status }] }))
    }
}

/// The token of an `Authorization` header; the scheme is written in either case.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    credentials(request, "bearer")
}

/// Name and secret of a Basic `Authorization` header.
pub(crate) fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let decoded = STANDARD.decode(credentials(request, "basic")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some((name.to_owned(), secret.to_owned()))
}

fn credentials<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| rest.trim())
}
