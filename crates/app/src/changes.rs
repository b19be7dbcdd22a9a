//! What people and clients do to callbacks that exist: find them, cancel them, give them another time; one or many.

use ges_domain::access::Lines;
use ges_domain::booking;
use ges_domain::callback::{Callback, Change, Outcome, State};
use ges_domain::effect::Lane;
use ges_domain::event::{Actor, Event};
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::QueueName;
use ges_domain::numbers;
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, ChangeError, Fault, FaultKind, Page, Search};

use crate::bookings::DECISIONS;
use crate::worklist::in_line;
use crate::{App, Failure, Stock};

/// Open callbacks of one number that a caller's arrival completes at the most.
const CALLED_IN_AT_ONCE: u16 = 100;

/// How many callbacks of a queue are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// Queued, routing or processing.
    pub executing: u64,
    /// Those, and the ones that still wait here.
    pub open: u64,
}

/// What somebody wants done to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    /// Cancel it, and why.
    Cancel(Option<&'a str>),
    /// Give it this time.
    Move(Timestamp),
}

/// The change that gives a callback another time, by every rule that needs no lock: its number may still be called, and
/// the time can be booked. A place that the callback already holds is not taken a second time.
fn moved(
    callback: &Callback,
    service: &Service,
    desired_at: Timestamp,
    by: &Actor,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let premium = service.settings.allow_premium_rate;
    numbers::permit(&callback.phone, service.numbers.as_ref(), premium)?;
    let to = booking::place(service, Some(desired_at), false, None, now)?;
    Ok(Change::Reschedule { by: by.clone(), to })
}

/// The change of one of many callbacks, by the rules of a single one.
fn decided(
    callback: &Callback,
    wanted: Wanted<'_>,
    stock: &Stock,
    by: &Actor,
    now: Timestamp,
) -> Result<Change, Refusal> {
    match wanted {
        Wanted::Cancel(note) => {
            Ok(Change::Cancel { by: by.clone(), note: note.map(str::to_owned) })
        }
        Wanted::Move(desired_at) => {
            let service = stock.service(&callback.service).ok_or(Refusal::UnknownName)?;
            moved(callback, service, desired_at, by, now)
        }
    }
}

impl App {
    /// A callback as it stands.
    pub async fn retrieve(&self, tenant: TenantId, id: CallbackId) -> Result<Callback, Failure> {
        let found = self.ports.callbacks.find(tenant, id).await?;
        found.ok_or(Failure::Refused(Refusal::NoSuchCallback))
    }

    /// Callbacks as they stand, in the order asked for; one that cannot be read is told of, and spoils no other.
    pub(crate) async fn read_each(
        &self,
        ids: &[(TenantId, CallbackId)],
    ) -> Result<Vec<Result<Option<Callback>, Fault>>, Fault> {
        let callbacks = &self.ports.callbacks;
        match callbacks.find_each(ids).await {
            Ok(found) => return Ok(found.into_iter().map(Ok).collect()),
            Err(fault) if fault.kind == FaultKind::Misbehaved => {}
            Err(fault) => return Err(fault),
        }
        let mut each = Vec::with_capacity(ids.len());
        for (tenant, id) in ids {
            match callbacks.find(*tenant, *id).await {
                Err(fault) if fault.kind == FaultKind::Misbehaved => {
                    metrics::counter!("ges_unreadable_callbacks_total").increment(1);
                    tracing::error!(%tenant, callback.id = %id, error = ?fault.source,
                        "a callback cannot be read, and waits for somebody to look at it");
                    each.push(Err(fault));
                }
                found => each.push(Ok(found?)),
            }
        }
        Ok(each)
    }

    /// A callback's history, oldest first.
    pub async fn history(&self, tenant: TenantId, id: CallbackId) -> Result<Vec<Event>, Failure> {
        Ok(self.ports.callbacks.history(tenant, id).await?)
    }

    /// One page of callbacks.
    pub async fn search(&self, tenant: TenantId, search: &Search) -> Result<Page, Failure> {
        Ok(self.ports.callbacks.search(tenant, search).await?)
    }

    /// Cancels a callback that is not in an agent's hands; cancelling twice is cancelling once.
    pub async fn cancel(
        &self,
        tenant: TenantId,
        id: CallbackId,
        by: Actor,
        expected: Option<Revision>,
    ) -> Result<Callback, Failure> {
        self.change(tenant, id, Change::Cancel { by, note: None }, expected).await
    }

    /// Gives a callback another time: the old place is freed and the new one taken in one step, or nothing changes.
    pub async fn reschedule(
        &self,
        tenant: TenantId,
        id: CallbackId,
        desired_at: Timestamp,
        by: Actor,
        expected: Option<Revision>,
    ) -> Result<Callback, Failure> {
        let now = self.now();
        let callback = self.retrieve(tenant, id).await?;
        let mut outcome = Err(ChangeError::CatalogueChanged);
        for decision in 0..DECISIONS {
            if decision > 0 {
                self.shelf.reload(tenant).await?;
            }
            let service = self.service_on_offer(tenant, &callback.service, now).await?;
            let change = moved(&callback, &service, desired_at, &by, now)?;
            let aimed = Aimed { tenant, callback: id, change, expected };
            outcome = self.ports.callbacks.change(aimed, now).await;
            match outcome {
                Err(ChangeError::CatalogueChanged) => {}
                Err(ChangeError::Refused(Refusal::SlotFull { .. })) => {
                    let free = self.free_near(&service, desired_at, now).await?;
                    return Err(Refusal::SlotFull { free }.into());
                }
                Ok(_) | Err(_) => break,
            }
        }
        self.ring(Lane::Sessions);
        Ok(outcome?.into_callback())
    }

    /// Cancels callbacks or gives them other times, each by the rules of a single one, as one batch of the store; answers
    /// in the order given. Outside of `lines` there are none. A full slot names no free ones: that is a search for each.
    pub(crate) async fn change_many(
        &self,
        tenant: TenantId,
        lines: &Lines,
        by: &Actor,
        wanted: &[(CallbackId, Wanted<'_>)],
    ) -> Result<Vec<Result<Callback, Failure>>, Fault> {
        let now = self.now();
        let ids: Vec<_> = wanted.iter().map(|(id, _)| (tenant, *id)).collect();
        let found = self.ports.callbacks.find_each(&ids).await?;
        let mut stock = self.on_offer(tenant, now).await?;
        let undecided = || Err(Failure::from(ChangeError::CatalogueChanged));
        let mut answers: Vec<_> = wanted.iter().map(|_| undecided()).collect();
        let mut open: Vec<_> = found.into_iter().map(|it| in_line(lines, it)).enumerate().collect();
        for decision in 0..DECISIONS {
            if decision > 0 {
                stock = self.offered(self.shelf.reload(tenant).await?, now).await;
            }
            let (mut changes, mut aimed_at) = (Vec::new(), Vec::new());
            for (index, callback) in open {
                let (id, wanted) = wanted[index];
                let change = callback.and_then(|callback| {
                    let change = decided(&callback, wanted, &stock, by, now)?;
                    Ok((callback, change))
                });
                match change {
                    Ok((callback, change)) => {
                        changes.push(Aimed { tenant, callback: id, change, expected: None });
                        aimed_at.push((index, callback));
                    }
                    Err(refusal) => answers[index] = Err(refusal.into()),
                }
            }
            let outcomes = self.ports.callbacks.change_each(&changes, now).await;
            open = Vec::new();
            for ((index, callback), outcome) in aimed_at.into_iter().zip(outcomes) {
                match outcome {
                    Err(ChangeError::CatalogueChanged) => open.push((index, Ok(callback))),
                    Ok(outcome) => answers[index] = Ok(outcome.into_callback()),
                    Err(error) => answers[index] = Err(error.into()),
                }
            }
            if open.is_empty() {
                break;
            }
        }
        self.ring(Lane::Sessions);
        Ok(answers)
    }

    /// Makes any change to a callback, and rings for what became due by it.
    pub async fn change(
        &self,
        tenant: TenantId,
        id: CallbackId,
        change: Change,
        expected: Option<Revision>,
    ) -> Result<Callback, Failure> {
        let now = self.now();
        let aimed = Aimed { tenant, callback: id, change, expected };
        let outcome = self.ports.callbacks.change(aimed, now).await?;
        if let Outcome::Changed(changed) = &outcome {
            // A session may have to be started anew, or told something.
            self.ring(Lane::Sessions);
            self.ring_for(changed);
        }
        Ok(outcome.into_callback())
    }

    /// The customer reached the contact centre first: that number's open callbacks are completed.
    ///
    /// Callbacks that an agent already handles are left alone. Answers those that were completed.
    pub async fn called_in(
        &self,
        tenant: TenantId,
        phone: PhoneNumber,
        queue: Option<QueueName>,
    ) -> Result<Vec<CallbackId>, Failure> {
        let now = self.now();
        let search = Search {
            phone: Some(phone),
            queues: queue.into_iter().collect(),
            states: vec![State::Scheduled, State::Queued, State::Routing],
            limit: CALLED_IN_AT_ONCE,
            ..Search::default()
        };
        let page = self.ports.callbacks.search(tenant, &search).await?;
        let changes: Vec<Aimed> = page
            .callbacks
            .iter()
            .map(|callback| Aimed {
                tenant,
                callback: callback.id,
                change: Change::CalledIn,
                expected: None,
            })
            .collect();
        let outcomes = self.ports.callbacks.change_each(&changes, now).await;
        self.ring(Lane::Sessions);
        let mut completed = Vec::new();
        for outcome in outcomes {
            match outcome.map_err(Failure::from) {
                Ok(outcome) => completed.push(outcome.callback().id),
                // An agent took it, or it ended, between the two steps: nothing to do for it any more.
                Err(Failure::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(completed)
    }

    /// How many callbacks of a queue are under way.
    pub async fn watermark(
        &self,
        tenant: TenantId,
        queue: &QueueName,
    ) -> Result<Watermark, Failure> {
        let counts = self.ports.callbacks.counts(tenant, &[]).await?;
        let of_queue = counts.iter().filter(|count| count.queue == *queue);
        let mut watermark = Watermark { executing: 0, open: 0 };
        for count in of_queue {
            watermark.open += count.count;
            if count.state != State::Scheduled {
                watermark.executing += count.count;
            }
        }
        Ok(watermark)
    }
}
