//! Who is wired to whom: reads like the picture of the house.

mod clients;
pub(crate) mod memory;
pub(crate) mod orchestra;
pub(crate) mod peers;

use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context as _;
use ges_app::{App, Options, Ports};
use ges_auth::{Gws, Local};
use ges_domain::name::NodeName;
use ges_domain::time::SignedDuration;
use ges_ports::{Clock, Hooks, Seals, Tenants, WaitTimes};
use ges_urs::Urs;
use ges_web::About;
use ges_webhooks::Webhooks;

use crate::config::{Config, WhenUncounted};
use crate::health::{Pulse, Watch};
use crate::ids::{InstallationKey, SystemChance, SystemClock, SystemIds};
use crate::keys::Keys;
use crate::store::{self, Store};
use crate::traces::Recorded;
use memory::Memory;
use orchestra::Orchestra;

pub(crate) use clients::Clients;

/// The house, put together.
pub(crate) struct House {
    pub(crate) app: Arc<App>,
    pub(crate) store: Store,
    pub(crate) memory: Memory,
    /// The file of keys and people, where that is who is asked.
    pub(crate) access: Option<Local>,
    /// The platform, where that is who is asked.
    pub(crate) gws: Option<Gws>,
    pub(crate) health: Arc<Watch>,
    pub(crate) orchestra: Orchestra,
    pub(crate) urs: Option<Arc<Urs>>,
    /// What people are told of it.
    pub(crate) about: About,
}

impl House {
    /// The app as a worker sees it, called on the worker's own thread: with its own connections to the store.
    pub(crate) fn for_worker(app: &App, store: &Store) -> Arc<App> {
        Arc::new(app.by_way_of(store.callbacks_for_worker()))
    }
}

/// Puts the house together; `own_url` is where sessions find it.
pub(crate) async fn build(config: &Config, own_url: &str) -> anyhow::Result<House> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = store::open(config).await?;
    store.ensure_one_time().await?;
    let path = config.server.key_path();
    let key = InstallationKey::read_or_make(&path)
        .with_context(|| format!("the installation's key {}", path.display()))?;
    let clients = Clients::new(&config.egress)?;
    let seals: Arc<dyn Seals> = Arc::new(Keys::open(config, &key)?);
    let memory = memory::open(config, Arc::clone(&seals))?;
    let identity = peers::identity(config, &clients)?;
    let accounts = peers::accounts(config, &clients)?;
    let tenants = memory.tenants(identity.tenants);
    // A file of keys and people says nothing of nodes.
    let naming = identity.gws.is_some().then_some(&tenants);
    let orchestra = orchestra::open(config, &clients, own_url, &clock, naming)?;
    let urs = urs(config, &clients, naming)?;
    let ports = Ports {
        callbacks: Arc::clone(&store.callbacks),
        call_ins: Arc::clone(&store.call_ins),
        effects: Arc::clone(&store.effects),
        catalogues: Arc::clone(&store.catalogues),
        records: Arc::clone(&store.records),
        audit: Arc::clone(&store.audit),
        sessions: Arc::clone(&memory.sessions),
        deliveries: Arc::clone(&store.deliveries),
        hooks: Some(webhooks(config, &clients)?),
        credentials: identity.credentials,
        people: identity.people,
        tenants,
        api_keys: identity.api_keys,
        seals,
        chance: Arc::new(SystemChance),
        push: Some(accounts.push),
        humans: Some(accounts.humans),
        statistics: accounts.statistics,
        orchestrator: orchestra.port(),
        waits: urs.clone().map(|urs| memory.waits(urs as Arc<dyn WaitTimes>)),
        throttle: Arc::clone(&memory.throttle),
        notices: memory.notices.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::new(SystemIds::new(&key)),
    };
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        node: config.server.node.clone(),
        started_at: clock.now(),
        store: store.kind,
        shared_memory: if memory.shared.is_some() { "Redis" } else { "this process" },
    };
    let health = Watch::new(Arc::clone(&store.effects), clock)
        .over(orchestra.http.clone(), urs.clone())
        .beside(identity.gws.clone())
        .feeling(pulses(&memory, &orchestra));
    let mut app = App::new(ports, options(config)?);
    if !config.traces.endpoint.is_empty() {
        app = app.traced(Arc::new(Recorded));
    }
    Ok(House {
        app: Arc::new(app),
        store,
        memory,
        access: identity.local,
        gws: identity.gws,
        health: Arc::new(health),
        orchestra,
        urs,
        about,
    })
}

fn options(config: &Config) -> anyhow::Result<Options> {
    let node = NodeName::parse(&config.server.node).context("server.node")?;
    Ok(Options {
        lease: SignedDuration::from_secs(config.dispatch.lease_seconds.into()),
        batch: config.dispatch.batch,
        ahead: SignedDuration::from_millis(config.dispatch.ahead_ms.into()),
        concurrency: config.dispatch.concurrency,
        retention: SignedDuration::from_hours(24 * i64::from(config.retention.days)),
        audit: SignedDuration::from_hours(24 * i64::from(config.retention.audit_days)),
        requests_per_key: NonZeroU32::new(config.throttle.requests_per_key_per_minute),
        admit_uncounted: config.throttle.when_uncounted == WhenUncounted::Admit,
        delivery_log: SignedDuration::from_hours(24 * i64::from(config.webhooks.log_days.get())),
        ..Options::new(node)
    })
}

/// The neighbours that are asked in turn how they fare.
fn pulses(memory: &Memory, orchestra: &Orchestra) -> Vec<Pulse> {
    let mut pulses = Vec::new();
    if let Some(shared) = memory.shared.clone() {
        pulses.push(Pulse::of("redis", "REDIS_CONNECTION", move || {
            let shared = Arc::clone(&shared);
            Box::pin(async move { shared.ping().await })
        }));
    }
    if let Some(stream) = orchestra.stream.clone() {
        let pulse = Pulse::of("ors_stream", "ORS_REDIS_STATUS", move || {
            let stream = Arc::clone(&stream);
            Box::pin(async move { stream.ping().await })
        });
        pulses.push(pulse.grave());
    }
    pulses
}

fn webhooks(config: &Config, clients: &Clients) -> anyhow::Result<Arc<dyn Hooks>> {
    let client = config.webhooks.tune(clients.builder()).build();
    let client = client.context("the client of the webhooks")?;
    Ok(Arc::new(Webhooks::new(config.webhooks.clone(), client)))
}

/// The routers, where any is configured, or `tenants` say which are theirs.
pub(crate) fn urs(
    config: &Config,
    clients: &Clients,
    tenants: Option<&Arc<dyn Tenants>>,
) -> anyhow::Result<Option<Arc<Urs>>> {
    let asked = tenants.is_some()
        || !config.urs.nodes.is_empty()
        || config.urs.tenants.values().any(|tenant| !tenant.nodes.is_empty());
    if !asked {
        return Ok(None);
    }
    let client = config.urs.tune(clients.builder()).build().context("the client of the URS")?;
    Ok(Some(Arc::new(Urs::new(config.urs.clone(), client, tenants.map(Arc::clone)))))
}
