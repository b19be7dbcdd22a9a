//! Source files: they open by saying what they are, fit a reader's head, and hold nothing unfinished.

use super::mask::{self, Masked};
use super::{Complaint, Text};

const LONGEST: usize = 500;

/// Files that a program writes, so that nobody reads them from top to bottom.
const GENERATED: &[&str] = &["crates/postgres/src/schema.rs", "crates/ui/app/src/api/schema.ts"];

/// Words that say that something is not done or not run, and what to do instead.
const RUST_WORDS: &[(&str, &str)] = &[
    ("#[ignore", "a test runs, or it is not there"),
    ("todo!", "finish it, or refuse with an error"),
    ("unimplemented!", "finish it, or refuse with an error"),
    ("dbg!", "take it out"),
    ("fn test_", "name a test as a sentence, without `test_`"),
];
const SCRIPT_WORDS: &[(&str, &str)] = &[
    ("it.skip(", "a test runs, or it is not there"),
    ("test.skip(", "a test runs, or it is not there"),
    ("describe.skip(", "a test runs, or it is not there"),
    ("it.only(", "take it out: it silences the other tests"),
    ("test.only(", "take it out: it silences the other tests"),
    ("describe.only(", "take it out: it silences the other tests"),
];
const COMMENT_WORDS: &[(&str, &str)] = &[
    ("FIXME", "mend it, or open an issue and write TODO(#number)"),
    ("XXX", "mend it, or open an issue and write TODO(#number)"),
];

pub(super) fn check(text: &Text) -> Vec<Complaint> {
    match text.extension() {
        "rs" => {
            let masked = mask::rust(&text.content);
            [opening(text), length(text), words(text, &masked, RUST_WORDS)].concat()
        }
        "ts" | "tsx" => {
            let masked = mask::typescript(&text.content);
            [length(text), words(text, &masked, SCRIPT_WORDS)].concat()
        }
        _ => Vec::new(),
    }
}

/// The first line is for the reader: module documentation, or a README that serves as such.
fn opening(text: &Text) -> Vec<Complaint> {
    let first = text.content.lines().next().unwrap_or_default();
    let opens = first.starts_with("//! ") || first.starts_with("#![doc = include_str!(");
    if opens {
        return Vec::new();
    }
    vec![Complaint::new(
        &text.path,
        1,
        "the file does not open with `//!`",
        "say what lives here and why it is apart",
    )]
}

fn length(text: &Text) -> Vec<Complaint> {
    let lines = text.content.lines().count();
    if lines <= LONGEST || GENERATED.contains(&text.path.as_str()) {
        return Vec::new();
    }
    vec![Complaint::new(
        &text.path,
        LONGEST + 1,
        format!("{lines} lines; a file has at most {LONGEST}"),
        "find the second thing that lives here and give it a file",
    )]
}

fn words(text: &Text, masked: &Masked, forbidden: &[(&str, &str)]) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (index, line) in masked.code.lines().enumerate() {
        for &(word, remedy) in forbidden.iter().filter(|(word, _)| has_word(line, word)) {
            found.push(Complaint::new(&text.path, index + 1, format!("`{word}`"), remedy));
        }
    }
    for (index, line) in masked.comments.lines().enumerate() {
        for &(word, remedy) in COMMENT_WORDS.iter().filter(|(word, _)| has_word(line, word)) {
            found.push(Complaint::new(&text.path, index + 1, word, remedy));
        }
        if has_word(line, "TODO") && !line.contains("TODO(#") {
            let remedy = "open an issue and write TODO(#number), or do it";
            found.push(Complaint::new(&text.path, index + 1, "a TODO without an issue", remedy));
        }
        if is_banner(line) {
            let remedy = "a file that needs section banners is several files";
            found.push(Complaint::new(&text.path, index + 1, "a section banner", remedy));
        }
    }
    found
}

/// Whether the word stands in the line, and not at the end of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// A comment that draws a line: `// ----` or `// ==== Title ====`.
fn is_banner(comment: &str) -> bool {
    let body = comment.trim().trim_start_matches(['/', '*', '!']).trim();
    ["----", "====", "####", "****", "────", "════"].iter().any(|rule| body.starts_with(rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text;

    fn complaints(path: &str, content: &str) -> Vec<String> {
        let found = check(&text(path, content));
        found.iter().map(|complaint| format!("{} {}", complaint.line, complaint.what)).collect()
    }

    #[test]
    fn a_file_opens_with_its_reason_or_with_its_readme() {
        assert!(complaints("a.rs", "//! What lives here.\n").is_empty());
        assert!(complaints("a.rs", "#![doc = include_str!(\"../README.md\")]\n").is_empty());
        assert_eq!(complaints("a.rs", "use x;\n"), ["1 the file does not open with `//!`"]);
    }

    #[test]
    fn five_hundred_lines_are_the_end() {
        let long = format!("//! Long.\n{}", "x\n".repeat(500));
        assert_eq!(complaints("a.rs", &long), ["501 501 lines; a file has at most 500"]);
        assert_eq!(complaints("a.tsx", &long).len(), 1);
        assert!(complaints("a.rs", &long[..long.len() - 2]).is_empty());
        assert!(complaints(GENERATED[1], &long).is_empty());
    }

    #[test]
    fn unfinished_code_is_found_and_words_about_it_are_not() {
        let body = "//! Says `todo!` and \"dbg!\".\nfn a() { todo!() }\n#[ignore = \"slow\"]\nlet b = \"todo!\";\n";
        assert_eq!(complaints("a.rs", body), ["2 `todo!`", "3 `#[ignore`"]);
        assert!(complaints("a.rs", "//! A.\nlet a = my_todo!(1).skip(2);\n").is_empty());
    }

    #[test]
    fn a_silenced_test_of_the_user_interface_is_found() {
        let body = "it.skip('a', f);\nlist.skip(1);\ndescribe.only('b', g);\n";
        assert_eq!(complaints("a.test.ts", body), ["1 `it.skip(`", "3 `describe.only(`"]);
    }

    #[test]
    fn a_todo_names_its_issue() {
        let found = complaints("a.rs", "//! A.\n// TODO(#12): later.\n// TODO: never.\n");
        assert_eq!(found, ["3 a TODO without an issue"]);
    }

    #[test]
    fn banners_are_found_and_tables_in_documentation_are_not() {
        assert_eq!(complaints("a.rs", "//! A.\n// ---- B ----\n"), ["2 a section banner"]);
        assert!(complaints("a.rs", "//! A.\n//!\n//! | a |\n//! |---|\n").is_empty());
    }
}
