//! What is kept of a key or token: enough to know it again, nothing to show it.

use std::fmt;

use ges_domain::token::TokenHash;
use serde::{Deserialize, Serialize};

/// The BLAKE3 digest of a key or token.
///
/// Lookups go by digest, so that the time they take tells nothing about any part of a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Digest([u8; 32]);

/// Text that is not a digest.
#[derive(Debug, thiserror::Error)]
#[error("a digest has 64 hexadecimal digits")]
pub(crate) struct NotADigest;

impl Digest {
    /// The digest of a key as it travels on the wire.
    pub(crate) fn of(key: &str) -> Self {
        Self(*blake3::hash(key.as_bytes()).as_bytes())
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        let hash = blake3::Hash::from_hex(text).map_err(|_quoted| NotADigest)?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        blake3::Hash::from_bytes(digest.0).to_hex().as_str().to_owned()
    }
}

impl From<Digest> for TokenHash {
    /// The house hashes keys and tokens alike.
    fn from(digest: Digest) -> Self {
        Self::parse(&String::from(digest)).expect("a digest has 64 hexadecimal digits")
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}
