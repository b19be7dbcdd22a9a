//! The short-hand that fills a calendar from a few words, in both directions.
//!
//! Its days are `mon` to `sun` in any casing, `1` to `7` (1 is Monday), `_capacity_1` to
//! `_capacity_7` as older systems name them, dates (`2026-12-24`), ranges (`mon-fri`, `fri-mon`) and
//! lists of all of these (`mon,wed,6-7`). Its times are `HHMM`; a value holds until the next time of
//! the same day, and before the first there is none.

use std::collections::BTreeMap;

use super::{CapacityError, Day, Plan, SlotLength, Step};
use crate::time::Date;

/// Day to time to places, as it is decoded from JSON.
pub type Shorthand = BTreeMap<String, BTreeMap<String, u32>>;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Plan {
    /// Reads a plan from its short-hand. Days that are not named have no places; a day named twice
    /// is refused, since no order of keys could decide.
    pub fn from_shorthand(
        slot_length: SlotLength,
        shorthand: &Shorthand,
    ) -> Result<Self, CapacityError> {
        let mut week: [Option<Day>; 7] = [const { None }; 7];
        let mut exceptions = BTreeMap::new();
        for (key, steps) in shorthand {
            let steps: Result<Vec<Step>, _> = steps
                .iter()
                .map(|(time, places)| Ok(Step { minute: minute(time)?, places: *places }))
                .collect();
            let day = Day::new(steps?)?;
            for part in key.split(',') {
                let twice = match named(part.trim()) {
                    Some(Named::Weekdays(from, to)) => {
                        (from..=to).any(|at| week[at % 7].replace(day.clone()).is_some())
                    }
                    Some(Named::Date(date)) => exceptions.insert(date, day.clone()).is_some(),
                    None => return Err(CapacityError::NoSuchDay(quote(key))),
                };
                if twice {
                    return Err(CapacityError::DayTwice(quote(key)));
                }
            }
        }
        Self::new(slot_length, week.map(Option::unwrap_or_default), exceptions)
    }

    /// Prints the plan as short as it gets: equal days share a key, days without places are left
    /// out, and so are times at which nothing changes.
    ///
    /// [`Plan::from_shorthand`] reads it back to an equal plan.
    pub fn shorthand(&self) -> Shorthand {
        let mut shorthand = Shorthand::new();
        for (first, day) in self.week.iter().enumerate() {
            let seen = self.week[..first].contains(day);
            if !seen && !day.steps().is_empty() {
                let same: Vec<usize> = (first..7).filter(|at| self.week[*at] == *day).collect();
                shorthand.insert(list(&same), steps(day));
            }
        }
        for (date, day) in &self.exceptions {
            let mut steps = steps(day);
            if steps.is_empty() {
                // A date without places has to be told from a date that is not special.
                steps.insert(String::from("0000"), 0);
            }
            shorthand.insert(date.to_string(), steps);
        }
        shorthand
    }
}

enum Named {
    /// From the first to the second, both included; past 6 the week starts again.
    Weekdays(usize, usize),
    Date(Date),
}

fn named(part: &str) -> Option<Named> {
    if let Some(day) = weekday(part) {
        return Some(Named::Weekdays(day, day));
    }
    // Ten characters are a date and no more; its parser would also take a time of day.
    if part.len() == 10
        && let Ok(date) = part.parse()
    {
        return Some(Named::Date(date));
    }
    let (from, to) = part.split_once('-')?;
    let (from, to) = (weekday(from.trim())?, weekday(to.trim())?);
    Some(Named::Weekdays(from, if to < from { to + 7 } else { to }))
}

fn weekday(name: &str) -> Option<usize> {
    let number = name.strip_prefix("_capacity_").unwrap_or(name);
    if let &[digit @ b'1'..=b'7'] = number.as_bytes() {
        return Some(usize::from(digit - b'1'));
    }
    DAYS.iter().position(|day| day.eq_ignore_ascii_case(name))
}

fn minute(time: &str) -> Result<u16, CapacityError> {
    let digits = time.len() == 4 && time.bytes().all(|c| c.is_ascii_digit());
    let number: Option<u16> = if digits { time.parse().ok() } else { None };
    match number.map(|number| (number / 100, number % 100)) {
        Some((hour @ 0..=23, minute @ 0..=59)) => Ok(hour * 60 + minute),
        _ => Err(CapacityError::NoSuchTime(quote(time))),
    }
}

fn steps(day: &Day) -> BTreeMap<String, u32> {
    let time = |minute: u16| format!("{:02}{:02}", minute / 60, minute % 60);
    day.steps().iter().map(|step| (time(step.minute), step.places)).collect()
}

/// `mon-wed,sat`: runs of three and more as ranges.
fn list(days: &[usize]) -> String {
    let runs = days.chunk_by(|a, b| a + 1 == *b).map(|run| match *run {
        [first, _, .., last] => format!("{}-{}", DAYS[first], DAYS[last]),
        [first, last] => format!("{},{}", DAYS[first], DAYS[last]),
        [day] => DAYS[day].to_owned(),
        [] => String::new(),
    });
    runs.collect::<Vec<_>>().join(",")
}

fn quote(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Time, Weekday};

    fn shorthand(days: &[(&str, &[(&str, u32)])]) -> Shorthand {
        let steps =
            |steps: &[(&str, u32)]| steps.iter().map(|(at, n)| ((*at).into(), *n)).collect();
        days.iter().map(|(day, list)| ((*day).into(), steps(list))).collect()
    }

    fn plan(days: &[(&str, &[(&str, u32)])]) -> Result<Plan, CapacityError> {
        Plan::from_shorthand(SlotLength::HALF_HOUR, &shorthand(days))
    }

    #[test]
    fn all_spellings_of_a_day_mean_the_same() {
        let steps: &[_] = &[("0900", 3), ("1200", 0)];
        let spelled = plan(&[("mon-fri", steps)]).unwrap();
        for keys in [
            &["1-5"][..],
            &["MON-Wed", "4,5"],
            &["_capacity_1", "_capacity_2", "3", "thu , fri"],
            &["mon,tue,wed,thu,fri"],
        ] {
            let days: Vec<_> = keys.iter().map(|key| (*key, steps)).collect();
            assert_eq!(plan(&days).unwrap(), spelled, "{keys:?}");
        }
        let over_the_weekend = plan(&[("fri-mon", steps)]).unwrap();
        assert_eq!(over_the_weekend.weekday(Weekday::Sunday).at(9 * 60), 3);
        assert_eq!(over_the_weekend.weekday(Weekday::Tuesday).at(9 * 60), 0);
    }

    #[test]
    fn printing_is_as_short_as_it_gets_and_reads_back() {
        let wordy = plan(&[
            ("mon", &[("0000", 0), ("0900", 3), ("1000", 3), ("1200", 0)]),
            ("wed", &[("0900", 3), ("1200", 0)]),
            ("tue", &[("0900", 3), ("1200", 0)]),
            ("fri", &[("0900", 3), ("1200", 0)]),
            ("thu", &[("0900", 1)]),
            ("sun", &[("0000", 0)]),
            ("2026-12-24", &[]),
            ("2026-12-31,2027-12-31", &[("0930", 1)]),
        ])
        .unwrap();
        let printed = wordy.shorthand();
        assert_eq!(
            printed,
            shorthand(&[
                ("mon-wed,fri", &[("0900", 3), ("1200", 0)]),
                ("thu", &[("0900", 1)]),
                ("2026-12-24", &[("0000", 0)]),
                ("2026-12-31", &[("0930", 1)]),
                ("2027-12-31", &[("0930", 1)]),
            ])
        );
        assert_eq!(Plan::from_shorthand(SlotLength::HALF_HOUR, &printed), Ok(wordy));
    }

    #[test]
    fn nothing_at_all_is_a_plan_without_places() {
        let nothing = plan(&[]).unwrap();
        assert_eq!(nothing.places(Date::constant(2026, 3, 2), Time::constant(9, 0, 0, 0)), 0);
        assert!(nothing.shorthand().is_empty());
    }

    #[test]
    fn what_is_not_short_hand_is_refused_with_the_word_that_is_wrong() {
        for key in [
            "",
            "moon",
            "0",
            "8",
            "mon-",
            "-fri",
            "mon-fri-sun",
            "mon,,tue",
            "2026-02-30",
            "_capacity_8",
            "_capacity_mon",
            "2026-1-1",
            "mon;tue",
        ] {
            assert_eq!(plan(&[(key, &[])]), Err(CapacityError::NoSuchDay(key.into())));
        }
        for time in ["900", "09:00", "2400", "0960", "", "+900", "०९००"] {
            assert_eq!(plan(&[("mon", &[(time, 1)])]), Err(CapacityError::NoSuchTime(time.into())));
        }
        assert_eq!(plan(&[("1", &[]), ("mon", &[])]), Err(CapacityError::DayTwice("mon".into())));
        assert_eq!(
            plan(&[("mon-wed,tue", &[])]),
            Err(CapacityError::DayTwice("mon-wed,tue".into()))
        );
        assert_eq!(
            plan(&[("mon", &[("0915", 1)])]),
            Err(CapacityError::OffMark { minute: 555, slot_minutes: 30 })
        );
        let long = "x".repeat(10_000);
        assert_eq!(plan(&[(&long, &[])]), Err(CapacityError::NoSuchDay("x".repeat(40))));
    }
}
