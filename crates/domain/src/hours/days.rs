//! Office hours day by day, as people look at them: openings, special days, and what the clock does.

use super::{Hours, Opening};
use crate::time::{Date, SignedDuration, Timestamp, Window, day_number};

/// A change of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// The first instant after it.
    pub at: Timestamp,
    /// The offset from UTC before it, in seconds.
    pub before_secs: i64,
    /// The offset from UTC after it, in seconds.
    pub after_secs: i64,
}

/// A day of office hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOfHours {
    /// The date.
    pub date: Date,
    /// When the office is open on that day; what goes on beyond it is cut.
    pub openings: Vec<Opening>,
    /// The change of the clock on that day.
    pub shift: Option<Shift>,
    /// What people call the day, where it is a special one.
    pub special: Option<String>,
}

impl Hours {
    /// So many days from a date on.
    pub fn days(&self, from: Date, count: u32) -> Vec<DayOfHours> {
        let mut days = Vec::new();
        let mut date = from;
        for _day in 0..count {
            days.push(self.day_of(date));
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        days
    }

    fn day_of(&self, date: Date) -> DayOfHours {
        let zone = self.zone();
        let start = zone.start_of(date);
        let end = date.tomorrow().map_or(Timestamp::MAX, |next| zone.start_of(next));
        let window = Window::new(start, end)
            .unwrap_or_else(|_skipped| Window::lasting(start, SignedDuration::ZERO));
        // A change at midnight belongs to the day that it begins.
        let before = zone.stretch(start.as_second() - 1);
        let after = zone.stretch((end.as_second() - 1).max(start.as_second()));
        let shift = (before.offset != after.offset).then(|| Shift {
            at: crate::time::instant(before.to),
            before_secs: before.offset,
            after_secs: after.offset,
        });
        let special = self.special_day(day_number(date)).map(|special| special.name.clone());
        DayOfHours { date, openings: self.openings(window).collect(), shift, special }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::{Day, Interval, Recurrence, SpecialDay, Week};
    use crate::name::HoursName;
    use crate::time::Zone;

    #[test]
    fn a_day_tells_its_openings_its_change_and_what_people_call_it() {
        let nine = Day::new([Interval::parse("09:00", Some("17:00")).unwrap()]);
        let mut week = Week::weekdays(nine);
        week.sun = Day::new([Interval::parse("01:00", Some("05:00")).unwrap()]);
        let special = SpecialDay {
            name: String::from("Pi Day"),
            date: Date::constant(2026, 3, 14),
            recurrence: Recurrence::Yearly,
            day: Day::all_day(),
        };
        let name = HoursName::parse("BH").unwrap();
        let zone = Zone::parse("America/New_York").unwrap();
        let hours = Hours::new(name, zone, week, vec![special]).unwrap();
        let days = hours.days(Date::constant(2026, 3, 7), 8);
        assert!(days[0].openings.is_empty() && days[0].shift.is_none(), "a Saturday");
        let change = days[1].shift.unwrap();
        assert_eq!((change.before_secs, change.after_secs), (-5 * 3600, -4 * 3600));
        assert_eq!(change.at, "2026-03-08T07:00:00Z".parse().unwrap());
        assert_eq!(days[1].openings.len(), 1);
        assert!(days[2].shift.is_none());
        assert_eq!((days[7].special.as_deref(), days[7].openings.len()), (Some("Pi Day"), 1));
        assert_eq!(days[2].special, None);
    }
}
