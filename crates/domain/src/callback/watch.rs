//! A live session is asked after: what it says moves the callback on, and one that is gone is lost.
//!
//! Apart from its reports, because an answer has no number: it may be older than what the session told meanwhile.

use super::change::Outcome;
use super::{Callback, Diagnostics, Dial, Reason, State, Submission};
use crate::effect::{Effect, Timer};
use crate::event::{Actor, Happening};
use crate::id::Attempt;
use crate::refusal::Refusal;
use crate::retry::spread;
use crate::time::{SignedDuration, Timestamp};

/// A live session is asked after this often, ± 20 %.
pub const WATCH_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// A missing session is looked for once more after this, before it counts as lost: longer than a session waits between two
/// tries to deliver a word, which is ten seconds at most. One that ended while this service was away has its last word on
/// the way.
pub const MISSING_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(15);
/// A session whose owner is silent for this long, while its neighbours answer, died with it: longer than a session
/// tries to deliver a word.
pub const SILENT_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Who asks after a session so much too late was away, perhaps for the two minutes in which the session tried to
/// deliver its last word: the look before was up to 36 s earlier.
pub const UNHEARD_AFTER: SignedDuration = SignedDuration::from_secs(80);

/// Dials that are remembered.
const DIALS_KEPT: usize = 20;
/// Dials that did not bring the customer to the phone. Any other word may mean that they did.
const MISSED: [&str; 8] = [
    "ANSWERING_MACHINE",
    "BUSY",
    "CREATE_CALL_ERROR",
    "ERROR_TONE",
    "FAILED_TO_ESTABLISH_CUSTOMER_ORIGINATED_MEDIA",
    "FAX",
    "NO_ANSWER",
    "PUSH_SEND_ERROR",
];

/// What a session says of itself when it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sighting {
    /// The state that it is in, where it says so.
    pub state: Option<State>,
    /// The rest; of its dials the last.
    pub diagnostics: Diagnostics,
}

/// When a session was asked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// When the answer came, which may be earlier than it is taken in.
    pub at: Timestamp,
    /// When the question was due.
    pub due_at: Timestamp,
}

impl Asked {
    /// Whether nobody was here to hear the session's last words.
    fn unheard(&self) -> bool {
        self.at.duration_since(self.due_at) >= UNHEARD_AFTER
    }
}

impl Submission {
    /// Its session gave a sign of life.
    pub(super) fn lives(&mut self, now: Timestamp) {
        self.started_at.get_or_insert(now);
        self.sent_at.get_or_insert(now);
        self.unknown = false;
        self.missing_since = None;
        self.silent_since = None;
        self.unheard = false;
    }
}

impl Callback {
    /// Whether what the session of an attempt says of itself is known already.
    ///
    /// An answer that says nothing new is not worth a write: ten thousand sessions are asked all day.
    pub fn knows(&self, attempt: Attempt, seen: &Sighting) -> bool {
        let standing = self.submission.as_ref().filter(|sent| sent.attempt == attempt);
        let (known, said) = (&self.diagnostics, &seen.diagnostics);
        let expected = standing.is_some_and(|sent| {
            let looked_for = sent.missing_since.or(sent.silent_since).is_some();
            sent.started_at.is_some() && !looked_for && sent.unheard == seen.ends()
        });
        expected
            && self.ahead(seen).is_none()
            && self.dialled(seen).is_none()
            && known.position == said.position
            && known.ewt_secs == said.ewt_secs
            && known.priority == said.priority
            && known.interaction_id == said.interaction_id
            && known.call_uuid == said.call_uuid
            && known.agent == said.agent
            && known.last_error == said.last_error
    }

    /// The session was asked when `last_seq` was its newest report, and lives.
    pub(super) fn seen(
        self,
        attempt: Attempt,
        seen: &Sighting,
        last_seq: Option<u64>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        if self.knows(attempt, seen) {
            return self.unchanged();
        }
        // What the session told after it was asked is newer than its answer.
        let newest = submission.last_report.as_ref().map(|report| report.seq);
        let ahead = self.ahead(seen).filter(|_| newest == last_seq);
        let from = self.state;
        let to = ahead.unwrap_or(from).max(State::Queued);
        let dial = self.dialled(seen).cloned();
        let note = dial.as_ref().map(|dial| dial.result.as_str().to_owned());
        let watch = self.watch(attempt, now);
        let step = self
            .step(now)
            .with(|callback| {
                let dials = std::mem::take(&mut callback.diagnostics.dials);
                callback.diagnostics =
                    Diagnostics { seen_at: Some(now), dials, ..seen.diagnostics.clone() };
                if let Some(dial) = &dial {
                    callback.remember(dial);
                }
                callback.state = to;
                callback.unanswered = 0;
            })
            .submission(|submission| {
                submission.lives(now);
                // It has ended, and may not be there to be asked for how.
                submission.unheard = seen.ends();
                if to == State::Processing {
                    submission.ticket = None;
                }
            })
            .timer(watch);
        match (from, note) {
            (State::Scheduled, note) => step.event(Happening::Started, Actor::Session, note),
            (_, note) if from != to => step.event(Happening::Moved, Actor::Session, note),
            (_, None) => step,
            (_, note) => step.event(Happening::Dialled, Actor::Session, note),
        }
        .done()
    }

    /// Those who would know the session say that there is none.
    pub(super) fn missing(
        self,
        attempt: Attempt,
        asked: Asked,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        match submission.missing_since {
            None => {
                let look_again =
                    Timer { at: now + MISSING_AGAIN_AFTER, effect: Effect::Watch { attempt } };
                self.step(now)
                    .submission(|submission| {
                        submission.missing_since = Some(asked.at);
                        submission.unheard |= asked.unheard();
                    })
                    .timer(look_again)
                    .event(Happening::SessionMissing, Actor::System, None)
                    .done()
            }
            Some(since) if asked.at.duration_since(since) < MISSING_AGAIN_AFTER => self.unchanged(),
            Some(_) => self.lose(attempt, now),
        }
    }

    /// Its owner is silent, and other nodes near it answer.
    pub(super) fn silent(
        self,
        attempt: Attempt,
        asked: Asked,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let submission = self.standing_attempt(attempt)?;
        match submission.silent_since {
            None => {
                let watch = self.watch(attempt, now);
                self.step(now)
                    .submission(|submission| {
                        submission.silent_since = Some(asked.at);
                        submission.unheard |= asked.unheard();
                    })
                    .timer(watch)
                    .done()
            }
            Some(since) if asked.at.duration_since(since) < SILENT_FOR => self.unchanged(),
            Some(_) => self.lose(attempt, now),
        }
    }

    /// The session is lost: another takes its place, unless the customer may have been reached by it.
    fn lose(self, attempt: Attempt, now: Timestamp) -> Result<Outcome, Refusal> {
        if now >= self.expires_at() {
            return self.expire(now);
        }
        let lost = self.lost.saturating_add(1);
        let spent = lost >= self.settings.max_attempts;
        let reached = self.perhaps_reached();
        let step = self.step(now).with(|callback| callback.lost = lost);
        // A customer who was on the line is not called a second time because a session vanished.
        if reached || spent {
            return step.complete(Reason::FAIL_SESSION_LOST, &Actor::System, false).done();
        }
        step.void()
            .with(|callback| {
                callback.state = State::Scheduled;
                callback.diagnostics.position = None;
                callback.diagnostics.ewt_secs = None;
            })
            .timer(Timer { at: now, effect: Effect::Submit { attempt: attempt.next() } })
            .event(Happening::SessionLost, Actor::System, None)
            .done()
    }

    fn perhaps_reached(&self) -> bool {
        let unheard = self.submission.as_ref().is_some_and(|sent| sent.unheard);
        unheard
            || match self.state {
                State::Processing => true,
                State::Routing => {
                    self.last_dial().is_some_and(|dial| !MISSED.contains(&dial.result.as_str()))
                }
                State::Scheduled | State::Queued | State::Completed => false,
            }
    }

    /// The state to which a session that was asked has gone on since its reports.
    fn ahead(&self, seen: &Sighting) -> Option<State> {
        seen.state.filter(|state| *state != State::Completed && *state > self.state)
    }

    /// The dial of which only the answer tells.
    fn dialled<'a>(&self, seen: &'a Sighting) -> Option<&'a Dial> {
        let known = self.last_dial().map_or(0, |dial| dial.n);
        seen.diagnostics.dials.last().filter(|dial| dial.n > known)
    }

    /// The last dial of the standing attempt.
    fn last_dial(&self) -> Option<&Dial> {
        let since = self.submission.as_ref()?.submitted_at;
        self.diagnostics.dials.last().filter(|dial| dial.at >= since)
    }

    /// Remembers a dial; one that an answer told of first gets the time of its report.
    pub(super) fn remember(&mut self, dial: &Dial) {
        let again =
            self.last_dial().is_some_and(|last| last.n == dial.n && last.result == dial.result);
        let dials = &mut self.diagnostics.dials;
        if again {
            dials.pop();
        } else if dials.len() == DIALS_KEPT {
            dials.remove(0);
        }
        dials.push(dial.clone());
    }

    /// The next look at a live session, never later than the callback's end.
    pub(super) fn watch(&self, attempt: Attempt, now: Timestamp) -> Timer {
        let seed = self.seed() ^ now.as_microsecond().cast_unsigned();
        let at = (now + spread(WATCH_EVERY, seed)).min(self.expires_at()).max(now);
        Timer { at, effect: Effect::Watch { attempt } }
    }
}

impl Sighting {
    /// Whether the session says that it has ended.
    fn ends(&self) -> bool {
        self.state == Some(State::Completed)
    }
}
