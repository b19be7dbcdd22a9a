//! How many places are taken, by the time that bookings are for.

use crate::time::Timestamp;

/// Bookings counted by desired time.
///
/// A booking counts in the slot that holds its desired time. So a count is right also for slots of
/// another length than the bookings were made under.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken(Vec<(Timestamp, u32)>);

impl Taken {
    /// The bookings of these desired times, in any order; a time may come more than once.
    pub fn new(counts: impl IntoIterator<Item = (Timestamp, u32)>) -> Self {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|count| count.0);
        Self(counts)
    }

    /// The bookings for times inside of `[start, end)`.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> u32 {
        self.counter(start).until(start, end)
    }

    /// A count over ranges that come in time order, none before the start.
    pub(super) fn counter(&self, start: Timestamp) -> Counter<'_> {
        Counter { rest: &self.0[self.0.partition_point(|count| count.0 < start)..] }
    }
}

impl FromIterator<Timestamp> for Taken {
    fn from_iter<I: IntoIterator<Item = Timestamp>>(desired: I) -> Self {
        Self::new(desired.into_iter().map(|at| (at, 1)))
    }
}

/// Walks through the bookings beside a walk through slots.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    rest: &'a [(Timestamp, u32)],
}

impl Counter<'_> {
    pub(super) fn until(&mut self, start: Timestamp, end: Timestamp) -> u32 {
        let mut sum = 0_u32;
        while let [(at, count), rest @ ..] = self.rest
            && *at < end
        {
            if *at >= start {
                sum = sum.saturating_add(*count);
            }
            self.rest = rest;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_its_start_and_not_its_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let taken: Taken = [30, 10, 20, 10].into_iter().map(at).collect();
        assert_eq!(taken.between(at(10), at(20)), 2);
        assert_eq!(taken.between(at(11), at(31)), 2);
        assert_eq!(taken.between(at(31), at(99)), 0);
        let mut counter = taken.counter(at(10));
        assert_eq!((counter.until(at(10), at(15)), counter.until(at(20), at(99))), (2, 2));
        assert_eq!(Taken::new([(at(1), u32::MAX), (at(2), 2)]).between(at(0), at(9)), u32::MAX);
    }
}
