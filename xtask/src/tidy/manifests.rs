//! Manifests: lints, versions and the package's own facts are said once, in the workspace.

use toml::{Table, Value};

use super::{Complaint, Text};

const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];
const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(texts: &[Text]) -> Vec<Complaint> {
    texts.iter().filter(|text| text.path.ends_with("/Cargo.toml")).flat_map(member).collect()
}

fn member(text: &Text) -> Vec<Complaint> {
    let complain = |what: String, remedy: &str| {
        let key = what.split(' ').next().unwrap_or_default().trim_matches('`');
        let line = text.lines().find(|(_, line)| line.trim_start().starts_with(key));
        Complaint::new(&text.path, line.map_or(1, |(number, _)| number), what.clone(), remedy)
    };
    let manifest: Table = match text.content.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![complain(format!("not TOML: {error}"), "mend the syntax")],
    };
    let mut found = Vec::new();
    if !inherits(manifest.get("lints")) {
        found.push(complain(
            "`[lints]` is not inherited".into(),
            "add the table [lints] with workspace = true",
        ));
    }
    let package = manifest.get("package").and_then(Value::as_table);
    for key in INHERITED {
        if !inherits(package.and_then(|package| package.get(key))) {
            found.push(complain(
                format!("`{key}` is not inherited"),
                "write KEY.workspace = true under [package]",
            ));
        }
    }
    let described = package.and_then(|package| package.get("description")).is_some();
    if !described {
        found.push(complain(
            "`description` is missing".into(),
            "say in one line what the package is for",
        ));
    }
    for (name, value) in dependencies(&manifest) {
        if !inherits(Some(value)) {
            found.push(complain(
                format!("`{name}` has a version or path of its own"),
                "put it into [workspace.dependencies] and write NAME.workspace = true",
            ));
        }
    }
    found
}

/// The dependencies of all kinds, for all platforms.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value)> {
    let platforms = manifest.get("target").and_then(Value::as_table);
    let platforms = platforms.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(platforms)
        .flat_map(|table| TABLES.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn inherits(value: Option<&Value>) -> bool {
    let workspace = value.and_then(|value| value.get("workspace"));
    workspace.and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::text;

    const GOOD: &str = "[package]\nname = \"ges-x\"\ndescription = \"x\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        publish.workspace = true\n[dependencies]\nserde = { workspace = true, optional = true }\n\
        [lints]\nworkspace = true\n";

    fn complaints(content: &str) -> Vec<String> {
        let found = check(&[text("crates/x/Cargo.toml", content)]);
        found.iter().map(|complaint| format!("{} {}", complaint.line, complaint.what)).collect()
    }

    #[test]
    fn a_member_that_inherits_everything_is_fine() {
        assert!(complaints(GOOD).is_empty());
    }

    #[test]
    fn a_version_of_its_own_is_found_with_its_line() {
        let bad = GOOD.replace("serde = { workspace = true, optional = true }", "serde = \"1\"");
        assert_eq!(complaints(&bad), ["10 `serde` has a version or path of its own"]);
    }

    #[test]
    fn a_dependency_for_one_platform_is_no_back_door() {
        let bad = format!("{GOOD}[target.'cfg(unix)'.dependencies]\nnix = \"0.31\"\n");
        assert_eq!(complaints(&bad).len(), 1);
    }

    #[test]
    fn missing_lints_and_description_are_found() {
        let bad = GOOD.replace("[lints]\nworkspace = true\n", "").replace("description", "summary");
        assert_eq!(
            complaints(&bad),
            ["1 `[lints]` is not inherited", "1 `description` is missing"]
        );
    }

    #[test]
    fn the_workspace_itself_is_no_member() {
        assert!(check(&[text("Cargo.toml", "[workspace]\n")]).is_empty());
    }
}
