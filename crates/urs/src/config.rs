//! Where the routing servers of each tenant are, and in which words they like to be asked.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use ges_domain::id::TenantId;
use ges_domain::name::RegionName;
use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// The routing servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The nodes of every tenant that has none of its own, neither under `tenants` nor in the Environment service, the
    /// preferred one first. Without any, such tenants have no wait times.
    pub nodes: Vec<Node>,
    /// The router's name for every tenant that has no name of its own under `tenants`.
    pub tenant_name: String,
    /// Tenants that differ, by contact-centre id.
    #[schemars(with = "BTreeMap<String, Tenant>")]
    pub tenants: BTreeMap<TenantId, Tenant>,
    /// Where the name of a queue stands in a question: `query` (`lvq?name=…`) or `path` (`lvq/…`).
    pub name_in: NameIn,
    /// Tell the router whether calls on hold count (`includeCallsOnHold=1`). No public document says that it listens.
    pub send_calls_on_hold: bool,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long a whole question may take, in milliseconds.
    pub timeout_ms: NonZeroU32,
}

/// A tenant that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tenant {
    /// The router's name for it; none is the general one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its own nodes, the preferred one first. None are those that the Environment service names for it, or else the
    /// general ones.
    pub nodes: Vec<Node>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its base address, such as `http://tenant-{ccid}.voice.svc:5580`; `{ccid}` stands for the tenant's id.
    pub url: Address,
    /// The region it stands in; a node without one is nobody's preference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub region: Option<RegionName>,
}

/// Where the name of a queue stands in a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameIn {
    /// `lvq?name=…`.
    #[default]
    Query,
    /// `lvq/…`.
    Path,
}

/// Text that is not the address of a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an address such as http://tenant-{{ccid}}.voice.svc:5580")]
pub struct MalformedAddress;

/// The base address of a node, with the tenant's id left open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Address(String);

/// What stands for the tenant's id.
const CCID: &str = "{ccid}";

impl Address {
    /// Reads an address: HTTP or HTTPS, and one whichever tenant is put in.
    pub fn parse(text: &str) -> Result<Self, MalformedAddress> {
        let sample = text.replace(CCID, "00000000-0000-0000-0000-000000000000");
        let url = Url::parse(&sample).map_err(|_ignored| MalformedAddress)?;
        // What is left in braces is a misspelt name, not a host.
        let plain = !sample.contains(['{', '}', '?', '#']);
        if matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(MalformedAddress)
        }
    }

    /// The address for one tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> Url {
        Url::parse(&self.0.replace(CCID, &tenant.to_string()))
            .expect("it was one with another UUID in the same place")
    }
}

impl TryFrom<String> for Address {
    type Error = MalformedAddress;

    fn try_from(text: String) -> Result<Self, MalformedAddress> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            tenant_name: String::from("Environment"),
            tenants: BTreeMap::new(),
            name_in: NameIn::default(),
            send_calls_on_hold: false,
            connect_timeout_ms: const { NonZeroU32::new(1_000).expect("1000 is not 0") },
            timeout_ms: const { NonZeroU32::new(2_000).expect("2000 is not 0") },
        }
    }
}

impl Config {
    /// Prepares a client for this neighbour; certificates and proxies are the wiring's.
    ///
    /// No redirect is part of the contract, so none is followed.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms.get().into()))
            .pool_max_idle_per_host(20)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.get().into())
    }

    /// A tenant's nodes as they are configured, the preferred one first.
    pub(crate) fn nodes_of(&self, tenant: TenantId) -> &[Node] {
        self.own_nodes_of(tenant).unwrap_or(&self.nodes)
    }

    /// The nodes that are configured for a tenant alone: nobody's word stands above them.
    pub(crate) fn own_nodes_of(&self, tenant: TenantId) -> Option<&[Node]> {
        let own = self.tenants.get(&tenant).map(|tenant| tenant.nodes.as_slice());
        own.filter(|nodes| !nodes.is_empty())
    }

    /// The router's name for a tenant.
    pub(crate) fn name_of(&self, tenant: TenantId) -> &str {
        let own = self.tenants.get(&tenant).and_then(|tenant| tenant.name.as_deref());
        own.unwrap_or(&self.tenant_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";

    #[test]
    fn a_tenant_has_its_own_nodes_and_name_or_the_general_ones() {
        let text = format!(
            r#"{{
                "nodes": [{{"url": "http://t-{{ccid}}.voice:5580/"}}],
                "tenants": {{"{TENANT}": {{"name": "Bank", "nodes": [{{"url": "http://bank:5580", "region": "eu"}}]}}}},
                "name_in": "path"
            }}"#
        );
        let config: Config = serde_json::from_str(&text).unwrap();
        let bank: TenantId = TENANT.parse().unwrap();
        let other: TenantId = "9350e2fc-a1dd-4c65-8d40-1f75a2e00101".parse().unwrap();
        let url = |tenant| config.nodes_of(tenant)[0].url.of(tenant).to_string();
        assert_eq!(url(bank), "http://bank:5580/");
        assert_eq!(url(other), "http://t-9350e2fc-a1dd-4c65-8d40-1f75a2e00101.voice:5580/");
        assert_eq!((config.name_of(bank), config.name_of(other)), ("Bank", "Environment"));
        let again = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&again).unwrap(), config);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "urs", "urs:5580", "ftp://urs", "http://{tenant}:5580", "http://urs?a=b"] {
            assert_eq!(Address::parse(text), Err(MalformedAddress), "{text}");
        }
        assert!(serde_json::from_str::<Config>(r#"{"node": []}"#).is_err());
    }
}
