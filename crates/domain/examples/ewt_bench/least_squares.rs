//! Plain linear regression, the strongest of the simple baselines, and the mean.

/// Numbers of the regression: one and seventeen.
pub(crate) const LIVE_FEATURES: usize = 18;

type Row = [f64; LIVE_FEATURES];

/// Least squares on the live features, fitted when asked.
#[derive(Debug, Default)]
pub(crate) struct LeastSquares {
    normal: [Row; LIVE_FEATURES],
    right: Row,
    weights: Row,
    outcomes: f64,
    sum: f64,
    mean: f64,
}

impl LeastSquares {
    pub(crate) fn add(&mut self, features: &Row, waited: f64) {
        for (row, (right, one)) in self.normal.iter_mut().zip(self.right.iter_mut().zip(features)) {
            for (cell, other) in row.iter_mut().zip(features) {
                *cell += one * other;
            }
            *right += one * waited;
        }
        self.outcomes += 1.0;
        self.sum += waited;
    }

    /// Solves for the weights by Gauss and Jordan, with a ridge that matters only to a feature
    /// that never moved.
    pub(crate) fn fit(&mut self) {
        if self.outcomes < 1.0 {
            return;
        }
        self.mean = self.sum / self.outcomes;
        let (mut rows, mut right) = (self.normal, self.right);
        for (at, row) in rows.iter_mut().enumerate() {
            row[at] = row[at] * (1.0 + 1e-9) + 1e-6;
        }
        for at in 0..LIVE_FEATURES {
            let best = (at..LIVE_FEATURES)
                .max_by(|a, b| rows[*a][at].abs().total_cmp(&rows[*b][at].abs()))
                .unwrap_or(at);
            rows.swap(at, best);
            right.swap(at, best);
            let pivot = rows[at];
            for other in (0..LIVE_FEATURES).filter(|other| *other != at) {
                let share = rows[other][at] / pivot[at];
                for (cell, pivot) in rows[other].iter_mut().zip(pivot) {
                    *cell -= share * pivot;
                }
                right[other] -= share * right[at];
            }
        }
        for at in 0..LIVE_FEATURES {
            self.weights[at] = right[at] / rows[at][at];
        }
    }

    pub(crate) fn predict(&self, features: &Row) -> f64 {
        let sum: f64 = self.weights.iter().zip(features).map(|(a, b)| a * b).sum();
        sum.max(0.0)
    }

    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }
}
