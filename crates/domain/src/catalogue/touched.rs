//! When each thing of a catalogue was changed last, so that two people who edit different things are not in each other's
//! way although the catalogue has one revision.

use std::collections::BTreeMap;

use super::{Catalogue, Rules};
use crate::id::{RecordId, Revision};
use crate::name::{HoursName, ServiceName};

/// The revision in which each thing was changed last; what is not named was never changed since this is kept.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Touched {
    /// Services.
    pub services: BTreeMap<ServiceName, Revision>,
    /// Office hours.
    pub hours: BTreeMap<HoursName, Revision>,
    /// Rules of every kind.
    pub rules: BTreeMap<RecordId, Revision>,
}

/// Notes in `touched` every key whose value is another one than before; keys that are gone are forgotten.
fn note<K: Ord + Clone, V: PartialEq>(
    touched: &mut BTreeMap<K, Revision>,
    before: &BTreeMap<K, V>,
    now: &BTreeMap<K, V>,
    at: Revision,
) {
    for key in before.keys().filter(|key| !now.contains_key(*key)) {
        touched.remove(key);
    }
    for (key, _) in now.iter().filter(|(key, value)| before.get(*key) != Some(*value)) {
        touched.insert(key.clone(), at);
    }
}

impl Catalogue {
    /// Notes what is another thing than it was before.
    pub(super) fn touch(&mut self, before: &Self) {
        let at = self.revision;
        let touched = &mut self.touched;
        note(&mut touched.services, &before.services, &self.services, at);
        note(&mut touched.hours, &before.hours, &self.hours, at);
        note(&mut touched.rules, &before.capacity.by_id, &self.capacity.by_id, at);
        note(&mut touched.rules, &before.numbers.by_id, &self.numbers.by_id, at);
        note(&mut touched.rules, &before.regions.by_id, &self.regions.by_id, at);
    }

    /// The revision in which a service was changed last.
    pub fn service_revision(&self, name: &ServiceName) -> Revision {
        self.touched.services.get(name).copied().unwrap_or(Revision::NONE)
    }

    /// The revision in which office hours were changed last.
    pub fn hours_revision(&self, name: &HoursName) -> Revision {
        self.touched.hours.get(name).copied().unwrap_or(Revision::NONE)
    }

    /// The revision in which a rule was changed last.
    pub fn rule_revision(&self, id: RecordId) -> Revision {
        self.touched.rules.get(&id).copied().unwrap_or(Revision::NONE)
    }
}

impl<R> Rules<R> {
    /// The queues that use a rule.
    pub fn queues_of(&self, id: RecordId) -> impl Iterator<Item = &crate::name::QueueName> {
        self.of_queue.iter().filter(move |(_, of)| **of == id).map(|(queue, _)| queue)
    }
}
