//! How the time that an office is open is cut into slots.

use crate::capacity::{self, Plan, SlotLength};
use crate::hours::{Hours, Pieces};
use crate::time::{DAY, SignedDuration, Stretch, Timestamp, Window, Zone, instant, second};

/// A time that callbacks are booked into: `[start, end)`, without a clock change inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The first open instant; the key of the slot.
    pub start: Timestamp,
    /// The first instant of what follows, or closing time.
    pub end: Timestamp,
    /// Places in all. A slot cut by an opening, a closing or a clock change has its share of them.
    pub total: u32,
}

impl Slot {
    /// Whether an instant is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// How long it is: at most the slot length of its plan.
    pub fn duration(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }
}

/// The slots that start inside a window, in time order.
///
/// Together, slots are exactly the time that the office is open, without overlap; those without
/// places are among them. A slot is the same whichever window shows it. Lazy: a slot is worked out
/// when it is taken, and clock changes are looked up once each.
pub fn slots<'a>(hours: &'a Hours, plan: &'a Plan, window: Window) -> Slots<'a> {
    let length = plan.slot_length();
    let start = second(window.start());
    let end = second(window.end());
    let stretch = hours.zone().stretch(start);
    let cursor = Cell::at(start, stretch, length).from;
    let mut pieces = Pieces::new(hours, start, end);
    let piece = pieces.find(|piece| cursor < piece.1);
    Slots { zone: hours.zone(), plan, length, window, pieces, piece, cursor, stretch, day: None }
}

/// The slot that holds an instant, or none when the office is closed.
///
/// It is the one that [`slots`] shows.
pub fn slot_at(hours: &Hours, plan: &Plan, at: Timestamp) -> Option<Slot> {
    let length = plan.slot_length();
    let cell = Cell::at(second(at), hours.zone().stretch(second(at)), length);
    let window = Window::lasting(instant(cell.from), length.duration());
    slots(hours, plan, window).find(|slot| at < slot.end).filter(|slot| slot.contains(at))
}

/// The time between two marks of the wall clock, or between a mark and a clock change.
#[derive(Debug, Clone, Copy)]
struct Cell {
    from: i64,
    to: i64,
    /// What the clock shows, or would show, at the mark.
    mark: i64,
}

impl Cell {
    fn at(second: i64, stretch: Stretch, length: SlotLength) -> Self {
        let shown = second + stretch.offset;
        let mark = shown - shown.rem_euclid(length.seconds());
        let from = mark - stretch.offset;
        Self { from: from.max(stretch.from), to: (from + length.seconds()).min(stretch.to), mark }
    }
}

/// The slots of a window, from [`slots`].
#[derive(Debug, Clone)]
pub struct Slots<'a> {
    zone: &'a Zone,
    plan: &'a Plan,
    length: SlotLength,
    window: Window,
    pieces: Pieces<'a>,
    /// The piece of open time that is being cut.
    piece: Option<(i64, i64)>,
    /// All before this second has been cut.
    cursor: i64,
    /// The stretch that held the last cell.
    stretch: Stretch,
    /// The places of the day that the last cell was in.
    day: Option<(i64, &'a capacity::Day)>,
}

impl<'a> Slots<'a> {
    fn cell(&mut self, at: i64) -> Cell {
        if at >= self.stretch.to {
            self.stretch = self.zone.stretch(at);
        }
        Cell::at(at, self.stretch, self.length)
    }

    /// The places of a whole slot that starts at a mark.
    fn places(&mut self, mark: i64) -> u32 {
        let number = mark.div_euclid(DAY);
        let day: &'a capacity::Day = match self.day {
            Some((known, day)) if known == number => day,
            _ => self.plan.places_of(number),
        };
        self.day = Some((number, day));
        let minute = mark.rem_euclid(DAY) / 60;
        day.at(u16::try_from(minute).expect("a day has 1440 minutes"))
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        loop {
            let (from, mut until) = self.piece?;
            let start = from.max(self.cursor);
            if start >= until {
                self.piece = self.pieces.next();
                continue;
            }
            let begins = instant(start);
            if begins >= self.window.end() {
                return None;
            }
            let cell = self.cell(start);
            // An opening that goes on in the next piece is not cut where the pieces meet.
            while until < cell.to {
                self.piece = self.pieces.next();
                match self.piece {
                    Some(next) if next.0 <= until => until = until.max(next.1),
                    _ => break,
                }
            }
            let end = until.min(cell.to);
            self.cursor = end;
            if begins >= self.window.start() {
                let total = self.length.share_of(self.places(cell.mark), end - start);
                return Some(Slot { start: begins, end: instant(end), total });
            }
        }
    }
}
