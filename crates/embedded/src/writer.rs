//! The thread that writes.
//!
//! While one transaction waits for the disk, calls gather; the next transaction takes all of them. Nobody waits for a
//! timer: a call that comes alone is made alone.

use std::thread::{self, JoinHandle};

use diesel::sqlite::SqliteConnection;
use ges_ports::Fault;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::batch::{Call, Job, Session, together};
use crate::fault::Trouble;
use crate::open::OpenError;

/// The way to the thread that writes; dropping it waits until all that was taken on is done.
pub(crate) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which owns the connection from now on.
    pub(crate) fn start(
        conn: SqliteConnection,
        queue: usize,
        batch: usize,
    ) -> Result<Self, OpenError> {
        let (jobs, waiting) = mpsc::channel(queue.max(1));
        let thread = thread::Builder::new()
            .name(String::from("ges-store-writer"))
            .spawn(move || serve(Session::new(conn), waiting, batch.max(1)))
            .map_err(OpenError::Thread)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Has work done in a transaction; answers after the commit.
    ///
    /// Whoever stops waiting before the work has begun takes it back; later it is done to its end.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Session) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (call, answer) = Call::new(work);
        let jobs = self.jobs.as_ref().ok_or(Trouble::Closed)?;
        jobs.try_send(Box::new(call)).map_err(|error| match error {
            TrySendError::Full(_) => Trouble::Busy,
            TrySendError::Closed(_) => Trouble::Closed,
        })?;
        answer.await.unwrap_or_else(|_gone| Err(Trouble::Silent.into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It catches panics of its calls, and there is nobody left to tell of any other.
            let ended = thread.join();
            drop(ended);
        }
    }
}

fn serve(mut session: Session, mut jobs: mpsc::Receiver<Box<dyn Job>>, batch: usize) {
    let mut waiting = Vec::with_capacity(batch);
    while jobs.blocking_recv_many(&mut waiting, batch) > 0 {
        waiting.retain(|job| job.wanted());
        if !waiting.is_empty() {
            together(&mut session, std::mem::take(&mut waiting));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};

    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    use ges_ports::FaultKind;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::fault::OrFault;

    fn writer(queue: usize) -> Arc<Writer> {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE kept (number INTEGER PRIMARY KEY)").unwrap();
        Arc::new(Writer::start(conn, queue, 128).unwrap())
    }

    /// Keeps a number; a second time is an error.
    async fn keep(writer: &Writer, number: i64) -> Result<(), Fault> {
        let sql = format!("INSERT INTO kept (number) VALUES ({number})");
        let keep =
            move |session: &mut Session| session.step(|conn| conn.batch_execute(&sql).or_fault());
        writer.ask(keep).await?
    }

    /// Holds the writer until the sender is used or dropped.
    async fn hold(writer: &Arc<Writer>) -> (Sender<()>, JoinHandle<Result<(), Fault>>) {
        let (release, held) = channel();
        let (begun, beginning) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let writer = Arc::clone(writer);
        let hold = tokio::spawn(async move {
            writer
                .ask(move |_session| {
                    begun.take().map(|begun| begun.send(()));
                    held.recv().ok();
                })
                .await
        });
        beginning.await.unwrap();
        (release, hold)
    }

    async fn waits(call: &mut (impl Future<Output = Result<(), Fault>> + Unpin)) {
        assert!(futures_poll(call).await.is_none());
    }

    /// Polls once.
    async fn futures_poll<F: Future + Unpin>(call: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            let polled = std::pin::Pin::new(&mut *call).poll(context);
            std::task::Poll::Ready(match polled {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_queue_refuses_at_once_and_works_on() {
        let writer = writer(2);
        let (release, held) = hold(&writer).await;
        let mut first = Box::pin(keep(&writer, 1));
        let mut second = Box::pin(keep(&writer, 2));
        waits(&mut first).await;
        waits(&mut second).await;
        let refused = keep(&writer, 3).await.unwrap_err();
        assert_eq!(refused.kind, FaultKind::Unavailable);
        release.send(()).unwrap();
        held.await.unwrap().unwrap();
        first.await.unwrap();
        second.await.unwrap();
        keep(&writer, 3).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_stops_waiting_before_the_work_begins_takes_it_back() {
        let writer = writer(10);
        let (release, _held) = hold(&writer).await;
        let mut dropped = Box::pin(keep(&writer, 1));
        waits(&mut dropped).await;
        drop(dropped);
        release.send(()).unwrap();
        keep(&writer, 1).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_failing_step_spoils_no_other_of_its_transaction() {
        let writer = writer(10);
        keep(&writer, 2).await.unwrap();
        let (release, _held) = hold(&writer).await;
        let mut calls: Vec<_> = (1..=3).map(|number| Box::pin(keep(&writer, number))).collect();
        for call in &mut calls {
            waits(call).await;
        }
        release.send(()).unwrap();
        let mut answers = Vec::new();
        for call in calls {
            answers.push(call.await.map_err(|fault| fault.kind));
        }
        assert_eq!(answers, [Ok(()), Err(FaultKind::Misbehaved), Ok(())]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_spoils_no_other_of_its_transaction() {
        let writer = writer(10);
        let (release, _held) = hold(&writer).await;
        let mut before = Box::pin(keep(&writer, 1));
        waits(&mut before).await;
        let mut panicking = Box::pin(writer.ask(|_session| -> () { panic!("a bug") }));
        waits(&mut panicking).await;
        let mut after = Box::pin(keep(&writer, 2));
        waits(&mut after).await;
        release.send(()).unwrap();
        before.await.unwrap();
        after.await.unwrap();
        assert!(panicking.await.is_err());
        assert!(keep(&writer, 1).await.is_err(), "what was answered is kept");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_that_is_lost_as_a_whole_is_made_singly() {
        let writer = writer(10);
        let (release, _held) = hold(&writer).await;
        let mut before = Box::pin(keep(&writer, 1));
        waits(&mut before).await;
        // What a full disk does: it ends the transaction and fails the statement.
        let mut losing = Box::pin(writer.ask(|session| {
            session.step(|conn| {
                conn.batch_execute("ROLLBACK").or_fault()?;
                conn.batch_execute("a full disk").or_fault()
            })
        }));
        waits(&mut Box::pin(async { losing.as_mut().await.and_then(|answer| answer) })).await;
        let mut after = Box::pin(keep(&writer, 2));
        waits(&mut after).await;
        release.send(()).unwrap();
        before.await.unwrap();
        after.await.unwrap();
        assert_eq!(losing.await.unwrap_err().kind, FaultKind::Unavailable);
        for number in [1, 2] {
            assert!(keep(&writer, number).await.is_err(), "what was answered is kept");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn dropping_the_writer_finishes_what_was_taken_on() {
        let writer = writer(10);
        let (release, held) = hold(&writer).await;
        let kept = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { keep(&writer, 1).await }
        });
        release.send(()).unwrap();
        drop(writer);
        held.await.unwrap().unwrap();
        kept.await.unwrap().unwrap();
    }
}
