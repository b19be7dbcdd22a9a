//! Instants, civil time, zones and windows: the only vocabulary of time in the house.
//!
//! Instants are [`Timestamp`]s, rules are civil ([`Date`], [`Time`], a [`Zone`]), and nothing here
//! asks what time it is. The library behind it is named nowhere else, so that it can be replaced
//! here alone.
//!
//! ```
//! use ges_domain::time::{self, Zone};
//!
//! let zone = Zone::parse("europe/berlin")?;
//! assert_eq!(zone.name(), "Europe/Berlin");
//!
//! // Half past two exists twice when the clocks go back; the first one counts.
//! let civil = time::parse_civil("2026-10-25T02:30:00.000")?;
//! let instant = zone.instant(civil);
//! assert_eq!(time::format_utc(instant), "2026-10-25T00:30:00.000Z");
//! assert_eq!(zone.format_local(instant), "2026-10-25T02:30:00.000+02:00");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod text;
mod window;
mod zone;

pub use jiff::civil::{Date, DateTime, Time, Weekday};
pub use jiff::{SignedDuration, Timestamp};

pub use text::{MalformedTime, format_utc, parse_civil, parse_instant};
pub use window::{EndsBeforeStart, Window};
pub use zone::{UnknownZone, Zone};

pub(crate) use zone::Stretch;

/// Seconds of a civil day; also of a real one where no clock changes.
pub(crate) const DAY: i64 = 86_400;

/// The instant of a whole second, held at the ends of what an instant can be.
pub(crate) fn instant(second: i64) -> Timestamp {
    let second = second.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(second).expect("the second is clamped to the range of instants")
}

/// The last whole second at or before an instant.
pub(crate) fn second(at: Timestamp) -> i64 {
    let second = at.as_second();
    if at.subsec_nanosecond() < 0 { second - 1 } else { second }
}

/// The date of a day counted from 1970-01-01, held at the ends of what a date can be.
pub(crate) fn date(day: i64) -> Date {
    jiff::tz::Offset::UTC.to_datetime(instant(day.saturating_mul(DAY))).date()
}

/// The days from 1970-01-01 to a date.
pub(crate) fn day_number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_secs() / DAY
}

/// The whole seconds from 1970-01-01T00:00 to a civil time, as a clock without changes counts them.
pub(crate) fn civil_second(civil: DateTime) -> i64 {
    let minute = i64::from(civil.hour()) * 60 + i64::from(civil.minute());
    day_number(civil.date()) * DAY + minute * 60 + i64::from(civil.second())
}

/// The weekday of a day counted from 1970-01-01, as an index: 0 is Monday.
pub(crate) fn weekday_index(day: i64) -> usize {
    // The first day of the count was a Thursday.
    usize::try_from((day + 3).rem_euclid(7)).expect("a remainder of 7 is a small number")
}
