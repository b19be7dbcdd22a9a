//! Whether the model has lost its way: its recent errors beside those of the router's own figure.

/// Outcomes the comparison looks back on, about.
const MEMORY: f64 = 50.0;

/// The model is left when its mean error is this much above the router's, and trusted again when
/// it is down to this.
const LEFT: f64 = 1.25;
const TRUSTED: f64 = 1.05;

/// Comparison of two mean absolute errors, with a memory of about fifty outcomes.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Drift {
    outcomes: f64,
    model_secs: f64,
    router_secs: f64,
    drifted: bool,
}

impl Drift {
    /// Learns one outcome for which both had an estimate.
    pub(super) fn learn(&mut self, model_secs: f64, router_secs: f64, wait_secs: f64) {
        self.outcomes = (self.outcomes + 1.0).min(MEMORY);
        let step = 1.0 / self.outcomes;
        self.model_secs += step * ((model_secs - wait_secs).abs() - self.model_secs);
        self.router_secs += step * ((router_secs - wait_secs).abs() - self.router_secs);
        if self.outcomes >= MEMORY {
            let bound = if self.drifted { TRUSTED } else { LEFT };
            self.drifted = self.model_secs > bound * self.router_secs;
        }
    }

    /// Whether the router is to be believed instead.
    pub(super) fn drifted(&self) -> bool {
        self.drifted
    }

    /// Mean absolute errors lately, of the model and of the router, in seconds.
    pub(super) fn errors(&self) -> Option<(f64, f64)> {
        (self.outcomes > 0.0).then_some((self.model_secs, self.router_secs))
    }

    /// Whether its numbers are numbers.
    pub(super) fn sound(&self) -> bool {
        [self.outcomes, self.model_secs, self.router_secs].iter().all(|number| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::Drift;

    #[test]
    fn a_model_that_grows_worse_than_the_router_is_left_and_found_again() {
        let mut drift = Drift::default();
        for _ in 0..60 {
            drift.learn(100.0, 140.0, 110.0);
        }
        assert!(!drift.drifted());
        for _ in 0..60 {
            drift.learn(100.0, 290.0, 300.0);
        }
        assert!(drift.drifted());
        for _ in 0..300 {
            drift.learn(300.0, 290.0, 300.0);
        }
        assert!(!drift.drifted());
    }

    #[test]
    fn a_few_outcomes_prove_nothing() {
        let mut drift = Drift::default();
        for _ in 0..49 {
            drift.learn(0.0, 300.0, 300.0);
        }
        assert!(!drift.drifted());
    }
}
