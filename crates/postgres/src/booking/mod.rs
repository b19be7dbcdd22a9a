//! Booking: bookings that arrive together share a transaction; each is decided alone, and answered after the commit.

mod desk;
pub(crate) mod queue;
mod transaction;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use ges_domain::booking::Booking;
use ges_ports::{BookError, Booked, Fault, FaultKind};
use tokio::sync::oneshot;

use crate::config::Config;
use crate::fault::{Failure, PEER, Phase, Reach};
use crate::session::Pool;
use crate::young;

use desk::Decision;
pub(crate) use desk::{NumberKey, ServiceKey, SlotKey, kept};
use queue::{Bounds, Queue};
use transaction::{Before, Entry};

/// One booking that waits for its answer.
struct Member {
    entry: Entry,
    answer: oneshot::Sender<Result<Booked, BookError>>,
}

/// Where bookings are handed in, and the tasks that make them.
pub(crate) struct Bookings {
    queue: Arc<Queue<Member>>,
    pool: Pool,
}

impl Bookings {
    /// Starts the tasks that book, each on a connection of its own.
    pub(crate) fn start(pool: Pool, config: &Config) -> Self {
        let limits = config.booking;
        let members = if limits.group_commit { limits.members.get() } else { 1 };
        let bounds = Bounds { queue: limits.queue.get(), members, bytes: limits.bytes.get() };
        let queue = Arc::new(Queue::new(bounds));
        for _ in 0..limits.connections.get() {
            tokio::spawn(work(Arc::clone(&queue), pool.clone()));
        }
        Self { queue, pool }
    }

    /// Hands a booking in and waits for its answer. Dropped, it is made or not made, but never half.
    pub(crate) async fn book(&self, booking: &Booking) -> Result<Booked, BookError> {
        let entry = Entry::of(booking, self.pool.book()).map_err(Fault::from)?;
        let (answer, answered) = oneshot::channel();
        let tenant = booking.callback.tenant;
        let bytes = entry.bytes();
        self.queue
            .push(tenant, bytes, Member { entry, answer })
            .map_err(|full| Fault::unavailable(PEER, full))?;
        match tokio::time::timeout(self.pool.deadline(), answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_dropped)) => Err(Fault::new(PEER, FaultKind::TimedOut, Unanswered).into()),
            Err(_elapsed) => Err(Fault::from(Failure::late(Phase::Committing)).into()),
        }
    }
}

impl Drop for Bookings {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Nobody answered a booking that was taken from the queue.
#[derive(Debug, thiserror::Error)]
#[error("the booking was taken up and not answered")]
struct Unanswered;

/// Books batch after batch until the queue is closed.
async fn work(queue: Arc<Queue<Member>>, pool: Pool) {
    let mut taken = 0;
    while let Some(batch) = queue.next().await {
        let before = taken;
        // Members drop with the panic, and their callers learn it; the next batch is none the worse for it.
        match AssertUnwindSafe(answer_all(&pool, &queue, batch)).catch_unwind().await {
            Ok(answered) => taken += answered,
            Err(_panic) => tracing::error!("booking a batch panicked"),
        }
        if before < young::AFTER && taken >= young::AFTER {
            young::acquaint(&pool).await;
        }
    }
    pool.close();
}

/// Books a batch with those who join it, and says how many they were.
async fn answer_all(pool: &Pool, queue: &Queue<Member>, mut batch: Vec<Member>) -> usize {
    // Who gave up waiting is not booked: nobody would know.
    batch.retain(|member| !member.answer.is_closed());
    if batch.is_empty() {
        return 0;
    }
    let booked = transaction::book(pool, &mut batch, Some(queue), Before::Nothing).await;
    let count = batch.len();
    match booked {
        Ok(decisions) => answer_each(batch, decisions),
        Err(failure) => again(pool, batch, failure).await,
    }
    count
}

fn answer_each(batch: Vec<Member>, decisions: Vec<Decision>) {
    for (member, decision) in batch.into_iter().zip(decisions) {
        member.answer(decision);
    }
}

/// Tries a batch again that failed: as a whole where the connection was lost, else each alone, so that the poison of one
/// is not the fault of the others.
async fn again(pool: &Pool, mut batch: Vec<Member>, failure: Failure) {
    tracing::warn!(
        error = &failure.fault as &dyn std::error::Error,
        members = batch.len(),
        "a batch of bookings failed and is tried again"
    );
    let before = if failure.uncertain() { Before::Doubt } else { Before::Nothing };
    match failure.reach {
        Reach::Database => match transaction::book(pool, &mut batch, None, before).await {
            Ok(decisions) => answer_each(batch, decisions),
            Err(second) => {
                let uncertain = failure.uncertain() || second.uncertain();
                for member in batch {
                    member.fail(&second, uncertain);
                }
            }
        },
        Reach::Statement => singly(pool, batch, before).await,
    }
}

async fn singly(pool: &Pool, batch: Vec<Member>, before: Before) {
    let uncertain = before == Before::Doubt;
    let mut down: Option<Failure> = None;
    for member in batch {
        if member.answer.is_closed() {
            continue;
        }
        if let Some(failure) = &down {
            member.fail(failure, uncertain);
            continue;
        }
        let mut alone = vec![member];
        match transaction::book(pool, &mut alone, None, before).await {
            Ok(decisions) => answer_each(alone, decisions),
            Err(failure) => {
                for member in alone {
                    member.fail(&failure, uncertain || failure.uncertain());
                }
                if failure.reach == Reach::Database {
                    down = Some(failure);
                }
            }
        }
    }
}

impl AsRef<Entry> for Member {
    fn as_ref(&self) -> &Entry {
        &self.entry
    }
}

impl Member {
    fn answer(self, decision: Decision) {
        let answer = match decision {
            Decision::Granted => Ok(Booked::New(self.entry.booking.callback)),
            Decision::Stored(callback) => Ok(Booked::New(*callback)),
            Decision::Replayed(callback) => Ok(Booked::Replayed(*callback)),
            Decision::Refused(refusal) => Err(BookError::Refused(refusal)),
            Decision::CatalogueChanged => Err(BookError::CatalogueChanged),
        };
        send(self.answer, answer);
    }

    fn fail(self, failure: &Failure, uncertain: bool) {
        let kind = if uncertain { FaultKind::TimedOut } else { failure.fault.kind };
        let said = failure.fault.source.as_ref().map_or_else(String::new, ToString::to_string);
        send(self.answer, Err(Fault::new(PEER, kind, said).into()));
    }
}

/// Answers, if anybody still listens.
fn send(answer: oneshot::Sender<Result<Booked, BookError>>, with: Result<Booked, BookError>) {
    drop(answer.send(with));
}
