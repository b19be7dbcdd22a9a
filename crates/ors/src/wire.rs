//! One HTTP exchange with one address: sent, bounded, and told apart by what is known of its effect.

use std::sync::Arc;

use ges_domain::id::CallbackId;
use ges_domain::trace::Trace;
use ges_ports::{Fault, FaultKind};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Response, StatusCode};
use tokio::time::Instant;
use url::Url;

/// The most that an answer may hold, in bytes, unpacked.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// The name under which faults, spans and logs speak of this neighbour.
pub(crate) const PEER: &str = "ors";

/// The cookie by which a node knows its session again.
const SESSION_COOKIE: &str = "ORSSESSIONID=";

/// Why there is no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No connection: certainly nothing was sent.
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
    /// More than anybody would have to say.
    #[error("the answer is larger than {BODY_LIMIT} bytes")]
    TooLarge,
    /// One redirect after the other.
    #[error("it redirects again and again")]
    Redirected,
    /// The node that another one points to failed.
    #[error("the node that was pointed to: {0}")]
    Beyond(#[source] Box<CallError>),
    /// A redirect without an address that could be followed.
    #[error("it redirects to nowhere")]
    Misdirected,
    /// Neither of the forms that answers have.
    #[error("the answer cannot be understood")]
    Unintelligible,
    /// About something that was not asked.
    #[error("the answer is about another session")]
    Foreign,
}

impl CallError {
    /// Whether the call certainly changed nothing: a start may go elsewhere.
    pub(crate) fn nothing_done(&self) -> bool {
        self.kind() == FaultKind::Unavailable
    }

    /// Whether another node may do better; its own request is not to blame.
    pub(crate) fn node_failed(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Broken(_) => true,
            Self::Status(status) => status.is_server_error(),
            Self::Beyond(error) => error.node_failed(),
            Self::TooLarge
            | Self::Redirected
            | Self::Misdirected
            | Self::Unintelligible
            | Self::Foreign => false,
        }
    }

    /// Whether the node said nothing whole: it may be dead.
    pub(crate) fn silence(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Broken(_) => true,
            Self::Beyond(error) => error.silence(),
            Self::Status(_)
            | Self::TooLarge
            | Self::Redirected
            | Self::Misdirected
            | Self::Unintelligible
            | Self::Foreign => false,
        }
    }

    /// Whether a node that answers pointed to one that does not.
    pub(crate) fn silence_beyond(&self) -> bool {
        matches!(self, Self::Beyond(error) if error.silence())
    }

    /// Whether the node looked at the request and would have nothing of it.
    pub(crate) fn refused(&self) -> bool {
        self.kind() == FaultKind::Refused
    }

    fn kind(&self) -> FaultKind {
        match self {
            Self::Unreachable(_)
            | Self::Status(StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
                FaultKind::Unavailable
            }
            Self::TimedOut | Self::Status(StatusCode::REQUEST_TIMEOUT) => FaultKind::TimedOut,
            Self::Beyond(error) => error.kind(),
            Self::Status(status) if status.is_client_error() => FaultKind::Refused,
            Self::Broken(_)
            | Self::Status(_)
            | Self::TooLarge
            | Self::Redirected
            | Self::Misdirected
            | Self::Unintelligible
            | Self::Foreign => FaultKind::Misbehaved,
        }
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::new(PEER, error.kind(), error)
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        // A connection that was not made in time is both; that it was not made is what counts.
        if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken(error)
        }
    }
}

/// What is asked, wherever it is asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path behind a base address, with its slash.
    pub(crate) path: String,
    /// Content type and bytes.
    pub(crate) body: Option<(&'static str, String)>,
    /// Whose call it is, for those who follow it through the logs.
    pub(crate) callback: Option<CallbackId>,
    /// The step of a trace that it is part of.
    pub(crate) trace: Option<Trace>,
}

/// A whole answer that is no redirect.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    /// The base address of the node that gave it.
    pub(crate) base: Arc<str>,
    /// The session cookie that came with it, as it is sent back.
    pub(crate) cookie: Option<Arc<str>>,
}

/// An answer, or where to go for it.
pub(crate) enum Reply {
    Answer(Answer),
    Elsewhere(Url),
}

/// Asks one address once.
pub(crate) async fn exchange(
    client: &Client,
    address: &Url,
    request: &Request,
    cookie: Option<&str>,
    deadline: Instant,
) -> Result<Reply, CallError> {
    let left = deadline.saturating_duration_since(Instant::now());
    let mut asked = client
        .request(request.method.clone(), address.clone())
        .timeout(left)
        .header(ACCEPT, "application/json");
    if let Some((content_type, body)) = &request.body {
        asked = asked.header(CONTENT_TYPE, *content_type).body(body.clone());
    }
    if let Some(callback) = request.callback {
        asked = asked.header("x-correlation-id", callback.to_string());
    }
    if let Some(trace) = request.trace {
        asked = asked.header("traceparent", trace.to_string());
    }
    if let Some(cookie) = cookie {
        asked = asked.header(COOKIE, cookie);
    }
    let mut response = asked.send().await?;
    let status = response.status();
    if status == StatusCode::TEMPORARY_REDIRECT {
        return elsewhere(address, &response).map(Reply::Elsewhere);
    }
    if status.is_server_error() {
        return Err(CallError::Status(status));
    }
    let cookie = session_cookie(&response);
    let body = bounded(&mut response).await?;
    Ok(Reply::Answer(Answer { status, body, base: base_of(address).into(), cookie }))
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

fn elsewhere(address: &Url, response: &Response) -> Result<Url, CallError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| address.join(location).ok());
    let followable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    target.filter(followable).ok_or(CallError::Misdirected)
}

fn session_cookie(response: &Response) -> Option<Arc<str>> {
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let mut pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let pair = pairs.find(|pair| pair.starts_with(SESSION_COOKIE) && pair.len() <= 256)?;
    Some(pair.trim_end().into())
}

/// The base address of a node, without a slash at the end, from any address on it.
pub(crate) fn base_of(address: &Url) -> String {
    let mut base = address.clone();
    base.set_query(None);
    base.set_fragment(None);
    let text = base.as_str();
    let end = text.find("/scxml/session/").unwrap_or(text.len());
    text[..end].trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_of_an_address_is_what_stands_before_the_interface() {
        for (address, base) in [
            ("http://ors:9098", "http://ors:9098"),
            ("http://ors:9098/ors/", "http://ors:9098/ors"),
            ("http://ors:9098/scxml/session/X/query?a=b", "http://ors:9098"),
            ("http://ors:9098/ors/scxml/session/start", "http://ors:9098/ors"),
        ] {
            assert_eq!(base_of(&Url::parse(address).unwrap()), base);
        }
    }

    #[test]
    fn only_what_was_certainly_not_done_is_unavailable() {
        let status = |code| CallError::Status(StatusCode::from_u16(code).unwrap());
        assert!(status(503).nothing_done() && status(503).node_failed());
        assert!(!status(500).nothing_done() && status(500).node_failed());
        assert!(!status(400).nothing_done() && !status(400).node_failed());
        assert!(status(400).refused() && status(404).refused() && !status(500).refused());
        assert!(status(429).nothing_done() && !status(408).refused());
        assert!(!CallError::TimedOut.nothing_done());
        assert_eq!(Fault::from(CallError::TimedOut).kind, FaultKind::TimedOut);
        assert_eq!(Fault::from(CallError::Redirected).kind, FaultKind::Misbehaved);
    }
}
