//! How time is written by and for clients: the strict profile of ISO 8601 that the API speaks.

use jiff::fmt::temporal::DateTimePrinter;

use super::{DateTime, Timestamp, Zone};

static MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// A text that is not a time in the profile asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedTime {
    /// Not `2026-01-31T09:00:00.000Z`, nor with an offset such as `+01:00` in place of the `Z`.
    #[error("is not a time such as 2026-01-31T09:00:00.000Z")]
    Instant,
    /// Not `2026-01-31T09:00:00.000`; an offset is refused rather than ignored.
    #[error("is not a time such as 2026-01-31T09:00:00.000, without offset")]
    Civil,
}

/// Reads an instant: ISO 8601 with `Z` or an offset, and 0 to 9 digits of fraction.
pub fn parse_instant(text: &str) -> Result<Timestamp, MalformedTime> {
    let time = time_part(text).ok_or(MalformedTime::Instant)?;
    if !time.contains(['Z', '+', '-']) {
        return Err(MalformedTime::Instant);
    }
    text.parse().map_err(|_cause: jiff::Error| MalformedTime::Instant)
}

/// Reads a civil time: ISO 8601 without offset, and 0 to 9 digits of fraction.
///
/// [`Zone::instant`] says which instant it is.
pub fn parse_civil(text: &str) -> Result<DateTime, MalformedTime> {
    let time = time_part(text).ok_or(MalformedTime::Civil)?;
    if time.contains(['Z', '+', '-']) {
        return Err(MalformedTime::Civil);
    }
    text.parse().map_err(|_cause: jiff::Error| MalformedTime::Civil)
}

/// What follows `YYYY-MM-DDT`, when nothing but the characters of the profile is in the text.
///
/// The parser behind it takes more: annotations in brackets, signed years, blanks for the `T`.
fn time_part(text: &str) -> Option<&str> {
    let profile = |c: u8| c.is_ascii_digit() || b"-+:.TZ".contains(&c);
    let (date, time) = text.split_at_checked(11)?;
    let date_ok = date.bytes().enumerate().all(|(i, c)| match i {
        4 | 7 => c == b'-',
        10 => c == b'T',
        _ => c.is_ascii_digit(),
    });
    (date_ok && time.len() <= 32 && time.bytes().all(profile)).then_some(time)
}

/// Writes an instant in UTC with milliseconds: `2026-01-31T09:00:00.000Z`.
pub fn format_utc(at: Timestamp) -> String {
    MILLISECONDS.timestamp_to_string(&at)
}

impl Zone {
    /// Writes an instant as its zone's clocks show it, with the offset: `2026-01-31T10:00:00.000+01:00`.
    pub fn format_local(&self, at: Timestamp) -> String {
        MILLISECONDS.timestamp_with_offset_to_string(&at, self.tz().to_offset(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_z_or_offset_and_any_fraction() {
        for (text, utc) in [
            ("2026-01-31T09:00:00Z", "2026-01-31T09:00:00.000Z"),
            ("2026-01-31T09:00Z", "2026-01-31T09:00:00.000Z"),
            ("2026-01-31T09:00:00.123456789Z", "2026-01-31T09:00:00.123Z"),
            ("2026-01-31T09:00:00.5+05:30", "2026-01-31T03:30:00.500Z"),
            ("2026-01-31T09:00:00-0500", "2026-01-31T14:00:00.000Z"),
        ] {
            assert_eq!(parse_instant(text).map(format_utc).as_deref(), Ok(utc), "{text}");
        }
    }

    #[test]
    fn what_is_not_the_profile_is_refused() {
        for text in [
            "",
            "now",
            "2026-01-31",
            "2026-01-31T09:00:00",
            "2026-01-31 09:00:00Z",
            "2026-01-31t09:00:00z",
            "2026-02-30T09:00:00Z",
            "2026-01-31T25:00:00Z",
            "2026-01-31T09:00:00.1234567890Z",
            "2026-01-31T09:00:00+01:00[Europe/Berlin]",
            "+002026-01-31T09:00:00Z",
            "-009999-01-01T00:00:00Z",
            "2026-01-31T09:00:00Z\0",
            "２０２６-01-31T09:00:00Z",
        ] {
            assert_eq!(parse_instant(text), Err(MalformedTime::Instant), "{text}");
        }
        for text in ["2026-01-31T09:00:00Z", "2026-01-31T09:00:00-05:00", "2026-01-31", "09:00"] {
            assert_eq!(parse_civil(text), Err(MalformedTime::Civil), "{text}");
        }
        assert!(parse_civil("2026-01-31T09:00:00.000").is_ok());
    }

    #[test]
    fn an_instant_is_shown_with_the_offset_of_its_own_day() {
        let zone = Zone::parse("America/New_York").unwrap();
        let winter = parse_instant("2026-01-31T14:00:00Z").unwrap();
        let summer = parse_instant("2026-07-31T14:00:00Z").unwrap();
        assert_eq!(zone.format_local(winter), "2026-01-31T09:00:00.000-05:00");
        assert_eq!(zone.format_local(summer), "2026-07-31T10:00:00.000-04:00");
    }
}
