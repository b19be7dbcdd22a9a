//! One group of agents: who is on duty, who is idle, who leaves when the call at hand is over.

use std::collections::BTreeSet;

use super::line::At;
use super::plan::GroupPlan;
use crate::span::{count, rounded};

#[derive(Debug)]
pub(super) struct Group {
    pub(super) plan: GroupPlan,
    /// Queues by index.
    pub(super) serves: Vec<usize>,
    /// Idle agents, the longest idle first.
    idle: BTreeSet<(At, usize)>,
    /// Agents on duty, idle or not.
    on_duty: BTreeSet<usize>,
    target: usize,
}

impl Group {
    pub(super) fn new(plan: GroupPlan, serves: Vec<usize>) -> Self {
        let (idle, on_duty) = (BTreeSet::new(), BTreeSet::new());
        Self { plan, serves, idle, on_duty, target: 0 }
    }

    /// How many the plan wants on duty at a time.
    pub(super) fn wanted(&self, now: f64) -> usize {
        let share = self.plan.shifts.at(now);
        usize::try_from(rounded(count(self.plan.agents) * share)).unwrap_or(0)
    }

    /// Brings agents on duty, or sends idle ones home; busy ones go after their call.
    pub(super) fn staff(&mut self, now: f64, target: usize) {
        self.target = target;
        while self.on_duty.len() > target
            && let Some((_, agent)) = self.idle.pop_last()
        {
            self.on_duty.remove(&agent);
        }
        let mut number = 1;
        while self.on_duty.len() < target {
            if self.on_duty.insert(number) {
                self.idle.insert((At(now), number));
            }
            number += 1;
        }
    }

    pub(super) fn longest_idle(&self) -> Option<At> {
        self.idle.first().map(|(since, _)| *since)
    }

    pub(super) fn take(&mut self) -> Option<usize> {
        self.idle.pop_first().map(|(_, agent)| agent)
    }

    /// An agent is free again; false if they have gone home instead.
    pub(super) fn free(&mut self, now: f64, agent: usize) -> bool {
        if self.on_duty.len() > self.target {
            self.on_duty.remove(&agent);
            return false;
        }
        self.idle.insert((At(now), agent))
    }

    /// Those who take calls, now or after the one at hand.
    pub(super) fn able(&self) -> usize {
        self.on_duty.len().min(self.target)
    }

    pub(super) fn on_duty(&self) -> usize {
        self.on_duty.len()
    }

    pub(super) fn ready(&self) -> usize {
        self.idle.len()
    }

    pub(super) fn busy(&self) -> usize {
        self.on_duty.len() - self.idle.len()
    }

    pub(super) fn name_of(&self, agent: usize) -> String {
        format!("{}-{agent}", self.plan.name)
    }
}
