//! A figure that changes over the day in steps: load, staffing. Apart, because arrivals need it
//! both ways: its value at a time, and the time by which it has summed up to something.

use serde::{Deserialize, Serialize};

/// A piecewise constant function of simulated seconds; before its first step it is 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Course {
    /// From this second on the figure is that, in order of time.
    pub steps: Vec<(f64, f64)>,
    /// After so many seconds it begins anew; without it the last step lasts.
    pub period_secs: Option<f64>,
}

impl Course {
    /// A figure that is 1 all the time.
    pub fn flat() -> Self {
        Self::default()
    }

    /// A figure that follows these steps once.
    pub fn steps(steps: impl Into<Vec<(f64, f64)>>) -> Self {
        Self { steps: steps.into(), period_secs: None }
    }

    /// The figure at a time.
    pub fn at(&self, secs: f64) -> f64 {
        let local = self.local(secs);
        let step = self.steps.iter().rev().find(|(from, _)| *from <= local);
        // A course that repeats goes on with its last step until its first one comes again.
        let wrapped = self.period_secs.and(self.steps.last()).filter(|_| secs > local);
        step.or(wrapped).map_or(1.0, |(_, value)| value.max(0.0))
    }

    /// The first time after this one at which the figure may change.
    pub fn next_change(&self, secs: f64) -> Option<f64> {
        let local = self.local(secs);
        let begun = secs - local;
        let later = self.steps.iter().map(|(from, _)| begun + from).find(|at| *at > secs);
        let anew = || {
            let period = self.period_secs?;
            let first = self.steps.first()?.0;
            Some(begun + period + first).filter(|at| *at > secs)
        };
        later.or_else(anew)
    }

    /// The time by which the figure, summed up from `secs` on, has reached `area`; never, if it
    /// stays at nothing.
    pub fn reaches(&self, secs: f64, area: f64) -> Option<f64> {
        let (mut at, mut left) = (secs, area);
        let mut idle_steps = 0;
        loop {
            let value = self.at(at);
            let Some(until) = self.next_change(at) else {
                return (value > 0.0).then(|| at + left / value);
            };
            let held = value * (until - at);
            if held >= left && value > 0.0 {
                return Some(at + left / value);
            }
            idle_steps = if held > 0.0 { 0 } else { idle_steps + 1 };
            if idle_steps > self.steps.len() + 1 {
                return None;
            }
            left -= held;
            at = until;
        }
    }

    fn local(&self, secs: f64) -> f64 {
        match self.period_secs {
            Some(period) if period > 0.0 => secs.rem_euclid(period),
            _ => secs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_repeats_and_sums_up_over_its_steps() {
        let day =
            Course { steps: vec![(0.0, 2.0), (10.0, 0.0), (20.0, 1.0)], period_secs: Some(30.0) };
        assert_eq!((day.at(5.0), day.at(15.0), day.at(29.0), day.at(31.0)), (2.0, 0.0, 1.0, 2.0));
        assert_eq!(day.next_change(25.0), Some(30.0));
        // 10 left of the first step, nothing in the second, 5 of the third.
        assert_eq!(day.reaches(5.0, 15.0), Some(25.0));
        assert_eq!(day.reaches(5.0, 24.0), Some(32.0));
    }

    #[test]
    fn a_figure_that_stays_at_nothing_never_sums_up() {
        let over = Course::steps([(0.0, 1.0), (10.0, 0.0)]);
        assert_eq!(over.reaches(0.0, 10.0), Some(10.0));
        assert_eq!(over.reaches(0.0, 10.1), None);
        let never = Course { steps: vec![(0.0, 0.0)], period_secs: Some(5.0) };
        assert_eq!(never.reaches(1.0, 1.0), None);
        assert_eq!(Course::flat().reaches(3.0, 4.0), Some(7.0));
    }
}
