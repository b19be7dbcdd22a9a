//! Keys, people and tenants from one file in the data directory: what a site without Genesys Authentication has.
//!
//! It keeps the same ports as the neighbours' adapters. Everything that is looked up lives in memory; the file is read
//! when somebody else changed it ([`Local::reload`], a step for a loop) and replaced as a whole when we change it.

mod disk;
mod document;
mod passwords;
mod people;
mod shelves;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ges_domain::access::{Lines, Role};
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ports::{ApiKey, Chance, KeyRef, NamedKey, Secret};
use tokio::sync::Semaphore;

use crate::digest::Digest;
use disk::{Disk, Stamp};
pub use document::Complaints;
use document::{ApplicationEntry, Document, KeyEntry, LinesEntry, Star, TenantEntry, UserEntry};
use passwords::Guesses;
use shelves::Shelves;

/// Passwords looked at together: each takes 19 MiB and tens of milliseconds of a core.
const AT_ONCE: usize = 2;
/// Passwords that are looked at or wait for it; more are sent away, so that a flood does not hold up those behind it.
const WAITING: usize = 50;

/// The access file, open.
#[derive(Clone, Debug)]
pub struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    disk: Disk,
    shelves: RwLock<Arc<Shelves>>,
    /// Held while the file is read or written, so that an older reading never replaces a newer one.
    stamp: Mutex<Stamp>,
    guesses: Guesses,
    waiting: Semaphore,
    verifying: Semaphore,
    chance: Arc<dyn Chance>,
}

/// What a new access file begins with. The caller draws the secrets and shows them once.
#[derive(Clone, Debug)]
pub struct First {
    /// The contact centre.
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: String,
    /// The key of its first client.
    pub api_key: ApiKey,
    /// The bearer token with which the designer, or the command line in its place, publishes settings.
    pub application_token: Secret,
    /// The password of the user `admin`.
    pub admin_password: Secret,
}

/// Somebody to add, or to write anew.
#[derive(Clone, Debug)]
pub struct User {
    /// By which they sign in; case does not count.
    pub name: String,
    /// How to greet them, where it is not the name.
    pub display_name: Option<String>,
    /// Their tenant.
    pub tenant: TenantId,
    /// Their password, at least 8 characters.
    pub password: Secret,
    /// What they are.
    pub roles: BTreeSet<Role>,
    /// Whose callbacks they see.
    pub lines: Lines,
}

/// Why the access file is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A new one was to be made where one is.
    #[error("there is an access file already")]
    Exists,
    /// It cannot be read or written.
    #[error("the access file cannot be reached")]
    Disk(#[from] io::Error),
    /// It says something that cannot be.
    #[error("the access file says something that cannot be")]
    Wrong(#[from] Complaints),
}

/// Why the access file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The name, key or token belongs to somebody already.
    #[error("the {0} is taken")]
    Taken(&'static str),
    /// What is to be changed is not there.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The password is too short.
    #[error("a password has at least 8 characters")]
    ShortPassword,
    /// These lines of business cannot be written down: name the queues that are seen.
    #[error("lines of business are all queues or named ones")]
    Lines,
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] OpenError),
}

impl From<io::Error> for EditError {
    fn from(error: io::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<Complaints> for EditError {
    fn from(complaints: Complaints) -> Self {
        Self::File(complaints.into())
    }
}

impl Local {
    /// Opens the file.
    ///
    /// Like every method here but the ports', it may wait for the disk: call it where that holds up nobody.
    pub fn open(path: &Path, chance: Arc<dyn Chance>, now: Timestamp) -> Result<Self, OpenError> {
        let disk = Disk::at(path);
        let (text, stamp) = disk.read()?;
        let shelves = Shelves::of(&Document::parse(&text)?, now);
        let inner = Inner {
            disk,
            shelves: RwLock::new(Arc::new(shelves)),
            stamp: Mutex::new(stamp),
            guesses: Guesses::default(),
            waiting: Semaphore::new(WAITING),
            verifying: Semaphore::new(AT_ONCE),
            chance,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes the file with one key, one application and one administrator, and opens it. An existing one is left alone.
    pub fn make(
        path: &Path,
        first: &First,
        chance: Arc<dyn Chance>,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let disk = Disk::at(path);
        let turn = disk.turn()?;
        if disk.exists()? {
            return Err(OpenError::Exists);
        }
        let tenant = first.tenant;
        let name = |name: &str| name.to_owned();
        let document = Document {
            tenants: vec![TenantEntry {
                id: tenant,
                name: first.tenant_name.clone(),
                short_id: None,
                cors_origins: BTreeSet::new(),
            }],
            keys: vec![KeyEntry {
                name: name("first"),
                tenant,
                digest: Digest::of(first.api_key.expose()),
            }],
            applications: vec![ApplicationEntry {
                name: name("designer"),
                tenant,
                digest: Digest::of(first.application_token.expose()),
                roles: BTreeSet::new(),
                designer: None,
            }],
            users: vec![UserEntry {
                name: name("admin"),
                display_name: None,
                tenant,
                password: passwords::hash(first.admin_password.expose(), &chance.draw()[..16]),
                roles: BTreeSet::from([Role::Administrator]),
                lines: LinesEntry::All(Star::Star),
            }],
        };
        document.check()?;
        disk.write(&turn, &document.text())?;
        drop(turn);
        Self::open(path, chance, now)
    }

    /// Reads the file again if it changed, and says whether it did. On an error the last good contents stand.
    pub fn reload(&self, now: Timestamp) -> Result<bool, OpenError> {
        let mut stamp = self.stamp();
        let Some((text, changed)) = self.inner.disk.changed(&stamp)? else {
            return Ok(false);
        };
        let document = Document::parse(&text)?;
        self.stand(Shelves::of(&document, now));
        *stamp = changed;
        Ok(true)
    }

    /// Adds a key to a tenant.
    pub fn add_key(
        &self,
        tenant: TenantId,
        name: &str,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<(), EditError> {
        let digest = Digest::of(key.expose());
        self.edit(now, |document| {
            if document.keys.iter().any(|it| it.tenant == tenant && it.name == name) {
                return Err(EditError::Taken("name"));
            }
            if document.keys.iter().any(|it| it.digest == digest) {
                return Err(EditError::Taken("key"));
            }
            document.keys.push(KeyEntry { name: name.to_owned(), tenant, digest });
            Ok(())
        })
    }

    /// Removes a key of a tenant; it opens nothing from now on.
    pub fn remove_key(
        &self,
        tenant: TenantId,
        key: &KeyRef,
        now: Timestamp,
    ) -> Result<(), EditError> {
        let is_it = |it: &KeyEntry| match key {
            KeyRef::Name(name) => it.name == *name,
            KeyRef::Key(key) => it.digest == Digest::of(key.expose()),
        };
        self.edit(now, |document| {
            remove(&mut document.keys, "key", |it| it.tenant == tenant && is_it(it))
        })
    }

    /// A tenant's keys by their names, in the order of the file.
    pub fn named_keys(&self, tenant: TenantId) -> Result<Vec<NamedKey>, OpenError> {
        let document = Document::parse(&self.inner.disk.read()?.0)?;
        let keys = document.keys.into_iter().filter(|it| it.tenant == tenant);
        Ok(keys.map(|it| NamedKey { name: it.name, digest: it.digest.into() }).collect())
    }

    /// Adds an application with its bearer token; with roles it may use the people's API.
    pub fn add_application(
        &self,
        tenant: TenantId,
        name: &str,
        token: &Secret,
        roles: &BTreeSet<Role>,
        now: Timestamp,
    ) -> Result<(), EditError> {
        let digest = Digest::of(token.expose());
        self.edit(now, |document| {
            if document.applications.iter().any(|it| it.name == name || it.digest == digest) {
                return Err(EditError::Taken("application"));
            }
            let name = name.to_owned();
            document.applications.push(ApplicationEntry {
                name,
                tenant,
                digest,
                roles: roles.clone(),
                designer: None,
            });
            Ok(())
        })
    }

    /// Removes an application of a tenant.
    pub fn remove_application(
        &self,
        tenant: TenantId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), EditError> {
        self.edit(now, |document| {
            remove(&mut document.applications, "application", |it| {
                it.tenant == tenant && it.name == name
            })
        })
    }

    /// Adds somebody.
    pub fn add_user(&self, user: &User, now: Timestamp) -> Result<(), EditError> {
        let entry = self.entry(user)?;
        self.edit(now, |document| {
            if document.users.iter().any(|it| same_name(&it.name, &entry.name)) {
                return Err(EditError::Taken("name"));
            }
            document.users.push(entry);
            Ok(())
        })
    }

    /// Writes somebody of the same tenant anew: password, roles, lines.
    pub fn replace_user(&self, user: &User, now: Timestamp) -> Result<(), EditError> {
        let entry = self.entry(user)?;
        self.edit(now, |document| {
            let is_it =
                |it: &&mut UserEntry| it.tenant == entry.tenant && same_name(&it.name, &entry.name);
            let there = document.users.iter_mut().find(is_it).ok_or(EditError::Missing("user"))?;
            *there = entry;
            Ok(())
        })
    }

    /// Removes somebody of a tenant; their sessions end when they are next asked about.
    pub fn remove_user(
        &self,
        tenant: TenantId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), EditError> {
        self.edit(now, |document| {
            remove(&mut document.users, "user", |it| {
                it.tenant == tenant && same_name(&it.name, name)
            })
        })
    }

    fn entry(&self, user: &User) -> Result<UserEntry, EditError> {
        if user.password.expose().chars().count() < 8 {
            return Err(EditError::ShortPassword);
        }
        let lines = match &user.lines {
            Lines::All => LinesEntry::All(Star::Star),
            Lines::Queues(queues) => LinesEntry::Queues(queues.clone()),
            Lines::AllBut(_) => return Err(EditError::Lines),
        };
        Ok(UserEntry {
            name: user.name.clone(),
            display_name: user.display_name.clone(),
            tenant: user.tenant,
            password: passwords::hash(user.password.expose(), &self.inner.chance.draw()[..16]),
            roles: user.roles.clone(),
            lines,
        })
    }

    /// Changes the file as it is now on disk, which may be newer than what we know.
    fn edit(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut Document) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        let mut stamp = self.stamp();
        let turn = self.inner.disk.turn()?;
        let mut document = Document::parse(&self.inner.disk.read()?.0)?;
        change(&mut document)?;
        document.check()?;
        self.inner.disk.write(&turn, &document.text())?;
        *stamp = self.inner.disk.read()?.1;
        self.stand(Shelves::of(&document, now));
        Ok(())
    }

    fn stand(&self, shelves: Shelves) {
        *self.inner.shelves.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shelves);
    }

    fn shelves(&self) -> Arc<Shelves> {
        Arc::clone(&self.inner.shelves.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn stamp(&self) -> MutexGuard<'_, Stamp> {
        self.inner.stamp.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("disk", &self.disk).finish_non_exhaustive()
    }
}

fn same_name(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn remove<T>(
    entries: &mut Vec<T>,
    what: &'static str,
    is_it: impl FnMut(&T) -> bool,
) -> Result<(), EditError> {
    let place = entries.iter().position(is_it).ok_or(EditError::Missing(what))?;
    entries.remove(place);
    Ok(())
}
