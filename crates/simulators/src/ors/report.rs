//! How a session reaches the owner of its callback: one update after the other, repeated while
//! the owner is away, never repeated once it has refused. Apart from the world, which does not
//! wait.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::journal::Reported;
use super::session::Update;
use super::start::Served;
use crate::wire::{Bounded, held};

/// One update on its way.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    session: String,
    callback: String,
    attempt: u32,
    url: String,
    token: String,
    corr_id: Option<String>,
    traceparent: Option<String>,
    kind: &'static str,
    body: Value,
    tries: u32,
    waited: Duration,
    /// How it comes, where updates overtake each other.
    way: Way,
}

/// How an update reaches its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    /// In its turn.
    #[default]
    Straight,
    /// After one that was told later.
    Overtaken,
    /// Once more.
    Again,
}

/// What the world wants of the reporter.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Tell this.
    Tell(Report),
    /// The wait of this session's first update is over: try again.
    TryAgain(String),
}

const STARTED: &str = "started";
const STATE: &str = "state";
const STORAGE: &str = "storage";

impl Report {
    pub(crate) fn about(session: &str, served: &Served, update: Update, wrong_token: bool) -> Self {
        let (kind, body) = match update {
            Update::Started(body) => (STARTED, body),
            Update::State(body) => (STATE, body),
            Update::Storage(body) => (STORAGE, body),
        };
        let Served { callback_id, ges_url, .. } = served;
        let token = if wrong_token { "no-token-of-yours" } else { &served.update_token };
        Self {
            session: session.to_owned(),
            callback: callback_id.clone(),
            attempt: served.attempt,
            url: format!("{ges_url}/ges/internal/v1/callbacks/{callback_id}/{kind}"),
            token: token.to_owned(),
            corr_id: served.corr_id.clone(),
            traceparent: served.traceparent.clone(),
            kind,
            body,
            tries: 0,
            waited: Duration::ZERO,
            way: Way::Straight,
        }
    }

    /// The wait until the next try: doubling up to a limit, until patience is at its end.
    fn next_wait(&self) -> Option<Duration> {
        let doublings = self.tries.saturating_sub(1).min(16);
        (self.waited < PATIENCE).then(|| (FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT))
    }
}

/// The waits between two tries: doubling from 200 ms to 10 s, for two minutes in all.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(2);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// An update that may be overtaken waits so long for one that does it, in wall time.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(300);
/// Every so many updates one comes twice.
const AGAIN_EVERY: usize = 3;
/// What an owner says that will not have an update, and still hears the session.
const STILL_HEARD: [&str; 2] = ["stale_seq", "illegal_transition"];

pub(crate) struct Reporter {
    client: reqwest::Client,
    /// Updates by session; a session has an entry while a task of its own works it off, and
    /// while it waits for its next try.
    waiting: Mutex<HashMap<String, VecDeque<Report>>>,
    tasks: Mutex<Vec<AbortHandle>>,
    /// Tasks that run.
    busy: AtomicUsize,
    changed: Notify,
    /// Rung when an update waits behind another one.
    behind: Notify,
    /// Updates that went on their way while they overtake each other.
    sent: AtomicUsize,
    pub(crate) told: Mutex<Bounded<Reported>>,
}

enum Outcome {
    Taken,
    /// The owner wants to hear no more of this session.
    Void,
    /// Refused as it stands; the next update may be better.
    Refused,
    /// No answer, or none that means anything; to be tried again after a wait.
    Later(Duration),
    /// Tried for as long as an update is tried.
    Undelivered,
}

impl Reporter {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        Self {
            client,
            waiting: Mutex::default(),
            tasks: Mutex::default(),
            busy: AtomicUsize::new(0),
            changed: Notify::new(),
            behind: Notify::new(),
            sent: AtomicUsize::new(0),
            told: Mutex::default(),
        }
    }

    /// Does what the world wants. To be called on the runtime that outlives requests.
    pub(crate) fn send(&self, shared: &Arc<Shared>, orders: Vec<Order>) {
        for order in orders {
            let session = match order {
                Order::TryAgain(session) => session,
                Order::Tell(report) => {
                    let mut waiting = held(&self.waiting);
                    if let Some(queue) = waiting.get_mut(&report.session) {
                        queue.push_back(report);
                        self.behind.notify_waiters();
                        continue;
                    }
                    let session = report.session.clone();
                    waiting.insert(session.clone(), VecDeque::from([report]));
                    session
                }
            };
            self.busy.fetch_add(1, Ordering::SeqCst);
            let task = tokio::spawn(work_off(Arc::clone(shared), session));
            let mut tasks = held(&self.tasks);
            if tasks.len() > 1_000 {
                tasks.retain(|task| !task.is_finished());
            }
            tasks.push(task.abort_handle());
        }
    }

    /// Returns when every update is delivered, refused, or waiting for its next try.
    pub(crate) async fn rest(&self) {
        loop {
            let changed = self.changed.notified();
            if self.busy.load(Ordering::SeqCst) == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Resolves when a task has come to its end.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    pub(crate) fn stop(&self) {
        for task in held(&self.tasks).drain(..) {
            task.abort();
        }
    }

    fn next(&self, session: &str) -> Option<Report> {
        let mut waiting = held(&self.waiting);
        let next = waiting.get_mut(session)?.pop_front();
        if next.is_none() {
            waiting.remove(session);
        }
        next
    }

    /// The update that overtakes this one, which is told after it: another one of the same session that comes in time.
    async fn overtaken_by(&self, report: &Report) -> Option<Report> {
        let deadline = Instant::now() + OVERTAKEN_WITHIN;
        loop {
            let behind = self.behind.notified();
            if let Some(queue) = held(&self.waiting).get_mut(&report.session)
                && let Some(later) = queue.pop_front()
            {
                queue.push_front(Report { way: Way::Overtaken, ..report.clone() });
                return Some(later);
            }
            if timeout_at(deadline, behind).await.is_err() {
                return None;
            }
        }
    }

    /// Has every third update told once more, behind all that wait.
    fn repeat(&self, report: &Report) {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        if number % AGAIN_EVERY == AGAIN_EVERY - 1
            && let Some(queue) = held(&self.waiting).get_mut(&report.session)
        {
            queue.push_back(Report { way: Way::Again, ..report.clone() });
        }
    }

    fn idle(&self) {
        self.busy.fetch_sub(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }
}

async fn work_off(shared: Arc<Shared>, session: String) {
    let reporter = &shared.reporter;
    while let Some(mut report) = reporter.next(&session) {
        let overtake = shared.world().knobs.updates_overtake;
        if overtake && report.way == Way::Straight && report.tries == 0 {
            report = reporter.overtaken_by(&report).await.unwrap_or(report);
            reporter.repeat(&report);
        }
        let again = report.way == Way::Again;
        let outcome = deliver(&shared, &mut report).await;
        let mut world = shared.world();
        if let Outcome::Later(wait) = outcome {
            report.waited += wait;
            if let Some(queue) = held(&reporter.waiting).get_mut(&session) {
                queue.push_front(report);
            }
            world.try_again_after(&session, wait);
            break;
        }
        if again {
            continue;
        }
        world.taken(&session);
        let unknown = matches!(outcome, Outcome::Undelivered) && report.kind == STARTED;
        // An owner that never heard of the session will start another: this one must not dial.
        if unknown || matches!(outcome, Outcome::Void) {
            world.forget(&session);
            if let Some(queue) = held(&reporter.waiting).get_mut(&session) {
                queue.clear();
            }
        }
    }
    reporter.idle();
    shared.wake();
}

async fn deliver(shared: &Shared, report: &mut Report) -> Outcome {
    let reporter = &shared.reporter;
    let answer = attempt(&reporter.client, report).await;
    let status = answer.as_ref().map(|(status, _)| *status);
    report.tries += 1;
    held(&reporter.told).push(|_| Reported {
        at_ms: shared.clock().wall_ms(),
        session_id: report.session.clone(),
        callback_id: report.callback.clone(),
        attempt: report.attempt,
        kind: report.kind,
        body: report.body.clone(),
        tries: report.tries,
        status,
    });
    match status {
        Some(200..=299) => Outcome::Taken,
        Some(409) if answer.is_some_and(|(_, body)| still_heard(&body)) => Outcome::Refused,
        Some(401 | 404 | 409 | 410) => Outcome::Void,
        Some(status) if status < 500 => Outcome::Refused,
        _ => report.next_wait().map_or(Outcome::Undelivered, Outcome::Later),
    }
}

/// Whether a refusal is about the update alone.
fn still_heard(body: &str) -> bool {
    let said: Value = serde_json::from_str(body).unwrap_or_default();
    let message = said["status"]["message"].as_str().unwrap_or_default();
    STILL_HEARD.iter().any(|word| message.starts_with(word))
}

/// The status and the body of one try; nothing if no answer came in time.
async fn attempt(client: &reqwest::Client, report: &Report) -> Option<(u16, String)> {
    let method = if report.kind == STORAGE { Method::PATCH } else { Method::POST };
    let mut request = client
        .request(method, &report.url)
        .bearer_auth(&report.token)
        .timeout(ANSWER_WITHIN)
        .json(&report.body);
    if let Some(corr_id) = &report.corr_id {
        request = request.header("x-correlation-id", corr_id);
    }
    if let Some(traceparent) = &report.traceparent {
        request = request.header("traceparent", traceparent);
    }
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.text().await.unwrap_or_default()))
}
