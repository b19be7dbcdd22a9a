//! What the binary is made of, as a `CycloneDX` 1.5 document.
//! Made from the lock files alone, so that the same commit always gives the same document and no tool need be installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};
use toml::Table;

use crate::checkout::Checkout;
use crate::say;

/// The package whose parts are listed.
const PRODUCT: &str = "ges-server";
/// The lock of what the browser is given.
const NODE_LOCK: &str = "crates/ui/app/package-lock.json";

/// Where the list goes.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file to write; by default target/ges.cdx.json.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Writes the list.
pub(crate) fn write(checkout: &Checkout, options: &Options) -> Result<()> {
    let lock = fs::read_to_string(checkout.path("Cargo.lock")).context("Cargo.lock")?;
    let mut components = crates(&checkout.metadata()?, &lock.parse()?)?;
    if let Ok(lock) = fs::read_to_string(checkout.path(NODE_LOCK)) {
        components.extend(node_packages(&serde_json::from_str(&lock).context(NODE_LOCK)?));
    }
    let count = components.len();
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "name": "ges", "version": env!("CARGO_PKG_VERSION")
        }},
        "components": components,
    });
    let out = options.out.clone().unwrap_or_else(|| checkout.target("ges.cdx.json"));
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&out, format!("{document:#}\n")).with_context(|| format!("{}", out.display()))?;
    say::progress(format_args!("{count} components are listed in {}", out.display()));
    Ok(())
}

/// The packages that are linked into the product or run while it is built; what only tests need is left out.
fn crates(metadata: &Value, lock: &Table) -> Result<Vec<Value>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let by_id: BTreeMap<&str, &Value> =
        packages.iter().filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let needs: BTreeMap<&str, Vec<&str>> = nodes
        .iter()
        .filter_map(|node| {
            let deps = node["deps"].as_array()?.iter();
            let shipped = deps.filter(|dep| {
                let kinds = dep["dep_kinds"].as_array();
                kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
            });
            Some((node["id"].as_str()?, shipped.filter_map(|dep| dep["pkg"].as_str()).collect()))
        })
        .collect();
    let product = by_id.iter().find(|(_, package)| package["name"] == PRODUCT);
    let mut open = vec![*product.with_context(|| format!("there is no {PRODUCT}"))?.0];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            open.extend(needs.get(id).into_iter().flatten());
        }
    }
    let hashes = checksums(lock);
    let mut components: Vec<(String, Value)> = seen
        .into_iter()
        .filter_map(|id| by_id.get(id))
        // Our own rooms are the product, not its parts.
        .filter(|package| !package["source"].is_null())
        .filter_map(|package| {
            let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
            let hash = hashes.get(&(name.to_owned(), version.to_owned()));
            Some((
                format!("{name} {version}"),
                component("cargo", name, version, package["license"].as_str(), hash),
            ))
        })
        .collect();
    components.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(components.into_iter().map(|(_, component)| component).collect())
}

fn checksums(lock: &Table) -> BTreeMap<(String, String), String> {
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    packages
        .filter_map(|package| {
            let text = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
            Some(((text("name")?, text("version")?), text("checksum")?))
        })
        .collect()
}

/// What the browser is given; the tools that build it are left out.
fn node_packages(lock: &Value) -> Vec<Value> {
    let packages = lock["packages"].as_object().into_iter().flatten();
    packages
        .filter(|(_, package)| package["dev"] != true && package["devOptional"] != true)
        .filter_map(|(path, package)| {
            let name = path.rsplit_once("node_modules/")?.1;
            let version = package["version"].as_str()?;
            Some(component("npm", name, version, package["license"].as_str(), None))
        })
        .collect()
}

fn component(
    kind: &str,
    name: &str,
    version: &str,
    licence: Option<&str>,
    sha256: Option<&String>,
) -> Value {
    // In a package URL the @ of a scope is written as its code.
    let purl = format!("pkg:{kind}/{}@{version}", name.replace('@', "%40"));
    let mut component = json!({
        "type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl,
    });
    if let Some(licence) = licence {
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    if let Some(sha256) = sha256 {
        component["hashes"] = json!([{"alg": "SHA-256", "content": sha256}]);
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_listed_and_what_only_tests_need_is_not() {
        let registry = "a registry";
        let package = |name: &str, source: Value| json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0", "source": source});
        let dep = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [
                package(PRODUCT, Value::Null), package("ges-domain", Value::Null),
                package("linked", json!(registry)), package("builds", json!(registry)),
                package("tests", json!(registry)), package("elsewhere", json!(registry)),
            ],
            "resolve": {"nodes": [
                {"id": PRODUCT, "deps": [dep("ges-domain", Value::Null), dep("tests", json!("dev"))]},
                {"id": "ges-domain", "deps": [dep("linked", Value::Null), dep("builds", json!("build"))]},
            ]}
        });
        let lock: Table =
            "[[package]]\nname = \"linked\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n"
                .parse()
                .unwrap();
        let listed = crates(&metadata, &lock).unwrap();
        let names: Vec<_> = listed.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["builds", "linked"]);
        assert_eq!(listed[1]["hashes"][0]["content"], "abc");
        assert_eq!(listed[1]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    }

    #[test]
    fn a_scoped_package_of_the_browser_has_a_valid_address() {
        let lock = json!({"packages": {
            "": {"version": "0.1.0"},
            "node_modules/@mantine/core": {"version": "8.0.0", "license": "MIT"},
            "node_modules/vite": {"version": "8.0.0", "dev": true},
        }});
        let listed = node_packages(&lock);
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["purl"], "pkg:npm/%40mantine/core@8.0.0");
    }
}
