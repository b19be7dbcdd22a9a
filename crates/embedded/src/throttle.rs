//! Counting how often something happened, in the memory of one process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Admission, Allowance, Fault, Subject, Throttle};

/// Admissions that are remembered at most: about 16 MB.
const MOST: usize = 1_000_000;

/// The throttle of one process: every admission of the window is remembered, so the limit is exact.
///
/// Memory is bounded. When more is to be remembered than fits, subjects are forgotten that were asked for the longest
/// time ago: a limit may then be passed, and nobody is refused for want of memory.
#[derive(Debug)]
pub struct Counters {
    counted: Mutex<Counted>,
    most: usize,
}

#[derive(Debug, Default)]
struct Counted {
    subjects: HashMap<Subject, Admissions>,
    /// All admissions of all subjects.
    total: usize,
}

#[derive(Debug)]
struct Admissions {
    /// When each was counted, oldest first.
    at: VecDeque<Timestamp>,
    /// When the newest of them leaves its window.
    until: Timestamp,
}

impl Admissions {
    /// How many have left the window.
    fn gone(&self, window: SignedDuration, now: Timestamp) -> usize {
        self.at.partition_point(|at| saturating_add(*at, window) <= now)
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self::bounded(MOST)
    }
}

impl Counters {
    /// Counters that remember at most so many admissions.
    pub fn bounded(most: usize) -> Self {
        Self { counted: Mutex::default(), most: most.max(1) }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        // Nothing in here panics half-way, so what a poisoned lock guards is whole.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// Whether there is room for one more.
    fn peek(&self, subject: &Subject, allowance: Allowance, now: Timestamp) -> Admission {
        let Allowance { limit, window } = allowance;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let known = self.subjects.get(subject);
        let gone = known.map_or(0, |admissions| admissions.gone(window, now));
        let counted = known.map_or(0, |admissions| admissions.at.len()) - gone;
        if counted < limit {
            return Admission::Admitted;
        }
        // Where a limit was lowered, more than one must leave before there is room.
        let last = known.and_then(|admissions| admissions.at.get(gone + counted - limit));
        let free_at = last.map_or(now, |at| *at);
        let retry_after = saturating_add(free_at, window).duration_since(now);
        Admission::Refused { retry_after }
    }

    fn admit(&mut self, subject: &Subject, allowance: Allowance, now: Timestamp) -> Admission {
        let answer = self.peek(subject, allowance, now);
        let Allowance { window, .. } = allowance;
        if let Some(admissions) = self.subjects.get_mut(subject) {
            let gone = admissions.gone(window, now);
            admissions.at.drain(..gone);
            self.total -= gone;
        }
        if answer != Admission::Admitted {
            return answer;
        }
        let nothing = || Admissions { at: VecDeque::new(), until: now };
        let admissions = self.subjects.entry(subject.clone()).or_insert_with(nothing);
        // Callers read the clock before they come here, so they may come out of order.
        let place = admissions.at.partition_point(|at| *at <= now);
        admissions.at.insert(place, now);
        admissions.until = admissions.until.max(saturating_add(now, window));
        self.total += 1;
        answer
    }

    fn withdraw(&mut self, subject: &Subject, at: Timestamp) {
        let Some(admissions) = self.subjects.get_mut(subject) else { return };
        if let Ok(place) = admissions.at.binary_search(&at) {
            admissions.at.remove(place);
            self.total -= 1;
        }
    }

    /// Makes room: first forgets what has left its window, then what will leave it first.
    fn shrink(&mut self, most: usize, now: Timestamp) {
        if self.total <= most && self.subjects.len() <= most {
            return;
        }
        self.subjects.retain(|_, admissions| admissions.until > now && !admissions.at.is_empty());
        self.total = self.subjects.values().map(|admissions| admissions.at.len()).sum();
        // A tenth more than needed, so that the next admission does not look through everything again.
        let room = most - most / 10;
        if self.total <= room {
            return;
        }
        let mut oldest: Vec<_> = self
            .subjects
            .iter()
            .map(|(subject, admissions)| (admissions.until, subject.clone()))
            .collect();
        oldest.sort_unstable();
        for (_, subject) in oldest {
            if self.total <= room {
                return;
            }
            if let Some(forgotten) = self.subjects.remove(&subject) {
                self.total -= forgotten.at.len();
            }
        }
    }
}

fn saturating_add(at: Timestamp, window: SignedDuration) -> Timestamp {
    at.saturating_add(window).unwrap_or(Timestamp::MAX)
}

#[async_trait]
impl Throttle for Counters {
    async fn admit(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        let mut counted = self.counted();
        let admission = counted.admit(subject, allowance, now);
        counted.shrink(self.most, now);
        Ok(admission)
    }

    async fn peek(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        Ok(self.counted().peek(subject, allowance, now))
    }

    async fn withdraw(&self, subject: &Subject, at: Timestamp) -> Result<(), Fault> {
        self.counted().withdraw(subject, at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn client(number: u32) -> Subject {
        Subject::Client(number.to_string())
    }

    fn counted(counters: &Counters) -> (usize, usize) {
        let counted = counters.counted();
        let total = counted.subjects.values().map(|admissions| admissions.at.len()).sum();
        assert_eq!(counted.total, total, "the sum is kept");
        (counted.subjects.len(), total)
    }

    fn admit(counters: &Counters, number: u32, limit: u32, second: i64) -> bool {
        let allowance = Allowance { limit, window: MINUTE };
        let mut counted = counters.counted();
        let admission = counted.admit(&client(number), allowance, at(second));
        counted.shrink(counters.most, at(second));
        admission == Admission::Admitted
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let counters = Counters::bounded(100);
        for number in 0..10_000 {
            assert!(admit(&counters, number, 3, 0));
            assert!(counted(&counters).1 <= 100);
        }
        for second in 0..10_000 {
            admit(&counters, 1, u32::MAX, second / 1000);
            assert!(counted(&counters).1 <= 100);
        }
    }

    #[test]
    fn what_has_left_its_window_is_forgotten_first() {
        let counters = Counters::bounded(10);
        assert!(admit(&counters, 0, 1, 100));
        for number in 1..10 {
            assert!(admit(&counters, number, 1, 0));
        }
        assert!(admit(&counters, 10, 1, 101));
        assert_eq!(counted(&counters), (2, 2));
        assert!(!admit(&counters, 0, 1, 102), "what is in its window still counts");
    }

    #[test]
    fn what_is_forgotten_too_early_was_going_to_leave_first() {
        let counters = Counters::bounded(10);
        for number in 0..11 {
            assert!(admit(&counters, number, 1, number.into()));
        }
        assert_eq!(counted(&counters), (9, 9));
        assert!(!admit(&counters, 10, 1, 12));
        assert!(admit(&counters, 0, 1, 12));
    }

    #[test]
    fn callers_may_come_out_of_order() {
        let counters = Counters::default();
        for second in [30, 10, 20] {
            assert!(admit(&counters, 1, 3, second));
        }
        assert!(!admit(&counters, 1, 3, 69));
        assert!(admit(&counters, 1, 3, 70));
        assert!(!admit(&counters, 1, 3, 79));
    }
}
