//! Markdown has one sentence a line, so that a diff shows which sentence changed.
//! What a sentence is cannot be decided without reading it; these are heuristics that err on the side of silence.

use super::{Complaint, Text};

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.", "incl.", "no.", "p.", "a.m.", "p.m.", "fig.",
];

pub(super) fn check(text: &Text) -> Vec<Complaint> {
    if text.extension() != "md" {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut fence = None;
    let mut previous = None;
    for (number, line) in text.lines() {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                let prose = prose(line);
                if prose.as_deref().is_some_and(has_two_sentences) {
                    let remedy = "begin each sentence on a line of its own";
                    found.push(Complaint::new(
                        &text.path,
                        number,
                        "two sentences on a line",
                        remedy,
                    ));
                }
                if previous.as_deref().is_some_and(|above| is_wrapped(above, line)) {
                    let remedy = "write the sentence on one line, however long";
                    found.push(Complaint::new(&text.path, number, "a wrapped sentence", remedy));
                }
                previous = prose;
                continue;
            }
        }
        previous = None;
    }
    found
}

/// The words of a line without its list mark and its code, or nothing if the line is no prose.
fn prose(line: &str) -> Option<String> {
    let trimmed = line.trim();
    let bare = trimmed.trim_start_matches(['>', ' ']);
    let is_code = line.starts_with("    ") && !trimmed.starts_with(['-', '*', '+']);
    let no_prose = ["#", "|", "<", "[", "---", "!["].iter().any(|start| bare.starts_with(start));
    if bare.is_empty() || is_code || no_prose {
        return None;
    }
    let unlisted = bare.strip_prefix("- ").or_else(|| bare.strip_prefix("* ")).unwrap_or(bare);
    let digits = unlisted.trim_start_matches(|c: char| c.is_ascii_digit());
    let unnumbered = if digits.len() < unlisted.len() {
        digits.strip_prefix(". ").unwrap_or(unlisted)
    } else {
        unlisted
    };
    Some(without_code(unnumbered))
}

/// The line with each span of code replaced by one letter.
fn without_code(line: &str) -> String {
    line.split('`')
        .enumerate()
        .map(|(index, part)| if index % 2 == 0 { part } else { "x" })
        .collect()
}

fn has_two_sentences(line: &str) -> bool {
    line.match_indices(['.', '!', '?']).any(|(at, _)| {
        let after = line[at + 1..].trim_start_matches(['"', '\'', ')', '*', '_', '”', '’']);
        let next = after.strip_prefix(' ').and_then(|rest| {
            rest.trim_start_matches([' ', '"', '\'', '(', '*', '_', '[', '“', '‘']).chars().next()
        });
        next.is_some_and(char::is_uppercase) && !is_abbreviation(&line[..=at])
    })
}

fn is_abbreviation(until: &str) -> bool {
    let word = until.rsplit([' ', '(', '[', '*', '_']).next().unwrap_or(until);
    let initial = word.chars().count() == 2 && word.starts_with(char::is_uppercase);
    initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

/// Whether the line goes on with the sentence of the line above.
fn is_wrapped(above: &str, line: &str) -> bool {
    let open = !above.trim_end().ends_with(['.', '!', '?', ':', ';', '\\', ')', '*']);
    let is_item = line.trim_start().starts_with(['-', '*', '+', '|', '#', '>', '<', '`']);
    open && !is_item && line.trim_start().starts_with(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text;

    fn complaints(content: &str) -> Vec<String> {
        let found = check(&text("a.md", content));
        found.iter().map(|complaint| format!("{} {}", complaint.line, complaint.what)).collect()
    }

    #[test]
    fn two_sentences_on_a_line_are_found() {
        assert_eq!(complaints("One. Two.\n"), ["1 two sentences on a line"]);
        assert_eq!(complaints("- Really? (Yes.)\n"), ["1 two sentences on a line"]);
        assert_eq!(complaints("1. Say `a`. Then **b**.\n"), ["1 two sentences on a line"]);
    }

    #[test]
    fn full_stops_inside_a_sentence_are_not() {
        for line in [
            "Version 1.2 of `a. B` is e.g. Postgres.\n",
            "1. One sentence.\n",
            "See J. Doe and docs/adr/0001.md for more.\n",
            "| One. Two. | in a table |\n",
            "# A. Title. With dots\n",
        ] {
            assert!(complaints(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_wrapped_sentence_is_found() {
        assert_eq!(complaints("This goes\non here.\n"), ["2 a wrapped sentence"]);
        assert!(complaints("A list:\n- one\n- two\n\nNext.\n").is_empty());
    }

    #[test]
    fn code_is_left_alone() {
        assert!(complaints("```text\nOne. Two.\nthree\nfour\n```\n").is_empty());
    }
}
