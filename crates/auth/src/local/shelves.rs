//! What is looked up, as it is looked up: one hash and one step, however much there is.
//!
//! A key costs 36 bytes and its share of free places, so that a million of them fit into 80 MB, and twice that for the
//! moment in which a new file takes the place of the old one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use ges_domain::access::{Lines, Person};
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ports::Tenant;

use super::document::{Document, LinesEntry};
use crate::digest::Digest;

/// Who is who.
#[derive(Debug)]
pub(super) struct Shelves {
    keys: HashMap<Digest, u32>,
    tenants: Vec<Arc<Tenant>>,
    places: HashMap<TenantId, u32>,
    origins: HashSet<String>,
    applications: HashMap<Digest, Program>,
    users: HashMap<String, Known>,
}

/// Somebody, with the hash of their password.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) person: Person,
    pub(super) password: String,
}

/// A program.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) person: Person,
    /// Whether it may publish settings and speak for flows.
    pub(super) designer: bool,
}

impl Shelves {
    pub(super) fn of(document: &Document, now: Timestamp) -> Self {
        let mut shelves = Self {
            keys: HashMap::with_capacity(document.keys.len()),
            tenants: Vec::new(),
            places: HashMap::new(),
            origins: HashSet::new(),
            applications: HashMap::new(),
            users: HashMap::new(),
        };
        for entry in &document.tenants {
            shelves.origins.extend(entry.cors_origins.iter().cloned());
            shelves.add(Tenant {
                short_id: entry.short_id.clone(),
                name: entry.name.clone(),
                cors_origins: entry.cors_origins.clone(),
                ..nameless(entry.id, now)
            });
        }
        for key in &document.keys {
            let place = shelves.place(key.tenant, now);
            shelves.keys.insert(key.digest, place);
        }
        for entry in &document.applications {
            shelves.place(entry.tenant, now);
            let person = Person {
                tenant: entry.tenant,
                user_name: entry.name.clone(),
                display_name: entry.name.clone(),
                roles: entry.roles.clone(),
                lines: Lines::All,
            };
            let designer = entry.designer.unwrap_or(entry.roles.is_empty());
            shelves.applications.insert(entry.digest, Program { person, designer });
        }
        for entry in &document.users {
            shelves.place(entry.tenant, now);
            let person = Person {
                tenant: entry.tenant,
                user_name: entry.name.clone(),
                display_name: entry.display_name.clone().unwrap_or_else(|| entry.name.clone()),
                roles: entry.roles.clone(),
                lines: match &entry.lines {
                    LinesEntry::All(_) => Lines::All,
                    LinesEntry::Queues(queues) => Lines::Queues(queues.clone()),
                },
            };
            let known = Known { person, password: entry.password.clone() };
            shelves.users.insert(entry.name.to_lowercase(), known);
        }
        shelves
    }

    pub(super) fn key(&self, digest: &Digest) -> Option<TenantId> {
        self.keys.get(digest).map(|place| self.tenants[*place as usize].id)
    }

    pub(super) fn application(&self, digest: &Digest) -> Option<&Program> {
        self.applications.get(digest)
    }

    pub(super) fn user(&self, name: &str) -> Option<&Known> {
        self.users.get(&name.to_lowercase())
    }

    pub(super) fn tenant(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.places.get(&id).map(|place| Arc::clone(&self.tenants[*place as usize]))
    }

    pub(super) fn any_welcomes(&self, origin: &str) -> bool {
        self.origins.contains(origin) || self.origins.contains("*")
    }

    /// A tenant's place; one that only a key or a person names has no more than its id.
    fn place(&mut self, id: TenantId, now: Timestamp) -> u32 {
        match self.places.get(&id) {
            Some(place) => *place,
            None => self.add(nameless(id, now)),
        }
    }

    fn add(&mut self, tenant: Tenant) -> u32 {
        let place =
            u32::try_from(self.tenants.len()).expect("a file of 256 MiB names fewer tenants");
        self.places.insert(tenant.id, place);
        self.tenants.push(Arc::new(tenant));
        place
    }
}

fn nameless(id: TenantId, now: Timestamp) -> Tenant {
    Tenant {
        id,
        short_id: None,
        name: id.to_string(),
        domains: Vec::new(),
        environment: None,
        enabled: true,
        locations: Vec::new(),
        cors_origins: BTreeSet::new(),
        settings: std::collections::BTreeMap::new(),
        read_at: now,
    }
}
