//! Chance that counts, and people and keys by number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{ApiKey, Chance};

/// Draws 1, 2, 3 and so on.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Chance for Counting {
    fn draw(&self) -> [u8; 32] {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let mut drawn = [0; 32];
        drawn[..8].copy_from_slice(&number.to_le_bytes());
        drawn
    }
}

pub(crate) fn chance() -> Arc<dyn Chance> {
    Arc::new(Counting::default())
}

pub(crate) fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("the text is an instant")
}

pub(crate) fn after_secs(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(crate) fn tenant(number: u32) -> TenantId {
    format!("9350e2fc-a1dd-4c65-8d40-1f75{number:08}").parse().expect("the text is a UUID")
}

pub(crate) fn key(text: &str) -> ApiKey {
    ApiKey::parse(text).expect("the key is short and visible")
}
