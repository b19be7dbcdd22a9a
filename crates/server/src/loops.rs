//! What runs beside the requests: dispatch, refresh, gauges; each stops at the end of its step.

mod gauges;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ges_app::{App, Purged};
use ges_auth::{Gws, Local};
use ges_domain::effect::Lane;
use ges_ports::{Clock as _, Notices};
use ges_urs::Urs;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::health::Watch;
use crate::ids::SystemClock;
use crate::telemetry::Level;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// Notices that come back, or that another node left, are looked for this often; of those that are new, dispatch is told.
const NOTICES_EVERY: Duration = Duration::from_secs(1);
/// Sessions that are to be looked at are gathered for so long: each is looked at twice a minute, give or take a fifth.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// How long an event may lie before webhooks are told of it.
const HERALD_EVERY: Duration = Duration::from_millis(250);
/// How long a change may be there before those who watch are told of it.
const WATCH_EVERY: Duration = Duration::from_millis(500);
/// Rounds of telling at once: while one waits for slow servers, others are told.
const HERALDS: usize = 4;
/// What remains of a number that is to be forgotten is looked for this often.
const FORGETS_EVERY: Duration = Duration::from_secs(5);
/// How long a change of many callbacks that another node took in may lie before this one looks for it.
const BULK_EVERY: Duration = Duration::from_secs(1);
/// Calls that are due within this part of the pause between two looks are made in one step.
const TOGETHER: u32 = 4;
/// After a step with changes a node rests for so many times as long as it took: measured, bookings into the same slot then keep
/// four fifths of their pace, and ten thousand changes take less than ten seconds.
const BULK_RESTS: u32 = 3;
/// The wait after a look that failed: the store is in trouble, and hammering it helps nobody.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// What a step has when requests took all the time that there was.
const LAST_STEP: Duration = Duration::from_secs(1);

/// How often nodes that hear of changes look for themselves all the same: news may be lost.
const LOOKS_APART: u64 = 10;

/// Reads the configuration anew.
pub(crate) type Again = Box<dyn Fn() -> anyhow::Result<Config> + Send>;

/// Tells every loop to stop; dropping it does so too.
pub(crate) struct Loops {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Whether a node hears of changes that others make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    /// It hears while Redis is there.
    Announcements,
    /// It must look for itself.
    Nothing,
}

impl Loops {
    pub(crate) fn new() -> Self {
        Self { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Takes what is due and does it, for ever: each lane by itself, so that none waits for what another waits for.
    pub(crate) fn dispatch(&mut self, app: &Arc<App>, poll: Duration) {
        self.dispatch_lane(Arc::clone(app), Lane::Sessions, poll);
        self.dispatch_lane(Arc::clone(app), Lane::Looks, poll.max(LOOKS_EVERY));
        self.dispatch_lane(Arc::clone(app), Lane::Notices, poll.max(NOTICES_EVERY));
    }

    fn dispatch_lane(&mut self, app: Arc<App>, lane: Lane, poll: Duration) {
        let mut stop = self.stop.subscribe();
        self.tasks.spawn(async move {
            let mut silent = false;
            while !*stop.borrow() {
                let pause = match app.tick(lane).await {
                    Ok(tick) if tick.full => continue,
                    Ok(tick) => {
                        silent = false;
                        // A call that was leased ahead is made when it is due, and not at the next look; but calls that are
                        // due soon after each other are made together.
                        let next = tick.next.map(|at| at.duration_since(app.now()));
                        let next = next.map(|wait| Duration::try_from(wait).unwrap_or_default());
                        next.map_or(poll, |wait| wait.clamp(poll / TOGETHER, poll))
                    }
                    Err(fault) => {
                        // Said once until it is over: the loop comes back every second.
                        if !silent {
                            tracing::error!(lane = lane.as_str(), peer = fault.peer,
                                fault.kind = fault.kind.as_str(), error = ?fault.source,
                                "dispatch cannot reach its store");
                        }
                        silent = true;
                        AFTER_FAULT
                    }
                };
                tokio::select! {
                    () = app.until_due(lane) => {}
                    () = sleep(pause) => {}
                    _ = stop.changed() => {}
                }
            }
            if lane == Lane::Sessions
                && let Err(fault) = app.leave_to_others().await
            {
                tracing::warn!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "what was leased ahead is not given back: others take it when its leases lapse"
                );
            }
        });
    }

    /// Works on changes of many callbacks, and rests after each step: whoever books meanwhile has the store to themselves
    /// for most of the time.
    pub(crate) fn bulk(&mut self, app: Arc<App>) {
        let mut stop = self.stop.subscribe();
        self.tasks.spawn(async move {
            while !*stop.borrow() {
                let begun = Instant::now();
                let step = app.run_bulk().await;
                let (rest, bell) = match step {
                    Ok(Some(_)) => (begun.elapsed() * BULK_RESTS, None),
                    Ok(None) => (BULK_EVERY, Some(app.until_bulk())),
                    Err(fault) => {
                        tracing::warn!(
                            peer = fault.peer,
                            fault.kind = fault.kind.as_str(),
                            "a change of many callbacks waits"
                        );
                        (AFTER_FAULT, None)
                    }
                };
                tokio::select! {
                    () = rung(bell) => {}
                    () = sleep(rest) => {}
                    _ = stop.changed() => {}
                }
            }
        });
    }

    /// Looks whether catalogues changed behind this node's back: every second, unless it hears of changes.
    pub(crate) fn refresh(&mut self, app: Arc<App>, health: Arc<Watch>, hears: Hears) {
        let seconds = AtomicU64::new(0);
        self.every(Duration::from_secs(1), move || {
            let second = seconds.fetch_add(1, Ordering::Relaxed);
            let deaf = hears == Hears::Nothing || health.is_down("redis");
            let app = Arc::clone(&app);
            async move {
                if !deaf && !second.is_multiple_of(LOOKS_APART) {
                    return;
                }
                if let Err(fault) = app.shelf().refresh().await {
                    tracing::debug!(peer = fault.peer, "catalogues were not looked at");
                }
            }
        });
    }

    /// Heeds what other nodes announce.
    pub(crate) fn heed(&mut self, app: Arc<App>, notices: &Arc<dyn Notices>) {
        let mut news = notices.subscribe();
        let mut stop = self.stop.subscribe();
        self.tasks.spawn(async move {
            loop {
                let heard = tokio::select! {
                    heard = news.next() => heard,
                    _ = stop.changed() => return,
                };
                if let Err(fault) = app.heed(heard).await {
                    tracing::debug!(peer = fault.peer, "news were not heeded");
                }
            }
        });
    }

    /// Asks the neighbours that are silent while nobody needs them.
    pub(crate) fn beat(&mut self, health: Arc<Watch>) {
        self.every(Duration::from_secs(2), move || {
            let health = Arc::clone(&health);
            async move { health.beat().await }
        });
    }

    /// Removes what was kept long enough, and goes on with numbers that are to be forgotten.
    ///
    /// Every node does so: what one holds, another passes over.
    pub(crate) fn clean(&mut self, app: Arc<App>, period: Duration) {
        let cleaner = Arc::clone(&app);
        self.every(period, move || {
            let app = Arc::clone(&cleaner);
            async move {
                match app.purge().await {
                    Ok(round) if round != Purged::default() => tracing::info!(
                        callbacks = round.callbacks,
                        call_ins = round.call_ins,
                        bulk_jobs = round.bulk_jobs,
                        audit = round.audit,
                        "records whose time was over were removed"
                    ),
                    Ok(_nothing) => {}
                    Err(fault) => {
                        tracing::warn!(
                            peer = fault.peer,
                            fault.kind = fault.kind.as_str(),
                            "records whose time is over stay for now"
                        );
                    }
                }
            }
        });
        self.every(FORGETS_EVERY, move || {
            let app = Arc::clone(&app);
            async move {
                match app.keep_forgetting().await {
                    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no last digit")]
                    Ok(waiting) => metrics::gauge!("ges_privacy_waiting").set(waiting as f64),
                    Err(fault) => {
                        tracing::warn!(
                            peer = fault.peer,
                            fault.kind = fault.kind.as_str(),
                            "numbers that are to be forgotten wait"
                        );
                    }
                }
            }
        });
    }

    /// Reads the file of keys and people again when somebody else changed it.
    pub(crate) fn reload(&mut self, access: Local) {
        self.every(Duration::from_secs(5), move || {
            let access = access.clone();
            async move {
                let read = move || access.reload(SystemClock.now());
                match tokio::task::spawn_blocking(read).await {
                    Ok(Ok(true)) => tracing::info!("the access file was read again"),
                    Ok(Ok(false)) | Err(_) => {}
                    Ok(Err(error)) => {
                        tracing::error!(%error, "the access file is not used as it stands now");
                    }
                }
            }
        });
    }

    /// Asks after the platform's services that are down, keeps their gauges, and reads tenants again before anybody waits
    /// for them.
    pub(crate) fn platform(&mut self, gws: Gws) {
        let watched = gws.clone();
        self.every(Duration::from_secs(5), move || {
            let gws = watched.clone();
            async move {
                gws.look_after(SystemClock.now()).await;
                let names = ["GWS_AUTH_STATUS", "GWS_ENV_STATUS", "GWS_CONFIG_STATUS"];
                for (name, service) in names.into_iter().zip(gws.health()) {
                    metrics::gauge!(name).set(if service.down { 1.0 } else { 0.0 });
                }
            }
        });
        let stop = self.stop.subscribe();
        self.every(Duration::from_mins(1), move || {
            let (gws, stop) = (gws.clone(), stop.clone());
            async move {
                while !*stop.borrow() {
                    match gws.refresh(SystemClock.now()).await {
                        // Those that could not be read are due for ever: they wait for the next turn.
                        Ok(done) if done.left > 0 && done.read > 0 => {}
                        Ok(_) => break,
                        Err(fault) => {
                            tracing::warn!(
                                peer = fault.peer,
                                fault.kind = fault.kind.as_str(),
                                "tenants were not read again; what is known of them stands"
                            );
                            break;
                        }
                    }
                }
            }
        });
    }

    /// Writes what the queues taught, and keeps the gauges of how right their estimates were.
    pub(crate) fn learn(&mut self, app: Arc<App>) {
        let learner = Arc::clone(&app);
        self.every(Duration::from_secs(5), move || {
            let app = Arc::clone(&learner);
            async move {
                if let Err(fault) = app.learn().await {
                    tracing::debug!(peer = fault.peer, "what the queues taught waits");
                }
            }
        });
        self.every(Duration::from_mins(1), move || {
            let app = Arc::clone(&app);
            async move {
                if let Err(fault) = app.gauge_trust().await {
                    tracing::debug!(
                        peer = fault.peer,
                        "what the queues taught was not read for the gauges"
                    );
                }
            }
        });
    }

    /// Writes at the level that the configuration says now: a log is turned up while there is something to see.
    pub(crate) fn relevel(&mut self, level: Level, again: Again) {
        let under_way = Arc::new(Mutex::new((level, again, String::new())));
        self.every(Duration::from_secs(5), move || {
            let under_way = Arc::clone(&under_way);
            async move {
                let step = move || {
                    let mut held = under_way.lock().unwrap_or_else(PoisonError::into_inner);
                    let (level, again, complaint) = &mut *held;
                    let said = match again().and_then(|config| level.set(&config.log.level)) {
                        Ok(()) => String::new(),
                        Err(error) => format!("{error:#}"),
                    };
                    if !said.is_empty() && said != *complaint {
                        tracing::warn!(
                            error = said,
                            "the configuration as it stands now is not used"
                        );
                    }
                    *complaint = said;
                };
                // A panic in there has been reported where panics are.
                drop(tokio::task::spawn_blocking(step).await);
            }
        });
    }

    /// Tells webhooks what happened, and forgets what they were told long ago.
    pub(crate) fn herald(&mut self, app: Arc<App>) {
        let mut stop = self.stop.subscribe();
        let teller = Arc::clone(&app);
        self.tasks.spawn(async move {
            let mut beat = interval(HERALD_EVERY);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut rounds = JoinSet::new();
            loop {
                tokio::select! {
                    _ = beat.tick(), if rounds.len() < HERALDS => {
                        rounds.spawn(tell(Arc::clone(&teller), stop.clone()));
                    }
                    Some(_ended) = rounds.join_next() => {}
                    _ = stop.changed() => break,
                }
            }
            while rounds.join_next().await.is_some() {}
        });
        self.every(Duration::from_mins(1), move || {
            let app = Arc::clone(&app);
            async move {
                if let Err(fault) = app.forget_deliveries().await {
                    tracing::debug!(peer = fault.peer, "old deliveries are forgotten later");
                }
            }
        });
    }

    /// Writes down which keys were used.
    pub(crate) fn note_keys(&mut self, app: Arc<App>) {
        self.every(Duration::from_mins(1), move || {
            let app = Arc::clone(&app);
            async move {
                if let Err(fault) = app.keep_key_uses().await {
                    tracing::debug!(
                        peer = fault.peer,
                        "which keys were used is written down later"
                    );
                }
            }
        });
    }

    /// Tells people who watch what happened.
    pub(crate) fn watch(&mut self, app: Arc<App>) {
        self.every(WATCH_EVERY, move || {
            let app = Arc::clone(&app);
            async move {
                if let Err(fault) = app.tell_watchers().await {
                    tracing::debug!(peer = fault.peer, "those who watch are told later");
                }
            }
        });
    }

    /// Asks the routers whether they answer, also while nobody asks for a wait.
    pub(crate) fn probe(&mut self, urs: Arc<Urs>) {
        self.every(Duration::from_secs(10), move || {
            let urs = Arc::clone(&urs);
            async move {
                urs.probe(SystemClock.now()).await;
                #[expect(clippy::cast_precision_loss, reason = "a gauge needs no last digit")]
                metrics::gauge!("ALL_URS_DOWN").set(urs.all_down() as f64);
            }
        });
    }

    /// Runs a step again and again until told to stop.
    pub(crate) fn every<S, F>(&mut self, period: Duration, step: S)
    where
        S: Fn() -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        let mut stop = self.stop.subscribe();
        self.tasks.spawn(async move {
            let mut beat = interval(period);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = beat.tick() => step().await,
                    _ = stop.changed() => return,
                }
            }
        });
    }

    /// Tells every loop to stop at the end of its step.
    pub(crate) fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the step of each loop is done; one that takes longer than `patience`, and at least a second, is cut off.
    ///
    /// Every step may be: others, or this node when it is back, do what was left.
    pub(crate) async fn stop(mut self, patience: Duration) {
        self.tell_to_stop();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(patience.max(LAST_STEP), ended).await.is_err() {
            tracing::warn!("some work in the background was cut off; it is done again");
        }
    }
}

/// Tells webhooks until all had their turn.
async fn tell(app: Arc<App>, stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match app.herald().await {
            Ok(step) if step.full => {}
            Ok(_) => return,
            Err(fault) => {
                tracing::debug!(peer = fault.peer, "webhooks are told later");
                return;
            }
        }
    }
}

/// Waits for a bell, or for ever where there is none.
async fn rung(bell: Option<impl Future<Output = ()>>) {
    match bell {
        Some(bell) => bell.await,
        None => std::future::pending().await,
    }
}
