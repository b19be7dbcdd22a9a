//! What this node knows without asking anybody: bounded, because whoever has a key, or none, can ask for anything.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// The most answers that are kept near.
const MOST: usize = 10_000;

#[derive(Debug)]
pub(super) struct Near<K, V> {
    kept: RwLock<HashMap<K, V>>,
    /// How often something was put in or forgotten.
    changes: AtomicU64,
}

impl<K, V> Default for Near<K, V> {
    fn default() -> Self {
        Self { kept: RwLock::default(), changes: AtomicU64::new(0) }
    }
}

impl<K: Eq + Hash, V: Clone> Near<K, V> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a value. When there are too many, every other one goes: each is still remembered by all nodes.
    pub(super) fn put(&self, key: K, value: V) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST && !kept.contains_key(&key) {
            let mut odd = false;
            kept.retain(|_, _| {
                odd = !odd;
                odd
            });
        }
        kept.insert(key, value);
        self.changed();
    }

    pub(super) fn forget<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.changed();
    }

    pub(super) fn clear(&self) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.changed();
    }

    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// How often what is kept changed so far.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Tells everything that is kept.
    pub(super) fn each(&self, tell: impl FnMut(&V)) {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).values().for_each(tell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearness_is_bounded_and_the_newest_is_in_it() {
        let near = Near::default();
        for number in 0..3 * MOST {
            near.put(number, ());
            assert!(near.kept.read().unwrap().len() <= MOST);
            assert_eq!(near.get(&number), Some(()));
        }
        assert!(near.kept.read().unwrap().len() > MOST / 2);
    }
}
