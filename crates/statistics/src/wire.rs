//! One call over HTTP: its bounds, its breaker, and what can go wrong.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ges_domain::time::Timestamp;
use ges_ports::{Breaker, Fault, FaultKind, Passage};
use reqwest::{RequestBuilder, StatusCode};

/// The name under which faults, spans and logs speak of this neighbour.
pub(crate) const PEER: &str = "statistics";

/// The most that an answer may hold, in bytes, unpacked: a hundred figures in many words.
pub(crate) const BODY_LIMIT: usize = 1024 * 1024;

/// Why there is no answer, or none that can be used. No text here holds anything of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No address is configured.
    #[error("no statistics service is configured")]
    Nobody,
    /// The host failed too often in a row.
    #[error("the host failed too often and is left alone")]
    Barred,
    /// No connection could be made.
    #[error("no connection could be made")]
    Unreachable(#[source] reqwest::Error),
    /// Silence, or an answer that comes too slowly.
    #[error("no whole answer came in time")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection broke before the answer was whole")]
    Broken(#[source] reqwest::Error),
    /// A status that the contract gives no meaning here.
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    /// A number in the envelope that is not success.
    #[error("the answer says that it failed, with the code {0}")]
    Envelope(i64),
    /// More than any answer needs.
    #[error("the answer is larger than {BODY_LIMIT} bytes")]
    TooLarge,
    /// Not what the contract says.
    #[error("the answer cannot be understood")]
    Unintelligible,
}

impl CallError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Nobody
            | Self::Barred
            | Self::Unreachable(_)
            | Self::Status(StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
                FaultKind::Unavailable
            }
            Self::TimedOut => FaultKind::TimedOut,
            Self::Broken(_)
            | Self::Status(_)
            | Self::Envelope(_)
            | Self::TooLarge
            | Self::Unintelligible => FaultKind::Misbehaved,
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        // A connection that was not made in time is both; that it was not made says more.
        if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken(error)
        }
    }
}

/// The fault of everybody who waited for the same answer.
pub(crate) fn fault(error: CallError) -> Arc<Fault> {
    Arc::new(Fault::new(PEER, error.kind(), error))
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

/// A host and how it fared.
#[derive(Debug, Default)]
pub(crate) struct Host(Mutex<Breaker>);

impl Host {
    /// Makes a call; a host that failed too often is not called.
    pub(crate) async fn call(
        &self,
        request: RequestBuilder,
        timeout: Duration,
        now: Timestamp,
    ) -> Result<Answer, CallError> {
        if self.breaker().pass(now) == Passage::Barred {
            return Err(CallError::Barred);
        }
        let answer = call(request.timeout(timeout)).await;
        let failed = match &answer {
            Ok(answer) => answer.status.is_server_error(),
            Err(_) => true,
        };
        let mut breaker = self.breaker();
        if !failed {
            breaker.succeeded();
        } else if breaker.failed(now) {
            tracing::warn!(peer = PEER, "a host is left alone: it failed too often in a row");
        }
        answer
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn call(request: RequestBuilder) -> Result<Answer, CallError> {
    let mut response = request.send().await?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}
