//! Working on jobs: who has the next turn, one bounded step of it, and its end.
//!
//! Like dispatch it may be cut off anywhere and run on any number of nodes. A job is worked on by the node that holds
//! its lease; when that node is gone, another one takes it over as it stands.

use std::sync::{Mutex, PoisonError};

use ges_domain::id::{RecordId, Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{AuditEntry, AuditOutcome, Fault, RecordError};
use tokio::sync::Notify;

use super::job::{self, BulkAction, BulkJob, BulkStanding, Kept, RUNS, Run};
use super::{TRIES, UNFINISHED};
use crate::App;

/// Jobs of a tenant that are worked on at once: a small one does not wait for a large one, and many do not press on the
/// same callbacks. The others wait, the oldest first.
const AT_ONCE: usize = 2;
/// Tenants of one page.
const PAGE: u16 = 200;

/// What a node remembers of jobs between two steps.
#[derive(Default)]
pub(crate) struct Bulk {
    /// Rung when there is work.
    bell: Notify,
    /// Who had the last turn: the next one is somebody else's, where somebody else waits.
    last: Mutex<Option<(TenantId, RecordId)>>,
}

/// A job that this node holds.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) tenant: TenantId,
    pub(super) id: RecordId,
    revision: Revision,
    run: Run,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkStep {
    /// The owner.
    pub tenant: TenantId,
    /// The job as it stands after the step.
    pub job: BulkJob,
}

impl App {
    /// Does one bounded step of one job: gathers a page of its callbacks, or changes a chunk of them. None where there
    /// is nothing to do.
    pub async fn run_bulk(&self) -> Result<Option<BulkStep>, Fault> {
        let Some(turn) = self.next_turn().await? else { return Ok(None) };
        let job = self.work(&turn).await?;
        Ok(job.map(|job| BulkStep { tenant: turn.tenant, job }))
    }

    /// Waits until a job was begun or stopped in this process.
    pub async fn until_bulk(&self) {
        self.bulk.bell.notified().await;
    }

    pub(super) fn ring_bulk(&self) {
        self.bulk.bell.notify_one();
    }

    /// Takes the job whose turn it is.
    async fn next_turn(&self) -> Result<Option<Turn>, Fault> {
        let now = self.now();
        let mut turns = Vec::new();
        let mut after = None;
        loop {
            let tenants = self.ports.records.owners(RUNS, after, PAGE).await?;
            for tenant in &tenants {
                let mut runs = self.runs_of(*tenant).await?;
                runs.truncate(AT_ONCE);
                turns.extend(runs);
            }
            match tenants.last() {
                Some(last) if tenants.len() == usize::from(PAGE) => after = Some(*last),
                _ => break,
            }
        }
        turns.sort_by_key(|turn| (turn.tenant, turn.id));
        let last = *self.bulk.last.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = turns.partition_point(|turn| Some((turn.tenant, turn.id)) <= last);
        turns.rotate_left(begin);
        for turn in turns {
            let mine = turn.run.owner.as_deref() == Some(self.options.node.as_str());
            if !mine && now < turn.run.until {
                continue;
            }
            if let Some(turn) = self.take(turn, now).await? {
                let mut last = self.bulk.last.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some((turn.tenant, turn.id));
                return Ok(Some(turn));
            }
        }
        Ok(None)
    }

    /// A tenant's jobs that are not over, the oldest first.
    pub(super) async fn runs_of(&self, tenant: TenantId) -> Result<Vec<Turn>, Fault> {
        let records = self.ports.records.list(tenant, RUNS, None, 2 * UNFINISHED).await?;
        let mut turns = Vec::new();
        for record in records {
            let Ok(id) = record.name.as_str().parse() else { continue };
            let (revision, run) = (record.revision, Run::read(&record.document)?);
            turns.push(Turn { tenant, id, revision, run });
        }
        turns.sort_by_key(|turn| (turn.run.started_at, turn.id));
        Ok(turns)
    }

    /// Leases a job to this node, or prolongs its lease; none where somebody else was quicker.
    async fn take(&self, turn: Turn, now: Timestamp) -> Result<Option<Turn>, Fault> {
        let me = Some(self.options.node.as_str());
        let left = turn.run.until.duration_since(now);
        if turn.run.owner.as_deref() == me && left * 2 > self.options.lease {
            return Ok(Some(turn));
        }
        let until = now.saturating_add(self.options.lease).unwrap_or(Timestamp::MAX);
        let run = Run { owner: me.map(str::to_owned), until, ..turn.run };
        let key = job::run_key(turn.tenant, turn.id);
        match self.ports.records.put(&key, &run.document()?, turn.revision).await {
            Ok(revision) => Ok(Some(Turn { revision, run, ..turn })),
            Err(RecordError::Changed { .. }) => Ok(None),
            Err(RecordError::Fault(fault)) => Err(fault),
        }
    }

    /// Begins a job's lease before there is a job; none where its name is taken by one that is not over.
    ///
    /// It is nobody's for as long as a lease lasts: by then the job is made, or never will be.
    pub(super) async fn begin(
        &self,
        tenant: TenantId,
        id: RecordId,
        now: Timestamp,
    ) -> Result<Option<Turn>, Fault> {
        let until = now.saturating_add(self.options.lease).unwrap_or(Timestamp::MAX);
        let run = Run { started_at: now, owner: None, until };
        let key = job::run_key(tenant, id);
        match self.ports.records.put(&key, &run.document()?, Revision::NONE).await {
            Ok(revision) => Ok(Some(Turn { tenant, id, revision, run })),
            Err(RecordError::Changed { .. }) => Ok(None),
            Err(RecordError::Fault(fault)) => Err(fault),
        }
    }

    /// Lets any node go on with a job that is made.
    pub(super) async fn hand_over(&self, turn: &Turn) -> Result<(), Fault> {
        let run = Run { until: self.now(), ..turn.run.clone() };
        let key = job::run_key(turn.tenant, turn.id);
        match self.ports.records.put(&key, &run.document()?, turn.revision).await {
            // It is over already.
            Ok(_) | Err(RecordError::Changed { .. }) => {}
            Err(RecordError::Fault(fault)) => return Err(fault),
        }
        self.ring_bulk();
        Ok(())
    }

    /// Takes a job that nobody works on, whether it is its turn or not.
    pub(super) async fn take_idle(
        &self,
        tenant: TenantId,
        id: RecordId,
    ) -> Result<Option<Turn>, Fault> {
        let now = self.now();
        let Some(record) = self.ports.records.get(&job::run_key(tenant, id)).await? else {
            return Ok(None);
        };
        let run = Run::read(&record.document)?;
        if now < run.until {
            return Ok(None);
        }
        self.take(Turn { tenant, id, revision: record.revision, run }, now).await
    }

    /// Whether a job is still held as it was.
    pub(super) async fn holds(&self, turn: &Turn) -> Result<bool, Fault> {
        let standing = self.ports.records.get(&job::run_key(turn.tenant, turn.id)).await?;
        Ok(standing.is_some_and(|it| it.revision == turn.revision) && self.now() < turn.run.until)
    }

    /// One step of a job that this node holds; none where it is somebody else's by now, or never was made.
    pub(super) async fn work(&self, turn: &Turn) -> Result<Option<BulkJob>, Fault> {
        let key = job::job_key(turn.tenant, turn.id);
        let Some(record) = self.ports.records.get(&key).await? else {
            self.forget_document(&job::run_key(turn.tenant, turn.id)).await?;
            return Ok(None);
        };
        let before = Kept::read(&record.document)?;
        let mut kept = before.clone();
        if !kept.job.over() {
            let ours = if kept.stop {
                true
            } else if kept.gathering.is_some() {
                self.gather(turn, &mut kept).await?
            } else if kept.next < kept.chunks {
                self.change_chunk(turn, &mut kept).await?
            } else {
                true
            };
            if !ours {
                return Ok(None);
            }
            kept.settle(self.now());
            match self.keep(turn, &before, kept, record.revision).await? {
                Some(now) => kept = now,
                None => return Ok(None),
            }
        }
        if kept.job.over() {
            self.conclude(turn, &kept.job).await?;
        }
        Ok(Some(kept.job))
    }

    /// Stores how far a job is; none where another node went on with it meanwhile.
    async fn keep(
        &self,
        turn: &Turn,
        before: &Kept,
        mut kept: Kept,
        mut expected: Revision,
    ) -> Result<Option<Kept>, Fault> {
        let key = job::job_key(turn.tenant, turn.id);
        for _try in 0..TRIES {
            match self.ports.records.put(&key, &kept.document()?, expected).await {
                Ok(_) => return Ok(Some(kept)),
                Err(RecordError::Fault(fault)) => return Err(fault),
                Err(RecordError::Changed { .. }) => {}
            }
            let Some(record) = self.ports.records.get(&key).await? else { return Ok(None) };
            let standing = Kept::read(&record.document)?;
            if standing.progress() != before.progress() {
                return Ok(None);
            }
            kept.stop = standing.stop;
            expected = record.revision;
        }
        Err(Fault::unavailable("store", "a job keeps changing"))
    }

    /// Writes the end of a job into the audit log, once however often it is tried, and gives its lease up.
    async fn conclude(&self, turn: &Turn, job: &BulkJob) -> Result<(), Fault> {
        let what = match job.standing {
            BulkStanding::Stopped => "bulk.stopped",
            BulkStanding::Running | BulkStanding::Done => "bulk.done",
        };
        let action = match job.action {
            BulkAction::Cancel => "cancelled",
            BulkAction::Shift { .. } | BulkAction::MoveTo { .. } => "moved",
        };
        let (done, refused, total) = (job.succeeded, job.refused, job.total);
        let entry = AuditEntry {
            id: job.id,
            tenant: turn.tenant,
            at: job.finished_at.unwrap_or_else(|| self.now()),
            who: job.by.clone(),
            what: String::from(what),
            on: Some(job.id.to_string()),
            outcome: AuditOutcome::Done,
            code: None,
            note: Some(format!("{done} {action}, {refused} refused, of {total}")),
            correlation: job.id.uuid(),
            address: None,
        };
        self.write_down(&entry).await?;
        self.forget_document(&job::run_key(turn.tenant, turn.id)).await
    }
}
