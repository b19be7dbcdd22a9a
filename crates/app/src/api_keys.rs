//! Keys of the public API as people handle them: by name, shown once.
//!
//! Where the source of the keys keeps no names, the names are kept here, each with its key sealed: without it, nobody
//! could take the key back by its name.

use ges_domain::id::{Revision, TenantId};
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;
use ges_ports::{
    ApiKey, Fault, KeyRef, NamedKey, Purpose, Record, RecordError, RecordKey, RecordKind,
    RecordName, Sealed, Secret,
};
use serde_json::{Value, json};

use crate::{App, Failure};

/// The records that tell of keys.
pub(crate) const KIND: RecordKind = RecordKind::new("api-key");
/// Keys of one tenant that are listed at the most.
const MOST: u16 = 1000;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Its name.
    pub name: String,
    /// When it was made here; none for one that was made elsewhere.
    pub made_at: Option<Timestamp>,
    /// By whom.
    pub by: Option<String>,
    /// When it was used last, to a minute or two; none for one that was never used since that is written down.
    pub last_used_at: Option<Timestamp>,
}

impl App {
    /// A tenant's keys, by name.
    pub async fn api_keys(&self, tenant: TenantId) -> Result<Vec<KnownKey>, Failure> {
        let records = self.ports.records.list(tenant, KIND, None, MOST).await?;
        let uses = self.uses_of(tenant).await?;
        let used = |digest: Option<TokenHash>| uses.get(&digest?.hex()).copied();
        let Some(named) = self.ports.api_keys.named(tenant).await? else {
            let told = records.iter().map(|record| {
                // One whose seal does not open any more is shown all the same.
                let digest = self.opened(tenant, record).ok().flatten().map(|key| digest(&key));
                known(record.name.as_str(), Some(record), used(digest))
            });
            return Ok(told.collect());
        };
        let of = |key: &NamedKey| {
            let record = records.iter().find(|record| record.name.as_str() == key.name);
            known(&key.name, record, used(Some(key.digest)))
        };
        Ok(named.iter().map(of).collect())
    }

    /// The key that a record holds; none where its source keeps its name.
    fn opened(&self, tenant: TenantId, record: &Record) -> Result<Option<ApiKey>, Fault> {
        let Some(sealed) = secret_of(record) else { return Ok(None) };
        let opened = self.ports.seals.open(tenant, Purpose::ApiKey, &sealed);
        let opened = opened.map_err(|error| Fault::misbehaved("store", error))?;
        let odd = || Fault::misbehaved("store", "a sealed key is none");
        ApiKey::parse(opened.expose()).map(Some).ok_or_else(odd)
    }

    /// Makes a key under a name and gives it to the tenant; none if the name is taken. It is told this once.
    pub async fn make_api_key(
        &self,
        tenant: TenantId,
        name: &RecordName,
        by: &str,
    ) -> Result<Option<ApiKey>, Failure> {
        let now = self.now();
        let keys = &self.ports.api_keys;
        let named = keys.named(tenant).await?;
        if named.as_ref().is_some_and(|keys| keys.iter().any(|key| key.name == name.as_str())) {
            return Ok(None);
        }
        let text = self.new_key();
        let key = ApiKey::parse(&text).expect("a UUID is visible ASCII");
        let sealed = named.is_none().then(|| {
            let seals = &self.ports.seals;
            seals.seal(tenant, Purpose::ApiKey, &Secret::new(text.as_str()))
        });
        let place = RecordKey { tenant, kind: KIND, name: name.clone() };
        let secret = sealed.as_ref().map(Sealed::as_str);
        let at = now.as_microsecond();
        let document = json!({ "madeAt": at, "by": by, "secret": secret }).to_string();
        // The name first: a key that is given out can then always be taken back.
        let standing = self.ports.records.get(&place).await?;
        let expected = match (&standing, &named) {
            (None, _) => Revision::NONE,
            // A record that outlived its key: the source of the keys knows better.
            (Some(record), Some(_)) => record.revision,
            (Some(_), None) => return Ok(None),
        };
        match self.ports.records.put(&place, &document, expected).await {
            Ok(_) => {}
            Err(RecordError::Changed { .. }) => return Ok(None),
            Err(RecordError::Fault(fault)) => return Err(fault.into()),
        }
        match keys.assign(tenant, name.as_str(), &key, now).await {
            Ok(true) => Ok(Some(key)),
            Ok(false) => {
                self.forget_key(&place).await?;
                Ok(None)
            }
            // Nobody knows whether it was assigned, and nobody was told the key: its name can take it back.
            Err(fault) => Err(fault.into()),
        }
    }

    /// Takes a key back by its name.
    pub async fn remove_api_key(&self, tenant: TenantId, name: &RecordName) -> Result<(), Failure> {
        let now = self.now();
        let place = RecordKey { tenant, kind: KIND, name: name.clone() };
        let record = self.ports.records.get(&place).await?;
        let opened = record.as_ref().map(|record| self.opened(tenant, record)).transpose()?;
        let (key, used) = if let Some(key) = opened.flatten() {
            (KeyRef::Key(key.clone()), Some(digest(&key)))
        } else {
            let named = self.ports.api_keys.named(tenant).await?.unwrap_or_default();
            let used = named.iter().find(|key| key.name == name.as_str());
            (KeyRef::Name(name.as_str().to_owned()), used.map(|key| key.digest))
        };
        let taken = self.ports.api_keys.unassign(tenant, &key, now).await?;
        if record.is_some() {
            self.forget_key(&place).await?;
        } else if !taken {
            return Err(Refusal::UnknownName.into());
        }
        if let Some(used) = used {
            self.forget_use(tenant, &used).await?;
        }
        Ok(())
    }

    async fn forget_key(&self, place: &RecordKey) -> Result<(), Fault> {
        let Some(record) = self.ports.records.get(place).await? else { return Ok(()) };
        match self.ports.records.remove(place, record.revision).await {
            // Who else changed it has removed it.
            Ok(()) | Err(RecordError::Changed { .. }) => Ok(()),
            Err(RecordError::Fault(fault)) => Err(fault),
        }
    }

    /// A key that nobody can guess, in the form of a UUID of version 4, as the vendor recommends.
    fn new_key(&self) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.ports.chance.draw()[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = format!("{:032x}", u128::from_be_bytes(bytes));
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }
}

fn digest(key: &ApiKey) -> TokenHash {
    TokenHash::of(key.expose())
}

fn known(name: &str, record: Option<&Record>, last_used_at: Option<Timestamp>) -> KnownKey {
    let value: Value = record
        .and_then(|record| serde_json::from_str(&record.document).ok())
        .unwrap_or(Value::Null);
    let made_at = value["madeAt"].as_i64().and_then(|at| Timestamp::from_microsecond(at).ok());
    let by = value["by"].as_str().map(str::to_owned);
    KnownKey { name: name.to_owned(), made_at, by, last_used_at }
}

fn secret_of(record: &Record) -> Option<Sealed> {
    let value: Value = serde_json::from_str(&record.document).ok()?;
    Some(Sealed::new(value["secret"].as_str()?.to_owned()))
}
