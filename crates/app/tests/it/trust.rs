//! What the gauges of trust say, of tenants and of their busiest queues.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ges_contracts::given;
use ges_domain::callback::State;
use metrics::{
    Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::house::House;

/// Gauges by name and labels, as they were set last.
#[derive(Default)]
struct Board(Arc<Mutex<BTreeMap<String, f64>>>);

struct Hand(String, Arc<Mutex<BTreeMap<String, f64>>>);

impl GaugeFn for Hand {
    fn increment(&self, _by: f64) {}

    fn decrement(&self, _by: f64) {}

    fn set(&self, value: f64) {
        self.1.lock().unwrap().insert(self.0.clone(), value);
    }
}

impl Recorder for Board {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _what: SharedString) {}

    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _what: SharedString) {}

    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _what: SharedString) {}

    fn register_counter(&self, _key: &Key, _of: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _of: &Metadata<'_>) -> Gauge {
        let labels = key.labels().filter(|label| label.key() != "tenant");
        let labels: Vec<_> =
            labels.map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Gauge::from_arc(Arc::new(Hand(name, Arc::clone(&self.0))))
    }

    fn register_histogram(&self, _key: &Key, _of: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn a_kept_promise_shows_in_its_queues_gauges() {
    let house = House::open().await;
    let booked = house.booked(1, Some(1200)).await;
    house.turn(1200);
    house.tick().await;
    house.started(booked.id, 1).await.unwrap();
    house.turn(40);
    for (seq, state) in [(1, State::Routing), (2, State::Processing), (3, State::Completed)] {
        house.reported(booked.id, 1, seq, state).await.unwrap();
    }
    house.app.learn().await.unwrap();
    let board = Board::default();
    let _seen = metrics::set_default_local_recorder(&board);
    house.app.gauge_trust().await.unwrap();
    let told = board.0.lock().unwrap().clone();
    let queue = given::queue_of(given::SALES);
    let of = |name: &str, more: &str| told[&format!("{name}{{queue={queue}{more}}}")];
    assert!((of("ges_queue_promises_today", "") - 1.0).abs() < f64::EPSILON);
    let median = of("ges_queue_promise_error_seconds", ",quantile=0.5");
    assert!((30.0..60.0).contains(&median), "{median}");
    assert!(of("ges_queue_ewt_coverage_ratio", ",level=80").is_nan(), "no band was given yet");
    assert!(told["ges_ewt_coverage_ratio{level=80}"].is_nan());
}
