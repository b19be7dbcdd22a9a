//! What the queues have taught: read from memory, learned by batches, written by compare-and-set.
//!
//! Apart from the questions asked of it ([`crate::estimates`]), because here live the store and the nodes. A lesson
//! waits in memory for the next batch, so a crash loses the lessons of a few seconds; none is ever learned twice
//! (see [`Learned`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::callback::Changed;
use ges_domain::id::{Revision, TenantId};
use ges_domain::name::{NodeName, QueueName};
use ges_domain::time::{SignedDuration, Timestamp, Zone};
use ges_domain::wait::{Batch, Learned, Lesson};
use ges_ports::{Fault, RecordError, RecordKey, RecordKind, RecordName, Records};

use crate::App;

/// The records' kind names the form of the document: a node of another release, which has another form, keeps its own.
const KIND: RecordKind = RecordKind::new("queue-learned-1");
/// A node's view of a queue is at most this old: other nodes learn too.
const FRESH: SignedDuration = SignedDuration::from_secs(30);
/// Queues that a node remembers at most. Anybody with a key can invent names of queues; this bounds what it costs.
const QUEUES_KEPT: usize = 4_096;
/// Lessons of one queue that wait at most while the store cannot be reached: the oldest goes first.
const LESSONS_KEPT: usize = 1_024;
/// How often a batch is tried against other nodes' before it waits for the next turn.
const TRIES: usize = 8;
/// Rows of one page of a tenant's queues.
const PAGE: u16 = 100;

/// A queue of a tenant.
type Queue = (TenantId, QueueName);

/// A queue as this node knows it.
struct Known {
    learned: Arc<Learned>,
    revision: Revision,
    read_at: Timestamp,
}

/// A batch that has a name and is not known to be written.
struct Open {
    batch: Batch,
    lessons: Vec<Lesson>,
}

/// What the queues have taught.
pub(crate) struct Learning {
    records: Arc<dyn Records>,
    node: NodeName,
    known: Mutex<HashMap<Queue, Known>>,
    heard: Mutex<HashMap<Queue, Vec<Lesson>>>,
    /// One writer at a time. A batch stays here until its write is answered, also when the writer is dropped half-way.
    open: tokio::sync::Mutex<HashMap<Queue, Open>>,
}

impl Learning {
    pub(crate) fn new(records: Arc<dyn Records>, node: NodeName) -> Self {
        Self {
            records,
            node,
            known: Mutex::default(),
            heard: Mutex::default(),
            open: tokio::sync::Mutex::default(),
        }
    }

    /// What a queue has taught; nothing yet is a beginning like any other.
    pub(crate) async fn of(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        now: Timestamp,
    ) -> Result<Arc<Learned>, Fault> {
        let queue = (tenant, queue.clone());
        if let Some(known) = lock(&self.known).get(&queue)
            && now.duration_since(known.read_at) < FRESH
        {
            return Ok(Arc::clone(&known.learned));
        }
        Ok(self.read(&queue, now).await?.0)
    }

    /// Keeps a lesson for the next batch.
    fn hear(&self, queue: Queue, lesson: Lesson) {
        let mut heard = lock(&self.heard);
        let full = heard.len() >= QUEUES_KEPT && !heard.contains_key(&queue);
        if full || key(&queue).is_none() {
            return;
        }
        let lessons = heard.entry(queue).or_default();
        if lessons.len() >= LESSONS_KEPT {
            lessons.remove(0);
        }
        lessons.push(lesson);
    }

    /// Writes what was heard; answers how many lessons were.
    async fn write(&self, now: Timestamp) -> Result<usize, Fault> {
        let mut open = self.open.lock().await;
        let mut queues: Vec<Queue> = open.keys().cloned().collect();
        queues.extend(lock(&self.heard).keys().filter(|queue| !open.contains_key(*queue)).cloned());
        let mut written = 0;
        for queue in queues {
            written += self.write_one(&mut open, &queue, now).await?;
        }
        Ok(written)
    }

    async fn write_one(
        &self,
        open: &mut HashMap<Queue, Open>,
        queue: &Queue,
        now: Timestamp,
    ) -> Result<usize, Fault> {
        let Some(key) = key(queue) else { return Ok(0) };
        for _try in 0..TRIES {
            let (learned, revision) = self.read(queue, now).await?;
            let Some(Open { batch, lessons }) = self.opened(open, queue, &learned) else {
                return Ok(0);
            };
            let mut next = Learned::clone(&learned);
            if !next.learn(batch, lessons) {
                // Written before, and the answer was lost: what was heard since is the next batch.
                open.remove(queue);
                continue;
            }
            let count = lessons.len();
            match self.records.put(&key, &document(&next)?, revision).await {
                Ok(revision) => {
                    open.remove(queue);
                    self.remember(queue, Arc::new(next), revision, now);
                    return Ok(count);
                }
                Err(RecordError::Changed { .. }) => {}
                Err(RecordError::Fault(fault)) => return Err(fault),
            }
        }
        Ok(0)
    }

    /// The queue's open batch: the one whose write was not answered, else what was heard since.
    fn opened<'a>(
        &self,
        open: &'a mut HashMap<Queue, Open>,
        queue: &Queue,
        learned: &Learned,
    ) -> Option<&'a Open> {
        if !open.contains_key(queue) {
            let lessons = lock(&self.heard).remove(queue)?;
            let batch = learned.next_batch(&self.node);
            open.insert(queue.clone(), Open { batch, lessons });
        }
        open.get(queue)
    }

    async fn read(&self, queue: &Queue, now: Timestamp) -> Result<(Arc<Learned>, Revision), Fault> {
        let Some(key) = key(queue) else {
            return Ok((Arc::default(), Revision::NONE));
        };
        let (learned, revision) = match self.records.get(&key).await? {
            Some(record) => (parsed(&record.document), record.revision),
            None => (Learned::default(), Revision::NONE),
        };
        let learned = Arc::new(learned);
        self.remember(queue, Arc::clone(&learned), revision, now);
        Ok((learned, revision))
    }

    fn remember(
        &self,
        queue: &Queue,
        learned: Arc<Learned>,
        revision: Revision,
        read_at: Timestamp,
    ) {
        let mut known = lock(&self.known);
        // Two readers may come back in the wrong order.
        if let Some(there) = known.get_mut(queue)
            && there.revision > revision
        {
            return;
        }
        if known.len() >= QUEUES_KEPT && !known.contains_key(queue) {
            known.retain(|_, there| read_at.duration_since(there.read_at) < FRESH);
            if known.len() >= QUEUES_KEPT {
                known.clear();
            }
        }
        known.insert(queue.clone(), Known { learned, revision, read_at });
    }

    /// All that a tenant's queues have taught, by queue.
    pub(crate) async fn all(&self, tenant: TenantId) -> Result<Vec<(QueueName, Learned)>, Fault> {
        let mut queues = Vec::new();
        let mut after: Option<RecordName> = None;
        loop {
            let page = self.records.list(tenant, KIND, after.as_ref(), PAGE).await?;
            let last = page.len() < usize::from(PAGE);
            after = page.last().map(|record| record.name.clone());
            queues.extend(page.into_iter().filter_map(|record| {
                let queue = QueueName::parse(record.name.as_str()).ok()?;
                Some((queue, parsed(&record.document)))
            }));
            if last {
                return Ok(queues);
            }
        }
    }
}

impl App {
    /// Keeps what a change taught of its queue, to be written with the next batch.
    pub(crate) async fn note(&self, changed: &Changed, now: Timestamp) {
        if changed.waited.is_none() && changed.promise.is_none() {
            return;
        }
        let callback = &changed.callback;
        if let Some(promise) = changed.promise {
            let tenant = callback.tenant.to_string();
            metrics::histogram!("ges_promise_error_seconds", "tenant" => tenant)
                .record(promise.late_secs);
        }
        let zone = self.zone(callback.tenant, &callback.queue).await.unwrap_or_else(Zone::utc);
        let lesson = Lesson {
            at: now,
            day: zone.civil(now).date(),
            waited: changed.waited.clone(),
            promise: changed.promise,
        };
        self.learning.hear((callback.tenant, callback.queue.clone()), lesson);
    }

    /// Writes what the queues taught since the last time; answers how many lessons that were.
    ///
    /// The server steps it every few seconds and once more before it ends. After a fault it is simply stepped again:
    /// nothing is lost and nothing counts twice.
    pub async fn learn(&self) -> Result<usize, Fault> {
        self.learning.write(self.now()).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a queue's record lies; none for a name that is too long for a record, which teaches nothing.
fn key((tenant, queue): &Queue) -> Option<RecordKey> {
    let name = RecordName::parse(queue.as_str()).ok()?;
    Some(RecordKey { tenant: *tenant, kind: KIND, name })
}

fn document(learned: &Learned) -> Result<String, Fault> {
    serde_json::to_string(learned).map_err(|error| Fault::misbehaved("store", error))
}

/// A document as it was written. One that cannot be trusted is a beginning: estimates are the router's until it is
/// learned anew.
fn parsed(document: &str) -> Learned {
    let read = serde_json::from_str(document).ok().filter(Learned::sound);
    read.unwrap_or_else(|| {
        tracing::warn!("what a queue had taught cannot be read and is learned anew");
        Learned::default()
    })
}
