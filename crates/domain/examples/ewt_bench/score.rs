//! How right predictions were: errors of the figures, coverage of the intervals.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::log::date;

/// A day counts as full from this many scored waits; a short Friday does, a Saturday evening does
/// not.
const FULL_DAY: u32 = 100;

/// Errors of one predictor, summed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    waits: u32,
    squares: f64,
    absolutes: f64,
    sum: f64,
    near: u32,
    late: u32,
}

impl Errors {
    /// Counts one wait against what had been told.
    pub(crate) fn add(&mut self, told: f64, waited: f64) {
        let error = told - waited;
        self.waits += 1;
        self.squares += error * error;
        self.absolutes += error.abs();
        self.sum += error;
        self.near += u32::from(error.abs() <= 30.0);
        self.late += u32::from(error < 0.0);
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.waits.max(1))
    }

    fn rmse(&self) -> f64 {
        self.mean(self.squares).sqrt()
    }

    pub(crate) fn line(&self, name: &str) -> String {
        format!(
            "{name:<40} {:>8.1} {:>8.1} {:>+8.1} {:>8.1} {:>8.1}",
            self.rmse(),
            self.mean(self.absolutes),
            self.mean(self.sum),
            100.0 * self.mean(f64::from(self.near)),
            100.0 * self.mean(f64::from(self.late))
        )
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        json!({
            "predictor": name,
            "waits": self.waits,
            "rmse_secs": self.rmse(),
            "mae_secs": self.mean(self.absolutes),
            "bias_secs": self.mean(self.sum),
            "within_30_secs": self.mean(f64::from(self.near)),
            "late": self.mean(f64::from(self.late)),
        })
    }
}

/// The head of the table of figures.
pub(crate) fn errors_head() -> String {
    let name = "predictor";
    format!(
        "{name:<40} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "RMSE s", "MAE s", "bias s", "±30 s %", "late %"
    )
}

/// Coverage of one kind of interval at one nominal confidence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intervals {
    days: BTreeMap<i64, (u32, u32)>,
    width: f64,
    below: u32,
    above: u32,
}

impl Intervals {
    /// Counts one wait, begun on this day, against the interval given for it.
    pub(crate) fn add(&mut self, day: i64, (low, high): (f64, f64), waited: f64) {
        let (waits, held) = self.days.entry(day).or_default();
        *waits += 1;
        *held += u32::from((low..=high).contains(&waited));
        self.width += high - low;
        self.below += u32::from(waited < low);
        self.above += u32::from(waited > high);
    }

    fn waits(&self) -> u32 {
        self.days.values().map(|(waits, _)| waits).sum()
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.waits().max(1))
    }

    fn coverage(&self) -> f64 {
        self.mean(f64::from(self.days.values().map(|(_, held)| held).sum::<u32>()))
    }

    fn worst(&self) -> Option<(i64, f64)> {
        self.days
            .iter()
            .filter(|(_, (waits, _))| *waits >= FULL_DAY)
            .map(|(day, (waits, held))| (*day, f64::from(*held) / f64::from(*waits)))
            .min_by(|one, other| one.1.total_cmp(&other.1))
    }

    pub(crate) fn line(&self, name: &str, nominal: u8) -> String {
        let worst = self.worst().map_or("none is full".to_owned(), |(day, share)| {
            format!("{:.1} ({})", 100.0 * share, date(day))
        });
        format!(
            "{name:<40} {nominal:>8} {:>10.1} {worst:>18} {:>8.1} {:>8.1} {:>8.1}",
            100.0 * self.coverage(),
            self.mean(self.width),
            100.0 * self.mean(f64::from(self.below)),
            100.0 * self.mean(f64::from(self.above)),
        )
    }

    pub(crate) fn json(&self, name: &str, nominal: u8) -> Value {
        let days: Vec<Value> = self
            .days
            .iter()
            .map(|(day, (waits, held))| {
                json!({
                    "day": date(*day),
                    "waits": waits,
                    "coverage": f64::from(*held) / f64::from(*waits),
                    "full": *waits >= FULL_DAY,
                })
            })
            .collect();
        let worst = self.worst().map(|(day, share)| json!({ "day": date(day), "coverage": share }));
        json!({
            "interval": name,
            "nominal": f64::from(nominal) / 100.0,
            "waits": self.waits(),
            "coverage": self.coverage(),
            "worst_full_day": worst,
            "mean_width_secs": self.mean(self.width),
            "below": self.mean(f64::from(self.below)),
            "above": self.mean(f64::from(self.above)),
            "days": days,
        })
    }
}

/// The head of the table of intervals.
pub(crate) fn intervals_head() -> String {
    let name = "interval";
    format!(
        "{name:<40} {:>8} {:>10} {:>18} {:>8} {:>8} {:>8}",
        "nominal", "coverage", "worst full day", "width s", "below %", "above %"
    )
}
