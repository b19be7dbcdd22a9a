//! The orchestration server, which runs the session that calls the customer.

use async_trait::async_trait;
use ges_domain::callback::{Callback, Sighting, Standing};
use ges_domain::effect::Signal;
use ges_domain::id::{Attempt, CallbackId, SessionId, TenantId};
use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_domain::trace::Trace;

use crate::{Fault, UpdateToken};

/// A session to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRequest {
    /// The callback with its settings and details.
    pub callback: Callback,
    /// The attempt: together with the callback's id the session's idempotency key.
    pub attempt: Attempt,
    /// What the session shows when it speaks to us.
    pub token: UpdateToken,
    /// The rank and age with which it enters the queue.
    pub standing: Standing,
    /// When it is sent.
    pub created_at: Timestamp,
    /// When the orchestration server need not start it any more.
    pub expires_at: Timestamp,
    /// Regions in order of preference; empty is any.
    pub regions: Vec<RegionName>,
    /// The step of a trace that the session goes on with.
    pub trace: Option<Trace>,
}

/// The orchestration server's word that it took a start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The session, where the answer names it.
    pub session: Option<SessionId>,
    /// The node that took it, where known.
    pub node: Option<String>,
}

/// A session and where it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRef {
    /// The owner of the callback, on whose nodes it runs.
    pub tenant: TenantId,
    /// The callback that it serves.
    pub callback: CallbackId,
    /// The session.
    pub session: SessionId,
    /// The node that owns it, where known.
    pub node: Option<String>,
}

/// What came of asking after a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inquiry {
    /// It lives, and said this.
    Lives(Box<Sighting>),
    /// It is gone: so says its owner, or, where nobody knows its owner, one node of every region.
    Gone,
    /// Its owner is silent, while other nodes near it answer: it may have died with it.
    Silent,
}

/// The orchestration server.
#[async_trait]
pub trait Orchestrator: Send + Sync {
    /// Starts a session.
    ///
    /// May be asked again with the same callback and attempt. `Unavailable` and `Refused` say that nothing was started;
    /// any other fault leaves the outcome unknown.
    async fn start(&self, request: &SessionRequest) -> Result<Receipt, Fault>;

    /// Tells a session something; `false` says that the session is gone.
    async fn signal(&self, session: &SessionRef, signal: &Signal) -> Result<bool, Fault>;

    /// Asks after a session. A fault says nothing about it.
    async fn query(&self, session: &SessionRef) -> Result<Inquiry, Fault>;
}
