//! The neighbour as a whole: asks the form that a site has, remembers the answer, and keeps the port.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::time::Timestamp;
use ges_ports::http::{CallError, Host, Tries};
use ges_ports::{CaptchaSite, CaptchaVersion, Doubt, HumanToken, Humans, Verdict, VouchError};
use reqwest::Client;
use serde_json::json;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use crate::config::Config;
use crate::memory::{Known, Memory, STANDS};
use crate::opinion::{Opinion, assessed, verified};

/// The name under which faults, spans and logs speak of this neighbour.
const PEER: &str = "recaptcha";
/// The most that an answer may hold, in bytes, unpacked.
const BODY_LIMIT: usize = 64 * 1024;

/// Google reCAPTCHA in its three versions.
pub struct Recaptcha {
    config: Config,
    client: Client,
    memory: Memory,
    sites: Host,
    enterprise: Host,
}

impl std::fmt::Debug for Recaptcha {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recaptcha").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Recaptcha {
    /// The neighbour at the configured addresses. `client` is one that [`Config::tune`] prepared.
    pub fn new(config: Config, client: Client) -> Self {
        let (sites, enterprise) = (Host::new(PEER, BODY_LIMIT), Host::new(PEER, BODY_LIMIT));
        Self { config, client, memory: Memory::default(), sites, enterprise }
    }

    async fn ask(
        &self,
        site: &CaptchaSite,
        token: &HumanToken,
        remote_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Opinion, CallError> {
        let span = info_span!("recaptcha.verify", peer = PEER, outcome = Empty);
        let asked = async {
            match site.version {
                CaptchaVersion::V2 | CaptchaVersion::V3 => {
                    self.verify(site, token, remote_ip, now).await
                }
                CaptchaVersion::Enterprise => self.assess(site, token, remote_ip, now).await,
            }
        };
        let answer = asked.instrument(span.clone()).await;
        span.record("outcome", outcome(&answer));
        answer
    }

    async fn verify(
        &self,
        site: &CaptchaSite,
        token: &HumanToken,
        remote_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Opinion, CallError> {
        let ip = remote_ip.map(|ip| ip.to_string());
        let mut form = vec![("secret", site.secret.expose()), ("response", token.expose())];
        form.extend(ip.as_deref().map(|ip| ("remoteip", ip)));
        let request = self.client.post(self.config.verify_url.clone()).form(&form);
        let answer = self.sites.call(request, Tries::Twice, self.config.timeout(), now).await?;
        verified(site, &answer)
    }

    async fn assess(
        &self,
        site: &CaptchaSite,
        token: &HumanToken,
        remote_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Opinion, CallError> {
        // Without a project there is no address, and nothing that the service could take.
        let Some(project) = &site.project else { return Ok(Opinion::KeysRefused) };
        let mut event = json!({ "token": token.expose(), "siteKey": site.site_key });
        if let Some(action) = &site.expected_action {
            event["expectedAction"] = json!(action);
        }
        if let Some(ip) = remote_ip {
            event["userIpAddress"] = json!(ip.to_string());
        }
        let body = json!({ "event": event });
        let url = self.config.assessments_url(project, site.secret.expose());
        let request = self.client.post(url).json(&body);
        let answer =
            self.enterprise.call(request, Tries::Twice, self.config.timeout(), now).await?;
        assessed(site, &answer)
    }
}

#[async_trait]
impl Humans for Recaptcha {
    async fn vouch(
        &self,
        site: &CaptchaSite,
        token: &HumanToken,
        remote_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Verdict, VouchError> {
        let (cell, seen_at) = self.memory.cell(site, token, now);
        let mut known = cell.lock().await;
        let stands = now.duration_since(seen_at) < STANDS;
        match *known {
            Known::Unsent => {}
            Known::Said(verdict) if stands => return Ok(verdict),
            Known::Sent if stands => return Ok(Verdict::Doubtful(Doubt::Unheard)),
            Known::Said(_) | Known::Sent => return Ok(Verdict::Doubtful(Doubt::Stale)),
        }
        // Written down first: whoever is dropped while they ask leaves a token that may have been used up.
        *known = Known::Sent;
        match self.ask(site, token, remote_ip, now).await {
            Ok(Opinion::Verdict(verdict)) => {
                *known = Known::Said(verdict);
                Ok(verdict)
            }
            Ok(Opinion::KeysRefused) => {
                // The token was not looked at.
                *known = Known::Unsent;
                Err(VouchError::KeysRefused)
            }
            Err(error) => {
                if error.never_sent() {
                    *known = Known::Unsent;
                }
                Err(VouchError::Fault(Arc::new(error).fault(PEER)))
            }
        }
    }
}

fn outcome(answer: &Result<Opinion, CallError>) -> &'static str {
    match answer {
        Ok(Opinion::Verdict(Verdict::Human)) => "human",
        Ok(Opinion::Verdict(Verdict::Doubtful(doubt))) => doubt.as_str(),
        Ok(Opinion::KeysRefused) => "keys_refused",
        Err(_) => "fault",
    }
}
