//! The estimators of the literature and of the field, each a plain function.
//!
//! Every argument is checked: one that is not a usable number gives `None`, never a guess. Callers
//! ahead may be a fraction, when it is only likely that a call is served first.

use super::number::{LONGEST_SECS, duration, tally};
use super::snapshot::{Flow, HORIZONS};

/// Terms of the Erlang-A sum that are added one by one; the rest is an integral whose error is
/// below one in ten thousand.
const EXACT_TERMS: f64 = 32.0;

/// Services per second below which a queue is taken to stand still.
const STANDSTILL: f64 = 1.0 / LONGEST_SECS;

/// `QL`: one more than the calls ahead, each taking an `agents`th of the handling time.
///
/// The best there is for exponential handling and endless patience. Source: Ibrahim and Whitt,
/// "Real-time delay estimation based on delay history", 2009.
pub fn ql(ahead: f64, agents: f64, handling_secs: f64) -> Option<f64> {
    let ahead = tally(Some(ahead))?;
    let agents = tally(Some(agents)).filter(|agents| *agents > 0.0)?;
    let handling = duration(Some(handling_secs))?;
    Some(((ahead + 1.0) * handling / agents).min(LONGEST_SECS))
}

/// `QLm`: Σ 1/(n·μ + i·θ) for i from 0 to the calls ahead. Callers ahead may hang up.
///
/// The best there is for the M/M/n+M queue. Source: Ibrahim and Whitt, "Real-time delay estimation
/// in overloaded multiserver queues with abandonments", 2009.
pub fn qlm(ahead: f64, agents: f64, handling_secs: f64, patience_secs: f64) -> Option<f64> {
    let ahead = tally(Some(ahead))?;
    let agents = tally(Some(agents)).filter(|agents| *agents > 0.0)?;
    let handling = duration(Some(handling_secs)).filter(|secs| *secs > 0.0)?;
    let patience = duration(Some(patience_secs)).filter(|secs| *secs > 0.0)?;
    let (service, quits) = (agents / handling, 1.0 / patience);
    let mut wait = 0.0;
    let mut place = 0.0;
    while place <= ahead.min(EXACT_TERMS) {
        wait += 1.0 / (service + place * quits);
        place += 1.0;
    }
    // `place` is now the first place not yet added; a part of a caller adds a part of a term.
    if ahead > EXACT_TERMS {
        let (from, to) = (place - 0.5, ahead + 0.5);
        wait += ((service + to * quits) / (service + from * quits)).ln() / quits;
    } else {
        wait += (ahead + 1.0 - place) / (service + place * quits);
    }
    Some(wait.min(LONGEST_SECS))
}

/// HOL: the elapsed wait of the oldest caller still in the queue.
pub fn hol(oldest_wait_secs: f64) -> Option<f64> {
    duration(Some(oldest_wait_secs))
}

/// LES: the wait of the last caller who entered service.
pub fn les(last_wait_secs: f64) -> Option<f64> {
    duration(Some(last_wait_secs))
}

/// Pace: one more than the calls ahead, times the mean gap between the last departures. The
/// router's `mode1` looks at the last 32 and at nothing else.
pub fn pace(ahead: f64, pace_secs: f64) -> Option<f64> {
    let ahead = tally(Some(ahead))?;
    let gap = duration(Some(pace_secs))?;
    Some(((ahead + 1.0) * gap).min(LONGEST_SECS))
}

/// Agent-based, as the router's `mode2`: like [`ql`], and agents who are free take the first calls
/// at once. Nobody able to serve gives `None`.
pub fn agent_based(ahead: f64, able: f64, busy: f64, handling_secs: f64) -> Option<f64> {
    let free = (tally(Some(able))? - tally(Some(busy))?).max(0.0);
    let first = tally(Some(ahead))? + 1.0 - free;
    if first <= 0.0 {
        // The arguments must still be usable for an answer of "at once".
        return ql(ahead, able, handling_secs).map(|_| 0.0);
    }
    ql(first - 1.0, able, handling_secs)
}

/// How fast services begin, over the time to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Service {
    /// So many per second, for ever.
    Steady(f64),
    /// So many in all within each of [`HORIZONS`]; after the last, at its last rate.
    Expected([f64; HORIZONS.len()]),
}

impl Service {
    /// The rate in the stretch that begins at `secs`, and where that stretch ends.
    fn stretch(&self, secs: f64) -> (f64, f64) {
        match self {
            Self::Steady(per_sec) => (per_sec.max(STANDSTILL), f64::INFINITY),
            Self::Expected(starts) => {
                let last = HORIZONS.len() - 1;
                let at = HORIZONS.iter().position(|end| secs < *end).unwrap_or(last);
                let (from, before) =
                    if at == 0 { (0.0, 0.0) } else { (HORIZONS[at - 1], starts[at - 1]) };
                let rate = (starts[at] - before) / (HORIZONS[at] - from);
                let end = if secs < HORIZONS[last] { HORIZONS[at] } else { f64::INFINITY };
                (rate.max(STANDSTILL), end)
            }
        }
    }
}

/// Fluid: when a caller with `ahead` calls before them is reached, if the line is a fluid that
/// services drain, impatience thins, and overtaking arrivals feed for as long as their head start
/// lasts.
///
/// The line x obeys x' = Σ λ − s − θ·x between the instants at which a rate changes, and the wait
/// is the time at which it is empty. With a steady service, no overtaking and patience it is
/// [`qlm`] in the limit. Source: the fluid limit of many-server queues with abandonment (Whitt,
/// "Fluid models for multiserver queues with abandonments", 2006), with the head start of one
/// class over another as in priorities that grow with age (Kleinrock, 1964).
pub fn fluid(
    ahead: f64,
    service: Service,
    overtaking: &[Flow],
    patience_secs: Option<f64>,
) -> Option<f64> {
    let quits = duration(patience_secs).filter(|secs| *secs > 0.0).map_or(0.0, |secs| 1.0 / secs);
    match service {
        Service::Steady(per_sec) => tally(Some(per_sec)).filter(|rate| *rate > 0.0).map(|_| ())?,
        Service::Expected(starts) => {
            starts.iter().try_for_each(|count| tally(Some(*count)).map(|_| ()))?;
        }
    }
    let mut line = tally(Some(ahead))? + 1.0;
    let mut now = 0.0;
    // Each pass ends at a horizon or at the end of a flow, so there are few.
    for _ in 0..=(HORIZONS.len() + overtaking.len()) {
        let (rate, mut until) = service.stretch(now);
        let mut inflow = 0.0;
        for flow in overtaking {
            let flow = flow.believed();
            if flow.for_secs > now && flow.per_sec > 0.0 {
                inflow += flow.per_sec;
                until = until.min(flow.for_secs);
            }
        }
        let lasts = until - now;
        let out = rate - inflow;
        if let Some(emptied) = emptied(line, out, quits).filter(|secs| *secs <= lasts) {
            return duration(Some((now + emptied).min(LONGEST_SECS)));
        }
        if until >= LONGEST_SECS {
            return Some(LONGEST_SECS);
        }
        line = after(line, out, quits, lasts);
        now = until;
    }
    Some(LONGEST_SECS)
}

/// When a line is empty that drains at `out` per second and loses the share `quits` per second.
fn emptied(line: f64, out: f64, quits: f64) -> Option<f64> {
    if out <= 0.0 {
        None
    } else if quits * line < 1e-9 * out {
        Some(line / out)
    } else {
        Some((line * quits / out).ln_1p() / quits)
    }
}

/// The length of such a line after `secs`; never below nothing.
fn after(line: f64, out: f64, quits: f64, secs: f64) -> f64 {
    let left = if quits > 0.0 {
        let level = out / quits;
        (line + level) * (-quits * secs).exp() - level
    } else {
        line - out * secs
    };
    left.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::{Flow, Service, agent_based, fluid, pace, ql, qlm};

    fn near(got: Option<f64>, want: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() < 1e-3 * want.max(1.0), "{got} is not {want}");
    }

    #[test]
    fn the_plain_estimators_are_the_formulas_of_the_literature() {
        near(ql(4.0, 5.0, 180.0), 180.0);
        near(pace(4.0, 20.0), 100.0);
        let sum: f64 = (0..=4).map(|i| 1.0 / (5.0 / 180.0 + f64::from(i) / 300.0)).sum();
        near(qlm(4.0, 5.0, 180.0, 300.0), sum);
        let sum: f64 = (0..=300).map(|i| 1.0 / (5.0 / 180.0 + f64::from(i) / 300.0)).sum();
        near(qlm(300.0, 5.0, 180.0, 300.0), sum);
        near(agent_based(1.0, 6.0, 3.0, 180.0), 0.0);
        near(agent_based(3.0, 6.0, 5.0, 180.0), 90.0);
    }

    #[test]
    fn part_of_a_caller_adds_part_of_a_term() {
        let (four, five) = (qlm(4.0, 5.0, 180.0, 300.0), qlm(5.0, 5.0, 180.0, 300.0));
        near(qlm(4.5, 5.0, 180.0, 300.0), f64::midpoint(four.unwrap(), five.unwrap()));
    }

    #[test]
    fn nobody_able_to_serve_gives_no_estimate() {
        assert_eq!(ql(3.0, 0.0, 180.0), None);
        assert_eq!(qlm(3.0, 0.0, 180.0, 300.0), None);
        assert_eq!(agent_based(3.0, 0.0, 0.0, 180.0), None);
        assert_eq!(fluid(3.0, Service::Steady(0.0), &[], None), None);
    }

    #[test]
    fn a_fluid_line_without_impatience_is_the_pace() {
        near(fluid(4.0, Service::Steady(0.05), &[], None), 100.0);
    }

    #[test]
    fn a_fluid_line_with_impatience_is_near_erlang_a() {
        let fluid = fluid(40.0, Service::Steady(0.1), &[], Some(300.0)).unwrap();
        let sum = qlm(40.0, 18.0, 180.0, 300.0).unwrap();
        assert!((fluid / sum - 1.0).abs() < 0.02, "{fluid} against {sum}");
    }

    #[test]
    fn overtaking_counts_only_while_the_head_start_lasts() {
        let flow = |for_secs| [Flow { per_sec: 0.02, for_secs }];
        // Five calls at one in 20 s; one in 50 s overtakes for the first 60 s: 1.2 calls more.
        near(fluid(4.0, Service::Steady(0.05), &flow(60.0), None), 124.0);
        near(fluid(4.0, Service::Steady(0.05), &flow(0.0), None), 100.0);
        // A flow as fast as the agents never lets the line move while it lasts.
        let flood = [Flow { per_sec: 0.05, for_secs: 600.0 }];
        near(fluid(4.0, Service::Steady(0.05), &flood, None), 700.0);
    }

    #[test]
    fn expected_starts_are_followed_stretch_by_stretch() {
        // One start in the first half minute, then none for a minute and a half, then one a minute.
        let service = Service::Expected([1.0, 1.0, 1.0, 3.0]);
        near(fluid(0.0, service, &[], None), 30.0);
        near(fluid(1.0, service, &[], None), 180.0);
        near(fluid(4.0, service, &[], None), 360.0);
    }
}
