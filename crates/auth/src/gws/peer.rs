//! One of the platform's services on the wire: every call bounded in time, size and tries, every answer told apart by
//! who has to act on it, and the service's health taken down.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ges_domain::time::Timestamp;
use ges_ports::{Breaker, Fault, FaultKind, Passage, Secret};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, info_span};
use url::Url;

/// The most that an answer may hold, in bytes, unpacked: a list of ten thousand tenants, and some.
const BODY_LIMIT: usize = 8 * 1024 * 1024;
/// The first try and one more.
const TRIES: u32 = 2;

/// Why there is no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("it failed too often in a row and is left alone")]
    Barred,
    #[error("no connection could be made")]
    Unreachable(#[source] reqwest::Error),
    #[error("no whole answer came in time")]
    TimedOut,
    #[error("the connection broke before the answer was whole")]
    Broken(#[source] reqwest::Error),
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    #[error("the answer is larger than {BODY_LIMIT} bytes")]
    TooLarge,
    #[error("the answer says that it failed, with the code {0}")]
    Rejected(i64),
    #[error("the answer cannot be understood")]
    Unintelligible(#[source] Option<serde_json::Error>),
    #[error("the answer is about something that was not asked")]
    Foreign,
    #[error("the id or the secret of this service's client is refused")]
    ClientRefused,
    #[error("the token cannot be written into a header")]
    Unspeakable,
}

impl CallError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Barred | Self::Unreachable(_) => FaultKind::Unavailable,
            Self::TimedOut => FaultKind::TimedOut,
            Self::Status(status) if *status == StatusCode::SERVICE_UNAVAILABLE => {
                FaultKind::Unavailable
            }
            Self::Broken(_)
            | Self::Status(_)
            | Self::TooLarge
            | Self::Rejected(_)
            | Self::Unintelligible(_)
            | Self::Foreign
            | Self::ClientRefused
            | Self::Unspeakable => FaultKind::Misbehaved,
        }
    }

    /// Whether the service itself is in trouble.
    fn service_failed(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Broken(_) => true,
            Self::Status(status) => status.is_server_error(),
            _ => false,
        }
    }
}

impl From<reqwest::Error> for CallError {
    /// The address goes: it holds keys and names.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken(error)
        }
    }
}

/// What went wrong with which service; everybody who waited for the call gets a copy.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    peer: &'static str,
    pub(crate) error: Arc<CallError>,
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.peer, trouble.error.kind(), trouble.error)
    }
}

/// What is asked.
#[derive(Default)]
pub(crate) struct Call<'a> {
    /// The operation, as spans name it.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// The path, in parts that are encoded one by one: none can leave its place.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// Who asks: a whole `Authorization` header.
    pub(crate) authorization: Option<&'a Secret>,
    /// Content type and bytes.
    pub(crate) body: Option<(&'static str, String)>,
}

/// A whole answer that is no server error.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    /// Whether the caller is not known, or may not.
    pub(crate) fn refused(&self) -> bool {
        matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    }

    /// The bare document.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| CallError::Unintelligible(Some(error)))
    }

    /// What is in the envelope of a success.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        self.done()?;
        self.json::<Enveloped<T>>().map(|envelope| envelope.data)
    }

    /// That it was done; what else the envelope holds does not matter.
    pub(crate) fn done(&self) -> Result<(), CallError> {
        if !self.status.is_success() {
            return Err(CallError::Status(self.status));
        }
        match self.code() {
            None | Some(0 | 1) => Ok(()),
            Some(code) => Err(CallError::Rejected(code)),
        }
    }

    /// The code of the envelope, where there is one.
    pub(crate) fn code(&self) -> Option<i64> {
        serde_json::from_slice::<Coded>(&self.body).ok()?.status.map(|status| status.code)
    }
}

#[derive(serde::Deserialize)]
struct Enveloped<T> {
    data: T,
}

#[derive(serde::Deserialize)]
struct Coded {
    status: Option<Code>,
}

#[derive(serde::Deserialize)]
struct Code {
    code: i64,
}

/// How a service fares, as far as its answers tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its name: `gauth`, `environment` or `configuration`.
    pub peer: &'static str,
    /// Its address.
    pub address: String,
    /// Whether its newest call found it in trouble.
    pub down: bool,
    /// Since when it is as it is now; none before the first call.
    pub since: Option<Timestamp>,
    /// The newest failure and its time; kept after it came back.
    pub last_error: Option<(Timestamp, String)>,
}

/// A service.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    client: Client,
    base: Url,
    total: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    breaker: Breaker,
    down: bool,
    since: Option<Timestamp>,
    last_error: Option<(Timestamp, String)>,
}

impl Peer {
    pub(crate) fn new(name: &'static str, client: Client, base: Url, total_ms: u32) -> Self {
        let total = Duration::from_millis(total_ms.into());
        Self { name, client, base, total, state: Mutex::default() }
    }

    /// Asks, a second time where the first one found nobody.
    pub(crate) async fn ask(&self, call: &Call<'_>, now: Timestamp) -> Result<Answer, Trouble> {
        let span =
            info_span!("gws.call", peer = self.name, operation = call.operation, outcome = Empty);
        let asked = Box::pin(self.ask_twice(call, now)).instrument(span.clone()).await;
        let outcome = match &asked {
            Ok(answer) if answer.refused() => "refused",
            Ok(_) => "ok",
            Err(error) => error.kind().as_str(),
        };
        span.record("outcome", outcome);
        asked.map_err(|error| self.trouble(error))
    }

    pub(crate) fn trouble(&self, error: CallError) -> Trouble {
        Trouble { peer: self.name, error: Arc::new(error) }
    }

    async fn ask_twice(&self, call: &Call<'_>, now: Timestamp) -> Result<Answer, CallError> {
        if self.state().breaker.pass(now) == Passage::Barred {
            return Err(CallError::Barred);
        }
        let deadline = Instant::now() + self.total;
        let mut tries = 1;
        let asked = loop {
            match self.exchange(call, deadline).await {
                Err(error) if tries < TRIES && again(&error) && Instant::now() < deadline => {
                    tries += 1;
                }
                asked => break asked,
            }
        };
        if let Err(CallError::Status(status)) = &asked
            && status.is_server_error()
        {
            metrics::counter!("GWS_SERVER_ERROR").increment(1);
        }
        self.note(asked.as_ref().err(), now);
        asked
    }

    async fn exchange(&self, call: &Call<'_>, deadline: Instant) -> Result<Answer, CallError> {
        let mut asked = self
            .client
            .request(call.method.clone(), self.address(call))
            .timeout(deadline.saturating_duration_since(Instant::now()))
            .header(ACCEPT, "application/json");
        if let Some(authorization) = call.authorization {
            let mut value = HeaderValue::from_str(authorization.expose())
                .map_err(|_holds_it| CallError::Unspeakable)?;
            value.set_sensitive(true);
            asked = asked.header(AUTHORIZATION, value);
        }
        if let Some((content_type, body)) = &call.body {
            asked = asked.header(CONTENT_TYPE, *content_type).body(body.clone());
        }
        let mut response = asked.send().await?;
        let status = response.status();
        if status.is_server_error() {
            return Err(CallError::Status(status));
        }
        let body = bounded(&mut response).await?;
        Ok(Answer { status, body })
    }

    fn address(&self, call: &Call<'_>) -> Url {
        let mut address = self.base.clone();
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(call.path);
        }
        if !call.query.is_empty() {
            address.query_pairs_mut().extend_pairs(call.query);
        }
        address
    }

    /// Takes down how a call went.
    fn note(&self, error: Option<&CallError>, now: Timestamp) {
        let mut state = self.state();
        let failure = error.filter(|error| error.service_failed());
        if state.since.is_none() || state.down != failure.is_some() {
            state.since = Some(now);
        }
        state.down = failure.is_some();
        let Some(failure) = failure else {
            if state.breaker.succeeded() {
                tracing::info!(peer = self.name, "the service is back");
            }
            return;
        };
        state.last_error = Some((now, failure.to_string()));
        if state.breaker.failed(now) {
            let failures = state.breaker.failures();
            tracing::warn!(
                peer = self.name,
                failures,
                error = %failure,
                "the service is left alone: it failed too often in a row"
            );
        }
    }

    pub(crate) fn health(&self) -> Health {
        let state = self.state();
        Health {
            peer: self.name,
            address: shown(&self.base),
            down: state.down,
            since: state.since,
            last_error: state.last_error.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whether a second try may do better: nothing came, or who stood in front had nobody to ask.
fn again(error: &CallError) -> bool {
    match error {
        CallError::Unreachable(_) | CallError::Broken(_) => true,
        CallError::Status(status) => matches!(status.as_u16(), 502..=504),
        _ => false,
    }
}

async fn bounded(response: &mut Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An address without what may be secret in it.
fn shown(address: &Url) -> String {
    let mut address = address.clone();
    // An address that takes no user and password has none.
    let _has_none = address.set_username("").and_then(|()| address.set_password(None));
    address.set_query(None);
    address.as_str().trim_end_matches('/').to_owned()
}
