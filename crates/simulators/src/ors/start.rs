//! What a session is started with: the parameters of a start over HTTP, which are the fields of
//! the stream entry too. Apart, because both ways in read them with the same strictness.

use serde::Serialize;
use serde_json::{Map, Value};

/// A request to start a session.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Address of the document to run; it is never fetched here.
    pub src: String,
    /// When its work begins, epoch milliseconds; absent is now.
    pub idealtime: Option<i64>,
    /// Whose callback it serves. A session without one lives, but reports to nobody.
    pub callback: Option<Served>,
    /// The session's data items: the members of `params` and every field without a meaning here.
    pub data: Map<String, Value>,
    /// Id of the stream entry it came by.
    pub stream_id: Option<String>,
}

/// The callback that a session serves, and how to report to its owner.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// The callback.
    pub callback_id: String,
    /// Which attempt at it, from 1.
    pub attempt: u32,
    /// Contact centre.
    pub tenant_id: String,
    /// Callback service.
    pub service: String,
    /// Virtual queue to enter.
    pub vq: String,
    /// Base address of the internal API.
    pub ges_url: String,
    /// Bearer token for this callback and attempt.
    pub update_token: String,
    /// Preferred location.
    pub region: Option<String>,
    /// When the entry was made, epoch milliseconds.
    pub created_at: Option<i64>,
    /// After this moment, epoch milliseconds, the start is reported as `EXPIRED` and not run.
    pub expires_at: Option<i64>,
    /// Correlation id, sent back with every report.
    pub corr_id: Option<String>,
    /// Trace context, sent back with every report.
    pub traceparent: Option<String>,
}

/// Why a start is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field that is there says nothing.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// The body as a whole cannot be read.
    #[error("the body is neither a form nor a JSON object")]
    Unreadable,
}

const PARAMS_LIMIT: usize = 64 * 1024;

impl Start {
    /// Reads the body of a start over HTTP. A body without a content type is taken for a form.
    pub(crate) fn from_body(content_type: &str, body: &[u8]) -> Result<Self, StartError> {
        let fields = if content_type.starts_with("application/json") {
            serde_json::from_slice(body).ok().ok_or(StartError::Unreadable)?
        } else if content_type.is_empty()
            || content_type.starts_with("application/x-www-form-urlencoded")
        {
            url::form_urlencoded::parse(body)
                .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
                .collect()
        } else {
            return Err(StartError::Unreadable);
        };
        Self::from_fields(fields)
    }

    /// Reads fields; only `src` is needed by every session, the rest by one that reports.
    pub(crate) fn from_fields(fields: Map<String, Value>) -> Result<Self, StartError> {
        let mut fields = Fields(fields);
        let src = fields.text("src").ok_or(StartError::Missing("src"))?;
        if url::Url::parse(&src).is_err() {
            return Err(StartError::Malformed("src"));
        }
        let idealtime = fields.millis("idealtime")?;
        let callback = match fields.text("callbackId") {
            Some(id) => Some(fields.served(id)?),
            None => None,
        };
        let params = fields.params()?;
        let mut data = fields.0;
        data.extend(params);
        Ok(Self { src, idealtime, callback, data, stream_id: None })
    }

    /// The customer's number, by any of the names seen in real start bodies.
    pub fn number(&self) -> Option<&str> {
        ["customerNumber", "_customer_number", "phone_number"]
            .into_iter()
            .find_map(|name| self.data.get(name)?.as_str())
    }

    /// Does the customer place the call, and not the agent?
    pub fn user_originated(&self) -> bool {
        self.data
            .get("direction")
            .or_else(|| self.data.get("callDirection"))
            .and_then(Value::as_str)
            .is_some_and(|direction| direction.eq_ignore_ascii_case("USERORIGINATED"))
    }

    /// A data item that is a number, written as one or as its decimals.
    pub(crate) fn figure(&self, name: &str) -> Option<i64> {
        number(self.data.get(name)?)
    }
}

/// A number, or a string that holds one.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    /// Takes a field as text; an empty one counts as absent.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    fn needed(&mut self, name: &'static str) -> Result<String, StartError> {
        self.text(name).ok_or(StartError::Missing(name))
    }

    fn millis(&mut self, name: &'static str) -> Result<Option<i64>, StartError> {
        self.text(name).map(|text| text.parse().ok().ok_or(StartError::Malformed(name))).transpose()
    }

    fn served(&mut self, callback_id: String) -> Result<Served, StartError> {
        let attempt = self.needed("attempt")?.parse::<u32>().ok().filter(|attempt| *attempt > 0);
        let ges_url = self.needed("gesUrl")?;
        if url::Url::parse(&ges_url).is_err() {
            return Err(StartError::Malformed("gesUrl"));
        }
        Ok(Served {
            callback_id,
            attempt: attempt.ok_or(StartError::Malformed("attempt"))?,
            tenant_id: self.needed("tenantId")?,
            service: self.needed("service")?,
            vq: self.needed("vq")?,
            ges_url: ges_url.trim_end_matches('/').to_owned(),
            update_token: self.needed("updateToken")?,
            region: self.text("region"),
            created_at: self.millis("createdAt")?,
            expires_at: self.millis("expiresAt")?,
            corr_id: self.text("corrId"),
            traceparent: self.text("traceparent"),
        })
    }

    /// `params`: an object, or text that holds one.
    fn params(&mut self) -> Result<Map<String, Value>, StartError> {
        match self.0.remove("params") {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(params)) => Ok(params),
            Some(Value::String(text)) if text.len() <= PARAMS_LIMIT => {
                serde_json::from_str(&text).ok().ok_or(StartError::Malformed("params"))
            }
            Some(_) => Err(StartError::Malformed("params")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "src=http%3A%2F%2Fdas%2Fmain.scxml&callbackId=c-1&attempt=2&tenantId=t\
        &service=CB_Sales&vq=CB_Sales_VQ&gesUrl=http%3A%2F%2F127.0.0.1%3A3050%2F&updateToken=tok\
        &params=%7B%22customerNumber%22%3A%22%2B14155550101%22%2C%22priority%22%3A%22120%22%7D&_own=x";

    #[test]
    fn a_form_and_a_json_body_say_the_same() {
        let form = Start::from_body("application/x-www-form-urlencoded", FORM.as_bytes()).unwrap();
        let json = serde_json::json!({
            "src": "http://das/main.scxml", "callbackId": "c-1", "attempt": 2, "tenantId": "t",
            "service": "CB_Sales", "vq": "CB_Sales_VQ", "gesUrl": "http://127.0.0.1:3050",
            "updateToken": "tok", "_own": "x",
            "params": {"customerNumber": "+14155550101", "priority": "120"},
        });
        let json = Start::from_body("application/json", json.to_string().as_bytes()).unwrap();
        assert_eq!(serde_json::to_value(&form).unwrap(), serde_json::to_value(&json).unwrap());
        assert_eq!(form.number(), Some("+14155550101"));
        assert_eq!(form.figure("priority"), Some(120));
        assert_eq!(form.data.get("_own").and_then(Value::as_str), Some("x"));
    }

    #[test]
    fn a_start_without_src_or_with_half_a_callback_is_refused() {
        let form = "application/x-www-form-urlencoded";
        let refused = |body: &str| Start::from_body(form, body.as_bytes()).unwrap_err();
        assert_eq!(refused("vq=a"), StartError::Missing("src"));
        assert_eq!(refused("src=nowhere"), StartError::Malformed("src"));
        assert_eq!(refused("src=http://d/m&callbackId=c"), StartError::Missing("attempt"));
        assert_eq!(
            refused(&FORM.replace("attempt=2", "attempt=0")),
            StartError::Malformed("attempt")
        );
        assert_eq!(refused(&FORM.replace("%7B", "")), StartError::Malformed("params"));
        assert_eq!(
            Start::from_body("text/plain", b"src=http://d/m").unwrap_err(),
            StartError::Unreadable
        );
    }
}
