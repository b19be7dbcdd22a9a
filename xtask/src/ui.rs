//! The user interface: a Node.js project inside the workspace, built and checked with its own tools.
//! Apart, because this is the only place that knows npm.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::build::Scope;
use crate::checkout::{Checkout, Profile};
use crate::install::Need;
use crate::{build, install, process, say};

const APP: &str = "crates/ui/app";

/// What it takes to build it.
pub(crate) const NODE: Need = Need {
    title: "Node.js 20 or newer with npm",
    debian: "npm",
    elsewhere: "https://nodejs.org, or your system's package manager",
    present: || process::find_program("node").is_some() && process::find_program("npm").is_some(),
};

/// What it takes to try it as a person would.
pub(crate) const BROWSER: Need = Need {
    title: "Chromium",
    debian: "chromium",
    elsewhere: "put chromium or google-chrome on the PATH",
    present: || browser().is_some(),
};

fn browser() -> Option<std::path::PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(process::find_program)
}

/// The user interface of a checkout that has one.
#[derive(Debug)]
pub(crate) struct App<'a> {
    checkout: &'a Checkout,
    scripts: Vec<String>,
}

impl<'a> App<'a> {
    /// Finds it, if it is there.
    pub(crate) fn find(checkout: &'a Checkout) -> Result<Option<Self>> {
        let file = checkout.path(APP).join("package.json");
        if !file.is_file() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&file).context("package.json cannot be read")?;
        let package: Value = serde_json::from_str(&text).context("package.json is not JSON")?;
        let scripts = package["scripts"].as_object().into_iter().flatten();
        Ok(Some(Self { checkout, scripts: scripts.map(|(name, _)| name.clone()).collect() }))
    }

    /// Whether it has end-to-end tests.
    pub(crate) fn has_journeys(&self) -> bool {
        self.scripts.iter().any(|script| script == "e2e")
    }

    /// Builds what the server embeds.
    pub(crate) fn build(&self) -> Result<()> {
        self.install()?;
        self.script("build")
    }

    /// Types, those of the API among them, and component tests.
    pub(crate) fn check(&self) -> Result<()> {
        self.install()?;
        self.script("types:check")?;
        self.script("typecheck")?;
        self.script("test")
    }

    /// End-to-end tests in a browser, against the real binaries, which are built first.
    pub(crate) fn journeys(&self, scope: Scope) -> Result<()> {
        install::ensure(&[BROWSER])?;
        build::binaries(self.checkout, scope, Profile::Dev, &["ges-server", "ges-simulators"])?;
        self.script("e2e")
    }

    /// Fetches exactly what the lock file says, unless that is what lies there.
    fn install(&self) -> Result<()> {
        install::ensure(&[NODE])?;
        let folder = self.checkout.path(APP);
        let wanted = std::fs::read(folder.join("package-lock.json"))
            .context("crates/ui/app has no package-lock.json; make it with npm install")?;
        let stamp = folder.join("node_modules/.xtask-lock");
        if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        say::remark("npm ci");
        process::run(self.npm().args(["ci", "--no-audit", "--no-fund"]))?;
        std::fs::write(&stamp, wanted).context("node_modules cannot be marked as complete")
    }

    fn script(&self, name: &str) -> Result<()> {
        if !self.scripts.iter().any(|script| script == name) {
            bail!("{APP}/package.json has no script `{name}`");
        }
        say::remark(format_args!("npm run {name}"));
        process::run(self.npm().args(["run", "--silent", name]))
    }

    fn npm(&self) -> Command {
        let mut command = Command::new("npm");
        command
            .current_dir(self.checkout.path(APP))
            .env("GES_BINARY", self.checkout.built(Profile::Dev, "ges"))
            .env("GES_SIMULATORS_BINARY", self.checkout.built(Profile::Dev, "ges-simulators"));
        if let Some(browser) = browser() {
            command.env("CHROMIUM", browser);
        }
        command
    }
}

/// Makes the types of the API anew from its description; without npm it says so and goes on.
pub(crate) fn retype(checkout: &Checkout) -> Result<()> {
    let Some(app) = App::find(checkout)? else { return Ok(()) };
    if !(NODE.present)() {
        say::remark(format_args!("the types of the API are skipped: that takes {}", NODE.title));
        return Ok(());
    }
    app.install()?;
    app.script("types")
}

/// What a build is made of.
const SOURCES: &[&str] = &["src", "public", "index.html", "package-lock.json", "vite.config.ts"];

/// Builds the user interface before a demo, if it is stale; without npm it says so and goes on.
pub(crate) fn offer(checkout: &Checkout) -> Result<()> {
    let Some(app) = App::find(checkout)? else { return Ok(()) };
    if !(NODE.present)() {
        say::progress(format_args!(
            "the pages for people are not built: that takes {} (Debian: {})",
            NODE.title, NODE.debian
        ));
        return Ok(());
    }
    let folder = checkout.path(APP);
    let built = modified(&folder.join("dist/index.html"));
    let newest = SOURCES.iter().filter_map(|name| newest(&folder.join(name))).max();
    if built.is_some() && built >= newest {
        return Ok(());
    }
    say::progress("building the pages for people");
    app.build()
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|found| found.modified()).ok()
}

/// When anything below a path changed last.
fn newest(path: &Path) -> Option<SystemTime> {
    let below = std::fs::read_dir(path).into_iter().flatten().flatten();
    below.filter_map(|entry| newest(&entry.path())).chain(modified(path)).max()
}

/// What to do with the user interface.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Checks types, whether those of the API are fresh, and runs the component tests instead.
    #[arg(long)]
    check: bool,
    /// Runs the end-to-end tests in a browser instead.
    #[arg(long, conflicts_with = "check")]
    journeys: bool,
}

/// Builds or checks, or says that there is no user interface yet.
pub(crate) fn act(checkout: &Checkout, options: Options) -> Result<()> {
    let Some(app) = App::find(checkout)? else {
        bail!("{APP} has no package.json: there is no user interface");
    };
    if options.check {
        app.check()
    } else if options.journeys {
        app.build()?;
        app.journeys(Scope::Asked)
    } else {
        app.build()
    }
}
