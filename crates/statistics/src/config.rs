//! Where the statistics service is, where its tokens are bought, and how long both may take.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::ClientBuilder;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// The GWS Statistics service.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Its base address, such as `http://gws-service-proxy.gws.svc`; without one there are no statistics.
    #[schemars(with = "Option<String>")]
    pub url: Option<Url>,
    /// The base address of Genesys Authentication, which gives tokens for tenants' accounts.
    #[schemars(with = "String")]
    pub auth_url: Url,
    /// The id of this service's client there.
    pub client_id: String,
    /// The secret of this service's client there.
    #[serde(skip_serializing)]
    #[schemars(with = "String")]
    pub client_secret: SecretString,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long a call may take, in milliseconds: below the deadline of a request, so that its client hears why.
    pub timeout_ms: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: None,
            auth_url: Url::parse("http://127.0.0.1:8095").expect("the text is an address"),
            client_id: String::from("ges_client"),
            client_secret: SecretString::default(),
            connect_timeout_ms: const { NonZeroU32::new(2_000).expect("2000 is not 0") },
            timeout_ms: const { NonZeroU32::new(4_000).expect("4000 is not 0") },
        }
    }
}

impl Config {
    /// Prepares a client for this neighbour; certificates and proxies are the wiring's.
    ///
    /// No redirect is part of the contract, so none is followed: it would carry the password elsewhere.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms.get().into()))
            .pool_max_idle_per_host(20)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.get().into())
    }

    /// Where tokens are bought.
    pub(crate) fn token_url(&self) -> Url {
        below(&self.auth_url, &["auth", "v3", "oauth", "token"])
    }

    /// Where figures are asked for.
    pub(crate) fn figures_url(&self) -> Option<Url> {
        let path = ["statistics", "v3", "operations", "get-statistic-ex"];
        self.url.as_ref().map(|base| below(base, &path))
    }
}

fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_below_their_bases() {
        let text = r#"{"url": "http://gate/gws/", "auth_url": "http://gauth"}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        let figures = config.figures_url().unwrap();
        let path = "http://gate/gws/statistics/v3/operations/get-statistic-ex";
        assert_eq!(figures.as_str(), path);
        assert_eq!(config.token_url().as_str(), "http://gauth/auth/v3/oauth/token");
        assert_eq!(Config::default().figures_url(), None);
    }

    #[test]
    fn the_secret_is_neither_shown_nor_written() {
        let config: Config = serde_json::from_str(r#"{"client_secret": "sesame"}"#).unwrap();
        let shown = format!("{config:?}{}", serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("sesame"), "{shown}");
    }
}
