//! What is known of a queue at the moment a wait is estimated.

use super::number::{duration, tally};

/// Priority levels told apart in a line of callers.
pub const PRIORITIES: usize = 4;

/// Flows of overtaking callers told apart.
pub const FLOWS: usize = 6;

/// Horizons of a [`Snapshot::starts_expected`], in seconds.
pub const HORIZONS: [f64; 4] = [30.0, 60.0, 120.0, 240.0];

/// Callers still to arrive who will be served before this one if they come soon enough.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Flow {
    /// Arrivals per second.
    pub per_sec: f64,
    /// How long this flow overtakes, in seconds: its head start over the caller.
    pub for_secs: f64,
}

impl Flow {
    /// This flow, or none when it is impossible.
    #[must_use]
    pub fn believed(self) -> Self {
        let believable = tally(Some(self.per_sec)).and(duration(Some(self.for_secs)));
        believable.map_or(Self::default(), |_| self)
    }
}

/// What is known of a queue at the moment a wait is estimated. Every field may be absent: routers
/// give some, statistics servers others. Impossible values count as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Snapshot {
    /// Calls that will be served before this one if nobody else arrives or leaves, highest
    /// priority first. A queue without priorities uses the first place. Fractions say how likely
    /// a call goes first.
    pub calls_ahead: Option<[f64; PRIORITIES]>,
    /// Flows of later arrivals that overtake; no flow, no overtaking.
    pub overtaking: [Flow; FLOWS],
    /// Agents logged in who may serve this queue, busy or not.
    pub agents_able: Option<f64>,
    /// Agents among them who serve a call now.
    pub agents_busy: Option<f64>,
    /// Mean handling time, seconds.
    pub handling_secs: Option<f64>,
    /// Mean patience of a waiting caller, seconds: time waited by all, over calls abandoned.
    pub patience_secs: Option<f64>,
    /// Elapsed wait of the oldest caller still in the queue ("HOL"), seconds.
    pub oldest_wait_secs: Option<f64>,
    /// Wait of the last caller who entered service ("LES"), seconds.
    pub last_wait_secs: Option<f64>,
    /// Mean gap between the last departures into service, seconds.
    pub pace_secs: Option<f64>,
    /// Calls taken from the queue per second of the time in which somebody waited.
    pub drain_per_sec: Option<f64>,
    /// Services that the agents are expected to begin within each of [`HORIZONS`], from what each
    /// of them is doing now.
    pub starts_expected: Option<[f64; HORIZONS.len()]>,
    /// Hour of the local day, 0..24.
    pub hour_of_day: Option<f64>,
    /// The router's own figure, seconds.
    pub router_secs: Option<f64>,
}

impl Snapshot {
    /// Calls ahead in all, if known.
    pub fn line(&self) -> Option<f64> {
        let mut sum = 0.0;
        for calls in self.calls_ahead? {
            sum += tally(Some(calls))?;
        }
        tally(Some(sum))
    }

    /// Whether it is known that nobody is able to serve: then no wait has an end.
    pub(super) fn nobody_able(&self) -> bool {
        tally(self.agents_able).is_some_and(|agents| agents <= 0.0)
    }

    /// This snapshot with every impossible value removed.
    #[must_use]
    pub fn believed(&self) -> Self {
        Self {
            calls_ahead: self.line().and(self.calls_ahead),
            overtaking: self.overtaking.map(Flow::believed),
            agents_able: tally(self.agents_able),
            agents_busy: tally(self.agents_busy),
            handling_secs: duration(self.handling_secs).filter(|secs| *secs > 0.0),
            patience_secs: duration(self.patience_secs).filter(|secs| *secs >= 1.0),
            oldest_wait_secs: duration(self.oldest_wait_secs),
            last_wait_secs: duration(self.last_wait_secs),
            pace_secs: duration(self.pace_secs).filter(|secs| *secs > 0.0),
            drain_per_sec: tally(self.drain_per_sec).filter(|rate| *rate > 0.0),
            starts_expected: self.starts_expected.filter(|starts| rising(starts)),
            hour_of_day: self.hour_of_day.filter(|hour| (0.0..24.0).contains(hour)),
            router_secs: duration(self.router_secs),
        }
    }
}

/// Whether the numbers are counts that never fall.
fn rising(starts: &[f64]) -> bool {
    starts.iter().all(|count| tally(Some(*count)).is_some())
        && starts.windows(2).all(|pair| pair[0] <= pair[1])
}
