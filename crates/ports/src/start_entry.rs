//! What a session is started with, as names and texts: the same for a start over HTTP and for an entry of the stream.
//! Apart from both, because neither adapter may name the other and a session must not see by which way it came.

use ges_domain::callback::UserData;
use ges_domain::service::CallDirection;
use ges_domain::time::{Timestamp, format_utc};
use serde_json::{Map, Value, json};

use crate::SessionRequest;

impl SessionRequest {
    /// The fields of the start in the order of the contract; `ges_url` is where the session finds us.
    ///
    /// Optional fields without a value are left out. So is `idealtime`: a start is sent when the session is to begin,
    /// and its absence means “now” by every clock. The correlation id is the callback's own id: whoever follows it sees
    /// all attempts, and a start that is sent again is the same text.
    pub fn entry(&self, ges_url: &str) -> Vec<(&'static str, String)> {
        let callback = &self.callback;
        let mut entry = vec![
            ("v", String::from("1")),
            ("type", String::from("start")),
            ("callbackId", callback.id.to_string()),
            ("attempt", self.attempt.to_string()),
            ("tenantId", callback.tenant.to_string()),
            ("service", callback.service.to_string()),
            ("vq", callback.queue.to_string()),
            ("src", callback.settings.scxml_url.clone()),
            ("params", Value::Object(self.params()).to_string()),
            ("gesUrl", ges_url.trim_end_matches('/').to_owned()),
            ("updateToken", self.token.expose().to_owned()),
        ];
        entry.extend(self.regions.first().map(|region| ("region", region.to_string())));
        entry.extend([
            ("createdAt", millis(self.created_at)),
            ("expiresAt", millis(self.expires_at)),
            ("corrId", callback.id.to_string()),
        ]);
        entry.extend(self.trace.map(|trace| ("traceparent", trace.to_string())));
        entry
    }

    /// What becomes the session's data items.
    fn params(&self) -> Map<String, Value> {
        let callback = &self.callback;
        let (details, settings) = (&callback.details, &callback.settings);
        let own_or = |own: &Option<String>, general: &Option<String>| {
            own.as_ref().or(general.as_ref()).cloned()
        };
        let mut params = Map::new();
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                params.insert(name.to_owned(), value);
            }
        };
        put("callbackId", json!(callback.id.to_string()));
        put("customerNumber", json!(callback.phone.e164()));
        put("direction", json!(direction(settings.call_direction)));
        put("desiredTime", json!(format_utc(callback.desired_at)));
        put("priority", json!(self.standing.priority));
        put("priorityIncrement", json!(settings.priority.increment));
        put("priorityIncrementInterval", json!(settings.priority.interval_seconds));
        put("priorityLimit", json!(settings.priority.limit));
        put("interactionAge", json!(self.standing.age_secs));
        put("routePoint", json!(own_or(&details.route_point, &settings.route_point)));
        put("surveyRP", json!(own_or(&details.survey_route_point, &settings.survey_route_point)));
        put("language", json!(details.language.as_ref().unwrap_or(&settings.language)));
        put("outboundCallerId", json!(settings.outbound_caller_id));
        put("callerDisplayName", json!(settings.caller_display_name));
        put("maxDialAttempts", json!(settings.max_dial_attempts));
        put("redialIntervalSeconds", json!(settings.redial_interval_seconds));
        put("ringTimeoutSeconds", json!(settings.ring_timeout_seconds));
        put("userData", user_data(&details.user_data));
        params
    }
}

fn direction(direction: CallDirection) -> &'static str {
    match direction {
        CallDirection::UserTerminated => "USERTERMINATED",
        CallDirection::UserOriginated => "USERORIGINATED",
    }
}

/// The customer's data as one object; a text that is not JSON travels as a text.
fn user_data(data: &UserData) -> Value {
    let value = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| Value::from(json));
    data.iter().map(|(name, json)| (name.to_owned(), value(json))).collect()
}

fn millis(at: Timestamp) -> String {
    at.as_millisecond().to_string()
}
