//! Offers: hours, capacity, bookings and now make what can be booked.
//!
//! A slot is cut on the wall-clock marks of the hours' zone, inside of openings, and keyed by its
//! starting instant. So the hour that an autumn night repeats is two sets of slots, and the hour
//! that a spring night skips is none.
//!
//! ```
//! use ges_domain::capacity::{Plan, SlotLength};
//! use ges_domain::hours::{Day, Hours, Interval, Week};
//! use ges_domain::name::HoursName;
//! use ges_domain::offer::{Ask, Offer, Taken, slots};
//! use ges_domain::time::{SignedDuration, Timestamp, Window, Zone};
//!
//! let day = Day::new([Interval::parse("09:00", Some("10:45"))?]);
//! let zone = Zone::parse("America/New_York")?;
//! let hours = Hours::new(HoursName::parse("BH_Sales")?, zone, Week::weekdays(day), Vec::new())?;
//! let plan = Plan::flat(SlotLength::HALF_HOUR, 4)?;
//!
//! // Monday morning: three whole slots and one cut in half by closing time.
//! let monday: Timestamp = "2026-03-09T00:00:00-04:00".parse()?;
//! let window = Window::lasting(monday, SignedDuration::from_hours(24));
//! let totals: Vec<u32> = slots(&hours, &plan, window).map(|slot| slot.total).collect();
//! assert_eq!(totals, [4, 4, 4, 2]);
//!
//! // With four bookings at 09:00 the first slot is full, so 09:30 is the first one offered.
//! let nine: Timestamp = "2026-03-09T09:00:00-04:00".parse()?;
//! let taken = Taken::new([(nine, 4)]);
//! let offer = Offer::new(&hours, &plan, &taken, window, monday);
//! let first = offer.slots(Ask::default()).next().unwrap();
//! assert_eq!(first.slot.start, nine + SignedDuration::from_mins(30));
//! assert_eq!((first.left, first.slot.total), (4, 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod slots;
mod taken;

use crate::capacity::Plan;
use crate::hours::Hours;
use crate::time::{SignedDuration, Timestamp, Window};

pub use slots::{Slot, Slots, slot_at, slots};
pub use taken::Taken;

/// A slot with the places that nobody has taken yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Offered {
    /// The slot.
    pub slot: Slot,
    /// Places taken: more than the total where places were taken away after they were booked.
    pub booked: u32,
    /// Places left, at most the slot's total; zero is busy.
    pub left: u32,
}

/// A slot that can still be booked, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FreeSlot {
    /// Where the slot starts.
    pub start: Timestamp,
    /// Places left, at least one.
    pub left: u32,
}

/// Whether slots without places left are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Busy {
    /// Only what can be booked.
    #[default]
    Hidden,
    /// All that the office is open for, also what is booked out or was given no places.
    Reported,
}

/// How much of an offer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Ask {
    /// What to do with busy slots.
    pub busy: Busy,
    /// Stop after this many slots with places left; none lists the whole window. Busy slots do not
    /// count, and those after the last free one wanted are not listed.
    pub most: Option<usize>,
}

/// What can be booked of a service inside a window.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    hours: &'a Hours,
    plan: &'a Plan,
    taken: &'a Taken,
    window: Window,
}

impl<'a> Offer<'a> {
    /// The offer of the slots that start inside the window and not before now.
    pub fn new(
        hours: &'a Hours,
        plan: &'a Plan,
        taken: &'a Taken,
        window: Window,
        now: Timestamp,
    ) -> Self {
        Self { hours, plan, taken, window: window.since(now) }
    }

    /// The slots on offer, in time order. Lazy: it costs no more than what is taken from it.
    pub fn slots(&self, ask: Ask) -> impl Iterator<Item = Offered> + use<'a> {
        let mut wanted = ask.most.unwrap_or(usize::MAX);
        let mut all = self.all_in(self.window);
        std::iter::from_fn(move || {
            if wanted == 0 {
                return None;
            }
            let next = all.find(|it| it.left > 0 || ask.busy == Busy::Reported)?;
            wanted -= usize::from(next.left > 0);
            Some(next)
        })
    }

    /// The free slots that start nearest to an instant, in time order.
    ///
    /// Of two that are equally near, the later is preferred.
    pub fn nearest(&self, to: Timestamp, most: usize) -> Vec<FreeSlot> {
        let later = self.free_in(self.window.since(to)).take(most);
        let mut found: Vec<FreeSlot> = later.chain(self.last_before(to, most)).collect();
        found.sort_by_key(|free| (free.start.duration_since(to).abs(), free.start < to));
        found.truncate(most);
        found.sort_by_key(|free| free.start);
        found
    }

    /// At least the last `most` free slots that start before an instant, as far as there are any.
    ///
    /// Slots are walked forwards only, so ever longer parts of the window are looked through, from
    /// the last day before the instant back to the start of the window.
    fn last_before(&self, to: Timestamp, most: usize) -> Vec<FreeSlot> {
        let mut found: Vec<FreeSlot> = Vec::new();
        let mut end = to.clamp(self.window.start(), self.window.end());
        let mut length = SignedDuration::from_hours(24);
        while found.len() < most && end > self.window.start() {
            let start = end - length.min(end.duration_since(self.window.start()));
            let part = Window::lasting(start, end.duration_since(start));
            found.extend(self.free_in(part));
            end = start;
            length = length.saturating_mul(2);
        }
        found
    }

    fn free_in(&self, window: Window) -> impl Iterator<Item = FreeSlot> + use<'a> {
        let offered = self.all_in(window).filter(|offered| offered.left > 0);
        offered.map(|offered| FreeSlot { start: offered.slot.start, left: offered.left })
    }

    fn all_in(&self, window: Window) -> impl Iterator<Item = Offered> + use<'a> {
        let mut count = self.taken.counter(window.start());
        slots(self.hours, self.plan, window).map(move |slot| {
            let booked = count.until(slot.start, slot.end);
            Offered { slot, booked, left: slot.total.saturating_sub(booked) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::SlotLength;
    use crate::time::Zone;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hourly(places: u32) -> (Hours, Plan) {
        (Hours::always(Zone::utc()), Plan::flat(SlotLength::HOUR, places).unwrap())
    }

    #[test]
    fn busy_slots_are_listed_when_asked_for_and_do_not_count() {
        let (hours, plan) = hourly(2);
        let noon = at("2026-03-02T12:00:00Z");
        let taken = Taken::new([(noon, 2), (noon + HOUR, 1), (noon + HOUR * 2, 9)]);
        let window = Window::lasting(noon, HOUR * 6);
        let offer = Offer::new(&hours, &plan, &taken, window, noon);
        let left =
            |busy, most| offer.slots(Ask { busy, most }).map(|it| it.left).collect::<Vec<_>>();
        assert_eq!(left(Busy::Hidden, None), [1, 2, 2, 2]);
        assert_eq!(left(Busy::Reported, None), [0, 1, 0, 2, 2, 2], "never below zero");
        assert_eq!(left(Busy::Reported, Some(2)), [0, 1, 0, 2]);
        assert_eq!(left(Busy::Hidden, Some(2)), [1, 2]);
        assert_eq!(left(Busy::Reported, Some(0)), Vec::<u32>::new());
    }

    #[test]
    fn what_started_before_now_is_not_offered() {
        let (hours, plan) = hourly(1);
        let noon = at("2026-03-02T12:00:00Z");
        let window = Window::lasting(noon, HOUR * 3);
        let now = at("2026-03-02T12:00:00.000001Z");
        let none = Taken::default();
        let first = Offer::new(&hours, &plan, &none, window, now).slots(Ask::default()).next();
        assert_eq!(first.unwrap().slot.start, noon + HOUR);
        let late = Offer::new(&hours, &plan, &none, window, noon + HOUR * 5);
        assert_eq!(late.slots(Ask::default()).count(), 0);
    }

    #[test]
    fn the_nearest_free_slots_come_from_both_sides_in_time_order() {
        let (hours, plan) = hourly(1);
        let noon = at("2026-03-02T12:00:00Z");
        let taken = Taken::new([(noon, 1), (noon - HOUR, 1), (noon + HOUR * 2, 1)]);
        let window = Window::lasting(noon - HOUR * 100, HOUR * 200);
        let offer = Offer::new(&hours, &plan, &taken, window, window.start());
        let starts = |most| -> Vec<i64> {
            let hours = |free: FreeSlot| free.start.duration_since(noon).as_hours();
            offer.nearest(noon, most).into_iter().map(hours).collect()
        };
        assert_eq!(starts(1), [1]);
        assert_eq!(starts(2), [-2, 1]);
        assert_eq!(starts(3), [-2, 1, 3], "of -3 and 3 the later");
        assert_eq!(starts(0), Vec::<i64>::new());
    }

    #[test]
    fn the_nearest_free_slots_agree_with_a_look_at_all_of_them() {
        let (hours, plan) = hourly(1);
        let start = at("2026-03-02T00:00:00Z");
        let window = Window::lasting(start, HOUR * (24 * 40));
        // Only every 37th slot is free.
        let taken = Taken::new((0..960).filter(|i| i % 37 != 5).map(|i| (start + HOUR * i, 1)));
        let offer = Offer::new(&hours, &plan, &taken, window, start);
        let all: Vec<FreeSlot> = offer.free_in(window).collect();
        assert_eq!(all.len(), 26);
        for hour in [-30, 0, 1, 300, 471, 500, 959, 960, 1200] {
            let to = start + HOUR * hour;
            for most in [1, 3, 10, 26, 100] {
                let mut expected = all.clone();
                expected.sort_by_key(|free| (free.start.duration_since(to).abs(), free.start < to));
                expected.truncate(most);
                expected.sort_by_key(|free| free.start);
                assert_eq!(offer.nearest(to, most), expected, "{most} around hour {hour}");
            }
        }
    }

    #[test]
    fn bookings_count_in_the_slot_that_holds_their_time_whatever_slots_they_were_made_under() {
        let (hours, _) = hourly(1);
        let noon = at("2026-03-02T12:00:00Z");
        let quarters = (0..4).map(|i| (noon + SignedDuration::from_mins(15) * i, 1));
        let taken = Taken::new(quarters);
        let window = Window::lasting(noon, HOUR);
        for (minutes, left) in [(60_u32, vec![1]), (30, vec![3, 3]), (20, vec![3, 4, 4])] {
            let plan = Plan::flat(SlotLength::parse(minutes).unwrap(), 5).unwrap();
            let offer = Offer::new(&hours, &plan, &taken, window, noon);
            let found: Vec<u32> = offer.slots(Ask::default()).map(|it| it.left).collect();
            assert_eq!(found, left, "{minutes}");
        }
    }
}
