//! Who is wired to whom: reads like the picture of the house.

use std::sync::Arc;

use anyhow::Context as _;
use ges_app::{App, Options, Ports};
use ges_auth::local::Local;
use ges_domain::name::NodeName;
use ges_domain::time::SignedDuration;
use ges_embedded::Counters;
use ges_ors::Ors;
use ges_ports::{Clock, Credentials, Effects, Orchestrator, WaitTimes};
use ges_urs::Urs;

use crate::config::Config;
use crate::first_start;
use crate::health::Watch;
use crate::ids::{InstallationKey, SystemClock, SystemIds};
use crate::store;
use crate::traces::Recorded;

/// The house, put together.
pub(crate) struct House {
    pub(crate) app: Arc<App>,
    pub(crate) effects: Arc<dyn Effects>,
    pub(crate) access: Local,
    pub(crate) health: Arc<Watch>,
    pub(crate) ors: Option<Arc<Ors>>,
    pub(crate) urs: Option<Arc<Urs>>,
    pub(crate) store: String,
}

/// Puts the house together; `own_url` is where sessions find it.
pub(crate) async fn build(config: &Config, own_url: &str) -> anyhow::Result<House> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = store::open(config).await?;
    let path = config.server.key_path();
    let key = InstallationKey::read_or_make(&path)
        .with_context(|| format!("the installation's key {}", path.display()))?;
    let access = first_start::access(config)?;
    let ors = ors(config, own_url, &clock)?;
    let urs = urs(config)?;
    let ports = Ports {
        callbacks: Arc::clone(&store.callbacks),
        effects: Arc::clone(&store.effects),
        catalogues: Arc::clone(&store.catalogues),
        records: Arc::clone(&store.records),
        credentials: Arc::new(access.clone()) as Arc<dyn Credentials>,
        orchestrator: ors.clone().map(|ors| ors as Arc<dyn Orchestrator>),
        waits: urs.clone().map(|urs| urs as Arc<dyn WaitTimes>),
        throttle: Arc::new(Counters::default()),
        clock: Arc::clone(&clock),
        ids: Arc::new(SystemIds::new(&key)),
    };
    let node = NodeName::parse(&config.server.node).context("server.node")?;
    let options = Options {
        lease: SignedDuration::from_secs(config.dispatch.lease_seconds.into()),
        batch: config.dispatch.batch,
        concurrency: config.dispatch.concurrency,
        ..Options::new(node)
    };
    let health = Arc::new(Watch::new(Arc::clone(&store.effects), ors.clone(), urs.clone(), clock));
    let mut app = App::new(ports, options);
    if !config.traces.endpoint.is_empty() {
        app = app.traced(Arc::new(Recorded));
    }
    Ok(House {
        app: Arc::new(app),
        effects: store.effects,
        access,
        health,
        ors,
        urs,
        store: store.name,
    })
}

/// The client of a neighbour, without its own settings.
#[expect(clippy::disallowed_methods, reason = "clients are built here and handed in")]
fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().user_agent(concat!("ges/", env!("CARGO_PKG_VERSION")))
}

fn ors(config: &Config, own_url: &str, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<Arc<Ors>>> {
    if config.ors.nodes.is_empty() {
        return Ok(None);
    }
    let url = match config.server.internal_url.as_str() {
        "" => own_url,
        url => url,
    };
    let url = url.parse().with_context(|| format!("server.internal_url: `{url}`"))?;
    let client = config.ors.tune(client()).build().context("the client of the ORS")?;
    Ok(Some(Arc::new(Ors::new(config.ors.clone(), url, client, Arc::clone(clock)))))
}

fn urs(config: &Config) -> anyhow::Result<Option<Arc<Urs>>> {
    let asked = !config.urs.nodes.is_empty()
        || config.urs.tenants.values().any(|tenant| !tenant.nodes.is_empty());
    if !asked {
        return Ok(None);
    }
    let client = config.urs.tune(client()).build().context("the client of the URS")?;
    Ok(Some(Arc::new(Urs::new(config.urs.clone(), client))))
}
