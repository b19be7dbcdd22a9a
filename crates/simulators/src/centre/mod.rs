//! A small contact centre, as a pure simulation of discrete events: no clock, no wire, no thread.
//! Callers come, wait, lose patience; agents serve them; callbacks stand in the same queues.
//! It lives behind ORS and URS in the demo, and alone under an experiment that wants a million
//! customers by the textbook.
//!
//! ```
//! use ges_simulators::centre::{Arrivals, Centre, Handling, Outcome, Patience, Plan};
//!
//! let plan = Plan::single(
//!     1,
//!     Arrivals::poisson(0.05),
//!     Handling::Exponential { mean_secs: 180.0 },
//!     Patience::MEASURED,
//!     10,
//! );
//! let mut centre = Centre::new(plan)?;
//! centre.advance_to(100_000.0);
//! let customers = centre.take_log();
//! let served = customers.iter().filter(|customer| customer.outcome == Outcome::Served).count();
//! assert!(served * 10 > customers.len() * 8);
//! # Ok::<(), ges_simulators::centre::PlanError>(())
//! ```

mod callbacks;
mod course;
mod line;
mod plan;
mod record;
mod staff;
mod views;

pub use course::Course;
pub use plan::{
    Arrivals, DialPlan, GroupPlan, Handling, Law, Patience, Plan, PlanError, Preferred, QueuePlan,
};
pub(crate) use record::Befell;
pub use record::{Basis, Customer, GroupView, Kind, Outcome, QueueView, Snapshot};

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use crate::draw::Draw;
use callbacks::Wanted;
use line::{At, Line, Rank};
use staff::Group;

/// An agent: group and number within it.
type Agent = (usize, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A caller comes to a queue, if its load is still the one under which this was planned.
    Arrive { queue: usize, plan: u64 },
    /// A call's patience ends.
    Despair { call: u64 },
    /// A call ends.
    Part { call: u64, agent: Agent },
    /// An agent who refused takes calls again.
    Resume { agent: Agent },
    /// The shifts of a group change.
    Staff { group: usize },
    /// The next step of a callback, unless it was planned for an older turn of it.
    Callback { call: u64, turn: u32, step: callbacks::Step },
}

/// Where a call is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Waiting,
    /// Between two stays in the line: not yet ready for it, or to be dialled again later.
    Aside,
    With(Agent),
}

#[derive(Debug)]
struct Call {
    queue: usize,
    kind: Kind,
    rank: Rank,
    /// Its last entry into the line.
    arrived: f64,
    seen: Snapshot,
    stage: Stage,
    wanted: Option<Wanted>,
}

impl Call {
    fn new(queue: usize, kind: Kind, rank: Rank, wanted: Option<Wanted>) -> Self {
        let (stage, seen) = (Stage::Aside, Snapshot::default());
        Self { queue, kind, rank, arrived: 0.0, seen, stage, wanted }
    }
}

/// A contact centre at a moment of simulated time, in seconds since it opened.
#[derive(Debug)]
pub struct Centre {
    now: f64,
    events: BinaryHeap<Reverse<(At, u64, Event)>>,
    planned: u64,
    lines: Vec<Line>,
    groups: Vec<Group>,
    calls: HashMap<u64, Call>,
    by_tag: HashMap<String, u64>,
    next_call: u64,
    dial: DialPlan,
    kinds: Draw,
    handling: Draw,
    patience: Draw,
    dialling: Draw,
    befell: VecDeque<Befell>,
    log: VecDeque<Customer>,
    log_limit: usize,
}

impl Centre {
    /// Opens a centre at second 0 with its agents idle and its queues empty.
    ///
    /// # Errors
    /// If the plan contradicts itself.
    pub fn new(plan: Plan) -> Result<Self, PlanError> {
        plan.check()?;
        let Plan { seed, queues, groups, dial } = plan;
        let names: Vec<_> = queues.iter().map(|queue| queue.name.clone()).collect();
        let index_of = |name: &String| names.iter().position(|known| known == name);
        // Streams 0 to 15 are the centre's own; each queue's arrivals have one behind them.
        let lines =
            (16_u64..).zip(queues).map(|(stream, queue)| Line::new(queue, Draw::new(seed, stream)));
        let mut centre = Self {
            now: 0.0,
            events: BinaryHeap::new(),
            planned: 0,
            lines: lines.collect(),
            groups: groups
                .into_iter()
                .map(|group| {
                    let serves = group.queues.iter().filter_map(index_of).collect();
                    Group::new(group, serves)
                })
                .collect(),
            calls: HashMap::new(),
            by_tag: HashMap::new(),
            next_call: 0,
            dial,
            kinds: Draw::new(seed, 2),
            handling: Draw::new(seed, 3),
            patience: Draw::new(seed, 4),
            dialling: Draw::new(seed, 5),
            befell: VecDeque::new(),
            log: VecDeque::new(),
            log_limit: usize::MAX,
        };
        for queue in 0..centre.lines.len() {
            centre.plan_arrival(queue);
        }
        for group in 0..centre.groups.len() {
            centre.restaff(group);
        }
        Ok(centre)
    }

    /// Simulated seconds since the centre opened.
    pub fn now_secs(&self) -> f64 {
        self.now
    }

    /// When something happens next by itself.
    pub fn next_at_secs(&self) -> Option<f64> {
        self.events.peek().map(|Reverse((At(at), ..))| *at)
    }

    /// Lets the next event happen if it is due by `to_secs`; false if none is.
    pub fn step(&mut self, to_secs: f64) -> bool {
        if self.next_at_secs().is_none_or(|at| at > to_secs) {
            return false;
        }
        if let Some(Reverse((At(at), _, event))) = self.events.pop() {
            self.now = at;
            self.happen(event);
        }
        true
    }

    /// Lets everything happen that is due by then.
    pub fn advance_to(&mut self, to_secs: f64) {
        while self.step(to_secs) {}
        self.now = self.now.max(to_secs);
    }

    /// Waits that ended since the last call, in the order of their ends.
    pub fn take_log(&mut self) -> Vec<Customer> {
        self.log.drain(..).collect()
    }

    /// Keeps no more than so many ended waits; the oldest are forgotten.
    pub fn keep_log(&mut self, limit: usize) {
        self.log_limit = limit;
    }

    /// Changes how many agents a group has; false if there is no such group. Busy agents who are
    /// too many leave after their call.
    pub fn set_agents(&mut self, group: &str, agents: usize) -> bool {
        let Some(index) = self.groups.iter().position(|known| known.plan.name == group) else {
            return false;
        };
        self.groups[index].plan.agents = agents;
        self.staff_now(index);
        true
    }

    /// Changes how many call in; false if there is no such queue.
    pub fn set_arrivals(&mut self, queue: &str, per_sec: f64) -> bool {
        let Some(index) = self.queue_index(queue) else { return false };
        if !(per_sec.is_finite() && per_sec >= 0.0) {
            return false;
        }
        self.lines[index].plan.arrivals.per_sec = per_sec;
        self.plan_arrival(index);
        true
    }

    /// How many calls of a queue are on hold: a figure that only URS is asked for.
    pub fn set_on_hold(&mut self, queue: &str, calls: usize) -> bool {
        let Some(index) = self.queue_index(queue) else { return false };
        self.lines[index].on_hold = calls;
        true
    }

    /// How customers are dialled from their next dial on.
    pub fn dial(&mut self) -> &mut DialPlan {
        &mut self.dial
    }

    fn queue_index(&self, name: &str) -> Option<usize> {
        self.lines.iter().position(|line| line.plan.name == name)
    }

    fn plan(&mut self, at: f64, event: Event) {
        self.planned += 1;
        self.events.push(Reverse((At(at), self.planned, event)));
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive { queue, plan } if plan == self.lines[queue].arrival_plan => {
                self.arrive(queue);
                self.plan_arrival(queue);
            }
            Event::Arrive { .. } => {}
            Event::Despair { call } => self.despair(call),
            Event::Part { call, agent } => self.part(call, agent),
            Event::Resume { agent } => self.free(agent),
            Event::Staff { group } => self.restaff(group),
            Event::Callback { call, turn, step } => self.callback_step(call, turn, step),
        }
    }

    /// Plans the next arrival under the load as it is; an older plan is void.
    fn plan_arrival(&mut self, queue: usize) {
        let now = self.now;
        let line = &mut self.lines[queue];
        line.arrival_plan += 1;
        let plan = line.arrival_plan;
        let arrivals = &line.plan.arrivals;
        if arrivals.per_sec <= 0.0 {
            return;
        }
        let need = arrivals.law.gap(&mut line.arrivals) / arrivals.per_sec;
        if let Some(at) = arrivals.load.reaches(now, need) {
            self.plan(at, Event::Arrive { queue, plan });
        }
    }

    fn arrive(&mut self, queue: usize) {
        let preferred = self.lines[queue].plan.preferred;
        let preferred = preferred.filter(|preferred| self.kinds.chance(preferred.share));
        let head_start = preferred.map_or(0.0, |preferred| preferred.head_start_secs);
        let kind = if preferred.is_some() { Kind::Preferred } else { Kind::Caller };
        let patience = self.lines[queue].plan.patience.draw(&mut self.patience);
        let call = self.next_call;
        self.next_call += 1;
        let rank = (Reverse(0), At(self.now - head_start), call);
        self.calls.insert(call, Call::new(queue, kind, rank, None));
        if let Some(patience) = patience {
            self.plan(self.now + patience, Event::Despair { call });
        }
        self.line_up(call);
    }

    /// Puts a call into its line, and sends the line's first to an agent if one is idle.
    fn line_up(&mut self, id: u64) {
        let Some(Call { queue, rank, .. }) = self.calls.get(&id) else { return };
        let (queue, rank) = (*queue, *rank);
        let seen = self.seen(queue, rank);
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = Stage::Waiting;
            call.arrived = self.now;
            call.seen = seen;
        }
        self.lines[queue].entered += 1;
        self.lines[queue].insert(rank, self.now);
        let idle = |group: &&Group| group.serves.contains(&queue);
        let longest = self.groups.iter().filter(idle).filter_map(Group::longest_idle).min();
        let Some(since) = longest else { return };
        let group = self
            .groups
            .iter()
            .position(|group| group.serves.contains(&queue) && group.longest_idle() == Some(since));
        if let Some(group) = group
            && let Some(agent) = self.groups[group].take()
            && let Some((_, _, first)) = self.lines[queue].first()
        {
            self.serve(first, (group, agent));
        }
    }

    /// An agent turns to whoever ranks first in the queues that they serve.
    fn free(&mut self, (group, agent): Agent) {
        if !self.groups[group].free(self.now, agent) {
            return;
        }
        self.take_next(group);
    }

    fn take_next(&mut self, group: usize) {
        let first = self.groups[group].serves.iter().filter_map(|queue| self.lines[*queue].first());
        if let Some((_, _, call)) = first.min()
            && let Some(agent) = self.groups[group].take()
        {
            self.serve(call, (group, agent));
        }
    }

    fn serve(&mut self, id: u64, agent: Agent) {
        let now = self.now;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (queue, waited) = (call.queue, now - call.arrived);
        self.lines[queue].remove(call.rank, call.arrived);
        call.stage = Stage::With(agent);
        let callback = call.wanted.is_some();
        self.lines[queue].distribute(now, waited);
        self.write_down(id, Outcome::Served);
        if callback {
            self.reserve(id, agent);
        } else {
            self.talk(id, agent);
        }
    }

    /// Agent and customer talk; returns for how long.
    fn talk(&mut self, id: u64, agent: Agent) -> f64 {
        let Some(call) = self.calls.get(&id) else { return 0.0 };
        let line = &mut self.lines[call.queue];
        let secs = line.plan.handling.draw(&mut self.handling);
        self.plan(self.now + secs, Event::Part { call: id, agent });
        if let Some(call) = self.calls.get_mut(&id) {
            call.arrived = self.now;
        }
        secs
    }

    fn part(&mut self, id: u64, agent: Agent) {
        // Whoever was withdrawn meanwhile has freed the agent.
        let Some(call) = self.calls.get(&id) else { return };
        if call.stage != Stage::With(agent) {
            return;
        }
        let secs = self.now - call.arrived;
        self.lines[call.queue].handle(secs);
        self.talked(id, secs);
        self.calls.remove(&id);
        self.free(agent);
    }

    fn despair(&mut self, id: u64) {
        let Some(call) = self.calls.get(&id).filter(|call| call.stage == Stage::Waiting) else {
            return;
        };
        let line = &mut self.lines[call.queue];
        line.remove(call.rank, call.arrived);
        line.abandoned += 1;
        self.write_down(id, Outcome::Abandoned);
        self.calls.remove(&id);
    }

    fn restaff(&mut self, group: usize) {
        self.staff_now(group);
        if let Some(at) = self.groups[group].plan.shifts.next_change(self.now) {
            self.plan(at, Event::Staff { group });
        }
    }

    fn staff_now(&mut self, group: usize) {
        let wanted = self.groups[group].wanted(self.now);
        self.groups[group].staff(self.now, wanted);
        // Those who have just come find a line that waited for them.
        for _ in 0..self.groups[group].ready() {
            self.take_next(group);
        }
    }

    fn write_down(&mut self, id: u64, outcome: Outcome) {
        let Some(call) = self.calls.get(&id) else { return };
        let ended = Customer {
            id,
            queue: call.queue,
            kind: call.kind,
            arrived_secs: call.arrived,
            seen: call.seen,
            waited_secs: self.now - call.arrived,
            outcome,
        };
        if self.log_limit == 0 {
            return;
        }
        while self.log.len() >= self.log_limit {
            self.log.pop_front();
        }
        self.log.push_back(ended);
    }
}
