//! What answers mean: of the endpoint of tokens, and of the statistics service.

use std::sync::Arc;

use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::http::{Answer, Bought, CallError};
use ges_ports::{Secret, StatisticsError};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::service::fault;

/// A token whose end nobody names is taken for this long.
const USUAL_LIFE_SECS: i64 = 1_800;
/// No token lives longer; a figure beyond it is a mistake.
const LONGEST_LIFE_SECS: i64 = 30 * 24 * 3_600;

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<i64>,
}

#[derive(Default, Deserialize)]
struct NotGranted {
    #[serde(default)]
    error: String,
}

/// Reads an answer of the endpoint of tokens.
pub(crate) fn granted(answer: &Answer, now: Timestamp) -> Result<Bought, StatisticsError> {
    let trouble = |error| StatisticsError::Fault(fault(error));
    match answer.status.as_u16() {
        200..=299 => {
            let granted: Result<Granted, _> = serde_json::from_slice(&answer.body);
            let Granted { access_token, expires_in } =
                granted.map_err(|_quoted| trouble(CallError::Unintelligible))?;
            let life = expires_in.unwrap_or(USUAL_LIFE_SECS).clamp(0, LONGEST_LIFE_SECS);
            let renew_at = now + SignedDuration::from_secs(life / 5 * 4);
            Ok(Bought { token: Secret::new(access_token), renew_at })
        }
        401 => Err(StatisticsError::ClientRefused),
        // An older release says so without a word.
        403 => Err(StatisticsError::AccountRefused),
        400 => {
            let NotGranted { error } = serde_json::from_slice(&answer.body).unwrap_or_default();
            Err(match error.as_str() {
                "unauthorized_client" | "unsupported_grant_type" | "invalid_scope" => {
                    StatisticsError::ClientRefused
                }
                _ => StatisticsError::AccountRefused,
            })
        }
        _ => Err(trouble(CallError::Status(answer.status))),
    }
}

/// What came of a question.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The figures, as they were written.
    Figures(Arc<str>),
    /// It does not take the access token.
    TokenRefused,
    /// It does not take the question.
    QuestionRefused,
}

#[derive(Deserialize)]
struct Enveloped<'a> {
    status: Option<Status>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Status {
    code: i64,
}

/// Reads an answer of the statistics service.
pub(crate) fn figures(answer: &Answer) -> Result<Reply, CallError> {
    match answer.status.as_u16() {
        200..=299 => {
            let enveloped: Result<Enveloped<'_>, _> = serde_json::from_slice(&answer.body);
            let Enveloped { status, data } =
                enveloped.map_err(|_quoted| CallError::Unintelligible)?;
            match status.map_or(0, |status| status.code) {
                // Done, or taken on to be done.
                0 | 1 => {}
                code => return Err(CallError::Envelope(code)),
            }
            let data = data.ok_or(CallError::Unintelligible)?;
            Ok(Reply::Figures(data.get().into()))
        }
        401 | 403 => Ok(Reply::TokenRefused),
        429 => Err(CallError::Status(answer.status)),
        400..=499 => Ok(Reply::QuestionRefused),
        _ => Err(CallError::Status(answer.status)),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, retry_after: None, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn figures_come_back_as_they_were_written() {
        let data = r#"{"statistics":[{"value":1.50,"b":1,"a":12345678901234567890}]}"#;
        for body in [
            format!(r#"{{"status":{{"code":0}},"data":{data}}}"#),
            format!(r#"{{"data":{data},"errors":[]}}"#),
        ] {
            let Ok(Reply::Figures(text)) = figures(&answer(200, &body)) else { panic!("{body}") };
            assert_eq!(&*text, data);
        }
    }

    #[test]
    fn refusals_and_trouble_are_told_apart() {
        for status in [401, 403] {
            assert!(matches!(figures(&answer(status, "")), Ok(Reply::TokenRefused)), "{status}");
        }
        for status in [400, 404, 422] {
            assert!(matches!(figures(&answer(status, "")), Ok(Reply::QuestionRefused)), "{status}");
        }
        for (status, body) in [
            (200, ""),
            (200, "{}"),
            (200, "[1]"),
            (200, r#"{"status":{"code":603},"data":{}}"#),
            (204, ""),
            (302, ""),
            (429, ""),
            (500, "{}"),
            (503, ""),
        ] {
            assert!(figures(&answer(status, body)).is_err(), "{status} {body}");
        }
    }

    #[test]
    fn a_token_is_renewed_at_four_fifths_of_its_life() {
        let now = Timestamp::from_second(1_000).unwrap();
        let renewed = |body: &str| granted(&answer(200, body), now).unwrap().renew_at.as_second();
        assert_eq!(renewed(r#"{"access_token":"t","expires_in":100}"#), 1_080);
        assert_eq!(renewed(r#"{"access_token":"t"}"#), 1_000 + 1_440);
        assert_eq!(renewed(r#"{"access_token":"t","expires_in":-5}"#), 1_000);
    }

    #[test]
    fn who_was_refused_is_told() {
        let now = Timestamp::UNIX_EPOCH;
        let refused = |status, body: &str| granted(&answer(status, body), now).err().unwrap();
        for (status, error) in [(400, "invalid_grant"), (400, "what"), (403, "")] {
            let body = format!(r#"{{"error":"{error}"}}"#);
            assert!(matches!(refused(status, &body), StatisticsError::AccountRefused), "{error}");
        }
        for (status, error) in [(401, "invalid_client"), (400, "unauthorized_client")] {
            let body = format!(r#"{{"error":"{error}"}}"#);
            assert!(matches!(refused(status, &body), StatisticsError::ClientRefused), "{error}");
        }
        for (status, body) in [(500, ""), (302, ""), (200, "{}")] {
            assert!(matches!(refused(status, body), StatisticsError::Fault(_)), "{status}");
        }
    }
}
