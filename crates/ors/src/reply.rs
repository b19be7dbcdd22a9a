//! What answers of the orchestration server mean. Apart from the calls, because it is here that a neighbour which lies
//! or stammers is found out.

use ges_domain::callback::{Diagnostics, Dial, Reason, Sighting, State};
use ges_domain::id::SessionId;
use ges_domain::time::Timestamp;
use ges_ports::SessionRef;
use serde_json::Value;

use crate::wire::{Answer, CallError};

/// The most of a session's error text that is kept, in characters.
const ERROR_TEXT_LIMIT: usize = 256;

/// The session that a start began, where the answer names one.
///
/// Seen were the bare id, an object that holds it under one of three names, and nothing at all; the cookie names it too.
pub(crate) fn started(answer: &Answer) -> Result<Option<SessionId>, CallError> {
    let text =
        std::str::from_utf8(&answer.body).map_err(|_ignored| CallError::Unintelligible)?.trim();
    if text.is_empty() {
        return Ok(answer.cookie.as_deref().and_then(from_cookie));
    }
    if let Ok(session) = SessionId::parse(text) {
        return Ok(Some(session));
    }
    let named = match serde_json::from_str(text) {
        Ok(Value::Null) => return Ok(answer.cookie.as_deref().and_then(from_cookie)),
        Ok(Value::String(id)) => Some(id),
        Ok(Value::Object(fields)) => {
            let id = ["_id", "session_id", "sessionId"].iter().find_map(|name| fields.get(*name));
            match id {
                None => None,
                Some(Value::String(id)) => Some(id.clone()),
                Some(_) => return Err(CallError::Unintelligible),
            }
        }
        Ok(_) | Err(_) => return Err(CallError::Unintelligible),
    };
    named.map(|id| SessionId::parse(&id).map_err(|_ignored| CallError::Unintelligible)).transpose()
}

/// The session in a cookie such as `ORSSESSIONID=029I4G7KGCET96MLCCSH5B5AES01M138.node4665`.
fn from_cookie(cookie: &str) -> Option<SessionId> {
    let (_, value) = cookie.split_once('=')?;
    SessionId::parse(value.split_once('.').map_or(value, |(session, _)| session)).ok()
}

/// What a session says of itself; an answer about another session or callback is a lie.
pub(crate) fn sighting(
    answer: &Answer,
    asked: &SessionRef,
    now: Timestamp,
) -> Result<Sighting, CallError> {
    let Ok(Value::Object(said)) = serde_json::from_slice(&answer.body) else {
        return Err(CallError::Unintelligible);
    };
    if let Some(named) = said.get("sessionId").and_then(Value::as_str)
        && !SessionId::parse(named).is_ok_and(|named| named.names(&asked.session))
    {
        return Err(CallError::Foreign);
    }
    let data = said.get("data").unwrap_or(&Value::Null);
    if let Some(named) = data["callbackId"].as_str()
        && named.parse() != Ok(asked.callback)
    {
        return Err(CallError::Foreign);
    }
    let dial = || {
        let n = whole(&data["dialAttempt"]).filter(|n| *n > 0)?;
        let result = Reason::parse(data["lastDialResult"].as_str()?).ok()?;
        Some(Dial { n, result, at: now })
    };
    let diagnostics = Diagnostics {
        seen_at: Some(now),
        position: whole(&data["positionInQueue"]).filter(|place| *place > 0),
        ewt_secs: whole(&data["ewt"]),
        priority: whole(&data["priority"]),
        interaction_id: text(&data["interactionId"], 64),
        call_uuid: text(&data["callUuid"], 64),
        agent: text(&data["agent"], 255),
        dials: dial().into_iter().collect(),
        last_error: text(&data["lastError"], ERROR_TEXT_LIMIT),
    };
    Ok(Sighting { state: data["callbackState"].as_str().and_then(State::parse), diagnostics })
}

/// A number of at least 0, written as one or as its decimals; a part of a unit counts as a whole one.
fn whole(value: &Value) -> Option<u32> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        _ => return None,
    };
    // The comparison is false for what is no number, too.
    if !(0.0..=f64::from(u32::MAX)).contains(&number) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked on the line above"
    )]
    Some(number.ceil() as u32)
}

fn text(value: &Value, most: usize) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(text.chars().take(most).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ges_domain::id::{CallbackId, TenantId};
    use serde_json::json;
    use uuid::Uuid;

    const ID: &str = "029I4G7KGCET96MLCCSH5B5AES01M138";

    fn answer(body: impl Into<Vec<u8>>, cookie: Option<&str>) -> Answer {
        Answer {
            status: reqwest::StatusCode::OK,
            body: body.into(),
            base: "http://ors:9098".into(),
            cookie: cookie.map(Into::into),
        }
    }

    #[test]
    fn a_start_is_answered_in_one_of_the_ways_seen() {
        let cookie = format!("ORSSESSIONID={ID}.node4665");
        let read = |body: &str, cookie: Option<&str>| {
            started(&answer(body, cookie)).map(|session| session.map(|id| id.to_string()))
        };
        for (body, cookie, session) in [
            (format!("{ID}\r\n"), None, Some(ID)),
            (format!("~4665~{ID}"), None, Some("~4665~029I4G7KGCET96MLCCSH5B5AES01M138")),
            (format!("{{\"_id\":\"{ID}\"}}"), None, Some(ID)),
            (format!("{{\"session_id\":\"{ID}\"}}"), None, Some(ID)),
            (format!("{{\"sessionId\":\"{ID}\",\"x\":1}}"), None, Some(ID)),
            (format!("\"{ID}\""), None, Some(ID)),
            (String::from("{\"result\":\"OK\"}"), None, None),
            (String::new(), None, None),
            (String::from(" null "), None, None),
            (String::new(), Some(cookie.as_str()), Some(ID)),
            (String::new(), Some("ORSSESSIONID=short.node1"), None),
        ] {
            let expected = session.map(str::to_owned);
            assert_eq!(read(&body, cookie).unwrap(), expected, "{body:?} {cookie:?}");
        }
        for nonsense in ["started", "{\"_id\":\"short\"}", "{\"_id\":7}", "[]", "7", "{"] {
            assert!(read(nonsense, None).is_err(), "{nonsense}");
        }
        assert!(started(&answer([0xff, 0xfe], None)).is_err());
    }

    fn asked() -> SessionRef {
        SessionRef {
            tenant: TenantId::new(Uuid::from_u128(1)),
            callback: CallbackId::new(Uuid::from_u128(7)),
            session: SessionId::parse(ID).unwrap(),
            node: None,
        }
    }

    #[test]
    fn diagnostics_take_what_they_know_and_leave_what_they_do_not() {
        let now = Timestamp::UNIX_EPOCH;
        let body = json!({
            "sessionId": format!("~4665~{ID}"), "state": "active", "novelty": [1],
            "data": {
                "callbackId": Uuid::from_u128(7).to_string(), "callbackState": "ROUTING",
                "positionInQueue": "4", "ewt": 94.2,
                "priority": 120, "interactionId": "0000034B1C2D3E4F", "callUuid": "", "agent": 7,
                "dialAttempt": 2, "lastDialResult": "NO_ANSWER", "lastError": "e".repeat(1_000),
            },
        });
        let said = sighting(&answer(body.to_string(), None), &asked(), now).unwrap();
        assert_eq!(said.state, Some(State::Routing));
        let said = said.diagnostics;
        assert_eq!((said.position, said.ewt_secs, said.priority), (Some(4), Some(95), Some(120)));
        assert_eq!(said.interaction_id.as_deref(), Some("0000034B1C2D3E4F"));
        assert_eq!((said.call_uuid, said.agent), (None, None));
        assert_eq!(said.dials.len(), 1);
        assert_eq!(said.last_error.unwrap().len(), ERROR_TEXT_LIMIT);
        let little = sighting(&answer("{}", None), &asked(), now).unwrap();
        assert_eq!(little.state, None);
        let empty = Diagnostics { seen_at: Some(now), ..Diagnostics::default() };
        assert_eq!(little.diagnostics, empty);
        let unknown = json!({ "data": { "callbackState": "DREAMING" } }).to_string();
        assert_eq!(sighting(&answer(unknown, None), &asked(), now).unwrap().state, None);
    }

    #[test]
    fn numbers_out_of_range_are_no_numbers() {
        for value in [json!(-1), json!("NaN"), json!("inf"), json!(1e30), json!(null), json!([1])] {
            assert_eq!(whole(&value), None, "{value}");
        }
        assert_eq!(whole(&json!("0")), Some(0));
        assert_eq!(whole(&json!(4_294_967_295_u32)), Some(u32::MAX));
    }

    #[test]
    fn an_answer_about_another_session_is_not_believed() {
        let other = "X".repeat(32);
        for lie in [
            json!({ "sessionId": other }),
            json!({ "sessionId": ID, "data": { "callbackId": Uuid::from_u128(8).to_string() } }),
        ] {
            let refused = sighting(&answer(lie.to_string(), None), &asked(), Timestamp::MIN);
            assert!(matches!(refused, Err(CallError::Foreign)), "{lie}");
        }
        let garbled = sighting(&answer("[1,2", None), &asked(), Timestamp::MIN);
        assert!(matches!(garbled, Err(CallError::Unintelligible)));
    }
}
