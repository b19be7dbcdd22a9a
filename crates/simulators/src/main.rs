//! The neighbours as a process: for a demo, and for tests that run the service as one.

mod run;

use clap::Parser;

#[tokio::main]
async fn main() -> Result<(), run::Failed> {
    run::Command::parse().run().await
}
