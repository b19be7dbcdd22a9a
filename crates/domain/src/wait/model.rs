//! The model of one queue: an estimate with an interval, learned from the waits that came out.

use super::conformal::{Band, Confidence, Conformal, SCORES, TUNED};
use super::coverage::{Coverage, Hours, Span};
use super::drift::Drift;
use super::features::{BELIEF, DOUBT, Features, MINUTE_SECS, features};
use super::number::{LONGEST_SECS, duration};
use super::once::{Counted, Once};
use super::regression::{Regression, Vector};
use super::snapshot::Snapshot;

/// The form of the state; a state of another form is not read but learned anew.
const VERSION: u16 = 1;

/// Realised waits before the model is believed.
pub const ENOUGH: u64 = 50;

/// Scores kept of the router's figure, for its interval while the model is not believed.
const ROUTER_SCORES: usize = 128;

/// An error this many times the usual one teaches no more than this many.
const LOUDEST: f64 = 4.0;

/// The shortest estimate, in seconds.
const SHORTEST_SECS: f64 = 1.0;

/// Where an estimate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Basis {
    /// This queue's model.
    Model,
    /// The router's own figure: too few waits were realised, or the model has lost its way.
    Router,
}

/// What a caller who joins now must expect.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// Expected wait, 0..=86 400 seconds.
    pub mean_secs: f64,
    /// The interval; absent until enough waits were realised to measure one.
    pub band: Option<Band>,
    /// The coverage the interval is meant to have.
    pub confidence: Confidence,
    /// Where the figure comes from.
    pub basis: Basis,
}

/// What must be kept of an estimate until the wait is over, so that the model can learn from it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ticket {
    features: Vector,
    consensus_secs: f64,
    model_secs: f64,
    model_bands: [Option<Band>; TUNED.len()],
    router_secs: Option<f64>,
    shown: Option<(f64, [Option<Band>; TUNED.len()])>,
}

impl Ticket {
    /// The model's own figure in seconds, whether or not it was believed then.
    pub fn model_secs(&self) -> f64 {
        self.model_secs
    }

    /// What the formulas alone say, without what was learned, in seconds.
    pub fn consensus_secs(&self) -> f64 {
        self.consensus_secs
    }

    /// The model's interval for one of the tuned confidences (80 or 90).
    pub fn band(&self, confidence: Confidence) -> Option<Band> {
        let at = TUNED.iter().position(|percent| *percent == confidence.percent())?;
        self.model_bands[at]
    }
}

/// The learned state of one queue. Fixed in size.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Model {
    version: u16,
    learned: u64,
    once: Once,
    regression: Regression,
    /// Usual absolute error, minutes.
    error: f64,
    /// Recent error with its sign, minutes: what all estimates lately had in common.
    lately: f64,
    conformal: Conformal,
    router: Conformal,
    drift: Drift,
    hours: Hours,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            version: VERSION,
            learned: 0,
            once: Once::default(),
            regression: Regression::believing(BELIEF, &DOUBT),
            error: 1.0,
            lately: 0.0,
            conformal: Conformal::default(),
            router: Conformal::keeping(ROUTER_SCORES),
            drift: Drift::default(),
            hours: Hours::default(),
        }
    }
}

impl Model {
    /// Bytes one queue's state takes in memory, when it is full.
    pub const STATE_BYTES: usize =
        size_of::<Self>() + 6 * (SCORES + ROUTER_SCORES) + Hours::BYTES - size_of::<Hours>();

    /// What a caller who finds this must expect. `None` when nothing is known, when nobody is able
    /// to serve, and when the model is not believed yet and the router says nothing.
    pub fn estimate(&self, snapshot: &Snapshot, confidence: Confidence) -> Option<Estimate> {
        if snapshot.nobody_able() {
            return None;
        }
        if self.believed() {
            let (_, mean_secs) = self.predict(snapshot)?;
            let band = self.conformal.band(mean_secs, confidence);
            return Some(Estimate { mean_secs, band, confidence, basis: Basis::Model });
        }
        let mean_secs = duration(snapshot.router_secs)?;
        let band = self.router.band(mean_secs, confidence);
        Some(Estimate { mean_secs, band, confidence, basis: Basis::Router })
    }

    /// What to keep of this moment, to hand back with the realised wait.
    pub fn ticket(&self, snapshot: &Snapshot) -> Option<Ticket> {
        let (seen, model_secs) = self.predict(snapshot)?;
        let tuned = [Confidence::EIGHTY, Confidence::NINETY];
        let model_bands = tuned.map(|confidence| self.conformal.band(model_secs, confidence));
        let router_secs = duration(snapshot.router_secs);
        let shown = if self.believed() {
            Some((model_secs, model_bands))
        } else {
            router_secs.map(|secs| (secs, tuned.map(|one| self.router.band(secs, one))))
        };
        Some(Ticket {
            features: seen.vector,
            consensus_secs: seen.consensus_secs,
            model_secs,
            model_bands,
            router_secs,
            shown,
        })
    }

    /// Learns how long a caller with a ticket waited until they were served. `number` names the
    /// outcome (see the module about counting once); `at_secs` is when it happened, in seconds of
    /// an epoch. What was counted before, or is no wait, changes nothing.
    pub fn observe(
        &mut self,
        number: u64,
        at_secs: i64,
        ticket: &Ticket,
        waited_secs: f64,
    ) -> Counted {
        let counted = self.once.mark(number);
        let Some(waited) = duration(Some(waited_secs)) else { return counted };
        if counted != Counted::Once || !ticket.sound() {
            return counted;
        }
        self.learned = self.learned.saturating_add(1);
        let error =
            (waited - self.regression.predict(&ticket.features) * MINUTE_SECS) / MINUTE_SECS;
        let loudest = LOUDEST * self.error.max(0.1);
        self.regression.learn(&ticket.features, error.clamp(-loudest, loudest), &DOUBT);
        self.error += 0.01 * (error.abs().min(loudest) - self.error);
        let missed = (waited - ticket.model_secs) / MINUTE_SECS;
        self.lately += 0.1 * (missed.clamp(-loudest, loudest) - self.lately);
        self.conformal.learn(ticket.model_secs, waited, ticket.model_bands);
        if let Some(router) = ticket.router_secs {
            self.drift.learn(ticket.model_secs, router, waited);
            let bands = TUNED.map(|percent| {
                Confidence::new(percent).ok().and_then(|one| self.router.band(router, one))
            });
            self.router.learn(router, waited, bands);
        }
        if let Some((_, [Some(eighty), Some(ninety)])) = ticket.shown {
            self.hours.count(at_secs, waited, [eighty, ninety]);
        }
        counted
    }

    /// Realised waits learned from.
    pub fn learned(&self) -> u64 {
        self.learned
    }

    /// The coverage of each hour of the last seven days in which a wait was counted: by the hour's first second.
    pub fn coverage_by_hour(&self, at_secs: i64) -> Vec<(i64, Coverage)> {
        self.hours.each(at_secs)
    }

    /// How often the intervals shown held, over the span that ends at `at_secs`.
    pub fn coverage(&self, at_secs: i64, span: Span) -> Coverage {
        self.hours.coverage(at_secs, span)
    }

    /// Mean absolute errors lately of the model and of the router, in seconds.
    pub fn errors_secs(&self) -> Option<(f64, f64)> {
        self.drift.errors()
    }

    /// Whether estimates come from the model.
    pub fn believed(&self) -> bool {
        self.learned >= ENOUGH && !self.drift.drifted()
    }

    /// Whether this state knows more than another of the same queue.
    pub fn supersedes(&self, other: &Self) -> bool {
        (self.once.end(), self.learned) > (other.once.end(), other.learned)
    }

    /// Whether a state that was read back can be trusted.
    pub fn sound(&self) -> bool {
        self.version == VERSION
            && self.regression.sound()
            && self.error.is_finite()
            && self.lately.is_finite()
            && self.conformal.sound()
            && self.router.sound()
            && self.drift.sound()
            && self.hours.sound()
    }

    fn predict(&self, snapshot: &Snapshot) -> Option<(Features, f64)> {
        let seen = features(snapshot, self.lately)?;
        let mean = self.regression.predict(&seen.vector) * MINUTE_SECS;
        let least = (seen.consensus_secs / 8.0).max(SHORTEST_SECS);
        let most = (seen.consensus_secs * 3.0 + 2.0 * MINUTE_SECS).min(LONGEST_SECS);
        let mean =
            if mean.is_finite() { mean.clamp(least, most.max(least)) } else { seen.consensus_secs };
        Some((seen, mean))
    }
}

impl Ticket {
    fn sound(&self) -> bool {
        self.features.iter().all(|feature| feature.is_finite())
            && duration(Some(self.model_secs)).is_some()
    }
}
