//! Who sits in front of the browser, or behind a bearer token.

use async_trait::async_trait;
use ges_domain::access::Person;
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};

use crate::{Fault, Secret};

/// One attempt to sign in through a browser, kept until the browser comes back.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Comes back with the browser and must be the same: at least 128 bits that nobody can guess.
    pub state: String,
    /// Proves that who redeems the code is who asked for it: 43 to 128 of `A-Z a-z 0-9 - . _ ~`.
    pub verifier: Secret,
    /// Where the browser comes back to, exactly as it is registered.
    pub redirect_uri: String,
}

/// How people come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// They type name and password on a page of ours.
    Form,
    /// They are sent to this address and come back with a code.
    Elsewhere(String),
}

/// What somebody shows to be let in.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A name and its password, from the form.
    Password {
        /// The name.
        user_name: String,
        /// The password.
        password: Secret,
        /// From where it is shown: attempts are counted by it too.
        address: String,
    },
    /// A code, brought back from elsewhere.
    Code {
        /// The code; it is good once.
        code: Secret,
        /// The visit's.
        verifier: Secret,
        /// The visit's.
        redirect_uri: String,
    },
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone)]
pub enum Entry {
    /// Come in.
    Admitted(Box<Guest>),
    /// No; which part was wrong is not said.
    Refused,
    /// Too many attempts lately, for this name or together.
    Later {
        /// When the next attempt is looked at.
        retry_after: SignedDuration,
    },
}

/// Somebody who is in.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Who it is, with what they may do now.
    pub person: Person,
    /// The means to ask again later.
    pub grant: Option<Grant>,
}

/// What stands for a person: the tokens that the other side gave, or a digest of what is kept of the password.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Speaks for the person.
    pub access: Secret,
    /// Buys the next grant, where there is one.
    pub refresh: Option<Secret>,
    /// From when a new one should be bought: at 80 % of the life.
    pub renew_at: Timestamp,
    /// When the access token dies.
    pub ends_at: Timestamp,
}

/// A program that showed a good token of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Whether it is one of those that may publish settings here.
    pub allowed: bool,
    /// The only tenant it speaks for; none is any.
    pub tenant: Option<TenantId>,
}

impl Application {
    /// Whether it may publish settings of this tenant.
    pub fn may_publish_for(&self, tenant: TenantId) -> bool {
        self.allowed && self.tenant.is_none_or(|only| only == tenant)
    }
}

/// The people of all tenants.
///
/// Whoever nothing is known of may do nothing: a person without a configured role comes back with no role, unless the
/// installation says that such people may do everything.
#[async_trait]
pub trait People: Send + Sync {
    /// How this visit goes; asks nobody.
    fn door(&self, visit: &Visit) -> Door;

    /// Looks at a proof. A wrong name, a wrong password and a used code are refused alike and take equally long; a
    /// proof of the other door's kind is refused too. Roles are read anew, past every cache.
    async fn sign_in(&self, proof: &Proof, now: Timestamp) -> Result<Entry, Fault>;

    /// The same guest as they are now: with today's roles and lines, and with a new grant when the old one is due.
    /// None: they may not be here any longer. Asks nobody more often than once a minute for the same guest, so it may
    /// be called with every request.
    async fn renew(&self, guest: &Guest, now: Timestamp) -> Result<Option<Guest>, Fault>;

    /// The person whom a bearer token speaks for; none for a token that is unknown, expired or not of this kind.
    /// A known one is believed for 60 s and never beyond its end, an unknown one is not asked about again for 5 s.
    async fn bearer(&self, token: &Secret, now: Timestamp) -> Result<Option<Person>, Fault>;

    /// The application whose bearer token this is, such as the designer's, be it allowed here or not; none for a token
    /// that is unknown or expired. Kept as [`bearer`](Self::bearer) keeps its answers.
    async fn application(
        &self,
        token: &Secret,
        now: Timestamp,
    ) -> Result<Option<Application>, Fault>;

    /// Where a browser goes to sign out elsewhere too, coming back to `back`; none where our own session is all.
    fn farewell(&self, back: &str) -> Option<String>;
}
