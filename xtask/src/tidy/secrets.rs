//! What must not be committed: secrets, paths of somebody's machine, and addresses of a package registry.

use super::{Complaint, Text};

/// Keys that were made for tests, guard nothing, and are committed on purpose.
const FIXTURES: &[&str] =
    &["crates/fcm/src/account.rs", "crates/simulators/fixtures/service-account.private.pem"];

/// Beginnings of well-known secrets. What follows must be a run of secret characters of at least that length.
/// Each is written in two halves, so that this table does not accuse itself.
const SECRETS: &[(&str, &str, usize)] = &[
    ("AK", "IA", 16),
    ("AI", "za", 30),
    ("gh", "p_", 30),
    ("gh", "s_", 30),
    ("github_", "pat_", 30),
    ("glp", "at-", 18),
    ("xo", "xb-", 20),
    ("sk_", "live_", 20),
    ("npm", "_", 36),
];

/// Folders at the root of somebody's machine.
const HOMES: &[&str] = &["home", "root", "Users", "work"];

pub(super) fn check(text: &Text) -> Vec<Complaint> {
    let mut found = Vec::new();
    for (number, line) in text.lines() {
        let mut complain = |what: &str, remedy: &str| {
            found.push(Complaint::new(&text.path, number, what, remedy));
        };
        if has_secret(line) && !FIXTURES.contains(&text.path.as_str()) {
            complain("this looks like a secret", "take it out, and revoke it if it is real");
        }
        if let Some(home) = HOMES.iter().find(|home| names_folder(line, home)) {
            let what = format!("a path of one machine (/{home})");
            complain(&what, "write it relative to the checkout, or as a variable");
        }
        if names_registry(line) {
            let remedy = "take it out: which registry is used is the machine's business";
            complain("an address of a package registry", remedy);
        }
    }
    found
}

fn has_secret(line: &str) -> bool {
    let private_key = line.contains("-----BEGIN") && line.contains(concat!("PRIVATE", " KEY-----"));
    private_key || SECRETS.iter().any(|(a, b, length)| follows(line, &format!("{a}{b}"), *length))
}

/// Whether `start` stands in the line, as the start of a word, with so many secret characters behind it.
fn follows(line: &str, start: &str, length: usize) -> bool {
    let secret = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    line.match_indices(start).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let run = line[at + start.len()..].chars().take_while(secret).count();
        !before.is_some_and(|c| c.is_ascii_alphanumeric()) && run >= length
    })
}

/// Whether an absolute path into that folder stands in the line. A part of an address or of a longer path is not one.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(&format!("/{folder}/")).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || "_.-/}*".contains(c))
    })
}

/// Lock files and settings of package managers that say where to download from. The public index of crates.io has no choice.
fn names_registry(line: &str) -> bool {
    let squeezed: String = line.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
    let public = squeezed.contains("github.com/rust-lang/crates.io-index");
    let said = ["resolved:", "registry=", "index-url=", "registry+", "index="];
    !public && said.iter().any(|word| squeezed.contains(&format!("{word}http")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text;

    fn complaints(line: &str) -> Vec<String> {
        check(&text("a.txt", line)).into_iter().map(|complaint| complaint.what).collect()
    }

    #[test]
    fn secrets_are_known_by_their_first_letters() {
        assert_eq!(complaints(concat!("key = \"AK", "IAIOSFODNN7EXAMPLE\"")).len(), 1);
        assert_eq!(complaints(concat!("-----BEGIN RSA PRIVATE", " KEY-----")).len(), 1);
        assert!(complaints("the prefix is AKIA").is_empty());
        assert!(complaints("a word like MAKIAVELLISTICALLYYES").is_empty());
    }

    #[test]
    fn a_path_of_a_machine_is_found_and_an_address_is_not() {
        assert_eq!(
            complaints(concat!("cd /ho", "me/someone/ges")),
            ["a path of one machine (/home)"]
        );
        assert_eq!(complaints(concat!("(/wo", "rk/x)")).len(), 1);
        assert!(complaints("https://example.com/home/start").is_empty());
        assert!(complaints("$ROOT/work/here and target/root/there").is_empty());
    }

    #[test]
    fn a_registry_is_found_and_the_public_index_is_not() {
        assert_eq!(complaints(concat!("\"resolved", "\": \"https://npm.example/a.tgz\"")).len(), 1);
        assert_eq!(complaints(concat!("regis", "try = https://npm.example")).len(), 1);
        assert!(
            complaints("source = \"registry+https://github.com/rust-lang/crates.io-index\"")
                .is_empty()
        );
    }
}
