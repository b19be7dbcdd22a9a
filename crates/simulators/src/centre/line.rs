//! One virtual queue: who waits in which order, and what has been seen of it lately.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, VecDeque};

use super::plan::QueuePlan;
use crate::draw::Draw;
use crate::span::count;

/// A time that can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At(pub(super) f64);

impl Eq for At {}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for At {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The order of service: priority first, then the longest wait, head starts included.
pub(super) type Rank = (Reverse<i64>, At, u64);

/// How many departures URS looks back on.
const WINDOW: usize = 32;

#[derive(Debug)]
pub(super) struct Line {
    pub(super) plan: QueuePlan,
    pub(super) arrivals: Draw,
    /// An arrival that was planned under an older load is void.
    pub(super) arrival_plan: u64,
    waiting: BTreeSet<Rank>,
    by_arrival: BTreeSet<(At, u64)>,
    /// Calls that were sent to an agent and are not talking yet.
    pub(super) ringing: usize,
    /// Calls on hold, which the centre itself never has: set from outside.
    pub(super) on_hold: usize,
    distributed: VecDeque<f64>,
    handled: VecDeque<f64>,
    handled_sum: f64,
    handled_count: usize,
    pub(super) last_wait_secs: Option<f64>,
    pub(super) entered: u64,
    pub(super) served: u64,
    pub(super) abandoned: u64,
}

impl Line {
    pub(super) fn new(plan: QueuePlan, arrivals: Draw) -> Self {
        Self {
            plan,
            arrivals,
            arrival_plan: 0,
            waiting: BTreeSet::new(),
            by_arrival: BTreeSet::new(),
            ringing: 0,
            on_hold: 0,
            distributed: VecDeque::new(),
            handled: VecDeque::new(),
            handled_sum: 0.0,
            handled_count: 0,
            last_wait_secs: None,
            entered: 0,
            served: 0,
            abandoned: 0,
        }
    }

    pub(super) fn insert(&mut self, rank: Rank, arrived: f64) {
        self.waiting.insert(rank);
        self.by_arrival.insert((At(arrived), rank.2));
    }

    pub(super) fn remove(&mut self, rank: Rank, arrived: f64) -> bool {
        self.by_arrival.remove(&(At(arrived), rank.2));
        self.waiting.remove(&rank)
    }

    pub(super) fn first(&self) -> Option<Rank> {
        self.waiting.first().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many would be served before this one.
    pub(super) fn ahead_of(&self, rank: Rank) -> usize {
        // Nearly everyone joins at the end, where there is nothing to count.
        if self.waiting.last().is_none_or(|last| *last < rank) {
            return self.waiting.len();
        }
        self.waiting.range(..rank).count()
    }

    pub(super) fn oldest_wait_secs(&self, now: f64) -> Option<f64> {
        self.by_arrival.first().map(|(At(arrived), _)| now - arrived)
    }

    pub(super) fn distribute(&mut self, now: f64, waited: f64) {
        self.served += 1;
        self.last_wait_secs = Some(waited);
        keep(&mut self.distributed, now);
    }

    pub(super) fn handle(&mut self, secs: f64) {
        keep(&mut self.handled, secs);
        self.handled_sum += secs;
        self.handled_count += 1;
    }

    pub(super) fn distributions(&self) -> usize {
        self.distributed.len()
    }

    /// Mean seconds between the last departures to an agent.
    pub(super) fn pace_secs(&self) -> Option<f64> {
        let (first, last) = (self.distributed.front()?, self.distributed.back()?);
        let gaps = self.distributed.len() - 1;
        (gaps > 0).then(|| (last - first) / count(gaps))
    }

    /// Mean of the last handling times.
    pub(super) fn recent_handling_secs(&self) -> Option<f64> {
        let sum: f64 = self.handled.iter().sum();
        (!self.handled.is_empty()).then(|| sum / count(self.handled.len()))
    }

    /// Mean of all handling times.
    pub(super) fn mean_handling_secs(&self) -> Option<f64> {
        (self.handled_count > 0).then(|| self.handled_sum / count(self.handled_count))
    }
}

fn keep(window: &mut VecDeque<f64>, value: f64) {
    if window.len() == WINDOW {
        window.pop_front();
    }
    window.push_back(value);
}
