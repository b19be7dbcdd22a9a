//! Things that come in pairs: a problem and its page, a promise and its place on the list, a decision and its line in the
//! index, a page and its line in the book, a migration and its notes. One without the other is a complaint.

use std::collections::BTreeSet;

use super::{Complaint, Text, mask};

pub(super) fn check(texts: &[Text]) -> Vec<Complaint> {
    [problems(texts), promises(texts), decisions(texts), pages(texts), migrations(texts)].concat()
}

/// HTTP statuses that the catalogue of problems may use.
const STATUSES: &[u32] = &[400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 502, 503, 504];

const PAGES: &str = "docs/problems/";

/// Every code of the catalogue has a page, every page has a code.
fn problems(texts: &[Text]) -> Vec<Complaint> {
    let is_catalogue = |text: &&Text| {
        text.path == "crates/web/src/problem.rs" || text.path.starts_with("crates/web/src/problem/")
    };
    let mut codes = BTreeSet::new();
    let mut found = Vec::new();
    for text in texts.iter().filter(is_catalogue) {
        for (index, line) in mask::rust(&text.content).code.lines().enumerate() {
            for code in numbers(line).filter(|code| STATUSES.contains(&(code / 100))) {
                let page = format!("{PAGES}{code}.md");
                if codes.insert(code) && !texts.iter().any(|text| text.path == page) {
                    let what = format!("problem {code} has no page");
                    let remedy = format!("write {page}: what happened, and what to do");
                    found.push(Complaint::new(&text.path, index + 1, what, remedy));
                }
            }
        }
    }
    for text in texts.iter().filter(|text| text.path.starts_with(PAGES)) {
        let name = text.path[PAGES.len()..].trim_end_matches(".md");
        let Ok(code) = name.parse() else { continue };
        if !codes.contains(&code) && texts.iter().any(|text| is_catalogue(&text)) {
            let what = format!("no problem has the code {code}");
            found.push(Complaint::new(&text.path, 1, what, "take the page out, or the code in"));
        }
        if !text.content.starts_with(&format!("# {code} ")) {
            let what = format!("the page does not open with `# {code} ` and a title");
            found.push(Complaint::new(&text.path, 1, what, "the index is made of these titles"));
        }
    }
    found
}

/// The whole numbers of a line of code, with or without underscores.
fn numbers(line: &str) -> impl Iterator<Item = u32> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|word| word.replace('_', "").trim_end_matches("u32").parse().ok())
}

/// A promise is an async function of the contracts that takes a world. One that no list names is never tried on any adapter.
fn promises(texts: &[Text]) -> Vec<Complaint> {
    let contracts = texts
        .iter()
        .filter(|text| text.path.starts_with("crates/contracts/src/") && text.extension() == "rs");
    let codes: Vec<_> = contracts.map(|text| (text, mask::rust(&text.content).code)).collect();
    let listed: BTreeSet<&str> = codes.iter().flat_map(|(_, code)| listed(code)).collect();
    let mut found = Vec::new();
    for (text, code) in &codes {
        // At the start of a line: a method is no promise.
        for (at, start) in code.match_indices("\npub async fn ") {
            let rest = &code[at + start.len()..];
            let name = rest.split(|c: char| !is_word(c)).next().unwrap_or_default();
            let arguments = rest.split(')').next().unwrap_or_default();
            if arguments.contains("World") && !listed.contains(name) {
                let line = code[..=at].lines().count() + 1;
                let what = format!("the promise `{name}` is on no list");
                let remedy = "put its name into the macro that lists the promises of its port";
                found.push(Complaint::new(&text.path, line, what, remedy));
            }
        }
    }
    found
}

/// The names in the brackets of each `promises!`.
fn listed(code: &str) -> impl Iterator<Item = &str> {
    let lists = code.split("promises!").skip(1).filter_map(|rest| rest.split(']').next());
    lists.flat_map(|list| list.split(|c: char| !is_word(c)))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

const DECISIONS: &str = "docs/adr/";
const SECTIONS: &[&str] = &["## Context", "## Decision", "## Consequences", "## Log"];

/// Every decision record has all its parts, a number of its own and a line in the index.
fn decisions(texts: &[Text]) -> Vec<Complaint> {
    let index_path = format!("{DECISIONS}README.md");
    let index = texts.iter().find(|text| text.path == index_path);
    let index = index.map_or("", |text| text.content.as_str());
    let mut found = Vec::new();
    let mut expected = 0;
    for text in texts.iter().filter(|text| text.path.starts_with(DECISIONS)) {
        let name = &text.path[DECISIONS.len()..];
        if name == "README.md" {
            continue;
        }
        let mut complain = |what: String, remedy: &str| {
            found.push(Complaint::new(&text.path, 1, what, remedy));
        };
        let number = name.split('-').next().and_then(|number| number.parse::<u32>().ok());
        if number != Some(expected) {
            complain(format!("the next record has the number {expected:04}"), "count on by one");
        }
        expected = number.unwrap_or(expected) + 1;
        let title = text.content.lines().next().unwrap_or_default().trim_start_matches("# ");
        let entry = format!("[{title}]({name})");
        if !index.contains(&entry) {
            complain(
                format!("{index_path} does not list it"),
                &format!("add the line `- {entry}`"),
            );
        }
        for section in SECTIONS.iter().filter(|section| !has_line(&text.content, section)) {
            complain(format!("`{section}` is missing"), "follow docs/adr/0000-template.md");
        }
    }
    for (index, line) in index.lines().enumerate() {
        let Some((_, rest)) = line.split_once("](") else { continue };
        let target = rest.split(')').next().unwrap_or_default();
        let there = texts.iter().any(|text| text.path == format!("{DECISIONS}{target}"));
        if !there && target.starts_with(|c: char| c.is_ascii_digit()) {
            let what = format!("{target} does not exist");
            found.push(Complaint::new(&index_path, index + 1, what, "mend the index"));
        }
    }
    found
}

const BOOK: &str = "docs/SUMMARY.md";
/// What lies among the pages and is none.
const NO_PAGES: &[&str] = &[BOOK, "docs/adr/0000-template.md"];

/// Every page of the documentation stands in the book once, and what stands there is a page.
fn pages(texts: &[Text]) -> Vec<Complaint> {
    let Some(book) = texts.iter().find(|text| text.path == BOOK) else { return Vec::new() };
    let is_page = |path: &str| {
        let name = path.strip_prefix("docs/").and_then(|path| path.strip_suffix(".md"));
        name.is_some() && !NO_PAGES.contains(&path)
    };
    let mut listed = BTreeSet::new();
    let mut found = Vec::new();
    for (line, text) in book.lines() {
        let Some((_, rest)) = text.rsplit_once("](") else { continue };
        let target = format!("docs/{}", rest.trim_end_matches(')'));
        let mut complain = |what: &str, remedy: &str| {
            found.push(Complaint::new(BOOK, line, format!("{target} {what}"), remedy));
        };
        if !is_page(&target) || !texts.iter().any(|text| text.path == target) {
            complain("is no page", "mend the link");
        } else if !listed.insert(target.clone()) {
            complain("is listed twice", "take one line out");
        }
    }
    for text in texts.iter().filter(|text| is_page(&text.path) && !listed.contains(&text.path)) {
        let what = format!("{BOOK} does not list it");
        found.push(Complaint::new(&text.path, 1, what, "add it where a reader looks for it"));
    }
    found
}

fn has_line(text: &str, wanted: &str) -> bool {
    text.lines().any(|line| line.trim_end() == wanted)
}

/// A change of schema runs beside nodes of the release before: it says what it leaves to them, and waits for no lock for long.
fn migrations(texts: &[Text]) -> Vec<Complaint> {
    let mut found = Vec::new();
    for text in texts {
        let Some(folder) = text.path.strip_suffix("/up.sql") else { continue };
        if !folder.contains("/migrations/") {
            continue;
        }
        let mut complain = |what: &str, remedy: &str| {
            found.push(Complaint::new(&text.path, 1, what, remedy));
        };
        if !texts.iter().any(|other| other.path == format!("{folder}/down.sql")) {
            complain(
                "there is no down.sql beside it",
                "write the way back, even if it is `SELECT 1;`",
            );
        }
        for note in ["-- Expand:", "-- Contract:"] {
            if !text.content.lines().any(|line| line.starts_with(note)) {
                complain(
                    &format!("the note `{note}` is missing"),
                    "say what older nodes still find, and what a later release may take away",
                );
            }
        }
        if folder.contains("postgres") && !text.content.contains("lock_timeout") {
            complain("no lock_timeout is set", "begin with SET LOCAL lock_timeout = '3s';");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text;

    fn complaints(texts: &[Text]) -> Vec<String> {
        check(texts).into_iter().map(|complaint| complaint.what).collect()
    }

    #[test]
    fn a_problem_and_its_page_are_a_pair() {
        let catalogue =
            text("crates/web/src/problem.rs", "Full => 42_900, Late => 40009u32, // 40400\n");
        let page = text("docs/problems/42900.md", "# 42900 The slot is full\n");
        let orphan = text("docs/problems/40400.md", "# 40400 Not found\n");
        assert_eq!(
            complaints(&[catalogue, page, orphan]),
            ["problem 40009 has no page", "no problem has the code 40400"]
        );
    }

    #[test]
    fn a_page_opens_with_its_code() {
        let found = complaints(&[text("docs/problems/42900.md", "# The slot is full\n")]);
        assert_eq!(found, ["the page does not open with `# 42900 ` and a title"]);
    }

    #[test]
    fn other_numbers_in_the_catalogue_are_no_problems() {
        assert!(
            complaints(&[text("crates/web/src/problem.rs", "[0; 65536] 40 86_400 0x40000\n")])
                .is_empty()
        );
    }

    #[test]
    fn a_promise_off_the_list_is_found() {
        let list = text("crates/contracts/src/a.rs", "$crate::promises!($fresh, a, [kept]);\n");
        let kept = "//! A.\npub async fn kept(world: World) {}\npub async fn help(a: u8) {}\n";
        let kept = text("crates/contracts/src/a/b.rs", kept);
        let forgotten = "//! C.\npub async fn forgotten(world: World) { kept(world) }\n";
        let forgotten = text("crates/contracts/src/a/c.rs", forgotten);
        assert_eq!(complaints(&[list, kept, forgotten]), ["the promise `forgotten` is on no list"]);
    }

    #[test]
    fn a_decision_is_whole_numbered_and_listed() {
        let body = "# Use it\n\n## Context\n\n## Decision\n\n## Consequences\n\n## Log\n";
        let index =
            text("docs/adr/README.md", "- [Use it](0000-use-it.md)\n- [Gone](0007-gone.md)\n");
        let listed = text("docs/adr/0000-use-it.md", body);
        let skipped =
            text("docs/adr/0002-later.md", "# Later\n\n## Context\n\n## Decision\n\n## Log\n");
        assert_eq!(
            complaints(&[index, listed, skipped]),
            [
                "the next record has the number 0001",
                "docs/adr/README.md does not list it",
                "`## Consequences` is missing",
                "0007-gone.md does not exist",
            ]
        );
    }

    #[test]
    fn a_page_stands_in_the_book_once() {
        let book = "- [One `a`](one.md)\n  - [One](one.md)\n- [Gone](gone.md)\n- [Code](../a.rs)\n";
        let listed = text("docs/one.md", "# One\n");
        let forgotten = text("docs/deep/two.md", "# Two\n");
        let elsewhere = text("README.md", "# Hello\n");
        assert_eq!(
            complaints(&[text("docs/SUMMARY.md", book), listed, forgotten, elsewhere]),
            [
                "docs/one.md is listed twice",
                "docs/gone.md is no page",
                "docs/../a.rs is no page",
                "docs/SUMMARY.md does not list it",
            ]
        );
    }

    #[test]
    fn a_migration_tells_both_sides_and_waits_for_no_lock_for_long() {
        let up = text(
            "crates/postgres/migrations/0001_a/up.sql",
            "-- Expand: all.\nCREATE TABLE a();\n",
        );
        assert_eq!(
            complaints(&[up]),
            [
                "there is no down.sql beside it",
                "the note `-- Contract:` is missing",
                "no lock_timeout is set",
            ]
        );
    }
}
