//! Calling webhooks: servers of the tenants' own, of which nothing is known but their address.

use std::fmt;

use async_trait::async_trait;
use ges_domain::id::RecordId;
use ges_domain::time::{SignedDuration, Timestamp};

use crate::Secret;

/// Why an address is not one for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitHook {
    /// It is no address of the web.
    #[error("is not an address such as https://example.com/hooks")]
    NotAnAddress,
    /// It is not encrypted, and the operator has not allowed that.
    #[error("does not begin with https://")]
    NotEncrypted,
    /// A password has no place in an address.
    #[error("holds a user name or a password")]
    Credentials,
    /// It lies inside the operator's own networks.
    #[error("names an address that is not public")]
    NotPublic,
}

/// A call to be made; `Debug` hides what is sent.
#[derive(Clone)]
pub struct HookCall {
    /// Where to.
    pub url: String,
    /// The message's name, the same however often it is sent.
    pub id: RecordId,
    /// When it is sent.
    pub at: Timestamp,
    /// The body.
    pub body: String,
    /// The secrets that sign it, the newest first.
    pub secrets: Vec<Secret>,
}

impl fmt::Debug for HookCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookCall({}, {} bytes)", self.id, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookTrouble {
    /// The address itself is at fault.
    #[error("the address {0}")]
    Unfit(#[from] UnfitHook),
    /// Its name leads only to addresses that we do not call.
    #[error("the name leads to an address that is not public")]
    AddressRefused,
    /// Its name leads nowhere.
    #[error("the name is not known")]
    NameUnknown,
    /// No connection could be made.
    #[error("no connection could be made")]
    Unreachable,
    /// It did not answer in time.
    #[error("no answer came in time")]
    TimedOut,
    /// The connection ended before there was an answer.
    #[error("the connection broke before the answer")]
    Broken,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookAnswer {
    /// The status, or why there is none. The body of an answer is nobody's business.
    pub status: Result<u16, HookTrouble>,
    /// The wait that the answer asks for.
    pub wait: Option<SignedDuration>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
}

/// Those who listen.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Whether a text may be a webhook's address; asks nobody.
    fn fit(&self, url: &str) -> Result<(), UnfitHook>;

    /// Calls a webhook once, signed by the Standard Webhooks scheme.
    ///
    /// What its name leads to is looked up for each connection, and only an address that may be called is connected to.
    /// No redirect is followed.
    async fn call(&self, call: &HookCall) -> HookAnswer;
}
