//! Each outcome counts once, however often and in whatever order it is delivered.

/// Outcomes behind the newest that may still come late.
const WINDOW: u64 = 1_024;
const WORDS: usize = 16;

/// What became of an outcome that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It was new and counts.
    Once,
    /// It had been counted before.
    Before,
    /// It lies so far back that nobody can tell; it does not count.
    TooLate,
}

/// A sliding window over outcome numbers, as receivers use against replays (RFC 6479).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Once {
    /// One more than the highest number seen.
    end: u64,
    words: [u64; WORDS],
}

impl Once {
    /// Marks a number. Only [`Counted::Once`] may be learned from.
    pub(super) fn mark(&mut self, number: u64) -> Counted {
        if number.saturating_add(WINDOW) < self.end {
            return Counted::TooLate;
        }
        let end = number.saturating_add(1);
        if end > self.end {
            let fresh = (end - self.end).min(WINDOW);
            for ahead in 0..fresh {
                let (word, bit) = place(end - 1 - ahead);
                self.words[word] &= !bit;
            }
            self.end = end;
        }
        let (word, bit) = place(number);
        if self.words[word] & bit != 0 {
            return Counted::Before;
        }
        self.words[word] |= bit;
        Counted::Once
    }

    /// One more than the highest number counted.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

fn place(number: u64) -> (usize, u64) {
    let at = number % WINDOW;
    (usize::try_from(at / 64).unwrap_or(0), 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::{Counted, Once};

    #[test]
    fn an_outcome_counts_once_in_any_order() {
        let mut once = Once::default();
        for number in [5, 3, 4, 2_000, 1_999, 1_000] {
            assert_eq!(once.mark(number), Counted::Once, "{number}");
        }
        for number in [2_000, 1_000, 1_999] {
            assert_eq!(once.mark(number), Counted::Before, "{number}");
        }
        assert_eq!(once.mark(5), Counted::TooLate);
        assert_eq!(once.mark(u64::MAX), Counted::Once);
        assert_eq!(once.mark(u64::MAX), Counted::Before);
    }
}
