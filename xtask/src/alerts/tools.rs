//! Prometheus and its tool: those of the machine, or Debian's, unpacked below the build folder.
//! Apart, because installed as a package it would run as a service that nobody asked for.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::install::{self, Need};
use crate::process;

const NEED: Need = Need {
    title: "Prometheus with promtool",
    debian: "prometheus",
    elsewhere: "put prometheus and promtool of https://prometheus.io/download on the PATH",
    present: || on_the_path().is_some(),
};

/// Both programs.
#[derive(Debug)]
pub(crate) struct Tools {
    prometheus: PathBuf,
    promtool: PathBuf,
}

impl Tools {
    /// Finds them, or fetches them where that is possible.
    pub(crate) fn find(checkout: &Checkout) -> Result<Self> {
        if let Some(installed) = on_the_path() {
            return Ok(installed);
        }
        let folder = install::unpacked(&NEED, &checkout.target("tools"))?;
        let program = |name: &str| folder.join("usr/bin").join(name);
        Ok(Self { prometheus: program("prometheus"), promtool: program("promtool") })
    }

    /// Prometheus, to be told what to do.
    pub(super) fn prometheus(&self) -> Command {
        Command::new(&self.prometheus)
    }

    /// Its tool, to be told what to do.
    pub(super) fn promtool(&self) -> Command {
        Command::new(&self.promtool)
    }
}

/// Both must be there: one of each kind may disagree with the other.
fn on_the_path() -> Option<Tools> {
    Some(Tools {
        prometheus: process::find_program("prometheus")?,
        promtool: process::find_program("promtool")?,
    })
}
