//! A tenant's catalogue: all services, hours and rules as one value with one revision.
//!
//! One value, because a change to any of them may move slots: a booking is decided under one revision of the whole,
//! and the store refuses it under another.

mod edit;
mod effect;
mod touched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::capacity::{MAX_PLACES, Plan};
use crate::hours::Hours;
use crate::id::{RecordId, Revision, TenantId};
use crate::name::{HoursName, QueueName, RegionName, ServiceName};
use crate::numbers;
use crate::service::{Service, Settings};

pub use edit::{
    Assigned, Edit, EditRefusal, MAX_ENTRIES, MAX_NAME, MAX_REGIONS, MAX_RULES, RuleEdit,
};
pub use effect::{Effect, Held, Overbooked, Previewed, preview};
pub use touched::Touched;

/// A rule that an administrator named.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Named<R> {
    /// The name that people see.
    pub name: String,
    /// What it says.
    pub rule: R,
}

/// Rules of one kind, and which queue uses which: many queues to a rule, one rule to a queue.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Rules<R> {
    /// The rules.
    pub by_id: BTreeMap<RecordId, Named<R>>,
    /// The rule of each queue that has one.
    pub of_queue: BTreeMap<QueueName, RecordId>,
    /// The catalogue's revision in which a queue was given its rule, or lost it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub assigned_at: BTreeMap<QueueName, Revision>,
}

impl<R> Default for Rules<R> {
    fn default() -> Self {
        Self { by_id: BTreeMap::new(), of_queue: BTreeMap::new(), assigned_at: BTreeMap::new() }
    }
}

impl<R> Rules<R> {
    /// The rule that a queue uses.
    pub fn of(&self, queue: &QueueName) -> Option<&R> {
        let id = self.of_queue.get(queue)?;
        self.by_id.get(id).map(|named| &named.rule)
    }
}

/// Whose word a service is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ManagedBy {
    /// It was published; an edit here would be lost with the next publication.
    #[default]
    Designer,
    /// It was made here, and publications that do not name it leave it alone.
    Here,
}

/// A service as it was published, or made here.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// Its settings.
    pub settings: Settings,
    /// Withdrawn while callbacks were open.
    #[cfg_attr(feature = "serde", serde(default))]
    pub retired: bool,
    /// Whose word it is.
    #[cfg_attr(feature = "serde", serde(default))]
    pub managed_by: ManagedBy,
    /// What was said here of an emergency, where it is not what the settings say; holds until they agree.
    #[cfg_attr(feature = "serde", serde(default))]
    pub emergency: Option<bool>,
}

impl Entry {
    /// A service as a publication brings it.
    pub fn published(settings: Settings) -> Self {
        Self { settings, retired: false, managed_by: ManagedBy::Designer, emergency: None }
    }

    /// Whether it is closed now, whatever its hours say.
    pub fn closed(&self) -> bool {
        self.emergency.unwrap_or(self.settings.emergency)
    }
}

/// Everything that a tenant's offers are made of.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Catalogue {
    /// The owner.
    pub tenant: TenantId,
    /// How often it was written.
    pub revision: Revision,
    /// The revision of the last publication, as the publisher counts.
    pub published: u64,
    /// The services.
    pub services: BTreeMap<ServiceName, Entry>,
    /// The office hours.
    pub hours: BTreeMap<HoursName, Hours>,
    /// Capacity rules; an assigned one beats a service's own capacity.
    #[cfg_attr(feature = "serde", serde(default))]
    pub capacity: Rules<Plan>,
    /// Rules of countries and numbers.
    #[cfg_attr(feature = "serde", serde(default))]
    pub numbers: Rules<numbers::Rule>,
    /// Regions in order of preference.
    #[cfg_attr(feature = "serde", serde(default))]
    pub regions: Rules<Vec<RegionName>>,
    /// Office hours that were made here; the others were published.
    #[cfg_attr(feature = "serde", serde(default))]
    pub hours_here: BTreeSet<HoursName>,
    /// When each thing was changed last.
    #[cfg_attr(feature = "serde", serde(default))]
    pub touched: Touched,
}

/// What a publisher sends: all there is, or what changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Whether it replaces everything that was published, or only what it names.
    pub full: bool,
    /// The publisher's count; must rise.
    pub revision: u64,
    /// Who published it, where that is said.
    pub by: Option<String>,
    /// Services to add or replace.
    pub services: BTreeMap<ServiceName, Settings>,
    /// Services to withdraw.
    pub removed: BTreeSet<ServiceName>,
    /// Office hours to add or replace.
    pub hours: BTreeMap<HoursName, Hours>,
}

/// Why a publication is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicationError {
    /// Its revision does not rise.
    #[error("revision {now} was published already")]
    NotNewer {
        /// The revision that stands.
        now: u64,
    },
    /// Services name office hours that nobody published.
    #[error("services name office hours that do not exist")]
    UnknownHours(Vec<(ServiceName, HoursName)>),
}

/// What a publication did, by service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// Added or changed.
    pub updated: Vec<ServiceName>,
    /// Withdrawn.
    pub removed: Vec<ServiceName>,
    /// Sent again as they were.
    pub unchanged: Vec<ServiceName>,
}

impl Catalogue {
    /// The catalogue of a tenant for whom nothing was published yet.
    pub fn empty(tenant: TenantId) -> Self {
        Self {
            tenant,
            revision: Revision::NONE,
            published: 0,
            services: BTreeMap::new(),
            hours: BTreeMap::new(),
            capacity: Rules::default(),
            numbers: Rules::default(),
            regions: Rules::default(),
            hours_here: BTreeSet::new(),
            touched: Touched::default(),
        }
    }

    /// A service with its hours and rules put together.
    pub fn service(&self, name: &ServiceName) -> Option<Service> {
        let entry = self.services.get(name)?;
        let settings = &entry.settings;
        let hours = settings
            .business_hours
            .as_ref()
            .and_then(|hours| self.hours.get(hours).cloned())
            .unwrap_or_else(|| Hours::always(settings.zone.clone()));
        let queue = &settings.virtual_queue;
        let plan = self.capacity.of(queue).cloned().unwrap_or_else(|| {
            let places = settings.capacity_per_slot.min(MAX_PLACES);
            Plan::flat(settings.slot_length, places).expect("the places are within the limit")
        });
        Some(Service {
            tenant: self.tenant,
            name: name.clone(),
            settings: Arc::new(Settings { emergency: entry.closed(), ..settings.clone() }),
            hours,
            plan,
            numbers: self.numbers.of(queue).cloned(),
            retired: entry.retired,
            revision: self.revision,
        })
    }

    /// The services whose callbacks wait in `queue`.
    pub fn services_of(&self, queue: &QueueName) -> impl Iterator<Item = &ServiceName> {
        self.services
            .iter()
            .filter(move |(_, entry)| entry.settings.virtual_queue == *queue)
            .map(|(name, _)| name)
    }

    /// The catalogue after a publication; `open` names the services that still have open callbacks.
    ///
    /// A withdrawn service with open callbacks is kept as retired, so that they find their way to the end. A full
    /// publication withdraws what was published and leaves alone what was made here; what it names is Designer's from
    /// then on. The result bears the next revision.
    pub fn publish(
        &self,
        publication: &Publication,
        open: &BTreeSet<ServiceName>,
    ) -> Result<(Self, Published), PublicationError> {
        if publication.revision <= self.published {
            return Err(PublicationError::NotNewer { now: self.published });
        }
        let mut next = self.clone();
        next.revision = self.revision.next();
        next.published = publication.revision;
        let mut outcome = Published::default();
        let withdrawn: BTreeSet<ServiceName> = if publication.full {
            let here = self.hours_kept(publication);
            next.hours.retain(|name, _| here.contains(name));
            next.hours_here = here;
            let published = self.services.iter().filter(|(name, entry)| {
                let ours = entry.managed_by == ManagedBy::Here && !entry.retired;
                !ours && !publication.services.contains_key(*name)
            });
            published.map(|(name, _)| name.clone()).collect()
        } else {
            let known = |name: &&ServiceName| self.services.contains_key(*name);
            publication.removed.iter().filter(known).cloned().collect()
        };
        for name in publication.hours.keys() {
            next.hours_here.remove(name);
        }
        next.hours.extend(publication.hours.clone());
        for name in withdrawn {
            let gone = next.services.get(&name).is_some_and(|entry| entry.retired);
            match next.services.get_mut(&name) {
                Some(entry) if open.contains(&name) => entry.retired = true,
                _ => {
                    next.services.remove(&name);
                }
            }
            if !gone {
                outcome.removed.push(name);
            }
        }
        for (name, settings) in &publication.services {
            let said = self.services.get(name).and_then(|entry| entry.emergency);
            let emergency = said.filter(|said| *said != settings.emergency);
            let entry = Entry { emergency, ..Entry::published(settings.clone()) };
            let same = self.services.get(name) == Some(&entry);
            let list = if same { &mut outcome.unchanged } else { &mut outcome.updated };
            list.push(name.clone());
            next.services.insert(name.clone(), entry);
        }
        let lost: Vec<_> = next
            .services
            .iter()
            .filter(|(_, entry)| !entry.retired)
            .filter_map(|(name, entry)| Some((name, entry.settings.business_hours.clone()?)))
            .filter(|(_, hours)| !next.hours.contains_key(hours))
            .map(|(name, hours)| (name.clone(), hours))
            .collect();
        if lost.is_empty() {
            next.touch(self);
            Ok((next, outcome))
        } else {
            Err(PublicationError::UnknownHours(lost))
        }
    }

    /// The office hours that outlive a full publication: those made here, and those that services made here use.
    fn hours_kept(&self, publication: &Publication) -> BTreeSet<HoursName> {
        let ours = self.services.iter().filter(|(name, entry)| {
            entry.managed_by == ManagedBy::Here && !publication.services.contains_key(*name)
        });
        let used = ours.filter_map(|(_, entry)| entry.settings.business_hours.as_ref());
        self.hours_here.iter().chain(used).cloned().collect()
    }

    /// The services whose slots lie elsewhere than in `before`: the stores count their bookings anew.
    pub fn moved_slots(&self, before: &Self) -> Vec<ServiceName> {
        self.services
            .keys()
            .filter(|name| match (self.service(name), before.service(name)) {
                (Some(now), Some(then)) => now.hours != then.hours || now.plan != then.plan,
                (Some(_), None) => true,
                (None, _) => false,
            })
            .cloned()
            .collect()
    }
}
