//! A callback's life by script: every stage takes as long as it is told, every dial ends as it is
//! told. For tests, which want to know beforehand what will happen.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use serde::{Deserialize, Serialize};

use super::life::{Happening, Place};
use crate::draw::Draw;
use crate::progress::{DialResult, Entry, Progress};
use crate::span;

/// How a callback's life goes; durations in milliseconds of simulated time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Script {
    /// In the queue until an agent is reserved.
    pub queue_ms: i64,
    /// From the reservation until the phone rings, or until the agent refuses.
    pub route_ms: i64,
    /// The phone rings.
    pub ring_ms: i64,
    /// Customer and agent talk.
    pub talk_ms: i64,
    /// Durations vary by this share to both sides, from 0 to 1.
    pub spread: f64,
    /// So many agents refuse before one takes it.
    pub rejects: u32,
    /// How the dials of a session end, in order; behind the last one chance decides.
    pub dials: Vec<DialResult>,
    /// Chance of a dial that nobody answers.
    pub no_answer: f64,
    /// Chance of a busy line.
    pub busy: f64,
    /// Chance of an answering machine.
    pub machine: f64,
    /// Dials before it gives up; the start's `maxDialAttempts` wins.
    pub max_dials: u32,
    /// Pause before the next dial; the start's `redialIntervalSeconds` wins.
    pub redial_ms: i64,
    /// The next dial is left to the owner of the callback instead of being made by the session.
    pub hand_back: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            queue_ms: 2_000,
            route_ms: 300,
            ring_ms: 1_000,
            talk_ms: 3_000,
            spread: 0.0,
            rejects: 0,
            dials: Vec::new(),
            no_answer: 0.0,
            busy: 0.0,
            machine: 0.0,
            max_dials: 3,
            redial_ms: 5_000,
            hand_back: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Route,
    Refuse,
    Ring,
    Answer,
    Part,
}

#[derive(Debug)]
struct Live {
    entry: Entry,
    /// A step that was planned for an older generation is void.
    generation: u64,
    due_ms: i64,
    waiting: bool,
    held: bool,
    dials: u32,
    rejects_left: u32,
    talk_ms: i64,
}

type Key = (Reverse<i64>, i64, String);

#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) script: Script,
    draw: Draw,
    live: HashMap<String, Live>,
    steps: BinaryHeap<Reverse<(i64, u64, String, Stage)>>,
    waiting: HashMap<String, BTreeSet<Key>>,
    generations: u64,
    agents: u64,
}

/// How often a step that may not ring yet looks again.
const HELD_MS: i64 = 50;

impl Scripted {
    pub(crate) fn new(script: Script, seed: u64) -> Self {
        Self {
            script,
            draw: Draw::new(seed, 1),
            live: HashMap::new(),
            steps: BinaryHeap::new(),
            waiting: HashMap::new(),
            generations: 0,
            agents: 0,
        }
    }

    pub(crate) fn enter(&mut self, now_ms: i64, entry: Entry) {
        let session = entry.session.clone();
        let waits_for_customer = entry.user_originated;
        let live = Live {
            entry,
            generation: 0,
            due_ms: i64::MAX,
            waiting: false,
            held: false,
            dials: 0,
            rejects_left: self.script.rejects,
            talk_ms: 0,
        };
        self.live.insert(session.clone(), live);
        self.queue(&session);
        if !waits_for_customer {
            self.plan(now_ms, &session, Stage::Route, self.script.queue_ms);
        }
    }

    pub(crate) fn leave(&mut self, session: &str) {
        self.unqueue(session);
        self.live.remove(session);
    }

    pub(crate) fn hold(&mut self, session: &str, held: bool) {
        if let Some(live) = self.live.get_mut(session) {
            live.held = held;
        }
    }

    pub(crate) fn set_priority(&mut self, session: &str, priority: i64) {
        let queued = self.unqueue(session);
        if let Some(live) = self.live.get_mut(session) {
            live.entry.priority = priority;
        }
        if queued {
            self.queue(session);
        }
    }

    pub(crate) fn customer_ready(&mut self, now_ms: i64, session: &str) {
        if self.live.get(session).is_some_and(|live| live.waiting && live.entry.user_originated) {
            self.plan(now_ms, session, Stage::Route, 0);
        }
    }

    pub(crate) fn place(&self, now_ms: i64, session: &str) -> Option<Place> {
        let live = self.live.get(session).filter(|live| live.waiting)?;
        let before = self.waiting.get(&live.entry.vq)?.range(..key(&live.entry)).count();
        let left = (live.due_ms != i64::MAX).then(|| span::secs(live.due_ms - now_ms).max(0.0));
        Some(Place { position: before + 1, ewt_secs: left })
    }

    pub(crate) fn next_at(&self) -> Option<i64> {
        self.steps.peek().map(|Reverse((at, ..))| *at)
    }

    pub(crate) fn step(&mut self, to_ms: i64) -> Vec<Happening> {
        if self.next_at().is_none_or(|at| at > to_ms) {
            return Vec::new();
        }
        let Some(Reverse((at_ms, generation, session, stage))) = self.steps.pop() else {
            return Vec::new();
        };
        if self.live.get(&session).is_none_or(|live| live.generation != generation) {
            return Vec::new();
        }
        self.take(at_ms, &session, stage)
            .into_iter()
            .map(|progress| Happening { at_ms, session: session.clone(), progress })
            .collect()
    }

    fn take(&mut self, now_ms: i64, session: &str, stage: Stage) -> Vec<Progress> {
        match stage {
            Stage::Route => self.route(now_ms, session),
            Stage::Refuse => {
                self.queue(session);
                self.plan(now_ms, session, Stage::Route, self.script.queue_ms);
                vec![Progress::Returned]
            }
            Stage::Ring => {
                let Some(live) = self.live.get_mut(session) else { return Vec::new() };
                if live.held {
                    self.plan(now_ms, session, Stage::Ring, HELD_MS);
                    return Vec::new();
                }
                live.dials += 1;
                let n = live.dials;
                self.plan(now_ms, session, Stage::Answer, self.script.ring_ms);
                vec![Progress::Ringing { n }]
            }
            Stage::Answer => self.answer(now_ms, session),
            Stage::Part => {
                let talk_ms = self.live.get(session).map_or(0, |live| live.talk_ms);
                self.leave(session);
                vec![Progress::Talked { secs: span::secs(talk_ms) }]
            }
        }
    }

    fn route(&mut self, now_ms: i64, session: &str) -> Vec<Progress> {
        self.unqueue(session);
        self.agents += 1;
        let mut progress = vec![Progress::Routed { agent: format!("agent-{}", self.agents) }];
        let Some(live) = self.live.get_mut(session) else { return Vec::new() };
        if live.rejects_left > 0 {
            live.rejects_left -= 1;
            self.plan(now_ms, session, Stage::Refuse, self.script.route_ms);
        } else if live.entry.user_originated {
            // The customer's own call counts as the first.
            let result = DialResult::UseroriginatedConnected;
            progress.push(Progress::Dialled { n: 1, result });
            progress.push(Progress::Connected);
            self.talk(now_ms, session);
        } else {
            self.plan(now_ms, session, Stage::Ring, self.script.route_ms);
        }
        progress
    }

    fn answer(&mut self, now_ms: i64, session: &str) -> Vec<Progress> {
        let Some(live) = self.live.get(session) else { return Vec::new() };
        let n = live.dials;
        let max = live.entry.max_dials.unwrap_or(self.script.max_dials);
        let pause_ms = live.entry.redial_ms.unwrap_or(self.script.redial_ms);
        let result = self.result_of(n);
        let mut progress = vec![Progress::Dialled { n, result }];
        if result == DialResult::Person {
            progress.push(Progress::Connected);
            self.talk(now_ms, session);
        } else if n >= max {
            self.leave(session);
            progress.push(Progress::GaveUp);
        } else if self.script.hand_back {
            self.leave(session);
            progress.push(Progress::HandedBack { at_ms: now_ms + pause_ms });
        } else {
            self.queue(session);
            self.plan(now_ms, session, Stage::Route, pause_ms);
            progress.push(Progress::Returned);
        }
        progress
    }

    fn talk(&mut self, now_ms: i64, session: &str) {
        let due_ms = self.plan(now_ms, session, Stage::Part, self.script.talk_ms);
        if let Some(live) = self.live.get_mut(session) {
            live.talk_ms = due_ms - now_ms;
        }
    }

    fn result_of(&mut self, n: u32) -> DialResult {
        let place = usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(result) = self.script.dials.get(place) {
            return *result;
        }
        let Script { no_answer, busy, machine, .. } = self.script;
        let chance = self.draw.unit();
        if chance < no_answer {
            DialResult::NoAnswer
        } else if chance < no_answer + busy {
            DialResult::Busy
        } else if chance < no_answer + busy + machine {
            DialResult::AnsweringMachine
        } else {
            DialResult::Person
        }
    }

    /// Plans the next step, which makes an older plan void, and says when it is due.
    fn plan(&mut self, now_ms: i64, session: &str, stage: Stage, span_ms: i64) -> i64 {
        let share = 1.0 + self.script.spread.clamp(0.0, 1.0) * (2.0 * self.draw.unit() - 1.0);
        let due_ms = now_ms + span::stretched(span_ms, share).max(0);
        self.generations += 1;
        if let Some(live) = self.live.get_mut(session) {
            live.generation = self.generations;
            live.due_ms = due_ms;
            self.steps.push(Reverse((due_ms, self.generations, session.to_owned(), stage)));
        }
        due_ms
    }

    fn queue(&mut self, session: &str) {
        if let Some(live) = self.live.get_mut(session) {
            live.waiting = true;
            self.waiting.entry(live.entry.vq.clone()).or_default().insert(key(&live.entry));
        }
    }

    fn unqueue(&mut self, session: &str) -> bool {
        let Some(live) = self.live.get_mut(session) else { return false };
        let was = std::mem::take(&mut live.waiting);
        if was && let Some(queue) = self.waiting.get_mut(&live.entry.vq) {
            queue.remove(&key(&live.entry));
        }
        was
    }
}

fn key(entry: &Entry) -> Key {
    (Reverse(entry.priority), entry.since_ms, entry.session.clone())
}
