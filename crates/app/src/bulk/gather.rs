//! Gathering: the callbacks of a job are written down before the first of them is changed.

use ges_domain::callback::Callback;
use ges_domain::id::Revision;
use ges_ports::{Cursor, Fault, RecordError};

use super::MOST_AT_ONCE;
use super::job::{Chunk, Gathering, Kept, Row, chunk_key};
use super::run::Turn;
use crate::App;

/// Callbacks that are looked for in one step.
const PAGE: u16 = 1000;
/// Callbacks of a chunk, which are changed in one step: the store holds their locks together, and whoever books in one
/// of their slots waits for them.
const CHUNK: usize = 200;

impl App {
    /// Writes the next page of a job's callbacks down; false where the job is somebody else's by now.
    pub(super) async fn gather(&self, turn: &Turn, kept: &mut Kept) -> Result<bool, Fault> {
        let Some(Gathering { filter, after }) = kept.gathering.clone() else { return Ok(true) };
        let action = kept.job.action;
        let room = u16::try_from(MOST_AT_ONCE - kept.gathered).unwrap_or(PAGE);
        let after = after.map(|(at, id)| Cursor { at, id });
        let search = filter.search(action.order(), after, PAGE.min(room));
        let page = self.ports.callbacks.search(turn.tenant, &search).await?;
        for callbacks in page.callbacks.chunks(CHUNK) {
            let row = |callback: &Callback| Row {
                id: callback.id,
                to: action.target(callback, kept.job.started_at),
                fate: None,
            };
            let chunk = Chunk { rows: callbacks.iter().map(row).collect(), ..Chunk::default() };
            if !self.write_down_chunk(turn, kept.chunks, &chunk).await? {
                return Ok(false);
            }
            kept.chunks += 1;
            kept.gathered += u32::try_from(callbacks.len()).unwrap_or(u32::MAX);
        }
        let next = page.next.filter(|_more| kept.gathered < MOST_AT_ONCE);
        kept.gathering = next.map(|next| Gathering { filter, after: Some((next.at, next.id)) });
        kept.job.total = match kept.gathering {
            Some(_) => kept.job.total.max(kept.gathered),
            None => kept.gathered,
        };
        Ok(true)
    }

    /// Writes a new chunk, also in the place of one that a step left which was cut short.
    async fn write_down_chunk(
        &self,
        turn: &Turn,
        index: u32,
        chunk: &Chunk,
    ) -> Result<bool, Fault> {
        let key = chunk_key(turn.tenant, turn.id, index);
        let document = chunk.document()?;
        let standing = match self.ports.records.put(&key, &document, Revision::NONE).await {
            Ok(_) => return Ok(true),
            Err(RecordError::Changed { now }) => now,
            Err(RecordError::Fault(fault)) => return Err(fault),
        };
        // Asked after its revision is known: whoever took the job over since then has written over it, or will.
        if !self.holds(turn).await? {
            return Ok(false);
        }
        match self.ports.records.put(&key, &document, standing).await {
            Ok(_) => Ok(true),
            Err(RecordError::Changed { .. }) => Ok(false),
            Err(RecordError::Fault(fault)) => Err(fault),
        }
    }
}
