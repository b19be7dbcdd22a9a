//! What Kubernetes publishes of its objects' shapes, held against what the chart renders.
//! Apart, because it is Python that knows them, in an environment of its own below the build folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::{process, say};

/// What is installed: the schemas of many versions with the program that reads them, and all that it needs.
const PACKAGES: &[&str] = &[
    "kubernetes-validate==1.37.0",
    "attrs==26.1.0",
    "importlib_resources==7.1.0",
    "jsonschema==4.26.0",
    "jsonschema-specifications==2025.9.1",
    "packaging==26.3",
    "PyYAML==6.0.3",
    "referencing==0.37.0",
    "rpds-py==2026.9.1",
    "typing_extensions==4.16.0",
];

/// Kinds of others, of which Kubernetes publishes nothing.
const FOREIGN: &[&str] = &["ServiceMonitor", "PrometheusRule"];

pub(super) const MISSING: &str =
    "no schemas of Kubernetes are asked: that takes python3 with venv, and its packages";

/// The program that knows the schemas.
#[derive(Debug)]
pub(super) struct Schemas {
    python: PathBuf,
}

/// Finds it, installed now if it can be.
pub(super) fn find(checkout: &Checkout) -> Result<Option<Schemas>> {
    let folder = checkout.target("tools/kubernetes-validate");
    let stamp = folder.join(".xtask-packages");
    let schemas = Schemas { python: folder.join("bin/python") };
    let wanted = PACKAGES.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Some(schemas));
    }
    if process::find_program("python3").is_none() {
        return Ok(None);
    }
    say::remark(format_args!("pip install {} (once for this checkout)", PACKAGES[0]));
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    let mut pip = Command::new(&schemas.python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--disable-pip-version-check"]).args(PACKAGES);
    let installed = process::capture(&mut venv).and_then(|_| process::capture(&mut pip));
    if let Err(error) = installed {
        say::remark(format_args!("{error:#}"));
        return Ok(None);
    }
    std::fs::write(&stamp, wanted).with_context(|| format!("{}", stamp.display()))?;
    Ok(Some(schemas))
}

impl Schemas {
    /// Fails unless each document is an object of that Kubernetes, with no field that it does not know.
    pub(super) fn check(
        &self,
        checkout: &Checkout,
        name: &str,
        version: &str,
        rendered: &str,
    ) -> Result<()> {
        let file = checkout.target(&format!("tools/{name}-{version}.yaml"));
        std::fs::write(&file, rendered).with_context(|| format!("{}", file.display()))?;
        let mut command = Command::new(&self.python);
        command.args(["-m", "kubernetes_validate", "--strict", "--quiet"]);
        let said = process::capture(command.args(["--kubernetes-version", version]).arg(&file))?;
        // An unknown kind is a warning to it.
        if let Some(line) = said.lines().find(|line| !is_foreign(line)) {
            bail!("{line}");
        }
        Ok(())
    }
}

fn is_foreign(line: &str) -> bool {
    FOREIGN.iter().any(|kind| line.contains(&format!("find schema for kind {kind} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kinds_of_others_may_be_unknown() {
        let said = |kind| format!("WARN a.yaml Couldn't find schema for kind {kind} with api …");
        assert!(is_foreign(&said("ServiceMonitor")));
        assert!(!is_foreign(&said("Ingres")));
    }
}
