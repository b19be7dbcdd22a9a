//! A call centre in simulation: agents with names, callers of several classes, days that change.
//!
//! Everything follows from a seed, so that a failing test fails again.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ges_domain::wait::{Class, Floor, Left, Snapshot};

/// A repeatable stream of random numbers (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in 0..1, never 0.
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^= word >> 31;
        (f64::from(u32::try_from(word >> 32).unwrap()) + 0.5) / 4_294_967_296.0
    }

    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// Log-normal with this mean and coefficient of variation.
    pub(super) fn log_normal(&mut self, mean: f64, variation: f64) -> f64 {
        let spread = (1.0 + variation * variation).ln();
        let normal =
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
        (mean.ln() - spread / 2.0 + spread.sqrt() * normal).exp()
    }
}

/// Seconds between two ticks.
const TICK_SECS: f64 = 30.0;

/// One class of callers.
pub(super) struct Kind {
    pub(super) share: f64,
    pub(super) head_start_secs: f64,
    /// Mean patience; a callback has none to lose.
    pub(super) patience_secs: Option<f64>,
}

/// A centre to simulate.
pub(super) struct Centre {
    pub(super) seed: u64,
    pub(super) secs: f64,
    /// Arrivals per second at a time.
    pub(super) arrivals: fn(f64) -> f64,
    pub(super) most_arrivals: f64,
    /// Agents on duty at a time.
    pub(super) agents: fn(f64) -> usize,
    pub(super) most_agents: usize,
    /// Mean handling time, and its coefficient of variation; 1 means exponential.
    pub(super) handling_secs: f64,
    pub(super) variation: f64,
    pub(super) kinds: Vec<Kind>,
}

/// What a caller who joined the queue came to.
pub(super) struct Outcome {
    pub(super) call: u64,
    pub(super) at: f64,
    pub(super) waited: f64,
}

/// Who is told what happens. Callers served at once are not told of.
pub(super) trait Listener {
    fn joined(&mut self, at: f64, call: u64, kind: usize, snapshot: &Snapshot);
    fn served(&mut self, outcome: Outcome);

    /// Every half minute: what a caller of the last kind would find, and how many such to submit.
    fn tick(&mut self, _at: f64, _snapshot: &Snapshot) -> u32 {
        0
    }

    /// A call is submitted after a tick; it joins or is taken at once next.
    fn submitted(&mut self, _call: u64) {}

    /// A call found a free agent.
    fn taken_at_once(&mut self, _at: f64, _call: u64, _snapshot: &Snapshot) {}
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Arrives,
    Ends { agent: usize, call: u64 },
    HangsUp { call: u64 },
    Tick,
}

struct Event {
    at: f64,
    what: What,
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.total_cmp(&self.at)
    }
}

struct Caller {
    call: u64,
    kind: usize,
    since: f64,
}

/// The state of a running centre.
struct Running<'a, L> {
    centre: &'a Centre,
    dice: Dice,
    events: BinaryHeap<Event>,
    queue: Vec<Caller>,
    busy: Vec<bool>,
    floor: Floor,
    listener: &'a mut L,
    calls: u64,
}

impl Centre {
    /// Runs to the end of the time.
    pub(super) fn run(&self, listener: &mut impl Listener) {
        let mut running = Running {
            centre: self,
            dice: Dice::new(self.seed),
            events: BinaryHeap::new(),
            queue: Vec::new(),
            busy: vec![false; self.most_agents],
            floor: Floor::default(),
            listener,
            calls: 0,
        };
        running.events.push(Event { at: 0.0, what: What::Arrives });
        running.events.push(Event { at: TICK_SECS, what: What::Tick });
        while let Some(event) = running.events.pop() {
            if event.at > self.secs {
                return;
            }
            running.happen(event.at, event.what);
        }
    }
}

impl<L: Listener> Running<'_, L> {
    fn happen(&mut self, at: f64, what: What) {
        match what {
            What::Arrives => {
                let next = at + self.dice.exponential(1.0 / self.centre.most_arrivals);
                self.events.push(Event { at: next, what: What::Arrives });
                // Thinning: the rate of now out of the highest rate.
                let share = (self.centre.arrivals)(at) / self.centre.most_arrivals;
                if self.dice.uniform() < share {
                    self.arrive(at);
                }
            }
            What::Ends { agent, call } => {
                self.floor.ended(at, call);
                self.busy[agent] = false;
                self.give_work(at);
            }
            What::HangsUp { call } => {
                if let Some(place) = self.queue.iter().position(|caller| caller.call == call) {
                    self.queue.remove(place);
                    self.floor.left(at, call, Left::Abandoned);
                }
            }
            What::Tick => {
                self.events.push(Event { at: at + TICK_SECS, what: What::Tick });
                // Agents may have come on duty.
                self.give_work(at);
                let last = self.centre.kinds.len() - 1;
                let snapshot = self.floor.snapshot(at, Class::new(last));
                for _ in 0..self.listener.tick(at, &snapshot) {
                    self.listener.submitted(self.calls);
                    self.arrive_as(at, last);
                }
            }
        }
    }

    fn arrive(&mut self, at: f64) {
        let mut place = self.dice.uniform();
        let last = self.centre.kinds.len() - 1;
        let kind = (0..last)
            .find(|kind| {
                place -= self.centre.kinds[*kind].share;
                place < 0.0
            })
            .unwrap_or(last);
        self.arrive_as(at, kind);
    }

    fn arrive_as(&mut self, at: f64, kind: usize) {
        let call = self.calls;
        self.calls += 1;
        let snapshot = self.floor.snapshot(at, Class::new(kind));
        if self.queue.is_empty()
            && let Some(agent) = self.free_agent(at)
        {
            self.listener.taken_at_once(at, call, &snapshot);
            self.serve(at, agent, call, kind);
            return;
        }
        self.listener.joined(at, call, kind, &snapshot);
        self.floor.joined(at, call, Class::new(kind));
        self.queue.push(Caller { call, kind, since: at });
        if let Some(patience) = self.centre.kinds[kind].patience_secs {
            let hangs_up = at + self.dice.exponential(patience);
            self.events.push(Event { at: hangs_up, what: What::HangsUp { call } });
        }
    }

    fn give_work(&mut self, at: f64) {
        while !self.queue.is_empty() {
            let Some(agent) = self.free_agent(at) else { return };
            let due =
                |caller: &Caller| caller.since - self.centre.kinds[caller.kind].head_start_secs;
            let first = (0..self.queue.len())
                .min_by(|a, b| due(&self.queue[*a]).total_cmp(&due(&self.queue[*b])))
                .unwrap();
            let caller = self.queue.remove(first);
            self.floor.left(at, caller.call, Left::Served);
            let waited = at - caller.since;
            self.listener.served(Outcome { call: caller.call, at, waited });
            self.serve(at, agent, caller.call, caller.kind);
        }
    }

    /// Agents on duty are those with the lowest numbers; who goes off duty ends their call first.
    fn free_agent(&self, at: f64) -> Option<usize> {
        (0..(self.centre.agents)(at).min(self.busy.len())).find(|agent| !self.busy[*agent])
    }

    fn serve(&mut self, at: f64, agent: usize, call: u64, kind: usize) {
        self.busy[agent] = true;
        let name = Some(u64::try_from(agent).unwrap());
        self.floor.began(at, call, name, Class::new(kind));
        let mean = self.centre.handling_secs;
        let lasts = if (self.centre.variation - 1.0).abs() < 1e-9 {
            self.dice.exponential(mean)
        } else {
            self.dice.log_normal(mean, self.centre.variation)
        };
        self.events.push(Event { at: at + lasts, what: What::Ends { agent, call } });
    }
}
