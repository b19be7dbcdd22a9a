//! Exactly what CI runs, in CI's order, on this machine.
//! Apart, because the list of steps is a promise: what is not here is not checked.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::build::Scope;
use crate::checkout::{Checkout, variable};
use crate::install::Need;
use crate::runner::Manner;
use crate::{alerts, chart, codegen, demo, install, process, runner, say, services, tidy, ui};

/// One thing that CI does.
struct Step {
    name: &'static str,
    /// The command that runs this step alone.
    again: &'static str,
    run: fn(&mut Run) -> Result<Outcome>,
}

enum Outcome {
    Passed,
    Skipped(&'static str),
}

/// What the steps share.
struct Run<'a> {
    checkout: &'a Checkout,
    /// How the test runners closed.
    closing: Vec<String>,
}

const STEPS: &[Step] = &[
    Step { name: "prepare", again: "cargo xtask ci", run: prepare },
    Step { name: "format", again: "cargo fmt --all", run: format },
    Step { name: "tidy", again: "cargo xtask tidy", run: tidy },
    Step { name: "user interface", again: "cargo xtask ui --check", run: user_interface },
    Step {
        name: "clippy",
        again: "cargo clippy --workspace --all-targets -- -D warnings",
        run: clippy,
    },
    Step { name: "services", again: "cargo xtask services up", run: rent },
    Step { name: "tests", again: "cargo xtask test", run: test },
    Step {
        name: "documentation",
        again: "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps",
        run: documentation,
    },
    Step { name: "generated documents", again: "cargo xtask codegen --check", run: generated },
    Step { name: "alerts", again: "cargo xtask alerts", run: alerts },
    Step { name: "chart", again: "cargo xtask chart", run: chart },
    Step { name: "cargo deny", again: "cargo deny check licenses bans sources", run: deny },
    Step { name: "user interface journeys", again: "cargo xtask ui --journeys", run: journeys },
    Step { name: "demo", again: "cargo xtask demo --once", run: demonstrate },
];

/// Runs all steps and stops at the first that fails. Ends with a table of what took how long.
pub(crate) fn run(checkout: &Checkout) -> Result<()> {
    let start = Instant::now();
    let mut run = Run { checkout, closing: Vec::new() };
    let mut rows = Vec::new();
    let mut failure = None;
    for (index, step) in STEPS.iter().enumerate() {
        say::progress(format_args!("[{}/{}] {}", index + 1, STEPS.len(), step.name));
        let begun = Instant::now();
        let outcome = (step.run)(&mut run);
        let took = say::elapsed(begun.elapsed());
        let word = match &outcome {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(_) => "FAILED".to_owned(),
        };
        say::remark(format_args!("{}: {word}, {took}", step.name));
        rows.push(vec![step.name.to_owned(), word, took]);
        if let Err(error) = outcome {
            failure = Some((step, error));
            break;
        }
    }
    if variable("CI").is_some() {
        // A developer's next run finds them running; a machine of CI is left as it was found.
        services::down(checkout)?;
    }
    summary(&run, &rows, start.elapsed());
    if let Some((step, error)) = failure {
        bail!("{error:#}\nthis step alone: {}", step.again);
    }
    Ok(())
}

fn summary(run: &Run, rows: &[Vec<String>], took: Duration) {
    say::result(format_args!("\n{}", say::table(&["step", "result", "took"], rows)));
    say::result(format_args!("all together: {}", say::elapsed(took)));
    for line in &run.closing {
        say::result(line);
    }
}

/// What the journeys of backup and restore run.
const SQLITE: Need = Need {
    title: "SQLite's command line",
    debian: "sqlite3",
    elsewhere: "put sqlite3 on the PATH",
    present: || Command::new("sqlite3").arg("-version").output().is_ok(),
};

fn prepare(run: &mut Run) -> Result<Outcome> {
    let mut needs: Vec<Need> = services::NEEDS.to_vec();
    needs.push(SQLITE);
    if let Some(app) = ui::App::find(run.checkout)? {
        needs.push(ui::NODE);
        if app.has_journeys() {
            needs.push(ui::BROWSER);
        }
    }
    install::ensure(&needs)?;
    // Fetched here already, so that whoever cannot hears of it first.
    alerts::Tools::find(run.checkout)?;
    Ok(Outcome::Passed)
}

fn format(run: &mut Run) -> Result<Outcome> {
    cargo(run, &["fmt", "--all", "--check"], &[])
}

fn tidy(run: &mut Run) -> Result<Outcome> {
    tidy::check(run.checkout)?;
    Ok(Outcome::Passed)
}

fn user_interface(run: &mut Run) -> Result<Outcome> {
    let Some(app) = ui::App::find(run.checkout)? else {
        return Ok(Outcome::Skipped("crates/ui/app does not exist"));
    };
    app.check()?;
    // Before the server is built, which embeds what this makes.
    app.build()?;
    Ok(Outcome::Passed)
}

fn clippy(run: &mut Run) -> Result<Outcome> {
    let args = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    cargo(run, &args, &[])
}

fn rent(run: &mut Run) -> Result<Outcome> {
    services::up(run.checkout)?;
    Ok(Outcome::Passed)
}

fn test(run: &mut Run) -> Result<Outcome> {
    run.closing = runner::run(run.checkout, &[], Manner::Thorough)?;
    Ok(Outcome::Passed)
}

fn documentation(run: &mut Run) -> Result<Outcome> {
    let args = ["doc", "--workspace", "--no-deps", "--locked"];
    cargo(run, &args, &[("RUSTDOCFLAGS", "-D warnings")])
}

fn generated(run: &mut Run) -> Result<Outcome> {
    codegen::run(run.checkout, codegen::Mode::Check, Scope::Tested)?;
    Ok(Outcome::Passed)
}

fn deny(run: &mut Run) -> Result<Outcome> {
    if process::capture(&mut run.checkout.cargo(["deny", "--version"])).is_err() {
        return Ok(Outcome::Skipped("not installed; tidy has judged licences, bans and sources"));
    }
    cargo(run, &["deny", "check", "licenses", "bans", "sources"], &[])
}

fn alerts(run: &mut Run) -> Result<Outcome> {
    alerts::check(run.checkout, Scope::Tested)?;
    Ok(Outcome::Passed)
}

fn chart(run: &mut Run) -> Result<Outcome> {
    Ok(match chart::run(run.checkout, codegen::Mode::Check)? {
        Some(missing) => Outcome::Skipped(missing),
        None => Outcome::Passed,
    })
}

fn journeys(run: &mut Run) -> Result<Outcome> {
    match ui::App::find(run.checkout)? {
        Some(app) if app.has_journeys() => app.journeys(Scope::Tested)?,
        _ => return Ok(Outcome::Skipped("there are none")),
    }
    Ok(Outcome::Passed)
}

fn demonstrate(run: &mut Run) -> Result<Outcome> {
    if !run.checkout.has_package("ges-server") {
        return Ok(Outcome::Skipped("there is no ges-server"));
    }
    demo::run(run.checkout, &demo::Options::once())?;
    Ok(Outcome::Passed)
}

fn cargo(run: &Run, args: &[&str], environment: &[(&str, &str)]) -> Result<Outcome> {
    let mut command = run.checkout.cargo(args.iter().copied());
    command.envs(environment.iter().copied());
    if variable("CI").is_some() {
        command.env("CARGO_TERM_PROGRESS_WHEN", "never");
    }
    process::run(&mut command)?;
    Ok(Outcome::Passed)
}
