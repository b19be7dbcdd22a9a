//! Problems: which refusal or fault has which code, which words go with it, and what helps.
//!
//! The only place that knows the catalogue. The matches have no wildcard, so that a new refusal does not compile until
//! it has a code, a message and a page. A neighbour's text never reaches a client.

#![warn(clippy::wildcard_enum_match_arm)]

mod code;
mod refused;

use ges_app::Failure;
use ges_ports::{Fault, FaultKind};
use serde_json::Value;

pub use code::Code;

/// Seconds after which a client may try again when a neighbour, or the store, was away.
const RETRY_UNAVAILABLE_SECS: u32 = 5;

/// Why a request came to nothing, as its client is told.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    /// Words for the client's developer.
    pub(crate) message: String,
    /// What helps, for the few problems that carry something.
    pub(crate) data: Option<Value>,
    pub(crate) retry_after_secs: Option<u32>,
    /// What to log with it; the client never sees it.
    pub(crate) fault: Option<Fault>,
    /// Why somebody is not let in; none where that is not what the problem is.
    pub(crate) doubt: Option<Doubt>,
}

/// Why somebody is not let in, for the counter and the request's line; the client is told no more than the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Nothing was shown.
    Nothing,
    /// What was shown is malformed, forged, expired or withdrawn, or was never given out.
    Unknown,
    /// Another site may have had the browser ask.
    Elsewhere,
    /// Who asks is known, and may not.
    NotPermitted,
    /// Who asks comes too often.
    TooOften,
}

impl Doubt {
    /// What a code says of who asks, as long as nobody says more.
    const fn of(code: Code) -> Option<Self> {
        if matches!(
            code,
            Code::ApiKeyUnknown
                | Code::UpdateTokenInvalid
                | Code::InternalKeyInvalid
                | Code::SignInRequired
                | Code::ProofWrong
        ) {
            Some(Self::Unknown)
        } else if matches!(code, Code::ForgedRequest) {
            Some(Self::Elsewhere)
        } else if matches!(code, Code::NotPermitted) {
            Some(Self::NotPermitted)
        } else if matches!(code, Code::KeyThrottled | Code::SignInThrottled) {
            Some(Self::TooOften)
        } else {
            None
        }
    }

    /// Its word, which is a label's value.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing_shown",
            Self::Unknown => "unknown",
            Self::Elsewhere => "forged",
            Self::NotPermitted => "not_permitted",
            Self::TooOften => "too_often",
        }
    }
}

impl Problem {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            message,
            data: None,
            retry_after_secs: None,
            fault: None,
            doubt: Doubt::of(code),
        }
    }

    /// Says more of why somebody is not let in than the code does.
    #[must_use]
    pub(crate) fn doubting(mut self, doubt: Doubt) -> Self {
        self.doubt = Some(doubt);
        self
    }

    #[must_use]
    pub(crate) fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    #[must_use]
    pub(crate) fn retry_after(mut self, secs: u32) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// Whether the client must not expect the connection to go on: its body may still be on its way.
    pub(crate) fn ends_connection(&self) -> bool {
        matches!(self.code, Code::BodyTooLarge | Code::DeadlinePassed)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Faulted(fault) => fault.into(),
            Failure::Ours(fault) => Self { fault: Some(fault), ..Self::internal() },
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let own = fault.peer == "store";
        let problem = match fault.kind {
            FaultKind::Unavailable => {
                Self::new(Code::Unavailable, "the service cannot do this right now; try again")
                    .retry_after(RETRY_UNAVAILABLE_SECS)
            }
            FaultKind::TimedOut => Self::new(
                Code::DeadlinePassed,
                "the answer did not come in time; it is not known whether the request was carried out",
            ),
            // A row of our own store that we cannot read is a bug of ours.
            FaultKind::Misbehaved if own => Self::internal(),
            FaultKind::Misbehaved => Self::new(
                Code::NeighbourMisbehaved,
                "another system gave an answer that makes no sense",
            ),
            FaultKind::Refused => Self::new(
                Code::NeighbourMisbehaved,
                "another system refused what this service asked of it",
            ),
        };
        Self { fault: Some(fault), ..problem }
    }
}

impl Problem {
    /// Our own fault; the log knows more.
    pub(crate) fn internal() -> Self {
        Self::new(Code::Internal, "the service failed; the operator finds the reason by corrId")
    }

    /// The request as a whole cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Code::Malformed, message)
    }

    /// The deadline of the request passed.
    pub(crate) fn deadline() -> Self {
        Self::new(
            Code::DeadlinePassed,
            "the deadline passed; it is not known whether the request was carried out",
        )
    }

    /// Nothing has the name that a field gives; `near` is a name that may be meant.
    pub(crate) fn unknown_name(field: &str, name: &str, near: Option<&str>) -> Self {
        let name: String = name.chars().take(64).collect();
        let meant = near.map(|near| format!("; is `{near}` meant?")).unwrap_or_default();
        Self::new(Code::UnknownName, format!("{field}: nothing is named `{name}`{meant}"))
    }
}
