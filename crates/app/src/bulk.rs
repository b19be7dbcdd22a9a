//! Changes of many callbacks at once: all that a filter finds is cancelled, or given another time.
//!
//! A job goes on without whoever began it. Its callbacks are gathered first, by their ids, each with the time that it is
//! to have; only then are they changed, chunk by chunk. So one that moves is not found again, a chunk can be done over
//! after a crash, and it is known of each callback what became of it.

mod change;
mod gather;
mod job;
mod run;

use std::collections::BTreeSet;

use ges_domain::access::{Lines, Person};
use ges_domain::booking::{Fingerprint, IdempotencyKey};
use ges_domain::callback::{Action, Callback, State};
use ges_domain::id::{CallbackId, RecordId, Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Fault, RecordError, RecordKey, Search};
use uuid::Uuid;

use crate::worklist::{self, COUNTED};
use crate::{App, Count, Failure};
use job::{CHUNKS, Chunk, Filter, Gathering, JOBS, Kept};

pub use job::{BulkAction, BulkJob, BulkStanding, RowFate};
pub(crate) use run::Bulk;
pub use run::BulkStep;

/// The most callbacks of one job.
pub const MOST_AT_ONCE: u32 = COUNTED;
/// Jobs of a tenant that are not over, at the most: each is one that somebody waits for.
pub const UNFINISHED: u16 = 20;
/// Callbacks that a preview shows.
const SAMPLE: u16 = 5;
/// How many more than were shown may have come meanwhile: so many, or one in a hundred.
const MORE: u32 = 5;
/// How often a record is tried against other writers.
const TRIES: usize = 5;
/// Records that are read at once.
const PAGE: u16 = 200;
/// Chunks that are looked through for one page of rows.
const LOOKED_THROUGH: usize = 100;
/// Jobs that are forgotten in one step of each tenant.
const FORGOTTEN: u64 = 20;

/// What a filter finds, before anything is done.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkPreview {
    /// How many callbacks, counted to [`MOST_AT_ONCE`].
    pub count: Count,
    /// Some of them, in the order of the search.
    pub sample: Vec<Callback>,
}

/// A wish for a change of many callbacks.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOrder {
    /// What to do to each.
    pub action: BulkAction,
    /// Which callbacks: those of them that are in a state that allows it.
    pub search: Search,
    /// How many were shown.
    pub expected: u32,
    /// A remark.
    pub note: Option<String>,
    /// The caller's key and the request's fingerprint.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
}

/// Why a job was not begun, or is not shown.
#[derive(Debug, thiserror::Error)]
pub enum BulkFailure {
    /// There is no such job, or not for this person.
    #[error("there is no such job")]
    Unknown,
    /// The filter finds more callbacks than one job may have.
    #[error("the filter finds more than {MOST_AT_ONCE} callbacks")]
    TooMany,
    /// Clearly more callbacks are found now than were shown.
    #[error("the filter finds {count} callbacks now")]
    More {
        /// How many.
        count: u32,
    },
    /// As many jobs wait as may.
    #[error("{UNFINISHED} jobs are not over yet")]
    Busy,
    /// The key names another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// A request with this key is being looked at.
    #[error("a request with this idempotency key is still running")]
    KeyBusy,
    /// A neighbour is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

/// What became of one callback of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRow {
    /// The callback.
    pub callback: CallbackId,
    /// What became of it.
    pub fate: RowFate,
}

/// Where a page of rows begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkPlace {
    /// The chunk.
    pub chunk: u32,
    /// The row in it.
    pub row: u32,
}

/// Which rows of a job are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkRows {
    /// All that were looked at.
    All,
    /// Those for which it came to nothing.
    Refused,
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkPage {
    /// The rows, in the order in which they were changed.
    pub rows: Vec<BulkRow>,
    /// Where the next page begins; none is the end of what is known now.
    pub next: Option<BulkPlace>,
}

impl App {
    /// What a change of many callbacks would be about.
    pub async fn preview_bulk(
        &self,
        person: &Person,
        action: Action,
        search: &Search,
    ) -> Result<BulkPreview, Failure> {
        let Some(search) = targets(search, action) else {
            let count = Count { count: 0, exact: true };
            return Ok(BulkPreview { count, sample: Vec::new() });
        };
        let count = self.count(person, &search).await?;
        let page = self.list(person, &Search { after: None, limit: SAMPLE, ..search }).await?;
        Ok(BulkPreview { count, sample: page.callbacks })
    }

    /// Begins a change of many callbacks. A repeat of a key gets the job of its first use, for as long as that is kept.
    pub async fn start_bulk(
        &self,
        person: &Person,
        order: BulkOrder,
    ) -> Result<BulkJob, BulkFailure> {
        let (tenant, now) = (person.tenant, self.now());
        let id = match &order.key {
            Some((key, _)) => named(person, key),
            None => self.ports.ids.record(),
        };
        if let Some(earlier) = self.recalled(tenant, id, &order).await? {
            return Ok(earlier);
        }
        let search = targets(&order.search, order.action.single());
        let total = self.counted(person, search.as_ref(), order.expected).await?;
        if self.runs_of(tenant).await?.len() >= usize::from(UNFINISHED) {
            return Err(BulkFailure::Busy);
        }
        let search = search.and_then(|search| worklist::seen(person, &search));
        let reach = Lines::from(person.lines.narrow(&order.search.queues));
        let kept = Kept {
            job: BulkJob {
                id,
                action: order.action,
                by: person.user_name.clone(),
                note: order.note.clone(),
                reach,
                standing: BulkStanding::Running,
                total,
                succeeded: 0,
                refused: 0,
                started_at: now,
                finished_at: None,
            },
            fingerprint: order.key.as_ref().map(|(_, fingerprint)| *fingerprint.bytes()),
            stop: false,
            gathering: search.map(|it| Gathering { filter: Filter::of(&it), after: None }),
            gathered: 0,
            chunks: 0,
            next: 0,
            refusing: BTreeSet::new(),
        };
        self.made(tenant, &order, kept).await
    }

    /// Makes a job and gathers its first callbacks. Mostly these are all of them: then its total is known at once, and
    /// its filter, which may hold a number, is not kept.
    async fn made(
        &self,
        tenant: TenantId,
        order: &BulkOrder,
        kept: Kept,
    ) -> Result<BulkJob, BulkFailure> {
        let (id, now) = (kept.job.id, kept.job.started_at);
        let Some(turn) = self.begin(tenant, id, now).await? else {
            // The same key at the same time: the other one makes it.
            return self.recalled(tenant, id, order).await?.ok_or(BulkFailure::KeyBusy);
        };
        let key = job::job_key(tenant, id);
        match self.ports.records.put(&key, &kept.document()?, Revision::NONE).await {
            Ok(_) => {}
            Err(RecordError::Fault(fault)) => return Err(fault.into()),
            Err(RecordError::Changed { .. }) => {
                // It was begun and ended since we looked.
                self.forget_document(&job::run_key(tenant, id)).await?;
                return self.recalled(tenant, id, order).await?.ok_or(BulkFailure::KeyBusy);
            }
        }
        // The job is made, whatever comes now: a node goes on with it when the lease is given up, or lapses.
        let later = |fault: &Fault| {
            let kind = fault.kind.as_str();
            tracing::warn!(peer = fault.peer, fault.kind = kind, "a job begins later");
        };
        let worked = self.work(&turn).await.inspect_err(later);
        self.hand_over(&turn).await.unwrap_or_else(|fault| later(&fault));
        Ok(worked.ok().flatten().unwrap_or(kept.job))
    }

    /// The job that an earlier request with the same key began.
    async fn recalled(
        &self,
        tenant: TenantId,
        id: RecordId,
        order: &BulkOrder,
    ) -> Result<Option<BulkJob>, BulkFailure> {
        let Some((_, fingerprint)) = &order.key else { return Ok(None) };
        let Some(record) = self.ports.records.get(&job::job_key(tenant, id)).await? else {
            return Ok(None);
        };
        let kept = Kept::read(&record.document)?;
        let same = kept.fingerprint.as_ref() == Some(fingerprint.bytes());
        if same { Ok(Some(kept.job)) } else { Err(BulkFailure::KeyReused) }
    }

    /// How many callbacks a job will have, where that is about what was shown.
    async fn counted(
        &self,
        person: &Person,
        search: Option<&Search>,
        expected: u32,
    ) -> Result<u32, BulkFailure> {
        let Some(search) = search else { return Ok(0) };
        let counted = self.count(person, search).await.map_err(|failure| match failure {
            Failure::Faulted(fault) | Failure::Ours(fault) => fault,
            Failure::Refused(refusal) => Fault::misbehaved("store", refusal),
        })?;
        if !counted.exact {
            return Err(BulkFailure::TooMany);
        }
        let most = expected.saturating_add(MORE.max(expected / 100));
        if counted.count > most {
            return Err(BulkFailure::More { count: counted.count });
        }
        Ok(counted.count)
    }

    /// The jobs that a person may see, the newest first.
    pub async fn bulk_jobs(&self, person: &Person) -> Result<Vec<BulkJob>, Fault> {
        let mut jobs = Vec::new();
        let mut after = None;
        loop {
            let page = self.ports.records.list(person.tenant, JOBS, after.as_ref(), PAGE).await?;
            for record in &page {
                jobs.push(Kept::read(&record.document)?.job);
            }
            match page.last() {
                Some(last) if page.len() == usize::from(PAGE) => after = Some(last.name.clone()),
                _ => break,
            }
        }
        jobs.retain(|job| person.lines.cover(&job.reach));
        jobs.sort_by_key(|job| std::cmp::Reverse((job.started_at, job.id)));
        Ok(jobs)
    }

    /// One job.
    pub async fn bulk_job(&self, person: &Person, id: RecordId) -> Result<BulkJob, BulkFailure> {
        Ok(self.kept_bulk(person, id).await?.1.job)
    }

    /// What became of the callbacks of a job. A page may be short, and even empty, before the end.
    pub async fn bulk_rows(
        &self,
        person: &Person,
        id: RecordId,
        which: BulkRows,
        from: BulkPlace,
        limit: u16,
    ) -> Result<BulkPage, BulkFailure> {
        let (_, kept) = self.kept_bulk(person, id).await?;
        let chunks: Vec<u32> = match which {
            BulkRows::All => (from.chunk..kept.next).collect(),
            BulkRows::Refused => kept.refusing.range(from.chunk..).copied().collect(),
        };
        let mut rows = Vec::new();
        for chunk in chunks.iter().copied().take(LOOKED_THROUGH) {
            let key = job::chunk_key(person.tenant, id, chunk);
            let Some(record) = self.ports.records.get(&key).await? else { continue };
            let skipped = if chunk == from.chunk { from.row } else { 0 };
            for (row, found) in (0_u32..).zip(Chunk::read(&record.document)?.rows) {
                let wanted = which == BulkRows::All || found.came_to_nothing();
                let Some(fate) = found.fate.filter(|_| row >= skipped && wanted) else { continue };
                if rows.len() == usize::from(limit) {
                    return Ok(BulkPage { rows, next: Some(BulkPlace { chunk, row }) });
                }
                rows.push(BulkRow { callback: found.id, fate });
            }
        }
        let next = chunks.get(LOOKED_THROUGH).map(|chunk| BulkPlace { chunk: *chunk, row: 0 });
        Ok(BulkPage { rows, next })
    }

    /// Stops a job after the chunk that is being changed; one that is over stays as it is.
    pub async fn stop_bulk(&self, person: &Person, id: RecordId) -> Result<BulkJob, BulkFailure> {
        let tenant = person.tenant;
        let key = job::job_key(tenant, id);
        for _try in 0..TRIES {
            let (expected, mut kept) = self.kept_bulk(person, id).await?;
            if kept.job.over() || kept.stop {
                return Ok(kept.job);
            }
            kept.stop = true;
            match self.ports.records.put(&key, &kept.document()?, expected).await {
                Ok(_) => {}
                Err(RecordError::Changed { .. }) => continue,
                Err(RecordError::Fault(fault)) => return Err(fault.into()),
            }
            self.ring_bulk();
            // One that waits for its turn is nobody's, and ends here.
            let stopped = match self.take_idle(tenant, id).await? {
                Some(turn) => self.work(&turn).await?,
                None => None,
            };
            return Ok(stopped.unwrap_or(kept.job));
        }
        Err(Fault::unavailable("store", "a job keeps changing").into())
    }

    /// Forgets the jobs of a tenant that were over before a time: a bounded step, which answers how many.
    pub(crate) async fn forget_bulk(
        &self,
        tenant: TenantId,
        before: Timestamp,
    ) -> Result<u64, Fault> {
        let mut forgotten = 0;
        let mut after = None;
        loop {
            let page = self.ports.records.list(tenant, JOBS, after.as_ref(), PAGE).await?;
            for record in &page {
                let job = Kept::read(&record.document)?.job;
                if job.finished_at.is_none_or(|at| at >= before) {
                    continue;
                }
                self.forget_chunks(tenant, job.id).await?;
                self.forget_document(&job::job_key(tenant, job.id)).await?;
                forgotten += 1;
                if forgotten == FORGOTTEN {
                    return Ok(forgotten);
                }
            }
            match page.last() {
                Some(last) if page.len() == usize::from(PAGE) => after = Some(last.name.clone()),
                _ => return Ok(forgotten),
            }
        }
    }

    async fn forget_chunks(&self, tenant: TenantId, id: RecordId) -> Result<(), Fault> {
        let before = job::before_chunks(id);
        loop {
            let page = self.ports.records.list(tenant, CHUNKS, Some(&before), PAGE).await?;
            let ours = page.iter().take_while(|it| it.name.as_str().starts_with(before.as_str()));
            let names: Vec<_> = ours.map(|record| record.name.clone()).collect();
            let all = names.len() < usize::from(PAGE);
            for name in names {
                self.forget_document(&RecordKey { tenant, kind: CHUNKS, name }).await?;
            }
            if all {
                return Ok(());
            }
        }
    }

    /// A job that a person may see.
    async fn kept_bulk(
        &self,
        person: &Person,
        id: RecordId,
    ) -> Result<(Revision, Kept), BulkFailure> {
        let record = self.ports.records.get(&job::job_key(person.tenant, id)).await?;
        let record = record.ok_or(BulkFailure::Unknown)?;
        let kept = Kept::read(&record.document)?;
        if person.lines.cover(&kept.job.reach) {
            Ok((record.revision, kept))
        } else {
            Err(BulkFailure::Unknown)
        }
    }
}

/// The part of a search that is in a state that allows the action; none where that is nothing.
fn targets(search: &Search, action: Action) -> Option<Search> {
    let asked = |state: &State| search.states.is_empty() || search.states.contains(state);
    let fit = State::ALL.into_iter().filter(|state| action.fits(*state) && asked(state));
    let states: Vec<State> = fit.collect();
    (!states.is_empty()).then(|| Search { states, ..search.clone() })
}

/// The name of the job that a person's key begins: the same on every node.
fn named(person: &Person, key: &IdempotencyKey) -> RecordId {
    let said = format!("bulk\n{}\n{}\n{}", person.tenant, person.user_name, key.as_str());
    let hash = *Fingerprint::of(said.as_bytes()).bytes();
    let half = hash.first_chunk::<16>().expect("a hash has more than 16 bytes");
    RecordId::new(Uuid::from_bytes(*half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_states_that_allow_the_action_are_looked_for() {
        let open = vec![State::Scheduled, State::Queued, State::Routing];
        let asked = |states: &[State]| {
            let search = Search { states: states.to_vec(), ..Search::default() };
            targets(&search, Action::Cancel).map(|search| search.states)
        };
        assert_eq!(asked(&[]), Some(open.clone()));
        assert_eq!(asked(&State::ALL), Some(open));
        assert_eq!(asked(&[State::Completed, State::Queued]), Some(vec![State::Queued]));
        assert_eq!(asked(&[State::Processing]), None);
    }
}
