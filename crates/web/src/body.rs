//! Bodies: read in time and within a limit, then parsed within a depth. Nothing larger is ever held in memory.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload};
use futures::StreamExt as _;
use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// How deep objects and lists may be nested; what people mean to say is far above this.
const DEEPEST: usize = 32;

/// The body of a request as an object.
pub(crate) async fn object(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
    within: Duration,
) -> Result<Map<String, Value>, Problem> {
    let read = read(request, payload, limit);
    let late = |_elapsed| Problem::malformed("the body did not arrive in time");
    let bytes = tokio::time::timeout(within, read).await.map_err(late)??;
    parse(&bytes)
}

async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> Result<BytesMut, Problem> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(media) = header(CONTENT_TYPE) {
        let essence = media.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::malformed("the content-type is not application/json"));
        }
    }
    if header(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Problem::malformed("the body has a content-encoding; send it plain"));
    }
    let announced = header(CONTENT_LENGTH).and_then(|length| length.parse().ok()).unwrap_or(0);
    if announced > limit {
        return Err(too_large(limit));
    }
    let mut bytes = BytesMut::with_capacity(announced);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken| Problem::malformed("the body broke off"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large(limit: usize) -> Problem {
    metrics::counter!("INVALID_CONTENT_LENGTH").increment(1);
    Problem::new(Code::BodyTooLarge, format!("the body is larger than {limit} bytes"))
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    if bytes.is_empty() {
        return Err(Problem::malformed("the body is empty; send a JSON object"));
    }
    if depth(bytes) > DEEPEST {
        return Err(Problem::malformed(format!("the body is nested deeper than {DEEPEST}")));
    }
    let value = serde_json::from_slice(bytes).map_err(|error| {
        // The parser's own words may quote the body.
        let at = format!("line {}, column {}", error.line(), error.column());
        Problem::malformed(format!("the body is not JSON in UTF-8, from {at} on"))
    })?;
    match value {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Problem::malformed("the body is not a JSON object"))
        }
    }
}

/// How deep a text nests, if it is JSON: counted before it is parsed, so that no parser has to follow.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !in_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The same bytes for all bodies that say the same: keys in order, nothing between.
pub(crate) fn canonical(body: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_object(body, &mut text);
    text
}

fn write_object(object: &Map<String, Value>, text: &mut String) {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_by_key(|(name, _)| *name);
    text.push('{');
    for (name, value) in entries {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write(value, text);
        text.push(',');
    }
    text.push('}');
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => write_object(object, text),
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_texts() {
        assert_eq!(depth(br#"{"a":[1,{"b":"[[[[\"[["}]}"#), 3);
        assert_eq!(depth(b"]]]["), 1);
        let deep = "[".repeat(33);
        assert!(
            parse(format!("{{\"a\":{deep}").as_bytes()).unwrap_err().message.contains("deeper")
        );
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for bad in ["", " ", "null", "[]", "7", "\"a\"", "{", "{\"a\":}", "{\"a\":1e999}", "{}x"] {
            assert_eq!(parse(bad.as_bytes()).unwrap_err().code, Code::Malformed, "{bad}");
        }
        assert!(parse(b"{\"a\":\"\xff\"}").is_err(), "not UTF-8");
        assert!(parse(b"{\"a\":1,\"a\":2}").is_ok(), "a key given twice");
    }

    #[test]
    fn bodies_that_say_the_same_have_one_canonical_form() {
        let form = |text: &str| canonical(&parse(text.as_bytes()).unwrap());
        let one = form(r#"{"a":1,"b":{"x":[1,2],"y":"ü\n"}}"#);
        assert_eq!(one, form("{ \"b\": {\"y\":\"\\u00fc\\n\",\"x\":[1, 2]}, \"a\": 1 }"));
        assert_ne!(one, form(r#"{"a":1,"b":{"x":[2,1],"y":"ü\n"}}"#));
        assert_ne!(form(r#"{"a":"1,b"}"#), form(r#"{"a":"1","b":""}"#));
    }
}
