//! From a file and the environment to values: every mistake by its place, and never by its value, which may be a secret.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::Config;

/// Complaints that are collected at the most.
const COMPLAINTS: usize = 100;

/// Values of the environment as they were written, by their places.
pub(super) type Texts = BTreeMap<Vec<String>, String>;

/// Sets one value of the environment: what reads as a TOML value is one, anything else is a text.
pub(super) fn lay_over(table: &mut Table, path: &[String], text: &str) -> Result<(), String> {
    let Some((last, sections)) = path.split_last() else { return Ok(()) };
    let mut place = table;
    for section in sections {
        let entry = place.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        place = match entry {
            Value::Table(table) => table,
            _ => return Err(format!("`{section}` is a value, not a section")),
        };
    }
    let value = format!("v = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    place.insert(last.clone(), value);
    Ok(())
}

/// Puts the contents of files where a value says `{ file = "path" }`: how secrets stay out of the configuration.
///
/// Paths are relative to the configuration file.
pub(super) fn put_files_in(
    table: &mut Table,
    folder: &Path,
    path: &str,
    complaints: &mut Vec<String>,
) {
    for (key, value) in table.iter_mut() {
        let Value::Table(inner) = value else { continue };
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let named = inner.get("file").and_then(Value::as_str).filter(|_| inner.len() == 1);
        // The table `[auth]` may hold a lone key `file` too; a section is never a secret.
        let Some(named) = named.filter(|_| path.contains('.')) else {
            put_files_in(inner, folder, &path, complaints);
            continue;
        };
        match std::fs::read_to_string(folder.join(named)) {
            Ok(text) => *value = Value::String(text.trim_end().to_owned()),
            Err(error) => {
                complaints.push(format!("{path}: the file `{named}` cannot be read: {error}"));
                *value = Value::String(String::new());
            }
        }
    }
}

/// Reads the configuration; each mistake is noted, taken out, and the rest read again.
///
/// What the environment says is a text after all where one is wanted: a secret may be all digits.
pub(super) fn read(
    mut table: Table,
    mut texts: Texts,
    complaints: &mut Vec<String>,
) -> Option<Config> {
    while complaints.len() < COMPLAINTS {
        match serde_path_to_error::deserialize::<_, Config>(Value::Table(table.clone())) {
            Ok(config) => return Some(config),
            Err(error) => {
                let mut path: Vec<String> = error
                    .path()
                    .to_string()
                    .split('.')
                    .filter(|part| *part != "?" && !part.is_empty())
                    .map(str::to_owned)
                    .collect();
                let text = error.inner().to_string();
                let first = without_value(text.lines().next().unwrap_or_default());
                if wants_text(&first)
                    && let Some(text) = texts.remove(&path)
                    && put_text(&mut table, &path, text)
                {
                    continue;
                }
                // An unknown key is named by the message, its section by the path.
                if let Some(key) = unknown_key(&first)
                    && path.last() != Some(&key)
                {
                    path.push(key);
                }
                complaints.push(format!("{}: {first}", path.join(".")));
                if !take_out(&mut table, &path) {
                    return None;
                }
            }
        }
    }
    None
}

/// A message without the value that is wrong: it may be a secret in the wrong place.
fn without_value(message: &str) -> String {
    for what in ["invalid type", "invalid value"] {
        let rest = message.strip_prefix(what).and_then(|rest| rest.strip_prefix(": "));
        if let Some((found, expected)) = rest.and_then(|rest| rest.rsplit_once(", expected ")) {
            let kind = found.split(['`', '"']).next().unwrap_or_default().trim_end();
            return format!("{what}: {kind}, expected {expected}");
        }
    }
    let variants = message.strip_prefix("unknown variant `");
    match variants.and_then(|rest| rest.rsplit_once("`, expected ")) {
        Some((_, expected)) => format!("unknown word, expected {expected}"),
        None => message.to_owned(),
    }
}

/// Whether a mistake is that something else stands where a text should.
fn wants_text(message: &str) -> bool {
    if message.starts_with("expected a text") {
        return true;
    }
    let said = message.strip_prefix("invalid type: ").filter(|rest| !rest.starts_with("string"));
    said.and_then(|rest| rest.rsplit_once(", expected "))
        .is_some_and(|(_, expected)| expected.contains("string"))
}

fn put_text(table: &mut Table, path: &[String], text: String) -> bool {
    let Some((last, sections)) = path.split_last() else { return false };
    let mut place = table;
    for section in sections {
        let Some(Value::Table(inner)) = place.get_mut(section) else { return false };
        place = inner;
    }
    place.insert(last.clone(), Value::String(text));
    true
}

fn unknown_key(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    rest.split('`').next().map(str::to_owned)
}

fn take_out(table: &mut Table, path: &[String]) -> bool {
    let Some((last, sections)) = path.split_last() else { return false };
    let mut place = table;
    for (depth, section) in sections.iter().enumerate() {
        // Inside a list the whole list goes: its other mistakes are told when this one is mended.
        let name = section.split('[').next().unwrap_or(section);
        if name != section || !matches!(place.get(name), Some(Value::Table(_))) {
            return take_out(place, &[name.to_owned()]) && depth < sections.len();
        }
        match place.get_mut(name) {
            Some(Value::Table(inner)) => place = inner,
            _ => return false,
        }
    }
    place.remove(last.split('[').next().unwrap_or(last)).is_some()
}
