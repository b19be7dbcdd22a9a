//! Who owns which session, as far as answers and redirects told: a bounded memory, because a session that is asked on
//! its own node saves a redirect, and nothing is lost when it is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::id::SessionId;
use ges_domain::time::{SignedDuration, Timestamp};

/// How long an owner is remembered after it last answered.
const MEMORY: SignedDuration = SignedDuration::from_mins(10);

/// The most sessions remembered; the ones longest unasked are forgotten first.
const LIMIT: usize = 16_384;

/// The node that owns a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Its base address, without a slash at the end.
    pub(crate) base: Arc<str>,
    /// The session cookie it gave, to be shown again.
    pub(crate) cookie: Option<Arc<str>>,
}

#[derive(Debug, Default)]
pub(crate) struct Owners(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    by_session: HashMap<SessionId, Known>,
    by_use: BTreeMap<u64, SessionId>,
    uses: u64,
}

#[derive(Debug)]
struct Known {
    owner: Owner,
    until: Timestamp,
    used: u64,
}

impl Owners {
    pub(crate) fn of(&self, session: &SessionId, now: Timestamp) -> Option<Owner> {
        let mut memory = self.memory();
        let known = memory.by_session.get(session)?;
        if known.until <= now {
            memory.forget(session);
            return None;
        }
        Some(known.owner.clone())
    }

    pub(crate) fn remember(&self, session: &SessionId, owner: Owner, now: Timestamp) {
        let mut memory = self.memory();
        memory.forget(session);
        memory.uses += 1;
        let used = memory.uses;
        let until = now.saturating_add(MEMORY).unwrap_or(Timestamp::MAX);
        memory.by_use.insert(used, session.clone());
        memory.by_session.insert(session.clone(), Known { owner, until, used });
        if memory.by_session.len() > LIMIT
            && let Some((_, oldest)) = memory.by_use.pop_first()
        {
            memory.by_session.remove(&oldest);
        }
    }

    pub(crate) fn forget(&self, session: &SessionId) {
        self.memory().forget(session);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn forget(&mut self, session: &SessionId) {
        if let Some(known) = self.by_session.remove(session) {
            self.by_use.remove(&known.used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: usize) -> SessionId {
        SessionId::parse(&format!("{number:032}")).unwrap()
    }

    fn owner(base: &str) -> Owner {
        Owner { base: base.into(), cookie: None }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_owner_is_forgotten_ten_minutes_after_its_last_answer() {
        let owners = Owners::default();
        owners.remember(&session(1), owner("a"), at(0));
        owners.remember(&session(1), owner("b"), at(500));
        assert_eq!(owners.of(&session(1), at(1_099)), Some(owner("b")));
        assert_eq!(owners.of(&session(1), at(1_100)), None);
    }

    #[test]
    fn the_memory_is_bounded_and_the_longest_unasked_goes_first() {
        let owners = Owners::default();
        for number in 0..LIMIT {
            owners.remember(&session(number), owner("a"), at(0));
        }
        owners.remember(&session(0), owner("a"), at(1));
        owners.remember(&session(LIMIT), owner("a"), at(1));
        assert_eq!(owners.of(&session(1), at(1)), None);
        assert!(owners.of(&session(0), at(1)).is_some());
        assert_eq!(owners.memory().by_use.len(), LIMIT);
    }
}
