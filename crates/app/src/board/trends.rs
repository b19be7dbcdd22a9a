//! How queues fared in the last hour, in the memory of this node: a point a minute, of boards that somebody looks at.
//!
//! It is a help for the eye, not a record: another node, or this one after a restart, has seen something else.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::time::{SignedDuration, Timestamp};

use super::QueueRow;

/// The time between two points, at the least.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A point is kept this long, so there are at most 60 of a queue.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// Queues that are followed at most: about 10 MB.
const QUEUES_KEPT: usize = 4_096;

/// How a queue fared at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Timestamp,
    /// The expected wait in seconds, where it was known.
    pub wait_secs: Option<f64>,
    /// Callbacks whose time had come.
    pub waiting: u64,
}

/// What was seen of the queues.
#[derive(Debug, Default)]
pub(crate) struct Trends(Mutex<HashMap<(TenantId, QueueName), VecDeque<Sample>>>);

impl Trends {
    /// Adds a point to each queue that has none of the last minute, and tells each row its hour.
    pub(super) fn follow(&self, tenant: TenantId, rows: &mut [QueueRow], now: Timestamp) {
        let mut followed = self.followed();
        for row in rows {
            let wait_secs = row.wait_secs();
            let sample = Sample { at: now, wait_secs, waiting: row.waiting };
            row.trend = match room(&mut followed, (tenant, row.queue.clone()), now) {
                Some(trend) => added(trend, sample),
                None => vec![sample],
            };
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<(TenantId, QueueName), VecDeque<Sample>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The points of a queue; none where so many are followed that there is no room for one more.
fn room<Q: std::hash::Hash + Eq>(
    followed: &mut HashMap<Q, VecDeque<Sample>>,
    queue: Q,
    now: Timestamp,
) -> Option<&mut VecDeque<Sample>> {
    if followed.len() >= QUEUES_KEPT && !followed.contains_key(&queue) {
        followed.retain(|_, trend| trend.back().is_some_and(|last| young(last, now)));
        if followed.len() >= QUEUES_KEPT {
            return None;
        }
    }
    Some(followed.entry(queue).or_default())
}

fn added(trend: &mut VecDeque<Sample>, sample: Sample) -> Vec<Sample> {
    while trend.front().is_some_and(|oldest| !young(oldest, sample.at)) {
        trend.pop_front();
    }
    if trend.back().is_none_or(|last| sample.at.duration_since(last.at) >= EVERY) {
        trend.push_back(sample);
    }
    trend.iter().copied().collect()
}

fn young(sample: &Sample, now: Timestamp) -> bool {
    now.duration_since(sample.at) < KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(second: i64) -> Sample {
        let at = Timestamp::from_second(second).unwrap();
        Sample { at, wait_secs: Some(95.0), waiting: 1 }
    }

    #[test]
    fn a_point_a_minute_is_kept_for_an_hour() {
        let mut trend = VecDeque::new();
        for second in (0..7200).step_by(5) {
            let told = added(&mut trend, sample(second));
            assert!(told.len() <= 60, "{second}");
            assert!(told.windows(2).all(|pair| pair[1].at.duration_since(pair[0].at) >= EVERY));
        }
        assert_eq!(trend.len(), 60);
        assert_eq!(added(&mut trend, sample(100_000)).len(), 1, "what was long ago is gone");
    }

    #[test]
    fn what_is_followed_is_bounded_and_the_forgotten_make_room() {
        let mut followed = HashMap::new();
        for queue in 0..QUEUES_KEPT {
            added(room(&mut followed, queue, sample(0).at).unwrap(), sample(0));
        }
        assert!(room(&mut followed, QUEUES_KEPT, sample(60).at).is_none());
        assert!(room(&mut followed, 7, sample(60).at).is_some());
        assert!(room(&mut followed, QUEUES_KEPT, sample(3600).at).is_some());
        assert_eq!(followed.len(), 1);
    }
}
