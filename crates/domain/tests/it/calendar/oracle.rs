//! The same answers worked out the slow way: minute by minute, from what the clock shows.
//!
//! Nothing of the walk over days is shared. An interval is open from the first minute at which the
//! clock shows its start or later, until the last at which it shows its end or earlier. So a minute
//! is open when the latest time shown up to it has reached the start of some interval, and the end
//! of that interval is still to be shown, or to be jumped over, after it.

use ges_domain::capacity::Plan;
use ges_domain::hours::Hours;
use ges_domain::offer::{Slot, slot_at, slots};
use ges_domain::time::{Date, SignedDuration, Time, Timestamp, Window};
use jiff::tz::TimeZone;

const DAY: i64 = 24 * 60;
/// What is looked at on either side of what is compared: more than any clock change.
const MARGIN: i64 = 27 * 60;

/// Minutes of a window, and what is true of each.
pub(super) struct Walk {
    /// The first minute, counted from 1970.
    first: i64,
    /// What the clock shows, in minutes from 1970.
    shown: Vec<i64>,
    open: Vec<bool>,
}

fn timestamp(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

pub(super) fn date_of(shown: i64) -> Date {
    jiff::tz::Offset::UTC.to_datetime(timestamp(shown)).date()
}

fn offsets(zone: &TimeZone, first: i64, count: i64) -> Vec<i64> {
    let offset = |minute: i64| {
        let seconds = i64::from(zone.to_offset(timestamp(minute)).seconds());
        assert_eq!(seconds % 60, 0, "whole minutes");
        seconds / 60
    };
    let mut all = Vec::new();
    for step in (first..first + count).step_by(15) {
        let (now, next) = (offset(step), offset(step + 15));
        if now == next {
            all.extend([now; 15]);
        } else {
            all.extend((step..step + 15).map(offset));
        }
    }
    all.truncate(usize::try_from(count).unwrap());
    all
}

impl Walk {
    /// Walks from `first` for `count` minutes.
    pub(super) fn new(hours: &Hours, first: i64, count: i64) -> Self {
        let zone = TimeZone::get(hours.zone().name()).unwrap();
        let (wide_first, wide_count) = (first - MARGIN, count + 2 * MARGIN);
        let shown: Vec<i64> = (wide_first..)
            .zip(offsets(&zone, wide_first, wide_count))
            .map(|(minute, offset)| minute + offset)
            .collect();
        let mut still_to_come = vec![i64::MAX; shown.len()];
        for at in (0..shown.len() - 1).rev() {
            still_to_come[at] = shown[at + 1].min(still_to_come[at + 1]);
        }
        let mut latest = i64::MIN;
        let mut rules = (i64::MIN, &[][..]);
        let mut open = Vec::with_capacity(shown.len());
        for (now, to_come) in shown.iter().zip(&still_to_come) {
            latest = latest.max(*now);
            // The end of a day is also the first minute of the next.
            let days = (now.min(to_come) - 1).div_euclid(DAY)..=latest.div_euclid(DAY);
            open.push(days.into_iter().any(|day| {
                if rules.0 != day {
                    rules = (day, hours.day(date_of(day * DAY)).intervals());
                }
                rules.1.iter().any(|interval| {
                    let start = day * DAY + i64::from(interval.start_minute());
                    let end = day * DAY + i64::from(interval.end_minute());
                    latest >= start && (*now < end || *to_come <= end)
                })
            }));
        }
        let inner = usize::try_from(MARGIN).unwrap();
        let last = inner + usize::try_from(count).unwrap();
        Self { first, shown: shown[inner..last].to_vec(), open: open[inner..last].to_vec() }
    }

    fn len(&self) -> i64 {
        i64::try_from(self.open.len()).unwrap()
    }

    fn index(&self, at: Timestamp) -> usize {
        assert_eq!((at.as_second() % 60, at.subsec_nanosecond()), (0, 0), "{at} is a whole minute");
        usize::try_from(at.as_second() / 60 - self.first).unwrap()
    }

    /// The window without its first and last two hours, where slots may reach over the edge.
    fn inner(&self) -> std::ops::Range<usize> {
        120..self.open.len() - 120
    }

    /// Slots are the open time: each minute once, cut where the wall clock has its marks.
    pub(super) fn check_slots(&self, hours: &Hours, plan: &Plan) {
        let length = i64::from(plan.slot_length().minutes());
        let edge = SignedDuration::from_hours(1);
        let all = Window::new(timestamp(self.first), timestamp(self.first + self.len())).unwrap();
        let window = Window::new(all.start() + edge, all.end() - edge).unwrap();
        let mut covered = vec![false; self.open.len()];
        let mut before = all.start();
        for slot in slots(hours, plan, window) {
            assert!(before <= slot.start && slot.start < slot.end, "{slot:?} overlaps");
            before = slot.end;
            let (start, end) = (self.index(slot.start), self.index(slot.end));
            covered[start..end].fill(true);
            for at in start..end {
                assert!(self.open[at], "{slot:?} invents a minute");
                let steady = at == start || self.shown[at] == self.shown[at - 1] + 1;
                assert!(steady, "{slot:?} has a clock change inside");
                assert!(at == start || self.shown[at] % length != 0, "{slot:?} has a mark inside");
            }
            let cut = |at: usize| {
                self.shown[at] % length == 0
                    || !(self.open[at - 1] && self.open[at])
                    || self.shown[at] != self.shown[at - 1] + 1
            };
            assert!(cut(start) && cut(end), "{slot:?} is cut where nothing is");
            self.check_places(plan, slot, start);
            // All slots near the middle, where the clocks change, and some of the others.
            if start.abs_diff(self.open.len() / 2) < 150 || start % 7 == 0 {
                check_slot_at(hours, plan, slot);
            }
        }
        for at in self.inner() {
            assert_eq!(covered[at], self.open[at], "slots lose {}", self.instant(at));
        }
        for at in self.inner().step_by(53).filter(|at| !self.open[*at]) {
            assert_eq!(slot_at(hours, plan, self.instant(at)), None);
        }
    }

    fn check_places(&self, plan: &Plan, slot: Slot, start: usize) {
        let shown = self.shown[start].rem_euclid(DAY);
        let (hour, minute) = (shown / 60, shown % 60);
        let time = Time::new(hour.try_into().unwrap(), minute.try_into().unwrap(), 0, 0).unwrap();
        let whole = plan.places(date_of(self.shown[start]), time);
        let minutes = u64::try_from(slot.duration().as_mins()).unwrap();
        let share = u64::from(whole) * minutes / u64::from(plan.slot_length().minutes());
        assert_eq!(u64::from(slot.total), share.max(u64::from(whole.min(1))), "{slot:?}");
    }

    /// What is said of single minutes: one in `step`, and all around the middle.
    pub(super) fn check_minutes(&self, hours: &Hours, step: usize) {
        let middle = self.open.len() / 2;
        let mut open_for = 0;
        let mut reaches_end = true;
        for at in (0..self.open.len()).rev() {
            open_for = if self.open[at] { open_for + 1 } else { 0 };
            reaches_end &= self.open[at];
            if at % step != 0 && at.abs_diff(middle) > 5 {
                continue;
            }
            let instant = self.instant(at);
            assert_eq!(hours.open_at(instant), self.open[at], "{instant}");
            let said = hours.open_for(instant);
            let counted = SignedDuration::from_mins(open_for);
            assert!(said == counted || reaches_end && said > counted, "{instant}: {said:?}");
            let half = SignedDuration::from_secs(30);
            let later = said.checked_sub(half).unwrap().max(SignedDuration::ZERO);
            let capped = said == SignedDuration::from_hours(31 * 24);
            assert!(capped || hours.open_for(instant + half) == later, "half a minute later");
            if let Some(next) = hours.next_opening(instant).filter(|_| !reaches_end) {
                let closed = (at..self.open.len()).take_while(|at| !self.open[*at]).count();
                let end = at + closed == self.open.len();
                assert!(end || next == self.instant(at + closed), "{instant}: {next}");
            }
        }
    }

    /// Openings of the window are the runs of open minutes.
    pub(super) fn check_openings(&self, hours: &Hours) {
        let window =
            Window::new(timestamp(self.first), timestamp(self.first + self.len())).unwrap();
        let found: Vec<_> = hours.openings(window).map(|it| (it.start, it.end)).collect();
        let mut expected = Vec::new();
        let mut at = 0;
        for run in self.open.chunk_by(|a, b| a == b) {
            if run[0] {
                expected.push((self.instant(at), self.instant(at + run.len())));
            }
            at += run.len();
        }
        assert_eq!(found, expected);
    }

    fn instant(&self, at: usize) -> Timestamp {
        timestamp(self.first + i64::try_from(at).unwrap())
    }
}

fn check_slot_at(hours: &Hours, plan: &Plan, slot: Slot) {
    let last = slot.end - SignedDuration::from_nanos(1);
    assert_eq!(slot_at(hours, plan, slot.start), Some(slot));
    assert_eq!(slot_at(hours, plan, last), Some(slot));
}
