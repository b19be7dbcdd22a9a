//! One session: where its callback stands, and what it tells the callback's owner about it.
//! A state machine without clock or wire, so that it reads like the contract.

use serde::Serialize;
use serde_json::{Value, json};

use super::start::Start;
use crate::progress::{DialResult, Progress};
use crate::span;

/// The state of a callback as the session reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Given back to its owner, to be started again later.
    Scheduled,
    /// Waits for an agent.
    Queued,
    /// An agent is reserved, the customer is dialled.
    Routing,
    /// Customer and agent talk.
    Processing,
    /// Done.
    Completed,
}

/// What is told to the owner of a callback.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Update {
    Started(Value),
    State(Value),
    Storage(Value),
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) node: usize,
    pub(crate) start: Start,
    pub(crate) state: State,
    /// It was told to end and is about to.
    pub(crate) ending: bool,
    pub(crate) started_at: i64,
    pub(crate) queued_at: Option<i64>,
    pub(crate) priority: i64,
    pub(crate) interaction_id: String,
    pub(crate) call_uuid: String,
    pub(crate) agent: Option<String>,
    pub(crate) dials: u32,
    pub(crate) last_dial: Option<(DialResult, i64)>,
    pub(crate) seq: u32,
    /// Updates on their way that the owner has not taken yet.
    pub(crate) untaken: u32,
}

/// What else an update of the state says.
#[derive(Default)]
struct More {
    reason: Option<String>,
    next_desired_time: Value,
    dialled: bool,
}

impl Session {
    pub(crate) fn started(&self, node: &str) -> Update {
        Update::Started(json!({
            "attempt": self.attempt(),
            "sessionId": self.id,
            "node": node,
            "streamId": self.start.stream_id,
            "startedAt": self.started_at,
        }))
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.start.callback.as_ref().map_or(0, |served| served.attempt)
    }

    /// Moves on, and says what the owner is to be told. `at` is wall time.
    pub(crate) fn take(&mut self, progress: &Progress, at: i64) -> Vec<Update> {
        match progress {
            Progress::Routed { agent } => {
                self.agent = Some(agent.clone());
                vec![self.now(State::Routing, at, More::default())]
            }
            Progress::Ringing { n } => {
                self.dials = *n;
                Vec::new()
            }
            Progress::Dialled { n, result } => {
                self.dials = *n;
                self.last_dial = Some((*result, at));
                Vec::new()
            }
            Progress::Returned => {
                self.agent = None;
                let dialled = self.last_dial.is_some();
                vec![self.now(State::Queued, at, More { dialled, ..More::default() })]
            }
            Progress::Connected => {
                let noted = json!({ "agent": self.agent, "dialAttempts": self.dials });
                let more = More { dialled: true, ..More::default() };
                vec![self.now(State::Processing, at, more), Update::Storage(noted)]
            }
            Progress::Talked { secs } => {
                let talked = json!({ "talkSeconds": span::rounded(*secs) });
                vec![Update::Storage(talked), self.completed("AGENT_CONNECTED", at)]
            }
            Progress::GaveUp => vec![self.completed("FAIL_CALL_TO_CUSTOMER", at)],
            // Only a callback in PROCESSING may be given back, so the dial is reported as such.
            Progress::HandedBack { at_ms } => {
                let dialled = More { dialled: true, ..More::default() };
                vec![
                    self.now(State::Processing, at, dialled),
                    self.handed_back(Value::from(*at_ms), at),
                ]
            }
        }
    }

    pub(crate) fn queued(&mut self, at: i64) -> Update {
        self.now(State::Queued, at, More::default())
    }

    pub(crate) fn completed(&mut self, reason: &str, at: i64) -> Update {
        let dialled = self.last_dial.is_some();
        let more = More { reason: Some(reason.to_owned()), dialled, ..More::default() };
        self.now(State::Completed, at, more)
    }

    pub(crate) fn handed_back(&mut self, next_desired_time: Value, at: i64) -> Update {
        self.now(State::Scheduled, at, More { next_desired_time, ..More::default() })
    }

    fn now(&mut self, state: State, at: i64, more: More) -> Update {
        self.state = state;
        if state == State::Queued && self.queued_at.is_none() {
            self.queued_at = Some(at);
        }
        self.seq += 1;
        let dial = self.last_dial.filter(|_| more.dialled);
        let mut body = json!({
            "attempt": self.attempt(),
            "seq": self.seq,
            "at": at,
            "state": state,
            "reason": more.reason,
            "interactionId": self.interaction_id,
            "callUuid": self.call_uuid,
            "agent": self.agent,
            "dial": dial.map(|(result, at)| json!({ "n": self.dials, "result": result, "at": at })),
            "positionInQueue": null,
            "ewt": null,
        });
        if !more.next_desired_time.is_null() {
            body["nextDesiredTime"] = more.next_desired_time;
        }
        Update::State(body)
    }
}
