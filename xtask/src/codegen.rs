//! Documents that are made from the code: the API description and its types for the browser, the configuration reference,
//! the index of problems.
//! Apart, because they are committed, so that a reader needs no build, and so must be proven to be fresh.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build::Scope;
use crate::checkout::{Checkout, Profile};
use crate::{build, process, say, ui};

const API: &str = "docs/openapi.json";
const CONFIGURATION: &str = "docs/configuration.md";
const PROBLEMS: &str = "docs/problems/README.md";

/// What to do with a document that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write it anew.
    Write,
    /// Complain.
    Check,
}

/// Builds the server, makes each document, and writes or compares it.
pub(crate) fn run(checkout: &Checkout, mode: Mode, scope: Scope) -> Result<()> {
    let mut stale = Vec::new();
    for (path, fresh) in documents(checkout, scope)? {
        let old = std::fs::read_to_string(checkout.path(path)).unwrap_or_default();
        if old == fresh {
            say::remark(format_args!("{path} is fresh"));
        } else if mode == Mode::Write {
            write(&checkout.path(path), &fresh)?;
            say::remark(format_args!("{path} is written"));
        } else {
            stale.push(difference(path, &old, &fresh));
        }
    }
    if mode == Mode::Write {
        ui::retype(checkout)?;
    }
    if !stale.is_empty() {
        bail!("{}\nrun cargo xtask codegen, and look at the difference", stale.join("\n"));
    }
    Ok(())
}

fn documents(checkout: &Checkout, scope: Scope) -> Result<Vec<(&'static str, String)>> {
    let mut documents = Vec::new();
    if checkout.has_package("ges-server") {
        build::binaries(checkout, scope, Profile::Dev, &["ges-server"])?;
        let ges = checkout.built(Profile::Dev, "ges");
        documents.push((API, printed(&ges, &["openapi"])?));
        documents.push((CONFIGURATION, printed(&ges, &["docs", "config"])?));
    } else {
        say::remark(format_args!("{API} and {CONFIGURATION} are skipped: there is no ges-server"));
    }
    match problem_index(checkout)? {
        Some(index) => documents.push((PROBLEMS, index)),
        None => say::remark(format_args!("{PROBLEMS} is skipped: there are no pages")),
    }
    Ok(documents)
}

/// What the command prints, ended by exactly one line end.
fn printed(program: &Path, args: &[&str]) -> Result<String> {
    let text = process::capture(Command::new(program).args(args))?;
    Ok(format!("{}\n", text.trim_end()))
}

fn problem_index(checkout: &Checkout) -> Result<Option<String>> {
    let mut titles = BTreeMap::new();
    for path in checkout.files()? {
        let Some(name) = path.strip_prefix("docs/problems/") else { continue };
        let Some(code) = name.strip_suffix(".md").filter(|code| code.parse::<u32>().is_ok()) else {
            continue;
        };
        let page = std::fs::read_to_string(checkout.path(&path))?;
        let heading = page.lines().next().unwrap_or_default();
        let title = heading.strip_prefix("# ").and_then(|rest| rest.strip_prefix(code));
        let title = title.with_context(|| format!("{path} does not open with `# {code} title`"))?;
        titles.insert(code.to_owned(), title.trim().to_owned());
    }
    Ok((!titles.is_empty()).then(|| index(&titles)))
}

fn index(titles: &BTreeMap<String, String>) -> String {
    let row = |(code, title): (&String, &String)| {
        vec![format!("[{code}]({code}.md)"), code[..3].to_owned(), title.clone()]
    };
    let rows: Vec<Vec<String>> = titles.iter().map(row).collect();
    format!(
        "# Problems\n\n\
         Every `status.code` that the service answers with, and what to do about it.\n\
         The first three digits are the HTTP status.\n\
         This index is generated from the titles of the pages by `cargo xtask codegen`.\n\n{}",
        say::table(&["code", "HTTP", "what happened"], &rows)
    )
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// Names the first line that differs.
pub(crate) fn difference(path: &str, old: &str, fresh: &str) -> String {
    let mut pairs = old.lines().map(Some).chain(std::iter::repeat(None));
    let news = fresh.lines().map(Some).chain(std::iter::once(None));
    for (index, new) in news.enumerate() {
        let was = pairs.next().flatten();
        if was != new {
            let show =
                |line: Option<&str>| line.map_or("(the end)".into(), |line| format!("`{line}`"));
            return format!("{path}:{}: is {}, should be {}", index + 1, show(was), show(new));
        }
    }
    format!("{path}: differs in its last line end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_lists_the_pages_by_code() {
        let titles = [("42900", "The slot is full"), ("40400", "No such callback")];
        let titles = titles.into_iter().map(|(code, title)| (code.into(), title.into())).collect();
        let index = index(&titles);
        let last: Vec<&str> = index.lines().rev().take(2).collect();
        assert_eq!(last[0], "| [42900](42900.md) | 429  | The slot is full |");
        assert_eq!(last[1], "| [40400](40400.md) | 404  | No such callback |");
    }

    #[test]
    fn the_first_difference_is_named() {
        assert_eq!(difference("a", "x\ny\n", "x\nz\n"), "a:2: is `y`, should be `z`");
        assert_eq!(difference("a", "x\ny\n", "x\n"), "a:2: is `y`, should be (the end)");
        assert_eq!(difference("a", "x", "x\n"), "a: differs in its last line end");
    }
}
