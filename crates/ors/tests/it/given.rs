//! What tests begin with: a clock turned by hand, an adapter at pretended nodes, a node where nobody listens.

use std::net::TcpListener;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use ges_contracts::given::{now, tenant};
use ges_contracts::stand_ins::Town;
use ges_domain::callback::{Reason, Sighting};
use ges_domain::effect::Signal;
use ges_domain::name::RegionName;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ors::{Config, Node, Order, Ors};
use ges_ports::{
    Clock, Inquiry, Location, Orchestrator, SessionRef, SessionRequest, Tenant, Tenants,
};
use ges_simulators as sim;
use url::Url;

/// A clock that stands until it is turned.
pub(crate) struct Hand(Mutex<Timestamp>);

impl Hand {
    pub(crate) fn turn(&self, secs: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(secs);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) fn clock() -> Arc<Hand> {
    Arc::new(Hand(Mutex::new(now())))
}

/// Where the sessions would find us, if their clock ran.
pub(crate) fn ges_url() -> Url {
    Url::parse("http://127.0.0.1:9/").unwrap()
}

pub(crate) fn millis(ms: u32) -> NonZeroU32 {
    NonZeroU32::new(ms).unwrap()
}

pub(crate) fn node(url: &str) -> Node {
    Node { url: Url::parse(url).unwrap(), region: None, name: None }
}

/// Nodes in this order; a try may take half a second.
pub(crate) fn config(urls: &[&str]) -> Config {
    Config {
        nodes: urls.iter().map(|url| node(url)).collect(),
        order: Order::Linear,
        connect_timeout_ms: millis(250),
        timeout_ms: millis(500),
        ..Config::default()
    }
}

pub(crate) fn adapter(config: Config, clock: &Arc<Hand>) -> Ors {
    adapter_in(config, clock, None)
}

/// An adapter that finds tenants' own nodes in a town.
pub(crate) fn adapter_in(config: Config, clock: &Arc<Hand>, town: Option<&Arc<Town>>) -> Ors {
    let client = client(&config);
    let town = town.map(|town| Arc::clone(town) as Arc<dyn Tenants>);
    Ors::new(config, ges_url(), client, Arc::clone(clock) as Arc<dyn Clock>, town)
}

/// A town in which the first tenant's orchestration servers are at these locations.
pub(crate) fn town(locations: &[(&str, &[&str])]) -> Arc<Town> {
    let town = Arc::new(Town::of([tenant(1)], now()));
    move_to(&town, locations, now());
    town
}

/// The first tenant's orchestration servers are others from now on.
pub(crate) fn move_to(town: &Town, locations: &[(&str, &[&str])], read_at: Timestamp) {
    let locations = locations.iter().map(|(name, orchestrators)| Location {
        name: RegionName::parse(name).unwrap(),
        routers: Vec::new(),
        orchestrators: orchestrators.iter().map(|url| (*url).to_owned()).collect(),
    });
    let before = town.known(tenant(1)).unwrap();
    town.settle(Tenant { locations: locations.collect(), read_at, ..Tenant::clone(&before) });
}

#[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
fn client(config: &Config) -> reqwest::Client {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    config.tune(reqwest::Client::builder().no_proxy()).build().unwrap()
}

/// A pretended ORS whose time stands still: sessions begin, and wait.
pub(crate) async fn pretended(config: sim::OrsConfig) -> sim::Ors {
    let start_ms = now().as_millisecond();
    sim::Ors::start(config.clock(sim::Clock::stepped(start_ms))).await
}

/// The address of a node where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Starts a session that must begin.
pub(crate) async fn begun(ors: &Ors, request: &SessionRequest) -> SessionRef {
    let receipt = ors.start(request).await.unwrap();
    SessionRef {
        tenant: request.callback.tenant,
        callback: request.callback.id,
        session: receipt.session.unwrap(),
        node: receipt.node,
    }
}

/// What a session says that must live.
pub(crate) async fn lives(ors: &Ors, session: &SessionRef) -> Sighting {
    match ors.query(session).await.unwrap() {
        Inquiry::Lives(said) => *said,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn cancel() -> Signal {
    Signal::Cancel { reason: Reason::CANCELLED, by: String::from("ui") }
}

/// How many requests with this in their path a pretended neighbour received.
pub(crate) fn heard(peer: &sim::Peer, path: &str) -> usize {
    peer.received().iter().filter(|received| received.path.contains(path)).count()
}
