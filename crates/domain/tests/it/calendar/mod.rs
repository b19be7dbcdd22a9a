//! Office hours and slots against real clocks: named dates, every clock change, random rules.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod changes;
mod every_zone;
mod oracle;
mod random_rules;

use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::hours::{Day, Hours, Interval, Week};
use ges_domain::name::HoursName;
use ges_domain::time::{Timestamp, Window, Zone};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window::new(at(start), at(end)).unwrap()
}

fn day(intervals: &[(&str, &str)]) -> Day {
    Day::new(intervals.iter().map(|(start, end)| Interval::parse(start, Some(end)).unwrap()))
}

fn hours(zone: &str, week: Week) -> Hours {
    let name = HoursName::parse("BH").unwrap();
    Hours::new(name, Zone::parse(zone).unwrap(), week, Vec::new()).unwrap()
}

fn flat(minutes: u32, places: u32) -> Plan {
    Plan::flat(SlotLength::parse(minutes).unwrap(), places).unwrap()
}
