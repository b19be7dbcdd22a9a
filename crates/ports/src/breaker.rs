//! When to leave a neighbour's node alone: a value without a clock, so that every adapter counts alike.

use ges_domain::time::{SignedDuration, Timestamp};

/// Whether a node may be called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// It is well: call it.
    Free,
    /// It failed and has rested: this one call finds out whether it is back.
    Trial,
    /// It failed lately: leave it alone.
    Barred,
}

/// A circuit breaker of one node: five failures in a row bar it, every 10 s one call may try again.
///
/// A trial needs no end: while nobody says how it went, the next one comes 10 s later, so a call that is dropped half
/// way bars nobody for ever.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    failures: u32,
    barred_until: Option<Timestamp>,
}

impl Breaker {
    /// Failures in a row that bar a node.
    pub const LIMIT: u32 = 5;
    /// How long a barred node rests before a trial, and between two trials.
    pub const REST: SignedDuration = SignedDuration::from_secs(10);

    /// Asks for passage at `now`; a trial is given out once.
    pub fn pass(&mut self, now: Timestamp) -> Passage {
        match self.barred_until {
            None => Passage::Free,
            Some(until) if now < until => Passage::Barred,
            Some(_) => {
                self.barred_until = Some(rested(now));
                Passage::Trial
            }
        }
    }

    /// The node answered: it is well. Says whether it was barred until now.
    pub fn succeeded(&mut self) -> bool {
        let recovered = self.barred_until.is_some();
        *self = Self::default();
        recovered
    }

    /// The node failed at `now`. Says whether this bars it anew.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < Self::LIMIT {
            return false;
        }
        self.barred_until.replace(rested(now)).is_none()
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether the node is barred, be it for a trial's outcome.
    pub fn barred(&self) -> bool {
        self.barred_until.is_some()
    }
}

fn rested(now: Timestamp) -> Timestamp {
    now.saturating_add(Breaker::REST).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn barred() -> Breaker {
        let mut breaker = Breaker::default();
        assert_eq!((0..5).filter(|_| breaker.failed(at(0))).count(), 1, "barred once");
        breaker
    }

    #[test]
    fn five_failures_in_a_row_bar_and_a_success_between_starts_the_count_anew() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        assert_eq!(breaker.pass(at(0)), Passage::Free);
        assert!(!breaker.succeeded());
        breaker.failed(at(1));
        assert_eq!(breaker.pass(at(1)), Passage::Free);
        assert_eq!(barred().pass(at(9)), Passage::Barred);
    }

    #[test]
    fn a_trial_is_given_out_once_and_its_outcome_decides() {
        let mut breaker = barred();
        assert_eq!(breaker.pass(at(10)), Passage::Trial);
        assert_eq!(breaker.pass(at(10)), Passage::Barred);
        assert!(!breaker.failed(at(12)), "it was barred already");
        assert_eq!(breaker.pass(at(21)), Passage::Barred);
        assert_eq!(breaker.pass(at(22)), Passage::Trial);
        assert!(breaker.succeeded());
        assert_eq!(breaker.pass(at(22)), Passage::Free);
    }

    #[test]
    fn a_trial_that_never_ends_makes_room_for_the_next() {
        let mut breaker = barred();
        assert_eq!(breaker.pass(at(10)), Passage::Trial);
        assert_eq!(breaker.pass(at(20)), Passage::Trial);
    }
}
