//! How long to wait before trying again.

use crate::time::SignedDuration;

/// Exponential backoff with a ceiling and a spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait before the second try.
    pub first: SignedDuration,
    /// No wait is longer than this.
    pub ceiling: SignedDuration,
}

impl Backoff {
    /// For a neighbour that may be back in a moment: 1 s, 2 s, 4 s … 60 s.
    pub const NEIGHBOUR: Self =
        Self { first: SignedDuration::from_secs(1), ceiling: SignedDuration::from_secs(60) };

    /// For a device that is told soon or never: 1 s, 2 s, 4 s … 16 s.
    pub const DEVICE: Self =
        Self { first: SignedDuration::from_secs(1), ceiling: SignedDuration::from_secs(16) };

    /// For an account that sent too much: 60 s, 120 s.
    pub const QUOTA: Self =
        Self { first: SignedDuration::from_secs(60), ceiling: SignedDuration::from_secs(120) };

    /// The wait after `tries` failed tries: `first × 2^(tries − 1)`, at most the ceiling, ± 20 % by `seed`.
    ///
    /// The spread keeps those that failed together from coming back together; the same seed gives the same wait.
    pub fn after(&self, tries: u32, seed: u64) -> SignedDuration {
        let doublings = tries.saturating_sub(1).min(30);
        let wait = self.first.saturating_mul(1 << doublings).min(self.ceiling);
        spread(wait, seed)
    }
}

/// A duration within ± 20 % of `wait`, decided by `seed`.
pub fn spread(wait: SignedDuration, seed: u64) -> SignedDuration {
    // A multiplicative hash: neighbouring seeds land far apart.
    let hashed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let permille = 800 + i128::from(hashed % 401);
    let nanos = wait.as_nanos() * permille / 1000;
    i64::try_from(nanos).map_or(SignedDuration::MAX, SignedDuration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_ceiling_within_a_fifth() {
        for (tries, secs) in [(1, 1.0), (2, 2.0), (4, 8.0), (20, 60.0), (u32::MAX, 60.0)] {
            for seed in 0..200 {
                let wait = Backoff::NEIGHBOUR.after(tries, seed).as_secs_f64();
                assert!((secs * 0.8..=secs * 1.2).contains(&wait), "{tries} {seed} {wait}");
            }
        }
    }

    #[test]
    fn seeds_spread() {
        let waits: std::collections::BTreeSet<_> =
            (0..100).map(|seed| Backoff::NEIGHBOUR.after(3, seed)).collect();
        assert!(waits.len() > 50);
    }
}
