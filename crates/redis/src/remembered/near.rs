//! What this node knows without asking anybody: bounded, because whoever has a key, or none, can ask for anything.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// The most answers that are kept near.
const MOST: usize = 10_000;

#[derive(Debug)]
pub(super) struct Near<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for Near<K, V> {
    fn default() -> Self {
        Self(RwLock::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V: Clone> Near<K, V> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a value. When there are too many, every other one goes: each is still remembered by all nodes.
    pub(super) fn put(&self, key: K, value: V) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST && !kept.contains_key(&key) {
            let mut odd = false;
            kept.retain(|_, _| {
                odd = !odd;
                odd
            });
        }
        kept.insert(key, value);
    }

    pub(super) fn forget<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn any(&self, is_it: impl FnMut(&V) -> bool) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().any(is_it)
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
            assert!(near.0.read().unwrap().len() <= MOST);
            assert_eq!(near.get(&number), Some(()));
        }
        assert!(near.0.read().unwrap().len() > MOST / 2);
    }
}
