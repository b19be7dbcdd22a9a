//! A desk at which bookings are made: a world with one published catalogue, and short words for what promises do often.

use std::sync::atomic::{AtomicU32, Ordering};

use ges_domain::booking::{Booking, Request};
use ges_domain::callback::{Callback, Change, Details, Outcome};
use ges_domain::catalogue::Catalogue;
use ges_domain::effect::{Lane, Ordinal};
use ges_domain::event::{Actor, Event};
use ges_domain::id::{Attempt, CallbackId, TenantId};
use ges_domain::refusal::Refusal;
use ges_domain::service::Settings;
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;
use ges_ports::{Aimed, BookError, Booked, ChangeError, Fate, Lease, Leased, Search, Settlement};

use crate::World;
use crate::given::{SALES, after, all_times, catalogue, node, now, phone, republished, service};

/// A tenant's desk in a world.
pub struct Desk {
    /// The ports.
    pub world: World,
    /// The tenant.
    pub tenant: TenantId,
    /// The catalogue that stands.
    pub catalogue: Catalogue,
    next: AtomicU32,
}

impl Desk {
    /// The desk of tenant 1 with the usual catalogue.
    pub async fn open(world: World) -> Self {
        Self::of(world, crate::given::tenant(1)).await
    }

    /// The desk of a tenant with the usual catalogue.
    pub async fn of(world: World, tenant: TenantId) -> Self {
        Self::with(world, catalogue(tenant)).await
    }

    /// The desk of tenant 1, with other settings for [`SALES`].
    pub async fn set(world: World, write: impl FnOnce(&mut Settings)) -> Self {
        let mut first = catalogue(crate::given::tenant(1));
        let entry = first.services.get_mut(&service(SALES)).expect("the catalogue holds it");
        write(&mut entry.settings);
        Self::with(world, first).await
    }

    /// The desk of a tenant whose first catalogue this is.
    pub async fn with(world: World, catalogue: Catalogue) -> Self {
        world.catalogues.replace(&catalogue).await.expect("a first catalogue is taken");
        Self { world, tenant: catalogue.tenant, catalogue, next: AtomicU32::new(1) }
    }

    /// Publishes the next catalogue, with other settings for [`SALES`].
    pub async fn republish(&mut self, write: impl FnOnce(&mut Settings)) {
        let next = republished(&self.catalogue, write);
        self.world.catalogues.replace(&next).await.expect("the next catalogue is taken");
        self.catalogue = next;
    }

    /// An id that no booking of this desk bears yet.
    pub fn fresh_id(&self) -> CallbackId {
        crate::given::id(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// A booking of a service, made at `made_at`.
    pub fn plan(
        &self,
        name: &str,
        number: u32,
        desired_at: Option<Timestamp>,
        details: Details,
        made_at: Timestamp,
    ) -> Booking {
        let request =
            Request { phone: phone(number), desired_at, always_check_capacity: false, details };
        let service = self.catalogue.service(&service(name)).expect("the catalogue holds it");
        Booking::plan(self.fresh_id(), request, &service, None, made_at)
            .expect("promises plan only what the rules allow")
    }

    /// A booking of [`SALES`] for a slot, see [`crate::given::slot`].
    pub fn scheduled(&self, number: u32, slot: i64) -> Booking {
        let at = crate::given::slot(slot);
        self.plan(SALES, number, Some(at), Details::default(), now())
    }

    /// A booking of [`SALES`] for now.
    pub fn immediate(&self, number: u32) -> Booking {
        self.plan(SALES, number, None, Details::default(), now())
    }

    /// Makes a booking that must be new.
    pub async fn book(&self, booking: &Booking) -> Callback {
        match self.world.callbacks.book(booking).await {
            Ok(Booked::New(callback)) => callback,
            other => panic!("not booked: {other:?}"),
        }
    }

    /// Makes a booking that must be refused.
    pub async fn refused(&self, booking: &Booking) -> Refusal {
        match self.world.callbacks.book(booking).await {
            Err(BookError::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Books a callback of [`SALES`] for a slot.
    pub async fn booked(&self, number: u32, slot: i64) -> Callback {
        self.book(&self.scheduled(number, slot)).await
    }

    /// A callback that must be there.
    pub async fn find(&self, id: CallbackId) -> Callback {
        let found = self.world.callbacks.find(self.tenant, id).await;
        found.expect("the store answers").expect("the callback is there")
    }

    /// A callback's history.
    pub async fn history(&self, id: CallbackId) -> Vec<Event> {
        self.world.callbacks.history(self.tenant, id).await.expect("the store answers")
    }

    /// The slots of [`SALES`] with places taken.
    pub async fn taken(&self) -> Vec<(Timestamp, u32)> {
        let taken = self.world.callbacks.taken(self.tenant, &service(SALES), all_times()).await;
        taken.expect("the store answers")
    }

    /// All callbacks of the tenant, at most 1000.
    pub async fn all(&self) -> Vec<Callback> {
        let search = Search { limit: 1000, ..Search::default() };
        let page = self.world.callbacks.search(self.tenant, &search).await;
        page.expect("the store answers").callbacks
    }

    /// Aims a change at a callback.
    pub fn aim(&self, callback: CallbackId, change: Change) -> Aimed {
        Aimed { tenant: self.tenant, callback, change, expected: None }
    }

    /// Asks for a change.
    pub async fn change(
        &self,
        callback: CallbackId,
        change: Change,
        at: Timestamp,
    ) -> Result<Outcome, ChangeError> {
        self.world.callbacks.change(self.aim(callback, change), at).await
    }

    /// Makes a change that must be taken.
    pub async fn changed(&self, callback: CallbackId, change: Change, at: Timestamp) -> Callback {
        let outcome = self.change(callback, change, at).await;
        outcome.expect("the change is taken").into_callback()
    }

    /// Asks for a change that must be refused.
    pub async fn unchanged(&self, callback: CallbackId, change: Change, at: Timestamp) -> Refusal {
        match self.change(callback, change, at).await {
            Err(ChangeError::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Takes a callback to QUEUED, as the first attempt of the given session.
    pub async fn started(&self, callback: CallbackId, session: u32, at: Timestamp) -> Callback {
        self.changed(callback, submit(1), at).await;
        let session = crate::given::session(session);
        let node = Some(String::from("node.example:7000"));
        let started = Change::Started { attempt: Attempt::FIRST, session, node, ticket: None };
        self.changed(callback, started, at).await
    }

    /// Leases up to `limit` effects of the lane of sessions that are due at `at`, for ten seconds.
    pub async fn lease(&self, at: Timestamp, limit: u16) -> Vec<Leased> {
        self.lease_in(Lane::Sessions, at, limit).await
    }

    /// The same in any lane.
    pub async fn lease_in(&self, lane: Lane, at: Timestamp, limit: u16) -> Vec<Leased> {
        let until = at + ges_domain::time::SignedDuration::from_secs(10);
        let wish = Lease { owner: node(1), now: at, until, limit };
        self.world.effects.lease(lane, wish.now, &wish).await.expect("the store answers")
    }

    /// Settles one leased effect.
    pub async fn settle(&self, leased: &Leased, fate: Fate) {
        let settlement = Settlement { id: leased.id, lease: leased.lease, fate };
        self.world.effects.settle(&[settlement]).await.expect("the store answers");
    }

    /// All effects by callback and ordinal, due or not. Takes every lease over: a last look at the end of a promise.
    pub async fn outbox(&self) -> Vec<(CallbackId, Ordinal)> {
        let wish =
            Lease { owner: node(9), now: after(60 * 24 * 365), until: after(0), limit: 1000 };
        let mut names = Vec::new();
        for lane in Lane::ALL {
            let leased =
                self.world.effects.lease(lane, wish.now, &wish).await.expect("the store answers");
            names.extend(leased.iter().map(|it| (it.id.callback, it.id.ordinal)));
        }
        names.sort_unstable();
        names
    }
}

/// The change that begins an attempt.
pub fn submit(attempt: u32) -> Change {
    let token = TokenHash::of(&format!("token-{attempt}"));
    Change::Submit { attempt: Attempt::new(attempt), token }
}

/// A client's wish to cancel.
pub fn cancel() -> Change {
    Change::Cancel { by: Actor::Api, note: None }
}
