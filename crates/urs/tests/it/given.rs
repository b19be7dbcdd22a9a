//! What tests begin with: a pretended routing server, and an adapter that asks some of them.

use std::net::TcpListener;
use std::num::NonZeroU32;
use std::time::Duration;

use ges_contracts::given::now;
use ges_contracts::wait_times::about;
use ges_domain::time::Timestamp;
use ges_ports::{Fault, Wait, WaitTimes};
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

#[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
pub(crate) fn adapter(config: Config) -> Urs {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = config.tune(reqwest::Client::builder().no_proxy()).build().unwrap();
    Urs::new(config, client)
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
