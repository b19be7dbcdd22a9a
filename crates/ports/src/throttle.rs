//! How often something may happen, counted on all nodes together.

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::phone::PhoneNumber;
use ges_domain::time::{SignedDuration, Timestamp};

use crate::Fault;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Bookings of a service.
    Bookings(TenantId, ServiceName),
    /// Immediate bookings of a number.
    Number(TenantId, PhoneNumber),
    /// Callbacks released into a queue.
    Release(TenantId, QueueName),
    /// Requests of a client, by a digest of its key.
    Client(String),
    /// Bookings on one captcha token, by a digest of it and its tenant.
    HumanToken(String),
}

/// At most `limit` in any stretch of `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How many.
    pub limit: u32,
    /// In which time.
    pub window: SignedDuration,
}

/// Whether it may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may, and is counted.
    Admitted,
    /// It may not, and is not counted.
    Refused {
        /// Until the oldest counted one leaves the window.
        retry_after: SignedDuration,
    },
}

/// The counters.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts one, unless the allowance is used up: in one step, exact on all nodes together.
    async fn admit(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault>;

    /// What [`Throttle::admit`] would answer, counting nothing.
    async fn peek(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault>;

    /// Takes back one that was counted at `at` for something that was then refused.
    async fn withdraw(&self, subject: &Subject, at: Timestamp) -> Result<(), Fault>;
}
