//! What `Credentials` and `ApiKeys` promise: a key opens its tenant's door and no other, from when it is given out until
//! it is taken back.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_domain::token::TokenHash;
use ges_ports::{ApiKey, ApiKeys, Credentials, KeyRef, NamedKey};

use crate::given::{after_secs, now};

/// A source of keys in which each of two tenants has a key.
pub struct Keyring {
    /// Whose a key is.
    pub credentials: Arc<dyn Credentials>,
    /// Who gives keys out; none where that is done elsewhere.
    pub keys: Option<Arc<dyn ApiKeys>>,
    /// A tenant and its key.
    pub one: (TenantId, ApiKey),
    /// Another tenant and its key.
    pub other: (TenantId, ApiKey),
    /// Whatever must live as long as the test.
    pub kept: Box<dyn Send + Sync>,
}

/// Tests every promise of `Credentials` on what `fresh` makes: a [`Keyring`].
#[macro_export]
macro_rules! credentials {
    ($fresh:ident) => {
        mod credentials {
            use super::$fresh;

            $crate::promises!(
                $fresh,
                credentials,
                [
                    a_key_names_its_tenant,
                    a_key_that_nobody_has_names_none,
                    a_key_that_would_name_another_place_names_none,
                ]
            );
        }
    };
}

/// Tests every promise of `ApiKeys` on what `fresh` makes: a [`Keyring`] with keys to give out.
#[macro_export]
macro_rules! api_keys {
    ($fresh:ident) => {
        mod api_keys {
            use super::$fresh;

            $crate::promises!(
                $fresh,
                credentials,
                [
                    a_key_is_good_as_soon_as_it_is_given_out,
                    a_key_opens_nothing_once_it_is_taken_back,
                    a_key_belongs_to_one_tenant,
                    nobody_takes_back_another_tenants_key,
                ]
            );
        }
    };
}

impl Keyring {
    fn keys(&self) -> &Arc<dyn ApiKeys> {
        self.keys.as_ref().expect("this keyring gives keys out")
    }

    async fn owner(&self, key: &ApiKey, at: i64) -> Option<TenantId> {
        self.credentials.identify(key, after_secs(at)).await.expect("the source answers")
    }
}

fn key(text: &str) -> ApiKey {
    ApiKey::parse(text).expect("the key is short and visible")
}

/// Each tenant's key names that tenant, however often it is asked.
pub async fn a_key_names_its_tenant(keyring: Keyring) {
    for (tenant, key) in [&keyring.one, &keyring.other, &keyring.one] {
        assert_eq!(keyring.owner(key, 0).await, Some(*tenant));
        assert_eq!(keyring.owner(key, 1).await, Some(*tenant));
    }
}

/// Nor does one that is like a key that somebody has.
pub async fn a_key_that_nobody_has_names_none(keyring: Keyring) {
    let text = keyring.one.1.expose().to_owned();
    for near in [format!("{text}0"), text[1..].to_owned(), text.to_uppercase(), text.repeat(2)] {
        if near != text {
            assert_eq!(keyring.owner(&key(&near), 0).await, None, "{near}");
        }
    }
    assert_eq!(keyring.owner(&keyring.one.1, 0).await, Some(keyring.one.0));
}

/// A key may be any visible text: as part of an address or a query it is still only a key.
pub async fn a_key_that_would_name_another_place_names_none(keyring: Keyring) {
    let text = keyring.one.1.expose().to_owned();
    let tricks = [".", "..", "/", "*", "%", "?", "#", "%2e%2e", "\\", "\"", "'--"];
    let around =
        tricks.iter().flat_map(|trick| [format!("{trick}{text}"), format!("{text}{trick}")]);
    let paths = [format!("../api-keys/{text}"), format!("{text}/."), format!("x/../{text}")];
    let plain = tricks.iter().map(|trick| (*trick).to_owned());
    for trick in plain.chain(around).chain(paths) {
        assert_eq!(keyring.owner(&key(&trick), 0).await, None, "{trick}");
    }
}

/// Also where it was asked about just before.
pub async fn a_key_is_good_as_soon_as_it_is_given_out(keyring: Keyring) {
    let (tenant, new) = (keyring.one.0, key("a-new-key"));
    assert_eq!(keyring.owner(&new, 0).await, None);
    assert!(keyring.keys().assign(tenant, "new", &new, now()).await.expect("it is assigned"));
    assert_eq!(keyring.owner(&new, 0).await, Some(tenant));
    let named = keyring.keys().named(tenant).await.expect("the source answers");
    let told = NamedKey { name: String::from("new"), digest: TokenHash::of(new.expose()) };
    assert!(named.is_none_or(|named| named.contains(&told)));
}

/// Also where it was asked about just before; taking it back again changes nothing.
pub async fn a_key_opens_nothing_once_it_is_taken_back(keyring: Keyring) {
    let (tenant, old) = keyring.one.clone();
    assert_eq!(keyring.owner(&old, 0).await, Some(tenant));
    for taken in [true, false] {
        let which = KeyRef::Key(old.clone());
        assert_eq!(keyring.keys().unassign(tenant, &which, now()).await.ok(), Some(taken));
        assert_eq!(keyring.owner(&old, 0).await, None);
    }
    assert_eq!(keyring.owner(&keyring.other.1, 0).await, Some(keyring.other.0));
}

/// Who asks for somebody's key does not get it.
pub async fn a_key_belongs_to_one_tenant(keyring: Keyring) {
    let ((one, _), (other, theirs)) = (&keyring.one, &keyring.other);
    for tenant in [one, other] {
        let given = keyring.keys().assign(*tenant, "mine", theirs, now()).await;
        assert_eq!(given.ok(), Some(false));
    }
    assert_eq!(keyring.owner(theirs, 0).await, Some(*other));
}

/// It is as if it were not there.
pub async fn nobody_takes_back_another_tenants_key(keyring: Keyring) {
    let ((one, _), (other, theirs)) = (&keyring.one, &keyring.other);
    let which = KeyRef::Key(theirs.clone());
    assert_eq!(keyring.keys().unassign(*one, &which, now()).await.ok(), Some(false));
    assert_eq!(keyring.owner(theirs, 0).await, Some(*other));
}
