//! What the domain refuses, in the words of the catalogue: each refusal with its code, its message and what helps.

use ges_domain::offer::FreeSlot;
use ges_domain::refusal::{Miss, Refusal};
use ges_domain::time::{Timestamp, format_utc};
use serde_json::{Map, Value, json};

use super::{Code, Problem};

impl From<Refusal> for Problem {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm a refusal; in parts it would need wildcards"
    )]
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NumberImpossible => {
                Self::new(Code::NumberImpossible, "phoneNumber is not a possible phone number")
            }
            Refusal::CountryNotPermitted => Self::new(
                Code::CountryNotPermitted,
                "the country of phoneNumber is not permitted for this service",
            ),
            Refusal::NumberBlocked => {
                Self::new(Code::NumberBlocked, "phoneNumber is blocked for this service")
            }
            Refusal::UnknownName => Self::new(Code::UnknownName, "nothing has this name"),
            Refusal::ServiceUnavailable => Self::new(
                Code::ServiceUnavailable,
                "the service is switched off or withdrawn, or callbacks are switched off for the contact centre; \
                 queue-status says when they are offered again",
            ),
            Refusal::ImmediateNotOffered => Self::new(
                Code::ImmediateNotOffered,
                "the service offers no immediate callbacks; give a desiredTime",
            ),
            Refusal::ScheduledNotOffered => Self::new(
                Code::ScheduledNotOffered,
                "the service offers no scheduled callbacks; leave desiredTime out",
            ),
            Refusal::OutsideWindow { miss, earliest, latest } => {
                outside_window(miss, earliest, latest)
            }
            Refusal::Closed { next_opening } => closed(next_opening),
            Refusal::SlotFull { free } => slot_full(&free),
            Refusal::PushTargetRequired => Self::new(
                Code::PushTargetRequired,
                "pushTargets is missing: the service tells the customer's device and calls nobody",
            ),
            Refusal::HumanTokenRequired => {
                Self::new(Code::HumanTokenRequired, "captchaToken is missing")
            }
            Refusal::HumanTokenRefused => {
                Self::new(Code::HumanTokenRefused, "captchaToken was refused; ask for a new one")
            }
            // Says nothing of the other callbacks: they may be another person's.
            Refusal::ShareTaken => Self::new(
                Code::ShareTaken,
                "phoneNumber already has as many open callbacks as the service allows",
            ),
            Refusal::ServiceThrottled { retry_after_secs } => Self::new(
                Code::ServiceThrottled,
                "the service takes no more bookings for the moment",
            )
            .retry_after(retry_after_secs),
            Refusal::NumberThrottled { retry_after_secs } => Self::new(
                Code::NumberThrottled,
                "phoneNumber was given too often in immediate bookings",
            )
            .retry_after(retry_after_secs),
            Refusal::PoolExhausted => {
                Self::new(Code::Full, "all numbers of the group are taken; try again later")
            }
            Refusal::NoSuchCallback => {
                Self::new(Code::NoSuchCallback, "there is no callback with this id")
            }
            Refusal::NotInState(state) => Self::new(
                Code::NotInState,
                format!(
                    "the callback is {state}; this is allowed in SCHEDULED, QUEUED and ROUTING"
                ),
            ),
            Refusal::IllegalTransition { from, to } => Self::new(
                Code::IllegalTransition,
                format!("illegal_transition: a callback does not go from {from} to {to}"),
            ),
            Refusal::KeyReused => Self::new(
                Code::KeyReused,
                "this Idempotency-Key was used with another request; use a new key",
            ),
            Refusal::KeyBusy => Self::new(
                Code::KeyBusy,
                "a request with this Idempotency-Key is still running; ask again",
            )
            .retry_after(1),
            Refusal::Changed { now } => Self::new(
                Code::Changed,
                format!("the record changed meanwhile; its revision is {now}"),
            )
            .with_data(json!({ "revision": now.number() })),
            Refusal::TokenInvalid => Self::new(
                Code::UpdateTokenInvalid,
                "the update token is not valid for this callback",
            ),
            Refusal::Superseded { live } => Self::new(
                Code::Superseded,
                match live {
                    Some(attempt) => format!("superseded: attempt {attempt} has taken over"),
                    None => String::from("superseded: this attempt is void"),
                },
            ),
            Refusal::StaleUpdate => {
                Self::new(Code::StaleSeq, "stale_seq: a newer update was taken already")
            }
            Refusal::Completed => Self::new(Code::Completed, "completed: the callback has ended"),
            Refusal::StorageFull => Self::new(
                Code::StorageFull,
                "a name is over 128 bytes, a value over 4 KiB, or all together over 32 KiB",
            ),
            Refusal::AlreadySent => {
                Self::new(Code::AlreadySent, "already_sent: the customer was told already")
            }
        }
    }
}

fn outside_window(miss: Miss, earliest: Timestamp, latest: Timestamp) -> Problem {
    let how = match miss {
        Miss::Past => "lies in the past",
        Miss::TooSoon => "is too soon",
        Miss::TooFar => "is too far ahead",
    };
    let (earliest, latest) = (format_utc(earliest), format_utc(latest));
    let message = format!("desiredTime {how}; it may lie between {earliest} and {latest}");
    Problem::new(Code::OutsideWindow, message)
}

fn closed(next_opening: Option<Timestamp>) -> Problem {
    let next = match next_opening {
        Some(at) => format!("it opens next at {}", format_utc(at)),
        None => String::from("no next opening is known"),
    };
    Problem::new(
        Code::Closed,
        format!("the office is closed at desiredTime, or now without one; {next}"),
    )
}

/// The one failure of the public API with data: free slots by their start, which sort as their times do.
fn slot_full(free: &[FreeSlot]) -> Problem {
    let slots: Map<String, Value> =
        free.iter().map(|slot| (format_utc(slot.start), slot.left.into())).collect();
    let message = if slots.is_empty() {
        "the slot of desiredTime is full, and so is every other"
    } else {
        "the slot of desiredTime is full; data.slots holds free ones near it"
    };
    Problem::new(Code::Full, message).with_data(json!({ "slots": slots }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_slot_names_the_free_ones() {
        let slot = |at: &str, left| FreeSlot { start: at.parse().unwrap(), left };
        let free = vec![slot("2026-01-05T14:30:00Z", 1), slot("2026-01-05T15:00:00Z", 2)];
        let problem = Problem::from(Refusal::SlotFull { free });
        assert_eq!((problem.code, problem.code.status().as_u16()), (Code::Full, 429));
        assert_eq!(
            problem.data.unwrap().to_string(),
            r#"{"slots":{"2026-01-05T14:30:00.000Z":1,"2026-01-05T15:00:00.000Z":2}}"#
        );
    }

    #[test]
    fn a_missed_window_is_told_with_its_ends() {
        let (earliest, latest) =
            ("2026-01-05T14:15:00Z".parse().unwrap(), "2026-01-19T14:00:00Z".parse().unwrap());
        let problem =
            Problem::from(Refusal::OutsideWindow { miss: Miss::TooSoon, earliest, latest });
        assert_eq!(
            problem.message,
            "desiredTime is too soon; it may lie between 2026-01-05T14:15:00.000Z and 2026-01-19T14:00:00.000Z"
        );
    }

    #[test]
    fn what_sessions_look_for_opens_the_message() {
        for (refusal, word, status) in [
            (Refusal::Superseded { live: None }, "superseded", 409),
            (Refusal::StaleUpdate, "stale_seq", 409),
            (Refusal::Completed, "completed", 410),
            (Refusal::AlreadySent, "already_sent", 409),
        ] {
            let problem = Problem::from(refusal);
            assert!(problem.message.starts_with(word));
            assert_eq!(problem.code.status().as_u16(), status);
        }
    }
}
