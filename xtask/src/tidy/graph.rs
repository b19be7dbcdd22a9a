//! The dependency graph as cargo sees it, reduced to what the rules ask about.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// All packages: ours, and those from outside.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) ours: Vec<Package>,
    pub(super) theirs: Vec<Package>,
}

/// One package.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// The manifest, relative to the checkout if it is ours.
    pub(super) manifest: String,
    pub(super) licence: Option<String>,
    /// Where it came from. Ours come from nowhere.
    pub(super) source: Option<String>,
    pub(super) dependencies: Vec<Dependency>,
}

/// One line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) optional: bool,
}

/// Which table of the manifest the line stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[dependencies]`
    Normal,
    /// `[build-dependencies]`
    Build,
    /// `[dev-dependencies]`
    Dev,
}

impl Graph {
    pub(super) fn read(metadata: &Value, root: &Path) -> Result<Self> {
        let packages =
            metadata["packages"].as_array().context("cargo metadata lists no package")?;
        let mut graph = Self::default();
        for value in packages {
            let package = Package::read(value, root)?;
            if package.source.is_none() {
                graph.ours.push(package);
            } else {
                graph.theirs.push(package);
            }
        }
        Ok(graph)
    }
}

impl Package {
    fn read(value: &Value, root: &Path) -> Result<Self> {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let manifest = text("manifest_path").context("a package has no manifest")?;
        let relative = Path::new(&manifest).strip_prefix(root).ok();
        let dependencies = value["dependencies"].as_array().context("a package has no list")?;
        Ok(Self {
            name: text("name").context("a package has no name")?,
            version: text("version").context("a package has no version")?,
            manifest: relative.map_or(manifest.clone(), |path| path.display().to_string()),
            licence: text("license"),
            source: text("source"),
            dependencies: dependencies.iter().map(Dependency::read).collect::<Result<_>>()?,
        })
    }
}

impl Dependency {
    fn read(value: &Value) -> Result<Self> {
        let kind = match value["kind"].as_str() {
            None => Kind::Normal,
            Some("build") => Kind::Build,
            Some("dev") => Kind::Dev,
            Some(other) => anyhow::bail!("cargo metadata has a new kind of dependency: {other}"),
        };
        let name = value["name"].as_str().context("a dependency has no name")?.to_owned();
        Ok(Self { name, kind, optional: value["optional"].as_bool().unwrap_or(false) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_ours_is_named_from_the_top_of_the_checkout() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "ges-ports", "version": "0.1.0", "manifest_path": "/c/crates/ports/Cargo.toml",
              "license": "MIT", "source": null, "dependencies": [
                { "name": "ges-domain", "kind": null, "optional": false },
                { "name": "proptest", "kind": "dev", "optional": false } ] },
            { "name": "itoa", "version": "1.0.0", "manifest_path": "/elsewhere/itoa/Cargo.toml",
              "license": "MIT", "source": "an index", "dependencies": [] },
        ]});
        let graph = Graph::read(&metadata, Path::new("/c")).unwrap();
        assert_eq!(graph.ours[0].manifest, "crates/ports/Cargo.toml");
        assert_eq!(graph.ours[0].dependencies[1].kind, Kind::Dev);
        assert_eq!(graph.theirs[0].name, "itoa");
    }
}
