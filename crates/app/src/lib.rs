#![doc = include_str!("../README.md")]

mod administration;
mod admission;
mod api_keys;
mod board;
mod bookings;
mod bulk;
mod call_ins;
mod callers;
mod changes;
mod checks;
mod chronicle;
mod credentials;
mod dispatch;
mod estimates;
mod failure;
mod herald;
mod key_uses;
mod learning;
mod live;
mod nearness;
mod news;
mod notices;
mod offers;
mod people;
mod retention;
mod sessions;
mod settings;
mod shelf;
mod statistics;
mod tenants;
mod trust;
mod webhooks;
mod worklist;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use ges_domain::callback::Changed;
use ges_domain::effect::Lane;
use ges_domain::id::TenantId;
use ges_domain::name::{NodeName, QueueName};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    ApiKeys, AtHand, Audit, CallIns, Callbacks, Catalogues, Chance, Clock, Credentials, Deliveries,
    Effects, Hooks, Humans, Ids, Notices, Orchestrator, People, Push, Records, Seals, Sessions,
    Statistics, Tenants, Throttle, Traces, Untraced, WaitTimes,
};
use tokio::sync::Notify;

use board::Trends;
use bulk::Bulk;
use credentials::Keyring;
use dispatch::ahead::Ahead;
use herald::Herald;
use key_uses::KeyUses;
use learning::Learning;
use live::Live;
use retention::Illegible;

pub use administration::{AdministerFailure, Administered, Loaded, Mode};
pub use api_keys::KnownKey;
pub use board::{Opening, QueueRow, Sample};
pub use bookings::Wish;
pub use bulk::{
    BulkAction, BulkFailure, BulkJob, BulkOrder, BulkPage, BulkPlace, BulkPreview, BulkRow,
    BulkRows, BulkStanding, BulkStep, MOST_AT_ONCE, RowFate, UNFINISHED,
};
pub use call_ins::{CallInFailure, CallInWish, GroupFailure, KnownGroup};
pub use callers::Caller;
pub use changes::Watermark;
pub use checks::{Checked, Enquiry};
pub use chronicle::{Author, Chronicled, Difference, Thing};
pub use credentials::{
    CredentialKind, Described, Entry, PutFailure, Rotation, Shown, Tried, credential_kinds,
};
pub use dispatch::Tick;
pub use estimates::{Expectation, QueueCoverage, QueueStatus};
pub use failure::Failure;
pub use herald::Heralded;
pub use live::{CannotWatch, Happened, Watcher};
pub use notices::Unsent;
pub use offers::{Availability, AvailabilityQuery, Slots};
pub use people::{Arrival, Departure, Presence, Return, SignIn, SignedIn};
pub use retention::{Dossier, Forgotten, Purged};
pub use sessions::{Call, Started};
pub use settings::PublishFailure;
pub use shelf::{Shelf, Stock};
pub use statistics::NoFigures;
pub use webhooks::{WantedWebhook, WebhookFailure, WebhookRow};
pub use worklist::{COUNTED, Count, seen};

/// The outside, one port each; a neighbour that is not configured is absent.
#[derive(Clone)]
pub struct Ports {
    /// The callbacks' store.
    pub callbacks: Arc<dyn Callbacks>,
    /// Numbers that were given to customers to dial.
    pub call_ins: Arc<dyn CallIns>,
    /// The outbox.
    pub effects: Arc<dyn Effects>,
    /// The tenants' catalogues.
    pub catalogues: Arc<dyn Catalogues>,
    /// What the queues have taught, and other small documents.
    pub records: Arc<dyn Records>,
    /// Who did what.
    pub audit: Arc<dyn Audit>,
    /// What webhooks hear.
    pub deliveries: Arc<dyn Deliveries>,
    /// The webhooks themselves; without them nobody is told.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// API keys.
    pub credentials: Arc<dyn Credentials>,
    /// Who is signed in.
    pub sessions: Arc<dyn Sessions>,
    /// The orchestration server; without one, callbacks stay SCHEDULED.
    pub orchestrator: Option<Arc<dyn Orchestrator>>,
    /// The router; without one, every wait is unknown.
    pub waits: Option<Arc<dyn WaitTimes>>,
    /// The counters.
    pub throttle: Arc<dyn Throttle>,
    /// The other nodes' ears; without them, each finds out by looking.
    pub notices: Option<Arc<dyn Notices>>,
    /// Who may sign in, and what they may do.
    pub people: Arc<dyn People>,
    /// The contact centres.
    pub tenants: Arc<dyn Tenants>,
    /// Keys of the public API, given out and taken back.
    pub api_keys: Arc<dyn ApiKeys>,
    /// Secrets at rest, and away.
    pub seals: Arc<dyn Seals>,
    /// New secrets.
    pub chance: Arc<dyn Chance>,
    /// The push service; without one, no device is told anything.
    pub push: Option<Arc<dyn Push>>,
    /// The captcha service; without one, no tenant can demand a captcha.
    pub humans: Option<Arc<dyn Humans>>,
    /// The statistics service; without one, there are no figures.
    pub statistics: Option<Arc<dyn Statistics>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// New names.
    pub ids: Arc<dyn Ids>,
}

/// How the house behaves where its operator may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// This node, as owner of leases.
    pub node: NodeName,
    /// How long a node may work on what it leased before others take it over.
    pub lease: SignedDuration,
    /// Effects of the lanes of sessions and of looks taken in one step, 1 to 1000; of notices, 64 are.
    pub batch: u16,
    /// How long before their time effects for sessions may be leased. A quarter of `lease` at most, whatever is said here, so
    /// that the lease lasts when their time comes.
    pub ahead: SignedDuration,
    /// Calls to the orchestration server under way at once.
    pub concurrency: usize,
    /// Requests of the public API that one key may send in any minute; none is no limit.
    pub requests_per_key: Option<NonZeroU32>,
    /// Whether bookings go on while the counters cannot be reached.
    pub admit_uncounted: bool,
    /// How long the log of webhooks' deliveries is kept.
    pub delivery_log: SignedDuration,
    /// How long records are kept after they ended.
    pub retention: SignedDuration,
    /// How long the audit logs are kept.
    pub audit: SignedDuration,
}

impl Options {
    /// The usual behaviour of a node.
    pub fn new(node: NodeName) -> Self {
        Self {
            node,
            lease: SignedDuration::from_secs(30),
            batch: 500,
            ahead: SignedDuration::from_secs(3),
            concurrency: 64,
            requests_per_key: None,
            admit_uncounted: true,
            delivery_log: SignedDuration::from_hours(7 * 24),
            retention: retention::KEPT,
            audit: retention::AUDIT_KEPT,
        }
    }
}

/// The use cases.
pub struct App {
    ports: Ports,
    options: Options,
    shelf: Arc<Shelf>,
    at_hand: AtHand,
    learning: Arc<Learning>,
    traces: Arc<dyn Traces>,
    keyring: Arc<Keyring>,
    herald: Arc<Herald>,
    live: Arc<Live>,
    bulk: Arc<Bulk>,
    trends: Arc<Trends>,
    /// The queues that have gauges of their own.
    gauged: Arc<Mutex<HashSet<(TenantId, QueueName)>>>,
    key_uses: Arc<KeyUses>,
    illegible: Arc<Illegible>,
    bells: Arc<Bells>,
    ahead: Arc<Ahead>,
}

/// Rung when something became due in this process, so that dispatch need not wait for its next look: a bell for each lane.
#[derive(Default)]
struct Bells {
    sessions: Notify,
    looks: Notify,
    notices: Notify,
}

impl Bells {
    const fn of(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Sessions => &self.sessions,
            Lane::Looks => &self.looks,
            Lane::Notices => &self.notices,
        }
    }
}

impl App {
    /// Puts the house together.
    pub fn new(ports: Ports, options: Options) -> Self {
        let shelf = Arc::new(Shelf::new(Arc::clone(&ports.catalogues)));
        let at_hand = AtHand::new(Arc::clone(&ports.tenants), tenants::SWITCH);
        let learning = Learning::new(Arc::clone(&ports.records), options.node.clone());
        let live = Live::new(options.lease);
        Self {
            ports,
            options,
            shelf,
            at_hand,
            learning: Arc::new(learning),
            keyring: Arc::default(),
            herald: Arc::default(),
            live: Arc::new(live),
            bulk: Arc::default(),
            trends: Arc::default(),
            gauged: Arc::default(),
            key_uses: Arc::default(),
            illegible: Arc::default(),
            traces: Arc::new(Untraced),
            bells: Arc::default(),
            ahead: Arc::default(),
        }
    }

    /// The same house, with a recorder of its traces.
    #[must_use]
    pub fn traced(self, traces: Arc<dyn Traces>) -> Self {
        Self { traces, ..self }
    }

    /// The recorder of traces.
    pub fn traces(&self) -> &dyn Traces {
        self.traces.as_ref()
    }

    /// The same house on another way to the callbacks' store, for a worker that has connections of its own; what this
    /// node knows, learns and waits for stays one.
    #[must_use]
    pub fn by_way_of(&self, callbacks: Arc<dyn Callbacks>) -> Self {
        Self {
            ports: Ports { callbacks, ..self.ports.clone() },
            options: self.options.clone(),
            shelf: Arc::clone(&self.shelf),
            at_hand: self.at_hand.clone(),
            learning: Arc::clone(&self.learning),
            keyring: Arc::clone(&self.keyring),
            herald: Arc::clone(&self.herald),
            live: Arc::clone(&self.live),
            bulk: Arc::clone(&self.bulk),
            trends: Arc::clone(&self.trends),
            gauged: Arc::clone(&self.gauged),
            key_uses: Arc::clone(&self.key_uses),
            illegible: Arc::clone(&self.illegible),
            traces: Arc::clone(&self.traces),
            bells: Arc::clone(&self.bells),
            ahead: Arc::clone(&self.ahead),
        }
    }

    /// Now: asked once per use case, so that one request has one now.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// New names, for those who must name a request.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.ports.ids
    }

    /// The tenants' services as this node knows them.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Waits until something became due in a lane in this process.
    pub async fn until_due(&self, lane: Lane) {
        self.bells.of(lane).notified().await;
    }

    /// Lets dispatch look at a lane now.
    pub(crate) fn ring(&self, lane: Lane) {
        self.bells.of(lane).notify_one();
    }

    /// Lets dispatch look now at what a change left in the outbox.
    pub(crate) fn ring_for(&self, changed: &Changed) {
        for effect in &changed.effects {
            self.ring(effect.lane());
        }
    }
}
