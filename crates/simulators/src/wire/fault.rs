//! The faults that every neighbour can show on the wire. Apart from what a particular neighbour
//! can get wrong in its own trade (an ORS that loses a session), which lives with that neighbour.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A fault, which requests it meets, and how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Only requests with this verb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only requests whose path contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What happens to them.
    pub action: Action,
    /// How many requests it meets; without a number all, until the fault is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The request takes effect first and only its answer suffers: the outcome that a caller
    /// cannot know.
    #[serde(default)]
    pub after_effect: bool,
}

impl Fault {
    /// A fault that meets every request until it is healed.
    pub fn always(action: Action) -> Self {
        Self { method: None, path: None, action, times: None, after_effect: false }
    }

    /// A fault that meets the next request.
    pub fn once(action: Action) -> Self {
        Self { times: Some(1), ..Self::always(action) }
    }

    /// Narrows it to paths that contain `part`.
    #[must_use]
    pub fn on_path(self, part: &str) -> Self {
        Self { path: Some(part.to_owned()), ..self }
    }

    /// Narrows it to one verb.
    #[must_use]
    pub fn on_method(self, method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..self }
    }

    /// Lets the request take effect before its answer suffers.
    #[must_use]
    pub fn after_effect(self) -> Self {
        Self { after_effect: true, ..self }
    }

    fn meets(&self, method: &str, path: &str) -> bool {
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|part| path.contains(part.as_str()))
    }
}

/// What goes wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// The answer comes later by so many milliseconds of wall time, but is right.
    Delay {
        /// How late.
        ms: u64,
    },
    /// A bare status with a line of text.
    Status {
        /// The HTTP status.
        status: u16,
        /// Seconds in a `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// An answer of the tester's own.
    Answer(Answer),
    /// A redirect that leads back to the same address.
    RedirectLoop,
    /// No answer, the connection stays open.
    Stall,
    /// The connection is closed in order, without a byte of answer.
    HangUp,
    /// The connection is reset.
    Reset,
    /// Head and half a body of the length that the head promised.
    Truncate,
    /// Status 200 and bytes that are neither JSON nor text.
    Garbage,
    /// Status 200 and a JSON string of that many bytes.
    Huge {
        /// Length of the body in bytes.
        bytes: usize,
    },
    /// The right head, then one byte of the body in each such span.
    Drip {
        /// Milliseconds of wall time between two bytes.
        ms: u64,
    },
}

/// A whole answer, word for word.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

impl Answer {
    /// An answer in JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::text(status, &body.to_string()).with("content-type", "application/json")
    }

    /// An answer in plain text.
    pub fn text(status: u16, body: &str) -> Self {
        let answer = Self { status, headers: BTreeMap::new(), body: body.to_owned() };
        answer.with("content-type", "text/plain; charset=utf-8")
    }

    /// Sets a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// Takes what the next request shall suffer: all delays that meet it, and the first other fault.
pub(super) fn take(faults: &mut Vec<Fault>, method: &str, path: &str) -> Suffered {
    let mut suffered = Suffered::default();
    for fault in faults.iter_mut() {
        let delays = matches!(fault.action, Action::Delay { .. });
        if !fault.meets(method, path) || (!delays && suffered.action.is_some()) {
            continue;
        }
        if let Some(left) = &mut fault.times {
            *left -= 1;
        }
        match &fault.action {
            Action::Delay { ms } => suffered.delay_ms += ms,
            other => {
                suffered.action = Some(other.clone());
                suffered.after_effect = fault.after_effect;
            }
        }
    }
    faults.retain(|fault| fault.times != Some(0));
    suffered
}

/// What one request suffers.
#[derive(Debug, Default)]
pub(super) struct Suffered {
    pub(super) delay_ms: u64,
    pub(super) action: Option<Action>,
    pub(super) after_effect: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Action {
        Action::Status { status, retry_after: None }
    }

    #[test]
    fn a_fault_that_is_used_up_is_gone_and_the_next_takes_its_turn() {
        let mut faults = vec![
            Fault::once(status(500)).on_path("/query"),
            Fault { times: Some(2), ..Fault::always(Action::Delay { ms: 5 }) },
            Fault::once(status(503)),
        ];
        let first = take(&mut faults, "GET", "/a/query");
        assert!(matches!(first.action, Some(Action::Status { status: 500, .. })));
        assert_eq!(first.delay_ms, 5);
        let second = take(&mut faults, "GET", "/a/query");
        assert!(matches!(second.action, Some(Action::Status { status: 503, .. })));
        assert!(faults.is_empty());
    }

    #[test]
    fn a_fault_reads_as_the_control_page_writes_it() {
        let fault: Fault = serde_json::from_str(
            r#"{"path":"/lvq","action":{"status":{"status":503,"retryAfter":1}},"times":2}"#,
        )
        .unwrap();
        assert!(matches!(fault.action, Action::Status { status: 503, retry_after: Some(1) }));
        let stall: Fault = serde_json::from_str(r#"{"action":"stall"}"#).unwrap();
        assert!(matches!(stall.action, Action::Stall) && stall.times.is_none());
    }
}
