//! Callbacks in their store.

use async_trait::async_trait;
use ges_domain::booking::{Booking, Fingerprint, IdempotencyKey};
use ges_domain::callback::{Callback, Change, Kind, Outcome, State};
use ges_domain::event::Event;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::time::{Timestamp, Window};

use crate::Fault;

/// What became of a booking.
#[derive(Debug, Clone, PartialEq)]
pub enum Booked {
    /// It was made.
    New(Callback),
    /// The same request with the same key was booked before: that callback, as it stands now.
    Replayed(Callback),
}

impl Booked {
    /// The callback.
    pub fn callback(&self) -> &Callback {
        match self {
            Self::New(callback) | Self::Replayed(callback) => callback,
        }
    }
}

/// Why a booking was not made.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The domain refuses it.
    #[error("the booking was refused")]
    Refused(#[source] Refusal),
    /// The catalogue has another revision than the one the booking was decided under: decide again.
    #[error("the catalogue changed meanwhile")]
    CatalogueChanged,
    /// The store is in trouble; the booking may have been made if, and only if, the kind is not `Unavailable`.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A change and the callback it is meant for.
#[derive(Debug, Clone, PartialEq)]
pub struct Aimed {
    /// The owner.
    pub tenant: TenantId,
    /// The callback.
    pub callback: CallbackId,
    /// What happens to it.
    pub change: Change,
    /// Refuse with [`Refusal::Changed`] unless this revision stands.
    pub expected: Option<Revision>,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The domain refuses it, or there is no such callback.
    #[error("the change was refused")]
    Refused(#[source] Refusal),
    /// The catalogue has another revision than the one that a new place was decided under: decide again.
    #[error("the catalogue changed meanwhile")]
    CatalogueChanged,
    /// The store is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A booking made earlier under a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// The fingerprint of its request.
    pub fingerprint: Fingerprint,
    /// Its callback as it stands now.
    pub callback: Callback,
}

/// In which order a search answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchOrder {
    /// By desired time, soonest first.
    #[default]
    DesiredAscending,
    /// By desired time, latest first.
    DesiredDescending,
    /// By booking time, newest first.
    CreatedDescending,
}

/// Where the next page begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time in the order's own column.
    pub at: Timestamp,
    /// The row.
    pub id: CallbackId,
}

/// Which callbacks to find; every given field must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// Of this number.
    pub phone: Option<PhoneNumber>,
    /// Of any of these services; empty is any.
    pub services: Vec<ServiceName>,
    /// In any of these queues; empty is any.
    pub queues: Vec<QueueName>,
    /// In none of these queues.
    pub hidden: Vec<QueueName>,
    /// In any of these states; empty is any.
    pub states: Vec<State>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Ended by any of these reasons; empty is any.
    pub reasons: Vec<String>,
    /// Desired within this window.
    pub desired: Option<Window>,
    /// Booked within this window.
    pub created: Option<Window>,
    /// The order of the answer.
    pub order: SearchOrder,
    /// Where the page begins.
    pub after: Option<Cursor>,
    /// The most rows of the page, 1 to 1000.
    pub limit: u16,
}

/// One page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The callbacks in order.
    pub callbacks: Vec<Callback>,
    /// Where the next page begins; none is the end.
    pub next: Option<Cursor>,
}

/// All that the store keeps of one callback.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The callback.
    pub callback: Callback,
    /// Its history, oldest first, at most its last 1000 rows.
    pub history: Vec<Event>,
    /// The key under which it was booked, while that is kept.
    pub key: Option<IdempotencyKey>,
}

/// A part of what the store keeps of a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    /// Callbacks, soonest desired first.
    pub kept: Vec<Kept>,
    /// Where the next part begins; none is the end.
    pub next: Option<Cursor>,
}

/// What became of the wish to forget a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Callbacks that are gone, with all that belonged to them.
    pub gone: u32,
    /// Callbacks of the number that are still there, counted no further than the limit: open ones, those with an
    /// effect that is not done yet, and those that are left for the next call.
    pub left: u32,
}

/// How many open callbacks of a queue are in a state, and in a part of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCount {
    /// The queue.
    pub queue: QueueName,
    /// The state, never [`State::Completed`].
    pub state: State,
    /// The part of time that they are desired in: so many of the marks are no later than their desired time.
    pub part: usize,
    /// How many.
    pub count: u64,
}

/// That a callback changed, or came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stirred {
    /// When: the time that its change was given.
    pub at: Timestamp,
    /// The owner.
    pub tenant: TenantId,
    /// The callback.
    pub callback: CallbackId,
    /// The revision that it had then.
    pub revision: Revision,
}

/// The callbacks of all tenants.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Makes a booking in one step, or leaves no trace.
    ///
    /// 1. Claims the key. If it is taken: answers what [`Booking::recall`] says. A concurrent claimant waits for the
    ///    first one's fate. A refusal frees the key. Keys are kept for [`ges_domain::booking::KEY_KEPT`].
    /// 2. Answers [`BookError::CatalogueChanged`] unless the tenant's catalogue stands at the booking's revision.
    /// 3. Reads the load of the slot, the number and the service under locks, and asks [`Booking::decide`].
    /// 4. Stores the slot's load, the callback, its timer and its event: all or nothing, durable when answered.
    ///
    /// A future dropped half-way has booked everything or nothing.
    async fn book(&self, booking: &Booking) -> Result<Booked, BookError>;

    /// The booking made under a key not longer ago than keys are kept.
    async fn recall(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Earlier>, Fault>;

    /// Makes changes, each in one step of its own, and answers in the order given.
    ///
    /// Each callback is locked, [`Callback::apply`] is asked, and what it answers is stored whole: the callback, its
    /// event, its timer, its effects, the place given back and the place taken. A refusal stores nothing. Two changes
    /// of one callback are made in the order given. The fault of one is not the fault of the others.
    ///
    /// A callback is given another time only while the tenant's catalogue stands at the revision that its new place was
    /// decided under; else the answer is [`ChangeError::CatalogueChanged`] and nothing is stored.
    async fn change_each(
        &self,
        changes: &[Aimed],
        now: Timestamp,
    ) -> Vec<Result<Outcome, ChangeError>>;

    /// Makes one change; see [`Callbacks::change_each`].
    async fn change(&self, change: Aimed, now: Timestamp) -> Result<Outcome, ChangeError> {
        let answer = self.change_each(std::slice::from_ref(&change), now).await.pop();
        answer.unwrap_or_else(|| Err(Fault::misbehaved("store", "no answer to a change").into()))
    }

    /// A callback as it stands.
    async fn find(&self, tenant: TenantId, id: CallbackId) -> Result<Option<Callback>, Fault>;

    /// Callbacks as they stand, in the order asked for; none for one that does not exist.
    async fn find_each(
        &self,
        ids: &[(TenantId, CallbackId)],
    ) -> Result<Vec<Option<Callback>>, Fault>;

    /// A callback's history, oldest first, at most its last 1000 rows.
    async fn history(&self, tenant: TenantId, id: CallbackId) -> Result<Vec<Event>, Fault>;

    /// What happened to the callbacks of some tenants at a time or later, in the order of time: the first `limit`, 1 to
    /// 30 000.
    ///
    /// A change is told from the moment when it is stored, which is later than its time: who asks again begins half a
    /// minute before the last that was told. What a node of an older release stored may be missing.
    async fn stirred(
        &self,
        tenants: &[TenantId],
        since: Timestamp,
        limit: u16,
    ) -> Result<Vec<Stirred>, Fault>;

    /// One page of the callbacks that a search describes; pages neither skip nor repeat a row that does not change.
    async fn search(&self, tenant: TenantId, search: &Search) -> Result<Page, Fault>;

    /// How many callbacks a search describes, counted no further than `most`; its order, cursor and limit do not matter.
    async fn count(&self, tenant: TenantId, search: &Search, most: u32) -> Result<u32, Fault>;

    /// The places taken by slot start, for slots that start in the window, in time order; empty slots are left out.
    async fn taken(
        &self,
        tenant: TenantId,
        service: &ServiceName,
        window: Window,
    ) -> Result<Vec<(Timestamp, u32)>, Fault>;

    /// The open callbacks by queue, state, and the part of time that they are desired in, in that order. Marks cut time
    /// into its parts: they rise, and there are at most 100; without any, all of time is one part.
    async fn counts(&self, tenant: TenantId, marks: &[Timestamp])
    -> Result<Vec<QueueCount>, Fault>;

    /// Removes completed callbacks that ended before a time, the longest ended first: at most `limit` (1 to 1000), each
    /// with its history, its effects and its key, whole or not at all. Answers how many; fewer than the limit means that
    /// no more are to be removed now.
    ///
    /// The counters of slots that started before the time go too, so it must lie in the past by more than a slot is long.
    /// Nobody who books or changes waits for this: what another step holds is left for the next call.
    async fn purge(
        &self,
        tenant: TenantId,
        completed_before: Timestamp,
        limit: u16,
    ) -> Result<u32, Fault>;

    /// Removes the completed callbacks of a number with all that belongs to them: at most `limit` (1 to 1000).
    ///
    /// Open callbacks stay, because their sessions must be told first; so do those with an effect that is not done yet.
    async fn erase(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        limit: u16,
    ) -> Result<Erased, Fault>;

    /// All that is kept of a number, callbacks by desired time, at most `limit` (1 to 1000) of them after the cursor.
    async fn gather(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        after: Option<Cursor>,
        limit: u16,
    ) -> Result<Gathered, Fault>;
}
