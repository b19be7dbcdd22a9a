//! Building our binaries before they are run.
//! Apart, because how they are built decides how much is built twice.

use std::time::Instant;

use anyhow::Result;

use crate::checkout::{Checkout, Profile};
use crate::{process, say};

/// What to build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Only the packages asked for: the quickest from nothing.
    #[default]
    Asked,
    /// All that the tests have built as well: the quickest after them.
    Tested,
}

/// Builds the binaries of the packages.
pub(crate) fn binaries(
    checkout: &Checkout,
    scope: Scope,
    profile: Profile,
    packages: &[&str],
) -> Result<()> {
    let mut command = checkout.cargo(["build", "--bins"]);
    match scope {
        Scope::Asked => {
            command.args(packages.iter().flat_map(|package| ["-p", package]));
        }
        // With the examples cargo chooses the same features of our dependencies as for tests.
        Scope::Tested => {
            command.args(["--locked", "--workspace", "--examples"]);
        }
    }
    if profile == Profile::Release {
        command.arg("--release");
    }
    if checkout.built(profile, "ges").exists() {
        say::progress("building what has changed");
    } else {
        say::progress("building the service: the first time takes some minutes");
    }
    let start = Instant::now();
    process::run(&mut command)?;
    say::remark(format_args!("built in {}", say::elapsed(start.elapsed())));
    Ok(())
}
