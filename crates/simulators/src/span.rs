//! Spans of time as numbers: whole milliseconds for instants, fractional seconds for arithmetic.
//! Apart, because the casts between them are worth writing, and proving, once.

use std::time::Duration;

/// Whole milliseconds of a span.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of instants stay far below 2^53")]
pub(crate) fn secs(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// Seconds as the nearest whole milliseconds.
pub(crate) fn whole_millis(secs: f64) -> i64 {
    rounded(secs * 1_000.0)
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, which is meant")]
pub(crate) fn rounded(value: f64) -> i64 {
    value.round() as i64
}

/// A span made longer or shorter by a factor.
pub(crate) fn stretched(ms: i64, factor: f64) -> i64 {
    whole_millis(secs(ms) * factor)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of a simulation stay far below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}
