//! Counters of one test, by name and labels.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// What was counted, such as `a{b="c"}`; the values of a histogram are counted, not kept.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<BTreeMap<String, u64>>>);

impl Meter {
    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

struct Row {
    name: String,
    meter: Meter,
}

impl CounterFn for Row {
    fn increment(&self, value: u64) {
        *self.meter.0.lock().unwrap().entry(self.name.clone()).or_default() += value;
    }

    fn absolute(&self, value: u64) {
        self.meter.0.lock().unwrap().insert(self.name.clone(), value);
    }
}

impl HistogramFn for Row {
    fn record(&self, _value: f64) {
        self.increment(1);
    }
}

impl Meter {
    fn row(&self, key: &Key) -> Arc<Row> {
        let mut labels: Vec<String> =
            key.labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
        labels.sort_unstable();
        let name = match labels.as_slice() {
            [] => key.name().to_owned(),
            labels => format!("{}{{{}}}", key.name(), labels.join(",")),
        };
        Arc::new(Row { name, meter: self.clone() })
    }
}

impl Recorder for Meter {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.row(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.row(key))
    }
}
