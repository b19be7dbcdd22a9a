//! The part of a callback's life that its sessions live: submitted, acknowledged, watched, lost.
//!
//! Apart from the rest, because here every arm asks which attempt speaks.

use super::change::Outcome;
use super::watch::UNHEARD_AFTER;
use super::{Callback, Reason, State, Submission};
use crate::effect::{Effect, Timer};
use crate::event::{Actor, Happening};
use crate::id::{Attempt, SessionId};
use crate::refusal::Refusal;
use crate::time::{SignedDuration, Timestamp};
use crate::token::TokenHash;
use crate::wait::Ticket;

/// A start that was decided and not seen to be sent is sent again after this.
pub const RESEND_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// Without a report this long after the submission, its outcome is unknown.
pub const ACKNOWLEDGE_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// Without a report this long after the submission, the attempt is given up.
pub const LAPSE_AFTER: SignedDuration = SignedDuration::from_secs(120);

impl Callback {
    pub(super) fn submit(
        self,
        attempt: Attempt,
        token: TokenHash,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        match self.state {
            State::Scheduled => {}
            State::Queued | State::Routing | State::Processing => {
                return Err(Refusal::NotInState(self.state));
            }
            State::Completed => return Err(Refusal::Completed),
        }
        if now >= self.expires_at() {
            return self.expire(now);
        }
        if attempt != self.attempt_due() {
            return Err(Refusal::Superseded { live: self.live_attempt() });
        }
        let resend = Timer { at: now + RESEND_AFTER, effect: Effect::Submit { attempt } };
        match &self.submission {
            Some(sent) if sent.sent_at.is_some() => self.unchanged(),
            Some(_) => self
                .step(now)
                .with(|callback| {
                    if let Some(submission) = &mut callback.submission {
                        submission.token = token;
                    }
                })
                .timer(resend)
                .done(),
            None => self
                .step(now)
                .with(|callback| {
                    callback.attempts = attempt.number();
                    callback.submission = Some(Submission {
                        attempt,
                        token,
                        submitted_at: now,
                        sent_at: None,
                        session: None,
                        node: None,
                        started_at: None,
                        unknown: false,
                        last_report: None,
                        missing_since: None,
                        silent_since: None,
                        unheard: false,
                        ticket: None,
                    });
                })
                .timer(resend)
                .event(Happening::Submitting, Actor::System, None)
                .done(),
        }
    }

    pub(super) fn sent(
        self,
        attempt: Attempt,
        session: Option<&SessionId>,
        node: Option<&str>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        // The session may have reported before the answer to its start was taken in.
        if submission.sent_at.is_some() || submission.started_at.is_some() {
            return match session.filter(|_| submission.session.is_none()) {
                Some(session) => self.introduced(session, node, now),
                None => self.unchanged(),
            };
        }
        let timer = Timer { at: now + ACKNOWLEDGE_AFTER, effect: Effect::Acknowledge { attempt } };
        self.step(now)
            .submission(|submission| {
                submission.sent_at = Some(now);
                submission.submitted_at = now;
                submission.unknown = false;
                submission.session = session.cloned();
                submission.node = node.map(str::to_owned);
            })
            .timer(timer)
            .event(Happening::Submitted, Actor::System, None)
            .done()
    }

    pub(super) fn unsent(
        self,
        attempt: Attempt,
        retry_at: Timestamp,
        (what, why): (Happening, Option<String>),
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        if submission.sent_at.is_some() || submission.started_at.is_some() {
            return self.unchanged();
        }
        self.step(now)
            .timer(Timer { at: retry_at, effect: Effect::Submit { attempt } })
            .event(what, Actor::System, why)
            .done()
    }

    pub(super) fn unacknowledged(
        self,
        attempt: Attempt,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        if submission.started_at.is_some() || submission.unknown {
            return self.unchanged();
        }
        // Who was away cannot take silence for an answer: the session is asked, or given its time once more.
        let acknowledge_at = submission.submitted_at + ACKNOWLEDGE_AFTER;
        let away = now.duration_since(acknowledge_at) >= UNHEARD_AFTER;
        let since = if away { now - ACKNOWLEDGE_AFTER } else { submission.submitted_at };
        let timer = if away && submission.session.is_some() {
            Timer { at: now, effect: Effect::Watch { attempt } }
        } else {
            Timer { at: since + LAPSE_AFTER, effect: Effect::Lapse { attempt } }
        };
        self.step(now)
            .submission(|submission| {
                submission.unknown = true;
                submission.unheard = away;
            })
            .timer(timer)
            .event(Happening::OutcomeUnknown, Actor::System, None)
            .done()
    }

    pub(super) fn lapse(self, attempt: Attempt, now: Timestamp) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        if submission.started_at.is_some() {
            return self.unchanged();
        }
        if now >= self.expires_at() {
            return self.expire(now);
        }
        if submission.unheard {
            return self
                .step(now)
                .complete(Reason::FAIL_SESSION_LOST, &Actor::System, false)
                .done();
        }
        let unanswered = self.unanswered.saturating_add(1);
        let spent = unanswered >= self.settings.max_attempts;
        let next = attempt.next();
        let step = self.step(now).with(|callback| callback.unanswered = unanswered);
        if spent {
            return step.complete(Reason::FAIL_SUBMIT, &Actor::System, false).done();
        }
        step.void()
            .timer(Timer { at: now, effect: Effect::Submit { attempt: next } })
            .event(Happening::Lapsed, Actor::System, None)
            .done()
    }

    pub(super) fn started(
        self,
        attempt: Attempt,
        session: &SessionId,
        node: Option<&str>,
        ticket: Option<&Ticket>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        if submission.started_at.is_some() {
            return match &submission.session {
                Some(known) if known.names(session) => self.unchanged(),
                // One attempt has one session: a second one that claims the same attempt must end itself.
                Some(_) => Err(Refusal::Superseded { live: self.live_attempt() }),
                // Its first state overtook this word. What was expected of its queue when it entered it is not known.
                None => self.introduced(session, node, now),
            };
        }
        let watch = self.watch(attempt, now);
        self.step(now)
            .with(|callback| {
                callback.state = State::Queued;
                callback.unanswered = 0;
            })
            .submission(|submission| {
                submission.session = Some(session.clone());
                // Who took the start is an address; the session's name for its node may mean nothing to us.
                submission.node = submission.node.take().or(node.map(str::to_owned));
                submission.lives(now);
                submission.ticket = ticket.copied().map(Box::new);
            })
            .timer(watch)
            .event(Happening::Started, Actor::Session, None)
            .done()
    }

    /// The session whose name was not known when it first reported: from now on it can be asked after.
    fn introduced(
        self,
        session: &SessionId,
        node: Option<&str>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        self.step(now)
            .submission(|submission| {
                submission.session = Some(session.clone());
                submission.node = submission.node.take().or(node.map(str::to_owned));
            })
            .done()
    }
}
