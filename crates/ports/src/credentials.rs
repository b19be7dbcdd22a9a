//! Who is asking, by API key.

use std::fmt;

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;

use crate::Fault;

/// An API key as it came; `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key of 1 to 256 visible ASCII characters.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The key.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// API keys and their tenants.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The tenant of a key; none for a key that nobody has.
    async fn identify(&self, key: &ApiKey, now: Timestamp) -> Result<Option<TenantId>, Fault>;
}
