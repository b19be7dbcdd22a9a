//! What this node leased before its time, and keeps until then.
//!
//! Apart, because it is all that dispatch remembers between two steps. The store is asked in the quiet seconds before;
//! when a crowd is due at one instant, all that is left to do then is to fence it and to start its sessions.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ges_domain::effect::EffectId;
use ges_domain::time::Timestamp;
use ges_ports::Leased;

/// An effect with the end of the lease on it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) leased: Leased,
    pub(crate) until: Timestamp,
}

/// Effects that are leased and not due yet, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Mutex<BTreeMap<(Timestamp, EffectId), Kept>>);

impl Ahead {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<(Timestamp, EffectId), Kept>> {
        // Nothing panics while it holds them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps effects until their time.
    pub(crate) fn keep(&self, all: impl IntoIterator<Item = Kept>) {
        let mut kept = self.kept();
        for one in all {
            kept.insert((one.leased.due_at, one.leased.id), one);
        }
    }

    /// How many are kept.
    pub(crate) fn count(&self) -> usize {
        self.kept().len()
    }

    /// When the first of them is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.kept().first_key_value().map(|((due_at, _), _)| *due_at)
    }

    /// Hands out what is due by `now`, at most so many, the longest due first.
    pub(crate) fn due(&self, now: Timestamp, most: usize) -> Vec<Kept> {
        let mut kept = self.kept();
        let mut due = Vec::new();
        while due.len() < most
            && let Some(first) = kept.first_entry()
            && first.key().0 <= now
        {
            due.push(first.remove());
        }
        due
    }

    /// Hands out everything.
    pub(crate) fn all(&self) -> Vec<Kept> {
        std::mem::take(&mut *self.kept()).into_values().collect()
    }
}
