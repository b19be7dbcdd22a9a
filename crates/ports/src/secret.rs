//! Text that nobody may read by accident, and chance that nobody can guess.

use std::fmt;

/// A password, token or key on its way through the house; `Debug` hides it.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that sends or checks it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where chance comes from: the server draws from the operating system, tests count.
pub trait Chance: Send + Sync {
    /// Fills 32 bytes that nobody can guess and that never come again.
    fn draw(&self) -> [u8; 32];
}
