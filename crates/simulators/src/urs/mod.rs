//! URS, the routing server: it is asked how long a virtual queue waits. Its answers come from the
//! true state of a contact centre, or from what a test lays down.

mod answer;
mod http;

pub use answer::{Aqt, Told};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use std::{fmt, io};

use actix_web::web::{Data, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::{Listener, Peer, Wire, held};
use crate::{Clock, Floor};

/// What a URS starts with.
#[derive(Clone, Debug)]
pub struct UrsConfig {
    /// Where it listens; 0 takes a free port.
    pub port: u16,
    /// The clock it lives by.
    pub clock: Clock,
    /// The contact centre that it tells of.
    pub floor: Option<Floor>,
    /// The only tenant that it knows; without one it knows every tenant that is named.
    pub tenant: Option<String>,
    /// Groups of virtual queues, by a name that ends in `.GQ`.
    pub groups: BTreeMap<String, Vec<String>>,
}

impl Default for UrsConfig {
    fn default() -> Self {
        let (floor, tenant, groups) = (None, None, BTreeMap::new());
        Self { port: 0, clock: Clock::real(), floor, tenant, groups }
    }
}

impl UrsConfig {
    /// Tells of this contact centre, and lives by its clock.
    #[must_use]
    pub fn floor(self, floor: Floor) -> Self {
        Self { clock: floor.clock().clone(), floor: Some(floor), ..self }
    }

    /// Knows this group of virtual queues; its name ends in `.GQ`.
    #[must_use]
    pub fn group(mut self, name: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|&member| member.to_owned()).collect();
        self.groups.insert(name.to_owned(), members);
        self
    }
}

/// What a URS can get wrong in its own trade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct UrsKnobs {
    /// Figures are written as strings.
    pub strings: bool,
    /// It is the backup of a pair and answers nothing: 503.
    pub backup: bool,
    /// Answers stay what they were when first asked for.
    pub frozen: bool,
}

#[derive(Debug, Default)]
struct Desk {
    knobs: UrsKnobs,
    told: BTreeMap<String, Told>,
    frozen: BTreeMap<(String, &'static str), Value>,
    /// Queues that were asked about, for the page.
    asked: BTreeSet<String>,
}

struct Shared {
    wire: Arc<Wire>,
    desk: Mutex<Desk>,
    floor: Option<Floor>,
    tenant: Option<String>,
    groups: BTreeMap<String, Vec<String>>,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        held(&self.desk)
    }

    fn clock(&self) -> &Clock {
        &self.wire.clock
    }
}

/// A URS that runs. Dropping it stops it.
///
/// It is a [`Peer`]: the words that all neighbours share are its words too.
pub struct Urs {
    peer: Peer,
    shared: Arc<Shared>,
}

impl fmt::Debug for Urs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Urs").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Deref for Urs {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

impl Urs {
    /// Starts a URS.
    ///
    /// # Panics
    /// If the port is taken. A test has no better answer to that; the binary uses
    /// [`Urs::try_start`].
    pub async fn start(config: UrsConfig) -> Self {
        Self::try_start(config).await.expect("the port is free")
    }

    /// Starts a URS.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn try_start(config: UrsConfig) -> io::Result<Self> {
        let UrsConfig { port, clock, floor, tenant, groups } = config;
        let wire = Arc::new(Wire::new("urs", clock));
        let desk = Mutex::default();
        let shared = Arc::new(Shared { wire: Arc::clone(&wire), desk, floor, tenant, groups });
        let peer = Peer::serve(wire, vec![Listener::bind(port)?], |_| {
            let shared = Arc::clone(&shared);
            move || {
                let shared = Arc::clone(&shared);
                move |config: &mut ServiceConfig| {
                    if let Some(floor) = &shared.floor {
                        config.configure(crate::floor::routes(floor));
                    }
                    config.app_data(Data::from(shared)).configure(http::routes);
                }
            }
        })?;
        Ok(Self { peer, shared })
    }

    /// Every question about this queue is answered with this wait, whole seconds, and three
    /// callers ahead.
    pub fn set_wait(&self, vq: &str, wait: Duration) {
        let ewt = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
        self.tell(vq, Told { ewt: Some(ewt), ..Told::default() });
    }

    /// Nobody is logged in to this queue.
    pub fn close(&self, vq: &str) {
        self.tell(vq, Told { ewt: Some(-1), ..Told::default() });
    }

    /// Every question about this queue is answered so.
    pub fn tell(&self, vq: &str, told: Told) {
        self.shared.desk().told.insert(vq.to_owned(), told);
    }

    /// Questions about this queue are answered from the contact centre again; without one, as of
    /// a queue that nobody ever entered.
    pub fn untell(&self, vq: &str) {
        self.shared.desk().told.remove(vq);
    }

    /// What it gets wrong from now on.
    pub fn misbehave(&self, change: impl FnOnce(&mut UrsKnobs)) {
        let mut desk = self.shared.desk();
        change(&mut desk.knobs);
        desk.frozen.clear();
    }
}
