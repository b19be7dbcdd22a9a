//! Small documents of a tenant that are neither callbacks nor its catalogue: credentials, endpoints, models, saved views.
//!
//! One port for all of them, because each asks the same of its store: read it, replace it if nobody else did, list it.

use std::fmt;

use async_trait::async_trait;
use ges_domain::id::{Revision, TenantId};

use crate::Fault;

/// Text that does not name a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a name of 1 to {} bytes without control characters", RecordName::LONGEST)]
pub struct NotARecordName;

/// The name of a record among those of its kind; names are ordered byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName(Box<str>);

impl RecordName {
    /// The most bytes of a name.
    pub const LONGEST: usize = 255;

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, NotARecordName> {
        let fits = (1..=Self::LONGEST).contains(&text.len()) && !text.contains(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(NotARecordName) }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What records are for: those of one kind are listed together. The house's own word, never a caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKind(&'static str);

impl RecordKind {
    /// A kind by its word of at most 32 bytes.
    pub const fn new(word: &'static str) -> Self {
        assert!(!word.is_empty() && word.len() <= 32, "a kind is a short word");
        Self(word)
    }

    /// The word, for the stores.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Where a record lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The owner.
    pub tenant: TenantId,
    /// What it is for.
    pub kind: RecordKind,
    /// Which one.
    pub name: RecordName,
}

/// A record as it stands; `Debug` hides the document, which may hold what nobody should read.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub name: RecordName,
    /// How often it was written, from 1.
    pub revision: Revision,
    /// What it says.
    pub document: String,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, revision, document } = self;
        write!(f, "Record({name}, revision {revision}, {} bytes)", document.len())
    }
}

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another revision stands than the one that was expected.
    #[error("the record changed meanwhile")]
    Changed {
        /// The revision that stands, [`Revision::NONE`] where there is no record.
        now: Revision,
    },
    /// The store is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The records of all tenants.
#[async_trait]
pub trait Records: Send + Sync {
    /// A record as it stands.
    async fn get(&self, key: &RecordKey) -> Result<Option<Record>, Fault>;

    /// Writes a document in the place of the one that stands at `expected`, which is [`Revision::NONE`] for a new
    /// record, and answers the new revision: one more than before. One step, durable when answered; of many who expect
    /// the same revision one succeeds.
    ///
    /// A record that was removed and is written again begins at revision 1.
    async fn put(
        &self,
        key: &RecordKey,
        document: &str,
        expected: Revision,
    ) -> Result<Revision, RecordError>;

    /// Removes the record that stands at `expected`, in one step. There is nothing to remove at [`Revision::NONE`].
    async fn remove(&self, key: &RecordKey, expected: Revision) -> Result<(), RecordError>;

    /// A tenant's records of a kind that come after a name, in the order of their names: at most `limit`, 1 to 1000.
    async fn list(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordName>,
        limit: u16,
    ) -> Result<Vec<Record>, Fault>;

    /// The tenants after one that have records of a kind, in order: at most `limit`, 1 to 1000.
    async fn owners(
        &self,
        kind: RecordKind,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<Vec<TenantId>, Fault>;
}
