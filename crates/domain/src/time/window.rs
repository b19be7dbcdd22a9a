//! The half-open stretch of instants that questions about time are asked of.

use super::{SignedDuration, Timestamp};

/// From its start until just before its end; it may be empty, never backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Ends", into = "Ends"))]
pub struct Window {
    start: Timestamp,
    end: Timestamp,
}

/// A window was asked to end before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the window ends before it starts")]
pub struct EndsBeforeStart;

impl Window {
    /// The window `[start, end)`; refused when the end is the earlier one.
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, EndsBeforeStart> {
        if end < start { Err(EndsBeforeStart) } else { Ok(Self { start, end }) }
    }

    /// The window that starts here and lasts this long; a negative length counts as none.
    pub fn lasting(start: Timestamp, length: SignedDuration) -> Self {
        let end = start.saturating_add(length.max(SignedDuration::ZERO));
        Self { start, end: end.expect("adding a plain duration saturates") }
    }

    /// The first instant inside.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The first instant no longer inside.
    pub fn end(&self) -> Timestamp {
        self.end
    }

    /// How long it is.
    pub fn duration(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Whether the instant is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// What is inside of both windows; empty, at this window's nearer end, when they do not meet.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let start = self.start.max(other.start).min(self.end);
        Self { start, end: self.end.min(other.end).max(start) }
    }

    /// What is left of it from an instant on; empty when that is nothing.
    #[must_use]
    pub fn since(&self, at: Timestamp) -> Self {
        Self { start: self.start.max(at).min(self.end), end: self.end }
    }
}

/// The document of a window.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Ends {
    start: Timestamp,
    end: Timestamp,
}

#[cfg(feature = "serde")]
impl TryFrom<Ends> for Window {
    type Error = EndsBeforeStart;

    fn try_from(ends: Ends) -> Result<Self, EndsBeforeStart> {
        Self::new(ends.start, ends.end)
    }
}

#[cfg(feature = "serde")]
impl From<Window> for Ends {
    fn from(window: Window) -> Self {
        Self { start: window.start, end: window.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_window_may_be_empty_and_is_never_backwards() {
        assert!(Window::new(at(5), at(5)).unwrap().is_empty());
        assert_eq!(Window::new(at(5), at(4)), Err(EndsBeforeStart));
        assert!(Window::lasting(Timestamp::MAX, SignedDuration::from_hours(1)).is_empty());
        assert!(Window::lasting(at(5), SignedDuration::from_secs(-1)).is_empty());
    }

    #[test]
    fn windows_that_do_not_meet_have_nothing_in_common() {
        let early = Window::new(at(0), at(10)).unwrap();
        let late = Window::new(at(20), at(30)).unwrap();
        assert!(early.within(&late).is_empty());
        assert!(late.within(&early).is_empty());
        assert_eq!(early.within(&Window::new(at(4), at(90)).unwrap()), early.since(at(4)));
        assert!(early.since(at(11)).is_empty());
        assert!(early.contains(at(9)) && !early.contains(at(10)));
    }
}
