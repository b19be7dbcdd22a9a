//! The centre as it can be seen: by whoever enters a queue, by URS, by a person at the page.

use super::line::Rank;
use super::record::{GroupView, QueueView, Snapshot};
use super::staff::Group;
use super::{Call, Centre, Stage};

impl Centre {
    /// All queues, in the order of the plan.
    pub fn queues(&self) -> Vec<QueueView> {
        (0..self.lines.len()).map(|queue| self.view(queue)).collect()
    }

    /// One queue.
    pub fn queue(&self, name: &str) -> Option<QueueView> {
        self.queue_index(name).map(|queue| self.view(queue))
    }

    /// All groups of agents, in the order of the plan.
    pub fn groups(&self) -> Vec<GroupView> {
        self.groups
            .iter()
            .map(|group| GroupView {
                name: group.plan.name.clone(),
                queues: group.plan.queues.clone(),
                planned: group.plan.agents,
                on_duty: group.on_duty(),
                ready: group.ready(),
                busy: group.busy(),
            })
            .collect()
    }

    /// What can be seen of a queue by one who is about to take this place in it.
    pub(super) fn seen(&self, queue: usize, rank: Rank) -> Snapshot {
        let line = &self.lines[queue];
        let (agents, ready) = self.staff_of(&[queue]);
        Snapshot {
            ahead: line.ahead_of(rank),
            waiting: line.len(),
            agents,
            busy: agents.saturating_sub(ready),
            hol_secs: line.oldest_wait_secs(self.now),
            les_secs: line.last_wait_secs,
            pace_secs: line.pace_secs(),
            handling_secs: line.recent_handling_secs(),
        }
    }

    /// Several queues as one, under a name of their own.
    pub fn queue_group(&self, name: &str, members: &[String]) -> Option<QueueView> {
        let queues: Vec<_> = members.iter().filter_map(|name| self.queue_index(name)).collect();
        let views: Vec<_> = queues.iter().map(|queue| self.view(*queue)).collect();
        let (first, rest) = views.split_first()?;
        let mut whole = rest.iter().fold(first.clone(), merged);
        name.clone_into(&mut whole.name);
        (whole.agents, whole.ready) = self.staff_of(&queues);
        Some(whole)
    }

    /// Agents able to serve any of these queues, and the idle ones among them.
    fn staff_of(&self, queues: &[usize]) -> (usize, usize) {
        let serves = |group: &&Group| queues.iter().any(|queue| group.serves.contains(queue));
        self.groups
            .iter()
            .filter(serves)
            .fold((0, 0), |(able, ready), group| (able + group.able(), ready + group.ready()))
    }

    fn view(&self, queue: usize) -> QueueView {
        let line = &self.lines[queue];
        let (agents, ready) = self.staff_of(&[queue]);
        QueueView {
            name: line.plan.name.clone(),
            waiting: line.len(),
            ringing: line.ringing,
            on_hold: line.on_hold,
            oldest_wait_secs: line.oldest_wait_secs(self.now),
            last_wait_secs: line.last_wait_secs,
            agents,
            ready,
            hits: line.distributions(),
            pace_secs: line.pace_secs(),
            recent_handling_secs: line.recent_handling_secs(),
            mean_handling_secs: line.mean_handling_secs(),
            per_hour: line.plan.arrivals.per_sec * 3_600.0,
            entered: line.entered,
            served: line.served,
            abandoned: line.abandoned,
        }
    }

    /// The place of a waiting callback, from 1, and its queue.
    pub(crate) fn place_of(&self, tag: &str) -> Option<(usize, QueueView)> {
        let call: &Call = self.calls.get(self.by_tag.get(tag)?)?;
        (call.stage == Stage::Waiting)
            .then(|| (self.lines[call.queue].ahead_of(call.rank) + 1, self.view(call.queue)))
    }
}

/// Two queues side by side: what is counted adds up, departures come from both, and handling
/// times are weighted by how many were served.
fn merged(mut whole: QueueView, next: &QueueView) -> QueueView {
    let (here, there) = (wide(whole.served), wide(next.served));
    let weighted = |ours: Option<f64>, theirs: Option<f64>| match (ours, theirs) {
        (Some(ours), Some(theirs)) if here + there > 0.0 => {
            Some((ours * here + theirs * there) / (here + there))
        }
        (ours, theirs) => ours.or(theirs),
    };
    let longer = |ours: Option<f64>, theirs: Option<f64>| {
        [ours, theirs].into_iter().flatten().reduce(f64::max)
    };
    whole.recent_handling_secs = weighted(whole.recent_handling_secs, next.recent_handling_secs);
    whole.mean_handling_secs = weighted(whole.mean_handling_secs, next.mean_handling_secs);
    whole.pace_secs = match (whole.pace_secs, next.pace_secs) {
        (Some(ours), Some(theirs)) if ours > 0.0 && theirs > 0.0 => {
            Some(1.0 / (1.0 / ours + 1.0 / theirs))
        }
        (ours, theirs) => ours.or(theirs),
    };
    whole.oldest_wait_secs = longer(whole.oldest_wait_secs, next.oldest_wait_secs);
    whole.last_wait_secs = longer(whole.last_wait_secs, next.last_wait_secs);
    whole.waiting += next.waiting;
    whole.ringing += next.ringing;
    whole.on_hold += next.on_hold;
    whole.hits = whole.hits.max(next.hits);
    whole.per_hour += next.per_hour;
    whole.entered += next.entered;
    whole.served += next.served;
    whole.abandoned += next.abandoned;
    whole
}

#[expect(clippy::cast_precision_loss, reason = "counts of a simulation stay far below 2^53")]
fn wide(n: u64) -> f64 {
    n as f64
}
