//! What happens to a callback between its entry into a virtual queue and its end: the questions
//! that a session asks of whatever routes and dials for it. Apart, so that a test may lay the
//! life down by script while the demo leaves it to a contact centre.

use super::script::Scripted;
use crate::centre::{Basis, Befell};
use crate::floor::Floor;
use crate::progress::{Entry, Progress};

/// Where a waiting callback stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// From 1, the next to be served.
    pub(crate) position: usize,
    /// Simulated seconds still to wait, if it can be told.
    pub(crate) ewt_secs: Option<f64>,
}

/// Progress of one session at one simulated time.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) at_ms: i64,
    pub(crate) session: String,
    pub(crate) progress: Progress,
}

/// Who routes and dials.
#[derive(Debug)]
pub(crate) enum Life {
    Scripted(Box<Scripted>),
    Centre(Floor),
}

impl Life {
    /// Enters a queue; false if there is no such queue.
    pub(crate) fn enter(&mut self, now_ms: i64, entry: Entry) -> bool {
        match self {
            Self::Scripted(life) => {
                life.enter(now_ms, entry);
                true
            }
            Self::Centre(floor) => floor.enter(now_ms, entry),
        }
    }

    /// Forgets a session, whatever it is doing.
    pub(crate) fn leave(&mut self, session: &str) {
        match self {
            Self::Scripted(life) => life.leave(session),
            Self::Centre(floor) => floor.leave(session),
        }
    }

    /// While held, the customer's phone does not begin to ring.
    pub(crate) fn hold(&mut self, session: &str, held: bool) {
        match self {
            Self::Scripted(life) => life.hold(session, held),
            Self::Centre(floor) => floor.as_left(|centre| centre.hold(session, held)),
        }
    }

    pub(crate) fn set_priority(&mut self, now_ms: i64, session: &str, priority: i64) {
        match self {
            Self::Scripted(life) => life.set_priority(session, priority),
            Self::Centre(floor) => {
                floor.at(now_ms, |centre| centre.set_priority(session, priority));
            }
        }
    }

    /// The customer of a user-originated callback is on the line.
    pub(crate) fn customer_ready(&mut self, now_ms: i64, session: &str) {
        match self {
            Self::Scripted(life) => life.customer_ready(now_ms, session),
            Self::Centre(floor) => floor.at(now_ms, |centre| centre.customer_ready(session)),
        }
    }

    pub(crate) fn place(&self, now_ms: i64, session: &str) -> Option<Place> {
        match self {
            Self::Scripted(life) => life.place(now_ms, session),
            Self::Centre(floor) => floor.at(now_ms, |centre| {
                let (position, queue) = centre.place_of(session)?;
                let ewt_secs = queue.wait_secs(position, Basis::RecentHandling);
                Some(Place { position, ewt_secs })
            }),
        }
    }

    pub(crate) fn next_at(&self) -> Option<i64> {
        match self {
            Self::Scripted(life) => life.next_at(),
            Self::Centre(floor) => floor
                .as_left(|centre| centre.untold_at_secs().or_else(|| centre.next_at_secs()))
                .map(|at| floor.ms_of(at)),
        }
    }

    /// Takes the earliest step that is due by `to_ms` and says what it led to, in order.
    pub(crate) fn step(&mut self, to_ms: i64) -> Vec<Happening> {
        match self {
            Self::Scripted(life) => life.step(to_ms),
            Self::Centre(floor) => {
                // Rounded up: what is due at this millisecond is due.
                let to_secs = floor.secs_of(to_ms) + 0.000_5;
                let befell = floor.as_left(|centre| {
                    if centre.untold_at_secs().is_none() {
                        centre.step(to_secs);
                    }
                    centre.take_befell()
                });
                befell
                    .into_iter()
                    .map(|Befell { at_secs, tag, progress }| Happening {
                        at_ms: floor.ms_of(at_secs),
                        session: tag,
                        progress,
                    })
                    .collect()
            }
        }
    }
}
