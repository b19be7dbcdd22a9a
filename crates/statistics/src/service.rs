//! The neighbour as a whole: buys a token, asks, remembers the answer, and keeps the port.

use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::http::{Bought, CallError, Host, Tokens, Tries};
use ges_ports::{Fault, Statistics, StatisticsAccount, StatisticsError, StatisticsQuestion};
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::ExposeSecret as _;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use crate::config::Config;
use crate::holder::Holder;
use crate::memory::{Key, Memory};
use crate::reply::{self, Reply};

/// The name under which faults, spans and logs speak of this neighbour.
const PEER: &str = "statistics";
/// The most that an answer may hold, in bytes, unpacked: a hundred figures in many words.
const BODY_LIMIT: usize = 1024 * 1024;

const JSON: &str = "application/json";

/// The GWS Statistics service, and the endpoint where its tokens are bought.
pub struct StatisticsService {
    config: Config,
    client: Client,
    memory: Memory,
    tokens: Tokens<Holder, StatisticsError>,
    figures: Host,
    grants: Host,
}

impl std::fmt::Debug for StatisticsService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatisticsService").field("config", &self.config).finish_non_exhaustive()
    }
}

impl StatisticsService {
    /// The neighbour at the configured addresses. `client` is one that [`Config::tune`] prepared.
    pub fn new(config: Config, client: Client) -> Self {
        Self {
            config,
            client,
            memory: Memory::default(),
            tokens: Tokens::default(),
            figures: Host::new(PEER, BODY_LIMIT),
            grants: Host::new(PEER, BODY_LIMIT),
        }
    }

    async fn buy(
        &self,
        account: &StatisticsAccount,
        now: Timestamp,
    ) -> Result<Bought, StatisticsError> {
        let form = [
            ("grant_type", "password"),
            ("username", account.user_name.as_str()),
            ("password", account.password.expose()),
            ("client_id", self.config.client_id.as_str()),
            ("scope", "*"),
        ];
        let secret = self.config.client_secret.expose_secret();
        let request = self
            .client
            .post(self.config.token_url())
            .basic_auth(&self.config.client_id, Some(secret))
            .header(ACCEPT, JSON)
            .form(&form);
        let span = info_span!("statistics.token", peer = PEER, outcome = Empty);
        let call = self.grants.call(request, Tries::Once, self.config.timeout(), now);
        let answer = call.instrument(span.clone()).await;
        let bought = answer
            .map_err(|error| StatisticsError::Fault(fault(error)))
            .and_then(|answer| reply::granted(&answer, now));
        span.record("outcome", outcome(&bought));
        bought
    }

    async fn ask(
        &self,
        question: &StatisticsQuestion,
        now: Timestamp,
    ) -> Result<Arc<str>, StatisticsError> {
        let trouble = |error| StatisticsError::Fault(fault(error));
        let url = self.config.figures_url().ok_or_else(|| trouble(CallError::Nobody))?;
        let holder = Holder::of(question.tenant, &question.account);
        for _try in 0..2 {
            let token = self.tokens.get(&holder, now, self.buy(&question.account, now)).await?;
            let request = self
                .client
                .post(url.clone())
                .bearer_auth(token.expose())
                .header(ACCEPT, JSON)
                .header(CONTENT_TYPE, JSON)
                .body(String::from(&*question.body));
            match self.figures.call(request, Tries::Once, self.config.timeout(), now).await {
                Ok(answer) => match reply::figures(&answer).map_err(trouble)? {
                    Reply::Figures(text) => return Ok(text),
                    Reply::QuestionRefused => return Err(StatisticsError::QuestionRefused),
                    Reply::TokenRefused => self.tokens.forget(&holder, &token).await,
                },
                Err(error) => return Err(trouble(error)),
            }
        }
        Err(StatisticsError::AccountRefused)
    }
}

#[async_trait]
impl Statistics for StatisticsService {
    async fn figures(
        &self,
        question: &StatisticsQuestion,
        max_age: SignedDuration,
        now: Timestamp,
    ) -> Result<Arc<str>, StatisticsError> {
        let key = Key::of(question);
        if let Some(text) = self.memory.recall(&key, max_age, now) {
            return Ok(text);
        }
        let flight = self.memory.board(&key);
        let mut landed = flight.lock().await;
        if let Some(outcome) = &*landed {
            return outcome.clone();
        }
        let span = info_span!("statistics.figures", peer = PEER, outcome = Empty);
        let answer = self.ask(question, now).instrument(span.clone()).await;
        span.record("outcome", outcome(&answer));
        self.memory.land(&key, &answer, now);
        *landed = Some(answer.clone());
        answer
    }
}

/// The fault of everybody who waited for the same answer.
pub(crate) fn fault(error: CallError) -> Arc<Fault> {
    Arc::new(Arc::new(error).fault(PEER))
}

fn outcome<T>(answer: &Result<T, StatisticsError>) -> &'static str {
    match answer {
        Ok(_) => "answered",
        Err(StatisticsError::AccountRefused) => "account_refused",
        Err(StatisticsError::ClientRefused) => "client_refused",
        Err(StatisticsError::QuestionRefused) => "question_refused",
        Err(StatisticsError::Fault(_)) => "fault",
    }
}
