//! The order in which a queue really serves: learned from who is taken and who is left waiting.
//!
//! Routers age priorities, give head starts and split skills, and their documentation tells half
//! of it. What counts for a wait is only this: how much later may a caller of one class arrive and
//! still be served before a caller of another. That head start is learned here, one number a class.

/// Classes of callers told apart.
pub const CLASSES: usize = 16;

/// How sharp the order is: at this many seconds of difference the odds are e to one. It stands for
/// agents who do not serve every class.
const SPREAD_SECS: f64 = 15.0;

/// Step of the first correction and of every late one, in seconds.
const STEP_SECS: (f64, f64) = (60.0, 3.0);

/// No head start is believed beyond this, in seconds.
const LONGEST_SECS: f64 = 3_600.0;

/// A class of callers: a priority, a kind of call, or both. At most [`CLASSES`] are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Class(u8);

impl Class {
    /// The class with this number; numbers from [`CLASSES`] on share the last.
    pub fn new(number: usize) -> Self {
        Self(u8::try_from(number.min(CLASSES - 1)).unwrap_or(0))
    }

    /// Its number, below [`CLASSES`].
    pub fn number(self) -> usize {
        usize::from(self.0)
    }
}

/// The learned head start of each class.
///
/// A pairwise choice model: the call taken beats every call left waiting with odds that grow with
/// the difference of (age + head start). Each choice moves both head starts by one step of the
/// logistic gradient (Bradley and Terry, 1952, with age as a covariate).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Discipline {
    head_start_secs: [f64; CLASSES],
    choices: [u32; CLASSES],
}

impl Discipline {
    /// Starts from what is believed of the classes, in seconds.
    pub fn believing(head_start_secs: [f64; CLASSES]) -> Self {
        Self { head_start_secs: head_start_secs.map(bounded), choices: [0; CLASSES] }
    }

    /// Sets what is believed of a class of which nothing was learned yet.
    pub fn believe(&mut self, class: Class, head_start_secs: f64) {
        if self.choices[class.number()] == 0 {
            self.head_start_secs[class.number()] = bounded(head_start_secs);
        }
    }

    /// The head start of a class, in seconds; only differences mean anything.
    pub fn head_start_secs(&self, class: Class) -> f64 {
        self.head_start_secs[class.number()]
    }

    /// Probability that a call of class `one`, aged `one_secs`, is served before the other.
    pub fn goes_first(&self, one: Class, one_secs: f64, other: Class, other_secs: f64) -> f64 {
        let lead = self.head_start_secs(one) - self.head_start_secs(other) + one_secs - other_secs;
        1.0 / (1.0 + (-lead / SPREAD_SECS).exp())
    }

    /// Learns that a call was taken while another was left waiting. Calls of one class say nothing.
    pub fn observe(&mut self, taken: Class, taken_secs: f64, left: Class, left_secs: f64) {
        if taken == left {
            return;
        }
        let surprise = 1.0 - self.goes_first(taken, taken_secs, left, left_secs);
        for (class, sign) in [(taken, 1.0), (left, -1.0)] {
            let seen = &mut self.choices[class.number()];
            *seen = seen.saturating_add(1);
            let step = (STEP_SECS.0 / f64::from(*seen).sqrt()).max(STEP_SECS.1);
            let secs = &mut self.head_start_secs[class.number()];
            *secs = bounded(*secs + sign * step * surprise);
        }
    }
}

fn bounded(secs: f64) -> f64 {
    if secs.is_finite() { secs.clamp(-LONGEST_SECS, LONGEST_SECS) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{Class, Discipline};

    #[test]
    fn a_head_start_of_ninety_seconds_is_found() {
        let (plain, gold) = (Class::new(0), Class::new(1));
        let mut discipline = Discipline::default();
        for turn in 0..2_000_u32 {
            let (plain_secs, gold_secs) = (f64::from(turn * 37 % 300), f64::from(turn * 91 % 200));
            if gold_secs + 90.0 > plain_secs {
                discipline.observe(gold, gold_secs, plain, plain_secs);
            } else {
                discipline.observe(plain, plain_secs, gold, gold_secs);
            }
        }
        let lead = discipline.head_start_secs(gold) - discipline.head_start_secs(plain);
        assert!((lead - 90.0).abs() < 15.0, "{lead}");
    }

    #[test]
    fn one_class_is_served_in_order_of_arrival() {
        let discipline = Discipline::default();
        let class = Class::new(3);
        assert!(discipline.goes_first(class, 120.0, class, 20.0) > 0.99);
        assert!(discipline.goes_first(class, 20.0, class, 120.0) < 0.01);
    }

    #[test]
    fn ages_that_are_not_numbers_do_not_spoil_what_is_known() {
        let mut discipline = Discipline::default();
        discipline.observe(Class::new(1), f64::NAN, Class::new(0), 5.0);
        assert!(discipline.head_start_secs(Class::new(1)).is_finite());
    }
}
