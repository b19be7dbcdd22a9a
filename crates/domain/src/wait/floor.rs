//! A queue and its agents as seen from the events of calls: events in, a snapshot out.
//!
//! Whoever has the events of a queue (a replay, a simulation, an interaction server) builds its
//! snapshots here; whoever only has a router's figures fills a [`Snapshot`] by hand.

use super::discipline::{CLASSES, Class, Discipline};
use super::number::count;
use super::renewal::Renewal;
use super::snapshot::{FLOWS, Flow, PRIORITIES, Snapshot};

/// Departures whose mean gap is the pace, and the gap beyond which the queue was merely empty.
const PACE_CALLS: usize = 32;
const LONGEST_GAP_SECS: f64 = 60.0;

/// An agent counts as able for this long after their last call, in seconds.
const ABLE_SECS: f64 = 900.0;

/// Memory of the arrival rates and of the drain rate, in seconds.
const ARRIVAL_SECS: f64 = 1_500.0;
const DRAIN_SECS: f64 = 2_400.0;

/// A pause without any event after which the rates of before say little, in seconds.
const NIGHT_SECS: f64 = 14_400.0;

/// What is believed of handling and patience before anything was seen, in seconds.
const FIRST_HANDLING_SECS: f64 = 180.0;
const FIRST_PATIENCE_SECS: f64 = 350.0;

/// A handling time beyond this is a call left open, in seconds.
const LONGEST_HANDLING_SECS: f64 = 1_800.0;

/// How a call left the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// An agent took it.
    Served,
    /// The caller hung up.
    Abandoned,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    call: u64,
    class: Class,
    since: f64,
}

#[derive(Clone, Copy, Debug)]
struct Talking {
    call: u64,
    agent: Option<u64>,
    since: f64,
}

/// The state of one queue. Times are seconds of one epoch and must not go back; memory grows only
/// with the calls that are alive.
#[derive(Clone, Debug)]
pub struct Floor {
    at: Option<f64>,
    waiting: Vec<Waiting>,
    talking: Vec<Talking>,
    discipline: Discipline,
    levels: [usize; CLASSES],
    renewal: Renewal,
    arrivals: [f64; CLASSES],
    drained: f64,
    waited_upon: f64,
    gaps: [f64; PACE_CALLS],
    departures: usize,
    last_departure: Option<f64>,
    last_wait_secs: Option<f64>,
    handling_secs: f64,
    waited_secs: f64,
    abandoned: f64,
}

impl Default for Floor {
    fn default() -> Self {
        Self {
            at: None,
            waiting: Vec::new(),
            talking: Vec::new(),
            discipline: Discipline::default(),
            levels: [0; CLASSES],
            renewal: Renewal::default(),
            arrivals: [0.0; CLASSES],
            drained: 0.0,
            waited_upon: 0.0,
            gaps: [0.0; PACE_CALLS],
            departures: 0,
            last_departure: None,
            last_wait_secs: None,
            handling_secs: FIRST_HANDLING_SECS,
            waited_secs: 0.0,
            abandoned: 0.0,
        }
    }
}

impl Floor {
    /// Says what is believed of a class until its calls teach better: its head start in seconds,
    /// and its place in [`Snapshot::calls_ahead`] (0 for the highest priority).
    pub fn believe(&mut self, class: Class, head_start_secs: f64, level: usize) {
        self.discipline.believe(class, head_start_secs);
        self.levels[class.number()] = level.min(PRIORITIES - 1);
    }

    /// A call joins the queue.
    pub fn joined(&mut self, at: f64, call: u64, class: Class) {
        self.pass(at);
        self.renewal.look(at);
        self.arrivals[class.number()] += 1.0;
        self.waiting.push(Waiting { call, class, since: at });
    }

    /// A call leaves the queue. Gives how long it waited, in seconds; nothing for a call that was
    /// not waiting.
    pub fn left(&mut self, at: f64, call: u64, how: Left) -> Option<f64> {
        self.pass(at);
        let place = self.waiting.iter().position(|waiting| waiting.call == call)?;
        let gone = self.waiting.remove(place);
        let waited = at - gone.since;
        self.waited_secs = self.waited_secs * 0.999 + waited;
        self.abandoned *= 0.999;
        match how {
            Left::Abandoned => self.abandoned += 1.0,
            Left::Served => {
                self.last_wait_secs = Some(waited);
                self.drained += 1.0;
                for other in &self.waiting {
                    self.discipline.observe(gone.class, waited, other.class, at - other.since);
                }
            }
        }
        Some(waited)
    }

    /// An agent (`None`: it is not known who) begins a call that waited or did not.
    pub fn began(&mut self, at: f64, call: u64, agent: Option<u64>, class: Class) {
        self.pass(at);
        if let Some(last) = self.last_departure.replace(at) {
            self.gaps[self.departures % PACE_CALLS] = (at - last).min(LONGEST_GAP_SECS);
            self.departures += 1;
        }
        self.talking.push(Talking { call, agent, since: at });
        if let Some(agent) = agent {
            self.renewal.began(at, agent, class);
        }
    }

    /// A call ends. Gives its handling time in seconds.
    pub fn ended(&mut self, at: f64, call: u64) -> Option<f64> {
        self.pass(at);
        let place = self.talking.iter().position(|talking| talking.call == call)?;
        let over = self.talking.swap_remove(place);
        let handled = at - over.since;
        self.handling_secs += 0.02 * (handled.min(LONGEST_HANDLING_SECS) - self.handling_secs);
        if let Some(agent) = over.agent {
            self.renewal.ended(at, agent);
        }
        Some(handled)
    }

    /// What a caller of this class finds who would join now.
    pub fn snapshot(&self, at: f64, class: Class) -> Snapshot {
        let mut ahead = [0.0; PRIORITIES];
        let mut oldest = 0.0_f64;
        for other in &self.waiting {
            let age = at - other.since;
            oldest = oldest.max(age);
            ahead[self.levels[other.class.number()]] +=
                self.discipline.goes_first(other.class, age, class, 0.0);
        }
        let able = self.renewal.active(at, ABLE_SECS);
        let paced = count(self.departures.min(PACE_CALLS));
        let pace = self.gaps.iter().sum::<f64>() / paced;
        Snapshot {
            calls_ahead: Some(ahead),
            overtaking: self.overtaking(class),
            agents_able: Some(able.max(1.0)),
            agents_busy: Some(count(self.talking.len())),
            handling_secs: Some(self.handling_secs),
            patience_secs: Some(
                (self.waited_secs + 5.0 * FIRST_PATIENCE_SECS) / (self.abandoned + 5.0),
            ),
            oldest_wait_secs: Some(oldest),
            last_wait_secs: self.last_wait_secs,
            pace_secs: (paced > 0.0).then_some(pace.max(1e-3)),
            drain_per_sec: (self.waited_upon > 60.0).then(|| self.drained / self.waited_upon),
            starts_expected: self.renewal.starts_expected(at),
            hour_of_day: Some(at.rem_euclid(86_400.0) / 3_600.0),
            router_secs: None,
        }
    }

    /// The learned order of service.
    pub fn discipline(&self) -> &Discipline {
        &self.discipline
    }

    /// Calls waiting now.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Later arrivals of the classes that have a head start over this one, the longest first.
    fn overtaking(&self, class: Class) -> [Flow; FLOWS] {
        let mut flows = [Flow::default(); FLOWS];
        for other in 0..CLASSES {
            let for_secs = self.discipline.head_start_secs(Class::new(other))
                - self.discipline.head_start_secs(class);
            let flow = Flow { per_sec: self.arrivals[other] / ARRIVAL_SECS, for_secs };
            if for_secs <= 0.0 || flow.per_sec <= 0.0 {
                continue;
            }
            // The least of the kept makes room for one that brings more calls.
            let calls = |flow: &Flow| flow.per_sec * flow.for_secs;
            if let Some(least) = flows.iter_mut().min_by(|a, b| calls(a).total_cmp(&calls(b)))
                && calls(least) < calls(&flow)
            {
                *least = flow;
            }
        }
        flows
    }

    /// Lets time pass: rates fade, and time in which somebody waited is counted.
    fn pass(&mut self, at: f64) {
        let Some(before) = self.at.replace(at) else { return };
        let secs = (at - before).max(0.0);
        if secs <= 0.0 {
            return;
        }
        let faded = (-secs / ARRIVAL_SECS).exp();
        self.arrivals = self.arrivals.map(|arrivals| arrivals * faded);
        if secs > NIGHT_SECS {
            self.drained *= 0.1;
            self.waited_upon *= 0.1;
        } else if !self.waiting.is_empty() {
            let faded = (-secs / DRAIN_SECS).exp();
            self.drained *= faded;
            self.waited_upon = self.waited_upon * faded + DRAIN_SECS * (1.0 - faded);
        }
    }
}
