//! The places of one day, kept as the steps at which the value changes.
//!
//! A day of 5-minute slots has 288 values and rarely more than a handful of changes. Equal days are
//! equal whatever they were made from, because a step that changes nothing is not kept.

use super::{CapacityError, MAX_PLACES, SlotLength};

/// Minutes of a day.
const MINUTES: u16 = 24 * 60;

/// From a minute of the day on, each slot has this many places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// Minutes from midnight: 0 to 1439.
    pub minute: u16,
    /// Places per slot until the next step: 0 to [`MAX_PLACES`].
    pub places: u32,
}

/// The places of each slot of a day. Before the first step there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Day(Vec<Step>);

impl Day {
    /// The day with these steps, in any order; each value holds until the next step.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Result<Self, CapacityError> {
        let mut steps: Vec<Step> = steps.into_iter().collect();
        steps.sort_unstable_by_key(|step| step.minute);
        if let Some(pair) = steps.windows(2).find(|pair| pair[0].minute == pair[1].minute) {
            return Err(CapacityError::TwoValues(pair[0].minute));
        }
        for step in &steps {
            if step.minute >= MINUTES {
                return Err(CapacityError::NoSuchMinute(step.minute));
            }
            if step.places > MAX_PLACES {
                return Err(CapacityError::TooManyPlaces(step.places));
            }
        }
        let mut before = 0;
        steps.retain(|step| std::mem::replace(&mut before, step.places) != step.places);
        Ok(Self(steps))
    }

    /// The day with the same places in every slot.
    pub fn flat(places: u32) -> Result<Self, CapacityError> {
        Self::new([Step { minute: 0, places }])
    }

    /// The day of a calendar column: one value per slot, from midnight on.
    pub fn from_values(length: SlotLength, values: &[u32]) -> Result<Self, CapacityError> {
        if values.len() != length.per_day() {
            return Err(CapacityError::Column { expected: length.per_day(), found: values.len() });
        }
        Self::new(
            marks(length).zip(values).map(|(minute, places)| Step { minute, places: *places }),
        )
    }

    /// The calendar column of the day: one value per slot, from midnight on.
    pub fn values(&self, length: SlotLength) -> Vec<u32> {
        marks(length).map(|minute| self.at(minute)).collect()
    }

    /// The steps, in order, each a change.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The places of the slot that holds a minute of the day.
    pub fn at(&self, minute: u16) -> u32 {
        let next = self.0.partition_point(|step| step.minute <= minute);
        next.checked_sub(1).map_or(0, |at| self.0[at].places)
    }

    /// The day in slots of another length, each hour with the total it had.
    ///
    /// A new slot gets what accrues between its ends when every old one accrues evenly, rounded up
    /// at both ends; so nothing is lost, and the first part gets what does not divide.
    pub(super) fn resized(&self, from: SlotLength, to: SlotLength) -> Result<Self, CapacityError> {
        let old = self.values(from);
        let step = u64::from(from.minutes());
        let accrued = |minute: u64| {
            let whole = usize::try_from(minute / step).expect("a day has few slots");
            let before: u64 = old[..whole].iter().copied().map(u64::from).sum();
            let part = old.get(whole).map_or(0, |value| u64::from(*value) * (minute % step));
            before + part.div_ceil(step)
        };
        let length = u64::from(to.minutes());
        let values: Vec<u32> = marks(to)
            .map(u64::from)
            .map(|mark| accrued(mark + length) - accrued(mark))
            .map(|places| u32::try_from(places).expect("at most twelve slots become one"))
            .collect();
        Self::from_values(to, &values)
    }
}

fn marks(length: SlotLength) -> impl Iterator<Item = u16> {
    (0..MINUTES).step_by(length.minutes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(length: u8, values: &[u32]) -> Vec<u32> {
        let length = SlotLength::parse(length).unwrap();
        let mut column = vec![0; length.per_day()];
        column[..values.len()].copy_from_slice(values);
        column
    }

    fn resized(from: u8, values: &[u32], to: u8) -> Vec<u32> {
        let (from_length, to) = (SlotLength::parse(from).unwrap(), SlotLength::parse(to).unwrap());
        let day = Day::from_values(from_length, &hour(from, values)).unwrap();
        let values = day.resized(from_length, to).unwrap().values(to);
        assert!(values[60 / usize::from(to.minutes())..].iter().all(|value| *value == 0));
        values[..60 / usize::from(to.minutes())].to_vec()
    }

    #[test]
    fn an_hour_is_halved_with_the_odd_place_first_and_halves_are_added() {
        assert_eq!(resized(60, &[5], 30), [3, 2]);
        assert_eq!(resized(60, &[1], 30), [1, 0]);
        assert_eq!(resized(30, &[3, 2], 60), [5]);
        assert_eq!(resized(30, &[0, 7], 60), [7]);
    }

    #[test]
    fn slots_that_do_not_nest_share_by_overlap() {
        assert_eq!(resized(20, &[4, 4, 4], 30), [6, 6]);
        assert_eq!(resized(20, &[1, 1, 1], 30), [2, 1]);
        assert_eq!(resized(30, &[6, 0], 20), [4, 2, 0]);
        assert_eq!(resized(15, &[1, 1, 1, 1], 10), [1, 1, 0, 1, 1, 0]);
        assert_eq!(resized(60, &[5], 20), [2, 2, 1]);
    }

    #[test]
    fn every_change_of_length_keeps_the_total_of_each_hour() {
        for from in SlotLength::ALL {
            let column: Vec<u32> = (0_u32..).take(from.per_day()).map(|i| i * i % 11).collect();
            let day = Day::from_values(from, &column).unwrap();
            for to in SlotLength::ALL {
                let other = day.resized(from, to).unwrap().values(to);
                for hour in 0..24 {
                    let sum = |values: &[u32], length: SlotLength| -> u32 {
                        let slots = 60 / usize::from(length.minutes());
                        values[hour * slots..(hour + 1) * slots].iter().sum()
                    };
                    assert_eq!(sum(&column, from), sum(&other, to), "{from:?} {to:?} {hour}");
                }
            }
        }
    }

    #[test]
    fn a_value_holds_until_the_next_step_and_there_is_none_before_the_first() {
        let steps = [(720, 1), (540, 3), (600, 3), (1020, 0)];
        let day = Day::new(steps.map(|(minute, places)| Step { minute, places })).unwrap();
        assert_eq!(
            [0, 539, 540, 719, 720, 1019, 1020, 1439].map(|m| day.at(m)),
            [0, 0, 3, 3, 1, 1, 0, 0]
        );
        assert_eq!(day.steps().len(), 3, "a step that changes nothing is not kept");
    }

    #[test]
    fn what_is_not_a_day_is_refused() {
        let day = |steps: &[(u16, u32)]| {
            Day::new(steps.iter().map(|(minute, places)| Step { minute: *minute, places: *places }))
        };
        assert_eq!(day(&[(60, 1), (60, 2)]), Err(CapacityError::TwoValues(60)));
        assert_eq!(day(&[(1440, 1)]), Err(CapacityError::NoSuchMinute(1440)));
        assert_eq!(Day::flat(MAX_PLACES + 1), Err(CapacityError::TooManyPlaces(MAX_PLACES + 1)));
        assert_eq!(
            Day::from_values(SlotLength::HOUR, &[1; 23]),
            Err(CapacityError::Column { expected: 24, found: 23 })
        );
    }
}
