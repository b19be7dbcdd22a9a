//! Whose a key is, remembered by its digest.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{ApiKey, ApiKeys, Credentials, Fault, KeyRef, NamedKey};

use super::{Recalled, Remembered, SKEW, younger};

/// How long a key is believed, and how long it is believed to be nobody's.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
const UNKNOWN_FOR: SignedDuration = SignedDuration::from_secs(30);

/// Whose a key was, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    tenant: Option<TenantId>,
    seen_at: Timestamp,
}

impl Known {
    fn good_for(self) -> SignedDuration {
        if self.tenant.is_some() { KNOWN_FOR } else { UNKNOWN_FOR }
    }

    fn write(self) -> String {
        let tenant = self.tenant.map_or_else(|| String::from("-"), |tenant| tenant.to_string());
        format!("{} {tenant}", self.seen_at.as_microsecond())
    }

    fn read(text: &str) -> Option<Self> {
        let (seen_at, tenant) = text.split_once(' ')?;
        let tenant = if tenant == "-" { None } else { Some(tenant.parse().ok()?) };
        Some(Self { tenant, seen_at: Timestamp::from_microsecond(seen_at.parse().ok()?).ok()? })
    }
}

impl<W: ?Sized> Remembered<W> {
    fn believed(&self, known: Known, now: Timestamp) -> bool {
        known.seen_at.as_microsecond() > self.keys_since.load(Ordering::Acquire)
            && younger(known.seen_at, known.good_for(), now)
    }

    fn key_of(&self, digest: &str) -> String {
        self.memory.key(format_args!("apikey:{digest}"))
    }

    /// Keys were given or taken here: nothing that was known before holds on this node.
    async fn keys_changed(&self, key: Option<&ApiKey>, now: Timestamp) {
        let since = now.saturating_add(SKEW).unwrap_or(Timestamp::MAX).as_microsecond();
        self.keys_since.fetch_max(since, Ordering::AcqRel);
        self.keys.clear();
        if let Some(key) = key {
            self.forget(&self.key_of(&digest(key))).await;
        }
    }
}

fn digest(key: &ApiKey) -> String {
    TokenHash::of(key.expose()).hex()
}

#[async_trait]
impl<W: Credentials + ?Sized> Credentials for Remembered<W> {
    async fn identify(&self, key: &ApiKey, now: Timestamp) -> Result<Option<TenantId>, Fault> {
        let digest = digest(key);
        if let Some(known) = self.keys.get(&digest)
            && self.believed(known, now)
        {
            return Ok(known.tenant);
        }
        let place = self.key_of(&digest);
        let recalled = self.recall(&place).await;
        if let Recalled::Text(text) = &recalled
            && let Some(known) = Known::read(text)
            && self.believed(known, now)
        {
            self.keys.put(digest, known);
            return Ok(known.tenant);
        }
        let known = Known { tenant: self.inner.identify(key, now).await?, seen_at: now };
        if self.believed(known, now) {
            self.keys.put(digest, known);
        }
        if !matches!(recalled, Recalled::Trouble) {
            self.remember(&place, &known.write(), known.good_for()).await;
        }
        Ok(known.tenant)
    }
}

#[async_trait]
impl<W: ApiKeys + ?Sized> ApiKeys for Remembered<W> {
    async fn named(&self, tenant: TenantId) -> Result<Option<Vec<NamedKey>>, Fault> {
        self.inner.named(tenant).await
    }

    async fn assign(
        &self,
        tenant: TenantId,
        name: &str,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let assigned = self.inner.assign(tenant, name, key, now).await;
        // Whatever came of it: after a fault nobody knows.
        self.keys_changed(Some(key), now).await;
        assigned
    }

    async fn unassign(
        &self,
        tenant: TenantId,
        key: &KeyRef,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let unassigned = self.inner.unassign(tenant, key, now).await;
        let key = match key {
            KeyRef::Key(key) => Some(key),
            KeyRef::Name(_) => None,
        };
        self.keys_changed(key, now).await;
        unassigned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_equals_what_was_written() {
        let tenant = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100".parse().unwrap();
        let seen_at = Timestamp::from_microsecond(1_772_442_000_123_457).unwrap();
        for tenant in [Some(tenant), None] {
            let known = Known { tenant, seen_at };
            assert_eq!(Known::read(&known.write()), Some(known));
        }
        for text in ["", "1", "1 x", "x -"] {
            assert_eq!(Known::read(text), None, "{text}");
        }
    }
}
