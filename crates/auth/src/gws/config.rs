//! Where the platform's services are, and what its groups mean here.

use std::num::NonZeroU32;

use ges_domain::access::Role;
use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::secret::SecretSource;

/// Genesys Authentication, the Environment service and the Configuration service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Genesys Authentication: who people and programs are.
    pub gauth: GauthConfig,
    /// The Environment service: whose an API key is, and what is set for a tenant.
    pub environment: EnvironmentConfig,
    /// The Configuration service: what people may do.
    pub configuration: ConfigurationConfig,
    /// What their access groups mean here.
    pub rbac: RbacConfig,
}

/// Genesys Authentication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GauthConfig {
    /// Its base address as this service reaches it.
    #[schemars(with = "String")]
    pub url: Url,
    /// Its base address as browsers reach it, where that is another one.
    #[schemars(with = "Option<String>")]
    pub public_url: Option<Url>,
    /// The id of this service's client.
    pub client_id: String,
    /// The secret of this service's client.
    pub client_secret: SecretSource,
    /// The clients that may publish callback settings, such as Designer's.
    pub designer_clients: Vec<String>,
    /// The clients whose people may use the people's API with the bearer tokens that they got there, beside this service's
    /// own: a token tells which program it was given to, and another program's is refused.
    pub bearer_clients: Vec<String>,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long a call may take with its second try, in milliseconds.
    pub timeout_ms: NonZeroU32,
}

/// The Environment service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Its base address.
    #[schemars(with = "String")]
    pub url: Url,
    /// How long a call may take with its second try, in milliseconds.
    pub timeout_ms: NonZeroU32,
    /// The routers of a location for which nothing is set as `ges-urs-endpoints`; `{ccid}` and `{location}` are filled in.
    pub router_template: Option<String>,
    /// The orchestration servers of a location for which nothing is set as `ges-ors-endpoints`; `{ccid}` and `{location}`
    /// are filled in.
    pub orchestrator_template: Option<String>,
}

/// The Configuration service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConfigurationConfig {
    /// Its base address.
    #[schemars(with = "String")]
    pub url: Url,
    /// How long a call may take with its second try, in milliseconds.
    pub timeout_ms: NonZeroU32,
}

/// What access groups mean here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RbacConfig {
    /// Whether somebody for whom neither group nor option says anything may do everything, as in older products.
    pub open_if_unconfigured: bool,
    /// Groups of administrators. A `*` stands for the company's name.
    pub administrators: Vec<String>,
    /// Groups of supervisors.
    pub supervisors: Vec<String>,
    /// Groups of developers.
    pub developers: Vec<String>,
    /// Groups of those who look on.
    pub monitors: Vec<String>,
}

fn local(port: u16) -> Url {
    let address = format!("http://127.0.0.1:{port}");
    Url::parse(&address).expect("an address and a port are a URL")
}

const fn millis(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("no default is 0")
}

impl Default for GauthConfig {
    fn default() -> Self {
        Self {
            url: local(8095),
            public_url: None,
            client_id: String::from("ges_client"),
            client_secret: SecretSource::default(),
            designer_clients: vec![String::from("designer_client")],
            bearer_clients: Vec::new(),
            connect_timeout_ms: millis(2_000),
            timeout_ms: millis(5_000),
        }
    }
}

impl Default for EnvironmentConfig {
    fn default() -> Self {
        Self {
            url: local(8091),
            timeout_ms: millis(10_000),
            router_template: None,
            orchestrator_template: None,
        }
    }
}

impl Default for ConfigurationConfig {
    fn default() -> Self {
        Self { url: local(8092), timeout_ms: millis(10_000) }
    }
}

impl Default for RbacConfig {
    fn default() -> Self {
        let one = |name: &str| vec![name.to_owned()];
        Self {
            open_if_unconfigured: false,
            administrators: one("* Administrators"),
            supervisors: one("* Supervisors"),
            developers: one("Callback Developers"),
            monitors: one("* Managers"),
        }
    }
}

impl Config {
    /// Prepares a client for these neighbours; certificates and proxies are the wiring's.
    ///
    /// No redirect is followed: none of these services sends any, and a token is not to be carried elsewhere.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        let connect = u64::from(self.gauth.connect_timeout_ms.get());
        client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(std::time::Duration::from_millis(connect))
            .pool_max_idle_per_host(20)
    }
}

impl RbacConfig {
    /// The roles that a group of this name gives.
    pub(crate) fn roles_of(&self, group: &str) -> impl Iterator<Item = Role> {
        let table = [
            (Role::Administrator, &self.administrators),
            (Role::Supervisor, &self.supervisors),
            (Role::Developer, &self.developers),
            (Role::Monitor, &self.monitors),
        ];
        let given = table.map(|(role, patterns)| {
            patterns.iter().any(|pattern| meets(pattern, group)).then_some(role)
        });
        given.into_iter().flatten()
    }
}

/// Whether a name is the pattern's; one `*` stands for at least one character.
fn meets(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_reads_as_it_is_written_and_refuses_what_it_does_not_know() {
        let text = r#"
            [gauth]
            url = "http://gauth-auth.gauth.svc"
            public_url = "https://gauth.example.com"
            client_secret = { file = "/secrets-gws/AUTHENTICATION-CLIENT-SECRET" }
            [rbac]
            open_if_unconfigured = true
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.gauth.client_id, "ges_client", "what is not said is the default");
        let again: Config = toml::from_str(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
        for wrong in ["[gauth]\nurl = \"x\"", "[gauth]\ntimeout_ms = 0", "[rbac]\nopen = true"] {
            assert!(toml::from_str::<Config>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn groups_give_the_documented_roles() {
        let table = RbacConfig::default();
        for (group, roles) in [
            ("Example Bank Administrators", vec![Role::Administrator]),
            ("Tenant100 Supervisors", vec![Role::Supervisor]),
            ("Tenant100 Managers", vec![Role::Monitor]),
            ("Callback Developers", vec![Role::Developer]),
            (" Administrators", vec![]),
            ("Administrators", vec![]),
            ("Example Administrators 2", vec![]),
            ("Platform Internal Administrator", vec![]),
            ("Everybody", vec![]),
        ] {
            assert_eq!(table.roles_of(group).collect::<Vec<_>>(), roles, "{group}");
        }
    }

    #[test]
    fn a_star_stands_for_something() {
        for (pattern, name, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", false),
            ("aa*aa", "aaa", false),
            ("*", "x", true),
            ("plain", "plain", true),
            ("plain", "plainer", false),
        ] {
            assert_eq!(meets(pattern, name), expected, "{pattern} {name}");
        }
    }
}
