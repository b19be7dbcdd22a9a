//! Licences, sources and bans of packages from outside, judged by the same `deny.toml` that `cargo deny` reads.
//! Apart from that tool, because it is not everywhere, and this check must be.

use anyhow::{Context, Result};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::graph::{Graph, Package};
use super::{Complaint, Text};

const POLICY: &str = "deny.toml";
const LOCK: &str = "Cargo.lock";
const NODE_LOCK: &str = "crates/ui/app/package-lock.json";
const PUBLIC_INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What `deny.toml` allows and bans.
#[derive(Debug, Default)]
pub(super) struct Policy {
    allow: Vec<String>,
    /// A package and the further licences that are fine for it alone.
    exceptions: Vec<(String, Vec<String>)>,
    banned: Vec<Ban>,
}

/// A package that nobody may bring in.
#[derive(Debug)]
struct Ban {
    name: String,
    reason: String,
}

impl Policy {
    pub(super) fn read(texts: &[Text]) -> Result<Self> {
        let text = texts.iter().find(|text| text.path == POLICY);
        let text = text.with_context(|| format!("{POLICY} is missing"))?;
        let policy: Table = text.content.parse().with_context(|| format!("{POLICY} is no TOML"))?;
        let section = |name: &str| policy.get(name).and_then(Value::as_table);
        let licences = section("licenses").context("deny.toml has no [licenses]")?;
        let exceptions = tables(licences.get("exceptions"));
        let denied = tables(section("bans").and_then(|bans| bans.get("deny")));
        Ok(Self {
            allow: strings(licences.get("allow")),
            exceptions: exceptions.map(|one| (name(one), strings(one.get("allow")))).collect(),
            banned: denied
                .map(|one| Ban {
                    name: name(one),
                    reason: one.get("reason").and_then(Value::as_str).unwrap_or_default().into(),
                })
                .collect(),
        })
    }

    fn permits(&self, package: &str, licence: &str) -> bool {
        let own = self.exceptions.iter().find(|(name, _)| name == package);
        let own = own.map_or(&[][..], |(_, allow)| allow);
        expression(licence, &|id| self.allow.iter().chain(own).any(|allowed| allowed == id))
            .unwrap_or(false)
    }
}

fn tables(value: Option<&Value>) -> impl Iterator<Item = &Table> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let values = value.and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn name(table: &Table) -> String {
    let name = table.get("crate").or_else(|| table.get("name"));
    name.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Judges what cargo brings in.
pub(super) fn check(graph: &Graph, policy: &Policy) -> Vec<Complaint> {
    graph.theirs.iter().flat_map(|package| judge(graph, policy, package)).collect()
}

fn judge(graph: &Graph, policy: &Policy, package: &Package) -> Vec<Complaint> {
    let what = format!("{} {}", package.name, package.version);
    let complain = |trouble: String, remedy: &str| {
        Complaint::new(LOCK, 1, format!("{what}: {trouble}"), remedy)
    };
    let mut found = Vec::new();
    let licence = package.licence.as_deref().unwrap_or("none stated");
    if !policy.permits(&package.name, licence) {
        let remedy = "do without it, or allow the licence in deny.toml if it is permissive";
        found.push(complain(format!("licence {licence}"), remedy));
    }
    if package.source.as_deref() != Some(PUBLIC_INDEX) {
        let source = package.source.as_deref().unwrap_or("nowhere");
        found.push(complain(format!("from {source}"), "take it from crates.io"));
    }
    for ban in policy.banned.iter().filter(|ban| ban.name == package.name) {
        let names = |other: &&Package| other.dependencies.iter().any(|on| on.name == package.name);
        let everyone = graph.ours.iter().chain(&graph.theirs).filter(names);
        let by: Vec<&str> = everyone.map(|other| other.name.as_str()).collect();
        found.push(complain(format!("banned, named by {}", by.join(", ")), &ban.reason));
    }
    found
}

/// Judges what the user interface ships. Tools that only build it are not shipped.
pub(super) fn check_node(texts: &[Text], policy: &Policy) -> Vec<Complaint> {
    let Some(text) = texts.iter().find(|text| text.path == NODE_LOCK) else { return Vec::new() };
    let Ok(lock) = serde_json::from_str::<Json>(&text.content) else {
        return vec![Complaint::new(NODE_LOCK, 1, "this is not JSON", "make it again with npm")];
    };
    let packages = lock["packages"].as_object().into_iter().flatten();
    let shipped = packages.filter(|(path, package)| {
        !path.is_empty()
            && package["dev"] != Json::Bool(true)
            && package["link"] != Json::Bool(true)
    });
    shipped
        .filter_map(|(path, package)| {
            let name = path.rsplit("node_modules/").next().unwrap_or(path);
            let licence = package["license"].as_str().unwrap_or("none stated");
            let what = format!("{name}: licence {licence}");
            let remedy = "do without it, or allow the licence in deny.toml if it is permissive";
            (!policy.permits(name, licence)).then(|| Complaint::new(NODE_LOCK, 1, what, remedy))
        })
        .collect()
}

/// Evaluates an SPDX expression: `A OR (B AND C)`, `A WITH exception`, and the old `A/B` for `OR`.
/// `None` if it cannot be understood, which permits nothing.
fn expression(text: &str, permitted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let value = alternatives(&mut rest, permitted)?;
    rest.is_empty().then_some(value)
}

fn alternatives(rest: &mut &[&str], permitted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut value = conjunction(rest, permitted)?;
    while let Some(after) = rest.strip_prefix(&["OR"]) {
        *rest = after;
        value |= conjunction(rest, permitted)?;
    }
    Some(value)
}

fn conjunction(rest: &mut &[&str], permitted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut value = licence(rest, permitted)?;
    while let Some(after) = rest.strip_prefix(&["AND"]) {
        *rest = after;
        value &= licence(rest, permitted)?;
    }
    Some(value)
}

fn licence(rest: &mut &[&str], permitted: &dyn Fn(&str) -> bool) -> Option<bool> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    if *first == "(" {
        let value = alternatives(rest, permitted)?;
        *rest = rest.strip_prefix(&[")"])?;
        return Some(value);
    }
    if ["OR", "AND", "WITH", ")"].contains(first) {
        return None;
    }
    if let ["WITH", exception, after @ ..] = *rest {
        *rest = after;
        return Some(permitted(&format!("{first} WITH {exception}")));
    }
    Some(permitted(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::{Dependency, Kind};
    use crate::tidy::text;

    fn policy() -> Policy {
        let content = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\"]\n\
            exceptions = [{ crate = \"roots\", allow = [\"CDLA-Permissive-2.0\"] }]\n\
            [bans]\ndeny = [{ crate = \"chrono\", reason = \"jiff\" }]\n";
        Policy::read(&[text(POLICY, content)]).unwrap()
    }

    fn theirs(name: &str, licence: &str, names: &[&str]) -> Package {
        let on =
            |name: &&str| Dependency { name: (*name).into(), kind: Kind::Normal, optional: false };
        Package {
            name: name.into(),
            version: "1.0.0".into(),
            licence: Some(licence.into()),
            source: Some(PUBLIC_INDEX.into()),
            dependencies: names.iter().map(on).collect(),
            ..Package::default()
        }
    }

    fn complaints(theirs: Vec<Package>) -> Vec<String> {
        let graph = Graph { ours: Vec::new(), theirs };
        check(&graph, &policy()).into_iter().map(|complaint| complaint.what).collect()
    }

    #[test]
    fn expressions_are_read_as_spdx_says() {
        let mit = |id: &str| id == "MIT" || id == "Apache-2.0 WITH LLVM-exception";
        for (text, value) in [
            ("MIT", Some(true)),
            ("GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT", Some(true)),
            ("GPL-3.0/MIT", Some(true)),
            ("MIT AND GPL-3.0 OR MIT", Some(true)),
            ("MIT AND (GPL-3.0 OR BSD-3-Clause)", Some(false)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("Apache-2.0", Some(false)),
            ("MIT MIT", None),
            ("(MIT", None),
            ("", None),
        ] {
            assert_eq!(expression(text, &mit), value, "{text}");
        }
    }

    #[test]
    fn a_licence_off_the_list_is_found_and_an_exception_holds_for_one_package() {
        let cdla = "CDLA-Permissive-2.0";
        let found = complaints(vec![theirs("roots", cdla, &[]), theirs("other", cdla, &[])]);
        assert_eq!(found, ["other 1.0.0: licence CDLA-Permissive-2.0"]);
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        let mut fork = theirs("fork", "MIT", &[]);
        fork.source = Some("git+https://example.org/fork".into());
        assert_eq!(complaints(vec![fork]), ["fork 1.0.0: from git+https://example.org/fork"]);
    }

    #[test]
    fn a_banned_package_is_found_with_those_who_bring_it() {
        let found =
            complaints(vec![theirs("chrono", "MIT", &[]), theirs("old", "MIT", &["chrono"])]);
        assert_eq!(found, ["chrono 1.0.0: banned, named by old"]);
    }

    #[test]
    fn what_the_user_interface_ships_is_judged_and_its_tools_are_not() {
        let lock = r#"{ "packages": { "": {},
            "node_modules/react": { "license": "MIT" },
            "node_modules/a/node_modules/@b/c": { "license": "GPL-2.0" },
            "node_modules/tool": { "license": "MPL-2.0", "dev": true } } }"#;
        let found = check_node(&[text(NODE_LOCK, lock)], &policy());
        let found: Vec<_> = found.iter().map(|complaint| complaint.what.as_str()).collect();
        assert_eq!(found, ["@b/c: licence GPL-2.0"]);
    }
}
