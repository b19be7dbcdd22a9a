//! Giving keys of the public API out and taking them back.
//!
//! Apart from [`Credentials`](crate::Credentials), because every request asks whose a key is and few people may hand
//! one out.

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;

use crate::{ApiKey, Fault};

/// Which key is meant.
#[derive(Debug, Clone)]
pub enum KeyRef {
    /// The one that was given this name.
    Name(String),
    /// This one.
    Key(ApiKey),
}

/// A key that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// Its name.
    pub name: String,
    /// By what it is known again.
    pub digest: TokenHash,
}

/// The keys of the tenants.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// A tenant's keys by their names; none where the source keeps no names.
    async fn named(&self, tenant: TenantId) -> Result<Option<Vec<NamedKey>>, Fault>;

    /// Gives a key to a tenant; false, and nothing is changed, if the key or its name is taken. On this node the key is
    /// good at once, on the others when their memory of unknown keys has passed: 30 s at the most.
    async fn assign(
        &self,
        tenant: TenantId,
        name: &str,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<bool, Fault>;

    /// Takes a key from a tenant; false if the tenant has no such key. On this node it opens nothing from now on, on
    /// the others when their memory of it has passed: 10 min at the most.
    async fn unassign(&self, tenant: TenantId, key: &KeyRef, now: Timestamp)
    -> Result<bool, Fault>;
}
