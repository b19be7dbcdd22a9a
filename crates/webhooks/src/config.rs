//! What may be called, and for how long.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use ges_domain::webhook::{Network, NotANetwork, Reach};
use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::door::Door;

/// The tenants' webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Networks that may be called though they are not public, such as `10.1.0.0/16`. Without one, webhooks reach public
    /// addresses only.
    pub allow_networks: Vec<Allowed>,
    /// Whether addresses may begin with `http://`: what is sent can then be read on its way.
    pub allow_http: bool,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long a call may take in all, in milliseconds, up to 25000.
    pub timeout_ms: NonZeroU32,
    /// Days for which the log of deliveries is kept.
    pub log_days: NonZeroU32,
}

/// A network as the configuration writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Allowed(pub Network);

impl TryFrom<String> for Allowed {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        text.parse().map(Self)
    }
}

impl From<Allowed> for String {
    fn from(allowed: Allowed) -> Self {
        allowed.to_string()
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            allow_http: false,
            connect_timeout_ms: const { NonZeroU32::new(3_000).expect("3000 is not 0") },
            timeout_ms: const { NonZeroU32::new(10_000).expect("10000 is not 0") },
            log_days: const { NonZeroU32::new(7).expect("7 is not 0") },
        }
    }
}

impl Config {
    /// Prepares a client for calls to strangers; certificates are the wiring's.
    ///
    /// A proxy would look names up itself, where we cannot judge what they lead to; so none is used.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        client
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Door::new(self.reach()))
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms.get().into()))
            .pool_max_idle_per_host(2)
    }

    pub(crate) fn reach(&self) -> Reach {
        Reach { allowed: self.allow_networks.iter().map(|allowed| allowed.0).collect() }
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.get().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_reads_as_it_is_written_and_refuses_what_it_does_not_know() {
        let text =
            r#"{"allow_networks": ["10.1.0.0/16", "fd00::/8", "127.0.0.1"], "allow_http": true}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.allow_networks[2].to_string(), "127.0.0.1/32");
        let again = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&again).unwrap(), config);
        for wrong in [r#"{"allow": []}"#, r#"{"allow_networks": ["here"]}"#, r#"{"timeout_ms": 0}"#]
        {
            assert!(serde_json::from_str::<Config>(wrong).is_err(), "{wrong}");
        }
    }
}
