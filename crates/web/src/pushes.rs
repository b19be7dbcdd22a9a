//! The answers to pushes of settings by their idempotency keys: a publisher that lost an answer asks again and gets it.
//!
//! Kept by this node, in memory and bounded. Elsewhere, and after a restart, the revision refuses the repeat, which
//! tells the publisher the same: its push was taken.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use ges_domain::booking::{Fingerprint, IdempotencyKey, KEY_KEPT};
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use serde_json::Value;

/// Pushes are rare; a retry follows within seconds.
const KEPT: usize = 256;

struct Push {
    tenant: TenantId,
    key: IdempotencyKey,
    fingerprint: Fingerprint,
    at: Timestamp,
    answer: Value,
}

/// What is known of a key.
pub(crate) enum Known {
    /// Nothing.
    No,
    /// The same push was answered so.
    Answered(Value),
    /// Another push bore it.
    Reused,
}

/// The last pushes.
#[derive(Default)]
pub(crate) struct Pushes(Mutex<VecDeque<Push>>);

impl Pushes {
    pub(crate) fn recall(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Known {
        let pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = pushes.iter().rev().find(|push| push.tenant == tenant && push.key == *key);
        match found.filter(|push| now.duration_since(push.at) <= KEY_KEPT) {
            None => Known::No,
            Some(push) if push.fingerprint == fingerprint => Known::Answered(push.answer.clone()),
            Some(_) => Known::Reused,
        }
    }

    pub(crate) fn remember(
        &self,
        tenant: TenantId,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
        at: Timestamp,
        answer: Value,
    ) {
        let mut pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pushes.len() == KEPT {
            pushes.pop_front();
        }
        pushes.push_back(Push { tenant, key, fingerprint, at, answer });
    }
}
