//! What an operator may choose about HTTP.

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// How requests are taken.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A request that is not answered after this many seconds is given up with code 50400.
    pub deadline_seconds: u32,
    /// The most bytes of a request's body; more is code 41300.
    pub body_limit_bytes: usize,
    /// The most bytes of a push of callback settings.
    pub settings_limit_bytes: usize,
    /// Web origins whose pages may read the public API's answers, such as `https://www.example.com`; `*` is any.
    /// The API takes no cookies, so `*` gives a page nothing that its author could not fetch without a browser.
    /// Beside these, each contact centre's own `cors-origins` may read its own answers: with an empty list, only those.
    pub cors_origins: Vec<String>,
    /// How many proxies before this service say in `x-forwarded-for` whose connection they carry; 0 believes none.
    pub trusted_proxies: u32,
    /// Where browsers find this service, such as `https://ges.example.com`: what its pages are called by, and where people
    /// come back to when they signed in elsewhere. Empty is whatever a browser calls it, over HTTPS unless on this machine.
    pub public_url: String,
    /// The shared secret with which the contact centre's own systems open the internal API; without one it is shut.
    #[serde(skip_serializing)]
    #[schemars(with = "Option<String>")]
    pub internal_key: Option<SecretString>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            deadline_seconds: 5,
            body_limit_bytes: 64 * 1024,
            settings_limit_bytes: 5 * 1024 * 1024,
            cors_origins: vec![String::from("*")],
            trusted_proxies: 0,
            public_url: String::new(),
            internal_key: None,
        }
    }
}

impl Config {
    /// When a request is given up; a deadline of nothing would refuse everything, so it is a second at the least.
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds.max(1).into())
    }

    /// How long a body may take to arrive, which leaves a fifth of the deadline to answer it.
    pub(crate) fn body_deadline(&self) -> Duration {
        self.deadline().mul_f64(0.8)
    }
}
