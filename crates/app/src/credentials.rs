//! What tenants have with neighbours: an account for push notices, a captcha, an account for statistics.
//!
//! The secrets in them are sealed before they reach a store, opened where a neighbour is asked, and never told to
//! anybody else.

mod document;
mod keyring;
mod rotation;

use std::collections::BTreeSet;
use std::sync::Arc;

use ges_domain::callback::PushTarget;
use ges_domain::id::{Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{
    CaptchaSite, Delivery, Fault, HumanToken, Purpose, PushAccount, PushContent, PushMessage,
    PushMode, PushRefusal, Record, RecordError, RecordKey, RecordKind, RecordName, Records,
    StatisticsAccount, StatisticsError, StatisticsQuestion, VouchError,
};

use crate::{App, Failure};

pub use document::{Entry, Shown};
pub(crate) use keyring::Keyring;
pub use rotation::Rotation;

/// The records that hold credentials.
pub(crate) const KIND: RecordKind = RecordKind::new("credential");
/// Rows of one page.
const PAGE: u16 = 500;
/// How often a write is tried against other nodes'.
const TRIES: usize = 5;
/// A device that nobody has, to find out whether an account is good.
const NOBODY: &str = "ges-test-of-the-credentials";

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// Notices on customers' devices.
    Push,
    /// Telling people from programs.
    Captcha,
    /// The contact centre's figures.
    Statistics,
}

impl CredentialKind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Push, Self::Captcha, Self::Statistics];

    /// Its name: `push`, `captcha` or `statistics`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Captcha => "captcha",
            Self::Statistics => "statistics",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Push => Purpose::Push,
            Self::Captcha => Purpose::Captcha,
            Self::Statistics => Purpose::Statistics,
        }
    }

    fn record(self, tenant: TenantId) -> RecordKey {
        let name = RecordName::parse(self.as_str()).expect("a word is a name");
        RecordKey { tenant, kind: KIND, name }
    }
}

/// A credential, opened, on its way to its neighbour.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Push(Arc<PushAccount>),
    Captcha(Arc<CaptchaSite>),
    Statistics(Arc<StatisticsAccount>),
}

/// What may be told of a credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Everything but the secret.
    pub shown: Shown,
    /// When it was written.
    pub updated_at: Timestamp,
    /// By whom.
    pub by: String,
}

/// Why a credential was not written.
#[derive(Debug, thiserror::Error)]
pub enum PutFailure {
    /// There is no earlier one whose secret could stay.
    #[error("the secret is missing, and there is no earlier one")]
    NoSecret,
    /// The store is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

/// What came of trying a credential out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Whether its neighbour takes it.
    pub ok: bool,
    /// What that means, for people.
    pub message: &'static str,
}

/// The kinds of which any contact centre has a credential: whom an installation must reach.
pub async fn credential_kinds(records: &dyn Records) -> Result<BTreeSet<CredentialKind>, Fault> {
    let mut kinds = BTreeSet::new();
    let mut after = None;
    loop {
        let owners = records.owners(KIND, after, PAGE).await?;
        for tenant in &owners {
            let held = records.list(*tenant, KIND, None, PAGE).await?;
            kinds.extend(held.iter().filter_map(|it| CredentialKind::parse(it.name.as_str())));
        }
        match owners.last() {
            Some(last) if owners.len() == usize::from(PAGE) => after = Some(*last),
            _ => return Ok(kinds),
        }
    }
}

impl App {
    /// What may be told of a tenant's credential; none where there is none.
    pub async fn credential_described(
        &self,
        tenant: TenantId,
        kind: CredentialKind,
    ) -> Result<Option<Described>, Failure> {
        let found = self.ports.records.get(&kind.record(tenant)).await?;
        let described = found.map(|record| document::described(kind, &record.document));
        Ok(described.transpose()?)
    }

    /// Writes a tenant's credential in the place of the one that stands; without a secret the standing one stays.
    pub async fn put_credential(
        &self,
        tenant: TenantId,
        entry: Entry,
        by: &str,
    ) -> Result<Described, PutFailure> {
        let kind = entry.kind();
        let key = kind.record(tenant);
        let now = self.now();
        let seals = &self.ports.seals;
        for _try in 0..TRIES {
            let standing = self.ports.records.get(&key).await?;
            let sealed = match (&entry.secret, &standing) {
                (Some(secret), _) => seals.seal(tenant, kind.purpose(), secret),
                (None, Some(standing)) => document::sealed(&standing.document)?,
                (None, None) => return Err(PutFailure::NoSecret),
            };
            let document = document::written(&entry.shown, &sealed, now, by);
            let expected = standing.as_ref().map_or(Revision::NONE, |record| record.revision);
            match self.ports.records.put(&key, &document, expected).await {
                Ok(_) => {
                    self.keyring.forget(tenant, kind);
                    let by = by.to_owned();
                    return Ok(Described { shown: entry.shown, updated_at: now, by });
                }
                Err(RecordError::Changed { .. }) => {}
                Err(RecordError::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(Fault::unavailable("store", "the credential keeps changing").into())
    }

    /// Removes a tenant's credential; false where there is none.
    pub async fn remove_credential(
        &self,
        tenant: TenantId,
        kind: CredentialKind,
    ) -> Result<bool, Failure> {
        let key = kind.record(tenant);
        for _try in 0..TRIES {
            let Some(Record { revision, .. }) = self.ports.records.get(&key).await? else {
                return Ok(false);
            };
            match self.ports.records.remove(&key, revision).await {
                Ok(()) => {
                    self.keyring.forget(tenant, kind);
                    return Ok(true);
                }
                Err(RecordError::Changed { .. }) => {}
                Err(RecordError::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(Fault::unavailable("store", "the credential keeps changing").into())
    }

    /// Asks a credential's neighbour something harmless; none where there is no credential.
    pub async fn try_credential(
        &self,
        tenant: TenantId,
        kind: CredentialKind,
    ) -> Result<Option<Tried>, Failure> {
        self.keyring.forget(tenant, kind);
        let now = self.now();
        let Some(credential) = self.credential(tenant, kind, now).await? else { return Ok(None) };
        let tried = match credential {
            Credential::Push(account) => self.try_push(tenant, account, now).await?,
            Credential::Captcha(site) => self.try_captcha(&site, now).await?,
            Credential::Statistics(account) => self.try_statistics(tenant, account, now).await?,
        };
        Ok(Some(tried))
    }

    async fn try_push(
        &self,
        tenant: TenantId,
        account: Arc<PushAccount>,
        now: Timestamp,
    ) -> Result<Tried, Failure> {
        let Some(push) = &self.ports.push else { return Ok(NOT_HERE) };
        let message = PushMessage {
            tenant,
            account,
            target: PushTarget { token: String::from(NOBODY) },
            content: PushContent::Own(String::from(r#"{"title":"Test","body":"Test"}"#)),
            mode: PushMode::Check,
        };
        let tried = |ok, message| Ok(Tried { ok, message });
        match push.deliver(&message, now).await? {
            Delivery::Refused(PushRefusal::AccountRefused) => {
                tried(false, "the push service refuses the account")
            }
            Delivery::Refused(PushRefusal::PlatformRefused) => {
                tried(false, "the push service refuses the account's keys of the device's platform")
            }
            // What it says of a device that nobody has, it says after it took the account.
            Delivery::Accepted(_) | Delivery::Refused(_) => {
                tried(true, "the push service takes the account")
            }
            Delivery::Later { .. } => {
                tried(false, "the push service is overloaded, or the account sends too much")
            }
        }
    }

    async fn try_captcha(&self, site: &CaptchaSite, now: Timestamp) -> Result<Tried, Failure> {
        let Some(humans) = &self.ports.humans else { return Ok(NOT_HERE) };
        // A token is asked about once, so each test has one of its own.
        let token = HumanToken::new(format!("{NOBODY}-{}", self.ports.ids.record()));
        match humans.vouch(site, &token, None, now).await {
            Ok(_verdict) => Ok(Tried { ok: true, message: "the captcha service takes the keys" }),
            Err(VouchError::KeysRefused) => {
                Ok(Tried { ok: false, message: "the captcha service refuses the keys" })
            }
            Err(VouchError::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn try_statistics(
        &self,
        tenant: TenantId,
        account: Arc<StatisticsAccount>,
        now: Timestamp,
    ) -> Result<Tried, Failure> {
        let Some(statistics) = &self.ports.statistics else { return Ok(NOT_HERE) };
        let body = r#"{"data":{"statistics":[]}}"#.into();
        let question = StatisticsQuestion { tenant, account, body };
        let zero = ges_domain::time::SignedDuration::ZERO;
        let tried = |ok, message| Ok(Tried { ok, message });
        match statistics.figures(&question, zero, now).await {
            Ok(_) | Err(StatisticsError::QuestionRefused) => {
                tried(true, "the statistics service takes the account")
            }
            Err(StatisticsError::AccountRefused) => {
                tried(false, "the statistics service refuses the account")
            }
            Err(StatisticsError::ClientRefused) => {
                tried(false, "the sign-in service refuses this service's own client")
            }
            Err(StatisticsError::Fault(fault)) => {
                Err(Fault { peer: fault.peer, kind: fault.kind, source: Some(fault.into()) }.into())
            }
        }
    }
}

/// Nobody can be asked.
const NOT_HERE: Tried = Tried { ok: false, message: "this installation does not know the service" };
