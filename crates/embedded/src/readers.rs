//! The threads that only read: their connections see what was committed, and wait for no writer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use diesel::sqlite::SqliteConnection;
use ges_ports::Fault;
use tokio::sync::oneshot;

use crate::fault::Trouble;
use crate::open::OpenError;

type Question = Box<dyn FnOnce(&mut SqliteConnection) + Send>;

/// The way to the threads that read; dropping it waits until they have answered.
pub(crate) struct Readers {
    questions: Option<SyncSender<Question>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts a thread for each connection.
    pub(crate) fn start(conns: Vec<SqliteConnection>, queue: usize) -> Result<Self, OpenError> {
        let (questions, waiting) = sync_channel(queue.max(1));
        let waiting = Arc::new(Mutex::new(waiting));
        let start = |conn| {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name(String::from("ges-store-reader"))
                .spawn(move || serve(conn, &waiting))
                .map_err(OpenError::Thread)
        };
        let threads = conns.into_iter().map(start).collect::<Result<_, _>>()?;
        Ok(Self { questions: Some(questions), threads })
    }

    /// Asks a question of what is committed.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |conn| {
            if !reply.is_closed() {
                // Who stopped waiting hears nothing.
                let heard = reply.send(look(conn));
                drop(heard);
            }
        });
        let questions = self.questions.as_ref().ok_or(Trouble::Closed)?;
        questions.try_send(question).map_err(|error| match error {
            TrySendError::Full(_) => Trouble::Busy,
            TrySendError::Disconnected(_) => Trouble::Closed,
        })?;
        answer.await.unwrap_or_else(|_gone| Err(Trouble::Silent.into()))
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.questions = None;
        for thread in self.threads.drain(..) {
            // It catches panics of its questions, and there is nobody left to tell of any other.
            let ended = thread.join();
            drop(ended);
        }
    }
}

fn serve(mut conn: SqliteConnection, questions: &Mutex<Receiver<Question>>) {
    loop {
        // One thread waits for the next question, the others wait for their turn to wait.
        let next = questions.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(question) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| question(&mut conn))).is_err() {
            tracing::error!("a question to the store panicked");
        }
    }
}
