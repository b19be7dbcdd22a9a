//! From civil rules to instants: the walk over days that all questions about hours share.

use std::slice;

use super::{Hours, Interval};
use crate::time::{DAY, Stretch, Timestamp, Window, instant, second};

/// A time during which the office is open: `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opening {
    /// The first open instant.
    pub start: Timestamp,
    /// The first instant at which it is closed again.
    pub end: Timestamp,
}

/// The intervals of consecutive days as seconds, by start. Those of different days may touch, and
/// around a clock change that repeats an hour they may overlap; none is empty.
#[derive(Debug, Clone)]
pub(crate) struct Pieces<'a> {
    hours: &'a Hours,
    stretch: Stretch,
    /// The day whose intervals come next, counted from 1970-01-01.
    day: i64,
    last_day: i64,
    /// The civil second at which the current day begins.
    midnight: i64,
    intervals: slice::Iter<'a, Interval>,
}

/// Clocks are up to 26 hours from UTC, so the day that a clock shows is at most this many days away
/// from the day in UTC; and a piece that starts later than that cannot matter to the second.
const DAYS_APART: i64 = 2;

impl<'a> Pieces<'a> {
    /// All pieces that hold a second of `[from, to]`, and a few on either side.
    pub(crate) fn new(hours: &'a Hours, from: i64, to: i64) -> Self {
        let day = from.div_euclid(DAY) - DAYS_APART;
        Self {
            hours,
            stretch: hours.zone().stretch(day * DAY),
            day,
            last_day: to.div_euclid(DAY) + DAYS_APART,
            midnight: 0,
            intervals: [].iter(),
        }
    }

    fn turn_to(&mut self, day: i64) {
        self.midnight = day * DAY;
        self.intervals = self.hours.rules_of(day).intervals().iter();
        if self.stretch.plain(self.midnight).is_none() {
            self.stretch = self.hours.zone().stretch(self.midnight - self.stretch.offset);
        }
    }

    fn place(&self, interval: Interval) -> (i64, i64) {
        let opens = self.midnight + i64::from(interval.start_minute()) * 60;
        let closes = self.midnight + i64::from(interval.end_minute()) * 60;
        let (zone, stretch) = (self.hours.zone(), &self.stretch);
        (
            stretch.plain(opens).unwrap_or_else(|| zone.reaches(opens)),
            stretch.plain(closes).unwrap_or_else(|| zone.passes(closes)),
        )
    }
}

impl Iterator for Pieces<'_> {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        loop {
            if let Some(interval) = self.intervals.next() {
                let (from, to) = self.place(*interval);
                // An interval inside of a gap is never open.
                if from < to {
                    return Some((from, to));
                }
            } else if self.day <= self.last_day {
                self.turn_to(self.day);
                self.day += 1;
            } else {
                return None;
            }
        }
    }
}

/// The openings of a window, from [`Hours::openings`].
#[derive(Debug, Clone)]
pub struct Openings<'a> {
    pieces: Pieces<'a>,
    ahead: Option<(i64, i64)>,
    window: Window,
}

impl<'a> Openings<'a> {
    pub(super) fn new(hours: &'a Hours, window: Window) -> Self {
        let pieces = Pieces::new(hours, second(window.start()), second(window.end()));
        Self { pieces, ahead: None, window }
    }
}

impl Iterator for Openings<'_> {
    type Item = Opening;

    fn next(&mut self) -> Option<Opening> {
        loop {
            let (from, mut to) = self.ahead.take().or_else(|| self.pieces.next())?;
            if instant(from) >= self.window.end() {
                return None;
            }
            for piece in self.pieces.by_ref() {
                if piece.0 > to {
                    self.ahead = Some(piece);
                    break;
                }
                to = to.max(piece.1);
            }
            let start = instant(from).max(self.window.start());
            let end = instant(to).min(self.window.end());
            if start < end {
                return Some(Opening { start, end });
            }
        }
    }
}
