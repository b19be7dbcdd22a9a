//! Numbers that came from outside, and the few conversions between kinds of number.
//!
//! Apart, so that "never NaN, never negative, never absurd" is decided in one place.

/// The longest wait that is ever named, in seconds: one day.
pub(super) const LONGEST_SECS: f64 = 86_400.0;

/// The most of anything that is ever counted in one queue.
const MOST: f64 = 1e6;

/// A finite number, or nothing.
pub(super) fn real(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A finite number that is not negative, or nothing.
pub(super) fn usable(value: f64) -> Option<f64> {
    real(value).filter(|value| *value >= 0.0)
}

/// A duration in seconds: not negative, at most a day. What is longer than a day is not believed.
pub(super) fn duration(value: Option<f64>) -> Option<f64> {
    value.and_then(usable).filter(|secs| *secs <= LONGEST_SECS)
}

/// A number of calls or agents: not negative, at most a million.
pub(super) fn tally(value: Option<f64>) -> Option<f64> {
    value.and_then(usable).filter(|count| *count <= MOST)
}

/// A length as a real number. No collection here comes near the end of `u32`.
pub(super) fn count(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

/// A non-negative real number as an index below `end`; what is not a number becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped into the range first"
)]
pub(super) fn index(value: f64, end: usize) -> usize {
    (value.clamp(0.0, count(end.saturating_sub(1)))) as usize
}

/// A real number in thousandths, held to the range of `u16`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped into the range first"
)]
pub(super) fn thousandths(value: f64) -> u16 {
    (value * 1000.0).round().clamp(0.0, f64::from(u16::MAX)) as u16
}
