//! Booking a callback: recall, plan, admit, book; and again when the catalogue moved meanwhile.

use ges_domain::booking::{Booking, Fingerprint, IdempotencyKey, Request};
use ges_domain::callback::Kind;
use ges_domain::effect::Lane;
use ges_domain::event::Actor;
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Admission, Allowance, BookError, Booked, Estimate, HumanProof, Subject, WaitMode};

use crate::{App, Failure};

/// How often a booking is decided again because the catalogue changed under it.
pub(crate) const DECISIONS: usize = 5;

/// A wish for a callback.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// The service.
    pub service: ServiceName,
    /// What the customer asks for.
    pub request: Request,
    /// The caller's key and the request's fingerprint.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
    /// Who makes the booking.
    pub by: Actor,
    /// What a client of the public API shows to be human.
    pub proof: HumanProof,
}

impl App {
    /// Books a callback, or says why not; a repeat of a key gets the callback of its first use.
    pub async fn book(&self, tenant: TenantId, wish: Wish) -> Result<Booked, Failure> {
        let now = self.now();
        // Before any rule: what was promised yesterday stays promised, even if it could not be booked today.
        if let Some((key, fingerprint)) = &wish.key
            && let Some(earlier) = self.ports.callbacks.recall(tenant, key, now).await?
        {
            return if earlier.fingerprint == *fingerprint {
                Ok(Booked::Replayed(earlier.callback))
            } else {
                Err(Refusal::KeyReused.into())
            };
        }
        let id = self.ports.ids.callback();
        let mut counted: Vec<Subject> = Vec::new();
        let mut outcome = Err(BookError::CatalogueChanged);
        for decision in 0..DECISIONS {
            if decision > 0
                && let Err(fault) = self.shelf.reload(tenant).await
            {
                // Not `?`: the places counted so far are given back below.
                outcome = Err(fault.into());
                break;
            }
            let service = match self.service_on_offer(tenant, &wish.service, now).await {
                Ok(service) => service,
                Err(failure) => {
                    self.give_back(&counted, now).await;
                    return Err(failure);
                }
            };
            let wait = self.spill(&service, &wish.request, now).await;
            let booking = Booking::plan(id, wish.request.clone(), &service, wait, now);
            let booking = match booking {
                Ok(booking) => booking.keyed(wish.key.clone()).made_by(wish.by.clone()),
                Err(refusal) => {
                    outcome = Err(BookError::Refused(refusal));
                    break;
                }
            };
            if counted.is_empty() && wish.by == Actor::Api {
                counted = match self.human(tenant, &wish.proof, now).await {
                    Ok(counted) => counted,
                    Err(failure) => return self.replayed(tenant, &wish, failure, now).await,
                };
                match self.admit(&service, &booking, now).await {
                    Ok(more) => counted.extend(more),
                    Err(failure) => {
                        self.give_back(&counted, now).await;
                        return Err(failure);
                    }
                }
            }
            outcome = self.ports.callbacks.book(&booking).await;
            if !matches!(outcome, Err(BookError::CatalogueChanged)) {
                break;
            }
        }
        match outcome {
            Ok(booked) => {
                if matches!(booked, Booked::New(_)) {
                    metrics::counter!("ges_callbacks_created", "tenant" => tenant.to_string())
                        .increment(1);
                    // An immediate callback is due now; others are found when their time comes.
                    if booked.callback().kind == Kind::Immediate {
                        self.ring(Lane::Sessions);
                    }
                } else {
                    // Somebody else's request with the same key was first: this one took nothing.
                    self.give_back(&counted, now).await;
                }
                Ok(booked)
            }
            Err(error) => {
                self.give_back(&counted, now).await;
                if let BookError::Refused(refusal @ Refusal::ServiceThrottled { .. }) = &error {
                    count_refusal(tenant, refusal);
                }
                Err(self.with_free_slots(tenant, &wish, error.into(), now).await)
            }
        }
    }

    /// A repeat whose first request is under way shows a token that is spent on it: if that came to a callback, it is the
    /// answer to both.
    async fn replayed(
        &self,
        tenant: TenantId,
        wish: &Wish,
        failure: Failure,
        now: Timestamp,
    ) -> Result<Booked, Failure> {
        let (Failure::Refused(Refusal::HumanTokenRefused), Some((key, fingerprint))) =
            (&failure, &wish.key)
        else {
            return Err(failure);
        };
        match self.ports.callbacks.recall(tenant, key, now).await? {
            Some(earlier) if earlier.fingerprint == *fingerprint => {
                Ok(Booked::Replayed(earlier.callback))
            }
            Some(_) | None => Err(failure),
        }
    }

    /// Takes the places of a booking in the windows of its service and its number.
    async fn admit(
        &self,
        service: &Service,
        booking: &Booking,
        now: Timestamp,
    ) -> Result<Vec<Subject>, Failure> {
        let tenant = service.tenant;
        let mut counted = Vec::new();
        for (subject, allowance) in windows(service, booking) {
            match self.ports.throttle.admit(&subject, allowance, now).await {
                Ok(Admission::Admitted) => counted.push(subject),
                Ok(Admission::Refused { retry_after }) => {
                    self.give_back(&counted, now).await;
                    let refusal = throttled(&subject, retry_after);
                    count_refusal(tenant, &refusal);
                    return Err(refusal.into());
                }
                Err(fault) if self.options.admit_uncounted => {
                    tracing::warn!(
                        peer = fault.peer,
                        fault.kind = fault.kind.as_str(),
                        "a booking goes on uncounted: the counters cannot be reached"
                    );
                }
                Err(fault) => {
                    self.give_back(&counted, now).await;
                    return Err(fault.into());
                }
            }
        }
        Ok(counted)
    }

    pub(crate) async fn give_back(&self, counted: &[Subject], at: Timestamp) {
        for subject in counted {
            if let Err(fault) = self.ports.throttle.withdraw(subject, at).await {
                tracing::warn!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "a place in a window was not given back"
                );
            }
        }
    }

    /// The queue's wait, where a booking must not be spilled out of its slot by it.
    pub(crate) async fn spill(
        &self,
        service: &Service,
        request: &Request,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        if !request.always_check_capacity || request.desired_at.is_none() {
            return None;
        }
        let queue = &service.settings.virtual_queue;
        let wait = self.wait(service.tenant, queue, WaitMode::default(), now).await.ok()??;
        match wait.estimate {
            Estimate::Known(secs) => Some(SignedDuration::from_secs(secs.into())),
            Estimate::NoInteractions | Estimate::NoAgents => None,
        }
    }

    /// A full slot's refusal with the free slots near it.
    async fn with_free_slots(
        &self,
        tenant: TenantId,
        wish: &Wish,
        failure: Failure,
        now: Timestamp,
    ) -> Failure {
        let (Failure::Refused(Refusal::SlotFull { .. }), Some(desired_at)) =
            (&failure, wish.request.desired_at)
        else {
            return failure;
        };
        let Ok(service) = self.shelf.service(tenant, &wish.service).await else { return failure };
        match self.free_near(&service, desired_at, now).await {
            Ok(free) => Refusal::SlotFull { free }.into(),
            Err(_without_help) => failure,
        }
    }
}

/// The windows that a booking is counted in, the service's first.
pub(crate) fn windows(service: &Service, booking: &Booking) -> Vec<(Subject, Allowance)> {
    let (settings, tenant) = (&service.settings, service.tenant);
    let mut windows = vec![(
        Subject::Bookings(tenant, service.name.clone()),
        Allowance {
            limit: settings.max_bookings_per_ten_minutes,
            window: SignedDuration::from_mins(10),
        },
    )];
    if booking.callback.kind == Kind::Immediate {
        windows.push((
            Subject::Number(tenant, booking.callback.phone.clone()),
            Allowance {
                limit: settings.max_immediate_per_number_per_day,
                window: SignedDuration::from_hours(24),
            },
        ));
    }
    windows
}

/// The refusal of a window that has no place left.
pub(crate) fn throttled(subject: &Subject, retry_after: SignedDuration) -> Refusal {
    let retry_after_secs = u32::try_from(retry_after.as_secs().max(1)).unwrap_or(u32::MAX);
    match subject {
        Subject::Number(..) => Refusal::NumberThrottled { retry_after_secs },
        Subject::Bookings(..)
        | Subject::Release(..)
        | Subject::Client(_)
        | Subject::HumanToken(_) => Refusal::ServiceThrottled { retry_after_secs },
    }
}

fn count_refusal(tenant: TenantId, refusal: &Refusal) {
    let tenant = tenant.to_string();
    if matches!(refusal, Refusal::NumberThrottled { .. }) {
        metrics::counter!("CB_ENQUEUE_LIMIT_REACHED", "tenant" => tenant).increment(1);
    } else {
        metrics::counter!("CB_TTL_LIMIT_REACHED", "tenant" => tenant).increment(1);
    }
}
