//! The callback's life: one function from a change to what follows, exhaustive over changes and states.
//!
//! Transitions: SCHEDULED → QUEUED → ROUTING → PROCESSING → COMPLETED; back from ROUTING or PROCESSING to QUEUED
//! (redial); from PROCESSING to SCHEDULED (its session puts it off), and from any live state where somebody gives it
//! another time or its session is lost.

use super::change::{Change, Changed, Edit, Outcome, Placement, TimerChange};
use super::step::Step;
use super::{Action, Callback, Diagnostics, Patch, PushTarget, Reason, Report, State, Submission};
use crate::effect::{Effect, Notice, Signal};
use crate::event::{Actor, Happening};
use crate::id::Attempt;
use crate::refusal::{Miss, Refusal};
use crate::time::{SignedDuration, Timestamp};
use crate::token::TokenHash;

/// Devices of one customer that are told: a change has room for no more effects.
const TARGETS_TOLD: usize = 16;

impl Callback {
    /// What follows from `change` at `now`.
    ///
    /// The one place where a callback's state moves. Pure: the same input gives the same outcome, and the store
    /// keeps all of it or nothing.
    pub fn apply(self, change: &Change, now: Timestamp) -> Result<Outcome, Refusal> {
        match change {
            Change::Submit { attempt, token } => self.submit(*attempt, *token, now),
            Change::Sent { attempt, session, node } => {
                self.sent(*attempt, session.as_ref(), node.as_deref(), now)
            }
            Change::Unsent { attempt, retry_at } => {
                self.unsent(*attempt, *retry_at, (Happening::Unsent, None), now)
            }
            Change::Refused { attempt, why, retry_at } => {
                self.unsent(*attempt, *retry_at, (Happening::Refused, Some(why.clone())), now)
            }
            Change::Unacknowledged { attempt } => self.unacknowledged(*attempt, now),
            Change::Lapse { attempt } => self.lapse(*attempt, now),
            Change::Started { attempt, session, node, ticket } => {
                self.started(*attempt, session, node.as_deref(), ticket.as_deref(), now)
            }
            Change::Report(report) => self.report(report, now),
            Change::Seen { attempt, seen, last_seq } => self.seen(*attempt, seen, *last_seq, now),
            Change::Missing { attempt, asked } => self.missing(*attempt, *asked, now),
            Change::Silent { attempt, asked } => self.silent(*attempt, *asked, now),
            Change::Cancel { by, note } => self.cancel(by, Reason::CANCELLED, note.clone(), now),
            Change::CalledIn => self.cancel(&Actor::Flow, Reason::CUSTOMER_CALLED_IN, None, now),
            Change::Reschedule { by, to } => self.reschedule(by, to, now),
            Change::Prioritise { by, priority } => self.prioritise(by, *priority, now),
            Change::Edit { by, edit } => self.edit(by, edit, now),
            Change::Patch { attempt, patch } => self.patch(*attempt, patch, now),
            Change::Upcoming => self.upcoming(now),
            Change::DropTarget { target } => self.drop_target(target, now),
            Change::Expire => self.expire(now),
            Change::Block => match self.state {
                State::Scheduled => {
                    self.step(now).complete(Reason::FAIL_QUEUEING, &Actor::System, false).done()
                }
                state @ (State::Queued | State::Routing | State::Processing | State::Completed) => {
                    Err(Refusal::NotInState(state))
                }
            },
        }
    }

    /// Whether a session that shows `token` may speak for the callback, and as which attempt.
    pub fn admit(&self, token: TokenHash) -> Result<Attempt, Refusal> {
        let live = self.submission.as_ref().filter(|submission| submission.token == token);
        match live {
            Some(submission) => Ok(submission.attempt),
            None if self.voided.iter().any(|voided| voided.token == token) => {
                Err(Refusal::Superseded { live: self.live_attempt() })
            }
            None => Err(Refusal::TokenInvalid),
        }
    }

    pub(super) fn step(self, now: Timestamp) -> Step {
        Step {
            from: self.state,
            now,
            changed: Changed {
                callback: self,
                event: None,
                timer: TimerChange::Keep,
                effects: Vec::new(),
                released: None,
                claim: None,
                waited: None,
                promise: None,
            },
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "every arm of a life ends in a result")]
    pub(super) fn unchanged(self) -> Result<Outcome, Refusal> {
        Ok(Outcome::Unchanged(Box::new(self)))
    }

    /// The standing submission, if it is this attempt's.
    pub(super) fn standing_attempt(&self, attempt: Attempt) -> Result<&Submission, Refusal> {
        match &self.submission {
            _ if self.state == State::Completed => Err(Refusal::Completed),
            Some(submission) if submission.attempt == attempt => Ok(submission),
            _ => Err(Refusal::Superseded { live: self.live_attempt() }),
        }
    }

    /// The state that the session itself told last: asked, it may have told of a later one.
    fn said(&self, submission: &Submission) -> State {
        match &submission.last_report {
            Some(last) => last.state,
            None => self.state.min(State::Queued),
        }
    }

    fn report(self, report: &Report, now: Timestamp) -> Result<Outcome, Refusal> {
        let last = self.submission.as_ref().and_then(|submission| submission.last_report.as_ref());
        if let Some(last) = last.filter(|last| last.attempt == report.attempt) {
            if last == report {
                return self.unchanged();
            }
            if self.state != State::Completed && report.seq <= last.seq {
                return Err(Refusal::StaleUpdate);
            }
        }
        let submission = self.standing_attempt(report.attempt)?;
        let attempt = submission.attempt;
        let said = self.said(submission);
        // A state on the way may be missing: a word that was not delivered is not repeated for ever.
        let legal = match (said, report.state) {
            (State::Scheduled | State::Queued | State::Routing, State::Queued | State::Routing)
            | (State::Processing, State::Queued)
            | (
                State::Scheduled | State::Queued | State::Routing | State::Processing,
                State::Processing | State::Completed,
            ) => true,
            (State::Processing, State::Scheduled) => report.next_desired_at.is_some(),
            (State::Scheduled | State::Queued | State::Routing, State::Scheduled)
            | (State::Processing, State::Routing)
            | (State::Completed, _) => false,
        };
        if !legal {
            return Err(Refusal::IllegalTransition { from: said, to: report.state });
        }
        let put_off = match report.next_desired_at {
            Some(to) if report.state == State::Scheduled => Some(self.put_off_to(to, now)?),
            Some(_) | None => None,
        };
        let watch = self.watch(attempt, now);
        let from = self.state;
        let rung = self.reached_at.is_some();
        let note = report.dial.as_ref().map(|dial| dial.result.as_str().to_owned());
        let mut step = self
            .step(now)
            .with(|callback| {
                callback.unanswered = 0;
                callback.learn(report, now);
            })
            .submission(|submission| {
                submission.last_report = Some(report.clone());
                submission.lives(now);
                // A wait whose end nobody saw teaches nothing.
                let waits = from <= State::Queued && report.state <= State::Routing;
                if !waits && report.state != State::Routing {
                    submission.ticket = None;
                }
            });
        if report.state == State::Routing {
            step = step.waited();
        }
        if !rung {
            step = step.rung();
        }
        match report.state {
            State::Completed => {
                let reason = report.reason.clone().unwrap_or(Reason::AGENT_CONNECTED);
                return step.complete(reason, &Actor::Session, false).done();
            }
            State::Scheduled | State::Queued | State::Routing | State::Processing => {}
        }
        if let Some(desired_at) = put_off {
            return step.put_off(desired_at, note).done();
        }
        // A word that comes after the session was asked goes no way back.
        let to = if report.state >= said { report.state.max(from) } else { report.state };
        step = step.with(|callback| callback.state = to);
        if from == State::Scheduled {
            step = step.timer(watch).event(Happening::Started, Actor::Session, note);
        } else if from != to {
            step = step.event(Happening::Moved, Actor::Session, note);
        } else if note.is_some() {
            step = step.event(Happening::Dialled, Actor::Session, note);
        }
        step.done()
    }

    fn cancel(
        self,
        by: &Actor,
        reason: Reason,
        note: Option<String>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        if self.allows(Action::Cancel) {
            self.step(now).complete(reason, by, true).remark(note).done()
        } else if self.reason.as_ref() == Some(&reason) {
            self.unchanged()
        } else {
            Err(Refusal::NotInState(self.state))
        }
    }

    fn reschedule(self, by: &Actor, to: &Placement, now: Timestamp) -> Result<Outcome, Refusal> {
        if !self.allows(Action::Reschedule) {
            return Err(Refusal::NotInState(self.state));
        }
        let slot = to.claim.map(|claim| claim.start);
        let stays = self.state == State::Scheduled && self.submission.is_none();
        if stays && self.desired_at == to.desired_at && self.slot == slot {
            return self.unchanged();
        }
        let signal = Signal::Reschedule { desired_at: to.desired_at };
        let old_slot = self.slot;
        let mut step = self.step(now).signal(signal).void().with(|callback| {
            callback.state = State::Scheduled;
            callback.kind = to.kind;
            callback.desired_at = to.desired_at;
            callback.first_desired_at = to.desired_at;
            callback.slot = slot;
            callback.unanswered = 0;
            callback.upcoming_at = None;
            callback.diagnostics = Diagnostics::default();
        });
        if old_slot != slot {
            step.changed.released = old_slot;
            step.changed.claim = to.claim;
        }
        let timer = step.due_timer();
        step.timer(timer)
            .event(Happening::Rescheduled, by.clone(), Some(to.desired_at.to_string()))
            .done()
    }

    fn prioritise(self, by: &Actor, priority: u32, now: Timestamp) -> Result<Outcome, Refusal> {
        match self.state {
            State::Scheduled | State::Queued | State::Routing => {}
            State::Processing | State::Completed => return Err(Refusal::NotInState(self.state)),
        }
        if self.details.priority == Some(priority) {
            return self.unchanged();
        }
        self.step(now)
            .with(|callback| callback.details.priority = Some(priority))
            .signal(Signal::Priority { priority })
            .event(Happening::Prioritised, by.clone(), Some(priority.to_string()))
            .done()
    }

    fn edit(self, by: &Actor, edit: &Edit, now: Timestamp) -> Result<Outcome, Refusal> {
        if !self.allows(Action::Edit) {
            return Err(Refusal::NotInState(self.state));
        }
        self.step(now)
            .with(|callback| {
                if let Some(phone) = &edit.phone {
                    callback.phone = phone.clone();
                }
                if let Some(language) = &edit.language {
                    callback.details.language = Some(language.clone());
                }
                if let Some(data) = &edit.user_data {
                    callback.details.user_data = data.clone();
                }
            })
            .event(Happening::Edited, by.clone(), None)
            .done()
    }

    /// Whether the customer is to be told now that the call is near, for a session that has this long to wait.
    ///
    /// Only a callback that is on its way into its queue, or in it: once an agent is reserved the phone rings anyway.
    pub fn nears(&self, ewt_secs: Option<u32>) -> bool {
        let on_its_way = match self.state {
            State::Scheduled => self.submission.is_some(),
            State::Queued => true,
            State::Routing | State::Processing | State::Completed => false,
        };
        let threshold = self.nearness_secs();
        on_its_way && ewt_secs.zip(threshold).is_some_and(|(ewt, threshold)| ewt < threshold)
    }

    /// The wait below which the customer is told that the call is near; none where nobody is to be told, or was already.
    pub fn nearness_secs(&self) -> Option<u32> {
        let told = self.upcoming_at.is_some() || self.details.push_targets.is_empty();
        let minutes = self.settings.push_notification_threshold_minutes?;
        (!told).then(|| minutes.saturating_mul(60))
    }

    fn upcoming(self, now: Timestamp) -> Result<Outcome, Refusal> {
        match self.state {
            State::Scheduled | State::Queued | State::Routing => {}
            State::Processing | State::Completed => return Err(Refusal::NotInState(self.state)),
        }
        if self.upcoming_at.is_some() {
            return Err(Refusal::AlreadySent);
        }
        let notice = Notice::CallbackUpcoming;
        let targets = self.details.push_targets.iter().take(TARGETS_TOLD).cloned();
        let pushes: Vec<_> = targets.map(|target| Effect::Push { notice, target }).collect();
        let mut step = self.step(now).with(|callback| callback.upcoming_at = Some(now));
        step.changed.effects.extend(pushes);
        step.event(Happening::Upcoming, Actor::System, None).done()
    }

    /// What a session keeps; its last words may come after the end.
    fn patch(self, attempt: Attempt, patch: &Patch, now: Timestamp) -> Result<Outcome, Refusal> {
        if self.submission.as_ref().is_none_or(|sent| sent.attempt != attempt) {
            return Err(Refusal::Superseded { live: self.live_attempt() });
        }
        let storage = self.storage.patched(patch)?;
        self.step(now).with(|callback| callback.storage = storage).done()
    }

    /// A device that is gone is no news to anybody who reads the history, and of no use to a callback that has ended.
    fn drop_target(self, target: &PushTarget, now: Timestamp) -> Result<Outcome, Refusal> {
        if !self.open() || !self.details.push_targets.contains(target) {
            return self.unchanged();
        }
        self.step(now)
            .with(|callback| callback.details.push_targets.retain(|other| other != target))
            .done()
    }

    pub(super) fn expire(self, now: Timestamp) -> Result<Outcome, Refusal> {
        if self.state == State::Completed {
            return Err(Refusal::Completed);
        }
        if now < self.expires_at() {
            return self.unchanged();
        }
        self.step(now).complete(Reason::FAIL_TIMEOUT_TTL, &Actor::System, false).done()
    }

    /// The time to which a session may put the callback off: not the past, and no further ahead than customers book.
    fn put_off_to(&self, to: Timestamp, now: Timestamp) -> Result<Timestamp, Refusal> {
        let ahead = SignedDuration::from_hours(i64::from(self.settings.max_days_ahead) * 24);
        let latest = now.saturating_add(ahead).unwrap_or(Timestamp::MAX);
        if to > latest {
            return Err(Refusal::OutsideWindow { miss: Miss::TooFar, earliest: now, latest });
        }
        Ok(to.max(now))
    }

    /// Takes in what a session's update tells beside the state.
    fn learn(&mut self, report: &Report, now: Timestamp) {
        let known = &mut self.diagnostics;
        known.seen_at = Some(now);
        known.position = report.position;
        known.ewt_secs = report.ewt_secs;
        let newer = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        newer(&report.interaction_id, &mut known.interaction_id);
        newer(&report.call_uuid, &mut known.call_uuid);
        newer(&report.agent, &mut known.agent);
        if let Some(dial) = &report.dial {
            self.reached_at.get_or_insert(dial.at.min(now));
            self.remember(dial);
        } else if report.state == State::Processing {
            self.reached_at.get_or_insert(now);
        }
    }
}
