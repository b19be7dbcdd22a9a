//! Edits: what people change in a catalogue, each as one step to the next revision, or a refusal that helps.
//!
//! Apart from publications, because those come from a machine that knows its own count, and these from people who looked
//! at something and may be late.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalogue, Entry, ManagedBy, Named, Rules};
use crate::capacity::Plan;
use crate::hours::Hours;
use crate::id::{RecordId, Revision};
use crate::name::{HoursName, QueueName, RegionName, ServiceName};
use crate::numbers;
use crate::service::Settings;

/// Most rules of one kind.
pub const MAX_RULES: usize = 1000;
/// Most services or office hours of one tenant.
pub const MAX_ENTRIES: usize = 10_000;
/// Most characters of a rule's name.
pub const MAX_NAME: usize = 255;
/// Most regions of one rule.
pub const MAX_REGIONS: usize = 32;

/// What becomes of queues whose rule is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// The rule stays while a queue uses it.
    Kept,
    /// They have no rule any more.
    Freed,
}

/// An edit of the rules of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleEdit<R> {
    /// A new rule.
    Add {
        /// Its name among rules.
        id: RecordId,
        /// The rule.
        rule: Named<R>,
    },
    /// Another rule in the place of one that stands.
    Replace {
        /// Which one.
        id: RecordId,
        /// The rule.
        rule: Named<R>,
    },
    /// A rule less.
    Remove {
        /// Which one.
        id: RecordId,
        /// What becomes of its queues.
        assigned: Assigned,
    },
    /// Which queues use which rule; queues that are not named keep theirs.
    Assign(BTreeMap<QueueName, Option<RecordId>>),
}

/// An edit of a catalogue by a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Of capacity rules.
    Capacity(RuleEdit<Plan>),
    /// Of rules of countries and numbers.
    Numbers(RuleEdit<numbers::Rule>),
    /// Of regions in order of preference.
    Regions(RuleEdit<Vec<RegionName>>),
    /// A service that is made or replaced here.
    Service {
        /// Its name.
        name: ServiceName,
        /// What is set.
        settings: Box<Settings>,
    },
    /// A service that was made here goes.
    RemoveService(ServiceName),
    /// A service closes now, whatever its hours say, or opens again.
    Emergency {
        /// Which one.
        service: ServiceName,
        /// Whether it is closed.
        closed: bool,
    },
    /// Office hours that are made or replaced here.
    Hours(Box<Hours>),
    /// Office hours that were made here go.
    RemoveHours(HoursName),
}

/// Why an edit is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    /// What it changes was changed after the person looked.
    #[error("it was changed meanwhile, in revision {now}")]
    Stale {
        /// The revision in which it was changed last.
        now: Revision,
    },
    /// No rule has this id.
    #[error("there is no such rule")]
    NoSuchRule(RecordId),
    /// No service has this name.
    #[error("there is no such service")]
    NoSuchService(ServiceName),
    /// No office hours have this name.
    #[error("there are no such office hours")]
    NoSuchHours(HoursName),
    /// No service uses this queue.
    #[error("no service uses the queue {0}")]
    NoSuchQueue(QueueName),
    /// A rule needs a name that people can read, and which no other rule of its kind has.
    #[error("a rule needs a name of 1 to {MAX_NAME} printable characters that no other rule has")]
    Name,
    /// A rule of regions needs at least one, each once.
    #[error("a rule names 1 to {MAX_REGIONS} regions, each once")]
    Regions,
    /// There are as many as there may be.
    #[error("there are {0} already, which is the most")]
    TooMany(usize),
    /// Queues still use the rule.
    #[error("queues still use the rule")]
    RuleInUse(Vec<QueueName>),
    /// Services still use the office hours.
    #[error("services still use the office hours")]
    HoursInUse(Vec<ServiceName>),
    /// Designer published it, and would take the edit back.
    #[error("Designer publishes this")]
    DesignerRules,
}

impl Catalogue {
    /// The catalogue after an edit; `seen` is the revision that its author looked at, and `open` names the services
    /// that still have open callbacks.
    ///
    /// An author is late when what is edited was changed after `seen`, and not when only something else was. The result
    /// bears the next revision.
    pub fn edit(
        &self,
        edit: &Edit,
        seen: Revision,
        open: &BTreeSet<ServiceName>,
    ) -> Result<Self, EditRefusal> {
        let mut next = self.clone();
        next.revision = self.revision.next();
        match edit {
            Edit::Capacity(edit) => self.edit_rules(&mut next.capacity, edit, seen)?,
            Edit::Numbers(edit) => self.edit_rules(&mut next.numbers, edit, seen)?,
            Edit::Regions(edit) => {
                if let RuleEdit::Add { rule, .. } | RuleEdit::Replace { rule, .. } = edit {
                    let once: BTreeSet<_> = rule.rule.iter().collect();
                    if !(1..=MAX_REGIONS).contains(&once.len()) || once.len() != rule.rule.len() {
                        return Err(EditRefusal::Regions);
                    }
                }
                self.edit_rules(&mut next.regions, edit, seen)?;
            }
            Edit::Service { name, settings } => next.put_service(self, name, settings, seen)?,
            Edit::RemoveService(name) => next.remove_service(self, name, seen, open)?,
            Edit::Emergency { service, closed } => {
                let entry = next.services.get_mut(service);
                let entry = entry.ok_or_else(|| EditRefusal::NoSuchService(service.clone()))?;
                entry.emergency = Some(*closed).filter(|said| *said != entry.settings.emergency);
            }
            Edit::Hours(hours) => {
                let name = hours.name();
                fresh(self.touched.hours.get(name), self.revision, seen)?;
                if self.hours.contains_key(name) && !self.hours_here.contains(name) {
                    return Err(EditRefusal::DesignerRules);
                }
                next.hours_here.insert(name.clone());
                next.hours.insert(name.clone(), (**hours).clone());
                room(next.hours.len(), MAX_ENTRIES)?;
            }
            Edit::RemoveHours(name) => next.remove_hours(self, name, seen)?,
        }
        next.touch(self);
        Ok(next)
    }

    fn edit_rules<R: Clone>(
        &self,
        rules: &mut Rules<R>,
        edit: &RuleEdit<R>,
        seen: Revision,
    ) -> Result<(), EditRefusal> {
        let standing = |rules: &Rules<R>, id: RecordId| {
            if rules.by_id.contains_key(&id) {
                fresh(self.touched.rules.get(&id), self.revision, seen)
            } else {
                Err(EditRefusal::NoSuchRule(id))
            }
        };
        match edit {
            RuleEdit::Add { id, rule } => {
                named(rules, *id, rule)?;
                rules.by_id.insert(*id, rule.clone());
                room(rules.by_id.len(), MAX_RULES)
            }
            RuleEdit::Replace { id, rule } => {
                standing(rules, *id)?;
                named(rules, *id, rule)?;
                rules.by_id.insert(*id, rule.clone());
                Ok(())
            }
            RuleEdit::Remove { id, assigned } => {
                standing(rules, *id)?;
                let queues: Vec<QueueName> = rules.queues_of(*id).cloned().collect();
                match assigned {
                    Assigned::Kept if !queues.is_empty() => Err(EditRefusal::RuleInUse(queues)),
                    Assigned::Kept | Assigned::Freed => {
                        rules.by_id.remove(id);
                        rules.of_queue.retain(|_, of| of != id);
                        Ok(())
                    }
                }
            }
            RuleEdit::Assign(assignments) => {
                let last = assignments.keys().filter_map(|queue| rules.assigned_at.get(queue));
                fresh(last.max(), self.revision, seen)?;
                for (queue, id) in assignments {
                    match id {
                        None => {
                            rules.of_queue.remove(queue);
                        }
                        Some(id) if !rules.by_id.contains_key(id) => {
                            return Err(EditRefusal::NoSuchRule(*id));
                        }
                        Some(_) if self.services_of(queue).next().is_none() => {
                            return Err(EditRefusal::NoSuchQueue(queue.clone()));
                        }
                        Some(id) => {
                            rules.of_queue.insert(queue.clone(), *id);
                        }
                    }
                    rules.assigned_at.insert(queue.clone(), self.revision.next());
                }
                Ok(())
            }
        }
    }

    fn put_service(
        &mut self,
        before: &Self,
        name: &ServiceName,
        settings: &Settings,
        seen: Revision,
    ) -> Result<(), EditRefusal> {
        fresh(before.touched.services.get(name), before.revision, seen)?;
        let standing = before.services.get(name);
        if standing.is_some_and(|entry| entry.managed_by == ManagedBy::Designer && !entry.retired) {
            return Err(EditRefusal::DesignerRules);
        }
        if let Some(hours) = &settings.business_hours
            && !before.hours.contains_key(hours)
        {
            return Err(EditRefusal::NoSuchHours(hours.clone()));
        }
        // An emergency outlives an edit, as it does a publication, until the settings say the same.
        let emergency = standing.and_then(|entry| entry.emergency);
        let entry = Entry {
            managed_by: ManagedBy::Here,
            emergency: emergency.filter(|said| *said != settings.emergency),
            ..Entry::published(settings.clone())
        };
        self.services.insert(name.clone(), entry);
        room(self.services.len(), MAX_ENTRIES)
    }

    fn remove_service(
        &mut self,
        before: &Self,
        name: &ServiceName,
        seen: Revision,
        open: &BTreeSet<ServiceName>,
    ) -> Result<(), EditRefusal> {
        let entry = self.services.get_mut(name).filter(|entry| !entry.retired);
        let entry = entry.ok_or_else(|| EditRefusal::NoSuchService(name.clone()))?;
        fresh(before.touched.services.get(name), before.revision, seen)?;
        if entry.managed_by == ManagedBy::Designer {
            return Err(EditRefusal::DesignerRules);
        }
        if open.contains(name) {
            entry.retired = true;
        } else {
            self.services.remove(name);
        }
        Ok(())
    }

    fn remove_hours(
        &mut self,
        before: &Self,
        name: &HoursName,
        seen: Revision,
    ) -> Result<(), EditRefusal> {
        if !before.hours.contains_key(name) {
            return Err(EditRefusal::NoSuchHours(name.clone()));
        }
        fresh(before.touched.hours.get(name), before.revision, seen)?;
        if !before.hours_here.contains(name) {
            return Err(EditRefusal::DesignerRules);
        }
        let users: Vec<ServiceName> = before.users_of(name).cloned().collect();
        if !users.is_empty() {
            return Err(EditRefusal::HoursInUse(users));
        }
        self.hours.remove(name);
        self.hours_here.remove(name);
        Ok(())
    }

    /// The services whose office hours these are, retired ones included: their callbacks are still booked by them.
    pub fn users_of(&self, name: &HoursName) -> impl Iterator<Item = &ServiceName> {
        let uses = move |entry: &Entry| entry.settings.business_hours.as_ref() == Some(name);
        self.services.iter().filter(move |(_, entry)| uses(entry)).map(|(name, _)| name)
    }
}

/// Refuses what was changed after its author looked, and what its author cannot have seen yet.
fn fresh(touched: Option<&Revision>, stands: Revision, seen: Revision) -> Result<(), EditRefusal> {
    let now = touched.copied().unwrap_or(Revision::NONE);
    if now > seen {
        return Err(EditRefusal::Stale { now });
    }
    if seen > stands { Err(EditRefusal::Stale { now: stands }) } else { Ok(()) }
}

fn room(count: usize, most: usize) -> Result<(), EditRefusal> {
    if count > most { Err(EditRefusal::TooMany(most)) } else { Ok(()) }
}

/// A rule's name is people's only way to tell it from the others.
fn named<R>(rules: &Rules<R>, id: RecordId, rule: &Named<R>) -> Result<(), EditRefusal> {
    let name = &rule.name;
    let readable = (1..=MAX_NAME).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
        && name.trim() == name;
    let taken = rules.by_id.iter().any(|(other, known)| *other != id && known.name == *name);
    if readable && !taken { Ok(()) } else { Err(EditRefusal::Name) }
}
