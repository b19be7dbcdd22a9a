//! Stand-ins for the ports toward identity and secrets, where a test is about something else.
//!
//! Here and not in each test, because several rooms need the same; they keep the ports' words, in memory and in the open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ges_domain::access::Person;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;
use ges_ports::{
    ApiKey, ApiKeys, Application, Chance, Credentials, Door, Entry, Fault, Guest, KeyRef, NamedKey,
    People, Proof, Purpose, SealError, Sealed, Seals, Secret, Tenant, Tenants, Visit,
};

/// Contact centres, their keys and their programs.
#[derive(Default)]
pub struct Town(Mutex<Known>);

#[derive(Default)]
struct Known {
    tenants: BTreeMap<TenantId, Arc<Tenant>>,
    keys: BTreeMap<(TenantId, String), ApiKey>,
    applications: BTreeMap<String, Application>,
    silent: bool,
    refetched: usize,
}

impl Town {
    /// A town with these contact centres.
    pub fn of(tenants: impl IntoIterator<Item = TenantId>, now: Timestamp) -> Self {
        let town = Self::default();
        for id in tenants {
            town.settle(Tenant {
                id,
                short_id: None,
                name: id.to_string(),
                domains: Vec::new(),
                environment: None,
                enabled: true,
                locations: Vec::new(),
                cors_origins: BTreeSet::new(),
                settings: BTreeMap::new(),
                read_at: now,
            });
        }
        town
    }

    /// A contact centre moves in, or changes.
    pub fn settle(&self, tenant: Tenant) {
        self.known().tenants.insert(tenant.id, Arc::new(tenant));
    }

    /// A contact centre moves out: nobody knows it any more.
    pub fn forget(&self, id: TenantId) {
        self.known().tenants.remove(&id);
    }

    /// From now on this token is a program's.
    pub fn admit(&self, token: &str, application: Application) {
        self.known().applications.insert(token.to_owned(), application);
    }

    /// How often somebody had a contact centre read again.
    pub fn refetched(&self) -> usize {
        self.known().refetched
    }

    /// From now on who asks for a contact centre waits for ever.
    pub fn fall_silent(&self) {
        self.known().silent = true;
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Tenants for Town {
    async fn find(&self, id: TenantId, _now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        if self.known().silent {
            std::future::pending::<()>().await;
        }
        Ok(self.known().tenants.get(&id).cloned())
    }

    async fn refetch(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        self.known().refetched += 1;
        self.find(id, now).await
    }

    fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.known().tenants.get(&id).cloned()
    }

    fn any_welcomes(&self, origin: &str) -> bool {
        self.known().tenants.values().any(|tenant| tenant.welcomes(origin))
    }
}

#[async_trait]
impl Credentials for Town {
    async fn identify(&self, key: &ApiKey, _now: Timestamp) -> Result<Option<TenantId>, Fault> {
        let known = self.known();
        let owner = known.keys.iter().find(|(_, other)| *other == key);
        Ok(owner.map(|((tenant, _), _)| *tenant))
    }
}

#[async_trait]
impl ApiKeys for Town {
    async fn named(&self, tenant: TenantId) -> Result<Option<Vec<NamedKey>>, Fault> {
        let known = self.known();
        let keys = known.keys.iter().filter(|((owner, _), _)| *owner == tenant);
        let named = keys.map(|((_, name), key)| NamedKey {
            name: name.clone(),
            digest: TokenHash::of(key.expose()),
        });
        Ok(Some(named.collect()))
    }

    async fn assign(
        &self,
        tenant: TenantId,
        name: &str,
        key: &ApiKey,
        _now: Timestamp,
    ) -> Result<bool, Fault> {
        let mut known = self.known();
        let place = (tenant, name.to_owned());
        if known.keys.contains_key(&place) || known.keys.values().any(|other| other == key) {
            return Ok(false);
        }
        known.keys.insert(place, key.clone());
        Ok(true)
    }

    async fn unassign(
        &self,
        tenant: TenantId,
        key: &KeyRef,
        _now: Timestamp,
    ) -> Result<bool, Fault> {
        let mut known = self.known();
        let before = known.keys.len();
        known.keys.retain(|(owner, name), other| {
            let meant = match key {
                KeyRef::Name(meant) => meant == name,
                KeyRef::Key(meant) => meant == other,
            };
            *owner != tenant || !meant
        });
        Ok(known.keys.len() < before)
    }
}

#[async_trait]
impl People for Town {
    fn door(&self, _visit: &Visit) -> Door {
        Door::Form
    }

    async fn sign_in(&self, _proof: &Proof, _now: Timestamp) -> Result<Entry, Fault> {
        Ok(Entry::Refused)
    }

    async fn renew(&self, guest: &Guest, _now: Timestamp) -> Result<Option<Guest>, Fault> {
        Ok(Some(guest.clone()))
    }

    async fn bearer(&self, _token: &Secret, _now: Timestamp) -> Result<Option<Person>, Fault> {
        Ok(None)
    }

    async fn application(
        &self,
        token: &Secret,
        _now: Timestamp,
    ) -> Result<Option<Application>, Fault> {
        Ok(self.known().applications.get(token.expose()).cloned())
    }

    fn farewell(&self, _back: &str) -> Option<String> {
        None
    }
}

/// Seals that anybody could open, and nobody reads by accident.
pub struct WaxSeals {
    /// The name of the current key; every other opens too.
    pub key: &'static str,
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing into memory does not fail");
        hex
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(pair).collect()
}

impl Seals for WaxSeals {
    fn seal(&self, tenant: TenantId, purpose: Purpose, secret: &Secret) -> Sealed {
        let bound = hex(&format!("{tenant} {purpose:?}"));
        Sealed::new(format!("{}.{bound}.{}", self.key, hex(secret.expose())))
    }

    fn open(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Secret, SealError> {
        let mut parts = sealed.as_str().split('.').skip(1);
        let (Some(bound), Some(secret)) = (parts.next(), parts.next()) else {
            return Err(SealError::Malformed);
        };
        if bound != hex(&format!("{tenant} {purpose:?}")) {
            return Err(SealError::Forged);
        }
        let secret = bytes(secret).and_then(|bytes| String::from_utf8(bytes).ok());
        secret.map(Secret::new).ok_or(SealError::Malformed)
    }

    fn renew(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError> {
        let secret = self.open(tenant, purpose, sealed)?;
        let current = sealed.as_str().split('.').next() == Some(self.key);
        Ok((!current).then(|| self.seal(tenant, purpose, &secret)))
    }
}

/// Chance that counts.
#[derive(Default)]
pub struct CountingChance(AtomicU8);

impl Chance for CountingChance {
    fn draw(&self) -> [u8; 32] {
        [self.0.fetch_add(1, Ordering::Relaxed); 32]
    }
}
