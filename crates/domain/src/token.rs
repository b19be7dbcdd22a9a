//! The token that a session shows with each update: valid for one attempt of one callback.

use std::fmt;

/// The BLAKE3 hash of an update token: what is stored, and compared in constant time.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct TokenHash(blake3::Hash);

/// Text that is not a hash of 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a hash of 64 hexadecimal digits")]
pub struct NotAHash;

impl TokenHash {
    /// The hash of a token as it travels on the wire.
    pub fn of(token: &str) -> Self {
        Self(blake3::hash(token.as_bytes()))
    }

    /// Reads the hexadecimal form.
    pub fn parse(text: &str) -> Result<Self, NotAHash> {
        blake3::Hash::from_hex(text).map(Self).map_err(|_ignored| NotAHash)
    }

    /// The hexadecimal form.
    pub fn hex(&self) -> String {
        self.0.to_hex().to_string()
    }
}

impl PartialEq for TokenHash {
    /// Takes the same time wherever two hashes differ.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

impl TryFrom<String> for TokenHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        Self::parse(&text)
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hash.hex()
    }
}
