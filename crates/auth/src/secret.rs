//! Secrets in the configuration: the text itself, or the file that holds it.

use std::path::PathBuf;
use std::{fmt, fs, io};

use ges_ports::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// No secret of ours is longer than this.
const LONGEST: u64 = 64 * 1024;

/// A secret: a text, or `{ file = "/run/secrets/name" }`, which is the better place for it.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a text or { file = \"path\" }")]
pub enum SecretSource {
    /// The secret itself.
    Text(String),
    /// A file that holds it; a line's end behind it does not count.
    File(SecretFile),
}

/// Where a secret lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretFile {
    /// The path.
    pub file: PathBuf,
}

impl SecretSource {
    /// The secret; reads the file, where it is one.
    pub fn read(&self) -> io::Result<Secret> {
        let file = match self {
            Self::Text(text) => return Ok(Secret::new(text.as_str())),
            Self::File(SecretFile { file }) => file,
        };
        if fs::metadata(file)?.len() > LONGEST {
            return Err(io::Error::other("the file is longer than a secret"));
        }
        Ok(Secret::new(fs::read_to_string(file)?.trim_end_matches(['\r', '\n'])))
    }
}

impl Default for SecretSource {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if text.is_empty() => f.write_str("\"\""),
            Self::Text(_) => f.write_str("…"),
            Self::File(SecretFile { file }) => write!(f, "{}", file.display()),
        }
    }
}

impl Serialize for SecretSource {
    /// Writes where the secret lies, never the secret: what is written is shown to people.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(if text.is_empty() { "" } else { "…" }),
            Self::File(file) => file.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[derive(Debug, Deserialize, Serialize)]
    struct Holder {
        secret: SecretSource,
    }

    #[test]
    fn a_secret_is_a_text_or_lies_in_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"of the file\n").unwrap();
        let named = format!("secret = {{ file = {:?} }}", file.path());
        for (text, expected) in [("secret = \"plain\"", "plain"), (&named, "of the file")] {
            let holder: Holder = toml::from_str(text).unwrap();
            assert_eq!(holder.secret.read().unwrap().expose(), expected);
        }
        let gone: Holder = toml::from_str("secret = { file = \"/nowhere/at/all\" }").unwrap();
        assert!(gone.secret.read().is_err());
        let wrong = toml::from_str::<Holder>("secret = { path = \"x\" }").unwrap_err();
        assert!(wrong.message().contains("expected a text or"), "{wrong}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let holder: Holder = toml::from_str("secret = \"plain\"").unwrap();
        let shown = format!("{holder:?} {}", toml::to_string(&holder).unwrap());
        assert!(!shown.contains("plain"), "{shown}");
    }
}
