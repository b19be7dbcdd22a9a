//! What the router says of a queue, what the queue itself has taught, and what that lets us offer.

use std::collections::BTreeMap;
use std::time::Duration;

use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, RegionName};
use ges_domain::refusal::Refusal;
use ges_domain::service::Service;
use ges_domain::time::{Date, SignedDuration, Timestamp, Zone};
use ges_domain::wait::promise::{Kept, Lead};
use ges_domain::wait::{self, Confidence, Coverage, Snapshot, Span, Ticket};
use ges_ports::{Estimate, Fault, Wait, WaitMode, WaitQuery};

use crate::{App, Failure};

/// A session that reports its start is not kept waiting longer than this for the router's figures.
const TICKET_PATIENCE: Duration = Duration::from_millis(500);

/// What a caller who joins a queue now must expect, and how often that was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expectation {
    /// The estimate with its band, and whether it is the queue's own or the router's; none where nothing is known.
    pub estimate: Option<wait::Estimate>,
    /// Realised waits that the queue has taught; [`wait::ENOUGH`] are needed before its own estimate is given.
    pub learned: u64,
    /// The correction of the lead that the queue's promises taught.
    pub lead: Lead,
    /// How often the bands shown held, over the last 24 hours.
    pub day: Coverage,
    /// The same over the last seven days.
    pub week: Coverage,
}

/// How often a queue's bands of 80 % held, over the last seven days and on each of the queue's own days.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueCoverage {
    /// The last seven days.
    pub week: Coverage,
    /// Each day on which a wait was counted, the latest last; the first may be cut off by the week.
    pub days: BTreeMap<Date, Coverage>,
}

/// Whether a queue's callbacks can be offered now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueueStatus {
    /// What the router says; none where it is silent or absent.
    pub wait: Option<Wait>,
    /// An immediate callback booked now would be made before the office closes.
    pub immediate: bool,
    /// The service offers scheduled callbacks.
    pub scheduled: bool,
}

impl App {
    /// What the router says of a queue; none where there is no router.
    pub async fn wait(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        mode: WaitMode,
        now: Timestamp,
    ) -> Result<Option<Wait>, Fault> {
        let regions = self.regions(tenant, queue).await;
        let query =
            WaitQuery { tenant, queue: queue.clone(), mode, include_on_hold: false, regions };
        self.wait_for(&query, now).await
    }

    /// What the router says to a question; none where there is no router.
    pub async fn wait_for(&self, query: &WaitQuery, now: Timestamp) -> Result<Option<Wait>, Fault> {
        match &self.ports.waits {
            Some(waits) => waits.look_up(query, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// What a caller who joins a queue now must expect, from the router's figures and what the queue has taught.
    ///
    /// The figures must be those of the default mode: the queue's model was taught by no others.
    pub async fn expected(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        wait: Option<&Wait>,
        confidence: Confidence,
        now: Timestamp,
    ) -> Result<Expectation, Fault> {
        let learned = self.learning.of(tenant, queue, now).await?;
        let estimate = match wait {
            Some(wait) => {
                let seen = self.snapshot(tenant, queue, wait, now).await;
                learned.model().estimate(&seen, confidence)
            }
            None => None,
        };
        Ok(Expectation {
            estimate,
            learned: learned.model().learned(),
            lead: *learned.lead(),
            day: learned.coverage(now, Span::Day),
            week: learned.coverage(now, Span::Week),
        })
    }

    /// How a queue's promised times were kept, by the queue's own days, the latest last.
    pub async fn promises(
        &self,
        tenant: TenantId,
        queue: &QueueName,
    ) -> Result<BTreeMap<Date, Kept>, Fault> {
        Ok(self.learning.of(tenant, queue, self.now()).await?.days().clone())
    }

    /// How often a queue's bands held.
    pub async fn coverage(
        &self,
        tenant: TenantId,
        queue: &QueueName,
    ) -> Result<QueueCoverage, Fault> {
        let now = self.now();
        let learned = self.learning.of(tenant, queue, now).await?;
        let zone = self.zone(tenant, queue).await.unwrap_or_else(Zone::utc);
        let mut days: BTreeMap<Date, Coverage> = BTreeMap::new();
        for (hour, counted) in learned.coverage_by_hour(now) {
            let day = days.entry(zone.civil(hour).date()).or_default();
            day.waits += counted.waits;
            day.within_80 += counted.within_80;
            day.within_90 += counted.within_90;
        }
        Ok(QueueCoverage { week: learned.coverage(now, Span::Week), days })
    }

    /// How far ahead of its desired time a callback is submitted now, at most `most`.
    ///
    /// The wait is the model's where it is trusted, else the router's, else none; the correction that the queue's
    /// promises taught is added to it. Without the store, the router's figure alone.
    pub(crate) async fn lead(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        most: SignedDuration,
        now: Timestamp,
    ) -> SignedDuration {
        let wait = self.wait(tenant, queue, WaitMode::default(), now).await;
        let wait = wait.unwrap_or_else(|fault| {
            untold(&fault, "a callback is timed without its queue's wait");
            None
        });
        let most_secs = most.as_secs_f64();
        let router_secs = wait.as_ref().and_then(known_secs).map(|secs| secs.min(most_secs));
        let secs = match self.expected(tenant, queue, wait.as_ref(), Confidence::EIGHTY, now).await
        {
            Ok(expected) => {
                // A figure beyond belief is no estimate, but it is still a long queue.
                let secs = expected.estimate.map(|told| told.mean_secs).or(router_secs);
                expected.lead.lead_secs(secs, most_secs)
            }
            Err(fault) => {
                untold(&fault, "a callback is timed by the router's figure alone");
                router_secs.unwrap_or(0.0)
            }
        };
        SignedDuration::try_from_secs_f64(secs).unwrap_or(SignedDuration::ZERO)
    }

    /// What is expected of a queue for a session that enters it now, to learn from when its wait is over.
    ///
    /// None where the router does not answer at once: a session's report is worth more than a lesson.
    pub(crate) async fn ticket(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        now: Timestamp,
    ) -> Option<Box<Ticket>> {
        let asked = self.wait(tenant, queue, WaitMode::default(), now);
        let wait = tokio::time::timeout(TICKET_PATIENCE, asked).await.ok()?.ok()??;
        let learned = self.learning.of(tenant, queue, now).await.ok()?;
        let seen = self.snapshot(tenant, queue, &wait, now).await;
        learned.model().ticket(&seen).map(Box::new)
    }

    /// The router's figures as the model takes them.
    ///
    /// The router's average is left out: its meaning (handling a call, or the gap between two) differs by mode and
    /// release, and its figure already rests on it.
    async fn snapshot(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        wait: &Wait,
        now: Timestamp,
    ) -> Snapshot {
        let hour = self.zone(tenant, queue).await.map(|zone| {
            let time = zone.civil(now).time();
            f64::from(time.hour()) + f64::from(time.minute()) / 60.0
        });
        Snapshot {
            calls_ahead: wait.waiting.map(|calls| [f64::from(calls), 0.0, 0.0, 0.0]),
            agents_able: (wait.estimate == Estimate::NoAgents).then_some(0.0),
            oldest_wait_secs: wait.oldest_wait_secs,
            hour_of_day: hour,
            router_secs: known_secs(wait),
            ..Snapshot::default()
        }
    }

    /// The zone of a queue's clocks: its first service's.
    pub(crate) async fn zone(&self, tenant: TenantId, queue: &QueueName) -> Option<Zone> {
        let stock = self.shelf.stock(tenant).await.ok()?;
        let service = stock.catalogue.services_of(queue).next()?;
        stock.service(service).map(|service| service.hours.zone().clone())
    }

    /// The regions that serve a queue, in order of preference; empty is any. Without the store it is any, too: a
    /// preference is no reason to ask nobody.
    pub(crate) async fn regions(&self, tenant: TenantId, queue: &QueueName) -> Vec<RegionName> {
        let stock = self.shelf.stock(tenant).await.ok();
        stock.and_then(|stock| stock.catalogue.regions.of(queue).cloned()).unwrap_or_default()
    }

    /// Whether callbacks of a queue, or of a service, can be offered now.
    ///
    /// Immediate: enabled, agents logged in, and now plus the wait comes before closing. A wait that is unknown for
    /// any other reason counts as none: a new queue must be able to take its first callback.
    pub async fn queue_status(&self, tenant: TenantId, name: &str) -> Result<QueueStatus, Failure> {
        let now = self.now();
        let stock = self.on_offer(tenant, now).await?;
        let service = stock.service_or_queue(name).ok_or(Refusal::UnknownName)?;
        let queue = &service.settings.virtual_queue;
        let wait = match self.wait(tenant, queue, WaitMode::default(), now).await {
            Ok(wait) => wait,
            Err(fault) => {
                tracing::info!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "a queue's status is told without its wait"
                );
                None
            }
        };
        Ok(status(service, wait, now))
    }
}

/// What a service offers now, while its queue waits so long.
pub(crate) fn status(service: &Service, wait: Option<Wait>, now: Timestamp) -> QueueStatus {
    let settings = &service.settings;
    let enabled = settings.enabled && !service.retired;
    let open_for =
        if settings.emergency { SignedDuration::ZERO } else { service.hours.open_for(now) };
    let in_time = match wait.map(|wait| wait.estimate) {
        Some(Estimate::NoAgents) => false,
        Some(Estimate::Known(secs)) => open_for > SignedDuration::from_secs(secs.into()),
        Some(Estimate::NoInteractions) | None => open_for > SignedDuration::ZERO,
    };
    QueueStatus {
        wait,
        immediate: enabled && settings.immediate && in_time,
        scheduled: enabled && settings.scheduled,
    }
}

pub(crate) fn known_secs(wait: &Wait) -> Option<f64> {
    match wait.estimate {
        Estimate::Known(secs) => Some(secs.into()),
        Estimate::NoInteractions | Estimate::NoAgents => None,
    }
}

pub(crate) fn untold(fault: &Fault, what: &'static str) {
    tracing::info!(peer = fault.peer, fault.kind = fault.kind.as_str(), "{what}");
}
