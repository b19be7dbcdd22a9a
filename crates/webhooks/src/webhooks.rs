//! The listeners as a whole: judges an address, signs a message, calls once.

use std::error::Error;

use async_trait::async_trait;
use ges_domain::time::SignedDuration;
use ges_domain::webhook::Reach;
use ges_ports::{HookAnswer, HookCall, HookTrouble, Hooks, UnfitHook};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};
use url::{Host, Url};

use crate::config::Config;
use crate::door::NoWay;
use crate::sign::signatures;

/// The name under which spans and logs speak of this neighbour.
const PEER: &str = "webhooks";
/// The longest address.
const LONGEST: usize = 2048;

/// Webhooks over HTTP.
pub struct Webhooks {
    config: Config,
    reach: Reach,
    client: Client,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Webhooks {
    /// The listeners. `client` is one that [`Config::tune`] prepared.
    pub fn new(config: Config, client: Client) -> Self {
        Self { reach: config.reach(), config, client }
    }

    fn address(&self, text: &str) -> Result<Url, UnfitHook> {
        if text.len() > LONGEST {
            return Err(UnfitHook::NotAnAddress);
        }
        let url = Url::parse(text).map_err(|_quotes| UnfitHook::NotAnAddress)?;
        match url.scheme() {
            "https" => {}
            "http" if self.config.allow_http => {}
            "http" => return Err(UnfitHook::NotEncrypted),
            _ => return Err(UnfitHook::NotAnAddress),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UnfitHook::Credentials);
        }
        // An address in figures is looked up by nobody, so it is judged here.
        let literal = match url.host().ok_or(UnfitHook::NotAnAddress)? {
            Host::Ipv4(four) => Some(four.into()),
            Host::Ipv6(six) => Some(six.into()),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) if !self.reach.permits(address) => Err(UnfitHook::NotPublic),
            _ => Ok(url),
        }
    }

    async fn send(&self, call: &HookCall) -> Result<Response, HookTrouble> {
        let url = self.address(&call.url)?;
        let (id, at_secs) = (format!("msg_{}", call.id.uuid().simple()), call.at.as_second());
        let request = self
            .client
            .post(url)
            .timeout(self.config.timeout())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", at_secs)
            .header("webhook-signature", signatures(&call.secrets, &id, at_secs, &call.body))
            .body(call.body.clone());
        request.send().await.map_err(|error| trouble(&error))
    }
}

fn trouble(error: &reqwest::Error) -> HookTrouble {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        match inner.downcast_ref::<NoWay>() {
            Some(NoWay::Unknown) => return HookTrouble::NameUnknown,
            Some(NoWay::Refused) => return HookTrouble::AddressRefused,
            None => cause = inner.source(),
        }
    }
    if error.is_connect() {
        HookTrouble::Unreachable
    } else if error.is_timeout() {
        HookTrouble::TimedOut
    } else {
        HookTrouble::Broken
    }
}

/// The wait that an answer asks for, in seconds; a date is not read.
fn wait(headers: &HeaderMap) -> Option<SignedDuration> {
    let secs: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(SignedDuration::from_secs(secs.into()))
}

#[async_trait]
impl Hooks for Webhooks {
    fn fit(&self, url: &str) -> Result<(), UnfitHook> {
        self.address(url).map(drop)
    }

    async fn call(&self, call: &HookCall) -> HookAnswer {
        let begun = Instant::now();
        let span = info_span!("webhooks.call", peer = PEER, outcome = Empty);
        let answer = self.send(call).instrument(span.clone()).await;
        let outcome = match &answer {
            Ok(answer) if answer.status().is_success() => "ok",
            Ok(_) => "refused",
            Err(_) => "failed",
        };
        span.record("outcome", outcome);
        let took_ms = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        let wait = answer.as_ref().ok().and_then(|answer| wait(answer.headers()));
        // The body stays where it is: dropping the answer closes what is left of it.
        HookAnswer { status: answer.map(|answer| answer.status().as_u16()), wait, took_ms }
    }
}
