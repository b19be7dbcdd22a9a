//! Typed identifiers: on the wire they are plain UUIDs and strings, inside nobody can swap two of them.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// An identifier that is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct NotAUuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(transparent))]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID; any UUID is a legal value.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The plain UUID, for the wire and the stores.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAUuid;

            fn from_str(text: &str) -> Result<Self, NotAUuid> {
                Uuid::try_parse(text).map(Self).map_err(|_ignored| NotAUuid)
            }
        }
    };
}

uuid_id!(
    /// A contact centre (its `ccid`): the owner of every row.
    TenantId
);
uuid_id!(
    /// A callback, as the customer's client knows it.
    CallbackId
);
uuid_id!(
    /// A rule, group, endpoint or record that an administrator made.
    RecordId
);

/// The number of a submission of one callback: 1 for the first, rising by one, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Attempt(u32);

impl Attempt {
    /// The first attempt of a callback.
    pub const FIRST: Self = Self(1);

    /// An attempt by its number; numbers below 1 become 1.
    pub const fn new(number: u32) -> Self {
        Self(if number == 0 { 1 } else { number })
    }

    /// The attempt's number, 1 or more.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The attempt after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How often a record has been written: 1 when it is new, rising by one with each change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Revision(u64);

impl Revision {
    /// The revision of something that has not been stored yet.
    pub const NONE: Self = Self(0);

    /// A revision by its number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Text that is not a session id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a session id of the orchestration server")]
pub struct NotASessionId;

/// The id of a session of the orchestration server: 32 word characters or `~`, after an optional `~node~`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct SessionId(Box<str>);

impl SessionId {
    /// Reads a session id; `%7E` stands for `~`.
    pub fn parse(text: &str) -> Result<Self, NotASessionId> {
        if text.len() > 128 {
            return Err(NotASessionId);
        }
        let text = text.trim().replace("%7E", "~").replace("%7e", "~");
        let body = match text.strip_prefix('~').and_then(|rest| rest.split_once('~')) {
            Some((node, body))
                if !node.is_empty() && node.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                body
            }
            _ => text.as_str(),
        };
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'~';
        if body.len() == 32 && body.bytes().all(word) {
            Ok(Self(text.into_boxed_str()))
        } else {
            Err(NotASessionId)
        }
    }

    /// The id as the orchestration server wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both name one session: the node in front is a hint, not part of the name.
    pub fn names(&self, other: &Self) -> bool {
        let name = |id: &Self| id.0.len() - 32;
        self.0[name(self)..] == other.0[name(other)..]
    }
}

impl TryFrom<String> for SessionId {
    type Error = NotASessionId;

    fn try_from(text: String) -> Result<Self, NotASessionId> {
        Self::parse(&text)
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0.into_string()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_32_word_characters_after_an_optional_node() {
        for good in [
            "029I4G7KGCET96MLCCSH5B5AES01M138",
            "~4665~029I4G7KGCET96MLCCSH5B5AES01M138",
            "%7E4665%7E029I4G7KGCET96MLCCSH5B5AES01M138",
        ] {
            assert!(SessionId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "short", "029I4G7KGCET96MLCCSH5B5AES01M13/", "~x~029I4G7KGCET96ML"] {
            assert!(SessionId::parse(bad).is_err(), "{bad}");
        }
    }
}
