//! What an answer of the push service means: the table of its errors, each with what is to be done about it.

use ges_ports::http::{Answer, CallError};
use ges_ports::{Delivery, PushDelay, PushRefusal};
use reqwest::StatusCode;
use serde::Deserialize;

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It said something of the message.
    Said(Delivery),
    /// It does not take the access token.
    TokenRefused,
}

#[derive(Deserialize)]
struct Taken {
    name: String,
}

#[derive(Default, Deserialize)]
struct Failed {
    #[serde(default)]
    error: Trouble,
}

#[derive(Default, Deserialize)]
struct Trouble {
    #[serde(default)]
    details: Vec<Detail>,
}

/// One detail: those of different types have different fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    error_code: Option<String>,
    #[serde(default)]
    field_violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    #[serde(default)]
    field: String,
}

impl Trouble {
    fn code(&self) -> Option<&str> {
        self.details.iter().find_map(|detail| detail.error_code.as_deref())
    }

    fn blames_target(&self) -> bool {
        let mut violations = self.details.iter().flat_map(|detail| &detail.field_violations);
        violations.any(|violation| violation.field == "message.token")
    }
}

pub(crate) fn read(answer: &Answer) -> Result<Reply, CallError> {
    let status = answer.status;
    if status.is_success() {
        let taken: Result<Taken, _> = serde_json::from_slice(&answer.body);
        let Taken { name } = taken.map_err(|_quoted| CallError::Unintelligible)?;
        return Ok(Reply::Said(Delivery::Accepted(name)));
    }
    if !(status.is_client_error() || status.is_server_error()) {
        return Err(CallError::Status(status));
    }
    // Gateways on the way answer in words of their own; then the status is all there is.
    let Failed { error } = serde_json::from_slice(&answer.body).unwrap_or_default();
    let refused = |refusal| Ok(Reply::Said(Delivery::Refused(refusal)));
    let later = |cause| Ok(Reply::Said(Delivery::Later { cause, after: answer.retry_after }));
    match (error.code(), status) {
        (Some("UNREGISTERED"), _) => refused(PushRefusal::Unregistered),
        (Some("SENDER_ID_MISMATCH"), _) => refused(PushRefusal::OtherSender),
        (Some("THIRD_PARTY_AUTH_ERROR"), _) => refused(PushRefusal::PlatformRefused),
        (Some("INVALID_ARGUMENT"), _) | (None, StatusCode::BAD_REQUEST) => {
            refused(if error.blames_target() {
                PushRefusal::TargetMalformed
            } else {
                PushRefusal::MessageInvalid
            })
        }
        (Some("QUOTA_EXCEEDED"), _) | (None, StatusCode::TOO_MANY_REQUESTS) => {
            later(PushDelay::Quota)
        }
        (Some("UNAVAILABLE" | "INTERNAL"), _) => later(PushDelay::Unavailable),
        (None, StatusCode::UNAUTHORIZED) => Ok(Reply::TokenRefused),
        (None, StatusCode::FORBIDDEN) => refused(PushRefusal::AccountRefused),
        (_, status) if status.is_server_error() => later(PushDelay::Unavailable),
        (Some(_) | None, _) => refused(PushRefusal::Unspecified),
    }
}

#[cfg(test)]
mod tests {
    use ges_domain::time::SignedDuration;
    use serde_json::json;

    use super::*;

    fn said(status: u16, body: &str) -> Result<Reply, CallError> {
        let status = StatusCode::from_u16(status).unwrap();
        let retry_after = Some(SignedDuration::from_secs(7));
        read(&Answer { status, retry_after, body: body.as_bytes().to_vec() })
    }

    fn coded(code: &str, field: Option<&str>) -> String {
        let violations: Vec<_> = field.iter().map(|field| json!({ "field": field })).collect();
        json!({ "error": { "details": [
            { "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations },
            {
                "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
                "errorCode": code,
            },
        ]}})
        .to_string()
    }

    #[test]
    fn every_error_has_its_meaning() {
        use PushRefusal::{
            AccountRefused, MessageInvalid, OtherSender, PlatformRefused, TargetMalformed,
            Unregistered, Unspecified,
        };
        let plain = |code| coded(code, None);
        for (status, body, refusal) in [
            (404, plain("UNREGISTERED"), Unregistered),
            (403, plain("SENDER_ID_MISMATCH"), OtherSender),
            (401, plain("THIRD_PARTY_AUTH_ERROR"), PlatformRefused),
            (400, plain("INVALID_ARGUMENT"), MessageInvalid),
            (400, coded("INVALID_ARGUMENT", Some("message.data")), MessageInvalid),
            (400, coded("INVALID_ARGUMENT", Some("message.token")), TargetMalformed),
            (400, String::from("{}"), MessageInvalid),
            (403, String::from("{}"), AccountRefused),
            (400, plain("UNSPECIFIED_ERROR"), Unspecified),
            (404, String::from("<html>nothing here</html>"), Unspecified),
        ] {
            let reply = said(status, &body).unwrap();
            let Reply::Said(Delivery::Refused(found)) = reply else { panic!("{status} {reply:?}") };
            assert_eq!(found, refusal, "{status} {body}");
        }
        for (status, body, cause) in [
            (429, plain("QUOTA_EXCEEDED"), PushDelay::Quota),
            (429, String::new(), PushDelay::Quota),
            (503, plain("UNAVAILABLE"), PushDelay::Unavailable),
            (500, plain("INTERNAL"), PushDelay::Unavailable),
            (502, String::from("<html>"), PushDelay::Unavailable),
            (504, plain("WHO_KNOWS"), PushDelay::Unavailable),
        ] {
            let after = Some(SignedDuration::from_secs(7));
            let reply = said(status, &body).unwrap();
            let Reply::Said(found) = reply else { panic!("{status} {reply:?}") };
            assert_eq!(found, Delivery::Later { cause, after }, "{status} {body}");
        }
        assert!(matches!(said(401, "{}"), Ok(Reply::TokenRefused)));
    }

    #[test]
    fn what_the_contract_does_not_know_is_no_answer() {
        for (status, body) in [(200, "{}"), (200, "taken"), (204, ""), (302, ""), (101, "")] {
            assert!(said(status, body).is_err(), "{status} {body}");
        }
    }
}
