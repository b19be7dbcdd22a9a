//! One transaction for many calls, each decided alone.
//!
//! A call's work runs between savepoints of its own, so a refusal or a failing statement undoes that step and no other.
//! When SQLite gives up the transaction as a whole (a full disk, an error of the device), every call is made again in a
//! transaction of its own; therefore work can be run twice and keeps nothing between its runs.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use ges_ports::Fault;
use tokio::sync::oneshot;

use crate::fault::{OrFault, Trouble, chain};

/// A connection inside a transaction.
pub(crate) struct Session {
    conn: SqliteConnection,
    /// Why the transaction as a whole is gone, if it is.
    lost: Option<String>,
}

impl Session {
    /// A session of a connection that is in no transaction.
    pub(crate) fn new(conn: SqliteConnection) -> Self {
        Self { conn, lost: None }
    }

    /// Makes a step whole or not at all: an error undoes what the step did, and nothing else.
    pub(crate) fn step<T, E: From<Fault> + Error>(
        &mut self,
        step: impl FnOnce(&mut SqliteConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(why) = &self.lost {
            return Err(Fault::from(Trouble::RolledBack(why.clone())).into());
        }
        self.conn.batch_execute("SAVEPOINT step").or_fault()?;
        let answer = step(&mut self.conn);
        let end = match &answer {
            Ok(_) => "RELEASE step",
            Err(_) => "ROLLBACK TO step; RELEASE step",
        };
        match (self.conn.batch_execute(end), answer) {
            (Ok(()), answer) => answer,
            (Err(end), Ok(_)) => {
                self.lost = Some(chain(&end));
                Err(Fault::from(Trouble::Statement(end)).into())
            }
            (Err(_), Err(cause)) => {
                self.lost = Some(chain(&cause));
                Err(cause)
            }
        }
    }

    /// A look at the database that changes nothing.
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }

    /// Runs `work` in one transaction, and says why if the whole of it is undone.
    fn transaction(&mut self, work: impl FnOnce(&mut Self)) -> Result<(), Trouble> {
        self.conn.batch_execute("BEGIN IMMEDIATE").map_err(Trouble::Begin)?;
        self.lost = None;
        work(self);
        let ended = match self.lost.take() {
            Some(why) => Err(Trouble::RolledBack(why)),
            None => self.conn.batch_execute("COMMIT").map_err(Trouble::Commit),
        };
        if ended.is_err() {
            // Where SQLite has rolled back by itself, this fails and changes nothing.
            let already = self.conn.batch_execute("ROLLBACK");
            drop(already);
        }
        ended
    }
}

/// A call that waits for its transaction.
pub(crate) trait Job: Send {
    /// Whether anybody still waits for the answer.
    fn wanted(&self) -> bool;
    /// Does the work; may be asked again after the transaction was undone.
    fn run(&mut self, session: &mut Session);
    /// Gives the answer, which is the trouble if the work was undone.
    fn answer(self: Box<Self>, undone: Option<Fault>);
}

/// Work with somebody who waits for its answer.
pub(crate) struct Call<T, W> {
    work: W,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<T, W> Call<T, W> {
    /// The call, and where its answer comes.
    pub(crate) fn new(work: W) -> (Self, oneshot::Receiver<Result<T, Fault>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work, done: None, reply }, answer)
    }
}

impl<T: Send, W: FnMut(&mut Session) -> T + Send> Job for Call<T, W> {
    fn wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, session: &mut Session) {
        let work = &mut self.work;
        let run = catch_unwind(AssertUnwindSafe(|| work(session)));
        if run.is_err() {
            session.lost = Some(String::from("a call panicked"));
        }
        self.done = run.ok();
    }

    fn answer(self: Box<Self>, undone: Option<Fault>) {
        let answer = match (undone, self.done) {
            (Some(fault), _) => Err(fault),
            (None, Some(done)) => Ok(done),
            (None, None) => Err(Trouble::Silent.into()),
        };
        // Who stopped waiting hears nothing; what was done stays done.
        let heard = self.reply.send(answer);
        drop(heard);
    }
}

/// Makes calls in one transaction, or each in its own where that fails; answers after the commit.
pub(crate) fn together(session: &mut Session, mut jobs: Vec<Box<dyn Job>>) {
    let done = session.transaction(|session| {
        for job in &mut jobs {
            job.run(session);
        }
    });
    match done {
        Ok(()) => {
            for job in jobs {
                job.answer(None);
            }
        }
        Err(Trouble::RolledBack(why)) if jobs.len() > 1 => {
            tracing::warn!(
                calls = jobs.len(),
                why,
                "a shared transaction was undone, its calls are made singly"
            );
            for job in jobs {
                together(session, vec![job]);
            }
        }
        Err(trouble) => {
            tracing::error!(why = chain(&trouble), "a transaction failed");
            let again = |trouble: &Trouble| match trouble {
                Trouble::Commit(_) => Fault::misbehaved("store", chain(trouble)),
                _ => Fault::unavailable("store", chain(trouble)),
            };
            for job in jobs {
                job.answer(Some(again(&trouble)));
            }
        }
    }
}
