//! Asking whether a booking would be made, and why not: everything is looked at, nothing taken or counted.
//!
//! Apart from booking, because it may look at another moment than the booking that follows: what it says holds for now.

use std::sync::Arc;

use ges_domain::access::Person;
use ges_domain::booking::{Booking, Check, Load, Request, Step, bookable, kind_of};
use ges_domain::callback::{Details, Kind, PushTarget, State};
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::offer::FreeSlot;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::{SignedDuration, Timestamp, Window};
use ges_ports::{Admission, Fault, Search};

use crate::bookings::{throttled, windows};
use crate::{App, Failure};

/// The booking that is asked about, as a customer's client would ask for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Enquiry {
    /// The service.
    pub service: ServiceName,
    /// The number as it was written; without a `+` it is one of the service's country.
    pub phone: String,
    /// When; none is now.
    pub desired_at: Option<Timestamp>,
    /// See [`Request::always_check_capacity`].
    pub always_check_capacity: bool,
    /// Where notices go.
    pub push_targets: Vec<PushTarget>,
}

/// How far a booking would come, with what was looked at on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What came of each step.
    pub check: Check,
    /// The kind of callback that the desired time asks for.
    pub kind: Kind,
    /// The number, where it is one.
    pub phone: Option<PhoneNumber>,
    /// The earliest and latest desired time, of a service that exists.
    pub window: Option<(Timestamp, Timestamp)>,
    /// The booking as far as it was planned.
    pub booking: Option<Booking>,
    /// What the store holds of the slot, the number and the queue; none where that was not asked.
    pub load: Option<Load>,
    /// Free slots near the desired time, where that is what stands in the way.
    pub free: Vec<FreeSlot>,
}

impl App {
    /// Whether a customer's booking would be made now: by the rules of a booking, in their order.
    ///
    /// A service whose queue the person may not see does not exist. A captcha is not asked for. Between this answer and a
    /// booking the last place may go.
    pub async fn check(&self, person: &Person, enquiry: Enquiry) -> Result<Checked, Failure> {
        let now = self.now();
        let stock = self.offered(self.shelf.reload(person.tenant).await?, now).await;
        let service = stock.service(&enquiry.service);
        let service = service.filter(|it| person.lines.hold(&it.settings.virtual_queue)).cloned();
        let kind = kind_of(enquiry.desired_at, enquiry.always_check_capacity, now);
        let home = service.as_ref().map_or(Country::US, |it| it.settings.default_country);
        let phone = PhoneNumber::parse(&enquiry.phone, home).map_err(Refusal::from);
        let so_far = Checked {
            check: Check::unplanned(kind, Refusal::UnknownName),
            kind,
            phone: phone.as_ref().ok().cloned(),
            window: service.as_ref().map(|service| bookable(service, now)),
            booking: None,
            load: None,
            free: Vec::new(),
        };
        let phone = match phone {
            Ok(phone) => phone,
            Err(refusal) => {
                return Ok(Checked { check: Check::unplanned(kind, refusal), ..so_far });
            }
        };
        let Some(service) = service else { return Ok(so_far) };
        let request = Request {
            phone,
            desired_at: enquiry.desired_at,
            always_check_capacity: enquiry.always_check_capacity,
            details: Details { push_targets: enquiry.push_targets, ..Details::default() },
        };
        let wait = self.spill(&service, &request, now).await;
        let planned = Booking::plan(self.ports.ids.callback(), request, &service, wait, now);
        let checked = match planned {
            Err(refusal) => Checked { check: Check::unplanned(kind, refusal), ..so_far },
            Ok(booking) => {
                let counted = match self.room(&service, &booking, now).await? {
                    Ok(()) => Ok(self.load(&booking).await?),
                    Err(refusal) => Err(refusal),
                };
                let (check, load) = (Check::planned(&booking, counted.clone()), counted.ok());
                Checked { check, load, booking: Some(booking), ..so_far }
            }
        };
        self.with_help(checked, &service, enquiry.desired_at, now).await
    }

    /// Whether the windows of a booking have a place for it.
    async fn room(
        &self,
        service: &Service,
        booking: &Booking,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, Failure> {
        for (subject, allowance) in windows(service, booking) {
            match self.ports.throttle.peek(&subject, allowance, now).await {
                Ok(Admission::Admitted) => {}
                Ok(Admission::Refused { retry_after }) => {
                    return Ok(Err(throttled(&subject, retry_after)));
                }
                // A booking would go on uncounted.
                Err(_) if self.options.admit_uncounted => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(Ok(()))
    }

    /// What a store would read under its locks before it decides the booking; what nothing is decided by is not counted.
    async fn load(&self, booking: &Booking) -> Result<Load, Failure> {
        let callback = &booking.callback;
        let (tenant, callbacks) = (callback.tenant, &self.ports.callbacks);
        let open = Search {
            services: vec![callback.service.clone()],
            states: State::ALL.into_iter().filter(|state| *state != State::Completed).collect(),
            ..Search::default()
        };
        let mut load = Load::default();
        if let Some(claim) = booking.claim {
            let slot = Window::lasting(claim.start, SignedDuration::from_micros(1));
            let taken = callbacks.taken(tenant, &callback.service, slot).await?;
            load.slot_taken = taken.first().map_or(0, |(_, taken)| *taken);
        }
        if let Some(most) = booking.number_limit() {
            load.open_of_number =
                self.open_of_number(tenant, &callback.service, &callback.phone, most).await?;
        }
        if callback.kind == Kind::Immediate {
            let waiting = Search { kind: Some(Kind::Immediate), ..open };
            let most = callback.settings.max_queued;
            load.waiting = callbacks.count(tenant, &waiting, most).await?;
        }
        Ok(load)
    }

    /// The open callbacks that a number has with a service, counted no further than `most`.
    pub(crate) async fn open_of_number(
        &self,
        tenant: TenantId,
        service: &ServiceName,
        phone: &PhoneNumber,
        most: u32,
    ) -> Result<u32, Fault> {
        let search = Search {
            phone: Some(phone.clone()),
            services: vec![service.clone()],
            states: State::ALL.into_iter().filter(|state| *state != State::Completed).collect(),
            ..Search::default()
        };
        self.ports.callbacks.count(tenant, &search, most).await
    }

    /// The same with free slots near a desired time that cannot be had.
    async fn with_help(
        &self,
        checked: Checked,
        service: &Arc<Service>,
        desired_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Checked, Failure> {
        let step = checked.check.refusal().and_then(Step::of);
        let (Some(desired_at), Some(Step::Time | Step::Hours | Step::Capacity)) =
            (desired_at.filter(|_| checked.kind == Kind::Scheduled), step)
        else {
            return Ok(checked);
        };
        let free = self.free_near(service, desired_at, now).await?;
        let check = if step == Some(Step::Capacity) {
            checked.check.told(Refusal::SlotFull { free: free.clone() })
        } else {
            checked.check
        };
        Ok(Checked { check, free, ..checked })
    }
}
