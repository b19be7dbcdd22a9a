//! What a change of hours or places does to the bookings that are there: told before it is made.

use std::collections::BTreeMap;

use crate::capacity::{CapacityError, Plan};
use crate::name::ServiceName;
use crate::offer::{Slot, Taken, slot_at, slots};
use crate::service::Service;
use crate::time::{Timestamp, Window};

/// An open callback that holds a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// When its customer wants the call.
    pub desired_at: Timestamp,
    /// The slot that it has the place in.
    pub slot: Timestamp,
}

/// A slot with more bookings than places: nobody is thrown out, and nobody more is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overbooked {
    /// The service.
    pub service: ServiceName,
    /// The slot.
    pub start: Timestamp,
    /// How many booked it.
    pub booked: u32,
    /// The places it has; none where the office is closed by then.
    pub total: u32,
}

/// What a change does to bookings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// The slots that are overbooked afterwards, in time order.
    pub overbooked: Vec<Overbooked>,
    /// How many slots were overbooked before.
    pub overbooked_before: usize,
    /// How many slots begin, end or have places otherwise than before.
    pub slots_changed: usize,
}

impl Effect {
    /// The effect on one service inside a window; `taken` counts places by slot as they are before.
    ///
    /// Bookings are moved as a store moves them: an open callback into the slot that holds its time, or nowhere where the
    /// office is closed then; places of callbacks that ended stay where they were used.
    pub fn of(
        before: &Service,
        after: &Service,
        taken: &[(Timestamp, u32)],
        held: &[Held],
        window: Window,
    ) -> Self {
        let old = cut(before, &before.plan, window);
        let new = cut(after, &after.plan, window);
        let mut counts: BTreeMap<Timestamp, u32> = taken.iter().copied().collect();
        let overbooked_before = overbooked(&after.name, &counts, &old, window).len();
        for held in held {
            let to = slot_at(&after.hours, &after.plan, held.desired_at);
            let to = to.map_or(held.slot, |slot| slot.start);
            if to != held.slot {
                if let Some(count) = counts.get_mut(&held.slot) {
                    *count = count.saturating_sub(1);
                }
                *counts.entry(to).or_default() += 1;
            }
        }
        let differs = |slot: &&Slot| old.get(&slot.start) != Some(*slot);
        let gone = old.keys().filter(|start| !new.contains_key(*start)).count();
        Self {
            overbooked: overbooked(&after.name, &counts, &new, window),
            overbooked_before,
            slots_changed: new.values().filter(differs).count() + gone,
        }
    }

    /// The effect on several services.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.overbooked.extend(other.overbooked);
        self.overbooked_before += other.overbooked_before;
        self.slots_changed += other.slots_changed;
        self
    }
}

fn cut(service: &Service, plan: &Plan, window: Window) -> BTreeMap<Timestamp, Slot> {
    slots(&service.hours, plan, window).map(|slot| (slot.start, slot)).collect()
}

fn overbooked(
    service: &ServiceName,
    counts: &BTreeMap<Timestamp, u32>,
    slots: &BTreeMap<Timestamp, Slot>,
    window: Window,
) -> Vec<Overbooked> {
    counts
        .iter()
        .filter(|(start, _)| window.contains(**start))
        .filter_map(|(start, booked)| {
            let total = slots.get(start).map_or(0, |slot| slot.total);
            let (service, start, booked) = (service.clone(), *start, *booked);
            (booked > total).then_some(Overbooked { service, start, booked, total })
        })
        .collect()
}

/// A slot as a plan would make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previewed {
    /// The slot.
    pub slot: Slot,
    /// Bookings for times inside of it.
    pub booked: u32,
    /// The places that it has by the plan that holds now, shared out to slots of the same length.
    pub current: u32,
}

/// The slots that a service would have under another plan, beside those it has.
///
/// `booked` holds the desired times of open callbacks. Fails where the plan that holds now cannot be told in slots of the
/// other's length.
pub fn preview(
    service: &Service,
    plan: &Plan,
    booked: &Taken,
    window: Window,
) -> Result<Vec<Previewed>, CapacityError> {
    let now = service.plan.with_slot_length(plan.slot_length())?;
    let now = cut(service, &now, window);
    let would = slots(&service.hours, plan, window).map(|slot| Previewed {
        slot,
        booked: booked.between(slot.start, slot.end),
        current: now.get(&slot.start).map_or(0, |slot| slot.total),
    });
    Ok(would.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;
    use crate::capacity::SlotLength;
    use crate::catalogue::{Catalogue, Entry};
    use crate::id::TenantId;
    use crate::name::QueueName;
    use crate::service::Settings;
    use crate::time::SignedDuration;

    fn service(length: SlotLength, places: u32) -> Service {
        let mut settings = Settings::new(QueueName::parse("VQ").unwrap());
        settings.slot_length = length;
        settings.capacity_per_slot = places;
        let name = ServiceName::parse("CB").unwrap();
        let mut catalogue = Catalogue::empty(TenantId::new(Uuid::from_u128(1)));
        catalogue.services = BTreeMap::from([(name.clone(), Entry::published(settings))]);
        catalogue.service(&name).unwrap()
    }

    fn at(minutes: i64) -> Timestamp {
        "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn longer_slots_gather_the_bookings_of_shorter_ones() {
        let (before, after) = (service(SlotLength::HALF_HOUR, 4), service(SlotLength::HOUR, 5));
        let held = |desired, slot| Held { desired_at: at(desired), slot: at(slot) };
        let held = [held(5, 0), held(10, 0), held(20, 0), held(30, 30), held(45, 30), held(70, 60)];
        // One more place of the first slot was used by a callback that has ended.
        let taken = [(at(0), 4), (at(30), 2), (at(60), 1)];
        let window = Window::lasting(at(0), SignedDuration::from_hours(3));
        let effect = Effect::of(&before, &after, &taken, &held, window);
        let name = ServiceName::parse("CB").unwrap();
        let full = Overbooked { service: name, start: at(0), booked: 6, total: 5 };
        assert_eq!(effect.overbooked, [full]);
        assert_eq!((effect.overbooked_before, effect.slots_changed), (0, 6));
        let same = Effect::of(&before, &before, &taken, &held, window);
        assert_eq!(same, Effect::default());
    }

    #[test]
    fn a_preview_tells_what_is_in_the_same_slots() {
        let service = service(SlotLength::HOUR, 5);
        let plan = Plan::flat(SlotLength::HALF_HOUR, 9).unwrap();
        let window = Window::lasting(at(0), SignedDuration::from_hours(1));
        let booked: Taken = [at(10), at(20), at(59)].into_iter().collect();
        let seen = preview(&service, &plan, &booked, window).unwrap();
        let figures = seen.iter().map(|it| (it.slot.total, it.booked, it.current));
        assert_eq!(figures.collect::<Vec<_>>(), [(9, 2, 3), (9, 1, 2)]);
    }
}
