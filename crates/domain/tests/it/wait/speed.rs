//! An estimate is asked for on every request, so it may cost no more than a few microseconds.

use std::hint::black_box;
use std::time::Instant;

use ges_domain::wait::{Confidence, Flow, Model, Snapshot};

fn snapshot(turn: u32) -> Snapshot {
    let turn = f64::from(turn);
    Snapshot {
        calls_ahead: Some([turn % 7.0, turn % 3.0, 0.0, 0.0]),
        overtaking: [Flow { per_sec: 0.01, for_secs: 60.0 + turn % 50.0 }; 6],
        agents_able: Some(8.0),
        agents_busy: Some(7.0),
        handling_secs: Some(180.0),
        patience_secs: Some(300.0),
        oldest_wait_secs: Some(turn % 90.0),
        last_wait_secs: Some(turn % 120.0),
        pace_secs: Some(20.0),
        drain_per_sec: Some(0.05),
        starts_expected: Some([1.0, 2.0, 4.0, 8.5]),
        hour_of_day: Some(turn % 24.0),
        router_secs: Some(100.0 + turn % 60.0),
    }
}

/// The bounds are those of an optimised build (2 µs and 20 µs); an unoptimised one gets twenty
/// times as long, which still catches work that grows with what was learned.
#[test]
fn an_estimate_and_an_update_stay_within_their_bounds() {
    let slack = if cfg!(debug_assertions) { 20 } else { 1 };
    let mut model = Model::default();
    let mut updating = u128::MAX;
    let mut estimating = u128::MAX;
    for round in 0..10 {
        let clock = Instant::now();
        for turn in 0..300_u32 {
            let ticket = model.ticket(&snapshot(turn)).unwrap();
            let number = u64::from(round * 300 + turn);
            model.observe(number, 0, &ticket, f64::from(turn * 37 % 211));
        }
        updating = updating.min(clock.elapsed().as_nanos() / 300);
        let clock = Instant::now();
        for turn in 0..300 {
            black_box(model.estimate(&snapshot(turn), Confidence::EIGHTY));
        }
        estimating = estimating.min(clock.elapsed().as_nanos() / 300);
    }
    assert!(estimating < 2_000 * slack, "an estimate takes {estimating} ns");
    assert!(updating < 20_000 * slack, "a ticket and its update take {updating} ns");
}
