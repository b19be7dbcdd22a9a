#![doc = include_str!("../README.md")]

use std::borrow::Cow;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "app/dist"]
#[allow_missing = true]
struct Built;

/// A file of the application.
#[derive(Debug, Clone)]
pub struct File {
    /// What is in it.
    pub bytes: Cow<'static, [u8]>,
    /// What changes when the content does.
    pub hash: [u8; 32],
}

/// The file at a path below the application's address, such as `index.html` or `assets/page-1a2b.js`.
///
/// Beside a text lie packed forms of it, with `.br` and `.gz` after its name.
pub fn file(path: &str) -> Option<File> {
    let found = Built::get(path)?;
    Some(File { hash: found.metadata.sha256_hash(), bytes: found.data })
}

/// What is shown in the application's place when it was not built.
pub const NOT_BUILT: &str = include_str!("not-built.html");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_want_of_an_application_says_how_to_build_it_and_loads_nothing() {
        assert!(NOT_BUILT.contains("cargo xtask ui"));
        for loading in ["<script", "<style", "src=", "style=", "http://", "https://"] {
            assert!(!NOT_BUILT.contains(loading), "{loading}");
        }
    }

    #[test]
    fn a_path_that_leaves_the_folder_finds_nothing() {
        assert!(file("../package.json").is_none());
        assert!(file("no/such/file.js").is_none());
    }
}
