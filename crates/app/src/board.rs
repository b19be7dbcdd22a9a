//! The board: how every queue fares now, in one look.
//!
//! Apart from the questions that it is made of, because it waits for none of them: what the router does not say at once
//! is unknown, and the store counts all queues together.

mod trends;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use ges_domain::access::Person;
use ges_domain::callback::State;
use ges_domain::hours::OPEN_FOR_DAYS;
use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::service::Service;
use ges_domain::time::{SignedDuration, Timestamp, Zone};
use ges_domain::wait::Confidence;
use ges_domain::wait::promise::Kept;
use ges_ports::{Estimate, QueueCount, Wait, WaitMode};
use tokio::time::Instant;

use crate::estimates::{known_secs, status, untold};
use crate::{App, Expectation, Failure, QueueStatus};

pub use trends::Sample;
pub(crate) use trends::Trends;

/// The router is waited for this long, for all queues of a board together.
const PATIENCE: Duration = Duration::from_millis(800);
/// Queues that the router and the store are asked about at once.
const AT_ONCE: usize = 32;
/// The finest step of time.
const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// How a queue fares.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    /// The queue.
    pub queue: QueueName,
    /// Its services by name; none where callbacks are left of one that is gone.
    pub services: Vec<ServiceName>,
    /// Callbacks whose time has come and whose session has not reported yet, immediate ones among them.
    pub waiting: u64,
    /// Callbacks that are queued, routed or handled.
    pub live: u64,
    /// Callbacks for later.
    pub scheduled: u64,
    /// Those of them that are for later on the queue's own day.
    pub scheduled_today: u64,
    /// What the router says, and what any of the services offers now.
    pub status: QueueStatus,
    /// What the queue itself has taught; none where the store did not say.
    pub expected: Option<Expectation>,
    /// When the services are open, taken together.
    pub opening: Opening,
    /// Whether a service is closed for an emergency.
    pub emergency: bool,
    /// How the promises of the queue's own day were kept; none where none fell due.
    pub promise: Option<Kept>,
    /// How it fared in the last hour, as far as somebody looked at it on this node; the latest last.
    pub trend: Vec<Sample>,
    /// When all this was so.
    pub at: Timestamp,
}

impl QueueRow {
    /// The expected wait in seconds: the queue's own where it is trusted, else the router's.
    pub fn wait_secs(&self) -> Option<f64> {
        let own = self.expected.and_then(|expected| expected.estimate);
        own.map(|told| told.mean_secs).or_else(|| self.status.wait.as_ref().and_then(known_secs))
    }

    /// Whether the router says that no agent is there.
    pub fn unattended(&self) -> bool {
        matches!(self.status.wait, Some(Wait { estimate: Estimate::NoAgents, .. }))
    }
}

/// When an office is open, from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Opening {
    /// Whether it is now.
    pub open: bool,
    /// When it opens next; while it is closed, and known.
    pub opens_at: Option<Timestamp>,
    /// When it closes; while it is open, unless it stays so for longer than is looked ahead.
    pub closes_at: Option<Timestamp>,
}

impl Opening {
    /// Open while any service is; those that are withdrawn, or closed for an emergency, open for nobody.
    fn of(services: &[Arc<Service>], now: Timestamp) -> Self {
        let at_work = || services.iter().filter(|it| !it.retired && !it.settings.emergency);
        let open_for = at_work().map(|service| service.hours.open_for(now)).max();
        let open_for = open_for.unwrap_or(SignedDuration::ZERO);
        let open = open_for > SignedDuration::ZERO;
        let seen = SignedDuration::from_hours(24 * OPEN_FOR_DAYS);
        let opens = || at_work().filter_map(|service| service.hours.next_opening(now)).min();
        Self {
            open,
            opens_at: if open { None } else { opens() },
            closes_at: (open && open_for < seen).then(|| now + open_for),
        }
    }
}

/// A queue with what belongs to it.
struct Queue {
    name: QueueName,
    services: Vec<Arc<Service>>,
    zone: Zone,
    /// When its own day ends.
    day_ends: Timestamp,
}

impl Queue {
    fn new(name: QueueName, services: Vec<Arc<Service>>, now: Timestamp) -> Self {
        let zone = services.first().map_or_else(Zone::utc, |it| it.hours.zone().clone());
        let day_ends = zone.end_of_day(now);
        Self { name, services, zone, day_ends }
    }
}

/// The open callbacks of a queue.
#[derive(Default)]
struct Tally {
    waiting: u64,
    live: u64,
    scheduled: u64,
    scheduled_today: u64,
}

impl Tally {
    /// Adds callbacks of a queue whose day ends with the part `today`; part 0 is up to now.
    fn add(&mut self, count: &QueueCount, today: usize) {
        match (count.state, count.part) {
            (State::Queued | State::Routing | State::Processing, _) => self.live += count.count,
            (State::Scheduled, 0) => self.waiting += count.count,
            (State::Scheduled, part) => {
                self.scheduled += count.count;
                if part <= today {
                    self.scheduled_today += count.count;
                }
            }
            (State::Completed, _) => {}
        }
    }
}

impl App {
    /// How the queues fare that a person may see, by name; those of others are not asked after.
    ///
    /// Answers within a second of the store, however long the router takes: what it has not said by then is unknown.
    pub async fn board(&self, person: &Person) -> Result<Vec<QueueRow>, Failure> {
        let (tenant, now) = (person.tenant, self.now());
        let mut services: BTreeMap<QueueName, Vec<Arc<Service>>> = BTreeMap::new();
        for service in self.on_offer(tenant, now).await?.services() {
            let queue = service.settings.virtual_queue.clone();
            services.entry(queue).or_default().push(Arc::clone(service));
        }
        // Whose time is now is waiting; then come the ends of the queues' days, of which there are few: one a zone.
        let days = services.values().flatten().map(|it| it.hours.zone().end_of_day(now));
        let utc = Zone::utc().end_of_day(now);
        let marks: BTreeSet<Timestamp> = days.chain([now + MICROSECOND, utc]).collect();
        let marks: Vec<Timestamp> = marks.into_iter().collect();
        let counts = self.ports.callbacks.counts(tenant, &marks).await?;
        let counts: BTreeMap<&QueueName, &[QueueCount]> = counts
            .chunk_by(|one, next| one.queue == next.queue)
            .filter_map(|of_queue| Some((&of_queue.first()?.queue, of_queue)))
            .collect();
        for queue in counts.keys() {
            services.entry((*queue).clone()).or_default();
        }
        let queues = services.into_iter().filter(|(queue, _)| person.lines.hold(queue));
        let until = Instant::now() + PATIENCE;
        let rows = queues.map(|(name, mut services)| {
            services.sort_by(|one, other| one.name.cmp(&other.name));
            let queue = Queue::new(name, services, now);
            let today = marks.partition_point(|mark| *mark < queue.day_ends);
            let mut tally = Tally::default();
            for count in counts.get(&queue.name).copied().unwrap_or_default() {
                tally.add(count, today);
            }
            self.fare(tenant, queue, tally, until, now)
        });
        let mut rows: Vec<QueueRow> = stream::iter(rows).buffered(AT_ONCE).collect().await;
        self.trends.follow(tenant, &mut rows, now);
        Ok(rows)
    }

    async fn fare(
        &self,
        tenant: TenantId,
        queue: Queue,
        tally: Tally,
        until: Instant,
        now: Timestamp,
    ) -> QueueRow {
        let Queue { name, services, zone, .. } = queue;
        let wait = self.wait_until(tenant, &name, until, now).await;
        let expected = self.expected(tenant, &name, wait.as_ref(), Confidence::EIGHTY, now).await;
        let expected =
            expected.map_err(|fault| untold(&fault, "a board lacks what a queue taught"));
        let learned = self.learning.of(tenant, &name, now).await.ok();
        let today = zone.civil(now).date();
        let offered = services.iter().map(|service| status(service, wait, now));
        let (immediate, scheduled) = offered.fold((false, false), |so_far, status| {
            (so_far.0 || status.immediate, so_far.1 || status.scheduled)
        });
        QueueRow {
            services: services.iter().map(|service| service.name.clone()).collect(),
            waiting: tally.waiting,
            live: tally.live,
            scheduled: tally.scheduled,
            scheduled_today: tally.scheduled_today,
            status: QueueStatus { wait, immediate, scheduled },
            expected: expected.ok(),
            opening: Opening::of(&services, now),
            emergency: services.iter().any(|it| !it.retired && it.settings.emergency),
            promise: learned.and_then(|learned| learned.days().get(&today).cloned()),
            trend: Vec::new(),
            at: now,
            queue: name,
        }
    }

    /// What the router says of a queue until then.
    async fn wait_until(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        until: Instant,
        now: Timestamp,
    ) -> Option<Wait> {
        // Whose turn comes later is not even asked after.
        if Instant::now() >= until {
            return None;
        }
        let asked = self.wait(tenant, queue, WaitMode::default(), now);
        match tokio::time::timeout_at(until, asked).await.ok()? {
            Ok(wait) => wait,
            Err(fault) => {
                untold(&fault, "a board lacks a queue's wait");
                None
            }
        }
    }
}
