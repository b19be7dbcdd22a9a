//! What can be booked: availability of slots, and how long the office stays open.

use std::borrow::Cow;

use ges_domain::access::Person;
use ges_domain::booking;
use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::hours::Hours;
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::offer::{Ask, Busy, FreeSlot, Offer, Offered, Taken};
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::{SignedDuration, Timestamp, Window, Zone};

use crate::{App, Failure};

/// How many free slots a refused booking is told of.
const NEAREST: usize = 10;

/// A question about free slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvailabilityQuery<'a> {
    /// A callback service, or office hours.
    pub name: &'a str,
    /// The slots that start in this window.
    pub window: Window,
    /// Whether booked-out slots are listed.
    pub busy: Busy,
    /// Stop after this many free slots.
    pub most: Option<usize>,
}

/// The slots of a service or of office hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Availability {
    /// In time order.
    pub slots: Vec<Offered>,
    /// The length of a whole slot in minutes.
    pub slot_minutes: u8,
}

/// The slots of a service as people see them who look for a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Slots {
    /// In time order, and whether a callback can be scheduled for their start as far as the service goes: a slot of a
    /// service that is switched off, or outside its bookable window, cannot be had however many places it has left.
    pub each: Vec<(Offered, bool)>,
    /// The length of a whole slot in minutes.
    pub slot_minutes: u8,
    /// The zone of the service's clocks.
    pub zone: Zone,
}

impl App {
    /// All slots of a service that start in a number of civil days from an instant on, also those that are over, busy or
    /// out of reach; without an instant, from now on.
    ///
    /// A service whose queue the person may not see does not exist.
    pub async fn slots(
        &self,
        person: &Person,
        name: &ServiceName,
        from: Option<Timestamp>,
        days: u32,
    ) -> Result<Slots, Failure> {
        let now = self.now();
        let from = from.unwrap_or(now);
        let service = self.service_seen(person, name, now).await?;
        let (hours, plan) = (&service.hours, &service.plan);
        let until = hours.zone().days_after(from, days);
        let window = Window::lasting(from, until.duration_since(from));
        let taken = self.taken(&service, window).await?;
        let offer = Offer::new(hours, plan, &taken, window, from);
        let slots = offer.slots(Ask { busy: Busy::Reported, most: None });
        let slots = slots.map(|it| (it, booking::schedulable(&service, it.slot.start, now)));
        Ok(Slots {
            each: slots.collect(),
            slot_minutes: plan.slot_length().minutes(),
            zone: hours.zone().clone(),
        })
    }

    /// The slots on offer.
    ///
    /// Of a service: those inside its bookable window, less the places taken. Of office hours: those of an unlimited
    /// day of half hours, since nothing is booked with hours.
    pub async fn availability(
        &self,
        tenant: TenantId,
        query: AvailabilityQuery<'_>,
    ) -> Result<Availability, Failure> {
        let now = self.now();
        let stock = self.on_offer(tenant, now).await?;
        let ask = Ask { busy: query.busy, most: query.most };
        let service = stock.service_or_queue(query.name);
        let (hours, plan, window): (&Hours, Cow<'_, Plan>, Window) =
            match (service, stock.hours(query.name)) {
                (Some(service), _) => {
                    let bookable = bookable(service, now);
                    (&service.hours, Cow::Borrowed(&service.plan), query.window.within(&bookable))
                }
                (None, Some(hours)) => (hours, Cow::Owned(unlimited()), query.window),
                (None, None) => return Err(Refusal::UnknownName.into()),
            };
        let taken = match service {
            Some(service) if !window.is_empty() => self.taken(service, window).await?,
            _ => Taken::default(),
        };
        let offered = service.is_none_or(|service| {
            let settings = &service.settings;
            settings.enabled && settings.scheduled && !service.retired
        });
        let slots = if offered && !window.is_empty() {
            Offer::new(hours, &plan, &taken, window, now).slots(ask).collect()
        } else {
            Vec::new()
        };
        Ok(Availability { slots, slot_minutes: plan.slot_length().minutes() })
    }

    /// How long a service, or office hours, stay open from `start`; zero is closed.
    pub async fn open_for(
        &self,
        tenant: TenantId,
        name: &str,
        start: Option<Timestamp>,
    ) -> Result<SignedDuration, Failure> {
        let now = self.now();
        let at = start.unwrap_or(now);
        let stock = self.on_offer(tenant, now).await?;
        if let Some(service) = stock.service_or_queue(name) {
            // Either switch closes the office now; what is said of other times is the hours' word.
            let closed = (service.settings.emergency || stock.closed()) && start.is_none();
            return Ok(if closed { SignedDuration::ZERO } else { service.hours.open_for(at) });
        }
        let hours = stock.hours(name).ok_or(Refusal::UnknownName)?;
        Ok(hours.open_for(at))
    }

    /// The free slots nearest to a desired time, for a customer whose slot is full.
    pub(crate) async fn free_near(
        &self,
        service: &Service,
        desired_at: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<FreeSlot>, Failure> {
        let window = bookable(service, now);
        let taken = self.taken(service, window).await?;
        let offer = Offer::new(&service.hours, &service.plan, &taken, window, now);
        Ok(offer.nearest(desired_at, NEAREST))
    }

    async fn taken(&self, service: &Service, window: Window) -> Result<Taken, Failure> {
        let counts = self.ports.callbacks.taken(service.tenant, &service.name, window).await?;
        Ok(Taken::new(counts))
    }
}

/// The plan of office hours, with which nothing is booked.
fn unlimited() -> Plan {
    Plan::flat(SlotLength::HALF_HOUR, 100).expect("a hundred places are within the limit")
}

fn bookable(service: &Service, now: Timestamp) -> Window {
    let (earliest, latest) = booking::bookable(service, now);
    Window::new(earliest, latest).unwrap_or_else(|_backwards| {
        // Less days ahead than the least lead: nothing can be booked.
        Window::lasting(earliest, SignedDuration::ZERO)
    })
}
