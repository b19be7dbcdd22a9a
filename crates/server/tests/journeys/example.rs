//! The example configuration: it loads, names every key there is, and what it sets is what holds without it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config.example.toml")
}

fn ges(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ges"))
        .args(args)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// Every key of the reference with its section and its default; none where there is none.
fn reference() -> Vec<(String, String, Option<Value>)> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in ges(&["docs", "config"]).lines() {
        if let Some(name) = line.strip_prefix("## `[").and_then(|rest| rest.strip_suffix("]`")) {
            name.clone_into(&mut section);
        }
        let Some(row) = line.strip_prefix("| `") else { continue };
        let (key, rest) = row.split_once("` | ").unwrap();
        let default = rest.strip_prefix('`').and_then(|rest| rest.split_once("` |"));
        let default = default.map(|(text, _)| serde_json::from_str(text).unwrap());
        keys.push((section.clone(), key.to_owned(), default));
    }
    keys
}

#[test]
fn the_example_loads() {
    let said = ges(&["migrate", "--check", "--config", example().to_str().unwrap()]);
    assert!(said.contains("no store yet"), "{said}");
}

/// The configurations in what the chart renders: that of the nodes, and that of the job that migrates, if there is one.
fn configurations(rendered: &str) -> Vec<String> {
    let blocks = rendered.split("\n  ges.toml: |\n").skip(1);
    let lines = |block: &str| {
        let inside = |line: &&str| line.is_empty() || line.starts_with("    ");
        let lines = block.lines().take_while(inside);
        lines.flat_map(|line| [line.strip_prefix("    ").unwrap_or(line), "\n"]).collect()
    };
    blocks.map(lines).collect()
}

/// `cargo xtask chart` proves that the files are what the chart renders of `deploy/helm/golden/*.values.yaml`.
#[test]
fn what_the_chart_writes_is_a_configuration() {
    for (name, files, access) in [("local", 2, true), ("platform", 2, false), ("single", 1, true)] {
        let golden = example().with_file_name(format!("helm/golden/{name}.yaml"));
        let found = configurations(&std::fs::read_to_string(golden).unwrap());
        assert_eq!(found.len(), files, "{name}");
        assert!(found.iter().all(|toml| *toml == found[0]), "{name}: the job reads another one");
        let folder = tempfile::tempdir().unwrap();
        // Secrets lie where the chart puts them, but below the folder.
        let here = folder.path().to_str().unwrap();
        let toml = found[0].replace("\"/secrets-", &format!("\"{here}/secrets-"));
        for path in toml.split('"').filter(|part| part.starts_with(here)) {
            std::fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, "a-secret").unwrap();
        }
        let file = folder.path().join("ges.toml");
        std::fs::write(&file, toml).unwrap();
        let said = ges(&["files", "--config", file.to_str().unwrap()]);
        assert!(said.starts_with("installation.key\t"), "{name}: {said}");
        assert_eq!(said.contains("access.toml"), access, "{name}: {said}");
    }
}

#[test]
fn the_example_names_every_key_and_sets_each_to_its_default() {
    let text = std::fs::read_to_string(example()).unwrap();
    let set: toml::Table = text.parse().unwrap();
    let reference = reference();
    assert!(reference.len() > 30, "the reference was read");
    let mut section = "";
    let mut named = Vec::new();
    for line in text.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim_matches(['[', ']']);
        } else if let Some((key, _)) = line.split_once(" = ") {
            named.push((section, key));
        }
    }
    for (section, key, default) in &reference {
        let list = format!("{section}.{key}");
        let there = named.contains(&(section, key)) || named.iter().any(|(s, _)| *s == list);
        assert!(there, "`{key}` of `[{section}]` is not in the example");
        let value = lookup(&set, section, key);
        if let (Some(value), Some(default)) = (value, default) {
            let value = serde_json::to_value(value).unwrap();
            assert_eq!(&value, default, "{section}.{key}");
        }
    }
}

fn lookup<'a>(table: &'a toml::Table, section: &str, key: &str) -> Option<&'a toml::Value> {
    let mut place = table;
    for part in section.split('.') {
        place = place.get(part)?.as_table()?;
    }
    place.get(key)
}
