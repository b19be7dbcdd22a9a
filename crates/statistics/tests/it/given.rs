//! What tests begin with: a pretended platform, and an adapter that asks it.

use std::num::NonZeroU32;
use std::sync::Arc;

use ges_contracts::given::{now, tenant};
use ges_domain::time::Timestamp;
use ges_ports::{
    STATISTICS_KEPT, Secret, Statistics, StatisticsAccount, StatisticsError, StatisticsQuestion,
};
use ges_simulators as sim;
use ges_statistics::{Config, StatisticsService};
use secrecy::SecretString;
use serde_json::json;

/// A platform whose time stands still.
pub(crate) struct Platform {
    pub(crate) gauth: sim::Gauth,
    pub(crate) gws: sim::Gws,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let realm = sim::Realm::demo(sim::Clock::stepped(now().as_millisecond()));
        let gauth = sim::Gauth::start(0, realm.clone()).await.unwrap();
        let gws = sim::Gws::start(0, realm, None).await.unwrap();
        let platform = Self { gauth, gws };
        platform.set("A", 3);
        platform
    }

    /// From now on a queue has so many calls waiting.
    pub(crate) fn set(&self, queue: &str, waiting: u32) {
        self.gws.tell(queue, "CurrentNumberWaitingCalls", json!(waiting));
    }

    #[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
    pub(crate) fn adapter_with(&self, write: impl FnOnce(&mut Config)) -> StatisticsService {
        // Another test of this process may have installed one already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let millis = |ms| NonZeroU32::new(ms).unwrap();
        let mut config = Config {
            url: Some(self.gws.url().parse().unwrap()),
            auth_url: self.gauth.url().parse().unwrap(),
            client_id: String::from("ges_client"),
            client_secret: SecretString::from("ges_client-secret"),
            connect_timeout_ms: millis(250),
            timeout_ms: millis(500),
        };
        write(&mut config);
        let client = config.tune(reqwest::Client::builder().no_proxy()).build().unwrap();
        StatisticsService::new(config, client)
    }

    pub(crate) fn adapter(&self) -> StatisticsService {
        self.adapter_with(|_config| {})
    }
}

/// The account of somebody whom the pretended platform knows.
pub(crate) fn account(password: &str) -> StatisticsAccount {
    StatisticsAccount {
        user_name: String::from("t100\\supervisor"),
        password: Secret::new(password),
    }
}

/// How many calls wait in a queue.
pub(crate) fn body(queue: &str) -> String {
    json!({ "data": { "statistics": [
        { "objectId": queue, "objectType": "Queue", "name": "CurrentNumberWaitingCalls" },
    ]}})
    .to_string()
}

pub(crate) async fn ask(
    service: &StatisticsService,
    queue: &str,
    at: Timestamp,
) -> Result<Arc<str>, StatisticsError> {
    let account = Arc::new(account("password"));
    let question = StatisticsQuestion { tenant: tenant(1), account, body: body(queue).into() };
    service.figures(&question, STATISTICS_KEPT, at).await
}
