//! The access file as text: what may stand in it, and everything that is wrong with one.
//!
//! It is apart from what is looked up, because it keeps names and order for people, and the lookups keep neither.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

use argon2::password_hash::phc::PasswordHash;
use ges_domain::access::Role;
use ges_domain::id::TenantId;
use ges_domain::name::QueueName;

use crate::digest::Digest;
use serde::{Deserialize, Serialize};

/// The most that a file may hold and is still read, in bytes: well beyond what a million keys take.
pub(super) const LONGEST: u64 = 256 << 20;

const HEADER: &str = "\
# Who may ask, and who may sign in.
# Keys, tokens and passwords are kept as digests: none of them can be read back from here.
# The service writes this file anew when keys or people change, and reads it when somebody else changed it.

";

/// The whole file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Document {
    #[serde(rename = "tenant", skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<TenantEntry>,
    #[serde(rename = "key", skip_serializing_if = "Vec::is_empty")]
    pub(super) keys: Vec<KeyEntry>,
    #[serde(rename = "application", skip_serializing_if = "Vec::is_empty")]
    pub(super) applications: Vec<ApplicationEntry>,
    #[serde(rename = "user", skip_serializing_if = "Vec::is_empty")]
    pub(super) users: Vec<UserEntry>,
}

/// A contact centre.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantEntry {
    pub(super) id: TenantId,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) short_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) cors_origins: BTreeSet<String>,
}

/// A key of the public API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    pub(super) name: String,
    pub(super) tenant: TenantId,
    pub(super) digest: Digest,
}

/// A program with a bearer token, such as the designer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationEntry {
    pub(super) name: String,
    pub(super) tenant: TenantId,
    pub(super) digest: Digest,
    /// With roles it may use the people's API too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) roles: BTreeSet<Role>,
    /// Whether it may publish settings and speak for flows; where nothing is said, one without roles may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) designer: Option<bool>,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEntry {
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) display_name: Option<String>,
    pub(super) tenant: TenantId,
    pub(super) password: String,
    #[serde(default)]
    pub(super) roles: BTreeSet<Role>,
    #[serde(default)]
    pub(super) lines: LinesEntry,
}

/// `"*"` or a list of queues; nothing said is no queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"*\" or a list of queues")]
pub(super) enum LinesEntry {
    All(Star),
    Queues(BTreeSet<QueueName>),
}

/// The text `*` and no other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Star {
    #[serde(rename = "*")]
    Star,
}

impl Default for LinesEntry {
    fn default() -> Self {
        Self::Queues(BTreeSet::new())
    }
}

/// What is wrong with an access file; every complaint at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the access file cannot be used: {}", .0.join("; "))]
pub struct Complaints(
    /// One clause each, with the line or the name it is about.
    pub Vec<String>,
);

impl Document {
    /// Reads and checks a file's text.
    pub(super) fn parse(text: &str) -> Result<Self, Complaints> {
        let document = match Self::piecewise(text) {
            Some(document) => document,
            None => Self::whole(text)?,
        };
        document.check()?;
        Ok(document)
    }

    /// Reads entry by entry, so that a large file takes no more room than its text and what it says. None: this is not
    /// how the file is written, or something is wrong with it.
    fn piecewise(text: &str) -> Option<Self> {
        let mut document = Self::default();
        let mut rest = text;
        while !rest.is_empty() {
            let next = rest.match_indices("\n[[").map(|(place, _)| place).find(|place| *place > 0);
            let end = next.unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            let mut piece: Self = toml::from_str(piece).ok()?;
            document.tenants.append(&mut piece.tenants);
            document.keys.append(&mut piece.keys);
            document.applications.append(&mut piece.applications);
            document.users.append(&mut piece.users);
            rest = after;
        }
        Some(document)
    }

    /// Reads the file as one, and says in which line it is wrong.
    fn whole(text: &str) -> Result<Self, Complaints> {
        toml::from_str(text).map_err(|error| {
            // The error's own display quotes the line, digests and all; its message does not.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Complaints(vec![format!("line {line}: {}", error.message())])
        })
    }

    /// The text of a file that says this.
    pub(super) fn text(&self) -> String {
        let body = toml::to_string(self).expect("names, digests and lists are expressible");
        format!("{HEADER}{body}")
    }

    /// Everything that contradicts itself.
    pub(super) fn check(&self) -> Result<(), Complaints> {
        let mut complaints = Vec::new();
        let mut twice = |what: &str, names: &mut dyn Iterator<Item = String>| {
            complaints.extend(repeated(names).into_iter().map(|it| format!("{what} {it} twice")));
        };
        twice("tenant", &mut self.tenants.iter().map(|it| it.id.to_string()));
        twice("user", &mut self.users.iter().map(|it| it.name.to_lowercase()));
        twice("application", &mut self.applications.iter().map(|it| it.name.clone()));
        let mut digests = HashSet::with_capacity(self.keys.len());
        let mut names = HashSet::with_capacity(self.keys.len());
        for key in &self.keys {
            if !names.insert((key.tenant, key.name.as_str())) {
                complaints.push(format!("key {} of tenant {} twice", key.name, key.tenant));
            }
            if !digests.insert(key.digest) {
                complaints.push(format!("key {} has another key's digest", key.name));
            }
        }
        for (what, name) in self.names() {
            if name.is_empty() || name.len() > 255 || name.chars().any(char::is_control) {
                complaints.push(format!("{what} {name:?}: a name has 1 to 255 printable bytes"));
            }
        }
        for user in &self.users {
            if PasswordHash::new(&user.password).is_err() {
                complaints.push(format!("user {}: the password is not an argon2 hash", user.name));
            }
        }
        if complaints.is_empty() { Ok(()) } else { Err(Complaints(complaints)) }
    }

    fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let tenants = self.tenants.iter().map(|it| ("tenant", it.name.as_str()));
        let keys = self.keys.iter().map(|it| ("key", it.name.as_str()));
        let applications = self.applications.iter().map(|it| ("application", it.name.as_str()));
        let users = self.users.iter().map(|it| ("user", it.name.as_str()));
        tenants.chain(keys).chain(applications).chain(users)
    }
}

fn repeated<T: Hash + Eq + Clone + Ord>(items: &mut dyn Iterator<Item = T>) -> BTreeSet<T> {
    let mut seen = HashSet::new();
    items.filter(|item| !seen.insert(item.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";

    fn complaints(text: &str) -> Vec<String> {
        Document::parse(text).expect_err("the text is wrong").0
    }

    #[test]
    fn a_file_reads_as_it_was_written() {
        let digest = "ab".repeat(32);
        let text = format!(
            r#"
            [[tenant]]
            id = "{TENANT}"
            name = "t100"
            cors_origins = ["https://shop.example"]
            [[key]]
            name = "shop"
            tenant = "{TENANT}"
            digest = "{digest}"
            [[application]]
            name = "designer"
            tenant = "{TENANT}"
            digest = "{digest}"
            [[user]]
            name = "admin"
            tenant = "{TENANT}"
            password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$YWJjZGVmZ2hpamtsbW5vcA"
            roles = ["administrator"]
            lines = "*"
            [[user]]
            name = "sue"
            tenant = "{TENANT}"
            password = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$YWJjZGVmZ2hpamtsbW5vcA"
            lines = ["Sales VQ"]
            "#
        );
        let document = Document::parse(&text).unwrap();
        let again = document.text();
        assert!(again.starts_with("# Who may ask"));
        assert_eq!(Document::parse(&again).unwrap().text(), again);
        assert!(matches!(document.users[0].lines, LinesEntry::All(_)));
        assert!(matches!(&document.users[1].lines, LinesEntry::Queues(it) if it.len() == 1));
        assert!(document.users[1].roles.is_empty(), "no role is not every role");
    }

    #[test]
    fn however_it_is_written_a_file_says_the_same() {
        let digest = "ab".repeat(32);
        let key =
            |name: &str| format!("name = {name}\ntenant = \"{TENANT}\"\ndigest = \"{digest}\"\n");
        let folded = format!("[[key]]\n{}", key("\"\"\"\\\n[[key]]\"\"\""));
        assert_eq!(Document::parse(&folded).unwrap().keys[0].name, "[[key]]");
        let inline = format!("key = [{{ {} }}]", key("\"a\"").trim().replace('\n', ", "));
        for text in [
            &inline,
            &format!("[[key]]\n{}", key("\"a\"")),
            &format!("\n[[key]]\r\n{}", key("'a'")),
        ] {
            assert_eq!(Document::parse(text).unwrap().keys[0].name, "a", "{text}");
        }
        assert!(Document::parse("").unwrap().keys.is_empty());
        assert!(Document::parse("ü\n[[key]]").is_err());
    }

    #[test]
    fn every_contradiction_is_named_at_once() {
        let digest = "ab".repeat(32);
        let key = format!("[[key]]\nname = \"a\"\ntenant = \"{TENANT}\"\ndigest = \"{digest}\"\n");
        let user = format!("name = \"U\"\ntenant = \"{TENANT}\"\npassword = \"plain\"\n");
        let text = format!("{key}{key}[[user]]\n{user}[[user]]\n{}", user.replace('U', "u"));
        let found = complaints(&text).join("\n");
        for expected in ["user u twice", "key a of tenant", "another key's digest", "argon2"] {
            assert!(found.contains(expected), "{expected}: {found}");
        }
        assert!(!found.contains("plain"), "what stands where a hash belongs may be a password");
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        let found = complaints("\n\n[[key]]\nname = \"a\"\nsecret = \"hush\"\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("line 5: "), "{found:?}");
        assert!(!found[0].contains("hush"), "{found:?}");
        let lines = format!(
            "[[user]]\nname = \"a\"\ntenant = \"{TENANT}\"\npassword = \"\"\nlines = \"all\"\n"
        );
        assert!(complaints(&lines)[0].contains("expected \"*\""), "{:?}", complaints(&lines));
    }
}
