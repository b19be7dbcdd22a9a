//! Names that people and neighbours give to things, each bounded and of its own type.

use std::fmt;
use std::sync::Arc;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("is empty")]
    Empty,
    /// More characters than the limit.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A character outside the allowed set.
    #[error("holds a character that is not allowed")]
    Character,
}

fn check(text: &str, most: usize, allowed: fn(char) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > most {
        return Err(NameError::TooLong(most));
    }
    if text.chars().all(allowed) { Ok(()) } else { Err(NameError::Character) }
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

fn printable(c: char) -> bool {
    !c.is_control()
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $most:expr, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads the name; the error says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text, $most, $allowed)?;
                Ok(Self(text.into()))
            }

            /// The name as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    };
}

name!(
    /// A callback service: 1 to 255 of `A-Z a-z 0-9 _ . -`.
    ServiceName, 255, plain
);
name!(
    /// A virtual queue: 1 to 255 printable characters.
    QueueName, 255, printable
);
name!(
    /// A business-hours resource: 1 to 255 printable characters.
    HoursName, 255, printable
);
name!(
    /// A group of numbers to call in on: 1 to 255 of `A-Z a-z 0-9 _ . -`.
    GroupName, 255, plain
);
name!(
    /// A location that has routing and orchestration nodes: 1 to 64 printable characters.
    RegionName, 64, printable
);
name!(
    /// A node of this service, as owner of leases: 1 to 128 of `A-Z a-z 0-9 _ . -`.
    NodeName, 128, plain
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_wrong_with_it() {
        assert_eq!(ServiceName::parse(""), Err(NameError::Empty));
        assert_eq!(ServiceName::parse(&"a".repeat(256)), Err(NameError::TooLong(255)));
        assert_eq!(ServiceName::parse("CB Sales"), Err(NameError::Character));
        assert_eq!(QueueName::parse("a\0b"), Err(NameError::Character));
        assert!(ServiceName::parse("CB_Sales.v2-x").is_ok());
    }
}
