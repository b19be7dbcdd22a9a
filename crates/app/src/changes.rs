//! What people and clients do to a callback that exists: find it, cancel it, give it another time.

use ges_domain::booking;
use ges_domain::callback::{Callback, Change, State};
use ges_domain::event::{Actor, Event};
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::QueueName;
use ges_domain::numbers;
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, ChangeError, Page, Search};

use crate::bookings::DECISIONS;
use crate::{App, Failure};

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

impl App {
    /// A callback as it stands.
    pub async fn retrieve(&self, tenant: TenantId, id: CallbackId) -> Result<Callback, Failure> {
        let found = self.ports.callbacks.find(tenant, id).await?;
        found.ok_or(Failure::Refused(Refusal::NoSuchCallback))
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
        self.change(tenant, id, Change::Cancel { by }, expected).await
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
        let mut moved = Err(ChangeError::CatalogueChanged);
        for decision in 0..DECISIONS {
            if decision > 0 {
                self.shelf.reload(tenant).await?;
            }
            let service = self.shelf.service(tenant, &callback.service).await?;
            let premium = service.settings.allow_premium_rate;
            numbers::permit(&callback.phone, service.numbers.as_ref(), premium)?;
            // A place that the callback already holds is not taken a second time.
            let to = booking::place(&service, Some(desired_at), false, None, now)?;
            let change = Change::Reschedule { by: by.clone(), to };
            let aimed = Aimed { tenant, callback: id, change, expected };
            moved = self.ports.callbacks.change(aimed, now).await;
            match moved {
                Err(ChangeError::CatalogueChanged) => {}
                Err(ChangeError::Refused(Refusal::SlotFull { .. })) => {
                    let free = self.free_near(&service, desired_at, now).await?;
                    return Err(Refusal::SlotFull { free }.into());
                }
                Ok(_) | Err(_) => break,
            }
        }
        self.due.notify_one();
        Ok(moved?.into_callback())
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
        // Its session may have to be told, or a new one started: both are in the outbox now.
        self.due.notify_one();
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
        self.due.notify_one();
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
        let counts = self.ports.callbacks.counts(tenant).await?;
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
