//! A change in the making: what the arms of a callback's life are written with.

use super::change::{Changed, Outcome, TimerChange};
use super::{Callback, Kind, Reason, State, Submission, Voided};
use crate::effect::{Effect, Signal, Timer};
use crate::event::{Actor, Event, Happening};
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::wait::{Promise, Waited};

/// Sessions whose tokens are remembered after they became void.
const VOIDED_KEPT: usize = 16;
/// A change in the making.
pub(super) struct Step {
    pub(super) changed: Changed,
    pub(super) from: State,
    pub(super) now: Timestamp,
}

impl Step {
    pub(super) fn with(mut self, write: impl FnOnce(&mut Callback)) -> Self {
        write(&mut self.changed.callback);
        self
    }

    pub(super) fn submission(self, write: impl FnOnce(&mut Submission)) -> Self {
        self.with(|callback| {
            if let Some(submission) = &mut callback.submission {
                write(submission);
            }
        })
    }

    pub(super) fn timer(mut self, timer: Timer) -> Self {
        self.changed.timer = TimerChange::Set(timer);
        self
    }

    /// The timer of a callback that waits here.
    pub(super) fn due_timer(&self) -> Timer {
        let callback = &self.changed.callback;
        Timer {
            at: callback.submit_from().max(self.now),
            effect: Effect::Submit { attempt: callback.attempt_due() },
        }
    }

    /// Makes the standing submission void: its token is remembered only to tell its session so.
    pub(super) fn void(self) -> Self {
        self.with(|callback| {
            if let Some(Submission { attempt, token, .. }) = callback.submission.take() {
                if callback.voided.len() == VOIDED_KEPT {
                    callback.voided.remove(0);
                }
                callback.voided.push(Voided { attempt, token });
            }
        })
    }

    /// An agent is reserved: the attempt's wait in its queue is over, once.
    pub(super) fn waited(mut self) -> Self {
        let submission = self.changed.callback.submission.as_mut();
        self.changed.waited = submission.and_then(|sent| {
            let ticket = sent.ticket.take()?;
            let secs = self.now.duration_since(sent.started_at?).as_secs_f64();
            Some(Waited { ticket, secs })
        });
        self
    }

    /// The customer's phone rang for the first time, if it did: a promised time was kept or missed.
    pub(super) fn rung(mut self) -> Self {
        let callback = &self.changed.callback;
        if let Some(reached_at) = callback.reached_at.filter(|_| callback.kind == Kind::Scheduled) {
            let late_secs = reached_at.duration_since(callback.desired_at).as_secs_f64();
            let teaches = callback.ring_teaches(late_secs);
            self.changed.promise = Some(Promise { late_secs, teaches });
        }
        self
    }

    /// Tells the standing session something, where one is known.
    pub(super) fn signal(mut self, signal: Signal) -> Self {
        let submission = self.changed.callback.submission.as_ref();
        if let Some((submission, session)) =
            submission.and_then(|submission| Some((submission, submission.session.clone()?)))
        {
            let node = submission.node.clone();
            self.changed.effects.push(Effect::Signal { session, node, signal });
        }
        self
    }

    /// Ends the callback; `called_off` gives its place back.
    pub(super) fn complete(mut self, reason: Reason, by: &Actor, called_off: bool) -> Self {
        // A session that reported the end itself needs no word, nor one whose customer is on the line.
        if *by != Actor::Session && self.from != State::Processing {
            let signal = Signal::Cancel { reason: reason.clone(), by: by.kind().to_owned() };
            self = self.signal(signal);
        }
        if called_off {
            self.changed.released = self.changed.callback.slot.take();
        }
        let now = self.now;
        self.changed.timer = TimerChange::Clear;
        self.with(|callback| {
            callback.state = State::Completed;
            callback.reason = Some(reason);
            callback.completed_at = Some(now);
            callback.diagnostics.position = None;
            callback.diagnostics.ewt_secs = None;
            if let Some(submission) = &mut callback.submission {
                submission.ticket = None;
            }
        })
        .event(Happening::Completed, by.clone(), None)
    }

    /// Puts the callback off, as its session asks: its place goes to whoever books next, and it takes no other, because
    /// it was promised a call and not a second booking. Too often is the end of it.
    pub(super) fn put_off(self, desired_at: Timestamp, note: Option<String>) -> Self {
        let mut step = self.with(|callback| callback.put_off += 1);
        if step.changed.callback.put_off > step.changed.callback.settings.max_attempts {
            return step.complete(Reason::RESCHEDULE_LIMIT, &Actor::Session, true);
        }
        step.changed.released = step.changed.callback.slot.take();
        let step = step.void().with(|callback| {
            callback.state = State::Scheduled;
            callback.kind = Kind::Scheduled;
            callback.desired_at = desired_at;
            callback.diagnostics.position = None;
            callback.diagnostics.ewt_secs = None;
        });
        let timer = step.due_timer();
        step.timer(timer).event(Happening::Rescheduled, Actor::Session, note)
    }

    pub(super) fn event(mut self, what: Happening, by: Actor, note: Option<String>) -> Self {
        let callback = &self.changed.callback;
        let attempt = callback.submission.as_ref().map(|submission| submission.attempt);
        let void = callback.voided.last().map(|voided| voided.attempt);
        self.changed.event = Some(Event {
            // Numbered in `done`, when the revision is known.
            revision: callback.revision,
            at: self.now,
            what,
            by,
            from: Some(self.from),
            to: callback.state,
            attempt: attempt.or(void),
            reason: callback.reason.clone(),
            note,
        });
        self
    }

    /// Adds a remark to what happened.
    pub(super) fn remark(mut self, note: Option<String>) -> Self {
        if let Some(event) = &mut self.changed.event {
            event.note = note;
        }
        self
    }

    #[expect(clippy::unnecessary_wraps, reason = "every arm of a life ends in a result")]
    pub(super) fn done(mut self) -> Result<Outcome, Refusal> {
        let callback = &mut self.changed.callback;
        callback.revision = callback.revision.next();
        callback.changed_at = self.now;
        if let Some(event) = &mut self.changed.event {
            event.revision = callback.revision;
            event.to = callback.state;
        }
        Ok(Outcome::Changed(Box::new(self.changed)))
    }
}
