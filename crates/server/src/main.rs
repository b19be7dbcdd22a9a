//! The binary `ges`: configuration, telemetry, wiring, loops, shutdown.

mod check;
mod cli;
mod config;
mod first_start;
mod health;
mod ids;
mod keys;
mod lines;
mod loops;
mod pages;
mod peer_calls;
mod process;
mod reference;
mod serve;
mod settings;
mod store;
mod telemetry;
mod traces;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Every TLS client of the house uses this provider; without it the first one would panic.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("ges: another TLS provider is installed already");
        return ExitCode::FAILURE;
    }
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ges: {error:#}");
            ExitCode::FAILURE
        }
    }
}
