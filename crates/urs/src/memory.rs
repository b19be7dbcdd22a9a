//! What was lately heard about each queue, and which look-ups are on their way: one at a time for each question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Wait, WaitQuery};
use tokio::sync::watch;

use crate::wire::CallError;

/// An answer is good for this long; the figure of the vendor's own cache.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// An answer stands in for a silent router for this long; the port's figure.
const STALE: SignedDuration = SignedDuration::from_mins(1);

/// The most questions remembered. Anybody with a key can invent names of queues; this bounds what it costs.
const LIMIT: usize = 10_000;

/// How a look-up came out, for all who wait for it.
pub(crate) type Outcome = Result<Wait, Arc<CallError>>;

/// Where a look-up's outcome will appear.
pub(crate) type Flight = watch::Receiver<Option<Outcome>>;

/// What to do about a question.
pub(crate) enum Recall {
    /// Nothing: this is the answer.
    Known(Wait),
    /// Wait: somebody asks already.
    Join(Flight),
    /// Ask, and land the outcome; others wait for it from now on.
    Ask(watch::Sender<Option<Outcome>>, Flight),
}

#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<WaitQuery, Slot>>);

#[derive(Debug, Default)]
struct Slot {
    last: Option<Wait>,
    flight: Option<Flight>,
}

impl Memory {
    pub(crate) fn recall(&self, query: &WaitQuery, now: Timestamp) -> Recall {
        let mut slots = self.slots();
        if let Some(slot) = slots.get(query) {
            if let Some(last) = slot.last
                && now.duration_since(last.seen_at) < FRESH
            {
                return Recall::Known(last);
            }
            // The flight of a task that died without landing is no flight.
            if let Some(flight) = slot.flight.as_ref().filter(|flight| flight.has_changed().is_ok())
            {
                return Recall::Join(flight.clone());
            }
        } else {
            make_room(&mut slots, now);
        }
        let (lands, flight) = watch::channel(None);
        slots.entry(query.clone()).or_default().flight = Some(flight.clone());
        Recall::Ask(lands, flight)
    }

    /// Ends a flight: the next who ask find its answer, or ask anew.
    pub(crate) fn land(&self, query: &WaitQuery, outcome: &Outcome) {
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(query) else { return };
        slot.flight = None;
        if let Ok(wait) = outcome {
            slot.last = Some(*wait);
        } else if slot.last.is_none() {
            slots.remove(query);
        }
    }

    /// An answer that is old but may stand in.
    pub(crate) fn stand_in(&self, query: &WaitQuery, now: Timestamp) -> Option<Wait> {
        self.slots().get(query)?.last.filter(|last| now.duration_since(last.seen_at) <= STALE)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<WaitQuery, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what is of no use any more, and if that is not enough, the older half.
fn make_room(slots: &mut HashMap<WaitQuery, Slot>, now: Timestamp) {
    if slots.len() < LIMIT {
        return;
    }
    slots.retain(|_, slot| slot.flight.is_some() || useful(slot, now));
    if slots.len() < LIMIT {
        return;
    }
    let mut seen: Vec<_> = slots.values().filter_map(|slot| Some(slot.last?.seen_at)).collect();
    let middle = seen.len() / 2;
    if let Some((_, median, _)) = (!seen.is_empty()).then(|| seen.select_nth_unstable(middle)) {
        let median = *median;
        slots.retain(|_, slot| {
            slot.flight.is_some() || slot.last.is_some_and(|last| last.seen_at > median)
        });
    }
}

fn useful(slot: &Slot, now: Timestamp) -> bool {
    slot.last.is_some_and(|last| now.duration_since(last.seen_at) <= STALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ges_domain::id::TenantId;
    use ges_domain::name::QueueName;
    use ges_ports::{Estimate, WaitMode};
    use uuid::Uuid;

    fn query(number: usize) -> WaitQuery {
        WaitQuery {
            tenant: TenantId::new(Uuid::nil()),
            queue: QueueName::parse(&format!("VQ_{number}")).unwrap(),
            mode: WaitMode::Mode2,
            include_on_hold: false,
            regions: Vec::new(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn wait(second: i64) -> Wait {
        Wait {
            estimate: Estimate::Known(95),
            waiting: None,
            oldest_wait_secs: None,
            average_secs: None,
            distributed: None,
            seen_at: at(second),
        }
    }

    fn learn(memory: &Memory, number: usize, second: i64) {
        assert!(matches!(memory.recall(&query(number), at(second)), Recall::Ask(..)));
        memory.land(&query(number), &Ok(wait(second)));
    }

    #[test]
    fn an_answer_serves_for_five_seconds_and_stands_in_for_a_minute() {
        let memory = Memory::default();
        learn(&memory, 1, 0);
        assert!(matches!(memory.recall(&query(1), at(4)), Recall::Known(_)));
        assert!(matches!(memory.recall(&query(1), at(5)), Recall::Ask(..)));
        assert_eq!(memory.stand_in(&query(1), at(60)), Some(wait(0)));
        assert_eq!(memory.stand_in(&query(1), at(61)), None);
    }

    #[test]
    fn one_asks_and_the_others_wait_for_the_same_outcome() {
        let memory = Memory::default();
        let Recall::Ask(lands, _flight) = memory.recall(&query(1), at(0)) else { panic!("asks") };
        let Recall::Join(flight) = memory.recall(&query(1), at(0)) else { panic!("joins") };
        assert!(matches!(memory.recall(&query(2), at(0)), Recall::Ask(..)), "another question");
        memory.land(&query(1), &Ok(wait(0)));
        lands.send_replace(Some(Ok(wait(0))));
        assert_eq!(flight.borrow().clone().unwrap().unwrap(), wait(0));
    }

    #[test]
    fn a_flight_that_died_keeps_nobody_waiting() {
        let memory = Memory::default();
        let Recall::Ask(lands, flight) = memory.recall(&query(1), at(0)) else { panic!("asks") };
        drop((lands, flight));
        assert!(matches!(memory.recall(&query(1), at(0)), Recall::Ask(..)));
    }

    #[test]
    fn a_failure_leaves_nothing_behind_and_takes_nothing_away() {
        let memory = Memory::default();
        memory.recall(&query(1), at(0));
        memory.land(&query(1), &Err(Arc::new(CallError::TimedOut)));
        assert!(memory.slots().is_empty());
        learn(&memory, 1, 0);
        memory.recall(&query(1), at(10));
        memory.land(&query(1), &Err(Arc::new(CallError::TimedOut)));
        assert_eq!(memory.stand_in(&query(1), at(10)), Some(wait(0)));
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_older_half_first() {
        let memory = Memory::default();
        for number in 0..LIMIT {
            learn(&memory, number, i64::from(number >= LIMIT / 2));
        }
        learn(&memory, LIMIT, 2);
        assert!(memory.slots().len() <= LIMIT);
        assert_eq!(memory.stand_in(&query(0), at(2)), None);
        learn(&memory, LIMIT + 1, 2);
        assert!(memory.stand_in(&query(LIMIT), at(2)).is_some());
    }
}
