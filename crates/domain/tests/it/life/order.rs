//! Any order: updates that come late, twice, out of order or from dead attempts never turn a life back.

use ges_domain::callback::{Change, Kind, Outcome, Placement, Reason, State};
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
        attempt.clone().prop_map(sent),
        attempt.clone().prop_map(started),
        (attempt.clone(), 1..8_u64, state).prop_map(|(attempt, seq, state)| {
            let mut report = report(attempt, seq, state);
            report.next_desired_at = (state == State::Scheduled).then(|| after(4000));
            report.reason = (state == State::Completed).then_some(Reason::AGENT_CONNECTED);
            Change::Report(Box::new(report))
        }),
        attempt.clone().prop_map(|n| Change::Unacknowledged { attempt: Attempt::new(n) }),
        attempt.clone().prop_map(|n| Change::Lapse { attempt: Attempt::new(n) }),
        attempt.prop_map(|n| Change::Missing { attempt: Attempt::new(n) }),
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_order_of_changes_breaks_a_life(
        changes in prop::collection::vec((any_change(), 0..60_i64), 1..40)
    ) {
        let mut callback = immediate();
        let mut now = noon();
        for (change, wait) in changes {
            now += SignedDuration::from_secs(wait);
            let before = callback.clone();
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
                    callback = changed.callback;
                }
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
            match callback.apply(&told(1, seq, state), after(100)) {
                Ok(outcome) => {
                    if let Outcome::Changed(_) = outcome {
                        prop_assert!(seq > newest, "nothing older than the newest is taken");
                        newest = seq;
                    }
                    callback = outcome.into_callback();
                }
                Err(_) => callback = before,
            }
        }
        prop_assert_eq!(callback.state, State::Completed);
    }
}
