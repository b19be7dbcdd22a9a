//! An orchestration server that remembers what it was told and says what it was told to say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ges_domain::callback::{Diagnostics, Sighting, State};
use ges_domain::effect::Signal;
use ges_domain::id::CallbackId;
use ges_ports::{Fault, FaultKind, Inquiry, Orchestrator, Receipt, SessionRef, SessionRequest};

use crate::house::{HandClock, session};

/// An orchestration server that remembers what it was told and says what it was told to say.
#[derive(Default)]
pub(crate) struct Ors {
    clock: Option<Arc<HandClock>>,
    takes: Mutex<u64>,
    nameless: Mutex<bool>,
    asked: Mutex<usize>,
    starts: Mutex<Vec<SessionRequest>>,
    signals: Mutex<Vec<Signal>>,
    next: Mutex<VecDeque<FaultKind>>,
    down: Mutex<bool>,
    gone: Mutex<bool>,
    silent: Mutex<bool>,
    state: Mutex<Option<State>>,
    view: Mutex<Diagnostics>,
}

impl Ors {
    /// One whose answers can take the time of this clock.
    pub(crate) fn of(clock: Arc<HandClock>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// The starts so far, as callback and attempt.
    pub(crate) fn starts(&self) -> Vec<(CallbackId, u32)> {
        let starts = self.starts.lock().unwrap();
        starts.iter().map(|start| (start.callback.id, start.attempt.number())).collect()
    }

    pub(crate) fn last_start(&self) -> SessionRequest {
        self.starts.lock().unwrap().last().cloned().expect("nothing was started")
    }

    pub(crate) fn signals(&self) -> Vec<Signal> {
        self.signals.lock().unwrap().clone()
    }

    /// The next call fails like this.
    pub(crate) fn fail(&self, kind: FaultKind) {
        self.next.lock().unwrap().push_back(kind);
    }

    /// It cannot be reached, or can again.
    pub(crate) fn down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    /// From now on each question about a session takes so many seconds.
    pub(crate) fn takes(&self, secs: u64) {
        *self.takes.lock().unwrap() = secs;
    }

    /// From now on answers to starts name no session, as by the stream.
    pub(crate) fn keep_names(&self) {
        *self.nameless.lock().unwrap() = true;
    }

    /// How often a session was asked after.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// From now on every session says this of itself.
    pub(crate) fn show(&self, view: Diagnostics) {
        *self.view.lock().unwrap() = view;
    }

    /// From now on every session says that it is in this state.
    pub(crate) fn say(&self, state: State) {
        *self.state.lock().unwrap() = Some(state);
    }

    /// From now on the owner of every session is silent.
    pub(crate) fn fall_silent(&self) {
        *self.silent.lock().unwrap() = true;
    }

    /// From now on no session is found.
    pub(crate) fn lose_everything(&self) {
        *self.gone.lock().unwrap() = true;
    }

    fn trouble(&self) -> Result<(), Fault> {
        if *self.down.lock().unwrap() {
            return Err(Fault { peer: "ors", kind: FaultKind::Unavailable, source: None });
        }
        match self.next.lock().unwrap().pop_front() {
            Some(kind) => Err(Fault { peer: "ors", kind, source: None }),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Orchestrator for Ors {
    async fn start(&self, request: &SessionRequest) -> Result<Receipt, Fault> {
        self.trouble()?;
        let mut starts = self.starts.lock().unwrap();
        starts.push(request.clone());
        let named = !*self.nameless.lock().unwrap();
        let session = named.then(|| session(request.callback.id, request.attempt));
        Ok(Receipt { session, node: None })
    }

    async fn signal(&self, _session: &SessionRef, signal: &Signal) -> Result<bool, Fault> {
        self.trouble()?;
        self.signals.lock().unwrap().push(signal.clone());
        Ok(true)
    }

    async fn query(&self, _session: &SessionRef) -> Result<Inquiry, Fault> {
        *self.asked.lock().unwrap() += 1;
        if let Some(clock) = &self.clock {
            clock.turn(*self.takes.lock().unwrap());
        }
        self.trouble()?;
        if *self.silent.lock().unwrap() {
            return Ok(Inquiry::Silent);
        }
        if *self.gone.lock().unwrap() {
            return Ok(Inquiry::Gone);
        }
        let state = *self.state.lock().unwrap();
        let diagnostics = self.view.lock().unwrap().clone();
        Ok(Inquiry::Lives(Box::new(Sighting { state, diagnostics })))
    }
}
