//! Any order: updates that come late, twice, out of order or from dead attempts never turn a life back.

use ges_domain::callback::{
    Callback, Change, Kind, Outcome, Placement, Reason, State, TimerChange,
};
use ges_domain::effect::{Effect, Timer};
use ges_domain::event::Actor;
use ges_domain::id::{Attempt, Revision};
use ges_domain::refusal::Refusal;
use ges_domain::time::SignedDuration;
use proptest::prelude::*;

use super::given::*;

fn any_change() -> impl Strategy<Value = Change> {
    let attempt = 1..4_u32;
    let state = prop::sample::select(State::ALL.to_vec());
    prop_oneof![
        attempt.clone().prop_map(submit),
        (attempt.clone(), any::<bool>()).prop_map(|(attempt, named)| match sent(attempt) {
            Change::Sent { attempt, node, .. } if !named => {
                Change::Sent { attempt, session: None, node }
            }
            sent => sent,
        }),
        attempt.clone().prop_map(started),
        (attempt.clone(), 1..8_u64, state).prop_map(|(attempt, seq, state)| {
            let mut report = report(attempt, seq, state);
            report.next_desired_at = (state == State::Scheduled).then(|| after(4000));
            report.reason = (state == State::Completed).then_some(Reason::AGENT_CONNECTED);
            Change::Report(Box::new(report))
        }),
        attempt.clone().prop_map(|n| Change::Unacknowledged { attempt: Attempt::new(n) }),
        attempt.clone().prop_map(|n| Change::Lapse { attempt: Attempt::new(n) }),
        (attempt.clone(), 0..2400_i64).prop_map(|(attempt, secs)| missing(attempt, secs)),
        (attempt.clone(), 0..2400_i64).prop_map(|(attempt, secs)| silent(attempt, secs)),
        (attempt, prop::option::of(1..8_u64), prop::sample::select(State::ALL.to_vec()))
            .prop_map(|(attempt, last_seq, state)| seen(attempt, last_seq, state)),
        Just(Change::Cancel { by: Actor::Api, note: None }),
        Just(Change::CalledIn),
        Just(Change::Expire),
        (3600..9000_i64).prop_map(|secs| Change::Reschedule {
            by: Actor::Api,
            to: Placement {
                kind: Kind::Scheduled,
                desired_at: after(secs),
                claim: Some(claim(secs)),
                under: Revision::new(1),
            },
        }),
    ]
}

fn booked() -> (Callback, Option<Timer>) {
    let booking = booking(&service(|_| {}), None).unwrap();
    let (timer, callback) = (booking.timer, booking.callback);
    (callback, Some(timer))
}

/// Whether a timer that fires leads to something: one that leads to nothing is gone, and nobody looks again.
fn has_something_to_do(callback: &Callback, timer: &Timer) -> bool {
    let change = match timer.effect {
        Effect::Submit { attempt } if callback.state == State::Scheduled => {
            submit(attempt.number())
        }
        Effect::Acknowledge { attempt } => Change::Unacknowledged { attempt },
        Effect::Lapse { attempt } => Change::Lapse { attempt },
        // Whether there is anybody to ask, it is set again.
        Effect::Watch { attempt } => return callback.live_attempt() == Some(attempt),
        Effect::Submit { .. } | Effect::Signal { .. } | Effect::Push { .. } => return false,
    };
    let fired = callback.clone().apply(&change, timer.at);
    matches!(fired, Ok(Outcome::Changed(changed)) if changed.timer != TimerChange::Keep)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_order_of_changes_breaks_a_life(
        changes in prop::collection::vec((any_change(), 0..60_i64), 1..40)
    ) {
        let (mut callback, mut timer) = booked();
        let mut now = noon();
        for (change, wait) in changes {
            now += SignedDuration::from_secs(wait);
            let before = callback.clone();
            if let Change::Started { attempt, .. } = &change
                && callback.live_attempt() == Some(*attempt)
            {
                prop_assert!(callback.clone().apply(&change, now).is_ok(), "its session is refused");
            }
            match callback.apply(&change, now) {
                Err(_) => callback = before,
                Ok(Outcome::Unchanged(same)) => {
                    prop_assert_eq!(&*same, &before, "unchanged is unchanged");
                    callback = *same;
                }
                Ok(Outcome::Changed(changed)) => {
                    let after = &changed.callback;
                    prop_assert_eq!(before.state == State::Completed, false, "an end is an end");
                    prop_assert_eq!(after.revision, before.revision.next());
                    prop_assert!(after.attempts >= before.attempts);
                    prop_assert!(after.attempts <= before.attempts + 1);
                    prop_assert_eq!(after.reason.is_some(), after.state == State::Completed);
                    prop_assert_eq!(after.completed_at.is_some(), after.state == State::Completed);
                    if let Some(event) = &changed.event {
                        prop_assert_eq!(event.from, Some(before.state));
                        prop_assert_eq!(event.to, after.state);
                    }
                    for voided in &after.voided {
                        let refused = after.admit(voided.token);
                        let live = after.submission.as_ref().map(|sent| sent.token);
                        prop_assert!(
                            live == Some(voided.token)
                                || matches!(refused, Err(Refusal::Superseded { .. })),
                            "a void attempt may not speak"
                        );
                    }
                    if let (Some(old), Some(new)) = (&before.submission, &after.submission) {
                        prop_assert!(new.attempt >= old.attempt);
                    }
                    match &changed.timer {
                        TimerChange::Keep => {}
                        TimerChange::Clear => timer = None,
                        TimerChange::Set(set) => timer = Some(set.clone()),
                    }
                    callback = changed.callback;
                }
            }
            prop_assert_eq!(timer.is_some(), callback.open(), "the open have a timer, the ended none");
            if let Some(timer) = &timer {
                prop_assert!(has_something_to_do(&callback, timer), "{:?}: {:?}", timer, callback);
            }
        }
    }

    #[test]
    fn updates_of_one_session_in_any_order_end_where_the_newest_says(
        order in Just((1..=3_u64).collect::<Vec<_>>()).prop_shuffle(),
        repeats in 1..3_usize,
    ) {
        let states = [State::Routing, State::Processing, State::Completed];
        let mut callback = queued();
        let mut newest = 0;
        for seq in order.iter().flat_map(|seq| std::iter::repeat_n(*seq, repeats)) {
            let state = states[usize::try_from(seq).unwrap() - 1];
            let before = callback.clone();
            let told = callback.apply(&told(1, seq, state), after(100));
            if seq > newest {
                prop_assert!(matches!(told, Ok(Outcome::Changed(_))), "{:?} is refused", state);
                newest = seq;
            } else {
                prop_assert!(!matches!(told, Ok(Outcome::Changed(_))), "older than the newest");
            }
            callback = told.map_or(before, Outcome::into_callback);
            prop_assert_eq!(callback.state, states[usize::try_from(newest).unwrap() - 1]);
        }
        prop_assert_eq!(callback.state, State::Completed);
    }
}
