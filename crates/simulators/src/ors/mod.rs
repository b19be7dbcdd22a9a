//! ORS, the orchestration server: it runs one session for each attempt at a callback, and the
//! session tells the callback's owner how it goes.

mod http;
mod journal;
mod knobs;
mod life;
mod report;
mod script;
mod session;
mod start;
mod stream;
mod world;

pub use journal::{PlacedCall, Reported, SessionView};
pub use script::Script;
pub use session::State;
pub use start::{Served, Start, StartError};
pub use stream::{Entered, Fate, StreamConfig};
pub use world::Knobs;

pub use crate::progress::DialResult;

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use std::{fmt, io};

use actix_web::web::{Data, ServiceConfig};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::span::millis;
use crate::wire::{Bounded, Listener, Peer, Wire, held};
use crate::{Clock, Floor, client};
use life::Life;
use report::Reporter;
use script::Scripted;
use world::World;

/// How an ORS answers an accepted start; all three were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartReply {
    /// The session id and nothing else.
    #[default]
    Bare,
    /// `{"_id": …}`.
    Json,
    /// Nothing at all: the session makes itself known.
    Empty,
}

/// What an ORS starts with.
#[derive(Clone, Debug)]
pub struct OrsConfig {
    /// One port for each node; 0 takes a free one. With two, the nodes share their sessions, and
    /// each redirects calls about the other's.
    pub ports: Vec<u16>,
    /// The clock it lives by.
    pub clock: Clock,
    /// The same seed gives the same ids and the same chances.
    pub seed: u64,
    /// How its callbacks fare where there is no floor.
    pub script: Script,
    /// The contact centre that they go through.
    pub floor: Option<Floor>,
    /// The stream from which it takes starts beside HTTP; each node is a consumer of its own.
    pub stream: Option<StreamConfig>,
    /// What it gets wrong from the start.
    pub knobs: Knobs,
    /// How it answers a start.
    pub start_reply: StartReply,
    /// Session ids begin with `~<node>~`.
    pub prefixed_ids: bool,
}

impl Default for OrsConfig {
    fn default() -> Self {
        Self {
            ports: vec![0],
            clock: Clock::real(),
            seed: 1,
            script: Script::default(),
            floor: None,
            stream: None,
            knobs: Knobs::default(),
            start_reply: StartReply::default(),
            prefixed_ids: false,
        }
    }
}

impl OrsConfig {
    /// Two nodes on free ports.
    #[must_use]
    pub fn two_nodes(self) -> Self {
        Self { ports: vec![0, 0], ..self }
    }

    /// Lives by this clock.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Callbacks fare by this script.
    #[must_use]
    pub fn script(self, script: Script) -> Self {
        Self { script, ..self }
    }

    /// Callbacks go through this contact centre, and the ORS lives by its clock.
    #[must_use]
    pub fn floor(self, floor: Floor) -> Self {
        Self { clock: floor.clock().clone(), floor: Some(floor), ..self }
    }
}

/// What the nodes of one ORS share.
pub(crate) struct Shared {
    wire: Arc<Wire>,
    world: Mutex<World>,
    reporter: Reporter,
    start_reply: StartReply,
    urls: Vec<String>,
    woken: Notify,
    entered: Mutex<Bounded<Entered>>,
}

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        held(&self.world)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.wire.clock
    }

    /// Something changed: what is due and what is to be told must be looked at again.
    fn wake(&self) {
        self.woken.notify_one();
    }

    /// Catches up with the clock, sends on what there is to tell, and says when to look again.
    fn turn(self: &Arc<Self>) -> Option<i64> {
        let (orders, next_at) = {
            let mut world = self.world();
            world.catch_up();
            (world.outbox.drain(..).collect(), world.next_at())
        };
        self.reporter.send(self, orders);
        next_at
    }
}

/// One node, as its routes see it.
struct Node {
    index: usize,
    shared: Arc<Shared>,
}

impl Node {
    fn name(&self) -> String {
        node_name(self.index)
    }
}

fn node_name(index: usize) -> String {
    format!("{}", 4_665 + index)
}

/// An ORS that runs. Dropping it stops it.
///
/// It is a [`Peer`]: the words that all neighbours share are its words too.
pub struct Ors {
    peer: Peer,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl fmt::Debug for Ors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ors").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Deref for Ors {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

impl Ors {
    /// Starts an ORS.
    ///
    /// # Panics
    /// If a port is taken. A test has no better answer to that; the binary uses [`Ors::try_start`].
    pub async fn start(config: OrsConfig) -> Self {
        Self::try_start(config).await.expect("the ports are free")
    }

    /// Starts an ORS. It needs a tokio runtime, which must live as long as the ORS.
    ///
    /// # Errors
    /// If a port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn try_start(config: OrsConfig) -> io::Result<Self> {
        let wire = Arc::new(Wire::new("ors", config.clock.clone()));
        let listeners = config
            .ports
            .iter()
            .map(|port| Listener::bind(*port))
            .collect::<io::Result<Vec<_>>>()?;
        let names = (0..listeners.len()).map(node_name).collect();
        let floor = config.floor;
        let life = floor.clone().map_or_else(
            || Life::Scripted(Box::new(Scripted::new(config.script, config.seed))),
            Life::Centre,
        );
        let world =
            World::new(config.clock, config.seed, names, config.prefixed_ids, config.knobs, life);
        let shared = Arc::new(Shared {
            wire: Arc::clone(&wire),
            world: Mutex::new(world),
            reporter: Reporter::new(client()),
            start_reply: config.start_reply,
            urls: listeners.iter().map(|listener| listener.url.clone()).collect(),
            woken: Notify::new(),
            entered: Mutex::default(),
        });
        let peer = Peer::serve(wire, listeners, |index| {
            let (shared, floor) = (Arc::clone(&shared), floor.clone());
            move || {
                let node = Data::new(Node { index, shared: Arc::clone(&shared) });
                let floor = floor.clone();
                move |config: &mut ServiceConfig| {
                    config.app_data(node).configure(http::routes).configure(knobs::routes);
                    if let Some(floor) = floor {
                        config.configure(crate::floor::routes(&floor));
                    }
                }
            }
        })?;
        let mut tasks = vec![tokio::spawn(drive(Arc::clone(&shared)))];
        if let Some(stream) = config.stream {
            for node in 0..shared.urls.len() {
                let consumer = stream::consume(Arc::clone(&shared), node, stream.clone());
                tasks.push(tokio::spawn(consumer));
            }
        }
        Ok(Self { peer, shared, tasks })
    }

    /// The sessions that live now.
    pub fn sessions(&self) -> Vec<SessionView> {
        self.shared.world().views()
    }

    /// Every phone that rang, in the order of the first ring.
    pub fn calls(&self) -> Vec<PlacedCall> {
        self.shared.world().calls.all()
    }

    /// Every try to tell an owner something, in the order in which the tries ended.
    pub fn reports(&self) -> Vec<Reported> {
        held(&self.shared.reporter.told).all()
    }

    /// What became of the entries of the start stream, in the order in which they were looked at.
    pub fn entered(&self) -> Vec<Entered> {
        held(&self.shared.entered).all()
    }

    /// Makes a session vanish without a word; false if there is no such session.
    pub fn lose_session(&self, session_id: &str) -> bool {
        self.shared.world().forget(session_id)
    }

    /// What it gets wrong from now on.
    pub fn misbehave(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut self.shared.world().knobs);
    }

    /// How callbacks fare from their next step on, where there is no floor.
    pub fn rescript(&self, change: impl FnOnce(&mut Script)) {
        if let Life::Scripted(life) = &mut self.shared.world().life {
            change(&mut life.script);
        }
    }

    /// Turns a stepped clock forward from event to event. After each it waits until the owners
    /// have answered what they were told, so that a refusal comes in its place.
    pub async fn advance(&self, by: Duration) {
        let clock = self.shared.clock();
        let target = clock.now_ms() + millis(by);
        loop {
            self.settle().await;
            let now = clock.now_ms();
            let next = self.shared.world().next_at().filter(|at| *at <= target);
            clock.advance(to(now, next.unwrap_or(target)));
            if next.is_none() {
                break;
            }
        }
        self.settle().await;
    }

    /// Lets happen what is due now, and waits until every update is answered or waits for its
    /// next try.
    pub async fn settle(&self) {
        self.shared.turn();
        self.shared.reporter.rest().await;
    }
}

fn to(now_ms: i64, at_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms - now_ms).unwrap_or(0))
}

impl Drop for Ors {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.reporter.stop();
    }
}

async fn drive(shared: Arc<Shared>) {
    loop {
        let woken = shared.woken.notified();
        let next_at = shared.turn();
        let due = async {
            match next_at {
                Some(at) => shared.clock().sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = woken => {}
            () = due => {}
        }
    }
}
