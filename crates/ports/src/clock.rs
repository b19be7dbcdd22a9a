//! Time and chance as arguments: the server has real ones, tests turn theirs by hand.

use std::fmt;

use ges_domain::id::{Attempt, CallbackId, RecordId, TenantId};
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;

/// What time it is.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds: the precision of the stores, so that what is read equals what was written.
    fn now(&self) -> Timestamp;
}

/// The bearer token that the session of one attempt shows; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct UpdateToken(String);

impl UpdateToken {
    /// A token as it travels on the wire.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to send.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for UpdateToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UpdateToken(…)")
    }
}

/// Where new names come from.
pub trait Ids: Send + Sync {
    /// A new callback id: a UUID that rises with time (version 7).
    fn callback(&self) -> CallbackId;

    /// A new id for a rule, group, endpoint or record.
    fn record(&self) -> RecordId;

    /// The update token of an attempt, of at least 128 bits that nobody can guess.
    ///
    /// The same arguments give the same token on every node that shares the installation's key, so that a start which
    /// is sent again after a crash bears the token of its first sending.
    fn update_token(&self, tenant: TenantId, callback: CallbackId, attempt: Attempt)
    -> UpdateToken;

    /// The tenant that a token names; none for a text that is not a token of ours.
    ///
    /// The name is not a proof: the token's hash must still be the callback's.
    fn tenant_of(&self, token: &str) -> Option<TenantId>;
}
