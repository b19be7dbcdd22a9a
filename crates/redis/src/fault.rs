//! From Redis's errors to faults, by what is known of the effect.

use std::sync::Arc;

use deadpool_redis::redis::{ErrorKind, RedisError};
use ges_ports::{Fault, FaultKind};
use tracing::{Instrument, Span};

/// The name under which faults, spans and logs speak of our own Redis.
pub(crate) const PEER: &str = "redis";

/// Why a command has no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No connection: certainly nothing was sent.
    #[error("no connection can be made")]
    Unreachable(#[source] Arc<RedisError>),
    /// The connection was still being made: certainly nothing was sent.
    #[error("no connection was made in time")]
    NotReady,
    /// A cluster of which a part is away.
    #[error("a part of the cluster does not serve")]
    Incomplete,
    /// It answers, and takes no writes.
    #[error("it is a replica and takes no writes; name its primary")]
    Replica,
    /// It says that it did nothing, because of the state that it is in or of who asks.
    #[error("it does not serve now")]
    Refused(#[source] RedisError),
    /// It says that the command is wrong.
    #[error("it takes offence at the command")]
    Rejected(#[source] RedisError),
    /// Sent, and no word since.
    #[error("no answer came in time")]
    TimedOut,
    /// Sent, and the connection ended.
    #[error("the connection broke before the answer came")]
    Broken(#[source] RedisError),
    /// An answer of another form.
    #[error("the answer cannot be understood")]
    Unintelligible(#[source] RedisError),
}

impl CallError {
    /// What the driver's error says about a command that was handed to a connection.
    pub(crate) fn of(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension => {
                if REFUSALS.contains(&error.code().unwrap_or_default()) {
                    Self::Refused(error)
                } else {
                    Self::Rejected(error)
                }
            }
            ErrorKind::AuthenticationFailed => Self::Refused(error),
            ErrorKind::ClusterConnectionNotFound
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Client => Self::Unreachable(Arc::new(error)),
            ErrorKind::Io if error.is_timeout() => Self::TimedOut,
            ErrorKind::Io => Self::Broken(error),
            _ => Self::Unintelligible(error),
        }
    }

    pub(crate) fn kind(&self) -> FaultKind {
        match self {
            Self::Unreachable(_)
            | Self::NotReady
            | Self::Incomplete
            | Self::Replica
            | Self::Refused(_) => FaultKind::Unavailable,
            Self::TimedOut | Self::Broken(_) => FaultKind::TimedOut,
            Self::Rejected(_) | Self::Unintelligible(_) => FaultKind::Misbehaved,
        }
    }

    /// The code with which the server began its answer.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(error) | Self::Rejected(error) => error.code(),
            Self::Unreachable(_)
            | Self::NotReady
            | Self::Incomplete
            | Self::Replica
            | Self::TimedOut
            | Self::Broken(_)
            | Self::Unintelligible(_) => None,
        }
    }

    pub(crate) fn fault(self, peer: &'static str) -> Fault {
        Fault::new(peer, self.kind(), self)
    }
}

/// Answers that say: nothing was done, and it was not the command's fault.
const REFUSALS: &[&str] = &[
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOAUTH",
    "NOPERM",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "TRYAGAIN",
    "WRONGPASS",
];

/// Runs a call inside its span, and takes down how it came out.
pub(crate) async fn told<T>(
    span: Span,
    peer: &'static str,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, Fault> {
    let result = call.instrument(span.clone()).await;
    span.record("outcome", result.as_ref().map_or_else(|error| error.kind().as_str(), |_| "ok"));
    result.map_err(|error| error.fault(peer))
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::{ServerErrorKind, make_extension_error};

    use super::*;

    #[test]
    fn what_is_known_of_the_effect_decides_the_kind() {
        let io = |kind: std::io::ErrorKind| RedisError::from(std::io::Error::from(kind));
        let server = |kind| RedisError::from((ErrorKind::Server(kind), "it said so"));
        let other = |code: &str| make_extension_error(code.to_owned(), None);
        for (error, kind) in [
            (server(ServerErrorKind::BusyLoading), FaultKind::Unavailable),
            (server(ServerErrorKind::ClusterDown), FaultKind::Unavailable),
            (server(ServerErrorKind::ReadOnly), FaultKind::Unavailable),
            (server(ServerErrorKind::Moved), FaultKind::Unavailable),
            (server(ServerErrorKind::NoPerm), FaultKind::Unavailable),
            (other("OOM"), FaultKind::Unavailable),
            (other("NOAUTH"), FaultKind::Unavailable),
            (server(ServerErrorKind::ResponseError), FaultKind::Misbehaved),
            (other("WRONGTYPE"), FaultKind::Misbehaved),
            (io(std::io::ErrorKind::TimedOut), FaultKind::TimedOut),
            (io(std::io::ErrorKind::BrokenPipe), FaultKind::TimedOut),
            (io(std::io::ErrorKind::ConnectionReset), FaultKind::TimedOut),
            (RedisError::from((ErrorKind::Parse, "what?")), FaultKind::Misbehaved),
        ] {
            let text = error.to_string();
            assert_eq!(CallError::of(error).kind(), kind, "{text}");
        }
    }
}
