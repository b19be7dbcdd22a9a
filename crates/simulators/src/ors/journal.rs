//! What an ORS leaves as evidence beside the requests it received: which phone rang when, and
//! what it told the owners of callbacks.

use serde::Serialize;
use serde_json::{Map, Value};

use super::session::State;
use crate::progress::DialResult;

/// A phone that rang.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacedCall {
    /// When it began to ring, wall time in epoch milliseconds.
    pub at_ms: i64,
    /// For which callback; empty for a session that serves none.
    pub callback_id: String,
    /// For which attempt at it.
    pub attempt: u32,
    /// The session that dialled.
    pub session_id: String,
    /// Which dial of the session, from 1.
    pub n: u32,
    /// The number; empty if the start named none.
    pub number: String,
    /// The agent who waits for the customer.
    pub agent: Option<String>,
    /// How it ended; nothing while it rings, and if its session ended first.
    pub result: Option<DialResult>,
}

/// One try to tell the owner of a callback something.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// When the answer came or the try failed, wall time in epoch milliseconds.
    pub at_ms: i64,
    /// The session that told it.
    pub session_id: String,
    /// About which callback.
    pub callback_id: String,
    /// About which attempt at it.
    pub attempt: u32,
    /// `started`, `state` or `storage`.
    pub kind: &'static str,
    /// What was told.
    pub body: Value,
    /// Which try it was, from 1.
    pub tries: u32,
    /// The status answered; nothing if there was no answer.
    pub status: Option<u16>,
}

/// A live session as a handle or a person sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// The node that owns it, from 0.
    pub node: usize,
    /// The callback it serves; empty if none.
    pub callback_id: String,
    /// Which attempt at it.
    pub attempt: u32,
    /// The virtual queue; empty if none.
    pub vq: String,
    /// Where the callback stands.
    pub state: State,
    /// It was told to end and is about to.
    pub ending: bool,
    /// Wall time of its start, epoch milliseconds.
    pub started_at_ms: i64,
    /// Its priority as last set.
    pub priority: i64,
    /// Calls to the customer so far.
    pub dials: u32,
    /// The agent reserved or talking.
    pub agent: Option<String>,
    /// What it was started with beside the fields of the contract.
    pub data: Map<String, Value>,
}
