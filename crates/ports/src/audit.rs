//! Who did what, and who was not let do it: the audit log.
//!
//! Apart from the events of callbacks, because it also tells of what changed nothing: refusals, rules, keys, sign-ins.
//! An entry holds no phone number, no user data and no secret; what it is about, it names by its id.

use async_trait::async_trait;
use ges_domain::id::{RecordId, TenantId};
use ges_domain::time::{Timestamp, Window};
use uuid::Uuid;

use crate::Fault;

/// What came of an attempt to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
    /// It failed; whether it was done may not be known.
    Failed,
}

impl AuditOutcome {
    /// All outcomes.
    pub const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Failed];

    /// The word for it, on the wire and in the stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its name.
    pub id: RecordId,
    /// Whose log it is in.
    pub tenant: TenantId,
    /// When.
    pub at: Timestamp,
    /// Who: a person's or a program's name.
    pub who: String,
    /// What they did or wanted to do, such as `callback.cancel`.
    pub what: String,
    /// On what, by its id or name.
    pub on: Option<String>,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// The code of the refusal or failure.
    pub code: Option<u32>,
    /// A remark.
    pub note: Option<String>,
    /// The request's own name, which leads to its line in the log.
    pub correlation: Uuid,
    /// The address that it came from.
    pub address: Option<String>,
}

/// Where the next page begins: after this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    /// The entry's time.
    pub at: Timestamp,
    /// The entry.
    pub id: RecordId,
}

/// Which entries to find; every given field must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this time.
    pub window: Option<Window>,
    /// Of this person.
    pub who: Option<String>,
    /// What was done: exactly this, or all that begins with it and a dot: `callback` finds `callback.cancel`.
    pub what: Option<String>,
    /// That ended so.
    pub outcome: Option<AuditOutcome>,
    /// Where the page begins.
    pub after: Option<AuditCursor>,
    /// The most entries of the page, 1 to 1000.
    pub limit: u16,
}

/// One page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins; none is the end.
    pub next: Option<AuditCursor>,
}

/// The audit logs of all tenants.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Adds an entry, durable when answered. An entry that is there already stays as it is.
    async fn append(&self, entry: &AuditEntry) -> Result<(), Fault>;

    /// One page of a tenant's log, the newest first; pages neither skip nor repeat an entry.
    async fn page(&self, tenant: TenantId, filter: &AuditFilter) -> Result<AuditPage, Fault>;

    /// Takes entries of before a time away, the oldest first, at most `limit`; answers how many.
    async fn purge(&self, before: Timestamp, limit: u16) -> Result<u64, Fault>;
}
