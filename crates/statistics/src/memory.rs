//! What was answered lately, and which questions are on their way: one at a time for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{STATISTICS_KEPT, StatisticsError, StatisticsQuestion};

/// The most bytes of answers that are kept.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// The most questions that are known, answered or on their way.
const MOST_QUESTIONS: usize = 10_000;

/// How a question came out, for all who wait for it.
pub(crate) type Outcome = Result<Arc<str>, StatisticsError>;

/// A question, short: who asks, on which account with which password, and what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn of(question: &StatisticsQuestion) -> Self {
        let account = &question.account;
        let password = TokenHash::of(account.password.expose()).hex();
        // The lengths of the first and the third part are always the same, and the second is followed by its length.
        let (tenant, user) = (question.tenant, &account.user_name);
        let text = format!("{tenant}{user}{password}{:x}\n{}", user.len(), question.body);
        Self(TokenHash::of(&text).hex())
    }
}

/// A question on its way. Whoever holds the place asks; the others wait for it and find the outcome.
pub(crate) type Flight = Arc<tokio::sync::Mutex<Option<Outcome>>>;

struct Kept {
    text: Arc<str>,
    at: Timestamp,
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<Key, Kept>,
    bytes: usize,
    flights: HashMap<Key, Flight>,
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<Shelf>);

impl Memory {
    /// An answer that is not older than `max_age`.
    pub(crate) fn recall(
        &self,
        key: &Key,
        max_age: SignedDuration,
        now: Timestamp,
    ) -> Option<Arc<str>> {
        let shelf = self.shelf();
        let kept = shelf.kept.get(key)?;
        let age = now.duration_since(kept.at);
        (age <= max_age.min(STATISTICS_KEPT)).then(|| Arc::clone(&kept.text))
    }

    /// The question's way: its own, or the one that somebody is on already.
    pub(crate) fn board(&self, key: &Key) -> Flight {
        let mut shelf = self.shelf();
        if shelf.flights.len() >= MOST_QUESTIONS {
            // What nobody waits for was left by somebody who went away.
            shelf.flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        }
        Arc::clone(shelf.flights.entry(key.clone()).or_default())
    }

    /// Ends a way: who asks from now on finds the answer, or asks anew.
    pub(crate) fn land(&self, key: &Key, outcome: &Outcome, now: Timestamp) {
        let mut shelf = self.shelf();
        shelf.flights.remove(key);
        if let Ok(text) = outcome {
            shelf.keep(key, text, now);
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn keep(&mut self, key: &Key, text: &Arc<str>, now: Timestamp) {
        let full = self.bytes + text.len() > MOST_BYTES || self.kept.len() >= MOST_QUESTIONS;
        if full {
            self.make_room(now);
        }
        self.bytes += text.len();
        if let Some(old) = self.kept.insert(key.clone(), Kept { text: Arc::clone(text), at: now }) {
            self.bytes -= old.text.len();
        }
    }

    /// Forgets what is too old for anybody, and if that is not enough, the older half.
    fn make_room(&mut self, now: Timestamp) {
        self.kept.retain(|_, kept| now.duration_since(kept.at) <= STATISTICS_KEPT);
        let mut ages: Vec<_> = self.kept.values().map(|kept| kept.at).collect();
        self.bytes = self.kept.values().map(|kept| kept.text.len()).sum();
        if self.bytes > MOST_BYTES / 2 || ages.len() > MOST_QUESTIONS / 2 {
            let middle = ages.len() / 2;
            let (_, median, _) = ages.select_nth_unstable(middle);
            let median = *median;
            self.kept.retain(|_, kept| kept.at > median);
            self.bytes = self.kept.values().map(|kept| kept.text.len()).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use ges_domain::id::TenantId;
    use ges_ports::{Secret, StatisticsAccount};
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn key(user: &str, password: &str, body: &str) -> Key {
        let account =
            StatisticsAccount { user_name: user.to_owned(), password: Secret::new(password) };
        let tenant = TenantId::new(Uuid::nil());
        Key::of(&StatisticsQuestion { tenant, account: Arc::new(account), body: body.into() })
    }

    fn answered(memory: &Memory, key: &Key, text: &str, second: i64) {
        drop(memory.board(key));
        memory.land(key, &Ok(text.into()), at(second));
    }

    #[test]
    fn every_part_makes_another_question() {
        let one = key("u", "p", "{}");
        assert_eq!(one, key("u", "p", "{}"));
        for other in [key("v", "p", "{}"), key("u", "q", "{}"), key("u", "p", "[]")] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn an_answer_is_as_old_as_it_is() {
        let memory = Memory::default();
        let one = key("u", "p", "{}");
        answered(&memory, &one, "figures", 0);
        let within = |secs, second| {
            memory.recall(&one, SignedDuration::from_secs(secs), at(second)).is_some()
        };
        assert!(within(15, 15) && !within(15, 16));
        assert!(within(4_000, 300) && !within(4_000, 301), "nobody gets what is older");
    }

    #[test]
    fn trouble_ends_a_way_and_leaves_nothing() {
        let memory = Memory::default();
        let one = key("u", "p", "{}");
        let flight = memory.board(&one);
        assert!(Arc::ptr_eq(&flight, &memory.board(&one)), "the others wait for the same");
        memory.land(&one, &Err(StatisticsError::QuestionRefused), at(0));
        assert!(!Arc::ptr_eq(&flight, &memory.board(&one)));
        assert_eq!(memory.recall(&one, STATISTICS_KEPT, at(0)), None);
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_in_bytes() {
        let memory = Memory::default();
        let long = "x".repeat(1024 * 1024);
        for number in 0..100 {
            answered(&memory, &key("u", "p", &number.to_string()), &long, number);
            let shelf = memory.shelf();
            let bytes: usize = shelf.kept.values().map(|kept| kept.text.len()).sum();
            assert_eq!(shelf.bytes, bytes);
            assert!(bytes <= MOST_BYTES);
        }
        let newest = key("u", "p", "99");
        assert!(memory.recall(&newest, STATISTICS_KEPT, at(99)).is_some());
        for number in 0..i64::try_from(MOST_QUESTIONS).unwrap() + 10 {
            answered(&memory, &key("u", "p", &format!("short {number}")), "", 100);
        }
        assert!(memory.shelf().kept.len() <= MOST_QUESTIONS);
        for number in 0..=MOST_QUESTIONS {
            drop(memory.board(&key("u", "p", &format!("asked {number}"))));
        }
        assert!(memory.shelf().flights.len() <= MOST_QUESTIONS);
    }

    #[test]
    fn an_answer_again_takes_the_place_of_the_old_one() {
        let memory = Memory::default();
        let one = key("u", "p", "{}");
        answered(&memory, &one, "12345", 0);
        answered(&memory, &one, "123", 1);
        assert_eq!(memory.shelf().bytes, 3);
        assert_eq!(memory.recall(&one, STATISTICS_KEPT, at(1)).as_deref(), Some("123"));
    }
}
