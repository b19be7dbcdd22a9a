//! All tests, with the services that they need.
//! Apart from `ci`, because a developer runs them a hundred times for every time that CI does.

use std::sync::Mutex;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::{process, say, services};

/// How tests are to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// For a person: stops at the first failure.
    Quick,
    /// For CI: everything, from the lock file, with a report.
    Thorough,
}

/// Runs the tests. `args` go to the runner; without any, the examples in the documentation are run as well.
/// Returns the lines with which the runners closed.
pub(crate) fn run(checkout: &Checkout, args: &[String], manner: Manner) -> Result<Vec<String>> {
    let rented = services::up(checkout)?;
    let nextest = has_nextest(checkout);
    let closing = Mutex::new(Vec::new());
    for words in plan(nextest, args, manner) {
        let mut command = checkout.cargo(words.iter().map(String::as_str));
        rented.tell(&mut command);
        say::remark(process::line(&command));
        if manner == Manner::Quick {
            process::run(&mut command)?;
        } else {
            process::run_listening(&mut command, |line| {
                if is_closing(line) {
                    closing.lock().expect("no listener panics").push(line.trim().to_owned());
                }
            })?;
        }
    }
    Ok(closing.into_inner().expect("no listener panics"))
}

fn has_nextest(checkout: &Checkout) -> bool {
    process::capture(&mut checkout.cargo(["nextest", "--version"])).is_ok()
}

/// The commands to run, one after the other.
fn plan(nextest: bool, args: &[String], manner: Manner) -> Vec<Vec<String>> {
    let mut first = vec![if nextest { "nextest" } else { "test" }];
    if nextest {
        first.push("run");
    }
    if !args.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        first.push("--workspace");
    }
    if manner == Manner::Thorough {
        first.push("--locked");
        first.extend(if nextest { ["--profile", "ci"].as_slice() } else { &["--no-fail-fast"] });
    }
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let mut plan = vec![[owned(&first), args.to_vec()].concat()];
    if nextest && args.is_empty() {
        // Nextest leaves the examples of the documentation to cargo.
        let locked = if manner == Manner::Thorough { &["--locked"][..] } else { &[] };
        plan.push([owned(&["test", "--workspace", "--doc"]), owned(locked)].concat());
    }
    plan
}

/// The line with which nextest or a test binary sums up.
fn is_closing(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Summary [") || line.starts_with("test result:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(nextest: bool, args: &[&str], manner: Manner) -> Vec<String> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        plan(nextest, &args, manner).iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn ci_runs_everything_from_the_lock_file() {
        assert_eq!(
            lines(true, &[], Manner::Thorough),
            ["nextest run --workspace --locked --profile ci", "test --workspace --doc --locked"]
        );
        assert_eq!(
            lines(false, &[], Manner::Thorough),
            ["test --workspace --locked --no-fail-fast"]
        );
    }

    #[test]
    fn a_person_may_choose() {
        assert_eq!(
            lines(true, &["-p", "ges-domain"], Manner::Quick),
            ["nextest run -p ges-domain"]
        );
        assert_eq!(lines(false, &["slot"], Manner::Quick), ["test --workspace slot"]);
    }

    #[test]
    fn the_closing_lines_of_both_runners_are_known() {
        assert!(is_closing("     Summary [   0.825s] 59 tests run: 59 passed, 0 skipped"));
        assert!(is_closing("test result: ok. 3 passed; 0 failed"));
        assert!(!is_closing("        PASS [   0.006s] (44/59) a"));
    }
}
