//! The settings that callbacks were booked under, each kept once.
//!
//! A callback's document names them by their digest, and what a name means never changes: a node reads each of them once
//! and remembers it.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, LockResult, PoisonError, RwLock, RwLockWriteGuard};

use diesel::QueryResult;
use diesel::sql_types::{Array, Text, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::booking::Fingerprint;
use ges_domain::callback::Callback;
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::service::Settings;
use serde::{Deserialize, Serialize};

use crate::cached::{Cached, statement};
use crate::fault::{Failure, Phase};
use crate::rows;
use crate::session::{Pool, within};

/// Settings that a node remembers: more than it meets in a day, and no more than some megabytes.
const REMEMBERED: usize = 4096;

/// What stands in a document in the place of the settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Kept {
    /// Their digest.
    Named(uuid::Uuid),
    /// Themselves, as callbacks were stored before there were names.
    Whole(Arc<Settings>),
}

/// A callback as its document has it.
pub(crate) type Document = Callback<Kept>;

/// Settings by owner and digest.
type Name = (TenantId, uuid::Uuid);

/// Settings as they are written, with their digest.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) digest: uuid::Uuid,
    pub(crate) document: Arc<str>,
}

/// Settings with how they are written.
type Made = (Arc<Settings>, Written);

/// What a node remembers of settings.
#[derive(Debug, Default)]
pub(crate) struct Book {
    read: RwLock<HashMap<Name, Arc<Settings>>>,
    written: RwLock<HashMap<(TenantId, ServiceName), Made>>,
}

impl Book {
    /// The settings of a callback that is booked, as they are written: made once for as long as the service stands as it
    /// is.
    pub(crate) fn written(&self, callback: &Callback) -> Result<Written, Failure> {
        let service = (callback.tenant, callback.service.clone());
        if let Some((settings, written)) = open(self.written.read()).get(&service)
            && Arc::ptr_eq(settings, &callback.settings)
        {
            return Ok(written.clone());
        }
        let document = rows::document(&*callback.settings)?;
        let digest = digest_of(&document);
        let written = Written { digest, document: document.into() };
        let made = (Arc::clone(&callback.settings), written.clone());
        insert(self.written.write(), service, made);
        Ok(written)
    }

    /// What is known of the settings of these callbacks, and what must be read.
    fn look_up<'a>(&self, documents: impl Iterator<Item = &'a Document>) -> Terms {
        let mut terms = Terms::default();
        let known = open(self.read.read());
        for document in documents {
            let Kept::Named(digest) = document.settings else { continue };
            let name = (document.tenant, digest);
            if terms.known.contains_key(&name) {
                continue;
            }
            match known.get(&name) {
                Some(settings) => {
                    terms.known.insert(name, Arc::clone(settings));
                }
                None => {
                    terms.unknown.insert(name);
                }
            }
        }
        terms
    }

    /// Notes what was read.
    fn learn(&self, terms: &mut Terms, rows: Vec<SettingsRow>) -> Result<(), Failure> {
        for row in rows {
            let name = (TenantId::new(row.tenant), row.digest);
            let settings: Arc<Settings> = Arc::new(rows::value(&row.document)?);
            insert(self.read.write(), name, Arc::clone(&settings));
            terms.known.insert(name, settings);
        }
        Ok(())
    }
}

fn digest_of(document: &str) -> uuid::Uuid {
    let mut half = [0; 16];
    half.copy_from_slice(&Fingerprint::of(document.as_bytes()).bytes()[..16]);
    uuid::Builder::from_custom_bytes(half).into_uuid()
}

/// A panic beside the lock leaves nothing half done behind it: entries come whole.
fn open<T>(locked: LockResult<T>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}

/// What is full is begun anew: it is read again soon enough.
fn insert<K: Eq + Hash, V>(map: LockResult<RwLockWriteGuard<'_, HashMap<K, V>>>, key: K, value: V) {
    let mut map = open(map);
    if map.len() >= REMEMBERED {
        map.clear();
    }
    map.insert(key, value);
}

/// The settings that some callbacks name.
#[derive(Debug, Default)]
struct Terms {
    known: HashMap<Name, Arc<Settings>>,
    unknown: BTreeSet<Name>,
}

impl Terms {
    fn all(&self, documents: Vec<Document>) -> Result<Vec<Callback>, Failure> {
        documents.into_iter().map(|document| self.whole(document)).collect()
    }

    fn whole(&self, document: Document) -> Result<Callback, Failure> {
        let settings = match &document.settings {
            Kept::Whole(settings) => Arc::clone(settings),
            Kept::Named(digest) => {
                let found = self.known.get(&(document.tenant, *digest));
                let lost = || Failure::corrupt(format!("the settings {digest} are not kept"));
                Arc::clone(found.ok_or_else(lost)?)
            }
        };
        Ok(document.with_settings(settings))
    }
}

/// Callbacks from their documents, with a look into the database by `pool` for settings that were never read.
pub(crate) async fn whole(pool: &Pool, documents: Vec<Document>) -> Result<Vec<Callback>, Failure> {
    let mut terms = pool.book().look_up(documents.iter());
    if !terms.unknown.is_empty() {
        let unknown = std::mem::take(&mut terms.unknown);
        let rows = pool
            .read(|connection| Box::pin(async move { read(connection, &unknown).await }))
            .await?;
        pool.book().learn(&mut terms, rows)?;
    }
    terms.all(documents)
}

/// The same inside of a transaction.
pub(crate) async fn whole_on(
    connection: &AsyncPgConnection,
    pool: &Pool,
    documents: Vec<Document>,
) -> Result<Vec<Callback>, Failure> {
    let mut terms = pool.book().look_up(documents.iter());
    if !terms.unknown.is_empty() {
        let asked = read(connection, &terms.unknown);
        let rows = within(pool.deadline(), Phase::Before, asked).await?;
        pool.book().learn(&mut terms, rows)?;
    }
    terms.all(documents)
}

#[derive(diesel::QueryableByName)]
struct SettingsRow {
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = Uuid)]
    digest: uuid::Uuid,
    #[diesel(sql_type = Text)]
    document: String,
}

async fn read(
    mut connection: &AsyncPgConnection,
    names: &BTreeSet<Name>,
) -> QueryResult<Vec<SettingsRow>> {
    let tenants: Vec<_> = names.iter().map(|(tenant, _)| tenant.uuid()).collect();
    let digests: Vec<_> = names.iter().map(|(_, digest)| *digest).collect();
    let asked = statement(include_str!("sql/settings.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Uuid>, _>(digests);
    Cached(asked).load(&mut connection).await
}
