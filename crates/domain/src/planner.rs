//! What if: how many callbacks a slot may hold so that nine in ten are made soon after the time that was promised.
//!
//! A planner knows how many agents there will be, how many calls will come in and how long they take. For each slot it looks
//! for the most callbacks with which the promise still holds, by [`crate::wait::erlang::virtual_wait`]: callbacks join the
//! same queue as callers, and unlike them never hang up. Each is submitted ahead of its time by the wait to be expected, so
//! what counts is how much longer than that the wait turns out to be.
//!
//! Slots are taken one by one, as if each went on for ever; what one leaves behind for the next is not told. A slot is
//! never planned fuller than its agents can work off, even where callers who give up would make room.

use crate::capacity::{self, CapacityError, MAX_PLACES, SlotLength};
use crate::hours::Hours;
use crate::offer::{Slot, slots};
use crate::time::{Date, SignedDuration, Window, Zone};
use crate::wait::erlang;

/// The share of callbacks for which the promise is to hold.
pub const SHARE: f64 = 0.9;

/// The most that a callback is submitted ahead of its time, in seconds.
const LONGEST_LEAD_SECS: f64 = 900.0;

/// A figure that holds for a part of the day: from a minute until just before another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part<T> {
    /// Minutes from midnight: 0 to 1439.
    pub from: u16,
    /// Minutes from midnight: 1 to 1440.
    pub until: u16,
    /// The figure.
    pub figure: T,
}

/// What is known of the day.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The day.
    pub date: Date,
    /// How long slots are to be.
    pub slot_length: SlotLength,
    /// Agents at work; none outside of the parts.
    pub agents: Vec<Part<u32>>,
    /// Calls that come in an hour, without callbacks; none outside of the parts.
    pub calls_per_hour: Vec<Part<f64>>,
    /// How long a call keeps its agent, in seconds, above zero.
    pub handling_secs: f64,
    /// How long callers wait before they hang up, on the mean, in seconds, above zero.
    pub patience_secs: f64,
    /// Nine in ten callbacks are to be made at most this much after their time, in seconds.
    pub wanted_secs: f64,
}

/// A slot as it is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planned {
    /// The slot; its total is what the rule that holds now gives it.
    pub slot: Slot,
    /// Agents at work in all of it.
    pub agents: u32,
    /// The work that comes in with this many callbacks, in agents that it would keep busy.
    pub offered: f64,
    /// The share of the agents' time that it takes, 0 to 1.
    pub utilisation: f64,
    /// The most callbacks with which the promise holds.
    pub capacity: u32,
    /// How long after its time nine in ten callbacks are made then, in seconds; none where nobody is at work.
    pub p90_secs: Option<f64>,
}

/// The plan of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The slots in time order.
    pub slots: Vec<Planned>,
    /// The same as places of a day, for a rule.
    pub day: capacity::Day,
}

/// Plans a day of office hours; `current` is the rule that holds now.
pub fn plan(
    hours: &Hours,
    current: &capacity::Plan,
    question: &Question,
) -> Result<Answer, CapacityError> {
    let zone = hours.zone();
    let length = question.slot_length;
    let next = question.date.tomorrow().unwrap_or(question.date);
    let window = Window::new(zone.start_of(question.date), zone.start_of(next));
    let window = window.unwrap_or_else(|_skipped| {
        Window::lasting(zone.start_of(question.date), SignedDuration::ZERO)
    });
    let current = current.with_slot_length(length)?;
    let planned: Vec<Planned> =
        slots(hours, &current, window).map(|slot| question.planned(slot, zone)).collect();
    let mut values = vec![0; length.per_day()];
    for planned in &planned {
        let at = minute(zone, planned.slot) / usize::from(length.minutes());
        // A slot that is cut short gets its share of a whole one.
        let open = u64::try_from(planned.slot.duration().as_secs().max(1)).unwrap_or(1);
        let whole = u64::from(length.minutes()) * 60;
        let value = (u64::from(planned.capacity) * whole).div_ceil(open);
        let value = u32::try_from(value).unwrap_or(MAX_PLACES).min(MAX_PLACES);
        // An hour that a clock change repeats is one row of a rule: the smaller of the two.
        values[at] = if values[at] == 0 { value } else { value.min(values[at]) };
    }
    Ok(Answer { slots: planned, day: capacity::Day::from_values(length, &values)? })
}

fn minute(zone: &Zone, slot: Slot) -> usize {
    let civil = zone.civil(slot.start);
    usize::try_from(i32::from(civil.hour()) * 60 + i32::from(civil.minute())).unwrap_or(0)
}

impl Question {
    fn planned(&self, slot: Slot, zone: &Zone) -> Planned {
        let from = minute(zone, slot) as u64;
        let secs = slot.duration().as_secs_f64();
        let until = from + u64::try_from(slot.duration().as_mins().max(1)).unwrap_or(1);
        let agents = self.agents_between(from, until);
        let per_hour = self.calls_between(from, until);
        let queue = Queue {
            agents,
            calls_per_sec: per_hour / 3600.0,
            slot_secs: secs,
            handling_secs: self.handling_secs,
            patience_secs: self.patience_secs,
        };
        let capacity = queue.most(self.wanted_secs);
        let offered = queue.load(capacity);
        let utilisation = if agents == 0 { 0.0 } else { (offered / f64::from(agents)).min(1.0) };
        let p90_secs = queue.delay(capacity, SHARE);
        Planned { slot, agents, offered, utilisation, capacity, p90_secs }
    }

    /// The fewest agents of any minute of a part of the day.
    fn agents_between(&self, from: u64, until: u64) -> u32 {
        let at = |minute: u64| {
            let there = self.agents.iter().filter(|part| holds(part, minute));
            there.map(|part| part.figure).fold(0, u32::saturating_add)
        };
        (from..until).map(at).min().unwrap_or(0)
    }

    /// The calls in an hour of a part of the day, on the mean of its minutes.
    fn calls_between(&self, from: u64, until: u64) -> f64 {
        let at = |minute: u64| -> f64 {
            let there = self.calls_per_hour.iter().filter(|part| holds(part, minute));
            there.map(|part| part.figure.max(0.0)).sum()
        };
        let minutes = f64::from(u32::try_from(until - from).unwrap_or(u32::MAX));
        (from..until).map(at).sum::<f64>() / minutes
    }
}

fn holds<T>(part: &Part<T>, minute: u64) -> bool {
    (u64::from(part.from)..u64::from(part.until)).contains(&minute)
}

/// The queue of one slot, as if it went on for ever.
#[derive(Debug, Clone, Copy)]
struct Queue {
    agents: u32,
    calls_per_sec: f64,
    slot_secs: f64,
    handling_secs: f64,
    patience_secs: f64,
}

impl Queue {
    /// The work that comes in with so many callbacks, in agents.
    fn load(&self, callbacks: u32) -> f64 {
        (self.calls_per_sec + f64::from(callbacks) / self.slot_secs) * self.handling_secs
    }

    /// How the queue behaves with so many callbacks; none where it would grow for ever.
    fn wait(&self, callbacks: u32) -> Option<erlang::VirtualWait> {
        let all_per_sec = self.calls_per_sec + f64::from(callbacks) / self.slot_secs;
        if all_per_sec <= 0.0 {
            return None;
        }
        // Callbacks do not hang up, so of those who wait only the callers' share does.
        let hang_ups = self.calls_per_sec / all_per_sec / self.patience_secs;
        erlang::virtual_wait(self.agents, all_per_sec, self.handling_secs, hang_ups)
    }

    /// How long after its time the given share of callbacks is made.
    fn delay(&self, callbacks: u32, share: f64) -> Option<f64> {
        if self.agents == 0 {
            return None;
        }
        // One is asked about who comes by chance: without any other work nobody waits.
        let Some(wait) = self.wait(callbacks) else {
            return (self.load(callbacks) <= 0.0).then_some(0.0);
        };
        let lead = wait.mean_secs().min(LONGEST_LEAD_SECS);
        Some((wait.quantile(share) - lead).max(0.0))
    }

    fn kept(&self, callbacks: u32, wanted_secs: f64) -> bool {
        let Some(wait) = self.wait(callbacks) else { return self.load(callbacks) <= 0.0 };
        let lead = wait.mean_secs().min(LONGEST_LEAD_SECS);
        wait.longer_than(lead + wanted_secs) <= 1.0 - SHARE
    }

    /// The most callbacks with which the promise holds.
    fn most(&self, wanted_secs: f64) -> u32 {
        let spare = f64::from(self.agents) - self.load(0);
        if self.agents == 0 || spare <= 0.0 || !self.kept(0, wanted_secs) {
            return 0;
        }
        let bound = (spare * self.slot_secs / self.handling_secs).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the number is whole and held between nothing and the most places"
        )]
        let bound = bound.clamp(0.0, f64::from(MAX_PLACES)) as u32;
        let (mut kept, mut broken) = (0, bound + 1);
        while broken - kept > 1 {
            let middle = kept + (broken - kept) / 2;
            if self.kept(middle, wanted_secs) {
                kept = middle;
            } else {
                broken = middle;
            }
        }
        kept
    }
}
