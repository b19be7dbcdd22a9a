//! The browser application's files, as HTTP wants them: apart, because neither of the two rooms knows the other.

use std::fmt::Write as _;

use ges_web::pages::{File, Pages};

/// What was embedded, or lies in the checkout.
pub(crate) struct Embedded;

impl Pages for Embedded {
    fn file(&self, path: &str) -> Option<File> {
        let found = ges_ui::file(path)?;
        let tag = found.hash[..12].iter().fold(String::with_capacity(24), |mut tag, byte| {
            write!(tag, "{byte:02x}").expect("writing into a text does not fail");
            tag
        });
        Some(File { bytes: found.bytes, tag })
    }

    fn missing(&self) -> &'static str {
        ges_ui::NOT_BUILT
    }
}
