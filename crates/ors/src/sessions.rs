//! Calls about a session that runs: where to find its owner, how often to try, and the words of each call.

use ges_domain::callback::Diagnostics;
use ges_domain::effect::Signal;
use ges_domain::time::format_utc;
use ges_ports::{Fault, SessionRef};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tracing::field::Empty;
use tracing::info_span;
use url::form_urlencoded;

use crate::config::Body;
use crate::ors::{Ors, done, lives, nobody, told};
use crate::owners::Owner;
use crate::reply;
use crate::wire::{Answer, CallError, PEER, Request};

/// The most tries of a call that may be repeated; the vendor's figure.
const TRIES: usize = 3;

/// Whether a call may be sent again although it may have been heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// It says the same however often it is said.
    Always,
    /// Only if it was certainly not heard.
    Unheard,
}

impl Ors {
    /// Ends a session without a word to its customer; `false` says that it was gone.
    pub async fn terminate(&self, session: &SessionRef) -> Result<bool, Fault> {
        let span = info_span!("ors.terminate", peer = PEER, outcome = Empty);
        let call = async {
            let request = about(session, Method::POST, "terminate", None);
            Ok(self.call(session, &request, Repeat::Always).await?.is_some())
        };
        told(span, call, |found| lives(*found)).await
    }

    /// Asks a session's script something, such as `check-queue-position`; none says that the session is gone.
    ///
    /// What the script does with a request is its own affair, so one that may have been heard is not sent again.
    pub async fn request(
        &self,
        session: &SessionRef,
        name: &str,
        fields: &[(&str, String)],
    ) -> Result<Option<Value>, Fault> {
        let span = info_span!("ors.request", peer = PEER, outcome = Empty);
        let call = async {
            let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            let body = self.body.write(fields);
            let request = about(session, Method::POST, &format!("request/{name}"), Some(body));
            let Some(answer) = self.call(session, &request, Repeat::Unheard).await? else {
                return Ok(None);
            };
            let said = serde_json::from_slice(&answer.body);
            said.map(Some).map_err(|_ignored| CallError::Unintelligible.into())
        };
        told(span, call, |found: &Option<Value>| lives(found.is_some())).await
    }

    pub(crate) async fn ask(&self, session: &SessionRef) -> Result<Option<Diagnostics>, Fault> {
        let request = about(session, Method::GET, "query", None);
        let Some(answer) = self.call(session, &request, Repeat::Always).await? else {
            return Ok(None);
        };
        Ok(Some(reply::diagnostics(&answer, session, self.clock.now())?))
    }

    pub(crate) async fn tell(&self, session: &SessionRef, signal: &Signal) -> Result<bool, Fault> {
        let callback = session.callback.to_string();
        let (event, mut fields) = match signal {
            Signal::Cancel { reason, by } => (
                "callback.cancel",
                vec![
                    ("reason", reason.to_string()),
                    ("by", by.clone()),
                    ("corrId", callback.clone()),
                ],
            ),
            Signal::Reschedule { desired_at } => {
                ("callback.reschedule", vec![("desiredTime", format_utc(*desired_at))])
            }
            Signal::Priority { priority } => {
                ("callback.priority", vec![("priority", priority.to_string())])
            }
        };
        fields.insert(0, ("callbackId", callback));
        let body = Some(self.body.write(&fields));
        let request = about(session, Method::POST, &format!("event/{event}"), body);
        // Each signal names what shall be, not what shall change: twice is once.
        Ok(self.call(session, &request, Repeat::Always).await?.is_some())
    }

    /// Calls the session's node, then the others, which redirect to it; none says that the session is gone.
    async fn call(
        &self,
        session: &SessionRef,
        request: &Request,
        repeat: Repeat,
    ) -> Result<Option<Answer>, Fault> {
        let owner = self.owners.of(&session.session, self.clock.now());
        let cookie = owner.as_ref().and_then(|owner| owner.cookie.clone());
        let bases = self.candidates(session, owner.as_ref());
        let mut worst: Option<CallError> = None;
        let mut tries = 0;
        for base in bases.iter().cycle().take(TRIES * bases.len()) {
            if tries == TRIES {
                break;
            }
            if !self.nodes.open(base, self.clock.now()) {
                continue;
            }
            tries += 1;
            let answer = match self.travel(base, request, cookie.as_deref()).await {
                Ok(answer) if answer.status == StatusCode::NOT_FOUND => {
                    self.owners.forget(&session.session);
                    return Ok(None);
                }
                heard => heard.and_then(done),
            };
            let error = match answer {
                Ok(answer) => {
                    let cookie = answer.cookie.clone().or(cookie);
                    let owner = Owner { base: answer.base.clone(), cookie };
                    self.owners.remember(&session.session, owner, self.clock.now());
                    return Ok(Some(answer));
                }
                Err(error) => error,
            };
            self.owners.forget(&session.session);
            let again = match repeat {
                Repeat::Always => error.node_failed(),
                Repeat::Unheard => error.nothing_done(),
            };
            if !again {
                return Err(error.into());
            }
            // What may have been heard once is not made undone by a later try that was not.
            if worst.as_ref().is_none_or(CallError::nothing_done) {
                worst = Some(error);
            }
        }
        Err(worst.map_or_else(nobody, Fault::from))
    }

    /// Whom to ask, best first: the owner as last seen, the node as it is on record, then everybody else.
    fn candidates(&self, session: &SessionRef, owner: Option<&Owner>) -> Vec<String> {
        let on_record = session.node.as_deref().and_then(|name| self.nodes.called(name));
        let known = owner.map(|owner| owner.base.as_ref()).into_iter().chain(on_record);
        let mut candidates: Vec<String> = Vec::new();
        for base in known.chain(self.nodes.bases(&[])) {
            if !candidates.iter().any(|there| there == base) {
                candidates.push(base.to_owned());
            }
        }
        candidates
    }
}

impl Body {
    /// Fields as a content type and a body.
    pub(crate) fn write(self, fields: &[(&str, String)]) -> (&'static str, String) {
        match self {
            Self::Form => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(fields);
                ("application/x-www-form-urlencoded", form.finish())
            }
            Self::Json => {
                let object: serde_json::Map<String, Value> = fields
                    .iter()
                    .map(|(name, text)| ((*name).to_owned(), Value::from(text.as_str())))
                    .collect();
                ("application/json", Value::Object(object).to_string())
            }
        }
    }
}

fn about(
    session: &SessionRef,
    method: Method,
    what: &str,
    body: Option<(&'static str, String)>,
) -> Request {
    Request {
        method,
        path: format!("/scxml/session/{}/{what}", session.session),
        body,
        callback: Some(session.callback),
        trace: None,
    }
}
