//! Seeded chance. Apart, so that the same seed gives the same world on every machine and so that
//! one stream of draws does not shift another: a longer ring changes no arrival.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of that number under a seed; two streams of one seed are independent.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in the half-open unit interval.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound.max(1))
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0.random()
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.unit()).ln() * mean
    }

    /// By Box and Muller; one of the pair is thrown away, which keeps the stream easy to follow.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn log_normal(&mut self, mu: f64, sigma: f64) -> f64 {
        (mu + sigma * self.normal()).exp()
    }

    /// A word of that many characters out of an alphabet of ASCII.
    pub(crate) fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut draw: impl FnMut() -> f64) -> f64 {
        (0..100_000).map(|_| draw()).sum::<f64>() / 100_000.0
    }

    #[test]
    fn the_distributions_have_the_means_of_the_textbook() {
        let mut chance = Draw::new(7, 0);
        let patience = mean(|| chance.exponential(348.0));
        assert!((patience - 348.0).abs() < 5.0, "{patience}");
        let handling = mean(|| chance.log_normal(4.72, 1.03));
        let expected = (4.72_f64 + 1.03 * 1.03 / 2.0).exp();
        assert!((handling - expected).abs() < 5.0, "{handling} for {expected}");
    }

    #[test]
    fn the_same_seed_gives_the_same_stream_and_another_stream_differs() {
        assert_eq!(Draw::new(3, 1).word(), Draw::new(3, 1).word());
        assert_ne!(Draw::new(3, 1).word(), Draw::new(3, 2).word());
    }
}
