//! What tests begin with: a pretended routing server, and an adapter that asks some of them.

use std::net::TcpListener;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ges_contracts::given::{now, tenant};
use ges_contracts::stand_ins::Town;
use ges_contracts::wait_times::about;
use ges_domain::name::RegionName;
use ges_domain::time::Timestamp;
use ges_ports::{Fault, Location, Tenant, Tenants, Wait, WaitTimes};
use ges_simulators as sim;
use ges_urs::{Address, Config, Node, Urs};

/// How long a question may take in tests.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(500);

pub(crate) fn node(url: &str) -> Node {
    Node { url: Address::parse(url).unwrap(), region: None }
}

pub(crate) fn config(urls: &[&str]) -> Config {
    let millis = |ms| NonZeroU32::new(ms).unwrap();
    Config {
        nodes: urls.iter().map(|url| node(url)).collect(),
        connect_timeout_ms: millis(250),
        timeout_ms: millis(500),
        ..Config::default()
    }
}

pub(crate) fn adapter(config: Config) -> Urs {
    adapter_in(config, None)
}

/// A town in which the first tenant's routers are at these locations, as somebody read it then.
pub(crate) fn town(locations: &[(&str, &[&str])], read_at: Timestamp) -> Arc<Town> {
    let town = Arc::new(Town::of([tenant(1)], read_at));
    move_to(&town, locations, read_at);
    town
}

/// The first tenant's routers are others from now on.
pub(crate) fn move_to(town: &Town, locations: &[(&str, &[&str])], read_at: Timestamp) {
    let locations = locations.iter().map(|(name, routers)| Location {
        name: RegionName::parse(name).unwrap(),
        routers: routers.iter().map(|url| (*url).to_owned()).collect(),
        orchestrators: Vec::new(),
    });
    let before = town.known(tenant(1)).unwrap();
    town.settle(Tenant { locations: locations.collect(), read_at, ..Tenant::clone(&before) });
}

/// An adapter that finds tenants' own routers in a town.
#[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
pub(crate) fn adapter_in(config: Config, town: Option<&Arc<Town>>) -> Urs {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = config.tune(reqwest::Client::builder().no_proxy()).build().unwrap();
    Urs::new(config, client, town.map(|town| Arc::clone(town) as Arc<dyn Tenants>))
}

/// A pretended router whose time stands still.
pub(crate) async fn pretended() -> sim::Urs {
    let clock = sim::Clock::stepped(now().as_millisecond());
    sim::Urs::start(sim::UrsConfig { clock, ..sim::UrsConfig::default() }).await
}

/// The address of a node where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

pub(crate) async fn look_up(urs: &Urs, service: &str, at: Timestamp) -> Result<Wait, Fault> {
    urs.look_up(&about(service), at).await
}
