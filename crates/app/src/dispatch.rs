//! Dispatch: one bounded step takes what is due, does it, and settles it.
//!
//! A step may be cut off anywhere. What was leased comes back when its lease lapses; what was decided is in the store;
//! a start that may not have been sent is sent again as the same attempt. So every step can be repeated, by this node or
//! another, and the customer is still called once.

mod pushes;
mod start;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use ges_domain::callback::{Asked, Callback, Change, Kind, Outcome, State, WATCH_EVERY};
use ges_domain::effect::{Effect, Signal};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::name::QueueName;
use ges_domain::numbers;
use ges_domain::retry::{Backoff, spread};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    Admission, Aimed, Allowance, ChangeError, Fate, Fault, Inquiry, Lease, Leased, Orchestrator,
    SessionRef, SessionRequest, Settlement, Subject,
};

use tokio::time::{Instant, timeout_at};

use crate::App;

/// The due time of a scheduled callback is worked out again this often while its queue's wait may still change it.
const RECONSIDER_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// A step waits no longer than this for what the queues' waits are: others are due in it.
const LEADS_WITHIN: Duration = Duration::from_secs(2);
/// Without an orchestration server, callbacks are looked at this often: only their end can come.
const IDLE_LOOK: SignedDuration = SignedDuration::from_secs(60);
/// A callback that cannot be read is looked at this often: somebody has to mend it.
const UNREADABLE: SignedDuration = SignedDuration::from_mins(5);
/// While the rules of numbers cannot be read, a callback waits this long.
const RULES_LOOK: SignedDuration = SignedDuration::from_secs(5);
/// Tries after which a session is not told something any more.
const SIGNAL_TRIES: u32 = 20;

/// A queue whose wait is asked for, and the most that a callback may be ahead of its time.
type Led = (TenantId, QueueName, SignedDuration);

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tick {
    /// Effects leased.
    pub leased: usize,
    /// Sessions whose start was taken by the orchestration server.
    pub sent: usize,
    /// Starts that certainly did not reach it.
    pub unsent: usize,
    /// Whether the step was full, so that there may be more to do at once.
    pub full: bool,
}

/// A step in progress.
struct Step<'a> {
    app: &'a App,
    now: Timestamp,
    until: Timestamp,
    tick: Tick,
    settlements: Vec<Settlement>,
}

impl App {
    /// Takes what is due, does it, settles it: one bounded step.
    pub async fn tick(&self) -> Result<Tick, Fault> {
        let now = self.now();
        let until = now + self.options.lease;
        let wish =
            Lease { owner: self.options.node.clone(), now, until, limit: self.options.batch };
        let leased = self.ports.effects.lease(&wish).await?;
        if leased.is_empty() {
            return Ok(Tick::default());
        }
        for one in &leased {
            let late = now.duration_since(one.due_at).as_secs_f64().max(0.0);
            metrics::histogram!("ges_outbox_age_seconds", "kind" => one.effect.kind()).record(late);
        }
        let tick = Tick {
            leased: leased.len(),
            full: leased.len() == usize::from(self.options.batch),
            ..Tick::default()
        };
        let mut step = Step { app: self, now, until, tick, settlements: Vec::new() };
        let worked = step.work(leased).await;
        // Even after a fault, what was done is done: settle it.
        let settled = self.ports.effects.settle(&step.settlements).await;
        worked.and(settled).map(|()| step.tick)
    }
}

impl Step<'_> {
    async fn work(&mut self, leased: Vec<Leased>) -> Result<(), Fault> {
        let ids: Vec<(TenantId, CallbackId)> =
            leased.iter().map(|leased| (leased.id.tenant, leased.id.callback)).collect();
        let found = self.app.read_each(&ids).await?;
        let mut submits = Vec::new();
        let mut outside = Vec::new();
        let mut pushes = Vec::new();
        let mut changes = Vec::new();
        for (leased, callback) in leased.into_iter().zip(found) {
            let callback = match callback {
                Ok(Some(callback)) => callback,
                Ok(None) => {
                    self.settle(&leased, Fate::Done);
                    continue;
                }
                Err(_unreadable) => {
                    self.again(&leased, UNREADABLE);
                    continue;
                }
            };
            let over = self.now >= callback.expires_at();
            match leased.effect {
                Effect::Signal { .. } => outside.push((leased, callback)),
                Effect::Push { .. } => pushes.push((leased, callback)),
                _ if over => changes.push((leased, Change::Expire)),
                Effect::Submit { .. } => submits.push((leased, callback)),
                Effect::Acknowledge { attempt } => {
                    changes.push((leased, Change::Unacknowledged { attempt }));
                }
                Effect::Lapse { attempt } => changes.push((leased, Change::Lapse { attempt })),
                Effect::Watch { .. } => outside.push((leased, callback)),
            }
        }
        // What one kind of work fails on is no reason to leave the others undone.
        let done = [
            self.change(changes).await.map(drop),
            self.submit(submits).await,
            self.talk(outside).await,
            self.push(pushes).await,
        ];
        done.into_iter().collect()
    }

    fn settle(&mut self, leased: &Leased, fate: Fate) {
        self.settlements.push(Settlement { id: leased.id, lease: leased.lease, fate });
    }

    fn again(&mut self, leased: &Leased, wait: SignedDuration) {
        self.settle(leased, Fate::Again(self.app.now() + wait));
    }

    /// Makes changes; those that change nothing, or are refused, are done with. Answers the callbacks changed.
    async fn change(
        &mut self,
        changes: Vec<(Leased, Change)>,
    ) -> Result<Vec<(Leased, Box<Callback>)>, Fault> {
        let aimed: Vec<Aimed> = changes
            .iter()
            .map(|(leased, change)| Aimed {
                tenant: leased.id.tenant,
                callback: leased.id.callback,
                change: change.clone(),
                expected: None,
            })
            .collect();
        if aimed.is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = self.app.ports.callbacks.change_each(&aimed, self.app.now()).await;
        let mut changed = Vec::new();
        let mut trouble = None;
        for ((leased, change), outcome) in changes.into_iter().zip(outcomes) {
            match outcome {
                Ok(Outcome::Changed(made)) => {
                    if matches!(change, Change::Unacknowledged { .. }) {
                        metrics::counter!("CB_SUBMIT_FAILED").increment(1);
                        tracing::warn!(callback.id = %leased.id.callback,
                            "nobody knows yet whether a session runs: no report in time");
                    }
                    changed.push((leased, Box::new(made.callback)));
                }
                Ok(Outcome::Unchanged(_))
                | Err(ChangeError::Refused(_) | ChangeError::CatalogueChanged) => {
                    self.settle(&leased, Fate::Done);
                }
                Err(ChangeError::Fault(fault)) => trouble = Some(fault),
            }
        }
        trouble.map_or(Ok(changed), Err)
    }

    /// Submits what is due, in the order in which the customers wanted it.
    async fn submit(&mut self, mut due: Vec<(Leased, Callback)>) -> Result<(), Fault> {
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
        for (leased, callback) in self.change(fenced).await? {
            let request = self.request(*callback).await;
            starts.extend(request.map(|request| (leased.due_at, request)));
        }
        let taken = |change: &Change| matches!(change, Change::Sent { .. });
        let (this, orchestrator) = (&*self, &orchestrator);
        let sent = stream::iter(starts)
            .map(|(due_at, request)| async move {
                let near = app.enters_near(&request.callback, this.now).await;
                let aimed = this.start(orchestrator, request).await;
                if taken(&aimed.change) {
                    let late = app.now().duration_since(due_at).as_secs_f64().max(0.0);
                    metrics::histogram!("ges_dispatch_lag_seconds").record(late);
                }
                (aimed, near)
            })
            .buffer_unordered(app.options.concurrency)
            .collect::<Vec<_>>()
            .await;
        // Nobody is told of a call whose session was not taken.
        let near = sent.iter().filter(|(aimed, near)| *near && taken(&aimed.change));
        let near: Vec<_> = near.map(|(aimed, _)| (aimed.tenant, aimed.callback)).collect();
        let sent: Vec<Aimed> = sent.into_iter().map(|(aimed, _)| aimed).collect();
        self.tick.sent += sent.iter().filter(|aimed| taken(&aimed.change)).count();
        let not_taken =
            |change: &Change| matches!(change, Change::Unsent { .. } | Change::Refused { .. });
        self.tick.unsent += sent.iter().filter(|aimed| not_taken(&aimed.change)).count();
        for outcome in app.ports.callbacks.change_each(&sent, app.now()).await {
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
        let asked = stream::iter(queues).map(|led| async {
            let lead = self.app.lead(led.0, &led.1, led.2, self.now).await;
            (led, lead)
        });
        let mut answers = std::pin::pin!(asked.buffer_unordered(self.app.options.concurrency));
        let mut leads = HashMap::new();
        let deadline = Instant::now() + LEADS_WITHIN;
        while let Ok(Some((led, lead))) = timeout_at(deadline, answers.next()).await {
            leads.insert(led, lead);
        }
        leads
    }

    /// Whether the number may not be called any more: rules are asked again right before each submission.
    async fn blocked(&self, callback: &Callback) -> Result<bool, Fault> {
        let stock = self.app.shelf.stock(callback.tenant).await?;
        let rule = stock.catalogue.numbers.of(&callback.queue);
        let premium = callback.settings.allow_premium_rate;
        Ok(numbers::permit(&callback.phone, rule, premium).is_err())
    }

    /// How long the callback must wait because its queue is filled no faster than it was set to be.
    async fn held_back(&self, callback: &Callback) -> Option<SignedDuration> {
        let limit = callback.settings.max_release_per_minute?;
        let subject = Subject::Release(callback.tenant, callback.queue.clone());
        let allowance = Allowance { limit, window: SignedDuration::from_mins(1) };
        match self.app.ports.throttle.admit(&subject, allowance, self.now).await {
            Ok(Admission::Admitted) => None,
            Ok(Admission::Refused { retry_after }) => Some(retry_after),
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

    /// Talks to sessions: asks after them, tells them something.
    async fn talk(&mut self, talks: Vec<(Leased, Callback)>) -> Result<(), Fault> {
        // Where nobody can be asked, questions stay under their lease and keep the time at which they were due: how late one
        // is asked says whether a session could be heard, and a restored store is looked through in peace by such a node.
        let Some(orchestrator) = self.app.ports.orchestrator.clone() else {
            return Ok(());
        };
        let heard: Vec<(Leased, Heard)> = {
            let this = &*self;
            stream::iter(talks)
                .map(|(leased, callback)| {
                    let orchestrator = &orchestrator;
                    async move {
                        let heard = this.hear(orchestrator, &leased, &callback).await;
                        (leased, heard)
                    }
                })
                .buffer_unordered(self.app.options.concurrency)
                .collect()
                .await
        };
        let (mut changes, mut near) = (Vec::new(), Vec::new());
        for (leased, heard) in heard {
            match heard {
                Heard::Done => self.settle(&leased, Fate::Done),
                Heard::Again(wait) => self.again(&leased, wait),
                Heard::Change(change, nears) => {
                    if nears {
                        near.push((leased.id.tenant, leased.id.callback));
                    }
                    changes.push((leased, change));
                }
            }
        }
        let watched = self.watched(changes).await;
        self.app.tell_near(&near, self.app.now()).await;
        watched
    }

    /// Stores what sessions said; a session that said nothing new is asked again in its turn.
    async fn watched(&mut self, changes: Vec<(Leased, Change)>) -> Result<(), Fault> {
        let aimed: Vec<Aimed> = changes
            .iter()
            .map(|(leased, change)| Aimed {
                tenant: leased.id.tenant,
                callback: leased.id.callback,
                change: change.clone(),
                expected: None,
            })
            .collect();
        if aimed.is_empty() {
            return Ok(());
        }
        let outcomes = self.app.ports.callbacks.change_each(&aimed, self.app.now()).await;
        let mut trouble = None;
        for ((leased, _), outcome) in changes.into_iter().zip(outcomes) {
            match outcome {
                Ok(Outcome::Changed(_)) => {}
                Ok(Outcome::Unchanged(callback)) => {
                    self.again(&leased, spread(WATCH_EVERY, callback.seed() ^ leased.lease));
                }
                Err(ChangeError::Refused(_) | ChangeError::CatalogueChanged) => {
                    self.settle(&leased, Fate::Done);
                }
                Err(ChangeError::Fault(fault)) => trouble = Some(fault),
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    async fn hear(
        &self,
        orchestrator: &Arc<dyn Orchestrator>,
        leased: &Leased,
        callback: &Callback,
    ) -> Heard {
        match &leased.effect {
            Effect::Watch { attempt } => {
                let submission = callback.submission.as_ref();
                let Some(submission) = submission.filter(|sent| sent.attempt == *attempt) else {
                    return Heard::Done;
                };
                let watch_again = spread(WATCH_EVERY, callback.seed() ^ leased.lease);
                // Nobody can be asked until it says its name, but the end of its time must still come.
                let Some(session) = submission.session.clone() else {
                    return Heard::Again(watch_again);
                };
                let session = SessionRef {
                    tenant: callback.tenant,
                    callback: callback.id,
                    session,
                    node: submission.node.clone(),
                };
                let asked = || Asked { at: self.app.now(), due_at: leased.due_at };
                match orchestrator.query(&session).await {
                    Ok(Inquiry::Lives(seen)) => {
                        let near = self.app.nears(callback, &seen.diagnostics, self.now).await;
                        // What is known already needs no lock and no write.
                        if !near && callback.knows(*attempt, &seen) {
                            return Heard::Again(watch_again);
                        }
                        let last_seq = submission.last_report.as_ref().map(|report| report.seq);
                        Heard::Change(Change::Seen { attempt: *attempt, seen, last_seq }, near)
                    }
                    Ok(Inquiry::Gone) => {
                        Heard::Change(Change::Missing { attempt: *attempt, asked: asked() }, false)
                    }
                    Ok(Inquiry::Silent) => {
                        Heard::Change(Change::Silent { attempt: *attempt, asked: asked() }, false)
                    }
                    Err(fault) => {
                        tracing::debug!(callback.id = %callback.id, peer = fault.peer,
                            fault.kind = fault.kind.as_str(), "a session could not be asked after");
                        Heard::Again(watch_again)
                    }
                }
            }
            Effect::Signal { session, node, signal } => {
                let session = SessionRef {
                    tenant: callback.tenant,
                    callback: callback.id,
                    session: session.clone(),
                    node: node.clone(),
                };
                self.tell(orchestrator, leased, &session, signal).await
            }
            Effect::Push { .. }
            | Effect::Submit { .. }
            | Effect::Acknowledge { .. }
            | Effect::Lapse { .. } => Heard::Done,
        }
    }

    async fn tell(
        &self,
        orchestrator: &Arc<dyn Orchestrator>,
        leased: &Leased,
        session: &SessionRef,
        signal: &Signal,
    ) -> Heard {
        match orchestrator.signal(session, signal).await {
            // A session that is gone needs no telling.
            Ok(_there) => Heard::Done,
            Err(fault) if leased.tries >= SIGNAL_TRIES => {
                tracing::error!(callback.id = %leased.id.callback, peer = fault.peer,
                    fault.kind = fault.kind.as_str(), "a session was not told, and is given up on");
                Heard::Done
            }
            Err(_fault) => {
                let seed = leased.id.callback.uuid().as_u64_pair().1;
                Heard::Again(Backoff::NEIGHBOUR.after(leased.tries + 1, seed))
            }
        }
    }
}

/// What came of talking to a session.
enum Heard {
    Done,
    Again(SignedDuration),
    /// The change to make, and whether the customer is to be told that the call is near.
    Change(Change, bool),
}
