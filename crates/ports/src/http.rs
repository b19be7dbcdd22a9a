//! One call to a neighbour over HTTP: its bounds, its breaker, and what can go wrong.
//!
//! Here and not in an adapter, because adapters do not name each other and each of them needs the same; behind the feature
//! `http`, because a room that speaks to nobody needs none of it.

mod tokens;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ges_domain::time::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};

use crate::{Breaker, Fault, FaultKind, Passage};

pub use tokens::{Bought, Tokens};

/// No wait that is asked of us is longer than this; a figure beyond it is a mistake.
const LONGEST_WAIT_SECS: u32 = 24 * 3_600;

/// Why there is no answer, or none that can be used. No text here holds anything of a request.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No address is configured.
    #[error("no address is configured")]
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
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Not what the contract says.
    #[error("the answer cannot be understood")]
    Unintelligible,
}

impl CallError {
    /// What is known of the effect.
    pub fn kind(&self) -> FaultKind {
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
            | Self::TooLarge(_)
            | Self::Unintelligible => FaultKind::Misbehaved,
        }
    }

    /// Whether the request certainly never left, so that it may be sent another time.
    pub fn never_sent(&self) -> bool {
        matches!(self, Self::Nobody | Self::Barred | Self::Unreachable(_))
    }

    /// The fault of everybody who waited for the same answer.
    pub fn fault(self: Arc<Self>, peer: &'static str) -> Fault {
        Fault::new(peer, self.kind(), self)
    }
}

impl From<reqwest::Error> for CallError {
    /// The address goes: it may hold keys and names.
    fn from(error: reqwest::Error) -> Self {
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

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// How long to leave the host alone, where it says so.
    pub retry_after: Option<SignedDuration>,
    /// Its body, unpacked.
    pub body: Vec<u8>,
}

/// Whether a call is made again where no connection could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// It is made once.
    Once,
    /// It is made once more.
    Twice,
}

/// A host and how it fared.
#[derive(Debug)]
pub struct Host {
    peer: &'static str,
    /// The most bytes of an answer, unpacked.
    limit: usize,
    breaker: Mutex<Breaker>,
}

impl Host {
    /// A host of this neighbour, whose answers hold at most `limit` bytes.
    pub fn new(peer: &'static str, limit: usize) -> Self {
        Self { peer, limit, breaker: Mutex::default() }
    }

    /// Makes a call; a host that failed too often is not called.
    pub async fn call(
        &self,
        request: RequestBuilder,
        tries: Tries,
        timeout: Duration,
        now: Timestamp,
    ) -> Result<Answer, CallError> {
        if self.breaker().pass(now) == Passage::Barred {
            return Err(CallError::Barred);
        }
        let request = request.timeout(timeout);
        let again = if tries == Tries::Twice { request.try_clone() } else { None };
        let mut answer = self.exchange(request).await;
        if let (Err(CallError::Unreachable(_)), Some(again)) = (&answer, again) {
            answer = self.exchange(again).await;
        }
        let failed = match &answer {
            // What it says of one message, account or token is no failure of the host.
            Ok(answer) => answer.status.is_server_error(),
            Err(_) => true,
        };
        let mut breaker = self.breaker();
        if !failed {
            breaker.succeeded();
        } else if breaker.failed(now) {
            tracing::warn!(peer = self.peer, "a host is left alone: it failed too often in a row");
        }
        answer
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        let mut response = request.send().await?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > self.limit {
                return Err(CallError::TooLarge(self.limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, retry_after, body })
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait that an answer asks for, in seconds as the contracts have it; a date is not read.
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
