//! What a wait is regressed on: the estimators, told as one consensus and how each departs from it.
//!
//! An estimator that cannot be worked out departs by nothing, so a queue may know as little as its
//! router's figure, and a field that comes and goes moves nothing else.

use std::f64::consts::TAU;

use super::estimators::{Service, agent_based, fluid, hol, les, pace, qlm};
use super::number::LONGEST_SECS;
use super::regression::{FEATURES, Vector};
use super::snapshot::Snapshot;

/// Features are in minutes, so that weights and their variances are of the order of one.
pub(super) const MINUTE_SECS: f64 = 60.0;

/// What the regression believes before the first outcome: the consensus, and nothing else.
pub(super) const BELIEF: Vector = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

/// How sure it is of that: variances of the weights against a noise of one.
pub(super) const DOUBT: Vector =
    [0.1, 0.1, 0.1, 0.05, 0.02, 0.02, 0.02, 0.02, 0.02, 0.05, 0.02, 0.02, 0.02];

/// The features of a snapshot, and the consensus in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Features {
    pub(super) vector: Vector,
    pub(super) consensus_secs: f64,
}

/// Works out the features of a snapshot. `None` when it says nothing of the wait, or says that
/// nobody is able to serve.
pub(super) fn features(snapshot: &Snapshot, lately: f64) -> Option<Features> {
    let seen = snapshot.believed();
    if seen.nobody_able() {
        return None;
    }
    let ahead = seen.line();
    let able = seen.agents_able;
    let handling = seen.handling_secs;
    let steady = ahead.zip(blended_rate(&seen)).and_then(|(ahead, per_sec)| {
        fluid(ahead, Service::Steady(per_sec), &seen.overtaking, seen.patience_secs)
    });
    let expected = ahead.zip(seen.starts_expected).and_then(|(ahead, starts)| {
        let service = Service::Expected(starts);
        fluid(ahead, service, &seen.overtaking, seen.patience_secs)
            .filter(|secs| *secs < LONGEST_SECS)
    });
    let hol = seen.oldest_wait_secs.and_then(hol);
    let les = seen.last_wait_secs.and_then(les);
    let consensus = match (steady, expected) {
        (Some(steady), Some(expected)) => {
            f64::midpoint(steady.min(3.0 * expected), expected.min(3.0 * steady))
        }
        (steady, expected) => steady.or(expected).or(seen.router_secs).or(les).or(hol)?,
    };
    let qlm = ahead
        .zip(able)
        .zip(handling)
        .zip(seen.patience_secs)
        .and_then(|(((ahead, able), handling), patience)| qlm(ahead, able, handling, patience));
    let agents = ahead
        .zip(able)
        .zip(seen.agents_busy)
        .zip(handling)
        .and_then(|(((ahead, able), busy), handling)| agent_based(ahead, able, busy, handling));
    let pace = ahead.zip(seen.pace_secs).and_then(|(ahead, gap)| pace(ahead, gap));
    let base = consensus / MINUTE_SECS;
    let apart = |estimate: Option<f64>| {
        let reach = 2.0 + base;
        estimate.map_or(0.0, |secs| (secs / MINUTE_SECS - base).clamp(-reach, reach))
    };
    let angle = seen.hour_of_day.map(|hour| hour / 24.0 * TAU);
    let vector: [f64; FEATURES] = [
        1.0,
        base,
        base.sqrt(),
        apart(expected),
        apart(qlm),
        apart(agents),
        apart(pace),
        apart(les),
        apart(hol),
        apart(seen.router_secs),
        angle.map_or(0.0, f64::sin),
        angle.map_or(0.0, f64::cos),
        lately,
    ];
    Some(Features { vector, consensus_secs: consensus })
}

/// One rate of service, per second: the geometric mean of those that are known, because each is
/// off by a factor and none by a sum.
fn blended_rate(seen: &Snapshot) -> Option<f64> {
    let by_agents =
        seen.agents_able.zip(seen.handling_secs).map(|(agents, handling)| agents / handling);
    let by_pace = seen.pace_secs.map(|gap| 1.0 / gap);
    let mut logs = 0.0;
    let mut known = 0.0;
    for rate in [by_agents, by_pace, seen.drain_per_sec].into_iter().flatten() {
        logs += rate.ln();
        known += 1.0;
    }
    (known > 0.0).then(|| (logs / known).exp())
}
