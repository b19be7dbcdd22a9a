//! Who is signed in, in the memory of one process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ges_domain::time::Timestamp;
use ges_ports::{Fault, Guest, Session, SessionKey, Sessions};

/// Sessions that are kept at most.
const MOST: usize = 10_000;

/// The sessions of one process; a restart signs everybody out.
///
/// Memory is bounded: where more sign in than fit, those are signed out who have been idle for the longest time.
#[derive(Debug)]
pub struct LocalSessions {
    kept: Mutex<HashMap<String, Kept>>,
    most: usize,
}

#[derive(Debug)]
struct Kept {
    session: Session,
    touched_at: Timestamp,
}

impl Kept {
    fn stands(&self, now: Timestamp) -> bool {
        let idle = now.duration_since(self.touched_at);
        let age = now.duration_since(self.session.opened_at);
        idle < Session::IDLE && age < Session::LONGEST
    }
}

impl Default for LocalSessions {
    fn default() -> Self {
        Self::bounded(MOST)
    }
}

impl LocalSessions {
    /// Room for at most so many sessions.
    pub fn bounded(most: usize) -> Self {
        Self { kept: Mutex::default(), most: most.max(1) }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        // Nothing in here panics half-way, so what a poisoned lock guards is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `ask` makes of a session that stands; one that has ended is forgotten.
    fn standing<T>(
        &self,
        key: &SessionKey,
        now: Timestamp,
        ask: impl FnOnce(&mut Kept) -> T,
    ) -> Option<T> {
        let mut sessions = self.kept();
        let name = key.hex();
        let kept = sessions.get_mut(&name)?;
        if kept.stands(now) {
            return Some(ask(kept));
        }
        sessions.remove(&name);
        None
    }
}

/// Makes room for one more: first goes what has ended, then the tenth that has been idle longest.
fn make_room(sessions: &mut HashMap<String, Kept>, most: usize, now: Timestamp) {
    if sessions.len() < most {
        return;
    }
    sessions.retain(|_, kept| kept.stands(now));
    if sessions.len() < most {
        return;
    }
    let mut touched: Vec<_> = sessions.values().map(|kept| kept.touched_at).collect();
    touched.sort_unstable();
    let newest_to_go = touched[most / 10];
    let mut surplus = sessions.len() + 1 + most / 10 - most;
    sessions.retain(|_, kept| {
        let goes = kept.touched_at <= newest_to_go && surplus > 0;
        surplus -= usize::from(goes);
        !goes
    });
}

#[async_trait]
impl Sessions for LocalSessions {
    async fn open(
        &self,
        key: &SessionKey,
        session: &Session,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let mut sessions = self.kept();
        let name = key.hex();
        if sessions.get(&name).is_some_and(|kept| kept.stands(now)) {
            return Ok(false);
        }
        make_room(&mut sessions, self.most, now);
        sessions.insert(name, Kept { session: session.clone(), touched_at: now });
        Ok(true)
    }

    async fn peek(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, Fault> {
        Ok(self.standing(key, now, |kept| kept.session.clone()))
    }

    async fn touch(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, Fault> {
        Ok(self.standing(key, now, |kept| {
            kept.touched_at = kept.touched_at.max(now);
            kept.session.clone()
        }))
    }

    async fn update(&self, key: &SessionKey, guest: &Guest, now: Timestamp) -> Result<bool, Fault> {
        let updated = self.standing(key, now, |kept| kept.session.guest = guest.clone());
        Ok(updated.is_some())
    }

    async fn close(&self, key: &SessionKey) -> Result<(), Fault> {
        self.kept().remove(&key.hex());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ges_domain::access::{Lines, Person};
    use ges_domain::id::TenantId;
    use ges_domain::time::SignedDuration;
    use ges_domain::token::TokenHash;

    use super::*;

    fn session(opened_at: Timestamp) -> Session {
        let person = Person {
            tenant: TenantId::new(uuid::Uuid::nil()),
            user_name: String::from("somebody"),
            display_name: String::new(),
            roles: [].into(),
            lines: Lines::none(),
        };
        let guest = Guest { person, grant: None };
        Session { guest, csrf: TokenHash::of("csrf"), opened_at }
    }

    #[tokio::test]
    async fn memory_is_bounded_and_the_longest_idle_go_first() {
        let sessions = LocalSessions::bounded(20);
        let second = |number: u32| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(number.into());
        let key = |number: u32| SessionKey::of(&number.to_string());
        for number in 0..200 {
            let at = second(number);
            assert!(sessions.open(&key(number), &session(at), at).await.unwrap());
            assert!(sessions.kept().len() <= 20);
            assert!(sessions.touch(&key(0), at).await.unwrap().is_some(), "the busy one stays");
        }
        for number in 190..200 {
            assert!(sessions.peek(&key(number), second(200)).await.unwrap().is_some());
        }
        assert!(sessions.peek(&key(1), second(200)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_has_ended_makes_room_first() {
        let sessions = LocalSessions::bounded(3);
        let key = |number: u32| SessionKey::of(&number.to_string());
        let start = Timestamp::UNIX_EPOCH;
        let late = start + Session::IDLE;
        for (number, at) in [(1, start), (2, late), (3, late), (4, late)] {
            assert!(sessions.open(&key(number), &session(at), at).await.unwrap());
        }
        for number in 2..=4 {
            assert!(sessions.peek(&key(number), late).await.unwrap().is_some());
        }
    }
}
