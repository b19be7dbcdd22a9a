//! A job and its parts as they are stored: its progress, the lease of who works on it, and its callbacks in chunks.
//!
//! Three kinds of record. The lease is apart from the job, so that an idle node asks one small question and finds
//! nothing; the chunks are apart, so that progress is one small write.

use std::collections::BTreeSet;

use ges_domain::access::Lines;
use ges_domain::callback::{Action, Callback, Kind, State};
use ges_domain::id::{CallbackId, RecordId, TenantId};
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::time::{SignedDuration, Timestamp, Window};
use ges_ports::{Cursor, Fault, RecordKey, RecordKind, RecordName, Search, SearchOrder};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The jobs, until a week after they are over.
pub(super) const JOBS: RecordKind = RecordKind::new("bulk-job");
/// The jobs that are not over, each with the lease of who works on it.
pub(super) const RUNS: RecordKind = RecordKind::new("bulk-run");
/// The callbacks of the jobs, and what became of each.
pub(super) const CHUNKS: RecordKind = RecordKind::new("bulk-chunk");

/// What is done to each callback of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkAction {
    /// It is cancelled.
    Cancel,
    /// It is moved by so many minutes from its desired time, or from the job's beginning where that is past.
    Shift {
        /// How many; below zero is earlier.
        minutes: i32,
    },
    /// It is moved to this time.
    MoveTo {
        /// When.
        at: Timestamp,
    },
}

impl BulkAction {
    /// What it is for a single callback.
    pub const fn single(self) -> Action {
        match self {
            Self::Cancel => Action::Cancel,
            Self::Shift { .. } | Self::MoveTo { .. } => Action::Reschedule,
        }
    }

    /// The order in which callbacks are gathered and changed.
    ///
    /// What moves later goes the latest first, so that it leaves its place before another one needs it. What is
    /// cancelled goes by a time that nobody can change meanwhile.
    pub(super) const fn order(self) -> SearchOrder {
        match self {
            Self::Cancel => SearchOrder::CreatedDescending,
            Self::Shift { minutes } if minutes > 0 => SearchOrder::DesiredDescending,
            Self::Shift { .. } | Self::MoveTo { .. } => SearchOrder::DesiredAscending,
        }
    }

    /// The time that a callback is to have; none where it is to be cancelled.
    pub(super) fn target(self, callback: &Callback, begun_at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cancel => None,
            Self::MoveTo { at } => Some(at),
            Self::Shift { minutes } => {
                let shift = SignedDuration::from_mins(minutes.into());
                let from = callback.desired_at.max(begun_at);
                Some(from.saturating_add(shift).unwrap_or(Timestamp::MAX))
            }
        }
    }
}

/// Whether a job goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkStanding {
    /// It is worked on, or waits for its turn.
    Running,
    /// All its callbacks were looked at.
    Done,
    /// Somebody stopped it.
    Stopped,
}

/// A change of many callbacks at once, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkJob {
    /// Its name.
    pub id: RecordId,
    /// What is done to each callback.
    pub action: BulkAction,
    /// Who began it.
    pub by: String,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The lines of business in which it looked for callbacks: who may not see all of them does not see the job.
    pub reach: Lines,
    /// Whether it goes on.
    pub standing: BulkStanding,
    /// Its callbacks; until all of them are gathered, how many were counted when it began.
    pub total: u32,
    /// Callbacks that are as they were wanted.
    pub succeeded: u32,
    /// Callbacks for which it came to nothing.
    pub refused: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

impl BulkJob {
    /// Whether nothing more happens to its callbacks.
    pub fn over(&self) -> bool {
        self.standing != BulkStanding::Running
    }

    /// The callbacks that were looked at.
    pub fn done(&self) -> u32 {
        self.succeeded + self.refused
    }
}

/// A filter, kept while its callbacks are gathered: it may hold a phone number, which chunks never do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    phone: Option<PhoneNumber>,
    services: Vec<ServiceName>,
    queues: Vec<QueueName>,
    hidden: Vec<QueueName>,
    states: Vec<State>,
    kind: Option<Kind>,
    reasons: Vec<String>,
    desired: Option<Window>,
    created: Option<Window>,
}

impl Filter {
    pub(super) fn of(search: &Search) -> Self {
        let Search {
            phone, services, queues, hidden, states, kind, reasons, desired, created, ..
        } = search.clone();
        Self { phone, services, queues, hidden, states, kind, reasons, desired, created }
    }

    pub(super) fn search(&self, order: SearchOrder, after: Option<Cursor>, limit: u16) -> Search {
        let Self { phone, services, queues, hidden, states, kind, reasons, desired, created } =
            self.clone();
        Search {
            phone,
            services,
            queues,
            hidden,
            states,
            kind,
            reasons,
            desired,
            created,
            order,
            after,
            limit,
        }
    }
}

/// How far the gathering is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Gathering {
    pub(super) filter: Filter,
    /// The last callback that was written down.
    pub(super) after: Option<(Timestamp, CallbackId)>,
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    pub(super) job: BulkJob,
    /// The request that began it, for repeats of its key.
    pub(super) fingerprint: Option<[u8; 32]>,
    /// Somebody wants it stopped: the only word in here of who does not hold the lease.
    pub(super) stop: bool,
    pub(super) gathering: Option<Gathering>,
    /// Callbacks that are written down.
    pub(super) gathered: u32,
    /// Chunks that are written down.
    pub(super) chunks: u32,
    /// The chunk that is changed next.
    pub(super) next: u32,
    /// The chunks with callbacks for which it came to nothing.
    pub(super) refusing: BTreeSet<u32>,
}

impl Kept {
    pub(super) fn read(document: &str) -> Result<Self, Fault> {
        read(document, "a job cannot be read")
    }

    pub(super) fn document(&self) -> Result<String, Fault> {
        written(self)
    }

    /// The same without the word of those who do not hold the lease.
    pub(super) fn progress(&self) -> Self {
        Self { stop: false, ..self.clone() }
    }

    /// Adds what became of the next chunk.
    pub(super) fn count(&mut self, chunk: &Chunk) {
        let refused = chunk.rows.iter().filter(|row| row.came_to_nothing()).count();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.job.refused += number(refused);
        self.job.succeeded += number(chunk.rows.len() - refused);
        if refused > 0 {
            self.refusing.insert(self.next);
        }
        self.next += 1;
    }

    /// Ends the job where nothing is left to do, or somebody wants it so.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let nothing_left = self.gathering.is_none() && self.next == self.chunks;
        if nothing_left {
            self.job.standing = BulkStanding::Done;
        } else if self.stop {
            self.job.standing = BulkStanding::Stopped;
        } else {
            return;
        }
        if self.gathering.take().is_some() {
            self.job.total = self.gathered;
        }
        self.job.finished_at = Some(now);
    }
}

/// What became of one callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RowFate {
    /// It is as it was wanted.
    Done,
    /// A single change would have been refused so; a full slot names no free ones.
    Refused(Refusal),
    /// The store could not tell, however often it was asked.
    Failed,
}

/// One callback of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) id: CallbackId,
    /// The time that it is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fate: Option<RowFate>,
}

impl Row {
    pub(super) fn came_to_nothing(&self) -> bool {
        !matches!(self.fate, Some(RowFate::Done))
    }
}

/// Callbacks that are changed in one step: their ids and times, no number and nothing of their customers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    /// When somebody first began to change them: written before the first is touched.
    pub(super) begun_at: Option<Timestamp>,
    /// How often somebody began.
    pub(super) tries: u32,
}

impl Chunk {
    pub(super) fn read(document: &str) -> Result<Self, Fault> {
        read(document, "a job's callbacks cannot be read")
    }

    pub(super) fn document(&self) -> Result<String, Fault> {
        written(self)
    }

    /// Whether it is known of each callback what became of it.
    pub(super) fn known(&self) -> bool {
        self.rows.iter().all(|row| row.fate.is_some())
    }
}

/// A job that is not over, and who works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub(super) started_at: Timestamp,
    /// The node; none while the job is being made.
    pub(super) owner: Option<String>,
    /// When others may take it over.
    pub(super) until: Timestamp,
}

impl Run {
    pub(super) fn read(document: &str) -> Result<Self, Fault> {
        read(document, "the lease of a job cannot be read")
    }

    pub(super) fn document(&self) -> Result<String, Fault> {
        written(self)
    }
}

fn read<T: DeserializeOwned>(document: &str, trouble: &'static str) -> Result<T, Fault> {
    // The cause is left out: it may quote the document.
    serde_json::from_str(document).map_err(|_quotes| Fault::misbehaved("store", trouble))
}

fn written(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value)
        .map_err(|_quotes| Fault::misbehaved("store", "a job cannot be written"))
}

/// Where a job lies.
pub(super) fn job_key(tenant: TenantId, id: RecordId) -> RecordKey {
    RecordKey { tenant, kind: JOBS, name: name(&id.to_string()) }
}

/// Where the lease of a job lies.
pub(super) fn run_key(tenant: TenantId, id: RecordId) -> RecordKey {
    RecordKey { kind: RUNS, ..job_key(tenant, id) }
}

/// Where a chunk of a job lies.
pub(super) fn chunk_key(tenant: TenantId, id: RecordId, index: u32) -> RecordKey {
    // Their names are in the order of their numbers.
    RecordKey { tenant, kind: CHUNKS, name: name(&format!("{id}/{index:05}")) }
}

/// What comes before the names of all chunks of a job, and after those of every earlier one.
pub(super) fn before_chunks(id: RecordId) -> RecordName {
    name(&format!("{id}/"))
}

fn name(text: &str) -> RecordName {
    RecordName::parse(text).expect("a UUID and a number are a short name")
}
