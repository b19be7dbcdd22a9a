//! What the configuration says of the outside: who may ask, the way out, and what seals the secrets that go there.
//!
//! Apart from the rest, because these sections are about other systems and not about this node.

use std::path::PathBuf;

use ges_auth::gws::{ConfigurationConfig, EnvironmentConfig, GauthConfig, RbacConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Config;

/// Who may ask: keys, people and roles.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Auth {
    /// `local`: keys, people and tenants from a file; `gws`: from the platform's services, by the sections below.
    pub(crate) mode: AuthMode,
    /// The file of keys and people; empty is `access.toml` in the data directory, made at the first start.
    pub(crate) file: PathBuf,
    /// The tenant for which that file is made; empty is a new one.
    pub(crate) first_tenant: String,
    /// The API key with which that file is made; empty is a new one.
    pub(crate) first_api_key: String,
    /// Genesys Authentication: who people and programs are.
    pub(crate) gauth: GauthConfig,
    /// The Environment service: whose an API key is, and what is set for a tenant.
    pub(crate) environment: EnvironmentConfig,
    /// The Configuration service: what people may do.
    pub(crate) configuration: ConfigurationConfig,
    /// What access groups of the platform mean here.
    pub(crate) rbac: RbacConfig,
}

/// Where keys, people and tenants come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMode {
    /// From a file.
    #[default]
    Local,
    /// From the platform's services.
    Gws,
}

impl Auth {
    /// The platform's services.
    pub(crate) fn gws(&self) -> ges_auth::gws::Config {
        ges_auth::gws::Config {
            gauth: self.gauth.clone(),
            environment: self.environment.clone(),
            configuration: self.configuration.clone(),
            rbac: self.rbac.clone(),
        }
    }
}

/// How calls leave for other systems.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Egress {
    /// The proxy for addresses over HTTPS; empty is what `HTTPS_PROXY` of the environment says.
    pub(crate) https_proxy: String,
    /// Hosts, domains and networks that are asked without it, with commas between; empty is what `NO_PROXY` says.
    pub(crate) no_proxy: String,
    /// A file of certificates in PEM that are trusted beside the system's; empty is none.
    pub(crate) ca_file: PathBuf,
    /// Whether the certificates that the system trusts are trusted.
    pub(crate) system_roots: SystemRoots,
}

/// Whether the system's certificates are trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SystemRoots {
    /// They are.
    #[default]
    Trusted,
    /// Only those of `ca_file` are.
    Ignored,
}

impl Egress {
    /// Takes from the environment what the configuration leaves open.
    pub(super) fn take(&mut self, said: Proxies) {
        if self.https_proxy.is_empty() {
            self.https_proxy = said.https;
        }
        if self.no_proxy.is_empty() {
            self.no_proxy = said.none;
        }
    }
}

/// What the environment says of proxies.
#[derive(Default)]
pub(super) struct Proxies {
    https: String,
    none: String,
}

impl Proxies {
    pub(super) fn hear(&mut self, name: &str, text: &str) {
        match name {
            "HTTPS_PROXY" | "https_proxy" => text.clone_into(&mut self.https),
            "NO_PROXY" | "no_proxy" => text.clone_into(&mut self.none),
            _ => {}
        }
    }
}

/// What seals secrets in the store: tenants' credentials with other systems, and the tokens of sessions.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Secrets {
    /// A file of keys, shared by all nodes: a line each, a name and 64 hexadecimal digits. The first one seals, all of them
    /// open; empty is the installation's key alone. See `ges secrets rotate`.
    pub(crate) key_file: PathBuf,
}

/// What types cannot say.
pub(super) fn validate(config: &Config, complaints: &mut Vec<String>) {
    let proxy = &config.egress.https_proxy;
    if !proxy.is_empty() && reqwest::Proxy::https(proxy.as_str()).is_err() {
        // Not repeated: it may hold a password.
        complaints.push(String::from("egress.https_proxy: not the address of a proxy"));
    }
    if config.egress.system_roots == SystemRoots::Ignored
        && config.egress.ca_file.as_os_str().is_empty()
    {
        complaints.push(String::from(
            "egress.ca_file: empty while system_roots are ignored: nobody would be trusted",
        ));
    }
    if config.auth.mode == AuthMode::Gws {
        let secret = config.auth.gauth.client_secret.read();
        if secret.map_or(true, |secret| secret.expose().is_empty()) {
            complaints
                .push(String::from("auth.gauth.client_secret: missing, and `auth.mode` is `gws`"));
        }
    }
}
