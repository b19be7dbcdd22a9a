//! What dashboards ask, and which series an expression looks at.
//! Apart from asking, because this reads texts and needs nobody.

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What Grafana puts in place of a dashboard's variables.
const VARIABLES: &[(&str, &str)] =
    &[("$__rate_interval", "1m"), ("$__range", "1m"), ("$Tenant", ".*"), ("$Instance", ".*")];

/// A question, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    pub(super) place: String,
    pub(super) text: String,
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, text } = self;
        write!(f, "{place}: {text}")
    }
}

/// The expressions of a dashboard's panels and variables, as Grafana sends them.
pub(super) fn of_dashboard(path: &Path) -> Result<Vec<Expression>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let board: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    for variable in items(&board["templating"]["list"]) {
        if let Some(query) = variable["query"].as_str().filter(|_| variable["type"] == "query") {
            let place = format!("{name}, the variable {}", variable["name"]);
            found.push(Expression { place, text: values(query)? });
        }
    }
    for panel in items(&board["panels"]) {
        for target in items(&panel["targets"]) {
            let asked = target["expr"].as_str().context("a panel asks for nothing")?;
            let place = format!("{name}, {}", panel["title"]);
            found.push(Expression { place, text: substituted(asked)? });
        }
    }
    Ok(found)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The series whose label `label_values(metric, label)` collects.
fn values(query: &str) -> Result<String> {
    let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    let parts = inside.and_then(|inside| inside.split_once(','));
    let (metric, label) =
        parts.with_context(|| format!("`{query}` is not label_values(metric, label)"))?;
    Ok(format!("{}{{{}!=\"\"}}", metric.trim(), label.trim()))
}

fn substituted(asked: &str) -> Result<String> {
    let mut text = asked.to_owned();
    for (variable, value) in VARIABLES {
        text = text.replace(variable, value);
    }
    if text.contains('$') {
        bail!("`{asked}` has a variable that nobody knows");
    }
    Ok(text)
}

/// Words that are neither metrics nor functions.
const OPERATORS: &[&str] = &["and", "or", "unless", "bool", "offset", "inf", "nan"];
/// Words that a list of labels may follow.
const MATCHING: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// The selectors of an expression: the names of its metrics, each with its matchers.
pub(super) fn selectors(expression: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = expression[at..].chars().next() {
        let rest = &expression[at..];
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let beyond = rest[word..].trim_start();
        let next = at + word + (rest[word..].len() - beyond.len());
        at = match first {
            '"' | '\'' | '`' | '[' => at + enclosed(rest),
            '{' => {
                found.push(&expression[at..at + enclosed(rest)]);
                at + enclosed(rest)
            }
            first if !is_word(first) => at + first.len_utf8(),
            // A number, or a length of time.
            '0'..='9' => at + word,
            _ if MATCHING.contains(&&rest[..word]) && beyond.starts_with('(') => {
                next + enclosed(beyond)
            }
            _ if MATCHING.contains(&&rest[..word]) || OPERATORS.contains(&&rest[..word]) => next,
            _ if is_called(beyond) => next,
            _ => {
                let matchers = if beyond.starts_with('{') { enclosed(beyond) } else { 0 };
                let end = if matchers == 0 { at + word } else { next + matchers };
                found.push(&expression[at..end]);
                end
            }
        };
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.')
}

/// Whether what follows a word makes it a function; an aggregation may first say by what it groups.
fn is_called(beyond: &str) -> bool {
    let word = beyond.find(|c| !is_word(c)).unwrap_or(beyond.len());
    beyond.starts_with('(') || ["by", "without"].contains(&&beyond[..word])
}

/// How long that is which begins here, with its end; inside brackets and braces texts are passed over.
fn enclosed(text: &str) -> usize {
    let mut characters = text.char_indices();
    let end = match characters.next() {
        Some((_, '{')) => '}',
        Some((_, '[')) => ']',
        Some((_, '(')) => ')',
        Some((_, quote)) => quote,
        None => return 0,
    };
    let is_text = matches!(end, '"' | '\'' | '`');
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in characters {
        if escaped {
            escaped = false;
        } else if c == '\\' && (is_text || quote.is_some()) {
            escaped = true;
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && c == end {
            return at + c.len_utf8();
        } else if quote.is_none() && !is_text && matches!(c, '"' | '\'' | '`') {
            quote = Some(c);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_looks_at_its_selectors_and_nothing_else() {
        for (expression, expected) in [
            ("max by (namespace, job) (GES_HEALTH) > 0", vec!["GES_HEALTH"]),
            (
                "sum by (a) (rate(x_total{le=~\"3([.]0)?\"}[5m])) / on (a) group_left (c) (y or vector(0)) > 0.8",
                vec!["x_total{le=~\"3([.]0)?\"}", "y"],
            ),
            (
                "a{b=\"} [\\\" x\"} > on (n, j) group_left () tolerance unless z offset 5m",
                vec!["a{b=\"} [\\\" x\"}", "tolerance", "z"],
            ),
            ("count({__name__=~\"ges_.*\"})", vec!["{__name__=~\"ges_.*\"}"]),
            ("absent(up {job=~\".*ges.*\"} == 1)", vec!["up {job=~\".*ges.*\"}"]),
            ("label_replace(m, \"to\", \"$1\", \"from\", \"(.*)\")", vec!["m"]),
            ("1 - max without (d) (y) * 1e3 and by_hand", vec!["y", "by_hand"]),
        ] {
            assert_eq!(selectors(expression), expected, "{expression}");
        }
    }

    #[test]
    fn variables_of_a_dashboard_give_way() {
        let asked = "rate(m{tenant=~\"$Tenant\"}[$__rate_interval])";
        assert_eq!(substituted(asked).unwrap(), "rate(m{tenant=~\".*\"}[1m])");
        assert!(substituted("m{queue=\"$Queue\"}").is_err());
        assert_eq!(values("label_values(m, tenant)").unwrap(), "m{tenant!=\"\"}");
        assert!(values("query_result(m)").is_err());
    }
}
