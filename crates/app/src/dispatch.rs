//! Dispatch: one bounded step takes what is due in a lane, does it, and settles it.
//!
//! Each lane has steps of its own, which run side by side: neither a push service that hangs delays a call, nor a session
//! that does not answer when it is asked.
//!
//! Calls that are due in the next seconds are leased ahead and kept. Whoever keeps an effect until its time asks then whether the
//! lease still stands: the callback may have changed meanwhile.
//!
//! A step may be cut off anywhere. What was leased comes back when its lease lapses; what was decided is in the store;
//! a start that may not have been sent is sent again as the same attempt. So every step can be repeated, by this node or
//! another, and the customer is still called once.

pub(crate) mod ahead;
mod pushes;
mod start;
mod submit;
mod talk;

use std::collections::HashMap;

use ges_domain::callback::{Callback, Change, Outcome};
use ges_domain::effect::{Effect, Lane};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Aimed, ChangeError, Fate, Fault, Lease, Leased, Settlement};

use crate::App;
use ahead::Kept;
use submit::{Held, Limited};

/// Without an orchestration server, callbacks are looked at this often: only their end can come.
const IDLE_LOOK: SignedDuration = SignedDuration::from_secs(60);
/// A callback that cannot be read is looked at this often: somebody has to mend it.
const UNREADABLE: SignedDuration = SignedDuration::from_mins(5);
/// Notices taken in one step, which are all sent at once: none waits for another while the lease on it runs out.
const NOTICES: u16 = 64;

/// At most so many steps' effects are leased ahead: the rest of a crowd is left to other nodes, or to later steps.
const STEPS_AHEAD: usize = 20;

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
    /// When the first of those that were leased ahead is due.
    pub next: Option<Timestamp>,
}

/// What a step is to do.
struct Taken {
    leased: Vec<Leased>,
    /// When the first of their leases lapses.
    until: Timestamp,
    full: bool,
}

/// A step in progress.
struct Step<'a> {
    app: &'a App,
    now: Timestamp,
    until: Timestamp,
    tick: Tick,
    settlements: Vec<Settlement>,
    held: HashMap<Limited, Held>,
}

impl App {
    /// Takes what is due in a lane, does it, settles it: one bounded step.
    pub async fn tick(&self, lane: Lane) -> Result<Tick, Fault> {
        let now = self.now();
        let until = now + self.options.lease;
        let Taken { leased, until, full } = match lane {
            Lane::Sessions => self.take_sessions(now, until).await?,
            Lane::Looks => self.take_due(lane, self.options.batch, now, until).await?,
            Lane::Notices => self.take_due(lane, NOTICES, now, until).await?,
        };
        let next = if lane == Lane::Sessions { self.ahead.next() } else { None };
        let tick = Tick { leased: leased.len(), full, next, ..Tick::default() };
        if leased.is_empty() {
            return Ok(tick);
        }
        for one in &leased {
            let late = now.duration_since(one.due_at).as_secs_f64().max(0.0);
            metrics::histogram!("ges_outbox_age_seconds", "kind" => one.effect.kind()).record(late);
        }
        let (settlements, held) = (Vec::new(), HashMap::new());
        let mut step = Step { app: self, now, until, tick, settlements, held };
        let worked = step.work(leased).await;
        // Even after a fault, what was done is done: settle it.
        let settled = self.ports.effects.settle(&step.settlements).await;
        worked.and(settled).map(|()| step.tick)
    }

    /// Takes what is due of a lane.
    async fn take_due(
        &self,
        lane: Lane,
        most: u16,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Taken, Fault> {
        let leased = self.lease(lane, most, now, now, until).await?;
        Ok(Taken { full: leased.len() == usize::from(most), leased, until })
    }

    async fn lease(
        &self,
        lane: Lane,
        limit: u16,
        by: Timestamp,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Leased>, Fault> {
        let wish = Lease { owner: self.options.node.clone(), now, until, limit };
        self.ports.effects.lease(lane, by, &wish).await
    }

    /// Takes what is due of the lane of sessions, of what was leased ahead before what was not, and leases ahead what is
    /// due next.
    async fn take_sessions(&self, now: Timestamp, until: Timestamp) -> Result<Taken, Fault> {
        let batch = self.options.batch;
        let kept = self.ahead.due(now, batch.into());
        let room = batch - u16::try_from(kept.len()).unwrap_or(batch);
        let may_keep = self.ahead.count() < STEPS_AHEAD * usize::from(batch);
        let ahead = self.options.ahead.min(self.options.lease / 4);
        let by = if may_keep { now + ahead } else { now };
        let taken = async {
            let standing = self.standing(&kept, now).await?;
            // A crowd that is due now leaves no time for what is due next.
            let fresh = match room {
                0 => Vec::new(),
                room => self.lease(Lane::Sessions, room, by, now, until).await?,
            };
            Ok((standing, fresh))
        };
        let (standing, fresh) = match taken.await {
            Ok(taken) => taken,
            Err(fault) => {
                self.ahead.keep(kept);
                return Err(fault);
            }
        };
        let full = room == 0 || fresh.len() == usize::from(room);
        let (due, early) = fresh.into_iter().partition::<Vec<_>, _>(|one| one.due_at <= now);
        self.ahead.keep(early.into_iter().map(|leased| Kept { leased, until }));
        let until = standing.iter().map(|one| one.until).fold(until, Timestamp::min);
        let mut leased: Vec<_> = standing.into_iter().map(|one| one.leased).collect();
        leased.extend(due);
        Ok(Taken { leased, until, full })
    }

    /// Those of what was leased ahead that are still this node's to do. One whose lease is half over is given back: there
    /// may be no time left for a whole step.
    async fn standing(&self, kept: &[Kept], now: Timestamp) -> Result<Vec<Kept>, Fault> {
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let leases: Vec<_> = kept.iter().map(|one| (one.leased.id, one.leased.lease)).collect();
        let stands = self.ports.effects.standing(&leases).await?;
        let standing = kept.iter().zip(stands).filter(|(_, stands)| *stands).map(|(one, _)| one);
        let (in_time, late): (Vec<&Kept>, Vec<&Kept>) =
            standing.partition(|one| one.until.duration_since(now) * 2 > self.options.lease);
        self.ports.effects.settle(&late.into_iter().map(given_back).collect::<Vec<_>>()).await?;
        Ok(in_time.into_iter().cloned().collect())
    }

    /// Gives back what was leased ahead, for a node that stops: another one takes it at once, and not when the leases lapse.
    pub async fn leave_to_others(&self) -> Result<(), Fault> {
        let kept = self.ahead.all();
        self.ports.effects.settle(&kept.iter().map(given_back).collect::<Vec<_>>()).await
    }
}

/// The settlement by which an effect is anybody's again, due when it was.
fn given_back(kept: &Kept) -> Settlement {
    let Leased { id, lease, due_at, .. } = kept.leased;
    Settlement { id, lease, fate: Fate::Again(due_at) }
}

/// Changes that effects ask for, at the callbacks that these are of.
fn aimed(changes: &[(Leased, Change)]) -> Vec<Aimed> {
    let one = |(leased, change): &(Leased, Change)| Aimed {
        tenant: leased.id.tenant,
        callback: leased.id.callback,
        change: change.clone(),
        expected: None,
    };
    changes.iter().map(one).collect()
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
        // What one kind of work fails on is no reason to leave the others undone. Most steps have one or two of these kinds: a
        // look or a notice is in the lane of sessions only where it was written before it had a lane of its own.
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
        let aimed = aimed(&changes);
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
}
