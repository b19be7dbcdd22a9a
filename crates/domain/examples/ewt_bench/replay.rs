//! The replay: every call of the log in the order of time, every predictor asked when a caller
//! joins, every outcome told when it happens and not before.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use ges_domain::wait::{Band, Class, Confidence, Conformal, Floor, Left, Model, Snapshot, Ticket};

use super::Complaint;
use super::baselines::{Figures, Live, NAMES, real};
use super::boosting::Boosting;
use super::least_squares::{LIVE_FEATURES, LeastSquares};
use super::log::{Call, DAY_SECS, Log};
use super::score::{Errors, Intervals};

/// Waits are scored once this many services of the day have begun.
const BEGUN: u32 = 20;

/// Waits that must have come out before anything is scored, when no days are set apart.
const WARM_UP: u64 = 500;

/// The kinds of interval, in the order of the table.
pub(crate) const INTERVALS: [&str; 5] = [
    "ours",
    "Erlang theory around QLm",
    "adaptive conformal on QLm",
    "quantile boosting",
    "quantile boosting, conformalised",
];

/// The nominal coverages of the table.
pub(crate) const NOMINAL: [Confidence; 2] = [Confidence::EIGHTY, Confidence::NINETY];

/// What may happen to a call, in the order in which things of the same second are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Ended,
    Left,
    Began,
    Arrived,
}

/// What was told to a caller who still waits.
struct Told {
    ticket: Option<Ticket>,
    features: [f64; LIVE_FEATURES],
    qlm: (f64, [Option<Band>; NOMINAL.len()]),
    figures: [f64; NAMES.len()],
    bands: [[(f64, f64); NOMINAL.len()]; INTERVALS.len()],
    use_of: Use,
}

/// What an outcome is for, beside the online predictors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Nothing,
    Training,
    /// Scored; the day it was told.
    Score(i64),
}

/// The whole state of a replay.
pub(crate) struct Replay {
    pub(crate) train_until: Option<i64>,
    floor: Floor,
    live: Live,
    model: Model,
    qlm: Conformal,
    fitted: LeastSquares,
    boosted: Boosting,
    told: HashMap<u64, Told>,
    day: i64,
    begun_today: u32,
    outcomes: u64,
    pub(crate) trained: u64,
    pub(crate) waits: u64,
    pub(crate) wait_secs: f64,
    pub(crate) errors: [Errors; NAMES.len()],
    pub(crate) intervals: [[Intervals; NOMINAL.len()]; INTERVALS.len()],
    pub(crate) estimating: (Duration, u32),
    pub(crate) updating: (Duration, u32),
    calls: HashMap<u64, Call>,
    events: BinaryHeap<Reverse<(i64, Event, u64)>>,
    next: u64,
}

impl Replay {
    pub(crate) fn new(train_until: Option<i64>) -> Self {
        Self {
            train_until,
            floor: Floor::default(),
            live: Live::default(),
            model: Model::default(),
            qlm: Conformal::default(),
            fitted: LeastSquares::default(),
            boosted: Boosting::default(),
            told: HashMap::new(),
            day: i64::MIN,
            begun_today: 0,
            outcomes: 0,
            trained: 0,
            waits: 0,
            wait_secs: 0.0,
            errors: [Errors::default(); NAMES.len()],
            intervals: Default::default(),
            estimating: (Duration::ZERO, 0),
            updating: (Duration::ZERO, 0),
            calls: HashMap::new(),
            events: BinaryHeap::new(),
            next: 0,
        }
    }

    /// Plays the log to its end.
    pub(crate) fn play(&mut self, log: &mut Log) -> Result<(), Complaint> {
        for (number, (priority, _)) in log.classes().iter().enumerate() {
            // What the log's documentation says; the rest is learned.
            let head_start = if *priority >= 2 { 90.0 } else { 0.0 };
            let level = 2 - usize::from((*priority).min(2));
            self.floor.believe(Class::new(number), head_start, level);
        }
        for day in log.days() {
            self.until(day * DAY_SECS);
            self.begin_day(day);
            for call in log.take(day)? {
                self.calls.insert(self.next, call);
                self.events.push(Reverse((call.arrived, Event::Arrived, self.next)));
                self.next += 1;
            }
            self.until((day + 1) * DAY_SECS);
        }
        self.until(i64::MAX);
        Ok(())
    }

    /// The model's state after the last call.
    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// At midnight the batch predictors are fitted to what has come out, until training ends.
    fn begin_day(&mut self, day: i64) {
        self.day = day;
        self.begun_today = 0;
        self.fitted.fit();
        if self.train_until.is_none_or(|last| day > last) {
            self.boosted.fit();
        }
    }

    fn until(&mut self, end: i64) {
        while let Some(Reverse((at, event, id))) = self.events.peek().copied() {
            if at >= end {
                return;
            }
            self.events.pop();
            let Some(call) = self.calls.get(&id).copied() else { continue };
            match event {
                Event::Arrived => self.arrived(at, id, &call),
                Event::Left => self.left(at, id, &call),
                Event::Began => {
                    self.begun_today += 1;
                    self.live.began(at);
                    self.floor.began(time(at), id, call.agent.map(u64::from), class(&call));
                }
                Event::Ended => {
                    self.floor.ended(time(at), id);
                    self.calls.remove(&id);
                }
            }
        }
    }

    fn arrived(&mut self, at: i64, id: u64, call: &Call) {
        if let Some((begin, end)) = call.service {
            self.events.push(Reverse((begin, Event::Began, id)));
            self.events.push(Reverse((end, Event::Ended, id)));
        }
        if let Some(left) = call.left {
            self.events.push(Reverse((left, Event::Left, id)));
            let snapshot = self.floor.snapshot(time(at), class(call));
            let told = self.tell(at, call, &snapshot);
            self.told.insert(id, told);
            self.live.joined(at, call);
            self.floor.joined(time(at), id, class(call));
        } else if call.service.is_none() {
            self.calls.remove(&id);
        }
    }

    fn tell(&mut self, at: i64, call: &Call, snapshot: &Snapshot) -> Told {
        let clock = Instant::now();
        let estimate = self.model.estimate(snapshot, Confidence::EIGHTY);
        self.estimating.0 += clock.elapsed();
        self.estimating.1 += u32::from(estimate.is_some());
        let ticket = self.model.ticket(snapshot);
        let figures = self.live.figures(at, call, snapshot);
        let all = self.figures(&figures, ticket.as_ref());
        let qlm = NOMINAL.map(|nominal| self.qlm.band(figures.qlm, nominal));
        let bands = [
            NOMINAL.map(|nominal| ends(ticket.as_ref().and_then(|ticket| ticket.band(nominal)))),
            NOMINAL.map(|nominal| figures.theory(nominal.percent())),
            qlm.map(ends),
            self.boosted.raw(&figures.features),
            self.boosted.conformal(&figures.features),
        ];
        let tested = match self.train_until {
            Some(last) => self.day > last,
            None => self.outcomes >= WARM_UP,
        };
        let use_of = match (self.begun_today >= BEGUN, tested) {
            (false, _) => Use::Nothing,
            (true, false) => Use::Training,
            (true, true) => Use::Score(self.day),
        };
        Told {
            ticket,
            features: figures.features,
            qlm: (figures.qlm, qlm),
            figures: all,
            bands,
            use_of,
        }
    }

    /// Every figure in the order of [`NAMES`].
    fn figures(&self, figures: &Figures, ticket: Option<&Ticket>) -> [f64; NAMES.len()] {
        [
            ticket.map_or(0.0, Ticket::model_secs),
            self.fitted.predict(&figures.features),
            self.boosted.predict(&figures.features),
            figures.position,
            figures.qlm,
            figures.stat_server,
            self.fitted.mean(),
            figures.asterisk,
            figures.pace,
            figures.les,
            figures.hol,
            figures.rate_short,
            figures.rate_long,
            ticket.map_or(0.0, Ticket::consensus_secs),
        ]
    }

    fn left(&mut self, at: i64, id: u64, call: &Call) {
        let how = if call.served { Left::Served } else { Left::Abandoned };
        self.floor.left(time(at), id, how);
        self.live.left(at, call);
        if call.service.is_none() {
            self.calls.remove(&id);
        }
        let Some(told) = self.told.remove(&id).filter(|_| call.served) else { return };
        let waited = real(at - call.arrived);
        if let Some(ticket) = &told.ticket {
            let clock = Instant::now();
            self.model.observe(self.outcomes, at, ticket, waited);
            self.updating.0 += clock.elapsed();
            self.updating.1 += 1;
        }
        self.outcomes += 1;
        let (qlm, bands) = told.qlm;
        self.qlm.learn(qlm, waited, bands);
        let learning = match told.use_of {
            Use::Nothing => false,
            Use::Training => true,
            Use::Score(_) => self.train_until.is_none(),
        };
        if learning {
            self.fitted.add(&told.features, waited);
            self.boosted.add(&told.features, waited);
        }
        match told.use_of {
            Use::Nothing => {}
            Use::Training => self.trained += 1,
            Use::Score(day) => self.score(&told, day, waited),
        }
    }

    fn score(&mut self, told: &Told, day: i64, waited: f64) {
        self.waits += 1;
        self.wait_secs += waited;
        for (errors, told) in self.errors.iter_mut().zip(told.figures) {
            errors.add(told, waited);
        }
        for (kinds, bands) in self.intervals.iter_mut().zip(told.bands) {
            for (intervals, band) in kinds.iter_mut().zip(bands) {
                intervals.add(day, band, waited);
            }
        }
    }
}

/// The ends of an interval; where none could be given, an empty one, which holds nothing.
fn ends(band: Option<Band>) -> (f64, f64) {
    band.map_or((0.0, 0.0), |band| (band.low_secs, band.high_secs))
}

fn class(call: &Call) -> Class {
    Class::new(usize::from(call.class))
}

/// Seconds as the floor wants them; exact, because no date needs more than 53 bits.
fn time(at: i64) -> f64 {
    let days = i32::try_from(at.div_euclid(DAY_SECS)).unwrap_or(i32::MAX);
    f64::from(days) * 86_400.0 + real(at.rem_euclid(DAY_SECS))
}
