//! The predictors of others, as they are shipped or published.

use std::collections::VecDeque;

use ges_domain::wait::{Snapshot, estimators};

use super::least_squares::LIVE_FEATURES;
use super::log::Call;

/// Head start of the highest priority, as documented with the log, in seconds.
const HEAD_START_SECS: i64 = 90;

/// Gaps that make the pace, and where a gap is capped in seconds.
const PACE: usize = 32;
const GAP_SECS: f64 = 60.0;

/// How far back the rates look, in seconds.
const SHORT_SECS: i64 = 300;
const LONG_SECS: i64 = 900;

/// The predictors, in the order of the table.
pub(crate) const NAMES: [&str; 14] = [
    "ours",
    "linear regression on 17 live features",
    "gradient boosting, same features",
    "position × AHT / agents",
    "QLm, priority aware",
    "Stat Server style",
    "no information: the mean",
    "Asterisk moving average",
    "pace of the last 32 (gaps capped)",
    "LES",
    "HOL",
    "rate of the last 5 min",
    "rate of the last 15 min",
    "ours without regression: the fluid line",
];

/// What a live system knows beside the snapshot: the calls as they wait, and the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Live {
    waiting: Vec<(i64, u8)>,
    begun: VecDeque<i64>,
    joined: VecDeque<i64>,
    hung_up: VecDeque<i64>,
    asterisk_secs: Option<f64>,
    last_begun: Option<i64>,
    gaps: VecDeque<f64>,
}

impl Live {
    pub(crate) fn joined(&mut self, at: i64, call: &Call) {
        self.joined.push_back(at);
        self.waiting.push((call.arrived, call.priority));
    }

    pub(crate) fn left(&mut self, at: i64, call: &Call) {
        let gone = (call.arrived, call.priority);
        if let Some(place) = self.waiting.iter().position(|waiting| *waiting == gone) {
            self.waiting.remove(place);
        }
        if call.served {
            // As its queue application does: three parts of the old figure, one of the new.
            let waited = real(at - call.arrived);
            self.asterisk_secs =
                Some(self.asterisk_secs.map_or(waited, |old| 0.75 * old + 0.25 * waited));
        } else {
            self.hung_up.push_back(at);
        }
    }

    pub(crate) fn began(&mut self, at: i64) {
        self.begun.push_back(at);
        if let Some(last) = self.last_begun.replace(at) {
            self.gaps.push_back(real(at - last).min(GAP_SECS));
            if self.gaps.len() > PACE {
                self.gaps.pop_front();
            }
        }
    }

    /// Every figure for a caller who joins now, and what the regression looks at.
    pub(crate) fn figures(&mut self, at: i64, call: &Call, seen: &Snapshot) -> Figures {
        for times in [&mut self.begun, &mut self.joined, &mut self.hung_up] {
            while times.front().is_some_and(|time| *time < at - LONG_SECS) {
                times.pop_front();
            }
        }
        let ahead = self.ahead(at, call.priority);
        let line: f64 = ahead.iter().sum();
        let queue = size(self.waiting.len());
        let able = seen.agents_able.unwrap_or(1.0);
        let handling = seen.handling_secs.unwrap_or(180.0);
        let patience = seen.patience_secs.unwrap_or(350.0);
        let busy = seen.agents_busy.unwrap_or(0.0);
        let pace = self.gaps.iter().sum::<f64>() / size(self.gaps.len()).max(1.0);
        let last = seen.last_wait_secs.unwrap_or(0.0);
        let oldest = seen.oldest_wait_secs.unwrap_or(0.0);
        let within = |times: &VecDeque<i64>, secs: i64| {
            size(times.iter().rev().take_while(|time| **time >= at - secs).count())
        };
        let rate = |secs: i64| (line + 1.0) * real(secs) / within(&self.begun, secs).max(1.0);
        Figures {
            position: (line + 1.0) * handling / able,
            qlm: estimators::qlm(line, able, handling, patience).unwrap_or(0.0),
            stat_server: (queue + 1.0 - (able - busy).max(0.0)).max(0.0) * handling / able,
            asterisk: self.asterisk_secs.unwrap_or(0.0),
            pace: estimators::pace(line, pace).unwrap_or(0.0),
            les: last,
            hol: oldest,
            rate_short: rate(SHORT_SECS),
            rate_long: rate(LONG_SECS),
            features: [
                1.0,
                ahead[0],
                ahead[1],
                ahead[2],
                queue,
                able,
                busy,
                handling,
                oldest,
                last,
                pace,
                within(&self.begun, SHORT_SECS),
                within(&self.begun, LONG_SECS),
                within(&self.joined, SHORT_SECS),
                within(&self.joined, LONG_SECS),
                within(&self.hung_up, LONG_SECS),
                f64::from(call.priority.min(2)),
                seen.hour_of_day.unwrap_or(12.0),
            ],
            line,
            able,
            handling,
            patience,
        }
    }

    /// Calls ahead by priority, the highest with its documented head start.
    fn ahead(&self, at: i64, own: u8) -> [f64; 3] {
        let key = |time: i64, priority: u8| time - if priority >= 2 { HEAD_START_SECS } else { 0 };
        let mut ahead = [0.0; 3];
        for (time, priority) in &self.waiting {
            if key(*time, *priority) <= key(at, own) {
                ahead[usize::from((*priority).min(2))] += 1.0;
            }
        }
        ahead
    }
}

/// What the predictors say of one caller, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) position: f64,
    pub(crate) qlm: f64,
    pub(crate) stat_server: f64,
    pub(crate) asterisk: f64,
    pub(crate) pace: f64,
    pub(crate) les: f64,
    pub(crate) hol: f64,
    pub(crate) rate_short: f64,
    pub(crate) rate_long: f64,
    pub(crate) features: [f64; LIVE_FEATURES],
    line: f64,
    able: f64,
    handling: f64,
    patience: f64,
}

impl Figures {
    /// The interval of Erlang theory around `QLm`: the time of `line + 1` departures, each
    /// exponential, taken as a gamma distribution of the same mean and variance.
    pub(crate) fn theory(&self, percent: u8) -> (f64, f64) {
        let (mut mean, mut variance, mut place) = (0.0, 0.0, 0.0);
        while place <= self.line.min(10_000.0) {
            let stage = 1.0 / (self.able / self.handling + place / self.patience);
            mean += stage;
            variance += stage * stage;
            place += 1.0;
        }
        // Wilson and Hilferty: the cube root of a gamma is nearly normal.
        let shape = mean * mean / variance;
        let normal = if percent >= 90 { 1.644_854 } else { 1.281_552 };
        let at = |deviate: f64| {
            let root = 1.0 - 1.0 / (9.0 * shape) + deviate / (3.0 * shape.sqrt());
            mean * root.max(0.0).powi(3)
        };
        (at(-normal), at(normal))
    }
}

fn size(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

/// Seconds as a real number; no wait or pause of a log is longer than 2³¹ seconds.
pub(crate) fn real(secs: i64) -> f64 {
    f64::from(i32::try_from(secs).unwrap_or(i32::MAX))
}
