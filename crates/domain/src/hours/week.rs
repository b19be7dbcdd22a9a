//! The civil half of office hours: intervals of a day, the days of a week, the days that differ.
//!
//! Nothing here knows an instant or a zone.

use std::fmt;

use crate::time::{Date, Time, Weekday};

/// Minutes of a civil day.
const MINUTES: u16 = 24 * 60;

/// A part of a civil day, of whole minutes: from its start until just before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    start: u16,
    end: u16,
}

/// Why two times are not an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// The start is not `HH:MM` from 00:00 to 23:59.
    #[error("start is not a time of day such as 09:00")]
    Start,
    /// The end is not `HH:MM` from 00:01 to 24:00.
    #[error("end is not a time of day such as 17:00 or 24:00")]
    End,
    /// The end is not after the start. What goes on past midnight is two intervals that touch.
    #[error("end is not after start")]
    Backwards,
}

impl Interval {
    /// The whole day.
    pub const ALL_DAY: Self = Self { start: 0, end: MINUTES };

    /// The interval between two times of whole minutes; no end is the end of the day.
    pub fn new(start: Time, end: Option<Time>) -> Result<Self, IntervalError> {
        let start = whole_minute(start).ok_or(IntervalError::Start)?;
        let end = match end {
            Some(end) => whole_minute(end).ok_or(IntervalError::End)?,
            None => MINUTES,
        };
        Self::between(start, end)
    }

    /// Reads the interval as it is published: `HH:MM`, an end of `24:00`, or no end for the end of
    /// the day.
    pub fn parse(start: &str, end: Option<&str>) -> Result<Self, IntervalError> {
        let start = minute(start).filter(|at| *at < MINUTES).ok_or(IntervalError::Start)?;
        let end = match end {
            Some(end) => minute(end).ok_or(IntervalError::End)?,
            None => MINUTES,
        };
        Self::between(start, end)
    }

    fn between(start: u16, end: u16) -> Result<Self, IntervalError> {
        if start < end { Ok(Self { start, end }) } else { Err(IntervalError::Backwards) }
    }

    /// The first minute inside, counted from midnight: 0 to 1439.
    pub fn start_minute(self) -> u16 {
        self.start
    }

    /// The first minute no longer inside: 1 to 1440.
    pub fn end_minute(self) -> u16 {
        self.end
    }

    /// The start as it is published: `HH:MM`.
    pub fn start_text(self) -> String {
        text(self.start)
    }

    /// The end as it is published: `HH:MM`, or `24:00`.
    pub fn end_text(self) -> String {
        text(self.end)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.start_text(), self.end_text())
    }
}

fn whole_minute(time: Time) -> Option<u16> {
    let whole = time.second() == 0 && time.subsec_nanosecond() == 0;
    let minute = i16::from(time.hour()) * 60 + i16::from(time.minute());
    whole.then(|| u16::try_from(minute).expect("hours and minutes are not negative"))
}

fn minute(text: &str) -> Option<u16> {
    let &[h1, h0, b':', m1, m0] = text.as_bytes() else { return None };
    let digit = |c: u8| c.is_ascii_digit().then(|| u16::from(c - b'0'));
    let (hour, minute) = (digit(h1)? * 10 + digit(h0)?, digit(m1)? * 10 + digit(m0)?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= MINUTES).then_some(at)
}

fn text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The hours of one day: any number of intervals, in order, none touching the next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Day(Vec<Interval>);

impl Day {
    /// The day on which these intervals are open; those that touch or overlap become one.
    pub fn new(intervals: impl IntoIterator<Item = Interval>) -> Self {
        let mut given: Vec<_> = intervals.into_iter().collect();
        given.sort_unstable();
        let mut merged: Vec<Interval> = Vec::with_capacity(given.len());
        for next in given {
            match merged.last_mut() {
                Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
                _ => merged.push(next),
            }
        }
        Self(merged)
    }

    /// The day on which nobody is there.
    pub fn closed() -> Self {
        Self::default()
    }

    /// The day that is open from midnight to midnight.
    pub fn all_day() -> Self {
        Self(vec![Interval::ALL_DAY])
    }

    /// The intervals, in order, none touching the next.
    pub fn intervals(&self) -> &[Interval] {
        &self.0
    }
}

/// The hours of each weekday. A day left out is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Week {
    /// Monday.
    pub mon: Day,
    /// Tuesday.
    pub tue: Day,
    /// Wednesday.
    pub wed: Day,
    /// Thursday.
    pub thu: Day,
    /// Friday.
    pub fri: Day,
    /// Saturday.
    pub sat: Day,
    /// Sunday.
    pub sun: Day,
}

impl Week {
    /// The week in which nobody is ever there.
    pub fn closed() -> Self {
        Self::default()
    }

    /// The week that never closes.
    pub fn always() -> Self {
        Self::weekdays(Day::all_day()).with_weekend(Day::all_day())
    }

    /// The week that has these hours from Monday to Friday and is closed at the weekend.
    pub fn weekdays(day: Day) -> Self {
        Self {
            mon: day.clone(),
            tue: day.clone(),
            wed: day.clone(),
            thu: day.clone(),
            fri: day,
            ..Self::default()
        }
    }

    /// The same week with these hours on Saturday and Sunday.
    #[must_use]
    pub fn with_weekend(self, day: Day) -> Self {
        Self { sat: day.clone(), sun: day, ..self }
    }

    /// The hours of a weekday.
    pub fn on(&self, weekday: Weekday) -> &Day {
        let index = weekday.to_monday_zero_offset();
        self.at(usize::try_from(index).expect("an offset from Monday is not negative"))
    }

    /// The hours of a weekday by its index; 0 is Monday, and all from 6 on is Sunday.
    pub(crate) fn at(&self, index: usize) -> &Day {
        match index {
            0 => &self.mon,
            1 => &self.tue,
            2 => &self.wed,
            3 => &self.thu,
            4 => &self.fri,
            5 => &self.sat,
            _ => &self.sun,
        }
    }
}

/// How often a special day comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recurrence {
    /// On its date alone.
    Once,
    /// Every year on the month and day of its date.
    Yearly,
}

/// A day whose own hours replace those of the week: a holiday, a long Saturday.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpecialDay {
    /// What people call it; may be empty.
    pub name: String,
    /// When it is.
    pub date: Date,
    /// Whether it comes back.
    pub recurrence: Recurrence,
    /// Its hours; closed is a holiday.
    pub day: Day,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(start: &str, end: &str) -> Interval {
        Interval::parse(start, Some(end)).unwrap()
    }

    #[test]
    fn an_interval_is_read_as_designer_publishes_it() {
        assert_eq!(open("09:00", "17:00").to_string(), "09:00-17:00");
        assert_eq!(open("00:00", "24:00"), Interval::ALL_DAY);
        assert_eq!(Interval::parse("18:30", None).unwrap().to_string(), "18:30-24:00");
        assert_eq!(
            Interval::new(Time::constant(18, 30, 0, 0), None),
            Interval::parse("18:30", None)
        );
    }

    #[test]
    fn what_is_not_an_interval_says_which_end_is_wrong() {
        for start in ["24:00", "9:00", "0900", "09:60", "-1:00", "09:00:00", "", "٠٩:٠٠"] {
            assert_eq!(Interval::parse(start, None), Err(IntervalError::Start), "{start}");
        }
        for end in ["24:01", "17:00 ", "25:00", "99:99"] {
            assert_eq!(Interval::parse("09:00", Some(end)), Err(IntervalError::End), "{end}");
        }
        for end in ["09:00", "08:00", "00:00"] {
            assert_eq!(Interval::parse("09:00", Some(end)), Err(IntervalError::Backwards), "{end}");
        }
        let odd = Time::constant(9, 0, 30, 0);
        assert_eq!(Interval::new(odd, None), Err(IntervalError::Start));
    }

    #[test]
    fn intervals_of_a_day_that_touch_or_overlap_are_one() {
        let day = Day::new([
            open("13:00", "17:00"),
            open("09:00", "12:00"),
            open("16:00", "18:00"),
            open("18:00", "18:30"),
            open("10:00", "11:00"),
        ]);
        assert_eq!(day.intervals(), [open("09:00", "12:00"), open("13:00", "18:30")]);
    }
}
