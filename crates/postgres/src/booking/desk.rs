//! What is known when a batch of bookings is decided, and the decision about each.
//!
//! The rules are the domain's. Here is only what the members of one batch owe each other: each is decided as if those
//! before it were stored already.

use std::collections::HashMap;

use ges_domain::booking::{Booking, Fingerprint, IdempotencyKey, KEY_KEPT, Load};
use ges_domain::callback::{Callback, Kind};
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::ServiceName;
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;

/// A slot of a service.
pub(crate) type SlotKey = (TenantId, ServiceName, Timestamp);
/// A number with a service.
pub(crate) type NumberKey = (TenantId, ServiceName, PhoneNumber);
/// A service of a tenant.
pub(crate) type ServiceKey = (TenantId, ServiceName);

/// An earlier booking under a key.
#[derive(Debug, Clone)]
pub(crate) struct Earlier {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) made_at: Timestamp,
    pub(crate) callback: Callback,
}

/// What the database said under its locks.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) revisions: HashMap<TenantId, Revision>,
    pub(crate) keys: HashMap<(TenantId, IdempotencyKey), Earlier>,
    /// Callbacks with the ids of the batch that are there already, where an earlier try may have stored them.
    pub(crate) stored: HashMap<(TenantId, CallbackId), Callback>,
    pub(crate) slots: HashMap<SlotKey, u32>,
    pub(crate) open: HashMap<NumberKey, u32>,
    pub(crate) waiting: HashMap<ServiceKey, u32>,
}

/// What becomes of a booking.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// It is to be stored.
    Granted,
    /// It was stored before; nothing is to be done.
    Stored(Box<Callback>),
    /// Its key was used before for the same request.
    Replayed(Box<Callback>),
    /// The domain refuses it.
    Refused(Refusal),
    /// It was decided under another catalogue than the one that stands.
    CatalogueChanged,
}

/// The slot that a booking claims.
pub(crate) fn slot_key(booking: &Booking) -> Option<SlotKey> {
    let callback = &booking.callback;
    booking.claim.map(|claim| (callback.tenant, callback.service.clone(), claim.start))
}

/// The number whose open callbacks a booking counts, where there is a limit.
pub(crate) fn number_key(booking: &Booking) -> Option<NumberKey> {
    let callback = &booking.callback;
    booking
        .number_limit()
        .map(|_limit| (callback.tenant, callback.service.clone(), callback.phone.clone()))
}

/// The service whose waiting callbacks a booking counts.
pub(crate) fn waiting_key(booking: &Booking) -> Option<ServiceKey> {
    let callback = &booking.callback;
    (callback.kind == Kind::Immediate).then(|| (callback.tenant, callback.service.clone()))
}

impl Desk {
    /// Decides one booking; what it takes is taken for those after it.
    pub(crate) fn decide(&mut self, booking: &Booking) -> Decision {
        let callback = &booking.callback;
        let tenant = callback.tenant;
        if let Some(stored) = self.stored.get(&(tenant, callback.id))
            && stored.created_at == callback.created_at
            && stored.service == callback.service
        {
            return Decision::Stored(Box::new(stored.clone()));
        }
        if let Some((key, _)) = &booking.key
            && let Some(earlier) = self.keys.get(&(tenant, key.clone()))
            && kept(earlier.made_at, callback.created_at)
        {
            return match booking.recall(earlier.fingerprint, earlier.callback.clone()) {
                Ok(callback) => Decision::Replayed(Box::new(callback)),
                Err(refusal) => Decision::Refused(refusal),
            };
        }
        let standing = self.revisions.get(&tenant).copied().unwrap_or(Revision::NONE);
        if standing != booking.service_revision {
            return Decision::CatalogueChanged;
        }
        match booking.decide(&self.load(booking)) {
            Ok(()) => {
                self.take(booking);
                Decision::Granted
            }
            Err(refusal) => Decision::Refused(refusal),
        }
    }

    fn load(&self, booking: &Booking) -> Load {
        let of = |count: Option<&u32>| count.copied().unwrap_or(0);
        Load {
            slot_taken: slot_key(booking).map_or(0, |key| of(self.slots.get(&key))),
            open_of_number: number_key(booking).map_or(0, |key| of(self.open.get(&key))),
            waiting: waiting_key(booking).map_or(0, |key| of(self.waiting.get(&key))),
        }
    }

    fn take(&mut self, booking: &Booking) {
        let callback = &booking.callback;
        if let Some(key) = slot_key(booking) {
            *self.slots.entry(key).or_default() += 1;
        }
        if let Some(key) = number_key(booking) {
            *self.open.entry(key).or_default() += 1;
        }
        if let Some(key) = waiting_key(booking) {
            *self.waiting.entry(key).or_default() += 1;
        }
        if let Some((key, fingerprint)) = &booking.key {
            let earlier = Earlier {
                fingerprint: *fingerprint,
                made_at: callback.created_at,
                callback: callback.clone(),
            };
            self.keys.insert((callback.tenant, key.clone()), earlier);
        }
    }
}

/// Whether a key that was claimed at `made_at` still counts at `now`.
pub(crate) fn kept(made_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made_at) <= KEY_KEPT
}

#[cfg(test)]
mod tests {
    use ges_contracts::given::{self, SALES};
    use ges_domain::booking::Request;
    use ges_domain::callback::Details;
    use ges_domain::service::DuplicatePolicy;

    use super::*;

    fn booking(id: u32, number: u32) -> Booking {
        let mut catalogue = given::catalogue(given::tenant(1));
        let entry = catalogue.services.get_mut(&given::service(SALES)).unwrap();
        entry.settings.capacity_per_slot = 2;
        entry.settings.duplicate_policy = DuplicatePolicy::MaxTwo;
        let service = catalogue.service(&given::service(SALES)).unwrap();
        let request = Request {
            phone: given::phone(number),
            desired_at: Some(given::slot(0)),
            always_check_capacity: false,
            details: Details::default(),
        };
        Booking::plan(given::id(id), request, &service, None, given::now()).unwrap()
    }

    fn desk() -> Desk {
        let revisions = [(given::tenant(1), Revision::new(1))];
        Desk { revisions: revisions.into(), ..Desk::default() }
    }

    #[test]
    fn each_member_is_decided_as_if_those_before_it_were_stored() {
        let mut desk = desk();
        let decisions: Vec<_> = (0..4).map(|id| desk.decide(&booking(id, id))).collect();
        assert_eq!(decisions[..2], [Decision::Granted, Decision::Granted]);
        let full = |it: &Decision| matches!(it, Decision::Refused(Refusal::SlotFull { .. }));
        assert!(decisions[2..].iter().all(full), "{decisions:?}");
    }

    #[test]
    fn the_second_of_one_key_replays_the_first_unless_that_was_refused() {
        let keyed =
            |id, request| booking(id, id).keyed(Some((given::key(1), given::fingerprint(request))));
        let mut desk = desk();
        assert_eq!(desk.decide(&keyed(1, 1)), Decision::Granted);
        let Decision::Replayed(first) = desk.decide(&keyed(2, 1)) else { panic!("not replayed") };
        assert_eq!(first.id, given::id(1));
        assert_eq!(desk.decide(&keyed(3, 2)), Decision::Refused(Refusal::KeyReused));
        let mut stale = keyed(4, 4).keyed(Some((given::key(2), given::fingerprint(4))));
        stale.service_revision = Revision::new(9);
        assert_eq!(desk.decide(&stale), Decision::CatalogueChanged);
        stale.service_revision = Revision::new(1);
        assert_eq!(desk.decide(&stale), Decision::Granted, "the key was freed");
    }

    #[test]
    fn what_an_earlier_try_stored_is_not_booked_again_and_anothers_id_is_not_taken_for_it() {
        let mut desk = desk();
        let (mine, other) = (booking(1, 1), booking(2, 2));
        desk.stored.insert((given::tenant(1), mine.callback.id), mine.callback.clone());
        let mut theirs = other.callback.clone();
        theirs.created_at = given::after(-60);
        desk.stored.insert((given::tenant(1), other.callback.id), theirs);
        assert_eq!(desk.decide(&mine), Decision::Stored(Box::new(mine.callback.clone())));
        assert_eq!(desk.decide(&other), Decision::Granted, "the database will refuse its id");
    }
}
