//! Webhooks: which tenants want to be told of what, how long somebody who does not listen is tried, and whom we call at all.

mod reach;

pub use reach::{Network, NotANetwork, Reach};

use crate::callback::State;
use crate::event::{Event, Happening};
use crate::name::ServiceName;
use crate::retry::Backoff;
use crate::time::{SignedDuration, Timestamp};

/// A webhook that fails for so long is disabled.
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// After a rotation both secrets sign for so long.
pub const OLD_SECRET_SIGNS: SignedDuration = SignedDuration::from_hours(24);
/// The most webhooks of a tenant.
pub const MOST: usize = 50;
/// The waits between tries: 5 s, 10 s, 20 s … an hour.
pub const RETRIES: Backoff =
    Backoff { first: SignedDuration::from_secs(5), ceiling: SignedDuration::from_hours(1) };

/// Whether a webhook is called.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", tag = "is"))]
pub enum Standing {
    /// It is.
    Enabled,
    /// It is not, until somebody enables it again.
    Disabled {
        /// Since when.
        at: Timestamp,
        /// Why, for the people who own it.
        reason: String,
    },
}

/// Where a tenant wants to be told of its callbacks, and of which.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// What its owner says of it.
    pub description: Option<String>,
    /// The states whose beginning is told; empty is any.
    pub states: Vec<State>,
    /// The services whose callbacks are told of; empty is any.
    pub services: Vec<ServiceName>,
    /// Whether it is called.
    pub standing: Standing,
    /// Since when it fails, if it does.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether it is called at all.
    pub fn enabled(&self) -> bool {
        self.standing == Standing::Enabled
    }

    /// Whether it wants to be told of an event of a service's callback.
    pub fn wants(&self, service: &ServiceName, event: &Event) -> bool {
        self.enabled()
            && event.told()
            && (self.states.is_empty() || self.states.contains(&event.to))
            && (self.services.is_empty() || self.services.contains(service))
    }
}

impl Event {
    /// Whether webhooks are told of it: another state, or another time. What we do on the way is nobody else's affair.
    pub fn told(&self) -> bool {
        self.from != Some(self.to) || self.what == Happening::Rescheduled
    }
}

/// What follows from a try to tell a webhook something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It heard.
    Heard,
    /// It is tried again then.
    Again(Timestamp),
    /// It does not want to hear anything any more.
    Gone,
    /// It did not listen for so long that it is disabled.
    Deaf,
}

/// Judges a try: the status of the answer, none where there was none, how often it was tried with this one, since when,
/// and the wait that the answer asks for.
pub fn judge(
    status: Option<u16>,
    tries: u32,
    since: Timestamp,
    asked_wait: Option<SignedDuration>,
    seed: u64,
    now: Timestamp,
) -> Verdict {
    match status {
        Some(200..=299) => return Verdict::Heard,
        Some(410) => return Verdict::Gone,
        Some(_) | None => {}
    }
    let end = since.saturating_add(GIVE_UP_AFTER).unwrap_or(Timestamp::MAX);
    if now >= end {
        return Verdict::Deaf;
    }
    let wait = RETRIES.after(tries, seed).max(asked_wait.unwrap_or_default().min(RETRIES.ceiling));
    // The last try comes at the end, and not an hour after it.
    Verdict::Again(now.saturating_add(wait).unwrap_or(end).min(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Actor;
    use crate::id::Revision;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    fn event(what: Happening, from: Option<State>, to: State) -> Event {
        Event {
            revision: Revision::new(1),
            at: at(0),
            what,
            by: Actor::System,
            from,
            to,
            attempt: None,
            reason: None,
            note: None,
        }
    }

    fn webhook() -> Webhook {
        Webhook {
            url: String::from("https://example.com/hook"),
            description: None,
            states: Vec::new(),
            services: Vec::new(),
            standing: Standing::Enabled,
            failing_since: None,
            created_at: at(0),
        }
    }

    #[test]
    fn another_state_and_another_time_are_told_and_nothing_else() {
        let scheduled = State::Scheduled;
        assert!(event(Happening::Booked, None, scheduled).told());
        assert!(event(Happening::Started, Some(scheduled), State::Queued).told());
        assert!(event(Happening::Rescheduled, Some(scheduled), scheduled).told());
        assert!(event(Happening::SessionLost, Some(State::Queued), scheduled).told());
        for what in [Happening::Submitting, Happening::Unsent, Happening::Edited] {
            assert!(!event(what, Some(scheduled), scheduled).told(), "{what:?}");
        }
    }

    #[test]
    fn a_webhook_hears_what_it_wants_and_nothing_while_it_is_disabled() {
        let sales = ServiceName::parse("Sales").unwrap();
        let done = event(Happening::Completed, Some(State::Queued), State::Completed);
        assert!(webhook().wants(&sales, &done));
        let states = Webhook { states: vec![State::Queued], ..webhook() };
        assert!(!states.wants(&sales, &done));
        let other = ServiceName::parse("Support").unwrap();
        let services = Webhook { services: vec![sales.clone()], ..webhook() };
        assert!(services.wants(&sales, &done) && !services.wants(&other, &done));
        let standing = Standing::Disabled { at: at(0), reason: String::new() };
        assert!(!Webhook { standing, ..webhook() }.wants(&sales, &done));
    }

    #[test]
    fn who_does_not_listen_is_tried_for_three_days_and_ever_more_rarely() {
        let (mut now, mut tries) = (at(0), 0);
        loop {
            tries += 1;
            match judge(Some(500), tries, at(0), None, u64::from(tries), now) {
                Verdict::Again(then) => {
                    assert!(then > now && then <= at(0) + GIVE_UP_AFTER);
                    now = then;
                }
                verdict => {
                    assert_eq!((verdict, now), (Verdict::Deaf, at(0) + GIVE_UP_AFTER));
                    break;
                }
            }
        }
        assert!((70..140).contains(&tries), "{tries} tries");
    }

    #[test]
    fn an_answer_says_what_follows() {
        let judged = |status, asked: Option<i64>| {
            judge(status, 1, at(0), asked.map(SignedDuration::from_secs), 1, at(0))
        };
        assert_eq!(judged(Some(200), None), Verdict::Heard);
        assert_eq!(judged(Some(204), None), Verdict::Heard);
        assert_eq!(judged(Some(410), None), Verdict::Gone);
        for status in [Some(302), Some(404), Some(500), None] {
            assert!(matches!(judged(status, None), Verdict::Again(then) if then <= at(6)));
        }
        assert_eq!(judged(Some(429), Some(60)), Verdict::Again(at(60)));
        assert_eq!(judged(Some(503), Some(999_999)), Verdict::Again(at(3_600)));
    }
}
