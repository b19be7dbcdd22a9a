//! Where the captcha service is, and how long it may take.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::ClientBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// Google reCAPTCHA. It is asked only for tenants that have a captcha.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address that verifies tokens of versions 2 and 3.
    #[schemars(with = "String")]
    pub verify_url: Url,
    /// The base address of the Enterprise form.
    #[schemars(with = "String")]
    pub enterprise_url: Url,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long a call may take, in milliseconds: below the deadline of a request, so that its fail mode still decides.
    pub timeout_ms: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        let url = |text: &str| Url::parse(text).expect("the text is an address");
        Self {
            verify_url: url("https://www.google.com/recaptcha/api/siteverify"),
            enterprise_url: url("https://recaptchaenterprise.googleapis.com"),
            connect_timeout_ms: const { NonZeroU32::new(1_000).expect("1000 is not 0") },
            timeout_ms: const { NonZeroU32::new(3_000).expect("3000 is not 0") },
        }
    }
}

impl Config {
    /// Prepares a client for this neighbour; certificates and proxies are the wiring's.
    ///
    /// No redirect is part of the contract, so none is followed: it would carry the secret elsewhere.
    pub fn tune(&self, client: ClientBuilder) -> ClientBuilder {
        client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(self.connect_timeout_ms.get().into()))
            .pool_max_idle_per_host(20)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.get().into())
    }

    /// Where a project's tokens are assessed.
    pub(crate) fn assessments_url(&self, project: &str, api_key: &str) -> Url {
        let mut url = self.enterprise_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["v1", "projects", project, "assessments"]);
        }
        url.query_pairs_mut().append_pair("key", api_key);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_own_address_and_cannot_leave_it() {
        let config = Config::default();
        assert_eq!(
            config.assessments_url("demo", "a key&").as_str(),
            "https://recaptchaenterprise.googleapis.com/v1/projects/demo/assessments?key=a+key%26"
        );
        for odd in ["../other", "a/b", "a?b", "a#b"] {
            let url = config.assessments_url(odd, "key");
            assert!(url.path().ends_with("/assessments"), "{url}");
            assert_eq!(url.query(), Some("key=key"), "{url}");
        }
    }
}
