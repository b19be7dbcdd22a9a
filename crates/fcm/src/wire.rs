//! One call over HTTP: its bounds, its breaker, and what can go wrong.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Breaker, Fault, FaultKind, Passage};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};

/// The name under which faults, spans and logs speak of this neighbour.
pub(crate) const PEER: &str = "fcm";

/// The most that an answer may hold, in bytes, unpacked.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// No wait that is asked of us is longer than this; a figure beyond it is a mistake.
const LONGEST_WAIT_SECS: u32 = 24 * 3_600;

/// Why there is no answer, or none that can be used. No text here holds anything of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
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
            Self::Barred | Self::Unreachable(_) | Self::Status(StatusCode::SERVICE_UNAVAILABLE) => {
                FaultKind::Unavailable
            }
            Self::TimedOut => FaultKind::TimedOut,
            Self::Broken(_) | Self::Status(_) | Self::TooLarge | Self::Unintelligible => {
                FaultKind::Misbehaved
            }
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        // An address may hold a project's name; the log of the fault names the tenant anyway.
        let error = error.without_url();
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
pub(crate) fn fault(error: Arc<CallError>) -> Fault {
    Fault::new(PEER, error.kind(), error)
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// How long to leave the host alone, where it says so.
    pub(crate) retry_after: Option<SignedDuration>,
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
            // What it says of one message or account is no failure of the host.
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
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, retry_after, body })
}

/// The wait that an answer asks for, in seconds as the contract has it; a date is not read.
fn retry_after(headers: &HeaderMap) -> Option<SignedDuration> {
    let secs: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(SignedDuration::from_secs(secs.min(LONGEST_WAIT_SECS).into()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_and_bounded() {
        let asked = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            retry_after(&headers).map(|wait| wait.as_secs())
        };
        assert_eq!(asked("60"), Some(60));
        assert_eq!(asked("4000000000"), Some(86_400));
        for odd in ["", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(asked(odd), None, "{odd}");
        }
    }
}
