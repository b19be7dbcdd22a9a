//! What webhooks have yet to hear, and what they heard.
//!
//! Apart from the outbox, because a delivery waits for days for somebody else's server, is looked at by people, and
//! keeps its place behind the one before it.

use std::fmt;

use async_trait::async_trait;
use ges_domain::callback::Callback;
use ges_domain::event::Event;
use ges_domain::id::{CallbackId, RecordId, Revision, TenantId};
use ges_domain::time::Timestamp;

use crate::{Fault, Lease, RecordKind};

/// The records that are webhooks: a tenant that has one has listeners.
pub const WEBHOOKS: RecordKind = RecordKind::new("webhook");

/// Deliveries of one webhook that are under lease at once on all nodes: while its server is slow, others have theirs.
pub const DELIVERIES_OF_WEBHOOK: u16 = 32;
/// Deliveries of one tenant that are under lease at once.
pub const DELIVERIES_OF_TENANT: u16 = 64;

/// An event that listeners have yet to hear of.
#[derive(Debug, Clone, PartialEq)]
pub struct Tidings {
    /// The owner.
    pub tenant: TenantId,
    /// The callback.
    pub callback: CallbackId,
    /// What happened.
    pub event: Event,
    /// When the customer wanted the call then.
    pub desired_at: Timestamp,
}

/// Which delivery: one event for one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryKey {
    /// The owner.
    pub tenant: TenantId,
    /// The webhook.
    pub webhook: RecordId,
    /// The callback.
    pub callback: CallbackId,
    /// The event, by the callback's revision.
    pub revision: Revision,
}

/// A delivery to be made; `Debug` hides its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Which delivery.
    pub key: DeliveryKey,
    /// Its name to the listener, the same however often it is sent.
    pub id: RecordId,
    /// The kind of its event, such as `callback.completed`.
    pub event: String,
    /// What is sent, byte for byte.
    pub body: String,
    /// Since when it is to be delivered.
    pub since: Timestamp,
}

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, id, event, body, since } = self;
        write!(f, "Parcel({id}, {key:?}, {event}, {} bytes, since {since})", body.len())
    }
}

/// A delivery that is ours until the lease lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedParcel {
    /// The delivery.
    pub parcel: Parcel,
    /// How often it was tried before.
    pub tries: u32,
    /// Which lease this is: a settlement under an older one does nothing.
    pub lease: u64,
}

/// How a try went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// What went wrong, in our own words.
    pub error: Option<String>,
}

/// What becomes of a leased delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParcelFate {
    /// It was heard.
    Delivered,
    /// It is tried again at this time, and those behind it wait.
    Again(Timestamp),
    /// It is not tried any more.
    Failed,
}

/// What became of one leased delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelSettlement {
    /// The delivery.
    pub key: DeliveryKey,
    /// The lease under which it was tried.
    pub lease: u64,
    /// What becomes of it.
    pub fate: ParcelFate,
    /// How the try went; none where it was not tried, which counts no try.
    pub tried: Option<Tried>,
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParcelState {
    /// It waits for its next try.
    Pending,
    /// It was heard.
    Delivered,
    /// It was given up.
    Failed,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedParcel {
    /// Which delivery.
    pub key: DeliveryKey,
    /// Its name to the listener.
    pub id: RecordId,
    /// The kind of its event.
    pub event: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Where it is.
    pub state: ParcelState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, while it waits.
    pub next_at: Option<Timestamp>,
    /// How the last try went.
    pub last: Option<Tried>,
}

/// Where the next page of the log begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParcelCursor {
    /// When the row was made.
    pub made_at: Timestamp,
    /// The row.
    pub id: RecordId,
}

/// How a webhook fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParcelCounts {
    /// Deliveries that wait.
    pub pending: u64,
    /// How the newest delivery that was tried went last.
    pub last: Option<Tried>,
}

/// The news and deliveries of all tenants.
///
/// [`Callbacks`](crate::Callbacks) feeds it: every event of a tenant that has a record of the kind [`WEBHOOKS`] is news,
/// from the same step in which it is stored, until it is spread.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// News that is not spread yet, at most `limit`: of one callback never a later event without the earlier ones
    /// before it.
    async fn news(&self, limit: u16) -> Result<Vec<Tidings>, Fault>;

    /// Makes deliveries of news, and takes the news away, in one step.
    ///
    /// A delivery whose news is gone is not made: somebody else spread it. A delivery is due at `now`, but never before
    /// one that waits for the same webhook and callback. Answers how many were made.
    async fn spread(
        &self,
        news: &[(TenantId, CallbackId, Revision)],
        parcels: &[Parcel],
        now: Timestamp,
    ) -> Result<usize, Fault>;

    /// Takes deliveries that are due and not leased by anyone; of one webhook and callback only the earliest that waits.
    ///
    /// Tenants take turns, and so do the webhooks of a tenant, each with the longest due first. Of what is under lease, no
    /// more than [`DELIVERIES_OF_WEBHOOK`] are one webhook's and no more than [`DELIVERIES_OF_TENANT`] one tenant's.
    ///
    /// A leased delivery is not leased again before its lease lapses, nor one behind it.
    async fn lease(&self, wish: &Lease) -> Result<Vec<LeasedParcel>, Fault>;

    /// Settles deliveries; one whose lease was taken over meanwhile is left alone.
    ///
    /// One that was heard or given up makes way at `now` for the next of its webhook and callback; one that comes back
    /// holds it up until then.
    async fn settle(&self, settlements: &[ParcelSettlement], now: Timestamp) -> Result<(), Fault>;

    /// The log of a webhook, newest first: at most `limit` rows after a row.
    async fn log(
        &self,
        tenant: TenantId,
        webhook: RecordId,
        after: Option<ParcelCursor>,
        limit: u16,
    ) -> Result<Vec<LoggedParcel>, Fault>;

    /// How a webhook fares.
    async fn counts(&self, tenant: TenantId, webhook: RecordId) -> Result<ParcelCounts, Fault>;

    /// Lets a delivery that was heard or given up be made again, from `now` on; says whether there is such a one.
    async fn resend(
        &self,
        tenant: TenantId,
        webhook: RecordId,
        id: RecordId,
        now: Timestamp,
    ) -> Result<bool, Fault>;

    /// Forgets deliveries made before a time that wait for nothing, at most `limit`; answers how many.
    async fn forget(&self, before: Timestamp, limit: u16) -> Result<usize, Fault>;

    /// Erases what webhooks heard, or have yet to hear, of a tenant's callbacks (at most 1000): their news, and at most
    /// `limit` (1 to 1000) of their deliveries, also those that wait or are leased. Answers how many rows; none means
    /// that nothing is left. The settlement of a delivery that is gone does nothing.
    async fn erase(
        &self,
        tenant: TenantId,
        callbacks: &[CallbackId],
        limit: u16,
    ) -> Result<u32, Fault>;
}

impl Tidings {
    /// Its name.
    pub fn key(&self) -> (TenantId, CallbackId, Revision) {
        (self.tenant, self.callback, self.event.revision)
    }

    /// The news of an event of a callback.
    pub fn of(callback: &Callback, event: &Event) -> Self {
        Self {
            tenant: callback.tenant,
            callback: callback.id,
            event: event.clone(),
            desired_at: callback.desired_at,
        }
    }
}
