//! What a session keeps with its callback: a flat map of scalars with a version.

use std::collections::BTreeMap;
use std::fmt;

use crate::refusal::Refusal;

/// The most bytes of names and values together.
pub const STORAGE_LIMIT: usize = 32 * 1024;

/// A value that a session keeps.
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Scalar {
    /// A truth value.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// A text of at most 4 KiB.
    Text(String),
}

impl fmt::Debug for Scalar {
    /// Hides the value: it may be the customer's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag(_) => "flag",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
        })
    }
}

/// A merge patch (RFC 7396) of a flat map: a value sets, nothing removes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch(pub BTreeMap<String, Option<Scalar>>);

/// The map and its version, which rises with each patch.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Storage {
    /// How often it was patched.
    pub version: u64,
    /// The values by name.
    pub values: BTreeMap<String, Scalar>,
}

impl Storage {
    /// The storage after a patch; names over 128 bytes, texts over 4 KiB or a total over 32 KiB are refused.
    pub fn patched(&self, patch: &Patch) -> Result<Self, Refusal> {
        let mut values = self.values.clone();
        for (name, value) in &patch.0 {
            match value {
                Some(Scalar::Text(text)) if text.len() > 4096 => return Err(Refusal::StorageFull),
                Some(_) if name.len() > 128 || name.is_empty() => return Err(Refusal::StorageFull),
                Some(value) => {
                    values.insert(name.clone(), value.clone());
                }
                None => {
                    values.remove(name);
                }
            }
        }
        let bytes: usize = values
            .iter()
            .map(|(name, value)| {
                name.len()
                    + match value {
                        Scalar::Text(text) => text.len(),
                        Scalar::Flag(_) | Scalar::Number(_) => 8,
                    }
            })
            .sum();
        if bytes > STORAGE_LIMIT {
            return Err(Refusal::StorageFull);
        }
        Ok(Self { version: self.version + 1, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(entries: &[(&str, Option<&str>)]) -> Patch {
        let value = |text: &str| Scalar::Text(text.to_owned());
        Patch(entries.iter().map(|(k, v)| ((*k).to_owned(), v.map(value))).collect())
    }

    #[test]
    fn a_patch_sets_and_removes() {
        let first = Storage::default().patched(&patch(&[("a", Some("1")), ("b", Some("2"))]));
        let second = first.unwrap().patched(&patch(&[("a", None)])).unwrap();
        assert_eq!(second.version, 2);
        assert_eq!(second.values.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn what_would_pass_a_limit_is_refused() {
        let large = "x".repeat(4097);
        let full = Storage::default().patched(&patch(&[("a", Some(&large))]));
        assert_eq!(full, Err(Refusal::StorageFull));
        let name = "n".repeat(129);
        assert!(Storage::default().patched(&patch(&[(&name, Some("1"))])).is_err());
    }
}
