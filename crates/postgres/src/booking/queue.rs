//! Where bookings wait for the next transaction: bounded, and fair between tenants.
//!
//! There is no timer. Whoever books next takes what is there; while it commits, the next batch gathers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ges_domain::id::TenantId;
use tokio::sync::Notify;

/// What may wait, and what may be taken at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most that wait.
    pub(crate) queue: usize,
    /// The most of one batch.
    pub(crate) members: usize,
    /// The most bytes of one batch; a larger one alone is a batch of its own.
    pub(crate) bytes: usize,
}

/// Why something may not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// Too much waits already.
    #[error("too many bookings wait already")]
    All,
    /// The tenant fills its half.
    #[error("too many bookings of the tenant wait already")]
    Tenant,
    /// Nobody takes anything any more.
    #[error("the store is closed")]
    Closed,
}

/// A queue of each tenant, from which batches are taken in turn.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    bounds: Bounds,
    lines: Mutex<Lines<T>>,
    arrived: Notify,
}

#[derive(Debug)]
struct Lines<T> {
    of_tenant: BTreeMap<TenantId, VecDeque<(usize, T)>>,
    /// The tenants with somebody waiting, whose turn is next first.
    turn: VecDeque<TenantId>,
    waiting: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let lines =
            Lines { of_tenant: BTreeMap::new(), turn: VecDeque::new(), waiting: 0, closed: false };
        Self { bounds, lines: Mutex::new(lines), arrived: Notify::new() }
    }

    fn lines(&self) -> MutexGuard<'_, Lines<T>> {
        // Nothing panics while it holds the lines, and they would still be lines.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines one up. A tenant may hold half of the queue, so that its flood leaves room for the others.
    pub(crate) fn push(&self, tenant: TenantId, bytes: usize, item: T) -> Result<(), Full> {
        let mut lines = self.lines();
        if lines.closed {
            return Err(Full::Closed);
        }
        if lines.waiting >= self.bounds.queue {
            return Err(Full::All);
        }
        let share = self.bounds.queue.div_ceil(2);
        let line = lines.of_tenant.entry(tenant).or_default();
        if line.len() >= share {
            return Err(Full::Tenant);
        }
        line.push_back((bytes, item));
        if line.len() == 1 {
            lines.turn.push_back(tenant);
        }
        lines.waiting += 1;
        drop(lines);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next batch, one of each tenant in turn; none when the queue is closed and empty.
    pub(crate) async fn next(&self) -> Option<Vec<T>> {
        loop {
            {
                let mut lines = self.lines();
                let batch = lines.take(self.bounds, |_item| true);
                if !batch.is_empty() {
                    if lines.waiting > 0 {
                        self.arrived.notify_one();
                    }
                    return Some(batch);
                }
                if lines.closed {
                    // The next one to wait must learn it too.
                    self.arrived.notify_one();
                    return None;
                }
            }
            self.arrived.notified().await;
            // Whoever is ready to line up does so first: the first of a crowd shall not go alone.
            tokio::task::yield_now().await;
        }
    }

    /// Those who may join a batch of `members` and `bytes` that is under way, in turn and up to the next one of each
    /// tenant that does not fit; none where they are fewer than `worth`.
    pub(crate) fn join(
        &self,
        (members, bytes): (usize, usize),
        worth: usize,
        fits: impl Fn(&T) -> bool,
    ) -> Vec<T> {
        let mut lines = self.lines();
        if lines.waiting < worth {
            return Vec::new();
        }
        let bounds = Bounds {
            members: self.bounds.members.saturating_sub(members),
            bytes: self.bounds.bytes.saturating_sub(bytes),
            ..self.bounds
        };
        lines.take(bounds, fits)
    }

    /// Lines one up again, before all others of its tenant, even where the queue is full or closed: it was let in once.
    pub(crate) fn put_back(&self, tenant: TenantId, bytes: usize, item: T) {
        let mut lines = self.lines();
        let line = lines.of_tenant.entry(tenant).or_default();
        line.push_front((bytes, item));
        if line.len() == 1 {
            lines.turn.push_front(tenant);
        }
        lines.waiting += 1;
        drop(lines);
        self.arrived.notify_one();
    }

    /// Takes nothing more; what waits is still handed out.
    pub(crate) fn close(&self) {
        self.lines().closed = true;
        self.arrived.notify_one();
    }
}

impl<T> Lines<T> {
    fn take(&mut self, bounds: Bounds, fits: impl Fn(&T) -> bool) -> Vec<T> {
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        // Whose next one does not fit; they keep their turn.
        let mut passed_over = Vec::new();
        while batch.len() < bounds.members {
            let Some(tenant) = self.turn.pop_front() else { break };
            let line = self.of_tenant.get_mut(&tenant).expect("a tenant in turn has a line");
            let (size, item) = line.pop_front().expect("a line in turn is not empty");
            if !fits(&item) {
                line.push_front((size, item));
                passed_over.push(tenant);
                continue;
            }
            if !batch.is_empty() && bytes.saturating_add(size) > bounds.bytes {
                line.push_front((size, item));
                self.turn.push_front(tenant);
                break;
            }
            bytes = bytes.saturating_add(size);
            batch.push(item);
            self.waiting -= 1;
            if line.is_empty() {
                self.of_tenant.remove(&tenant);
            } else {
                self.turn.push_back(tenant);
            }
        }
        for tenant in passed_over.into_iter().rev() {
            self.turn.push_front(tenant);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: u8) -> TenantId {
        let digits = format!("9350e2fc-a1dd-4c65-8d40-1f75a2e080{number:02x}");
        digits.parse().unwrap()
    }

    fn queue(queue: usize, members: usize, bytes: usize) -> Queue<u32> {
        Queue::new(Bounds { queue, members, bytes })
    }

    #[tokio::test]
    async fn a_batch_takes_one_of_each_tenant_in_turn() {
        let queue = queue(100, 4, 1000);
        for item in [10, 11, 12, 13, 14] {
            queue.push(tenant(1), 1, item).unwrap();
        }
        queue.push(tenant(2), 1, 20).unwrap();
        assert_eq!(queue.next().await.unwrap(), [10, 20, 11, 12]);
        queue.push(tenant(2), 1, 21).unwrap();
        assert_eq!(queue.next().await.unwrap(), [13, 21, 14]);
    }

    #[tokio::test]
    async fn a_batch_ends_before_its_bytes_do_and_a_large_one_goes_alone() {
        let queue = queue(100, 10, 100);
        for (bytes, item) in [(60, 1), (40, 2), (1, 3), (500, 4), (1, 5)] {
            queue.push(tenant(1), bytes, item).unwrap();
        }
        assert_eq!(queue.next().await.unwrap(), [1, 2]);
        assert_eq!(queue.next().await.unwrap(), [3]);
        assert_eq!(queue.next().await.unwrap(), [4]);
        assert_eq!(queue.next().await.unwrap(), [5]);
    }

    #[tokio::test]
    async fn a_flood_of_one_tenant_leaves_room_for_another() {
        let queue = queue(4, 10, 1000);
        for item in 0..2 {
            queue.push(tenant(1), 1, item).unwrap();
        }
        assert_eq!(queue.push(tenant(1), 1, 9), Err(Full::Tenant));
        queue.push(tenant(2), 1, 20).unwrap();
        queue.push(tenant(3), 1, 30).unwrap();
        assert_eq!(queue.push(tenant(2), 1, 21), Err(Full::All));
        assert_eq!(queue.next().await.unwrap(), [0, 20, 30, 1]);
        queue.push(tenant(1), 1, 9).unwrap();
    }

    #[tokio::test]
    async fn who_fits_joins_a_batch_under_way_and_who_must_wait_keeps_the_turn() {
        let queue = queue(100, 4, 1000);
        for (number, item) in [(1, 10), (1, 11), (1, 5), (1, 12), (2, 6), (2, 20), (3, 30)] {
            queue.push(tenant(number), 1, item).unwrap();
        }
        let fits = |item: &u32| *item >= 10;
        assert!(queue.join((1, 1), 8, fits).is_empty(), "seven are not worth it");
        assert_eq!(queue.join((1, 1), 7, fits), [10, 30, 11], "a batch has room for four");
        queue.put_back(tenant(1), 1, 11);
        queue.put_back(tenant(3), 1, 30);
        assert_eq!(queue.next().await.unwrap(), [30, 6, 11, 20]);
        assert_eq!(queue.next().await.unwrap(), [5, 12]);
    }

    #[tokio::test]
    async fn a_closed_queue_hands_out_what_waits_and_then_ends_for_all() {
        let queue = queue(4, 10, 1000);
        queue.push(tenant(1), 1, 1).unwrap();
        queue.close();
        assert_eq!(queue.push(tenant(1), 1, 2), Err(Full::Closed));
        assert_eq!(queue.next().await.unwrap(), [1]);
        let (first, second) = futures::join!(queue.next(), queue.next());
        assert_eq!((first, second), (None, None));
    }
}
