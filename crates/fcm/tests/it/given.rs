//! What tests begin with: a pretended push service, and an adapter that sends by it.

use std::num::NonZeroU32;

use ges_contracts::given::now;
use ges_domain::time::Timestamp;
use ges_fcm::{Config, Fcm};
use ges_ports::{Delivery, Fault, Push, PushAccount, PushMessage, Secret};
use ges_simulators as sim;

#[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
pub(crate) fn adapter(url: &str) -> Fcm {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let millis = |ms| NonZeroU32::new(ms).unwrap();
    let config = Config {
        url: url.parse().unwrap(),
        token_url: format!("{url}/token").parse().unwrap(),
        connect_timeout_ms: millis(250),
        timeout_ms: millis(500),
    };
    let client = config.tune(reqwest::Client::builder().no_proxy()).build().unwrap();
    Fcm::new(config, client)
}

/// A pretended push service whose time stands still.
pub(crate) async fn pretended() -> sim::Fcm {
    let clock = sim::Clock::stepped(now().as_millisecond());
    sim::Fcm::start(0, clock).await.unwrap()
}

/// The account that the pretended service knows from the start.
pub(crate) fn account(peer: &sim::Fcm) -> PushAccount {
    let handed_out = peer.service_account();
    let field = |name: &str| handed_out[name].as_str().unwrap().to_owned();
    PushAccount {
        project: field("project_id"),
        email: field("client_email"),
        key_id: field("private_key_id"),
        private_key: Secret::new(field("private_key")),
    }
}

/// A notice for a device.
pub(crate) fn notice(peer: &sim::Fcm, token: &str) -> PushMessage {
    ges_contracts::push::notice(account(peer), token)
}

pub(crate) async fn deliver(
    fcm: &Fcm,
    peer: &sim::Fcm,
    token: &str,
    at: Timestamp,
) -> Result<Delivery, Fault> {
    fcm.deliver(&notice(peer, token), at).await
}
