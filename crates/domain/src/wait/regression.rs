//! Linear regression that learns one outcome at a time and slowly forgets.

/// Numbers a wait is regressed on.
pub(super) const FEATURES: usize = 13;

/// A vector of features or weights.
pub(super) type Vector = [f64; FEATURES];

/// Share of the past kept at each outcome: what lies two thousand outcomes back counts a third.
const KEPT: f64 = 0.9995;

/// Recursive least squares with exponential forgetting, started from a belief.
///
/// The uncertainty of a weight never grows beyond what it was at the start, so that a quiet night
/// does not make the regression jump at the first call of the morning.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Regression {
    weights: Vector,
    covariance: [Vector; FEATURES],
}

impl Regression {
    /// Believes in these weights, each with this variance (in units of the noise).
    pub(super) fn believing(weights: Vector, prior: &Vector) -> Self {
        let mut covariance = [[0.0; FEATURES]; FEATURES];
        for (at, variance) in prior.iter().enumerate() {
            covariance[at][at] = *variance;
        }
        Self { weights, covariance }
    }

    pub(super) fn predict(&self, features: &Vector) -> f64 {
        dot(&self.weights, features)
    }

    /// Corrects the weights by an error made on these features, never less sure than `prior`.
    pub(super) fn learn(&mut self, features: &Vector, error: f64, prior: &Vector) {
        let mut gain = [0.0; FEATURES];
        for (gain, row) in gain.iter_mut().zip(&self.covariance) {
            *gain = dot(row, features);
        }
        let spread = KEPT + dot(&gain, features);
        if !spread.is_finite() || spread < KEPT / 2.0 {
            return;
        }
        for (weight, gain) in self.weights.iter_mut().zip(&gain) {
            *weight += gain / spread * error;
        }
        let mut shrink = [1.0; FEATURES];
        for (at, row) in self.covariance.iter_mut().enumerate() {
            for (cell, other) in row.iter_mut().zip(&gain) {
                *cell = (*cell - gain[at] * other / spread) / KEPT;
            }
            if row[at] > prior[at] {
                shrink[at] = (prior[at] / row[at]).sqrt();
            }
        }
        for (row, down) in self.covariance.iter_mut().zip(&shrink) {
            for (cell, across) in row.iter_mut().zip(&shrink) {
                *cell *= down * across;
            }
        }
    }

    /// Whether every number in it is one.
    pub(super) fn sound(&self) -> bool {
        let rows = self.covariance.iter().flatten();
        self.weights.iter().chain(rows).all(|number| number.is_finite())
    }
}

fn dot(one: &Vector, other: &Vector) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::{FEATURES, Regression};

    #[test]
    fn a_linear_law_is_found_and_followed_when_it_changes() {
        let mut regression = Regression::believing([0.0; FEATURES], &[1.0; FEATURES]);
        let mut play = |slope: f64, turns: u32| {
            let mut worst = 0.0_f64;
            for turn in 0..turns {
                let mut features = [0.0; FEATURES];
                features[0] = 1.0;
                features[1] = f64::from(turn * 37 % 11) / 5.0;
                let error = slope * features[1] + 2.0 - regression.predict(&features);
                regression.learn(&features, error, &[1.0; FEATURES]);
                worst = if turn + 50 > turns { worst.max(error.abs()) } else { 0.0 };
            }
            worst
        };
        assert!(play(3.0, 400) < 0.05);
        assert!(play(1.0, 8_000) < 0.1);
    }
}
