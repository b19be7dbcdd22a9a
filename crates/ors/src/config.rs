//! Where the orchestration server is and how it likes to be spoken to.

use std::num::NonZeroU32;
use std::time::Duration;

use ges_domain::name::RegionName;
use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// The orchestration server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The nodes of every tenant for which the Environment service names none. Without one, nothing of such tenants can
    /// be started over HTTP, and none of their sessions can be asked.
    pub nodes: Vec<Node>,
    /// In which order nodes of the same region are tried: `circular` begins with another one each time, `linear` always
    /// with the first.
    pub order: Order,
    /// How bodies are written: `form`, which every version reads, or `json`, for version 8.1.400.30 and newer.
    pub body: Body,
    /// How long to wait for a connection, in milliseconds. Keep it below `timeout_ms`: a node that cannot be reached is
    /// then told apart from one that does not answer, and only after the former a start may go to the next node.
    pub connect_timeout_ms: NonZeroU32,
    /// How long one try may take with its redirects, in milliseconds.
    pub timeout_ms: NonZeroU32,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its base address, such as `http://ors-0.voice.svc:9098`.
    #[schemars(with = "String")]
    pub url: Url,
    /// The region it stands in; a node without one is nobody's preference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub region: Option<RegionName>,
    /// The name by which its sessions call it when they report, where it differs from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// In which order nodes are tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Each call begins one node further.
    #[default]
    Circular,
    /// Each call begins with the first.
    Linear,
}

/// How bodies are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// `application/x-www-form-urlencoded`.
    #[default]
    Form,
    /// `application/json`.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            order: Order::default(),
            body: Body::default(),
            connect_timeout_ms: const { NonZeroU32::new(1_500).expect("1500 is not 0") },
            timeout_ms: const { NonZeroU32::new(2_000).expect("2000 is not 0") },
        }
    }
}

impl Config {
    /// Prepares a client for this neighbour; certificates and proxies are the wiring's.
    ///
    /// Redirects are followed by this crate, which keeps method and body and learns who owns a session. As many
    /// connections to a node are kept as calls are under way by default: with fewer, each step of asking after sessions
    /// connects anew.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms.get().into()))
            .pool_max_idle_per_host(64)
            // A node hangs up on connections that idle for some seconds. A start that meets that moment has an unknown
            // outcome, which costs its callback two minutes: so idle connections are given up before.
            .pool_idle_timeout(Duration::from_secs(2))
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
        let text = r#"{
            "nodes": [{"url": "http://ors-0:9098/", "region": "eu", "name": "4665"}, {"url": "http://ors-1:9098"}],
            "order": "linear", "body": "json", "timeout_ms": 500
        }"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!((config.nodes.len(), config.order, config.body), (2, Order::Linear, Body::Json));
        assert_eq!(config.connect_timeout_ms.get(), 1_500, "what is not said is the default");
        let again = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&again).unwrap(), config);
        for wrong in [r#"{"node": []}"#, r#"{"timeout_ms": 0}"#, r#"{"nodes": [{"url": "ors"}]}"#] {
            assert!(serde_json::from_str::<Config>(wrong).is_err(), "{wrong}");
        }
    }
}
