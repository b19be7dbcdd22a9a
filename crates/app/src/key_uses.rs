//! When each API key was used last: noted in memory at every request, written down now and then.
//!
//! A request pays for a look at a map and nothing else. What a node noted and had not written when it was killed is lost:
//! a minute of knowing which keys are in use, which no promise rests on.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};

use ges_domain::id::{Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;
use ges_ports::{ApiKey, Fault, Record, RecordError, RecordKey, RecordKind, RecordName};
use serde_json::{Value, json};

use crate::App;

/// The records that tell of uses, each named by its key's digest.
const KIND: RecordKind = RecordKind::new("api-key-use");
/// Keys that are noted at most between two times of writing; those beyond are noted afterwards.
const MOST: usize = 10_000;
/// Nodes together write of a key once in so many seconds at most.
const APART_SECS: i64 = 60;
/// How often a record is written again that another node wrote meanwhile.
const TRIES: usize = 3;
/// Records read at once, and how often that is done at most.
const PAGE: u16 = 1000;
const PAGES: usize = 20;

/// Uses that are not written down yet.
#[derive(Default)]
pub(crate) struct KeyUses(RwLock<HashMap<ApiKey, Use>>);

struct Use {
    tenant: TenantId,
    /// The second of the last one.
    at: AtomicI64,
}

impl KeyUses {
    /// Notes that a key was used.
    pub(crate) fn note(&self, key: &ApiKey, tenant: TenantId, now: Timestamp) {
        let second = now.as_second();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(it) = known.get(key) {
            // Mostly it is this second's already, and then nobody writes what others read.
            if it.at.load(Ordering::Relaxed) < second {
                it.at.fetch_max(second, Ordering::Relaxed);
            }
            return;
        }
        let full = known.len() >= MOST;
        drop(known);
        if !full {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            let first = || Use { tenant, at: AtomicI64::new(second) };
            known.entry(key.clone()).or_insert_with(first);
        }
    }

    fn take(&self) -> HashMap<ApiKey, Use> {
        std::mem::take(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    /// Writes down when keys were used last; answers of how many. The server steps it every minute.
    ///
    /// After a fault the rest is noted again.
    pub async fn keep_key_uses(&self) -> Result<usize, Fault> {
        let mut uses = self.key_uses.take().into_iter();
        let mut written = 0;
        while let Some((key, it)) = uses.next() {
            let second = it.at.into_inner();
            match self.keep_use(it.tenant, &key, second).await {
                Ok(new) => written += usize::from(new),
                Err(fault) => {
                    let again = |key: &ApiKey, tenant, second| {
                        if let Ok(at) = Timestamp::from_second(second) {
                            self.key_uses.note(key, tenant, at);
                        }
                    };
                    again(&key, it.tenant, second);
                    for (key, it) in uses {
                        again(&key, it.tenant, it.at.into_inner());
                    }
                    return Err(fault);
                }
            }
        }
        Ok(written)
    }

    /// Writes down a use, unless one of about that time is written already.
    async fn keep_use(&self, tenant: TenantId, key: &ApiKey, second: i64) -> Result<bool, Fault> {
        let place = place(tenant, &TokenHash::of(key.expose()));
        let document = json!({ "at": second }).to_string();
        for _try in 0..TRIES {
            let standing = self.ports.records.get(&place).await?;
            if standing.as_ref().and_then(read).is_some_and(|at| second - at < APART_SECS) {
                return Ok(false);
            }
            let expected = standing.map_or(Revision::NONE, |record| record.revision);
            match self.ports.records.put(&place, &document, expected).await {
                Ok(_) => return Ok(true),
                Err(RecordError::Changed { .. }) => {}
                Err(RecordError::Fault(fault)) => return Err(fault),
            }
        }
        // Others keep writing, and what they write is as new.
        Ok(false)
    }

    /// When the keys of a tenant were used last, by their digests as texts.
    pub(crate) async fn uses_of(
        &self,
        tenant: TenantId,
    ) -> Result<HashMap<String, Timestamp>, Fault> {
        let mut uses = HashMap::new();
        let mut after: Option<RecordName> = None;
        for _page in 0..PAGES {
            let page = self.ports.records.list(tenant, KIND, after.as_ref(), PAGE).await?;
            for record in &page {
                let at = read(record).and_then(|second| Timestamp::from_second(second).ok());
                uses.extend(at.map(|at| (record.name.as_str().to_owned(), at)));
            }
            if page.len() < usize::from(PAGE) {
                break;
            }
            after = page.last().map(|record| record.name.clone());
        }
        Ok(uses)
    }

    /// Forgets that a key was used.
    pub(crate) async fn forget_use(
        &self,
        tenant: TenantId,
        digest: &TokenHash,
    ) -> Result<(), Fault> {
        self.forget_document(&place(tenant, digest)).await
    }
}

fn place(tenant: TenantId, digest: &TokenHash) -> RecordKey {
    let name = RecordName::parse(&digest.hex()).expect("64 digits are a name");
    RecordKey { tenant, kind: KIND, name }
}

fn read(record: &Record) -> Option<i64> {
    serde_json::from_str::<Value>(&record.document).ok()?["at"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_keys_stays_within_bounds_and_the_last_use_counts() {
        let uses = KeyUses::default();
        let tenant = TenantId::new(uuid::Uuid::nil());
        let at = |second| Timestamp::from_second(second).unwrap();
        let key = |number: usize| ApiKey::parse(&format!("key-{number}")).unwrap();
        for number in 0..MOST + 100 {
            uses.note(&key(number), tenant, at(7));
        }
        for second in [9, 8] {
            uses.note(&key(0), tenant, at(second));
        }
        let mut taken = uses.take();
        assert_eq!(taken.len(), MOST);
        assert_eq!(taken.remove(&key(0)).unwrap().at.into_inner(), 9);
        assert!(uses.take().is_empty());
    }
}
