//! Submission: which of the callbacks that are due may start, and what their starts came to.
//!
//! Apart from the step around it, because here the rules of a queue are asked: its wait, its numbers, its limit.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use ges_domain::callback::{Callback, Change, Kind, State};
use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::numbers;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    Admission, Aimed, Allowance, ChangeError, Fate, Fault, Leased, SessionRequest, Subject,
};
use tokio::time::{Instant, timeout_at};

use super::{IDLE_LOOK, Step};

/// The due time of a scheduled callback is worked out again this often while its queue's wait may still change it.
const RECONSIDER_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// A step waits no longer than this for what the queues' waits are: others are due in it.
const WAITS_WITHIN: Duration = Duration::from_secs(2);
/// While the rules of numbers cannot be read, a callback waits this long.
const RULES_LOOK: SignedDuration = SignedDuration::from_secs(5);
/// Callbacks released into a queue are counted over this long.
const RELEASE_WINDOW: SignedDuration = SignedDuration::from_mins(1);
/// Who is held back looks again this long after the first of them at the latest: of those before it some are called off.
const HELD_AT_MOST: SignedDuration = SignedDuration::from_mins(5);

/// A queue whose wait is asked for, and the most that a callback may be ahead of its time.
type Led = (TenantId, QueueName, SignedDuration);

/// A queue that is filled no faster than so many a minute.
pub(super) type Limited = (TenantId, QueueName, u32);

/// Those whom a step held back from a queue, in the order in which their customers wanted it.
#[derive(Debug)]
pub(super) struct Held {
    /// How long the first of them waits: until one may be released.
    first: SignedDuration,
    count: u32,
}

impl Held {
    /// How long another one waits: no more wake with the first than may be released within a window of it, as many a
    /// window later, and so on.
    fn another(&mut self, limit: u32) -> SignedDuration {
        let windows = self.count / limit.max(1);
        self.count = self.count.saturating_add(1);
        let ahead = i32::try_from(windows).map_or(HELD_AT_MOST, |it| RELEASE_WINDOW * it);
        self.first + ahead.min(HELD_AT_MOST)
    }
}

impl Step<'_> {
    /// Submits what is due, in the order in which the customers wanted it.
    pub(super) async fn submit(&mut self, mut due: Vec<(Leased, Callback)>) -> Result<(), Fault> {
        let app = self.app;
        let Some(orchestrator) = app.ports.orchestrator.clone() else {
            for (leased, _) in due {
                self.again(&leased, IDLE_LOOK);
            }
            return Ok(());
        };
        due.sort_by_key(|(_, callback)| (callback.first_desired_at, callback.created_at));
        let leads = self.leads(&due).await;
        let mut fenced = Vec::new();
        for (leased, callback) in due {
            if callback.state != State::Scheduled {
                self.settle(&leased, Fate::Done);
                continue;
            }
            let lead = self.led(&callback).and_then(|queue| leads.get(&queue).copied());
            let lead = lead.unwrap_or_default();
            let submit_at = callback.submit_at(lead);
            if submit_at > self.now {
                let look = submit_at.min(self.now + RECONSIDER_EVERY);
                self.settle(&leased, Fate::Again(look));
                continue;
            }
            match self.blocked(&callback).await {
                Ok(false) => {}
                Ok(true) => {
                    fenced.push((leased, Change::Block));
                    continue;
                }
                Err(fault) => {
                    tracing::warn!(callback.id = %callback.id, peer = fault.peer,
                        fault.kind = fault.kind.as_str(), "a number's rules cannot be read: the callback waits");
                    self.again(&leased, RULES_LOOK);
                    continue;
                }
            }
            if let Some(wait) = self.held_back(&callback).await {
                self.again(&leased, wait);
                continue;
            }
            let attempt = callback.attempt_due();
            let token = app.ports.ids.update_token(callback.tenant, callback.id, attempt);
            fenced.push((leased, Change::Submit { attempt, token: token.hash() }));
        }
        let mut starts: Vec<(Timestamp, SessionRequest)> = Vec::new();
        let mut announced = Vec::new();
        for (leased, callback) in self.change(fenced).await? {
            let Some(request) = self.request(*callback).await else { continue };
            if request.callback.nearness_secs().is_some() {
                announced.push(request.callback.clone());
            }
            starts.push((leased.due_at, request));
        }
        let taken = |change: &Change| matches!(change, Change::Sent { .. });
        let (this, orchestrator) = (&*self, &orchestrator);
        let starting = stream::iter(starts)
            .map(|(due_at, request)| async move {
                let aimed = this.start(orchestrator, request).await;
                if taken(&aimed.change) {
                    let late = app.now().duration_since(due_at).as_secs_f64().max(0.0);
                    metrics::histogram!("ges_dispatch_lag_seconds").record(late);
                }
                aimed
            })
            .buffer_unordered(app.options.concurrency)
            .collect::<Vec<Aimed>>();
        let sending = async {
            let sent = starting.await;
            let outcomes = app.ports.callbacks.change_each(&sent, app.now()).await;
            (sent, outcomes)
        };
        // The router is asked while the sessions start, and holds up none of them.
        let ((sent, outcomes), waits) = tokio::join!(sending, self.entry_waits(&announced));
        // Nobody is told of a call whose session was not taken.
        let started: HashSet<_> = sent
            .iter()
            .filter(|aimed| taken(&aimed.change))
            .map(|aimed| (aimed.tenant, aimed.callback))
            .collect();
        let near = announced.iter().filter(|callback| {
            let wait = waits.get(&(callback.tenant, callback.queue.clone()));
            started.contains(&(callback.tenant, callback.id)) && callback.nears(wait.copied())
        });
        let near: Vec<_> = near.map(|callback| (callback.tenant, callback.id)).collect();
        self.tick.sent += sent.iter().filter(|aimed| taken(&aimed.change)).count();
        let not_taken =
            |change: &Change| matches!(change, Change::Unsent { .. } | Change::Refused { .. });
        self.tick.unsent += sent.iter().filter(|aimed| not_taken(&aimed.change)).count();
        for outcome in outcomes {
            match outcome {
                // The session may have reported, or the customer cancelled, before the answer was taken in.
                Ok(_) | Err(ChangeError::Refused(_) | ChangeError::CatalogueChanged) => {}
                Err(ChangeError::Fault(fault)) => return Err(fault),
            }
        }
        app.tell_near(&near, app.now()).await;
        Ok(())
    }

    /// The queue whose wait decides when the callback is submitted, and the most that it may be ahead; none where it is
    /// due whatever the wait.
    fn led(&self, callback: &Callback) -> Option<Led> {
        let due = callback.kind == Kind::Immediate || self.now >= callback.desired_at;
        let most = callback.settings.max_early_submit();
        (!due).then(|| (callback.tenant, callback.queue.clone(), most))
    }

    /// How far ahead of their desired times callbacks are submitted: asked once for each queue and bound, all at the same
    /// time. Without an answer in time a callback is led by nothing, and its queue asked again soon.
    async fn leads(&self, due: &[(Leased, Callback)]) -> HashMap<Led, SignedDuration> {
        let queues: HashSet<Led> = due.iter().filter_map(|(_, it)| self.led(it)).collect();
        let asked = queues.into_iter().map(|led| async {
            let lead = self.app.lead(led.0, &led.1, led.2, self.now).await;
            (led, lead)
        });
        self.answers(asked.collect()).await
    }

    /// The waits of the queues that these callbacks enter now, of those for which the router knows one: asked once for each
    /// queue, all at the same time. Without an answer in time, the next look at the session decides whether it is near.
    async fn entry_waits(&self, announced: &[Callback]) -> HashMap<(TenantId, QueueName), u32> {
        let queues: HashSet<_> =
            announced.iter().map(|callback| (callback.tenant, callback.queue.clone())).collect();
        let asked = queues.into_iter().map(|queue| async {
            let secs = self.app.entry_wait_secs(queue.0, &queue.1, self.now).await;
            (queue, secs)
        });
        let answers = self.answers(asked.collect()).await;
        answers.into_iter().filter_map(|(queue, secs)| Some((queue, secs?))).collect()
    }

    /// What is answered in time of what is asked about queues.
    async fn answers<K: Eq + Hash, V>(
        &self,
        asked: Vec<impl Future<Output = (K, V)>>,
    ) -> HashMap<K, V> {
        let asked = stream::iter(asked).buffer_unordered(self.app.options.concurrency);
        let mut asked = std::pin::pin!(asked);
        let mut answers = HashMap::new();
        let deadline = Instant::now() + WAITS_WITHIN;
        while let Ok(Some((queue, answer))) = timeout_at(deadline, asked.next()).await {
            answers.insert(queue, answer);
        }
        answers
    }

    /// Whether the number may not be called any more: rules are asked again right before each submission.
    async fn blocked(&self, callback: &Callback) -> Result<bool, Fault> {
        let stock = self.app.shelf.stock(callback.tenant).await?;
        let rule = stock.catalogue.numbers.of(&callback.queue);
        let premium = callback.settings.allow_premium_rate;
        Ok(numbers::permit(&callback.phone, rule, premium).is_err())
    }

    /// How long the callback must wait because its queue is filled no faster than it was set to be.
    async fn held_back(&mut self, callback: &Callback) -> Option<SignedDuration> {
        let limit = callback.settings.max_release_per_minute?;
        let queue = (callback.tenant, callback.queue.clone(), limit);
        // Who comes after one that was refused at this moment is refused too, and need not ask.
        if let Some(held) = self.held.get_mut(&queue) {
            return Some(held.another(limit));
        }
        let subject = Subject::Release(callback.tenant, callback.queue.clone());
        let allowance = Allowance { limit, window: RELEASE_WINDOW };
        match self.app.ports.throttle.admit(&subject, allowance, self.now).await {
            Ok(Admission::Admitted) => None,
            Ok(Admission::Refused { retry_after }) => {
                let held = self.held.entry(queue).or_insert(Held { first: retry_after, count: 0 });
                Some(held.another(limit))
            }
            Err(fault) => {
                tracing::warn!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "a callback is released uncounted: the counters cannot be reached"
                );
                None
            }
        }
    }
}
