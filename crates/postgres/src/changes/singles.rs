//! Changes that come one by one: those that arrive together share a transaction, as bookings do.
//!
//! Reports of sessions and wishes of clients are single calls. Each is decided alone and answered after the commit; there
//! is no timer, so one that comes alone is made at once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use ges_domain::callback::Outcome;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, ChangeError, Fault, FaultKind};
use tokio::sync::oneshot;

use super::{CHUNK, Step, change_each};
use crate::booking::queue::{Bounds, Queue};
use crate::config::Config;
use crate::fault::{Failure, PEER, Phase};
use crate::session::Pool;

/// What a change is taken to weigh: it is a callback that is read and written.
const BYTES: usize = 4096;

/// One change that waits for its answer.
struct Member {
    step: Step,
    answer: oneshot::Sender<Result<Outcome, ChangeError>>,
}

/// Where single changes are handed in, and the tasks that make them.
pub(crate) struct Singles {
    queue: Arc<Queue<Member>>,
    pool: Pool,
}

impl Singles {
    /// Starts the tasks that make changes.
    pub(crate) fn start(pool: Pool, config: &Config) -> Self {
        let limits = config.booking;
        let members = if limits.group_commit { limits.members.get().min(CHUNK) } else { 1 };
        let bounds = Bounds { queue: limits.queue.get(), members, bytes: limits.bytes.get() };
        let queue = Arc::new(Queue::new(bounds));
        // Where nothing is shared, each connection makes its own.
        let tasks =
            if limits.group_commit { limits.connections } else { config.pools.changes }.get();
        for _ in 0..tasks {
            tokio::spawn(work(Arc::clone(&queue), pool.clone()));
        }
        Self { queue, pool }
    }

    /// Hands a change in and waits for its answer. Dropped, it is made or not made, but never half.
    pub(crate) async fn change(
        &self,
        aimed: Aimed,
        now: Timestamp,
    ) -> Result<Outcome, ChangeError> {
        let (answer, answered) = oneshot::channel();
        let tenant = aimed.tenant;
        let member = Member { step: Step { aimed, now }, answer };
        self.queue.push(tenant, BYTES, member).map_err(|full| Fault::unavailable(PEER, full))?;
        match tokio::time::timeout(self.pool.deadline(), answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_dropped)) => Err(Fault::new(PEER, FaultKind::TimedOut, Unanswered).into()),
            Err(_elapsed) => Err(Fault::from(Failure::late(Phase::Committing)).into()),
        }
    }
}

impl Drop for Singles {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Nobody answered a change that was taken from the queue.
#[derive(Debug, thiserror::Error)]
#[error("the change was taken up and not answered")]
struct Unanswered;

/// Makes batch after batch until the queue is closed.
async fn work(queue: Arc<Queue<Member>>, pool: Pool) {
    while let Some(batch) = queue.next().await {
        // Members drop with the panic, and their callers learn it; the next batch is none the worse for it.
        if AssertUnwindSafe(answer_all(&pool, batch)).catch_unwind().await.is_err() {
            tracing::error!("making a batch of changes panicked");
        }
    }
}

async fn answer_all(pool: &Pool, batch: Vec<Member>) {
    // Unlike a booking, a change is made also for whoever gave up waiting: a session reports once.
    let (steps, answers): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|member| (member.step, member.answer)).unzip();
    let outcomes = change_each(pool, &steps).await;
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        drop(answer.send(outcome));
    }
}
