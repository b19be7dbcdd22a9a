//! Changing one chunk: by the rules of single changes, and so that it may be done over after a crash.
//!
//! What is cancelled already stays so. What was moved is not moved again: its customer may have moved it on, or it may
//! be under way, so its history is asked whether this job has been there.

use std::collections::BTreeSet;

use ges_domain::callback::Callback;
use ges_domain::event::{Actor, Event, Happening};
use ges_domain::id::CallbackId;
use ges_domain::time::Timestamp;
use ges_ports::{Fault, FaultKind, RecordError};

use super::job::{Chunk, Kept, Row, RowFate, chunk_key};
use super::run::Turn;
use crate::changes::Wanted;
use crate::{App, Failure};

/// How often a chunk is begun before the callbacks that the store says nothing of are given up.
const TRIES: u32 = 5;

impl App {
    /// Changes the next chunk of a job; false where the job is somebody else's by now.
    pub(super) async fn change_chunk(&self, turn: &Turn, kept: &mut Kept) -> Result<bool, Fault> {
        let key = chunk_key(turn.tenant, turn.id, kept.next);
        let Some(record) = self.ports.records.get(&key).await? else {
            tracing::error!(job = %turn.id, chunk = kept.next, "callbacks of a job are gone");
            kept.next += 1;
            return Ok(true);
        };
        let mut chunk = Chunk::read(&record.document)?;
        if !chunk.known() {
            let begun_before = chunk.begun_at;
            chunk.begun_at.get_or_insert(self.now());
            chunk.tries += 1;
            let begun = self.ports.records.put(&key, &chunk.document()?, record.revision).await;
            let revision = match begun {
                Ok(revision) => revision,
                Err(RecordError::Changed { .. }) => return Ok(false),
                Err(RecordError::Fault(fault)) => return Err(fault),
            };
            self.change_rows(turn, kept, &mut chunk, begun_before).await?;
            match self.ports.records.put(&key, &chunk.document()?, revision).await {
                Ok(_) => {}
                Err(RecordError::Changed { .. }) => return Ok(false),
                Err(RecordError::Fault(fault)) => return Err(fault),
            }
        }
        kept.count(&chunk);
        Ok(true)
    }

    async fn change_rows(
        &self,
        turn: &Turn,
        kept: &Kept,
        chunk: &mut Chunk,
        begun_before: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let by = Actor::User(kept.job.by.clone());
        let made = match begun_before {
            Some(since) => self.moved_since(turn, &chunk.rows, &by, since).await?,
            None => BTreeSet::new(),
        };
        let wanted = |row: &Row| match row.to {
            Some(at) => (row.id, Wanted::Move(at)),
            None => (row.id, Wanted::Cancel(kept.job.note.as_deref())),
        };
        let open: Vec<_> =
            chunk.rows.iter().filter(|row| !made.contains(&row.id)).map(wanted).collect();
        let outcomes = self.change_many(turn.tenant, &kept.job.reach, &by, &open).await?;
        let mut outcomes = outcomes.into_iter();
        let give_up = chunk.tries >= TRIES;
        for row in &mut chunk.rows {
            let outcome = if made.contains(&row.id) { None } else { outcomes.next() };
            row.fate = Some(outcome.map_or(Ok(RowFate::Done), |it| fate(it, give_up))?);
        }
        Ok(())
    }

    /// The callbacks that this job moved in a step that was cut short.
    async fn moved_since(
        &self,
        turn: &Turn,
        rows: &[Row],
        by: &Actor,
        since: Timestamp,
    ) -> Result<BTreeSet<CallbackId>, Fault> {
        let mut moved = BTreeSet::new();
        for row in rows {
            let Some(to) = row.to else { continue };
            let note = Some(to.to_string());
            let ours = |event: &Event| {
                event.what == Happening::Rescheduled
                    && event.by == *by
                    && event.at >= since
                    && event.note == note
            };
            let history = self.ports.callbacks.history(turn.tenant, row.id).await?;
            if history.iter().any(ours) {
                moved.insert(row.id);
            }
        }
        Ok(moved)
    }
}

/// What became of a callback; a fault where that may be known later.
fn fate(outcome: Result<Callback, Failure>, give_up: bool) -> Result<RowFate, Fault> {
    match outcome {
        Ok(_) => Ok(RowFate::Done),
        Err(Failure::Refused(refusal)) => Ok(RowFate::Refused(refusal)),
        Err(Failure::Faulted(fault) | Failure::Ours(fault)) => {
            if give_up || fault.kind == FaultKind::Misbehaved {
                Ok(RowFate::Failed)
            } else {
                Err(fault)
            }
        }
    }
}
