//! Callbacks in the same queues as those who called: reserved for, dialled, talked to, dialled
//! again. Apart from callers, whose life knows none of this.

use std::cmp::Reverse;

use super::line::At;
use super::record::{Befell, Kind, Outcome};
use super::{Agent, Call, Centre, Event, Stage};
use crate::progress::{DialResult, Entry, Progress};
use crate::span::secs;

/// What a callback waits for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// The agent refuses.
    Refuse,
    /// The phone begins to ring.
    Ring,
    /// Somebody answers, or nobody.
    Answer(Heard),
    /// It enters the line again.
    Return,
    /// Its priority rises.
    Rise,
}

/// What is heard at the end of the ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Heard {
    Person,
    Nobody,
    BusyTone,
    Machine,
}

impl From<Heard> for DialResult {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Person => Self::Person,
            Heard::Nobody => Self::NoAnswer,
            Heard::BusyTone => Self::Busy,
            Heard::Machine => Self::AnsweringMachine,
        }
    }
}

/// A callback as the centre knows it.
#[derive(Debug)]
pub(super) struct Wanted {
    tag: String,
    increment: i64,
    interval_secs: f64,
    priority_limit: i64,
    user_originated: bool,
    max_dials: Option<u32>,
    redial_secs: Option<f64>,
    ring_timeout_secs: Option<f64>,
    dials: u32,
    held: bool,
    /// Counted among the calls that were sent to an agent and are not talking yet.
    ringing: bool,
    /// Steps that were planned for an older turn are void.
    turn: u32,
}

/// How often a callback that must not ring yet is looked at again.
const HELD_SECS: f64 = 0.05;

impl Centre {
    /// A callback enters its queue; false if there is no such queue. `now_ms` is the present, by
    /// the clock in which the entry's times are.
    pub(crate) fn enter(&mut self, now_ms: i64, entry: Entry) -> bool {
        let Some(queue) = self.queue_index(&entry.vq) else { return false };
        let call = self.next_call;
        self.next_call += 1;
        let age = secs(now_ms - entry.since_ms).max(0.0);
        let rank = (Reverse(entry.priority), At(self.now - age), call);
        let wanted = Wanted {
            tag: entry.session.clone(),
            increment: entry.priority_increment,
            interval_secs: secs(entry.increment_interval_ms),
            priority_limit: entry.priority_limit.unwrap_or(i64::MAX),
            user_originated: entry.user_originated,
            max_dials: entry.max_dials,
            redial_secs: entry.redial_ms.map(secs),
            ring_timeout_secs: entry.ring_timeout_ms.map(secs),
            dials: 0,
            held: false,
            ringing: false,
            turn: 0,
        };
        let interval = wanted.interval_secs;
        if wanted.increment != 0 && interval > 0.0 {
            self.plan(self.now + interval, Event::Callback { call, turn: 0, step: Step::Rise });
        }
        let fresh = Call::new(queue, Kind::Callback, rank, Some(wanted));
        self.calls.insert(call, fresh);
        self.by_tag.insert(entry.session, call);
        if !entry.user_originated {
            self.line_up(call);
        }
        true
    }

    /// Forgets a callback, whatever it is doing; its agent is free at once.
    pub(crate) fn leave(&mut self, tag: &str) {
        let Some(id) = self.by_tag.remove(tag) else { return };
        match self.calls.get(&id).map(|call| call.stage) {
            Some(Stage::Waiting) => {
                self.write_down(id, Outcome::Withdrawn);
                self.leave_line(id);
                self.calls.remove(&id);
            }
            Some(Stage::With(agent)) => {
                self.stop_ringing(id);
                self.calls.remove(&id);
                self.free(agent);
            }
            Some(Stage::Aside) | None => {
                self.calls.remove(&id);
            }
        }
    }

    pub(crate) fn hold(&mut self, tag: &str, held: bool) {
        if let Some(wanted) = self.wanted_by(tag) {
            wanted.held = held;
        }
    }

    pub(crate) fn set_priority(&mut self, tag: &str, priority: i64) {
        if let Some(id) = self.by_tag.get(tag).copied() {
            self.rank_anew(id, |_| priority);
        }
    }

    pub(crate) fn customer_ready(&mut self, tag: &str) {
        let Some(id) = self.by_tag.get(tag).copied() else { return };
        let waits = self.wanted_by(tag).is_some_and(|wanted| wanted.user_originated);
        if waits && self.calls.get(&id).is_some_and(|call| call.stage == Stage::Aside) {
            self.line_up(id);
        }
    }

    /// What befell callbacks since the last call, in order.
    pub(crate) fn take_befell(&mut self) -> Vec<Befell> {
        self.befell.drain(..).collect()
    }

    /// Since when something waits to be taken.
    pub(crate) fn untold_at_secs(&self) -> Option<f64> {
        self.befell.front().map(|befell| befell.at_secs)
    }

    pub(super) fn reserve(&mut self, id: u64, agent: Agent) {
        let name = self.groups[agent.0].name_of(agent.1);
        self.tell(id, Progress::Routed { agent: name });
        let Some(queue) = self.calls.get(&id).map(|call| call.queue) else { return };
        self.lines[queue].ringing += 1;
        let Some(wanted) = self.wanted(id) else { return };
        wanted.ringing = true;
        if wanted.user_originated {
            let result = DialResult::UseroriginatedConnected;
            self.tell(id, Progress::Dialled { n: 1, result });
            self.connect(id, agent);
        } else if self.dialling.chance(self.dial.reject) {
            self.next(id, self.dial.route_secs, Step::Refuse);
        } else {
            self.next(id, self.dial.route_secs, Step::Ring);
        }
    }

    pub(super) fn callback_step(&mut self, id: u64, turn: u32, step: Step) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let stage = call.stage;
        let Some(wanted) = &mut call.wanted else { return };
        if step == Step::Rise {
            let (increment, interval) = (wanted.increment, wanted.interval_secs);
            let limit = wanted.priority_limit;
            let raised =
                |priority: i64| priority.saturating_add(increment).min(limit.max(priority));
            self.rank_anew(id, raised);
            self.plan(self.now + interval, Event::Callback { call: id, turn: 0, step });
            return;
        }
        if wanted.turn != turn {
            return;
        }
        match (step, stage) {
            (Step::Refuse, Stage::With(agent)) => {
                self.stop_ringing(id);
                self.tell(id, Progress::Returned);
                self.line_up(id);
                let pause = self.dial.reject_pause_secs;
                self.plan(self.now + pause, Event::Resume { agent });
            }
            (Step::Ring, Stage::With(_)) => self.ring(id),
            (Step::Answer(heard), Stage::With(agent)) => self.answer(id, agent, heard),
            (Step::Return, Stage::Aside) => self.line_up(id),
            _ => {}
        }
    }

    fn ring(&mut self, id: u64) {
        let Some(wanted) = self.wanted(id) else { return };
        if wanted.held {
            self.next(id, HELD_SECS, Step::Ring);
            return;
        }
        wanted.dials += 1;
        let (n, timeout) = (wanted.dials, wanted.ring_timeout_secs);
        self.tell(id, Progress::Ringing { n });
        let (chance, dial) = (self.dialling.unit(), self.dial);
        let (heard, after) = if chance < dial.no_answer {
            (Heard::Nobody, timeout.unwrap_or(dial.ring_timeout_secs))
        } else if chance < dial.no_answer + dial.busy {
            (Heard::BusyTone, 1.0)
        } else if chance < dial.no_answer + dial.busy + dial.machine {
            (Heard::Machine, dial.ring_secs)
        } else {
            (Heard::Person, dial.ring_secs)
        };
        self.next(id, after, Step::Answer(heard));
    }

    fn answer(&mut self, id: u64, agent: Agent, heard: Heard) {
        let Some(wanted) = self.wanted(id) else { return };
        let (n, max_dials, redial) = (wanted.dials, wanted.max_dials, wanted.redial_secs);
        self.tell(id, Progress::Dialled { n, result: heard.into() });
        if heard == Heard::Person {
            self.connect(id, agent);
            return;
        }
        self.stop_ringing(id);
        if n >= max_dials.unwrap_or(self.dial.max_dials) {
            self.tell(id, Progress::GaveUp);
            self.drop_callback(id);
        } else {
            if let Some(call) = self.calls.get_mut(&id) {
                call.stage = Stage::Aside;
            }
            self.tell(id, Progress::Returned);
            self.next(id, redial.unwrap_or(self.dial.redial_secs), Step::Return);
        }
        self.free(agent);
    }

    fn connect(&mut self, id: u64, agent: Agent) {
        self.stop_ringing(id);
        self.tell(id, Progress::Connected);
        self.talk(id, agent);
    }

    /// The talk is over; of a caller nobody hears.
    pub(super) fn talked(&mut self, id: u64, secs: f64) {
        if self.wanted(id).is_some() {
            self.tell(id, Progress::Talked { secs });
            self.drop_callback(id);
        }
    }

    fn drop_callback(&mut self, id: u64) {
        if let Some(Call { wanted: Some(wanted), .. }) = self.calls.remove(&id) {
            self.by_tag.remove(&wanted.tag);
        }
    }

    fn stop_ringing(&mut self, id: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(wanted) = &mut call.wanted
            && std::mem::take(&mut wanted.ringing)
        {
            self.lines[call.queue].ringing -= 1;
        }
    }

    fn leave_line(&mut self, id: u64) -> bool {
        self.calls
            .get(&id)
            .is_some_and(|call| self.lines[call.queue].remove(call.rank, call.arrived))
    }

    fn rank_anew(&mut self, id: u64, priority: impl FnOnce(i64) -> i64) {
        let waits = self.leave_line(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.rank.0 = Reverse(priority(call.rank.0.0));
        if waits {
            self.lines[call.queue].insert(call.rank, call.arrived);
        }
    }

    /// Plans the next step of a callback; an older plan is void.
    fn next(&mut self, id: u64, after_secs: f64, step: Step) {
        let Some(wanted) = self.wanted(id) else { return };
        wanted.turn += 1;
        let turn = wanted.turn;
        self.plan(self.now + after_secs.max(0.0), Event::Callback { call: id, turn, step });
    }

    fn tell(&mut self, id: u64, progress: Progress) {
        let at_secs = self.now;
        if let Some(wanted) = self.wanted(id) {
            let tag = wanted.tag.clone();
            self.befell.push_back(Befell { at_secs, tag, progress });
        }
    }

    fn wanted(&mut self, id: u64) -> Option<&mut Wanted> {
        self.calls.get_mut(&id)?.wanted.as_mut()
    }

    fn wanted_by(&mut self, tag: &str) -> Option<&mut Wanted> {
        let id = self.by_tag.get(tag).copied()?;
        self.wanted(id)
    }
}
