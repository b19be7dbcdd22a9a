//! What is sent: a notice of ours on every platform, or a message in the push service's own words.

use ges_domain::time::Timestamp;
use ges_ports::{PushContent, PushMessage, PushMode};
use serde_json::{Map, Value, json};

/// The most bytes of a message without its target.
pub(crate) const PAYLOAD_LIMIT: usize = 4_096;

/// The names by which a text of a caller's own is known as a whole message; any other object is its notification.
const PARTS: [&str; 7] =
    ["notification", "data", "android", "webpush", "apns", "fcm_options", "fcmOptions"];
/// Who gets a message is said once, beside it.
const TARGETS: [&str; 3] = ["token", "topic", "condition"];

/// Why there is nothing to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// No JSON object.
    NotAnObject,
    /// It names a target of its own.
    NamesTarget,
    /// Over the limit.
    TooLarge,
}

/// The body of a call.
pub(crate) fn body(message: &PushMessage, now: Timestamp) -> Result<Value, Unfit> {
    let mut parts = match &message.content {
        PushContent::Own(text) => own(text)?,
        PushContent::Notice { notice, callback, title, body, lifetime } => {
            let id = callback.to_string();
            let secs = lifetime.as_secs().max(0);
            let ends_at = now.as_second().saturating_add(secs);
            let parts = json!({
                "notification": { "title": title, "body": body },
                "data": { "callbackId": id, "event": notice.as_str() },
                "android": {
                    "priority": "HIGH",
                    "ttl": format!("{secs}s"),
                    "notification": { "tag": id },
                },
                "apns": {
                    "headers": {
                        "apns-priority": "10",
                        "apns-expiration": ends_at.to_string(),
                        "apns-collapse-id": id,
                    },
                },
                "webpush": {
                    // A topic has at most 32 characters: the id without its dashes.
                    "headers": {
                        "Urgency": "high",
                        "TTL": secs.to_string(),
                        "Topic": callback.uuid().simple().to_string(),
                    },
                    "notification": { "tag": id },
                },
            });
            object(parts).ok_or(Unfit::NotAnObject)?
        }
    };
    if Value::Object(parts.clone()).to_string().len() > PAYLOAD_LIMIT {
        return Err(Unfit::TooLarge);
    }
    parts.insert(String::from("token"), message.target.token.clone().into());
    Ok(json!({ "validate_only": message.mode == PushMode::Check, "message": parts }))
}

fn own(text: &str) -> Result<Map<String, Value>, Unfit> {
    let value = serde_json::from_str(text).map_err(|_quoted| Unfit::NotAnObject)?;
    let object = object(value).ok_or(Unfit::NotAnObject)?;
    if TARGETS.iter().any(|name| object.contains_key(*name)) {
        return Err(Unfit::NamesTarget);
    }
    if PARTS.iter().any(|name| object.contains_key(*name)) {
        return Ok(object);
    }
    Ok([(String::from("notification"), Value::Object(object))].into_iter().collect())
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ges_domain::callback::PushTarget;
    use ges_domain::effect::Notice;
    use ges_domain::id::{CallbackId, TenantId};
    use ges_domain::time::SignedDuration;
    use ges_ports::{PushAccount, Secret};
    use uuid::Uuid;

    use super::*;

    fn sent(content: PushContent, mode: PushMode) -> Result<Value, Unfit> {
        let account = PushAccount {
            project: String::from("p"),
            email: String::from("e"),
            key_id: String::from("k"),
            private_key: Secret::new(""),
        };
        let message = PushMessage {
            tenant: TenantId::new(Uuid::nil()),
            account: Arc::new(account),
            target: PushTarget { token: String::from("t") },
            content,
            mode,
        };
        body(&message, Timestamp::from_second(1_000).unwrap())
    }

    fn own(text: &str) -> Result<Value, Unfit> {
        sent(PushContent::Own(text.to_owned()), PushMode::Deliver)
    }

    #[test]
    fn a_notice_is_shown_on_every_platform_once_and_not_too_late() {
        let id = "7b0c3a52-0000-7000-8000-000000000001";
        let content = PushContent::Notice {
            notice: Notice::CallbackUpcoming,
            callback: id.parse::<CallbackId>().unwrap(),
            title: String::from("Soon"),
            body: String::from("We call you"),
            lifetime: SignedDuration::from_secs(300),
        };
        let expected = json!({
            "validate_only": false,
            "message": {
                "token": "t",
                "notification": { "title": "Soon", "body": "We call you" },
                "data": { "callbackId": id, "event": "CALLBACK_UPCOMING" },
                "android": { "priority": "HIGH", "ttl": "300s", "notification": { "tag": id } },
                "apns": { "headers": {
                    "apns-priority": "10", "apns-expiration": "1300", "apns-collapse-id": id,
                }},
                "webpush": {
                    "headers": {
                        "Urgency": "high", "TTL": "300", "Topic": "7b0c3a52000070008000000000000001",
                    },
                    "notification": { "tag": id },
                },
            },
        });
        assert_eq!(sent(content, PushMode::Deliver), Ok(expected));
    }

    #[test]
    fn a_text_of_a_callers_own_is_a_notification_or_a_whole_message() {
        let plain = json!({
            "validate_only": true,
            "message": { "token": "t", "notification": { "title": "Soon" } },
        });
        let content = PushContent::Own(String::from(r#"{"title":"Soon"}"#));
        assert_eq!(sent(content, PushMode::Check), Ok(plain));
        let whole = own(r#"{"data":{"a":"b"},"android":{"ttl":"3s"}}"#).unwrap();
        let parts = json!({ "token": "t", "data": { "a": "b" }, "android": { "ttl": "3s" } });
        assert_eq!(whole["message"], parts);
    }

    #[test]
    fn what_is_no_message_for_this_device_is_not_sent() {
        for odd in ["", "[]", "null", "\"hello\"", "{"] {
            assert_eq!(own(odd), Err(Unfit::NotAnObject), "{odd}");
        }
        for target in ["token", "topic", "condition"] {
            let text = format!(r#"{{"notification":{{}},"{target}":"everybody"}}"#);
            assert_eq!(own(&text), Err(Unfit::NamesTarget));
        }
    }

    #[test]
    fn the_limit_counts_everything_but_the_target() {
        let frame = r#"{"notification":{"body":""}}"#.len();
        let of = |bytes: usize| own(&format!(r#"{{"body":"{}"}}"#, "x".repeat(bytes)));
        assert!(of(PAYLOAD_LIMIT - frame).is_ok());
        assert_eq!(of(PAYLOAD_LIMIT - frame + 1), Err(Unfit::TooLarge));
    }
}
