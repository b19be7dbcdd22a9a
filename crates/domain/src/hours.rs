//! Office hours: when somebody is there to call back.
//!
//! Hours are civil rules in a zone: a week, and special days that override it. Every question is
//! about instants, so every clock change is resolved here and nowhere else:
//!
//! - a civil time that does not exist means the first instant after the gap, for an opening as for
//!   a closing;
//! - one that exists twice means its first occurrence for an opening, its second for a closing;
//! - intervals that touch or overlap once they are instants, across midnight too, are one opening.
//!
//! ```
//! use ges_domain::hours::{Day, Hours, Interval, Week};
//! use ges_domain::name::HoursName;
//! use ges_domain::time::{SignedDuration, Zone};
//!
//! // Open on Sundays from 01:00 to 05:00, in a zone whose clocks go forward at 02:00.
//! let night = Day::new([Interval::parse("01:00", Some("05:00"))?]);
//! let week = Week { sun: night, ..Week::closed() };
//! let zone = Zone::parse("America/New_York")?;
//! let hours = Hours::new(HoursName::parse("BH_Night")?, zone, week, Vec::new())?;
//!
//! // On 8 March 2026 the hour from 02:00 to 03:00 is missing: three hours remain.
//! let opening = hours.next_opening("2026-03-07T12:00:00Z".parse()?).unwrap();
//! assert_eq!(opening, "2026-03-08T06:00:00Z".parse()?);
//! assert_eq!(hours.open_for(opening), SignedDuration::from_hours(3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod days;
#[cfg(feature = "serde")]
mod document;
mod openings;
mod week;

use crate::name::HoursName;
use crate::time::{DAY, Date, SignedDuration, Timestamp, Window, Zone, date, day_number, instant};
use crate::time::{second, weekday_index};

pub use days::{DayOfHours, Shift};
pub use openings::{Opening, Openings};
pub use week::{Day, Interval, IntervalError, Recurrence, SpecialDay, Week};

pub(crate) use openings::Pieces;

/// Most special days of one business-hours resource.
pub const MAX_SPECIAL_DAYS: usize = 1000;

/// How far ahead [`Hours::open_for`] follows openings that touch, in days of 24 hours.
pub const OPEN_FOR_DAYS: i64 = 31;

/// How far ahead [`Hours::next_opening`] looks, in days of 24 hours.
pub const NEXT_OPENING_DAYS: i64 = 400;

/// Why rules are not business hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Two special days claim one date with the same recurrence, so neither can win.
    #[error("two special days fall on {0}")]
    TwoSpecialDays(Date),
    /// More than [`MAX_SPECIAL_DAYS`].
    #[error("there are more than {MAX_SPECIAL_DAYS} special days")]
    TooManySpecialDays,
}

/// A business-hours resource: a week in a zone, and the days that differ from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "document::Rules", into = "document::Rules"))]
pub struct Hours {
    name: HoursName,
    zone: Zone,
    week: Week,
    special_days: Vec<SpecialDay>,
    /// Where the special days of single dates are, by the date's day number.
    dated: Vec<(i64, usize)>,
    /// Where the yearly ones are, by month and day of the month.
    yearly: Vec<((i8, i8), usize)>,
}

impl Hours {
    /// Puts rules together.
    ///
    /// A special day of a single date beats a yearly one, and both beat the week. A yearly one
    /// holds in every year, also before the year of its date; on 29 February, in leap years only.
    pub fn new(
        name: HoursName,
        zone: Zone,
        week: Week,
        special_days: Vec<SpecialDay>,
    ) -> Result<Self, HoursError> {
        if special_days.len() > MAX_SPECIAL_DAYS {
            return Err(HoursError::TooManySpecialDays);
        }
        let (mut dated, mut yearly) = (Vec::new(), Vec::new());
        for (at, special) in special_days.iter().enumerate() {
            match special.recurrence {
                Recurrence::Once => dated.push((day_number(special.date), at)),
                Recurrence::Yearly => yearly.push(((special.date.month(), special.date.day()), at)),
            }
        }
        dated.sort_unstable();
        yearly.sort_unstable();
        let twice = dated.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1);
        let twice =
            twice.or(yearly.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1));
        match twice {
            Some(at) => Err(HoursError::TwoSpecialDays(special_days[at].date)),
            None => Ok(Self { name, zone, week, special_days, dated, yearly }),
        }
    }

    /// Hours that never close: those of a service without business hours.
    ///
    /// Their name is `always`; the zone still decides where slots are cut.
    pub fn always(zone: Zone) -> Self {
        let name = HoursName::parse("always").expect("the name is short and printable");
        Self::new(name, zone, Week::always(), Vec::new()).expect("no special day is one too many")
    }

    /// The name that services refer to.
    pub fn name(&self) -> &HoursName {
        &self.name
    }

    /// The zone whose clocks the rules mean.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// What holds on days that are not special.
    pub fn week(&self) -> &Week {
        &self.week
    }

    /// The days that override the week, as they were given.
    pub fn special_days(&self) -> &[SpecialDay] {
        &self.special_days
    }

    /// The rules of a date.
    pub fn day(&self, date: Date) -> &Day {
        self.rules_of(day_number(date))
    }

    /// Whether the office is open at an instant.
    pub fn open_at(&self, at: Timestamp) -> bool {
        let at = second(at);
        Pieces::new(self, at, at).take_while(|piece| piece.0 <= at).any(|piece| at < piece.1)
    }

    /// How long the office stays open from an instant on; zero when it is closed.
    ///
    /// Openings that touch are followed for [`OPEN_FOR_DAYS`]; who is open for longer is said to be
    /// open for that long.
    pub fn open_for(&self, at: Timestamp) -> SignedDuration {
        let start = second(at);
        let horizon = start + OPEN_FOR_DAYS * DAY;
        let mut open_until = start;
        for (from, to) in Pieces::new(self, start, horizon) {
            if from > open_until || open_until >= horizon {
                break;
            }
            open_until = open_until.max(to);
        }
        if open_until == start {
            return SignedDuration::ZERO;
        }
        let most = SignedDuration::from_hours(OPEN_FOR_DAYS * 24);
        instant(open_until).duration_since(at).min(most)
    }

    /// The first instant from `at` on at which the office is open: `at` itself when it is open.
    ///
    /// None when it stays closed for [`NEXT_OPENING_DAYS`].
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        let start = second(at);
        let horizon = start + NEXT_OPENING_DAYS * DAY;
        let piece = Pieces::new(self, start, horizon).find(|piece| start < piece.1)?;
        (piece.0 < horizon).then(|| instant(piece.0).max(at))
    }

    /// The openings inside of a window, in time order, none touching the next.
    ///
    /// Each is cut off at the ends of the window, so what always stays open is one opening that
    /// is the window. Lazy: days are looked at as they are asked for.
    pub fn openings(&self, window: Window) -> Openings<'_> {
        Openings::new(self, window)
    }

    /// The rules of a day counted from 1970-01-01.
    pub(crate) fn rules_of(&self, day: i64) -> &Day {
        self.special_day(day).map_or_else(|| self.week.at(weekday_index(day)), |it| &it.day)
    }

    fn special_day(&self, day: i64) -> Option<&SpecialDay> {
        if let Ok(at) = self.dated.binary_search_by_key(&day, |entry| entry.0) {
            return Some(&self.special_days[self.dated[at].1]);
        }
        if self.yearly.is_empty() {
            return None;
        }
        let date = date(day);
        let key = (date.month(), date.day());
        let at = self.yearly.binary_search_by_key(&key, |entry| entry.0).ok()?;
        Some(&self.special_days[self.yearly[at].1])
    }
}
