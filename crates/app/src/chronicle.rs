//! The chronicle of a catalogue: who made which revision, when, why, and what became different.
//!
//! Kept beside the catalogue and not inside of it, because nobody who books needs it. It is written after the revision: a
//! node that dies in between leaves a revision that nobody told of, and what people do is in the audit log as well.

use std::collections::{BTreeMap, BTreeSet};

use ges_domain::catalogue::{Catalogue, Rules};
use ges_domain::id::{RecordId, Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Fault, RecordError, RecordKey, RecordKind, RecordName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::App;

/// Revisions that are remembered.
const KEPT: u64 = 200;
/// Old revisions that go with each new one: more than come.
const FORGOTTEN_AT_ONCE: u16 = 8;
/// Differences that are told of one revision.
const DIFFERENCES: usize = 500;
/// Bytes of a value that are told.
const VALUE_BYTES: usize = 2048;

const KIND: RecordKind = RecordKind::new("catalogue-revision");

/// Who changes something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The user's name, or that of the program.
    pub by: String,
    /// Why, in their words.
    pub note: Option<String>,
}

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Thing {
    /// A service.
    Service(String),
    /// Office hours.
    Hours(String),
    /// A capacity rule, or which queues use it.
    CapacityRule(String),
    /// A rule of countries and numbers, or which queues use it.
    NumberRule(String),
    /// A rule of regions, or which queues use it.
    RegionRule(String),
}

impl Thing {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Service(name)
            | Self::Hours(name)
            | Self::CapacityRule(name)
            | Self::NumberRule(name)
            | Self::RegionRule(name) => name,
        }
    }
}

/// One value that is another one than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What it is about.
    pub thing: Thing,
    /// Where in it, such as `settings.slotLength`; empty is all of it.
    pub path: String,
    /// The value before; none where there was none.
    pub before: Option<Value>,
    /// The value after; none where there is none.
    pub after: Option<Value>,
}

/// One revision of a catalogue as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chronicled {
    /// The revision.
    pub revision: Revision,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub note: Option<String>,
    /// What was added or changed, by name.
    pub changed: Vec<String>,
    /// What was removed, by name.
    pub removed: Vec<String>,
    /// The differences, at most 500.
    pub differences: Vec<Difference>,
}

impl App {
    /// Remembers a revision that was made. What fails here is logged and undoes nothing.
    pub(crate) async fn chronicle(
        &self,
        before: &Catalogue,
        after: &Catalogue,
        author: &Author,
        at: Timestamp,
    ) {
        if let Err(fault) = self.remember_revision(before, after, author, at).await {
            tracing::warn!(peer = fault.peer, fault.kind = fault.kind.as_str(), tenant = %after.tenant,
                revision = after.revision.number(), "a revision of a catalogue is not in its chronicle");
        }
    }

    async fn remember_revision(
        &self,
        before: &Catalogue,
        after: &Catalogue,
        author: &Author,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let differences = differences(before, after);
        let names = |gone: bool| -> Vec<String> {
            let some =
                differences.iter().filter(|it| (it.path.is_empty() && it.after.is_none()) == gone);
            let names: BTreeSet<&str> = some.map(|it| it.thing.name()).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let (changed, removed) = (names(false), names(true));
        let mut told = differences;
        told.truncate(DIFFERENCES);
        let chronicled = Chronicled {
            revision: after.revision,
            at,
            by: author.by.clone(),
            note: author.note.clone(),
            changed,
            removed,
            differences: told,
        };
        let document = serde_json::to_string(&chronicled)
            .map_err(|error| Fault::misbehaved("store", error))?;
        let key = |name| RecordKey { tenant: after.tenant, kind: KIND, name };
        let name = name_of(after.revision);
        match self.ports.records.put(&key(name), &document, Revision::NONE).await {
            // A revision is made once; whoever wrote it down first told the same.
            Ok(_) | Err(RecordError::Changed { .. }) => {}
            Err(RecordError::Fault(fault)) => return Err(fault),
        }
        let Some(oldest) = after.revision.number().checked_sub(KEPT) else { return Ok(()) };
        let after_name = name_of(Revision::new(oldest + 1));
        let old = self.ports.records.list(after.tenant, KIND, Some(&after_name), FORGOTTEN_AT_ONCE);
        for record in old.await? {
            match self.ports.records.remove(&key(record.name), record.revision).await {
                Ok(()) | Err(RecordError::Changed { .. }) => {}
                Err(RecordError::Fault(fault)) => return Err(fault),
            }
        }
        Ok(())
    }

    /// The revisions of a catalogue that are remembered, the newest first, from the one before `before` on.
    pub async fn revisions(
        &self,
        tenant: TenantId,
        before: Option<Revision>,
        limit: u16,
    ) -> Result<Vec<Chronicled>, Fault> {
        let after = before.map(name_of);
        let records = self.ports.records.list(tenant, KIND, after.as_ref(), limit).await?;
        records.iter().map(|record| read(&record.document)).collect()
    }

    /// One revision of a catalogue, where it is remembered.
    pub async fn revision(
        &self,
        tenant: TenantId,
        revision: Revision,
    ) -> Result<Option<Chronicled>, Fault> {
        let key = RecordKey { tenant, kind: KIND, name: name_of(revision) };
        let record = self.ports.records.get(&key).await?;
        record.map(|record| read(&record.document)).transpose()
    }
}

fn read(document: &str) -> Result<Chronicled, Fault> {
    serde_json::from_str(document).map_err(|error| Fault::misbehaved("store", error))
}

/// Names rise as revisions fall, so that a list begins with the newest.
fn name_of(revision: Revision) -> RecordName {
    RecordName::parse(&format!("{:020}", u64::MAX - revision.number()))
        .expect("twenty digits are a record's name")
}

/// All that is another thing than before.
fn differences(before: &Catalogue, after: &Catalogue) -> Vec<Difference> {
    let mut found = Vec::new();
    maps(&mut found, &before.services, &after.services, |name| Thing::Service(name.to_string()));
    maps(&mut found, &before.hours, &after.hours, |name| Thing::Hours(name.to_string()));
    rules(&mut found, &before.capacity, &after.capacity, Thing::CapacityRule);
    rules(&mut found, &before.numbers, &after.numbers, Thing::NumberRule);
    rules(&mut found, &before.regions, &after.regions, Thing::RegionRule);
    found
}

fn maps<K: Ord, V: PartialEq + Serialize>(
    found: &mut Vec<Difference>,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    thing: impl Fn(&K) -> Thing,
) {
    let keys: BTreeSet<&K> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old != new {
            compare(found, &thing(key), String::new(), value(old), value(new));
        }
    }
}

fn rules<R: PartialEq + Serialize>(
    found: &mut Vec<Difference>,
    before: &Rules<R>,
    after: &Rules<R>,
    thing: impl Fn(String) -> Thing,
) {
    let name = |id: &RecordId| {
        let rule = after.by_id.get(id).or_else(|| before.by_id.get(id));
        rule.map_or_else(|| id.to_string(), |rule| rule.name.clone())
    };
    maps(found, &before.by_id, &after.by_id, |id| thing(name(id)));
    let queues: BTreeSet<_> = before.of_queue.keys().chain(after.of_queue.keys()).collect();
    for queue in queues {
        let (old, new) = (before.of_queue.get(queue), after.of_queue.get(queue));
        if old == new {
            continue;
        }
        let Some(id) = new.or(old) else { continue };
        found.push(Difference {
            thing: thing(name(id)),
            path: format!("queues.{queue}"),
            before: old.map(|id| Value::from(name(id))),
            after: new.map(|id| Value::from(name(id))),
        });
    }
}

fn value<T: Serialize>(of: Option<&T>) -> Option<Value> {
    of.and_then(|of| serde_json::to_value(of).ok())
}

/// The parts of two values that differ; lists are compared as wholes.
fn compare(
    found: &mut Vec<Difference>,
    thing: &Thing,
    path: String,
    before: Option<Value>,
    after: Option<Value>,
) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let (old, new) = (before.get(name), after.get(name));
                if old != new {
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{name}");
                    compare(found, thing, path, old.cloned(), new.cloned());
                }
            }
        }
        (before, after) => found.push(Difference {
            thing: thing.clone(),
            path,
            before: before.map(short),
            after: after.map(short),
        }),
    }
}

/// A value that is told in full, or how long it is.
fn short(value: Value) -> Value {
    let length = value.to_string().len();
    if length > VALUE_BYTES { Value::from(format!("… {length} bytes")) } else { value }
}
