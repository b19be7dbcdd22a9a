//! The demo: the service with its neighbours played by the simulators, and a person, or `--once`, in front of it.
//! Apart from the tests, but on the same simulators, so that it cannot rot unseen.

mod accounts;
mod once;
mod proxy;
pub(crate) mod script;
pub(crate) mod seed;
pub(crate) mod stage;

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::build::Scope;
use crate::checkout::{Checkout, Profile};
use crate::{build, process, say, ui};
use stage::{Setting, Stage};

/// How to show it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Books an immediate and a scheduled callback, follows the first to its end, and ends.
    #[arg(long)]
    once: bool,
    /// With the optimised build: slower to make, faster to run.
    #[arg(long)]
    release: bool,
    /// Two nodes on PostgreSQL and Redis behind a proxy, instead of one on a file.
    #[arg(long)]
    full: bool,
    /// Where the service listens. With another port than 3050 the neighbours take free ports too.
    #[arg(long, default_value_t = script::PORT)]
    port: u16,
    #[arg(skip)]
    build: Scope,
}

impl Options {
    /// As CI shows it: on binaries that share what the tests have built.
    pub(crate) fn once() -> Self {
        Self { once: true, release: false, full: false, port: script::PORT, build: Scope::Tested }
    }

    fn setting(&self) -> Setting {
        Setting {
            profile: if self.release { Profile::Release } else { Profile::Dev },
            full: self.full,
            port: self.port,
            speed: if self.once { 10 } else { 1 },
            folder: if self.full { "demo-full" } else { "demo" },
        }
    }
}

/// Shows the service until somebody presses Ctrl-C, or once.
pub(crate) fn run(checkout: &Checkout, options: &Options) -> Result<()> {
    // First, because a build takes minutes and a taken port can be told at once.
    stage::ensure_free(options.port)?;
    let setting = options.setting();
    let packages = ["ges-server", "ges-simulators"];
    if options.build == Scope::Asked {
        ui::offer(checkout)?;
    }
    build::binaries(checkout, options.build, setting.profile, &packages)?;
    let mut stage = Stage::raise(checkout, &setting)?;
    seed::sow(stage.address(), &stage.internal_key()?)?;
    if options.full {
        accounts::enter(stage.address(), stage.neighbours())?;
    }
    if options.once {
        let told = once::tell(stage.address());
        return told.map_err(|error| error.context(stage.logs()));
    }
    say::result(script::welcome(stage.address(), stage.neighbours(), &stage.folder_name(checkout)));
    while !process::interrupted() {
        stage.ensure_running()?;
        std::thread::sleep(Duration::from_millis(200));
    }
    say::progress("ending what was started; the data stays for the next time");
    Ok(())
}
