//! Promise kept: how far from the desired time the customer's phone rings, and the correction that
//! brings it there.
//!
//! A callback is submitted ahead of its desired time by the queue's expected wait. What the wait
//! leaves out (dialling, a session that starts slowly, an estimate that is off for callbacks)
//! shows as a distance that is not centred; [`Lead`] learns its centre and [`Kept`] shows all of it.

use super::number::{LONGEST_SECS, count};

/// The largest correction of a lead, in seconds.
pub const LARGEST_SECS: f64 = 600.0;

/// First and last step towards the centre, in seconds, and how fast the first becomes the last.
const FIRST_STEP_SECS: f64 = 40.0;
const LAST_STEP_SECS: f64 = 2.0;

/// Distances within which a ring counts as on time: then a step shrinks with the distance, so that
/// a centred lead does not tremble.
const ON_TIME_SECS: f64 = 20.0;

/// The correction of one queue's lead, in seconds added to the expected wait.
///
/// It follows the median of the distances by steps whose size does not depend on how far off a
/// promise was (stochastic approximation of a quantile: Robbins and Monro, 1951), so that one
/// customer reached an hour late moves it no more than one reached a minute late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lead {
    correction_secs: f64,
    promises: u32,
}

impl Lead {
    /// Learns one promise: seconds from the desired time to the ring, negative when it rang early.
    /// A distance that is not a number, or is more than a day, teaches nothing.
    pub fn observe(&mut self, late_secs: f64) {
        if !late_secs.is_finite() || late_secs.abs() > LONGEST_SECS {
            return;
        }
        self.promises = self.promises.saturating_add(1);
        let step = (FIRST_STEP_SECS / f64::from(self.promises).sqrt()).max(LAST_STEP_SECS);
        let pull = (late_secs / ON_TIME_SECS).clamp(-1.0, 1.0);
        self.correction_secs =
            (self.correction_secs + step * pull).clamp(-LARGEST_SECS, LARGEST_SECS);
    }

    /// What to add to the expected wait, within ±[`LARGEST_SECS`].
    pub fn correction_secs(&self) -> f64 {
        self.correction_secs
    }

    /// Promises learned from.
    pub fn promises(&self) -> u32 {
        self.promises
    }

    /// The lead for an expected wait, 0..=`most_secs`. Without an expectation, the correction
    /// alone.
    pub fn lead_secs(&self, wait_secs: Option<f64>, most_secs: f64) -> f64 {
        let wait = super::number::duration(wait_secs).unwrap_or(0.0);
        let most = if most_secs.is_finite() { most_secs.clamp(0.0, LONGEST_SECS) } else { 0.0 };
        (wait + self.correction_secs).clamp(0.0, most)
    }
}

/// Upper ends of the distances told apart to either side of the desired time, in seconds. Beyond
/// the last lies one more bin.
const ENDS: [f64; 16] = [
    5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 450.0, 600.0, 900.0,
    1_800.0, 3_600.0,
];

/// Bins on one side.
const SIDE: usize = ENDS.len() + 1;

/// Distances between desired time and ring of one queue on one day. Two of them add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Kept {
    early: [u32; SIDE],
    late: [u32; SIDE],
}

impl Kept {
    /// Counts one promise: seconds from the desired time to the ring, negative when it rang early.
    /// What is not a number is not counted.
    pub fn count(&mut self, late_secs: f64) {
        if !late_secs.is_finite() {
            return;
        }
        let side = if late_secs < 0.0 { &mut self.early } else { &mut self.late };
        let bin = ENDS.iter().take_while(|end| late_secs.abs() > **end).count();
        side[bin] = side[bin].saturating_add(1);
    }

    /// Adds another day, or the same day as another node counted it.
    pub fn add(&mut self, other: &Self) {
        let sides = [(&mut self.early, &other.early), (&mut self.late, &other.late)];
        for (mine, theirs) in sides {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine = mine.saturating_add(*theirs);
            }
        }
    }

    /// Promises counted.
    pub fn promises(&self) -> u64 {
        self.early.iter().chain(&self.late).map(|count| u64::from(*count)).sum()
    }

    /// The distance below which this share of promises lies, in seconds, negative for early; `None`
    /// when there are none. Exact to the width of a bin, and never beyond an hour.
    pub fn quantile_secs(&self, share: f64) -> Option<f64> {
        let bins = self.bins();
        let total: f64 = bins.iter().map(|(_, _, count)| count).sum();
        quantile(&bins, share, total)
    }

    /// The absolute distance within which this share of promises lies, in seconds.
    pub fn within_secs(&self, share: f64) -> Option<f64> {
        let bins: Vec<(f64, f64, f64)> = (0..SIDE)
            .map(|bin| {
                let (from, to) = ends(bin);
                (from, to, f64::from(self.early[bin]) + f64::from(self.late[bin]))
            })
            .collect();
        let total: f64 = bins.iter().map(|(_, _, count)| count).sum();
        quantile(&bins, share, total)
    }

    /// Share of promises kept within this distance to either side, 0..=1; `None` when there are
    /// none. Distances between the ends of a bin are interpolated.
    pub fn share_within(&self, secs: f64) -> Option<f64> {
        let total = self.promises();
        if total == 0 || !secs.is_finite() {
            return None;
        }
        let mut within = 0.0;
        for bin in 0..SIDE {
            let (from, to) = ends(bin);
            let part = if secs >= to { 1.0 } else { ((secs - from) / (to - from)).max(0.0) };
            within += part * (f64::from(self.early[bin]) + f64::from(self.late[bin]));
        }
        Some(within / count(usize::try_from(total).unwrap_or(usize::MAX)))
    }

    /// Every bin from the earliest to the latest: its ends in seconds and its promises.
    pub fn bins(&self) -> Vec<(f64, f64, f64)> {
        let early = (0..SIDE).rev().map(|bin| {
            let (from, to) = ends(bin);
            (-to, -from, f64::from(self.early[bin]))
        });
        let late = (0..SIDE).map(|bin| {
            let (from, to) = ends(bin);
            (from, to, f64::from(self.late[bin]))
        });
        early.chain(late).collect()
    }
}

/// The ends of a bin; the last, which has none, is taken to be empty of width.
fn ends(bin: usize) -> (f64, f64) {
    let from = if bin == 0 { 0.0 } else { ENDS[bin - 1] };
    (from, ENDS.get(bin).copied().unwrap_or(from))
}

/// Interpolates within the bin in which the share is reached.
fn quantile(bins: &[(f64, f64, f64)], share: f64, total: f64) -> Option<f64> {
    if total <= 0.0 || share.is_nan() {
        return None;
    }
    let sought = share.clamp(0.0, 1.0) * total;
    let mut passed = 0.0;
    let mut last = None;
    for (from, to, count) in bins.iter().filter(|(_, _, count)| *count > 0.0) {
        if passed + count >= sought {
            return Some(from + (to - from) * ((sought - passed) / count).clamp(0.0, 1.0));
        }
        passed += count;
        last = Some(*to);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::{Kept, LARGEST_SECS, Lead};

    /// A repeatable, lopsided noise around zero with median 0: -30 to 90 seconds.
    fn noise(turn: u32) -> f64 {
        let place = f64::from(turn * 37 % 101) / 100.0 - 0.5;
        if place < 0.0 { 60.0 * place } else { 180.0 * place }
    }

    #[test]
    fn a_lead_centres_what_it_is_fed() {
        let mut lead = Lead::default();
        let mut kept = Kept::default();
        for turn in 0..600 {
            let late = 140.0 - lead.correction_secs() + noise(turn);
            lead.observe(late);
            if turn > 200 {
                kept.count(late);
            }
        }
        let median = kept.quantile_secs(0.5).unwrap();
        assert!(median.abs() < 10.0, "{median}");
    }

    #[test]
    fn a_lead_follows_a_queue_that_changes() {
        let mut lead = Lead::default();
        for turn in 0..500 {
            lead.observe(100.0 - lead.correction_secs() + noise(turn));
        }
        for turn in 0..300 {
            lead.observe(-20.0 - lead.correction_secs() + noise(turn));
        }
        assert!((lead.correction_secs() + 20.0).abs() < 15.0, "{lead:?}");
    }

    #[test]
    fn one_promise_an_hour_late_moves_little_and_nonsense_nothing() {
        let mut lead = Lead::default();
        for turn in 0..500 {
            lead.observe(60.0 - lead.correction_secs() + noise(turn));
        }
        let before = lead.correction_secs();
        lead.observe(3_600.0);
        assert!((lead.correction_secs() - before).abs() <= 2.5);
        let before = lead;
        for nonsense in [f64::NAN, f64::INFINITY, -1e9] {
            lead.observe(nonsense);
        }
        assert_eq!(lead, before);
    }

    #[test]
    fn a_correction_is_bounded_and_a_lead_is_never_negative() {
        let mut lead = Lead::default();
        for _ in 0..10_000 {
            lead.observe(80_000.0);
        }
        assert!((lead.correction_secs() - LARGEST_SECS).abs() < 1e-9);
        assert!((lead.lead_secs(Some(500.0), 900.0) - 900.0).abs() < 1e-9);
        for _ in 0..10_000 {
            lead.observe(-80_000.0);
        }
        assert!(lead.lead_secs(Some(100.0), 900.0).abs() < 1e-9);
        assert!(lead.lead_secs(Some(f64::NAN), f64::NAN).abs() < 1e-9);
    }

    #[test]
    fn quantiles_are_true_to_the_width_of_a_bin() {
        let mut kept = Kept::default();
        for late in -100..=300 {
            kept.count(f64::from(late));
        }
        assert_eq!(kept.promises(), 401);
        for (share, want) in [(0.1, -60.0), (0.5, 100.0), (0.9, 260.0)] {
            let got = kept.quantile_secs(share).unwrap();
            assert!((got - want).abs() < 10.0, "{share}: {got}");
        }
        let within = kept.share_within(120.0).unwrap();
        assert!((within - 221.0 / 401.0).abs() < 0.02, "{within}");
        assert!((kept.within_secs(0.5).unwrap() - 100.0).abs() < 5.0);
    }

    #[test]
    fn days_add_up() {
        let (mut one, mut other) = (Kept::default(), Kept::default());
        one.count(-400.0);
        other.count(7_200.0);
        one.add(&other);
        assert_eq!(one.promises(), 2);
        assert_eq!(one.quantile_secs(1.0), Some(3_600.0));
        assert_eq!(Kept::default().quantile_secs(0.5), None);
    }
}
