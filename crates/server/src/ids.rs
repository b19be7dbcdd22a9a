//! Real time and real chance: the only place that asks the system for either.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ges_domain::id::{Attempt, CallbackId, RecordId, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Chance, Clock, Ids, UpdateToken};
use uuid::Uuid;

/// The system's clock in whole microseconds.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// A new random UUID.
#[expect(clippy::disallowed_methods, reason = "this is the source of chance that all others ask")]
pub(crate) fn random() -> Uuid {
    Uuid::new_v4()
}

/// The system's chance.
#[derive(Debug)]
pub(crate) struct SystemChance;

impl Chance for SystemChance {
    fn draw(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(random().as_bytes());
        bytes[16..].copy_from_slice(random().as_bytes());
        // A UUID has six bits that never change: hashing spreads the 244 that do.
        *blake3::hash(&bytes).as_bytes()
    }
}

/// The installation's key: shared by its nodes, never by anyone else.
#[derive(Clone)]
pub(crate) struct InstallationKey([u8; 32]);

impl InstallationKey {
    /// Reads the key's 64 hexadecimal digits from a file.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let hash = blake3::Hash::from_hex(text.trim()).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("not a key of 64 hexadecimal digits: {error}"),
            )
        })?;
        Ok(Self(*hash.as_bytes()))
    }

    /// Reads the key, or makes one that only its owner may read.
    pub(crate) fn read_or_make(path: &Path) -> io::Result<Self> {
        match Self::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let key = blake3::Hash::from_bytes(SystemChance.draw());
        // Written whole before it has its name: another process never reads half of it.
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        writeln!(file, "{}", key.to_hex())?;
        file.sync_all()?;
        let named = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match named {
            Ok(()) => Ok(Self(*key.as_bytes())),
            // Another process of this installation was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(error),
        }
    }

    /// A key for one purpose, from which this one cannot be learnt.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0)
    }
}

/// Ids from the system's chance, update tokens from the installation's key.
pub(crate) struct SystemIds {
    tokens: [u8; 32],
}

impl SystemIds {
    pub(crate) fn new(key: &InstallationKey) -> Self {
        Self { tokens: key.derive("ges 2026 update token of an attempt") }
    }
}

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that all others ask")]
    fn callback(&self) -> CallbackId {
        CallbackId::new(Uuid::now_v7())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that all others ask")]
    fn record(&self) -> RecordId {
        RecordId::new(Uuid::now_v7())
    }

    fn update_token(
        &self,
        tenant: TenantId,
        callback: CallbackId,
        attempt: Attempt,
    ) -> UpdateToken {
        let mut mac = blake3::Hasher::new_keyed(&self.tokens);
        mac.update(tenant.uuid().as_bytes());
        mac.update(callback.uuid().as_bytes());
        mac.update(&attempt.number().to_be_bytes());
        let mut token = Vec::with_capacity(48);
        token.extend_from_slice(tenant.uuid().as_bytes());
        token.extend_from_slice(mac.finalize().as_bytes());
        UpdateToken::new(URL_SAFE_NO_PAD.encode(token))
    }

    fn tenant_of(&self, token: &str) -> Option<TenantId> {
        if token.len() != 64 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        Some(TenantId::new(Uuid::from_slice(bytes.get(..16)?).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_attempt_has_the_same_token_and_names_its_tenant() {
        let ids = SystemIds::new(&InstallationKey([7; 32]));
        let tenant = TenantId::new(random());
        let callback = ids.callback();
        let token = ids.update_token(tenant, callback, Attempt::FIRST);
        assert_eq!(token, ids.update_token(tenant, callback, Attempt::FIRST));
        assert_ne!(token, ids.update_token(tenant, callback, Attempt::FIRST.next()));
        assert_eq!(ids.tenant_of(token.expose()), Some(tenant));
        assert_eq!(ids.tenant_of("short"), None);
        let other = SystemIds::new(&InstallationKey([8; 32]));
        assert_ne!(token, other.update_token(tenant, callback, Attempt::FIRST));
    }

    #[test]
    fn a_key_is_made_once_and_read_ever_after() {
        let path = std::env::temp_dir().join(format!("ges-key-{}", random()));
        let made = InstallationKey::read_or_make(&path).unwrap();
        let read = InstallationKey::read_or_make(&path).unwrap();
        assert_eq!(made.0, read.0);
        fs::remove_file(&path).unwrap();
    }
}
