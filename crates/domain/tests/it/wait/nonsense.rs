//! Missing, stale and impossible input never gives an answer that is one of these.

use ges_domain::wait::estimators::{Service, agent_based, fluid, hol, les, pace, ql, qlm};
use ges_domain::wait::{Confidence, Counted, Flow, Model, Snapshot, erlang};
use proptest::prelude::*;

const DAY_SECS: f64 = 86_400.0;

/// Any number at all, the nasty ones often.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..500.0_f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, -0.0, f64::MIN_POSITIVE,
            f64::MAX, 1e-300, 86_400.0, 1e9,
        ]),
    ]
}

fn maybe() -> impl Strategy<Value = Option<f64>> {
    prop::option::weighted(0.8, number())
}

prop_compose! {
    fn snapshot()(
        line in prop::option::weighted(0.8, prop::array::uniform4(number())),
        flows in prop::array::uniform6((number(), number())),
        numbers in prop::array::uniform10(maybe()),
        starts in prop::option::weighted(0.6, prop::array::uniform4(number())),
        sorted in any::<bool>(),
        router_secs in maybe(),
    ) -> Snapshot {
        let starts = starts.map(|mut starts| {
            if sorted {
                starts.sort_by(f64::total_cmp);
            }
            starts
        });
        Snapshot {
            calls_ahead: line,
            overtaking: flows.map(|(per_sec, for_secs)| Flow { per_sec, for_secs }),
            agents_able: numbers[0],
            agents_busy: numbers[1],
            handling_secs: numbers[2],
            patience_secs: numbers[3],
            oldest_wait_secs: numbers[4],
            last_wait_secs: numbers[5],
            pace_secs: numbers[6],
            drain_per_sec: numbers[7],
            hour_of_day: numbers[8],
            starts_expected: starts,
            router_secs,
        }
    }
}

fn sane(secs: f64) -> bool {
    (0.0..=DAY_SECS).contains(&secs)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn an_estimator_gives_a_wait_of_at_most_a_day_or_nothing(
        ahead in number(), agents in number(), busy in number(), handling in number(),
        patience in number(), gap in number(), starts in prop::array::uniform4(number()),
        flow in (number(), number()),
    ) {
        let flows = [Flow { per_sec: flow.0, for_secs: flow.1 }.believed()];
        let answers = [
            ql(ahead, agents, handling),
            qlm(ahead, agents, handling, patience),
            agent_based(ahead, agents, busy, handling),
            pace(ahead, gap),
            les(gap),
            hol(gap),
            fluid(ahead, Service::Steady(gap), &flows, Some(patience)),
            fluid(ahead, Service::Expected(starts), &flows, Some(patience)),
        ];
        for answer in answers.into_iter().flatten() {
            prop_assert!(sane(answer), "{answer}");
        }
    }

    #[test]
    fn erlang_gives_probabilities_or_nothing(
        agents in 0..300_u32, load in number(), handling in number(), patience in number(),
    ) {
        if let Some(queue) = erlang::c(agents, load, handling) {
            prop_assert!((0.0..=1.0).contains(&queue.wait_probability), "{queue:?}");
            prop_assert!(queue.mean_wait_secs >= 0.0);
            prop_assert!((0.0..=1.0).contains(&queue.service_level(20.0)));
        }
        if let Some(queue) = erlang::a(agents, load, handling, patience) {
            prop_assert!((0.0..=1.0).contains(&queue.wait_probability), "{queue:?}");
            prop_assert!((0.0..=1.0).contains(&queue.abandon_probability), "{queue:?}");
            prop_assert!(queue.mean_wait_secs >= 0.0 && queue.queue_length >= 0.0);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn a_model_fed_with_nonsense_still_answers_within_a_day(
        lessons in prop::collection::vec((snapshot(), number()), 1..90),
        asked in prop::collection::vec(snapshot(), 1..20),
        percent in 50..=99_u8,
    ) {
        let mut model = Model::default();
        for (number, (snapshot, waited)) in (0_u64..).zip(&lessons) {
            if let Some(ticket) = model.ticket(snapshot) {
                prop_assert!(sane(ticket.model_secs()), "{ticket:?}");
                model.observe(number, 1_000, &ticket, *waited);
            }
        }
        prop_assert!(model.sound());
        let confidence = Confidence::new(percent).unwrap();
        for snapshot in &asked {
            let Some(estimate) = model.estimate(snapshot, confidence) else { continue };
            prop_assert!(sane(estimate.mean_secs), "{estimate:?}");
            if let Some(band) = estimate.band {
                prop_assert!(sane(band.low_secs) && sane(band.high_secs), "{estimate:?}");
                prop_assert!(band.low_secs <= band.high_secs, "{estimate:?}");
            }
        }
    }
}

#[test]
fn nobody_able_to_serve_gives_no_estimate() {
    let model = Model::default();
    let snapshot = Snapshot {
        calls_ahead: Some([3.0, 0.0, 0.0, 0.0]),
        agents_able: Some(0.0),
        handling_secs: Some(180.0),
        router_secs: Some(90.0),
        ..Snapshot::default()
    };
    assert_eq!(model.ticket(&snapshot), None);
    assert_eq!(model.estimate(&snapshot, Confidence::EIGHTY), None);
}

#[test]
fn a_wait_that_is_none_is_not_learned_from() {
    let mut model = Model::default();
    let snapshot = Snapshot { router_secs: Some(90.0), ..Snapshot::default() };
    let ticket = model.ticket(&snapshot).unwrap();
    for (number, waited) in [f64::NAN, -5.0, f64::INFINITY, 90_000.0].into_iter().enumerate() {
        let number = u64::try_from(number).unwrap();
        assert_eq!(model.observe(number, 0, &ticket, waited), Counted::Once);
    }
    assert_eq!(model.learned(), 0);
}
