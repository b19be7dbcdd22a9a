//! Zones of the IANA database, and what their clock changes do to civil times.
//!
//! The database is the one bundled in the binary, so the answer is the same on every machine.
//! All conversions rest on [`Stretch`]: whoever walks through time asks the database once per
//! clock change, not once per slot.

use std::fmt;
use std::hash::{Hash, Hasher};

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{DAY, Date, DateTime, SignedDuration, Timestamp, civil_second, day_number, instant};

/// A zone of the IANA database, such as `Europe/Berlin`. Cheap to clone, equal by name.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct Zone(TimeZone);

/// A text that names no zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a zone of the IANA time zone database")]
pub struct UnknownZone;

/// Entries of the database that stand for “nobody has said which zone”.
const NOT_A_PLACE: [&str; 2] = ["Etc/Unknown", "Factory"];

impl Zone {
    /// Finds a zone by its name in any casing.
    ///
    /// Refused are rules in place of names (`EST5EDT,M3.2.0,M11.1.0`), `Local`, paths, and the
    /// database's own words for an unknown zone.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        let tz = TimeZoneDatabase::bundled().get(name).map_err(|_cause| UnknownZone)?;
        match tz.iana_name() {
            Some(found) if !NOT_A_PLACE.contains(&found) => Ok(Self(tz)),
            _ => Err(UnknownZone),
        }
    }

    /// Coordinated universal time, whose clocks never change.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The names of all zones of the database, in its own casing and order.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled()
            .available()
            .filter(|name| !NOT_A_PLACE.contains(&name.as_str()))
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    /// The name in the database's casing.
    pub fn name(&self) -> &str {
        self.0.iana_name().expect("a zone is only made from a named entry of the database")
    }

    /// What a clock in the zone shows at an instant.
    pub fn civil(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }

    /// The instant of a civil time: its first occurrence where it exists twice, the first instant
    /// after the gap where it exists never.
    pub fn instant(&self, civil: DateTime) -> Timestamp {
        let reached = instant(self.reaches(civil_second(civil)));
        let shown = self.civil(reached);
        if shown >= civil {
            return reached;
        }
        // The whole second exists, and so does what follows within it.
        let fraction = SignedDuration::from_nanos(civil.subsec_nanosecond().into());
        reached.saturating_add(fraction).expect("adding a plain duration saturates")
    }

    /// The first instant of a date; of the next date that exists, where this one was skipped.
    pub fn start_of(&self, date: Date) -> Timestamp {
        instant(self.reaches(day_number(date) * DAY))
    }

    /// The first instant of the date after the one that an instant falls on.
    pub fn end_of_day(&self, at: Timestamp) -> Timestamp {
        instant(self.reaches((day_number(self.civil(at).date()) + 1) * DAY)).max(at)
    }

    /// The same clock time a number of civil days later, by the rule of [`Zone::instant`]; a day
    /// with a clock change counts as one, however long it is.
    pub fn days_after(&self, at: Timestamp, days: u32) -> Timestamp {
        if days == 0 {
            return at;
        }
        let days = SignedDuration::from_hours(24 * i64::from(days));
        // Civil days all have 24 hours; only the instant they end at knows of clock changes.
        self.instant(self.civil(at).saturating_add(days)).max(at)
    }

    pub(super) fn tz(&self) -> &TimeZone {
        &self.0
    }

    /// The stretch of constant offset around a second.
    pub(crate) fn stretch(&self, at: i64) -> Stretch {
        let start = instant(at - LOOK_BACK);
        let (from, to) = (start.as_second(), Timestamp::MAX.as_second());
        let offset = i64::from(self.0.to_offset(start).seconds());
        let mut stretch =
            Stretch { from, to, offset, reached: from + offset, returns: to + offset };
        for change in self.0.following(start) {
            let offset = i64::from(change.offset().seconds());
            let when = change.timestamp().as_second();
            if offset == stretch.offset {
                continue;
            }
            if when > at {
                stretch.to = when;
                stretch.returns = when + offset.min(stretch.offset);
                break;
            }
            stretch.reached = stretch.reached.max(when + stretch.offset);
            stretch = Stretch { from: when, offset, returns: to + offset, ..stretch };
        }
        stretch
    }

    /// The first second at which the clock shows a civil second or a later one.
    ///
    /// So an ambiguous civil time means its first occurrence, and one inside a gap the first
    /// second after the gap. This is when an office opens.
    pub(crate) fn reaches(&self, civil: i64) -> i64 {
        let mut stretch = self.stretch(civil - WIDEST_OFFSET);
        while stretch.to + stretch.offset <= civil && !stretch.endless() {
            stretch = self.stretch(stretch.to);
        }
        stretch.from.max(civil - stretch.offset)
    }

    /// The second up to which the clock, now or later, still shows a civil second or an earlier one.
    ///
    /// So an ambiguous civil time means its last occurrence, and one inside a gap the first
    /// second after the gap. This is when an office closes.
    pub(crate) fn passes(&self, civil: i64) -> i64 {
        let mut stretch = self.stretch(civil - WIDEST_OFFSET);
        let mut passed = stretch.from;
        loop {
            if stretch.from + stretch.offset <= civil {
                passed = stretch.to.min(civil - stretch.offset);
            }
            if stretch.to > civil + WIDEST_OFFSET || stretch.endless() {
                return passed;
            }
            stretch = self.stretch(stretch.to);
        }
    }
}

/// No clock is further from UTC than this.
const WIDEST_OFFSET: i64 = 26 * 3600;

/// How far a stretch is looked for backwards: enough for all that clocks have shown before and show
/// again, which is a day at most.
const LOOK_BACK: i64 = 3 * DAY;

/// Seconds during which a zone keeps one offset: `[from, to)`.
///
/// The end is exact. The beginning is exact when the change is less than three days before the
/// second asked for; a change further back is not looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) offset: i64,
    /// The civil second that the clock had reached when the stretch began.
    reached: i64,
    /// The least civil second that the clock shows after the stretch. That is right because no zone
    /// has changed its clocks twice within a day.
    returns: i64,
}

impl Stretch {
    /// The second at which the clock shows the civil second, if that is in here and nowhere else.
    pub(crate) fn plain(&self, civil: i64) -> Option<i64> {
        let at = civil - self.offset;
        let inside = self.from <= at && at < self.to;
        (inside && self.reached <= civil && civil < self.returns).then_some(at)
    }

    fn endless(&self) -> bool {
        self.to >= Timestamp::MAX.as_second()
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        Self::parse(name)
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_civil_second_is_plain_only_where_it_exists_once() {
        for (name, change) in [
            ("Europe/Berlin", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-10-25T01:00:00Z"),
            ("Australia/Sydney", "2026-04-04T16:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
            ("America/Havana", "2026-11-01T05:00:00Z"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            let zone = Zone::parse(name).unwrap();
            let change = change.parse::<Timestamp>().unwrap().as_second();
            assert_eq!(zone.stretch(change).from, change, "{name}");
            for stretch in [zone.stretch(change - 1), zone.stretch(change)] {
                for civil in (change - 3 * DAY..change + 3 * DAY).step_by(900) {
                    let (first, last) = (zone.reaches(civil), zone.passes(civil));
                    let inside = stretch.from <= first && last < stretch.to;
                    let shown = zone.civil(instant(first));
                    let once = inside && first == last && civil_second(shown) == civil;
                    // Nothing is known of what was before the look backwards began.
                    if civil > stretch.from + stretch.offset || stretch.from == change {
                        assert_eq!(stretch.plain(civil), once.then_some(first), "{name} {civil}");
                    }
                }
            }
        }
    }
}
