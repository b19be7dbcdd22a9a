//! Where things lie in this checkout, and what the environment says.
//! Apart, because it is the only module of the tools that reads the environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// One working copy of the project.
#[derive(Clone, Debug)]
pub(crate) struct Checkout {
    root: PathBuf,
    target: PathBuf,
    cargo: PathBuf,
}

impl Checkout {
    /// Finds the checkout that holds the current directory.
    pub(crate) fn find() -> Result<Self> {
        let here = std::env::current_dir().context("the current directory cannot be read")?;
        let root = here
            .ancestors()
            .find(|dir| dir.join("xtask/Cargo.toml").is_file() && dir.join("Cargo.toml").is_file())
            .context("run this inside a checkout of the project")?
            .to_path_buf();
        let target =
            variable("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let cargo = PathBuf::from(variable("CARGO").unwrap_or_else(|| "cargo".into()));
        Ok(Self { target: here.join(target), root, cargo })
    }

    /// The top folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the top folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// A path below the build folder.
    pub(crate) fn target(&self, below: &str) -> PathBuf {
        self.target.join(below)
    }

    /// A binary or example that cargo has built.
    pub(crate) fn built(&self, profile: Profile, name: &str) -> PathBuf {
        self.target(profile.folder()).join(name)
    }

    /// A cargo command that runs at the top of the checkout.
    pub(crate) fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(args).current_dir(&self.root);
        command
    }

    /// Whether the workspace has a package of that name already.
    pub(crate) fn has_package(&self, name: &str) -> bool {
        let folder = name.strip_prefix("ges-").unwrap_or(name);
        self.path("crates").join(folder).join("Cargo.toml").is_file()
    }

    /// What `cargo metadata` says of the whole dependency graph.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let mut command = self.cargo(["metadata", "--format-version=1", "--all-features"]);
        let text = process::capture(&mut command)?;
        serde_json::from_str(&text).context("cargo metadata printed something that is not JSON")
    }

    /// The files that git tracks or would track, in order: nothing ignored, nothing deleted.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let mut command = Command::new("git");
        command.current_dir(&self.root);
        command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = process::capture(&mut command)?;
        let mut files: Vec<String> = listed
            .split('\0')
            .filter(|path| !path.is_empty() && self.root.join(path).is_file())
            .map(str::to_owned)
            .collect();
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }
}

/// How the product is compiled for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run.
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// One variable of the environment, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the tools are told things by the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
