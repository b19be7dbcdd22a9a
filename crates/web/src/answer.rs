//! Answers: what a handler says, before it is wrapped, packed and sent.

use std::io::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER, VARY,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::problem::Problem;

/// Smaller bodies fit one packet and are not worth packing.
const WORTH_PACKING: usize = 1024;
/// Larger bodies are packed on a thread of their own, so that no other request waits for them.
const PACKED_ASIDE: usize = 64 * 1024;

const JSON: &str = "application/json";

/// The header that names a request in both directions.
pub(crate) static CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");

/// What a handler says.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    content_type: &'static str,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// JSON to be wrapped in the envelope.
    Data(String),
    /// Text as it is.
    Bare(String),
}

impl Answer {
    fn new(status: StatusCode, content_type: &'static str, body: Body) -> Self {
        Self { status, headers: Vec::new(), content_type, body }
    }

    /// Success: the data in the envelope.
    pub(crate) fn data(data: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, JSON, Body::Data(json(data)))
    }

    /// Success: data that is JSON text already, in the envelope.
    pub(crate) fn data_text(data: &str) -> Self {
        Self::new(StatusCode::OK, JSON, Body::Data(data.to_owned()))
    }

    /// The data as it is written.
    pub(crate) fn rows(&self) -> &str {
        match &self.body {
            Body::Data(text) | Body::Bare(text) => text,
        }
    }

    /// JSON without the envelope, where a contract wants it so.
    pub(crate) fn bare(status: StatusCode, value: &impl Serialize) -> Self {
        Self::new(status, JSON, Body::Bare(json(value)))
    }

    /// Text of another type.
    pub(crate) fn text(content_type: &'static str, text: String) -> Self {
        Self::new(StatusCode::OK, content_type, Body::Bare(text))
    }

    /// Nothing but a status.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, "", Body::Bare(String::new()))
    }

    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("wire structs have text keys and no fallible parts")
}

/// An answer as it will be sent.
pub(crate) struct Sealed {
    pub(crate) status: StatusCode,
    /// The number of the envelope: 0 for success.
    pub(crate) code: u32,
    headers: Vec<(HeaderName, HeaderValue)>,
    content_type: &'static str,
    body: String,
    close: bool,
}

impl Sealed {
    pub(crate) fn answer(answer: Answer, correlation: Uuid) -> Self {
        let Answer { status, headers, content_type, body } = answer;
        let body = match body {
            Body::Bare(body) => body,
            Body::Data(data) => format!(
                r#"{{"status":{{"code":0,"message":"Successful","corrId":"{correlation}"}},"data":{data}}}"#
            ),
        };
        Self { status, code: 0, headers, content_type, body, close: false }
    }

    pub(crate) fn problem(problem: &Problem, correlation: Uuid) -> Self {
        let code = problem.code.number();
        let message = Value::from(problem.message.as_str());
        let data = problem.data.as_ref().map(|data| format!(r#","data":{data}"#));
        let data = data.unwrap_or_default();
        let body = format!(
            r#"{{"status":{{"code":{code},"message":{message},"corrId":"{correlation}"}}{data}}}"#
        );
        let retry = problem.retry_after_secs.map(|secs| (RETRY_AFTER, HeaderValue::from(secs)));
        Self {
            status: problem.code.status(),
            code,
            headers: retry.into_iter().collect(),
            content_type: JSON,
            body,
            close: problem.ends_connection(),
        }
    }

    /// The response, packed where that is worth it and the client can unpack.
    pub(crate) async fn send(self, correlation: Uuid, asked: &HeaderMap) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in self.headers {
            response.insert_header(header);
        }
        response.insert_header((CORRELATION.clone(), correlation.to_string()));
        if self.close {
            response.force_close();
        }
        if self.body.is_empty() {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, self.content_type));
        if self.body.len() < WORTH_PACKING {
            return response.body(self.body);
        }
        response.append_header((VARY, "accept-encoding"));
        if !unpacks(asked) {
            return response.body(self.body);
        }
        let body = self.body;
        let packed = if body.len() < PACKED_ASIDE {
            gzip(body.as_bytes())
        } else {
            // Fails only when the runtime is shutting down; nothing is answered then either.
            actix_web::web::block(move || gzip(body.as_bytes())).await.unwrap_or_default()
        };
        response.insert_header((CONTENT_ENCODING, "gzip"));
        response.body(packed)
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    packed
        .write_all(body)
        .and_then(|()| packed.finish())
        .expect("writing into memory does not fail")
}

/// Whether the client says that it can unpack gzip.
fn unpacks(asked: &HeaderMap) -> bool {
    let said = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    said.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            weight.is_some_and(|weight| weight <= 0.0)
        });
        gzip && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_name_it() {
        let unpacks = |said: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(ACCEPT_ENCODING, HeaderValue::from_static(said));
            unpacks(&asked)
        };
        assert!(unpacks("gzip") && unpacks("br, GZIP;q=0.5"));
        assert!(!unpacks("br") && !unpacks("gzip;q=0, br") && !unpacks("*") && !unpacks(""));
        assert!(!super::unpacks(&HeaderMap::new()));
    }
}
