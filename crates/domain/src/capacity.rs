//! Capacity: how many scheduled callbacks may be booked into a slot.
//!
//! A [`Plan`] is a weekly calendar with one value per slot, and dated exceptions. It has no zone:
//! it is read on the wall clock of the business hours that it is used with.
//!
//! ```
//! use std::collections::BTreeMap;
//! use ges_domain::capacity::{Plan, Shorthand, SlotLength};
//!
//! // Three places a slot from 09:00, one from 12:00, none from 17:00; Saturdays are shorter.
//! let day = |steps: &[(&str, u32)]| steps.iter().map(|(at, n)| ((*at).into(), *n)).collect();
//! let shorthand: Shorthand = BTreeMap::from([
//!     ("mon-fri".into(), day(&[("0900", 3), ("1200", 1), ("1700", 0)])),
//!     ("6".into(), day(&[("1000", 2), ("1300", 0)])),
//! ]);
//! let hourly = Plan::from_shorthand(SlotLength::HOUR, &shorthand)?;
//!
//! // Half-hour slots share out what an hour had; printed back, the plan is as short as it gets.
//! let half = hourly.with_slot_length(SlotLength::HALF_HOUR)?;
//! let printed = half.shorthand();
//! assert_eq!(printed["sat"], day(&[("1000", 1), ("1300", 0)]));
//! assert_eq!(printed["mon-fri"]["0900"], 2);
//! assert_eq!(printed["mon-fri"]["0930"], 1);
//! # Ok::<(), ges_domain::capacity::CapacityError>(())
//! ```

mod day;
mod shorthand;

use std::collections::BTreeMap;

use crate::time::{Date, SignedDuration, Time, Weekday, date, weekday_index};

pub use day::{Day, Step};
pub use shorthand::Shorthand;

/// Most places of one slot.
pub const MAX_PLACES: u32 = 100_000;

/// Most dated exceptions of one plan.
pub const MAX_EXCEPTIONS: usize = 1000;

/// Why something is not a capacity plan. Texts of the request are quoted, cut to 40 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// Not one of 5, 10, 15, 20, 30 and 60 minutes.
    #[error("a slot is not {0} minutes long, but 5, 10, 15, 20, 30 or 60")]
    SlotLength(u32),
    /// More than [`MAX_PLACES`], given or as the sum of slots that become one.
    #[error("a slot has {0} places, more than {MAX_PLACES}")]
    TooManyPlaces(u32),
    /// A value starts where no slot starts.
    #[error("minute {minute} of the day is not the start of a slot of {slot_minutes} minutes")]
    OffMark {
        /// Minutes from midnight.
        minute: u16,
        /// The slot length.
        slot_minutes: u8,
    },
    /// A value starts after the end of the day.
    #[error("minute {0} is not inside of a day")]
    NoSuchMinute(u16),
    /// Two values start at one time of one day.
    #[error("two values start at minute {0} of one day")]
    TwoValues(u16),
    /// A calendar column that has not exactly one value per slot.
    #[error("a day of the calendar has {found} values in place of {expected}")]
    Column {
        /// The number of slots in a day.
        expected: usize,
        /// The number of values given.
        found: usize,
    },
    /// A key of the short-hand that names no day.
    #[error("`{0}` names no day")]
    NoSuchDay(String),
    /// A day that several keys of the short-hand name.
    #[error("`{0}` names a day that another key names too")]
    DayTwice(String),
    /// A key of the short-hand that is no time of day.
    #[error("`{0}` is not a time such as 0900")]
    NoSuchTime(String),
    /// More than [`MAX_EXCEPTIONS`].
    #[error("there are more than {MAX_EXCEPTIONS} dated exceptions")]
    TooManyExceptions,
}

/// The length of a slot: 5, 10, 15, 20, 30 or 60 minutes, so that each hour is whole slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u32", into = "u32"))]
pub struct SlotLength(u8);

impl SlotLength {
    /// Half an hour, the usual length.
    pub const HALF_HOUR: Self = Self(30);

    /// One hour.
    pub const HOUR: Self = Self(60);

    /// All lengths, shortest first.
    pub const ALL: [Self; 6] = [Self(5), Self(10), Self(15), Self(20), Self(30), Self(60)];

    /// The length of this many minutes, if slots can be that long.
    pub fn parse(minutes: impl Into<u32>) -> Result<Self, CapacityError> {
        let minutes = minutes.into();
        let found = Self::ALL.into_iter().find(|length| u32::from(length.0) == minutes);
        found.ok_or(CapacityError::SlotLength(minutes))
    }

    /// The length in minutes.
    pub fn minutes(self) -> u8 {
        self.0
    }

    /// The length as a duration.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0.into())
    }

    /// The number of slots in an unchanged day of 24 hours.
    pub fn per_day(self) -> usize {
        24 * 60 / usize::from(self.0)
    }

    /// The places of a slot that is open for only a part of its length.
    ///
    /// `⌊places × open ÷ length⌋`, and at least one when there are places at all. How the vendor
    /// shares out a cut slot is not public; this is the only place that knows.
    pub fn share(self, places: u32, open: SignedDuration) -> u32 {
        self.share_of(places, open.as_secs())
    }

    pub(crate) fn share_of(self, places: u32, open_secs: i64) -> u32 {
        if open_secs >= self.seconds() {
            return places;
        }
        let share = i64::from(places) * open_secs.max(0) / self.seconds();
        u32::try_from(share).expect("a share is at most the whole").max(places.min(1))
    }

    pub(crate) fn seconds(self) -> i64 {
        i64::from(self.0) * 60
    }
}

impl Default for SlotLength {
    fn default() -> Self {
        Self::HALF_HOUR
    }
}

impl TryFrom<u32> for SlotLength {
    type Error = CapacityError;

    fn try_from(minutes: u32) -> Result<Self, CapacityError> {
        Self::parse(minutes)
    }
}

impl From<SlotLength> for u32 {
    fn from(length: SlotLength) -> Self {
        length.0.into()
    }
}

/// A capacity rule: places per slot over the week, and on dates that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Document", into = "Document"))]
pub struct Plan {
    slot_length: SlotLength,
    /// Monday first.
    week: [Day; 7],
    exceptions: BTreeMap<Date, Day>,
}

impl Plan {
    /// Puts a calendar together; the week begins on Monday.
    ///
    /// Values may change only where slots start.
    pub fn new(
        slot_length: SlotLength,
        week: [Day; 7],
        exceptions: BTreeMap<Date, Day>,
    ) -> Result<Self, CapacityError> {
        if exceptions.len() > MAX_EXCEPTIONS {
            return Err(CapacityError::TooManyExceptions);
        }
        let slot_minutes = slot_length.minutes();
        for step in week.iter().chain(exceptions.values()).flat_map(Day::steps) {
            if step.minute % u16::from(slot_minutes) != 0 {
                return Err(CapacityError::OffMark { minute: step.minute, slot_minutes });
            }
        }
        Ok(Self { slot_length, week, exceptions })
    }

    /// The plan with the same number of places in every slot.
    pub fn flat(slot_length: SlotLength, places: u32) -> Result<Self, CapacityError> {
        let day = Day::flat(places)?;
        let week = std::array::from_fn(|_| day.clone());
        Ok(Self { slot_length, week, exceptions: BTreeMap::new() })
    }

    /// How long its slots are.
    pub fn slot_length(&self) -> SlotLength {
        self.slot_length
    }

    /// The places of a weekday.
    pub fn weekday(&self, weekday: Weekday) -> &Day {
        let index = weekday.to_monday_zero_offset();
        &self.week[usize::try_from(index).expect("an offset from Monday is not negative")]
    }

    /// The dates that differ from the week, in order.
    pub fn exceptions(&self) -> &BTreeMap<Date, Day> {
        &self.exceptions
    }

    /// The places of a date.
    pub fn day(&self, date: Date) -> &Day {
        self.exceptions.get(&date).unwrap_or_else(|| self.weekday(date.weekday()))
    }

    /// The places of the whole slot that holds a wall-clock time of a date.
    pub fn places(&self, date: Date, time: Time) -> u32 {
        let minute = i16::from(time.hour()) * 60 + i16::from(time.minute());
        self.day(date).at(u16::try_from(minute).expect("hours and minutes are not negative"))
    }

    /// The same plan in slots of another length.
    ///
    /// Values are shared out by overlap, whole places, the first part of an hour getting what does
    /// not divide; so 60 to 30 minutes gives ⌈v ÷ 2⌉ and ⌊v ÷ 2⌋, and 30 to 60 adds the halves. Each
    /// hour keeps its total. Fails when a longer slot would pass [`MAX_PLACES`].
    pub fn with_slot_length(&self, slot_length: SlotLength) -> Result<Self, CapacityError> {
        let mut changed = Self { slot_length, ..self.clone() };
        for day in changed.week.iter_mut().chain(changed.exceptions.values_mut()) {
            *day = day.resized(self.slot_length, slot_length)?;
        }
        Ok(changed)
    }

    /// The places of a day counted from 1970-01-01.
    pub(crate) fn places_of(&self, day: i64) -> &Day {
        let exception =
            if self.exceptions.is_empty() { None } else { self.exceptions.get(&date(day)) };
        exception.unwrap_or(&self.week[weekday_index(day)])
    }
}

/// A plan as a document: its slot length and its short-hand.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    slot_minutes: SlotLength,
    places: Shorthand,
}

#[cfg(feature = "serde")]
impl TryFrom<Document> for Plan {
    type Error = CapacityError;

    fn try_from(document: Document) -> Result<Self, CapacityError> {
        Self::from_shorthand(document.slot_minutes, &document.places)
    }
}

#[cfg(feature = "serde")]
impl From<Plan> for Document {
    fn from(plan: Plan) -> Self {
        Self { slot_minutes: plan.slot_length, places: plan.shorthand() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(minutes: u8) -> SlotLength {
        SlotLength::parse(minutes).unwrap()
    }

    #[test]
    fn a_slot_is_a_whole_part_of_an_hour() {
        let minutes: Vec<_> = (0_u32..=120).filter(|m| SlotLength::parse(*m).is_ok()).collect();
        assert_eq!(minutes, [5, 10, 15, 20, 30, 60]);
    }

    #[test]
    fn a_cut_slot_gets_its_share_and_never_nothing_of_something() {
        let share = |places, minutes| {
            SlotLength::HALF_HOUR.share(places, SignedDuration::from_mins(minutes))
        };
        assert_eq!(share(4, 30), 4);
        assert_eq!(share(4, 29), 3);
        assert_eq!(share(4, 15), 2);
        assert_eq!(share(4, 1), 1, "at least one");
        assert_eq!(share(0, 15), 0, "nothing stays nothing");
        assert_eq!(share(MAX_PLACES, 29), 96_666);
    }

    #[test]
    fn an_exception_beats_the_weekday() {
        let friday = Date::constant(2026, 12, 25);
        let exceptions = BTreeMap::from([(friday, Day::flat(0).unwrap())]);
        let week = std::array::from_fn(|_| Day::flat(7).unwrap());
        let plan = Plan::new(SlotLength::HOUR, week, exceptions).unwrap();
        assert_eq!(plan.places(friday, Time::midnight()), 0);
        assert_eq!(plan.places(friday.tomorrow().unwrap(), Time::midnight()), 7);
        assert_eq!(plan.weekday(friday.weekday()).at(0), 7);
    }

    #[test]
    fn values_change_only_where_slots_start() {
        let day = Day::new([Step { minute: 555, places: 1 }]).unwrap();
        let week: [Day; 7] = std::array::from_fn(|_| day.clone());
        assert_eq!(
            Plan::new(SlotLength::HALF_HOUR, week.clone(), BTreeMap::new()),
            Err(CapacityError::OffMark { minute: 555, slot_minutes: 30 })
        );
        assert!(Plan::new(length(15), week, BTreeMap::new()).is_ok());
    }

    #[test]
    fn a_longer_slot_that_would_pass_the_limit_is_refused() {
        let full = Plan::flat(length(5), MAX_PLACES).unwrap();
        assert_eq!(
            full.with_slot_length(length(10)),
            Err(CapacityError::TooManyPlaces(2 * MAX_PLACES))
        );
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_plan_comes_back_from_its_document_and_a_wrong_one_does_not() {
        let text = r#"{"slotMinutes":30,"places":{"2026-12-24":{"0000":0},"mon-fri":{"0900":4}}}"#;
        let plan: Plan = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&plan).unwrap(), text);
        for (good, bad) in [("30", "45"), ("0900", "0915"), ("4}", "100001}"), ("mon-fri", "moon")]
        {
            let wrong = text.replacen(good, bad, 1);
            assert!(serde_json::from_str::<Plan>(&wrong).is_err(), "{wrong}");
        }
    }
}
