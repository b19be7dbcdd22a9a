//! Who is signed in: the sessions of the browser application.

use std::fmt;

use async_trait::async_trait;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;

use crate::{Fault, Guest};

/// The digest of a session's cookie: the cookie itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionKey(TokenHash);

impl SessionKey {
    /// The key of a cookie's value.
    pub fn of(cookie: &str) -> Self {
        Self(TokenHash::of(cookie))
    }

    /// The hexadecimal form, for the stores.
    pub fn hex(&self) -> String {
        self.0.hex()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who is signed in.
    pub guest: Guest,
    /// What a request that writes must show beside the cookie.
    pub csrf: TokenHash,
    /// When they signed in.
    pub opened_at: Timestamp,
}

impl Session {
    /// How long a session lives without being touched.
    pub const IDLE: SignedDuration = SignedDuration::from_mins(20);
    /// How long it lives at the most.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
}

/// The sessions, shared by all nodes.
///
/// Losing them signs people out and nothing else. A session ends [`Session::IDLE`] after it was last touched, and
/// [`Session::LONGEST`] after it was opened however busy it is.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a new session. A key that is taken is not given to another: the answer is whether the session is kept.
    async fn open(
        &self,
        key: &SessionKey,
        session: &Session,
        now: Timestamp,
    ) -> Result<bool, Fault>;

    /// The session, without touching it: for what the browser asks by itself. None once it has ended.
    async fn peek(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, Fault>;

    /// The session, which lives on from now: for what a person asks. None once it has ended; it does not come back.
    async fn touch(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, Fault>;

    /// Takes down who the guest is now. A session that was closed or ended meanwhile stays so: the answer is whether
    /// it still stands. This is not a touch.
    async fn update(&self, key: &SessionKey, guest: &Guest, now: Timestamp) -> Result<bool, Fault>;

    /// Ends a session at once, on all nodes. Ending one that has ended does nothing.
    async fn close(&self, key: &SessionKey) -> Result<(), Fault>;
}
