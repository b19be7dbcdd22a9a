//! Calls about a session that runs: where to find its owner, how often to try, and the words of each call.

use ges_domain::effect::Signal;
use ges_domain::time::format_utc;
use ges_ports::{Fault, Inquiry, SessionRef};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tracing::field::Empty;
use tracing::info_span;
use url::form_urlencoded;

use crate::cluster::Cluster;
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

/// What came of a call about a session.
enum Found {
    Answer(Answer),
    Gone,
    /// Its owner is silent, while other nodes near it answer.
    Silent(Fault),
}

impl Found {
    /// The answer of a session; none says that it is gone.
    fn answer(self) -> Result<Option<Answer>, Fault> {
        match self {
            Self::Answer(answer) => Ok(Some(answer)),
            Self::Gone => Ok(None),
            Self::Silent(fault) => Err(fault),
        }
    }
}

impl Ors {
    /// Ends a session without a word to its customer; `false` says that it was gone.
    pub async fn terminate(&self, session: &SessionRef) -> Result<bool, Fault> {
        let span = info_span!("ors.terminate", peer = PEER, outcome = Empty);
        let call = async {
            let request = about(session, Method::POST, "terminate", None);
            Ok(self.call(session, &request, Repeat::Always).await?.answer()?.is_some())
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
            let Some(answer) = self.call(session, &request, Repeat::Unheard).await?.answer()?
            else {
                return Ok(None);
            };
            let said = serde_json::from_slice(&answer.body);
            said.map(Some).map_err(|_ignored| CallError::Unintelligible.into())
        };
        told(span, call, |found: &Option<Value>| lives(found.is_some())).await
    }

    pub(crate) async fn ask(&self, session: &SessionRef) -> Result<Inquiry, Fault> {
        let request = about(session, Method::GET, "query", None);
        match self.call(session, &request, Repeat::Always).await? {
            Found::Answer(answer) => {
                let said = reply::sighting(&answer, session, self.clock.now())?;
                Ok(Inquiry::Lives(Box::new(said)))
            }
            Found::Gone => Ok(Inquiry::Gone),
            Found::Silent(_) => Ok(Inquiry::Silent),
        }
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
        Ok(self.call(session, &request, Repeat::Always).await?.answer()?.is_some())
    }

    /// Calls the session's node, then the others, which redirect to it.
    ///
    /// That it is gone is believed of its owner, of whom another node points to, and, where its owner is not known, of
    /// one node of every region: a node of another cluster has never heard of it. So nodes that the tenant left are asked
    /// too, each for itself, where nothing else tells the owner; where one is silent, those that answer stand for its
    /// neighbours.
    async fn call(
        &self,
        session: &SessionRef,
        request: &Request,
        repeat: Repeat,
    ) -> Result<Found, Fault> {
        let cluster = self.cluster(session.tenant).await;
        let remembered = self.owners.of(&session.session, self.clock.now());
        let cookie = remembered.as_ref().and_then(|owner| owner.cookie.clone());
        let on_record = session.node.as_deref().and_then(|name| cluster.called(name));
        let owner = remembered.as_ref().map(|owner| owner.base.as_ref()).or(on_record);
        let bases = candidates(&cluster, owner, on_record);
        let mut denied = Vec::new();
        let mut silent = false;
        let mut worst: Option<CallError> = None;
        let mut tries = 0;
        for base in bases.iter().cycle().take(TRIES * bases.len()) {
            if tries == TRIES {
                break;
            }
            let voice = cluster.speaks_for(base);
            let denies = owner != Some(base) && denied.contains(&voice);
            if denies || !cluster.open(base, self.clock.now()) {
                continue;
            }
            let error = match self.travel(base, request, cookie.as_deref()).await {
                Ok(answer) if answer.status == StatusCode::NOT_FOUND => {
                    denied.push(voice);
                    let everywhere =
                        || bases.iter().all(|base| denied.contains(&cluster.speaks_for(base)));
                    let pointed_to = *answer.base != **base;
                    if pointed_to || owner.map_or_else(everywhere, |owner| owner == base) {
                        self.owners.forget(&session.session);
                        return Ok(Found::Gone);
                    }
                    continue;
                }
                heard => match heard.and_then(done) {
                    Ok(answer) => {
                        let cookie = answer.cookie.clone().or(cookie);
                        let owner = Owner { base: answer.base.clone(), cookie };
                        self.owners.remember(&session.session, owner, self.clock.now());
                        return Ok(Found::Answer(answer));
                    }
                    Err(error) => error,
                },
            };
            tries += 1;
            let again = match repeat {
                Repeat::Always => error.node_failed(),
                Repeat::Unheard => error.nothing_done(),
            };
            if !again {
                return Err(error.into());
            }
            silent |= error.silence_beyond();
            // What may have been heard once is not made undone by a later try that was not.
            if worst.as_ref().is_none_or(CallError::nothing_done) {
                worst = Some(error);
            }
        }
        let denies = |base: &str| denied.contains(&cluster.speaks_for(base));
        let left_silent = |base: &str| cluster.left(base) && cluster.silent(base);
        silent |= !denied.is_empty()
            && match owner {
                Some(owner) => left_silent(owner) || (cluster.silent(owner) && denies(owner)),
                None => bases.iter().all(|base| denies(base) || left_silent(base)),
            };
        let fault = worst.map_or_else(nobody, Fault::from);
        if silent { Ok(Found::Silent(fault)) } else { Err(fault) }
    }
}

/// Whom to ask, best first: the owner, the node on record, the others of the owner's region, then everybody else; where
/// nothing tells the owner, at last those that the tenant left.
fn candidates(cluster: &Cluster, owner: Option<&str>, on_record: Option<&str>) -> Vec<String> {
    let region: Vec<_> =
        owner.and_then(|owner| cluster.region(owner)).cloned().into_iter().collect();
    let mut candidates: Vec<String> = Vec::new();
    let left = cluster.former().iter().filter(|_| owner.is_none()).map(|node| node.base.as_str());
    for base in owner.into_iter().chain(on_record).chain(cluster.bases(&region)).chain(left) {
        if !candidates.iter().any(|there| there == base) {
            candidates.push(base.to_owned());
        }
    }
    candidates
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
