//! What tests begin with: a pretended captcha service, and an adapter that asks it.

use std::num::NonZeroU32;

use ges_contracts::given::now;
use ges_domain::time::Timestamp;
use ges_ports::{
    CaptchaSite, CaptchaVersion, FailMode, HumanToken, Humans, Secret, Verdict, VouchError,
};
use ges_recaptcha::{Config, Recaptcha};
use ges_simulators as sim;

#[expect(clippy::disallowed_methods, reason = "tests are their own wiring")]
pub(crate) fn adapter(url: &str) -> Recaptcha {
    // Another test of this process may have installed one already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let millis = |ms| NonZeroU32::new(ms).unwrap();
    let config = Config {
        verify_url: format!("{url}/recaptcha/api/siteverify").parse().unwrap(),
        enterprise_url: url.parse().unwrap(),
        connect_timeout_ms: millis(250),
        timeout_ms: millis(500),
    };
    let client = config.tune(reqwest::Client::builder().no_proxy()).build().unwrap();
    Recaptcha::new(config, client)
}

/// A pretended captcha service whose time stands still.
pub(crate) async fn pretended() -> sim::Recaptcha {
    let clock = sim::Clock::stepped(now().as_millisecond());
    sim::Recaptcha::start(0, clock).await.unwrap()
}

/// The site that the pretended service knows from the start.
pub(crate) fn site(version: CaptchaVersion) -> CaptchaSite {
    let secret = match version {
        CaptchaVersion::V2 | CaptchaVersion::V3 => sim::Recaptcha::SECRET,
        CaptchaVersion::Enterprise => sim::Recaptcha::API_KEY,
    };
    CaptchaSite {
        site_key: sim::Recaptcha::SITE_KEY.to_owned(),
        secret: Secret::new(secret),
        version,
        project: (version == CaptchaVersion::Enterprise).then(|| String::from("demo")),
        min_score: 0.5,
        expected_action: Some(String::from("callback")),
        allowed_hostnames: vec![String::from("www.example.com")],
        enforce: true,
        fail_mode: FailMode::Closed,
    }
}

pub(crate) async fn vouch(
    recaptcha: &Recaptcha,
    version: CaptchaVersion,
    token: &str,
    at: Timestamp,
) -> Result<Verdict, VouchError> {
    let ip = "203.0.113.7".parse().unwrap();
    let token = HumanToken::new(token.to_owned());
    recaptcha.vouch(&site(version), &token, Some(ip), at).await
}
