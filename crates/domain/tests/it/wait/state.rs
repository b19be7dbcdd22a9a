//! A queue's state: when it is believed, that it counts once, that it survives being kept.

use ges_domain::wait::{Basis, Confidence, Counted, ENOUGH, Model, Snapshot, Span};

fn queue(calls: f64, router_secs: f64) -> Snapshot {
    Snapshot {
        calls_ahead: Some([calls, 0.0, 0.0, 0.0]),
        agents_able: Some(5.0),
        agents_busy: Some(5.0),
        handling_secs: Some(180.0),
        router_secs: Some(router_secs),
        ..Snapshot::default()
    }
}

/// Teaches `outcomes` waits that are what the queue says, stretched, and lopsided noise.
fn taught(outcomes: u64, stretch: f64) -> Model {
    let mut model = Model::default();
    teach(&mut model, 0..outcomes, stretch, 1.0);
    model
}

fn teach(model: &mut Model, numbers: std::ops::Range<u64>, stretch: f64, router: f64) {
    for number in numbers {
        let turn = f64::from(u32::try_from(number % 1_000_003).unwrap());
        let calls = turn * 7.0 % 13.0;
        let wait = (calls + 1.0) * 36.0 * stretch * (0.5 + turn * 37.0 % 101.0 / 100.0);
        let told = (calls + 1.0) * 36.0 * router;
        let ticket = model.ticket(&queue(calls, told)).unwrap();
        let at = i64::try_from(number).unwrap() * 60;
        assert_eq!(model.observe(number, at, &ticket, wait), Counted::Once);
    }
}

#[test]
fn under_fifty_waits_the_router_is_shown_and_said_so() {
    let estimate =
        taught(ENOUGH - 1, 1.0).estimate(&queue(4.0, 123.0), Confidence::EIGHTY).unwrap();
    assert_eq!(estimate.basis, Basis::Router);
    assert!((estimate.mean_secs - 123.0).abs() < 1e-9);
    let estimate = taught(ENOUGH, 1.0).estimate(&queue(4.0, 123.0), Confidence::EIGHTY).unwrap();
    assert_eq!(estimate.basis, Basis::Model);
    let silent = Snapshot { router_secs: None, ..queue(4.0, 0.0) };
    assert_eq!(taught(ENOUGH - 1, 1.0).estimate(&silent, Confidence::EIGHTY), None);
}

#[test]
fn a_model_that_lost_its_way_gives_way_to_the_router() {
    let mut model = taught(2_000, 1.0);
    // The queue says nothing any more of the waits; only the router knows.
    for number in 2_000..2_060 {
        let snapshot = queue(1.0, 900.0);
        let ticket = model.ticket(&snapshot).unwrap();
        model.observe(number, 0, &ticket, 900.0);
        if !model.believed() {
            break;
        }
    }
    assert!(!model.believed());
    let estimate = model.estimate(&queue(1.0, 900.0), Confidence::EIGHTY).unwrap();
    assert_eq!(estimate.basis, Basis::Router);
}

#[test]
fn an_outcome_delivered_twice_counts_once() {
    let mut once = taught(200, 1.0);
    let before = once.clone();
    let ticket = once.ticket(&queue(3.0, 100.0)).unwrap();
    assert_eq!(once.observe(150, 0, &ticket, 300.0), Counted::Before);
    assert_eq!(once, before);
    assert!(taught(201, 1.0).supersedes(&before));
    assert!(!before.supersedes(&taught(201, 1.0)));
}

#[test]
fn a_wider_promise_is_a_wider_band() {
    let model = taught(1_000, 1.0);
    let mut last = 0.0;
    for percent in [50, 60, 70, 80, 85, 90, 95, 99] {
        let confidence = Confidence::new(percent).unwrap();
        let estimate = model.estimate(&queue(5.0, 200.0), confidence).unwrap();
        let band = estimate.band.unwrap();
        let width = band.high_secs - band.low_secs;
        assert!(width >= last, "{percent} %: {width} after {last}");
        assert!(band.low_secs <= estimate.mean_secs && estimate.mean_secs <= band.high_secs);
        last = width;
    }
}

#[test]
fn the_coverage_that_was_measured_is_the_coverage_that_was_promised() {
    let model = taught(4_000, 1.3);
    let now = 4_000 * 60;
    let week = model.coverage(now, Span::Week);
    let day = model.coverage(now, Span::Day);
    assert!(week.waits > 3_500 && day.waits > 1_300 && day.waits < 1_450, "{week:?} {day:?}");
    let share = f64::from(week.within_80) / f64::from(week.waits);
    assert!((share - 0.8).abs() < 0.03, "{share}");
    let share = f64::from(week.within_90) / f64::from(week.waits);
    assert!((share - 0.9).abs() < 0.03, "{share}");
}

#[test]
fn a_state_is_small_in_memory() {
    const { assert!(Model::STATE_BYTES < 16 * 1024) };
}

#[cfg(feature = "serde")]
#[test]
fn a_state_is_small_as_a_document_and_comes_back_as_it_was() {
    let model = taught(3_000, 1.3);
    let document = serde_json::to_string(&model).unwrap();
    assert!(document.len() < 16 * 1024, "{} bytes", document.len());
    let back: Model = serde_json::from_str(&document).unwrap();
    assert!(back.sound());
    assert_eq!(back.learned(), model.learned());
    assert_eq!(back.coverage(180_000, Span::Week), model.coverage(180_000, Span::Week));
    let mut continued = back;
    teach(&mut continued, 3_000..3_100, 1.3, 1.0);
    let asked = |model: &Model| model.estimate(&queue(5.0, 200.0), Confidence::EIGHTY).unwrap();
    let (kept, never_left) = (asked(&continued), asked(&taught(3_100, 1.3)));
    assert!((kept.mean_secs - never_left.mean_secs).abs() < 1e-6, "{kept:?} {never_left:?}");
}

#[cfg(feature = "serde")]
#[test]
fn a_state_that_was_tampered_with_is_not_sound() {
    let mut document = serde_json::to_value(taught(300, 1.0)).unwrap();
    document["conformal"]["scores"][0] = 65_000.into();
    let back: Model = serde_json::from_value(document).unwrap();
    assert!(!back.sound());
}
