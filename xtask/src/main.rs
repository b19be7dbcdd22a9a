//! The project's tools, behind one command: `cargo xtask`.
//! Plain Rust instead of scripts, so that they run wherever the product builds. They name no crate of ours:
//! they build in seconds and start the others as processes.

mod alerts;
mod bench;
mod build;
mod chart;
mod checkout;
mod ci;
mod clock;
mod codegen;
mod demo;
mod http;
mod install;
mod migration;
mod process;
mod runner;
mod say;
mod sbom;
mod services;
mod tidy;
mod ui;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use build::Scope;
use checkout::Checkout;
use codegen::Mode;
use runner::Manner;

/// The project's tools.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs exactly what CI runs, in CI's order, and says what took how long.
    Ci,
    /// Runs the tests with the services that they need.
    Test {
        /// For the test runner: -p ges-domain, or a part of a test's name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Checks what the structure forbids: arrows, owners, lengths, pairs, licences, prose.
    Tidy,
    /// Tests the rules of alerts, and evaluates what rules and dashboards ask on a node that works.
    Alerts,
    /// Shows the service at work, its neighbours played by the simulators.
    Demo(demo::Options),
    /// Measures the service beside peers that do the least possible.
    Bench(bench::Options),
    /// Replays a call log and says how right each predictor of waits is.
    EwtBench(bench::Waits),
    /// Writes the documents that are made from the code.
    Codegen {
        /// Only says what is not fresh, and fails.
        #[arg(long)]
        check: bool,
    },
    /// Tries the Helm chart with the real helm: what it renders, what it refuses, what Kubernetes says to it.
    Chart(chart::Options),
    /// Builds the user interface that the server embeds.
    Ui(ui::Options),
    /// Lists what the binary is made of, as a `CycloneDX` document.
    Sbom(sbom::Options),
    /// Makes the next migration of a store.
    Migration(migration::New),
    /// Rents a private PostgreSQL and Redis for this checkout.
    Services {
        #[command(subcommand)]
        action: services::Action,
    },
}

fn main() -> ExitCode {
    match run(&Line::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::progress(format_args!("failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let checkout = Checkout::find()?;
    process::listen_for_interrupts()?;
    match command {
        Command::Ci => ci::run(&checkout),
        Command::Test { args } => runner::run(&checkout, args, Manner::Quick).map(drop),
        Command::Tidy => tidy::check(&checkout),
        Command::Alerts => alerts::check(&checkout, Scope::Asked),
        Command::Demo(options) => demo::run(&checkout, options),
        Command::Bench(options) => bench::run(&checkout, options),
        Command::EwtBench(waits) => bench::waits(&checkout, waits),
        Command::Codegen { check: true } => codegen::run(&checkout, Mode::Check, Scope::Asked),
        Command::Codegen { check: false } => codegen::run(&checkout, Mode::Write, Scope::Asked),
        Command::Chart(options) => chart::act(&checkout, *options),
        Command::Ui(options) => ui::act(&checkout, *options),
        Command::Sbom(options) => sbom::write(&checkout, options),
        Command::Migration(new) => migration::make(&checkout, new),
        Command::Services { action } => services::act(&checkout, action),
    }
}
