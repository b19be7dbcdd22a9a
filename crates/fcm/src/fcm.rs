//! The neighbour as a whole: buys a token, sends the message, and keeps the port.

use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::http::{Bought, CallError, Host, Tokens, Tries};
use ges_ports::{Delivery, Fault, Push, PushAccount, PushMessage, PushRefusal, Secret};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use crate::account::assertion;
use crate::config::Config;
use crate::holder::{Holder, NoToken};
use crate::message::body;
use crate::reply::{self, Reply};

/// The name under which faults, spans and logs speak of this neighbour.
const PEER: &str = "fcm";
/// The most that an answer may hold, in bytes, unpacked.
const BODY_LIMIT: usize = 64 * 1024;
/// A token is not used in the last part of its life.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// The grant by which an assertion buys a token.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// A token whose end nobody names is taken for this long.
const USUAL_LIFE_SECS: i64 = 3_600;

/// Firebase Cloud Messaging over HTTP v1.
pub struct Fcm {
    config: Config,
    client: Client,
    tokens: Tokens<Holder, NoToken>,
    messages: Host,
    grants: Host,
}

impl std::fmt::Debug for Fcm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fcm").field("url", &self.config.url.as_str()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<i64>,
}

#[derive(Default, Deserialize)]
struct NotGranted {
    #[serde(default)]
    error: String,
}

impl Fcm {
    /// The neighbour at the configured addresses. `client` is one that [`Config::tune`] prepared.
    pub fn new(config: Config, client: Client) -> Self {
        let (messages, grants) = (Host::new(PEER, BODY_LIMIT), Host::new(PEER, BODY_LIMIT));
        Self { config, client, tokens: Tokens::default(), messages, grants }
    }

    async fn buy(&self, account: &PushAccount, now: Timestamp) -> Result<Bought, NoToken> {
        let span = info_span!("fcm.token", peer = PEER, outcome = Empty);
        let answer = self.bought(account, now).instrument(span.clone()).await;
        span.record("outcome", if answer.is_ok() { "bought" } else { "failed" });
        answer
    }

    async fn bought(&self, account: &PushAccount, now: Timestamp) -> Result<Bought, NoToken> {
        let assertion = assertion(account, &self.config.token_url, now)?;
        let form = [("grant_type", GRANT), ("assertion", assertion.as_str())];
        let request = self.client.post(self.config.token_url.clone()).form(&form);
        let answer = self.grants.call(request, Tries::Once, self.config.timeout(), now).await;
        let answer = answer.map_err(|error| NoToken::Call(Arc::new(error)))?;
        if answer.status.is_client_error() {
            let NotGranted { error } = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Err(NoToken::Refused(word(&error).into()));
        }
        if !answer.status.is_success() {
            return Err(NoToken::Call(Arc::new(CallError::Status(answer.status))));
        }
        let granted: Result<Granted, _> = serde_json::from_slice(&answer.body);
        let odd = |_quoted| NoToken::Call(Arc::new(CallError::Unintelligible));
        let Granted { access_token, expires_in } = granted.map_err(odd)?;
        let life = expires_in.unwrap_or(USUAL_LIFE_SECS).clamp(0, USUAL_LIFE_SECS * 24);
        let renew_at = now + SignedDuration::from_secs(life) - MARGIN;
        Ok(Bought { token: Secret::new(access_token), renew_at })
    }

    async fn send(
        &self,
        message: &PushMessage,
        token: &Secret,
        body: String,
        now: Timestamp,
    ) -> Result<Reply, CallError> {
        let request = self
            .client
            .post(self.config.send_url(&message.account.project))
            .bearer_auth(token.expose())
            .header(CONTENT_TYPE, "application/json; charset=UTF-8")
            .body(body);
        let span = info_span!("fcm.send", peer = PEER, outcome = Empty);
        let call = self.messages.call(request, Tries::Once, self.config.timeout(), now);
        let answer = call.instrument(span.clone()).await;
        let reply = answer.and_then(|answer| reply::read(&answer));
        span.record("outcome", outcome(&reply));
        reply
    }

    /// The access token, or what is to be said of the message without one.
    async fn token(
        &self,
        message: &PushMessage,
        now: Timestamp,
    ) -> Result<Result<Secret, Delivery>, Fault> {
        let holder = Holder::of(message.tenant, &message.account);
        let buy = self.buy(&message.account, now);
        match self.tokens.get(&holder, now, buy).await {
            Ok(token) => Ok(Ok(token)),
            Err(NoToken::Call(error)) => Err(error.fault(PEER)),
            Err(refused @ (NoToken::Key(_) | NoToken::Refused(_))) => {
                tracing::warn!(peer = PEER, tenant = %message.tenant, error = %refused,
                    "a tenant's push account is not good");
                Ok(Err(Delivery::Refused(PushRefusal::AccountRefused)))
            }
        }
    }
}

#[async_trait]
impl Push for Fcm {
    async fn deliver(&self, message: &PushMessage, now: Timestamp) -> Result<Delivery, Fault> {
        let body = match body(message, now) {
            Ok(body) => body.to_string(),
            Err(unfit) => {
                tracing::info!(peer = PEER, tenant = %message.tenant, ?unfit,
                    "a message cannot be sent as it is");
                return Ok(Delivery::Refused(PushRefusal::MessageInvalid));
            }
        };
        for _try in 0..2 {
            let token = match self.token(message, now).await? {
                Ok(token) => token,
                Err(delivery) => return Ok(delivery),
            };
            match self.send(message, &token, body.clone(), now).await {
                Ok(Reply::Said(delivery)) => return Ok(delivery),
                Ok(Reply::TokenRefused) => {
                    let holder = Holder::of(message.tenant, &message.account);
                    self.tokens.forget(&holder, &token).await;
                }
                Err(error) => return Err(Arc::new(error).fault(PEER)),
            }
        }
        Ok(Delivery::Refused(PushRefusal::AccountRefused))
    }
}

/// The endpoint's word for its refusal; whatever is not a word of the standard is not repeated.
fn word(error: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let fits = (1..=40).contains(&error.len()) && error.bytes().all(plain);
    if fits { error } else { "no reason is given" }
}

fn outcome(reply: &Result<Reply, CallError>) -> &'static str {
    match reply {
        Ok(Reply::Said(Delivery::Accepted(_))) => "accepted",
        Ok(Reply::Said(Delivery::Refused(refusal))) => refusal.as_str(),
        Ok(Reply::Said(Delivery::Later { .. })) => "later",
        Ok(Reply::TokenRefused) => "token_refused",
        Err(_) => "fault",
    }
}
