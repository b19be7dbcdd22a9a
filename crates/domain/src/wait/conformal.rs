//! Intervals with a promised coverage, from the errors made lately.
//!
//! An estimate's score is the realised wait over the estimate. An interval for the next estimate
//! reaches from one quantile of the recent scores to another, scores of estimates near to it
//! counting most (localised conformal prediction: Guan, 2023). How deep into the tails the
//! quantiles lie is moved after every outcome so that the coverage holds when the day changes
//! (adaptive conformal inference: Gibbs and Candès, 2021).

use super::number::{LONGEST_SECS, thousandths};

/// The most scores kept.
pub(super) const SCORES: usize = 512;

/// Scores below which no interval is given.
const ENOUGH: usize = 40;

/// Reach of the kernel, in natural logarithms of the estimate, and the weight of scores beyond it.
const REACH: f32 = 0.5;
const FAR: f32 = 0.02;

/// Share of the miss rate that lies below the interval. A wait cannot be below zero and its upper
/// tail is long, so an interval of the same coverage is a sixth shorter when most misses lie above.
const BELOW: f64 = 0.1;

/// Step of the adaptation.
const STEP: f64 = 0.009;

/// The coverages that are adapted, in percent; others lie between or beside.
pub const TUNED: [u8; 2] = [80, 90];

/// How sure an interval is meant to be, in percent: 50..=99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
pub struct Confidence(u8);

/// A confidence outside 50..=99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange(pub u8);

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "confidence of {} % is not within 50 and 99", self.0)
    }
}

impl std::error::Error for OutOfRange {}

impl Confidence {
    /// Eight waits in ten.
    pub const EIGHTY: Self = Self(80);
    /// Nine waits in ten.
    pub const NINETY: Self = Self(90);

    /// A confidence in percent.
    pub fn new(percent: u8) -> Result<Self, OutOfRange> {
        if (50..=99).contains(&percent) { Ok(Self(percent)) } else { Err(OutOfRange(percent)) }
    }

    /// In percent.
    pub fn percent(self) -> u8 {
        self.0
    }

    /// Share of waits that may fall outside, 0.01..=0.5.
    pub(super) fn miss(self) -> f64 {
        1.0 - f64::from(self.0) / 100.0
    }
}

impl TryFrom<u8> for Confidence {
    type Error = OutOfRange;

    fn try_from(percent: u8) -> Result<Self, OutOfRange> {
        Self::new(percent)
    }
}

impl From<Confidence> for u8 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

/// An interval for a wait, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Band {
    /// Its lower end, at least 0.
    pub low_secs: f64,
    /// Its upper end, not below the lower.
    pub high_secs: f64,
}

impl Band {
    /// Whether a wait falls into it.
    pub fn holds(&self, wait_secs: f64) -> bool {
        (self.low_secs..=self.high_secs).contains(&wait_secs)
    }
}

/// The recent scores, and how far each tuned coverage had to be corrected.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Conformal {
    /// Logarithm of the estimate, in thousandths. The three lists run in step, by rising score.
    levels: Vec<u16>,
    /// Realised wait over estimate, in thousandths, rising.
    scores: Vec<u16>,
    /// When each came, to know the oldest.
    turns: Vec<u16>,
    turn: u16,
    /// How many are kept.
    room: u16,
    /// The miss rates aimed at now to get those of [`TUNED`].
    aims: [f64; TUNED.len()],
}

impl Default for Conformal {
    fn default() -> Self {
        Self::keeping(SCORES)
    }
}

impl Conformal {
    /// Keeps this many scores, at most 512.
    pub fn keeping(scores: usize) -> Self {
        let scores = scores.min(SCORES);
        Self {
            levels: Vec::with_capacity(scores),
            scores: Vec::with_capacity(scores),
            turns: Vec::with_capacity(scores),
            turn: 0,
            room: u16::try_from(scores).unwrap_or(u16::MAX),
            aims: TUNED.map(|percent| Confidence(percent).miss()),
        }
    }

    /// The interval around an estimate, or nothing while too few scores are known.
    pub fn band(&self, mean_secs: f64, confidence: Confidence) -> Option<Band> {
        if self.scores.len() < ENOUGH {
            return None;
        }
        let aim = self.aim(confidence);
        let (low, high) = self.quantiles(level(mean_secs), aim * BELOW, aim * (1.0 - BELOW));
        let low_secs = (mean_secs * low).clamp(0.0, LONGEST_SECS);
        Some(Band { low_secs, high_secs: (mean_secs * high).clamp(low_secs, LONGEST_SECS) })
    }

    /// Learns how an estimate came out, and whether the tuned intervals given with it held.
    pub fn learn(&mut self, mean_secs: f64, wait_secs: f64, bands: [Option<Band>; TUNED.len()]) {
        for ((aim, percent), band) in self.aims.iter_mut().zip(TUNED).zip(bands) {
            let Some(band) = band else { continue };
            let miss = Confidence(percent).miss();
            let missed = if band.holds(wait_secs) { 0.0 } else { 1.0 };
            *aim = (*aim + STEP * (miss - missed)).clamp(miss / 8.0, miss * 2.0);
        }
        if self.scores.len() >= usize::from(self.room).max(1) {
            let oldest = (0..self.turns.len())
                .max_by_key(|at| self.turn.wrapping_sub(self.turns[*at]))
                .unwrap_or(0);
            self.levels.remove(oldest);
            self.scores.remove(oldest);
            self.turns.remove(oldest);
        }
        let score = thousandths(wait_secs / mean_secs.max(1.0));
        let place = self.scores.partition_point(|known| *known < score);
        self.levels.insert(place, level(mean_secs));
        self.scores.insert(place, score);
        self.turns.insert(place, self.turn);
        self.turn = self.turn.wrapping_add(1);
    }

    /// Whether the lists are in step and in order.
    pub(super) fn sound(&self) -> bool {
        self.room > 0
            && usize::from(self.room) <= SCORES
            && self.scores.len() <= usize::from(self.room)
            && self.levels.len() == self.scores.len()
            && self.turns.len() == self.scores.len()
            && self.scores.is_sorted()
            && self.aims.iter().all(|aim| (0.0..=0.5).contains(aim))
    }

    /// The miss rate to aim at: the tuned ones as adapted, others corrected by the same factor.
    fn aim(&self, confidence: Confidence) -> f64 {
        let factor = |at: usize| self.aims[at] / Confidence(TUNED[at]).miss();
        let [lower, upper] = TUNED.map(f64::from);
        let share = ((f64::from(confidence.0) - lower) / (upper - lower)).clamp(0.0, 1.0);
        let factor = factor(0) * (1.0 - share) + factor(1) * share;
        (confidence.miss() * factor).clamp(0.002, 0.9)
    }

    /// The scores that leave these shares of weight below and above them.
    fn quantiles(&self, level: u16, below: f64, above: f64) -> (f64, f64) {
        let mut weights = [0.0_f32; SCORES];
        let here = f32::from(level) / 1000.0;
        for (weight, level) in weights.iter_mut().zip(&self.levels) {
            let away = (f32::from(*level) / 1000.0 - here) / REACH;
            *weight = (1.0 - away * away).max(FAR);
        }
        // Eight sums side by side, so that the additions need not wait for one another.
        let mut sums = [0.0_f32; 8];
        for eight in weights.chunks_exact(8) {
            for (sum, weight) in sums.iter_mut().zip(eight) {
                *sum += weight;
            }
        }
        let total = f64::from(sums.iter().sum::<f32>());
        let weights = &weights[..self.scores.len()];
        let score = |at: usize| f64::from(self.scores[at]) / 1000.0;
        let low = reach(weights.iter(), below * total).map_or(0.0, score);
        let last = self.scores.len() - 1;
        let high =
            reach(weights.iter().rev(), above * total).map_or(f64::INFINITY, |at| score(last - at));
        (low, high.min(f64::from(u16::MAX) / 1000.0))
    }
}

/// The first place at which the running sum of weights passes `share`; nothing when that is the
/// very first, which means that the tail holds less than one score.
fn reach<'a>(weights: impl Iterator<Item = &'a f32>, share: f64) -> Option<usize> {
    let mut sum = 0.0;
    for (at, weight) in weights.enumerate() {
        sum += f64::from(*weight);
        if sum > share {
            return Some(at);
        }
    }
    None
}

fn level(mean_secs: f64) -> u16 {
    thousandths(mean_secs.max(1.0).ln())
}

#[cfg(test)]
mod tests {
    use super::{Confidence, Conformal, SCORES};

    /// A repeatable stream of numbers in 0..1.
    fn stream(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            f64::from(u32::try_from(seed >> 32).unwrap()) / f64::from(u32::MAX)
        }
    }

    /// Plays exponential waits around estimates and gives the coverage of the last half.
    fn coverage(confidence: Confidence, shift: f64) -> f64 {
        let mut conformal = Conformal::default();
        let mut next = stream(7);
        let (mut held, mut given) = (0.0, 0.0);
        for turn in 0..6_000 {
            let mean = 20.0 + 200.0 * next();
            let stretch = if turn > 3_000 { shift } else { 1.0 };
            let wait = -mean * stretch * (1.0 - next()).max(1e-9).ln();
            let band = conformal.band(mean, confidence);
            if let Some(band) = band.filter(|_| turn > 3_000) {
                given += 1.0;
                held += if band.holds(wait) { 1.0 } else { 0.0 };
            }
            let tuned = [Confidence::EIGHTY, Confidence::NINETY].map(|c| conformal.band(mean, c));
            conformal.learn(mean, wait, tuned);
        }
        held / given
    }

    #[test]
    fn the_coverage_is_the_one_promised() {
        for percent in [50, 65, 80, 85, 90, 95] {
            let got = 100.0 * coverage(Confidence::new(percent).unwrap(), 1.0);
            assert!((got - f64::from(percent)).abs() < 2.5, "{percent}: {got}");
        }
    }

    #[test]
    fn the_coverage_holds_when_waits_double_over_night() {
        for percent in [80, 90] {
            let got = 100.0 * coverage(Confidence::new(percent).unwrap(), 2.0);
            assert!((got - f64::from(percent)).abs() < 2.0, "{percent}: {got}");
        }
    }

    #[test]
    fn only_the_newest_scores_are_kept_in_order() {
        let mut conformal = Conformal::default();
        for turn in 0..70_000_u32 {
            conformal.learn(100.0, f64::from(turn % 997), [None; 2]);
        }
        assert_eq!(conformal.scores.len(), SCORES);
        assert!(conformal.sound());
        let oldest = conformal.turns.iter().map(|turn| conformal.turn.wrapping_sub(*turn)).max();
        assert_eq!(oldest, Some(512));
    }

    #[test]
    fn a_confidence_is_between_half_and_almost_all() {
        assert!(Confidence::new(49).is_err());
        assert!(Confidence::new(100).is_err());
        assert_eq!(Confidence::new(99).unwrap().percent(), 99);
    }
}
