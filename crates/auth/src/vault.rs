//! Secrets at rest: sealed with a key of the installation, bound to the tenant and the purpose they are for.
//!
//! The envelope is text, so that every store can hold it: `ges1.<key id>.<base64url of nonce, ciphertext and tag>`.
//! The cipher is XChaCha20-Poly1305: its nonce is long enough to be drawn, so that nodes need not agree on a counter.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use ges_domain::id::TenantId;
use ges_ports::{Chance, Purpose, SealError, Sealed, Seals, Secret};

/// Says which envelope and which use of the installation's key this is.
const SCHEME: &str = "ges1";
const CONTEXT: &str = "ges secrets at rest, ges1";
const NONCE: usize = 24;
/// A service account of a cloud has 3 KiB.
const LONGEST: usize = 64 * 1024;

/// The installation's keys and chance.
pub struct Vault {
    keys: Vec<(String, XChaCha20Poly1305)>,
    chance: Arc<dyn Chance>,
}

/// Why there is no vault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Without a key nothing can be sealed.
    #[error("no key is given")]
    NoKey,
    /// The id is part of every envelope.
    #[error("a key's id has 1 to 32 of A-Z a-z 0-9 _ -, and {0:?} has not")]
    KeyId(String),
    /// An id names one key.
    #[error("two keys are called {0}")]
    Twice(String),
}

impl Vault {
    /// A vault that seals with the first key and opens with all: to rotate, put a new key in front, renew what is
    /// stored, and take the old one away.
    pub fn new(
        keys: impl IntoIterator<Item = (String, [u8; 32])>,
        chance: Arc<dyn Chance>,
    ) -> Result<Self, VaultError> {
        let mut known: Vec<(String, XChaCha20Poly1305)> = Vec::new();
        for (id, key) in keys {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            if !(1..=32).contains(&id.len()) || !id.bytes().all(plain) {
                return Err(VaultError::KeyId(id));
            }
            if known.iter().any(|(other, _)| *other == id) {
                return Err(VaultError::Twice(id));
            }
            // The installation's key is never used itself, so that it may have other uses.
            let derived = Key::from(blake3::derive_key(CONTEXT, &key));
            known.push((id, XChaCha20Poly1305::new(&derived)));
        }
        if known.is_empty() { Err(VaultError::NoKey) } else { Ok(Self { keys: known, chance }) }
    }

    fn opened(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<(&str, Secret), SealError> {
        let mut parts = sealed.as_str().split('.');
        let (Some(SCHEME), Some(id), Some(body), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealError::Malformed);
        };
        if body.len() > LONGEST * 2 || id.len() > 32 {
            return Err(SealError::Malformed);
        }
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_quoted| SealError::Malformed)?;
        let (nonce, ciphertext) = body.split_at_checked(NONCE).ok_or(SealError::Malformed)?;
        let nonce = XNonce::try_from(nonce).map_err(|_short| SealError::Malformed)?;
        let key = self.keys.iter().find(|(known, _)| known == id);
        let (id, cipher) = key.ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let aad = bound(id, tenant, purpose);
        let payload = Payload { msg: ciphertext, aad: aad.as_bytes() };
        let plain = cipher.decrypt(&nonce, payload).map_err(|_opaque| SealError::Forged)?;
        let text = String::from_utf8(plain).map_err(|_holds_it| SealError::Malformed)?;
        Ok((id, Secret::new(text)))
    }
}

impl Seals for Vault {
    fn seal(&self, tenant: TenantId, purpose: Purpose, secret: &Secret) -> Sealed {
        let (id, cipher) = self.keys.first().expect("a vault has a key");
        let mut body = self.chance.draw()[..NONCE].to_vec();
        let nonce = XNonce::try_from(&body[..]).expect("so many bytes were drawn");
        let aad = bound(id, tenant, purpose);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: aad.as_bytes() };
        let ciphertext = cipher.encrypt(&nonce, payload).expect("no secret has 256 GiB");
        body.extend_from_slice(&ciphertext);
        Sealed::new(format!("{SCHEME}.{id}.{}", URL_SAFE_NO_PAD.encode(body)))
    }

    fn open(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Secret, SealError> {
        self.opened(tenant, purpose, sealed).map(|(_, secret)| secret)
    }

    fn renew(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError> {
        // Also what is sealed with the current key is opened: a rotation finds everything that is broken.
        let (id, secret) = self.opened(tenant, purpose, sealed)?;
        let current = self.keys.first().is_some_and(|(first, _)| first == id);
        Ok((!current).then(|| self.seal(tenant, purpose, &secret)))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|(id, _)| id).collect();
        f.debug_struct("Vault").field("keys", &ids).finish_non_exhaustive()
    }
}

/// What the seal is bound to. Every part has one length or one alphabet without the separator, so that no two bindings
/// are written alike.
fn bound(key: &str, tenant: TenantId, purpose: Purpose) -> String {
    let purpose = match purpose {
        Purpose::Push => String::from("push"),
        Purpose::Captcha => String::from("captcha"),
        Purpose::Statistics => String::from("statistics"),
        Purpose::ApiKey => String::from("api key"),
        Purpose::Webhook(endpoint) => format!("webhook {endpoint}"),
        Purpose::Session => String::from("session"),
    };
    format!("{SCHEME}.{key}.{tenant}.{purpose}")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use ges_domain::id::RecordId;

    use super::*;

    struct Counting(AtomicU8);

    impl Chance for Counting {
        fn draw(&self) -> [u8; 32] {
            [self.0.fetch_add(1, Ordering::Relaxed); 32]
        }
    }

    fn vault(keys: &[(&str, u8)]) -> Vault {
        let keys = keys.iter().map(|(id, byte)| ((*id).to_owned(), [*byte; 32]));
        Vault::new(keys, Arc::new(Counting(AtomicU8::new(0)))).unwrap()
    }

    fn tenant(last: char) -> TenantId {
        format!("9350e2fc-a1dd-4c65-8d40-1f75a2e0010{last}").parse().unwrap()
    }

    fn record(last: char) -> RecordId {
        RecordId::new(tenant(last).uuid())
    }

    fn text(of: &Vault, purpose: Purpose, sealed: &Sealed) -> Result<String, SealError> {
        of.open(tenant('0'), purpose, sealed).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn what_is_sealed_opens_again_and_looks_different_each_time() {
        let vault = vault(&[("a", 1)]);
        let long = "x".repeat(10_000);
        for secret in ["", "a password", "„ü“ 😀", &long] {
            let one = vault.seal(tenant('0'), Purpose::Push, &Secret::new(secret));
            let other = vault.seal(tenant('0'), Purpose::Push, &Secret::new(secret));
            assert_ne!(one, other);
            assert!(secret.is_empty() || !one.as_str().contains(secret));
            assert_eq!(text(&vault, Purpose::Push, &one).as_deref(), Ok(secret));
        }
    }

    #[test]
    fn a_seal_opens_for_its_tenant_and_purpose_only() {
        let vault = vault(&[("a", 1)]);
        let purpose = Purpose::Webhook(record('1'));
        let sealed = vault.seal(tenant('0'), purpose, &Secret::new("hush"));
        assert_eq!(vault.open(tenant('1'), purpose, &sealed).err(), Some(SealError::Forged));
        for other in [Purpose::Push, Purpose::Statistics, Purpose::Webhook(record('2'))] {
            assert_eq!(text(&vault, other, &sealed), Err(SealError::Forged), "{other:?}");
        }
    }

    #[test]
    fn no_changed_character_goes_unnoticed() {
        let vault = vault(&[("a", 1)]);
        let sealed = vault.seal(tenant('0'), Purpose::Captcha, &Secret::new("hush"));
        for place in 0..sealed.as_str().len() {
            let mut changed = sealed.as_str().to_owned().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = Sealed::new(String::from_utf8(changed).unwrap());
            assert!(text(&vault, Purpose::Captcha, &changed).is_err(), "{place}");
        }
        for nonsense in ["", "ges1", "ges1.a", "ges1.a.", "ges1.a.AAAA", "ges2.a.AAAA", "a.b.c.d"] {
            let sealed = Sealed::new(nonsense.to_owned());
            assert_eq!(text(&vault, Purpose::Captcha, &sealed), Err(SealError::Malformed));
        }
    }

    #[test]
    fn keys_rotate_without_a_moment_in_which_something_is_closed() {
        let old = vault(&[("old", 1)]);
        let sealed = old.seal(tenant('0'), Purpose::Push, &Secret::new("hush"));
        let both = vault(&[("new", 2), ("old", 1)]);
        assert_eq!(text(&both, Purpose::Push, &sealed).as_deref(), Ok("hush"));
        let renewed = both.renew(tenant('0'), Purpose::Push, &sealed).unwrap().expect("it is old");
        assert_eq!(both.renew(tenant('0'), Purpose::Push, &renewed), Ok(None));
        let new = vault(&[("new", 2)]);
        assert_eq!(text(&new, Purpose::Push, &renewed).as_deref(), Ok("hush"));
        let gone = SealError::UnknownKey(String::from("old"));
        assert_eq!(text(&new, Purpose::Push, &sealed), Err(gone));
        let same_name = vault(&[("old", 3)]);
        assert_eq!(text(&same_name, Purpose::Push, &sealed), Err(SealError::Forged));
    }

    #[test]
    fn a_vault_without_a_usable_key_is_none() {
        let chance = || Arc::new(Counting(AtomicU8::new(0)));
        let with = |ids: &[&str]| {
            Vault::new(ids.iter().map(|id| ((*id).to_owned(), [1; 32])), chance()).err()
        };
        assert_eq!(with(&[]), Some(VaultError::NoKey));
        assert_eq!(with(&["a", "a"]), Some(VaultError::Twice(String::from("a"))));
        for id in ["", "a.b", &"a".repeat(33)] {
            assert_eq!(with(&[id]), Some(VaultError::KeyId(id.to_owned())));
        }
    }

    #[test]
    fn debug_shows_names_of_keys_and_nothing_else() {
        let vault = vault(&[("a", 1)]);
        let sealed = vault.seal(tenant('0'), Purpose::Push, &Secret::new("hush"));
        let shown = format!("{vault:?} {sealed:?} {:?}", Secret::new("hush"));
        assert_eq!(shown, r#"Vault { keys: ["a"], .. } Sealed(…) Secret(…)"#);
    }
}
