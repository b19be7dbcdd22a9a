//! Where the push service is, and how long it may take.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// Firebase Cloud Messaging. It is asked only for tenants that have an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The base address of the push service.
    #[schemars(with = "String")]
    pub url: Url,
    /// The address that gives access tokens to service accounts; assertions are made out to it.
    #[schemars(with = "String")]
    pub token_url: Url,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long a call may take, in milliseconds: below the deadline of a request, so that its client hears why.
    pub timeout_ms: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        let url = |text: &str| Url::parse(text).expect("the text is an address");
        Self {
            url: url("https://fcm.googleapis.com"),
            token_url: url("https://oauth2.googleapis.com/token"),
            connect_timeout_ms: const { NonZeroU32::new(2_000).expect("2000 is not 0") },
            timeout_ms: const { NonZeroU32::new(4_000).expect("4000 is not 0") },
        }
    }
}

impl Config {
    /// Prepares a client for this neighbour; certificates and proxies are the wiring's.
    ///
    /// No redirect is part of the contract, so none is followed: it would carry the token elsewhere.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms.get().into()))
            .pool_max_idle_per_host(20)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.get().into())
    }

    /// Where a project's messages are sent to.
    pub(crate) fn send_url(&self, project: &str) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["v1", "projects", project, "messages:send"]);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_own_address_and_cannot_leave_it() {
        let config = Config::default();
        let url = "https://fcm.googleapis.com/v1/projects/demo-proj/messages:send";
        assert_eq!(config.send_url("demo-proj").as_str(), url);
        for odd in ["../other", "a/b", "a?b", "a#b"] {
            let url = config.send_url(odd);
            assert!(url.path().starts_with("/v1/projects/"), "{url}");
            assert!(url.path().ends_with("/messages:send") && url.query().is_none(), "{url}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"urll": "https://fcm.example.com"}"#).is_err());
        let config: Config = serde_json::from_str(r#"{"timeout_ms": 1}"#).unwrap();
        assert_eq!(config.timeout(), Duration::from_millis(1));
    }
}
