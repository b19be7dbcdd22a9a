//! How often the intervals that were given held: counted by the hour, for a day and for a week.

use super::conformal::{Band, TUNED};

/// Hours kept: a week.
const HOURS: i64 = 168;

/// One hour's outcomes: waits that had an interval, and those inside it for each tuned coverage.
type Hour = [u16; 1 + TUNED.len()];

/// The stretch of time a [`Coverage`] is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The last 24 hours.
    Day,
    /// The last seven days.
    Week,
}

/// How often intervals held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Coverage {
    /// Realised waits for which an interval had been given.
    pub waits: u32,
    /// Of these, inside the interval that promised 80 %.
    pub within_80: u32,
    /// Of these, inside the interval that promised 90 %.
    pub within_90: u32,
}

/// A ring of hours.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Hours {
    newest: i64,
    ring: Vec<Hour>,
}

impl Hours {
    /// Counts an outcome at this time, seconds of an epoch.
    pub(super) fn count(&mut self, at_secs: i64, wait_secs: f64, bands: [Band; TUNED.len()]) {
        let hour = at_secs.div_euclid(3_600);
        if self.ring.is_empty() {
            self.ring = vec![Hour::default(); slot(HOURS)];
            self.newest = hour;
        }
        if hour <= self.newest.saturating_sub(HOURS) {
            return;
        }
        for passed in self.newest.saturating_add(1).max(hour.saturating_sub(HOURS - 1))..=hour {
            let at = slot(passed.rem_euclid(HOURS));
            self.ring[at] = Hour::default();
        }
        self.newest = self.newest.max(hour);
        let counts = &mut self.ring[slot(hour.rem_euclid(HOURS))];
        counts[0] = counts[0].saturating_add(1);
        for (count, band) in counts[1..].iter_mut().zip(bands) {
            *count = count.saturating_add(u16::from(band.holds(wait_secs)));
        }
    }

    /// The coverage of the span that ends now.
    pub(super) fn coverage(&self, at_secs: i64, span: Span) -> Coverage {
        let now = at_secs.div_euclid(3_600);
        let hours = match span {
            Span::Day => 24,
            Span::Week => HOURS,
        };
        let first = now.saturating_sub(hours - 1).max(self.newest.saturating_sub(HOURS - 1));
        let mut coverage = Coverage::default();
        if self.ring.is_empty() {
            return coverage;
        }
        for hour in first..=self.newest.min(now) {
            let [waits, within_80, within_90] = self.ring[slot(hour.rem_euclid(HOURS))];
            coverage.waits += u32::from(waits);
            coverage.within_80 += u32::from(within_80);
            coverage.within_90 += u32::from(within_90);
        }
        coverage
    }

    /// The hours of the last week in which a wait was counted, the latest last: each by its first second.
    pub(super) fn each(&self, at_secs: i64) -> Vec<(i64, Coverage)> {
        let now = at_secs.div_euclid(3_600);
        if self.ring.is_empty() {
            return Vec::new();
        }
        let first = now.saturating_sub(HOURS - 1).max(self.newest.saturating_sub(HOURS - 1));
        let counted = (first..=self.newest.min(now)).map(|hour| {
            let [waits, within_80, within_90] =
                self.ring[slot(hour.rem_euclid(HOURS))].map(u32::from);
            (hour.saturating_mul(3_600), Coverage { waits, within_80, within_90 })
        });
        counted.filter(|(_, coverage)| coverage.waits > 0).collect()
    }

    /// Bytes it takes once it counts.
    pub(super) const BYTES: usize = size_of::<Self>() + 168 * size_of::<Hour>();

    /// Whether the ring has a size it can have.
    pub(super) fn sound(&self) -> bool {
        self.ring.is_empty() || self.ring.len() == slot(HOURS)
    }
}

fn slot(hour: i64) -> usize {
    usize::try_from(hour).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Band, Hours, Span};

    const BANDS: [Band; 2] =
        [Band { low_secs: 0.0, high_secs: 60.0 }, Band { low_secs: 0.0, high_secs: 90.0 }];

    #[test]
    fn a_day_and_a_week_are_told_apart() {
        let mut hours = Hours::default();
        for day in 0..10 {
            hours.count(day * 86_400 + 100, 70.0, BANDS);
            hours.count(day * 86_400 + 200, 30.0, BANDS);
        }
        let now = 9 * 86_400 + 300;
        let day = hours.coverage(now, Span::Day);
        assert_eq!((day.waits, day.within_80, day.within_90), (2, 1, 2));
        let week = hours.coverage(now, Span::Week);
        assert_eq!((week.waits, week.within_80, week.within_90), (14, 7, 14));
    }

    #[test]
    fn each_hour_adds_up_to_the_week() {
        let mut hours = Hours::default();
        for day in 0..10 {
            hours.count(day * 86_400 + 100, 70.0, BANDS);
            hours.count(day * 86_400 + 7_300, 30.0, BANDS);
        }
        let now = 9 * 86_400 + 8_000;
        let each = hours.each(now);
        assert_eq!(each.len(), 14);
        assert_eq!(each.last().unwrap().0, 9 * 86_400 + 7_200);
        let week = hours.coverage(now, Span::Week);
        assert_eq!(each.iter().map(|(_, hour)| hour.waits).sum::<u32>(), week.waits);
        assert_eq!(each.iter().map(|(_, hour)| hour.within_80).sum::<u32>(), week.within_80);
    }

    #[test]
    fn what_is_older_than_the_span_is_not_counted() {
        let mut hours = Hours::default();
        hours.count(0, 30.0, BANDS);
        assert_eq!(hours.coverage(23 * 3_600, Span::Day).waits, 1);
        assert_eq!(hours.coverage(24 * 3_600, Span::Day).waits, 0);
        assert_eq!(hours.coverage(167 * 3_600, Span::Week).waits, 1);
        assert_eq!(hours.coverage(168 * 3_600, Span::Week).waits, 0);
    }

    #[test]
    fn a_late_outcome_counts_in_its_own_hour_and_a_week_late_in_none() {
        let mut hours = Hours::default();
        hours.count(1_000_000, 30.0, BANDS);
        hours.count(1_000_000 - 7_200, 30.0, BANDS);
        hours.count(1_000_000 - 700_000, 30.0, BANDS);
        assert_eq!(hours.coverage(1_000_000, Span::Week).waits, 2);
    }
}
