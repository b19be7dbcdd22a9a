//! What the structure of this project forbids, checked.
//! Apart from the compiler and its lints, because these rules are about files, arrows and pairs that no compiler sees.
//!
//! Each rule is a function from what was read to complaints. All complaints are collected, so that one run tells everything.

mod arrows;
mod graph;
mod house;
mod licences;
mod manifests;
mod markdown;
mod mask;
mod pairs;
mod secrets;
mod sources;

use std::fmt;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use crate::say;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    path: String,
    line: usize,
    what: String,
    remedy: String,
}

impl Complaint {
    fn new(path: &str, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, remedy } = self;
        write!(f, "{path}:{line}: {what}\n    {remedy}")
    }
}

/// A text file of the checkout.
#[derive(Debug)]
struct Text {
    path: String,
    content: String,
}

impl Text {
    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.content.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Checks everything, prints every complaint, and fails if there is one.
pub(crate) fn check(checkout: &Checkout) -> Result<()> {
    let complaints = complaints(checkout)?;
    for complaint in &complaints {
        say::result(complaint);
    }
    if !complaints.is_empty() {
        bail!("tidy has {} complaint(s)", complaints.len());
    }
    say::remark("tidy has no complaint");
    Ok(())
}

fn complaints(checkout: &Checkout) -> Result<Vec<Complaint>> {
    let texts = read(checkout)?;
    let metadata = checkout.metadata()?;
    let graph = graph::Graph::read(&metadata, checkout.root())?;
    let policy = licences::Policy::read(&texts)?;

    let mut found = Vec::new();
    found.extend(arrows::check(&graph));
    found.extend(manifests::check(&texts));
    found.extend(licences::check(&graph, &policy));
    found.extend(licences::check_node(&texts, &policy));
    found.extend(texts.iter().flat_map(sources::check));
    found.extend(texts.iter().flat_map(secrets::check));
    found.extend(texts.iter().flat_map(markdown::check));
    found.extend(pairs::check(&texts));
    found.sort();
    Ok(found)
}

/// Reads every file that is text. A picture or a font has no lines to complain about.
fn read(checkout: &Checkout) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for path in checkout.files()? {
        if let Ok(content) = String::from_utf8(std::fs::read(checkout.path(&path))?) {
            texts.push(Text { path, content });
        }
    }
    Ok(texts)
}

#[cfg(test)]
fn text(path: &str, content: &str) -> Text {
    Text { path: path.into(), content: content.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkout_is_tidy() {
        let complaints = complaints(&Checkout::find().unwrap()).unwrap();
        let list: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        assert!(list.is_empty(), "\n{}", list.join("\n"));
    }
}
