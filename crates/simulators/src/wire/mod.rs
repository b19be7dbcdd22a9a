//! What every pretended neighbour has in common: a listener of its own, a journal of what it
//! received, faults it can be told to show, and the knobs under `/_sim/`.

mod control;
mod envelope;
mod fault;
mod journal;
mod middleware;
mod peer;

pub(crate) use control::{BadKnob, knob, shown};
pub(crate) use envelope::{Refused, basic, bearer, fine, kept};
pub use fault::{Action, Answer, Fault};
pub(crate) use journal::Bounded;
pub use journal::Received;
pub(crate) use peer::{Listener, only};
pub use peer::{Neighbour, Peer};

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Clock;

/// The state that the listeners of one neighbour share.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) name: &'static str,
    pub(crate) clock: Clock,
    journal: Mutex<Bounded<Received>>,
    faults: Mutex<Vec<Fault>>,
}

impl Wire {
    pub(crate) fn new(name: &'static str, clock: Clock) -> Self {
        Self { name, clock, journal: Mutex::default(), faults: Mutex::default() }
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Bounded<Received>> {
        held(&self.journal)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        held(&self.faults)
    }
}

/// Locks; a panic of another holder is no reason to panic too, the state is only a pretence.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
