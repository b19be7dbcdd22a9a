//! The keys that seal secrets at rest: the installation's own, or those of a file that the nodes share.
//!
//! Apart from the vault, because keys rotate while nodes run: one that meets an envelope of a key that it does not know
//! reads the file again before it says so.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context as _, bail};
use ges_auth::Vault;
use ges_domain::id::TenantId;
use ges_ports::{Chance, Purpose, SealError, Sealed, Seals, Secret};

use crate::config::Config;
use crate::ids::{InstallationKey, SystemChance, random};

/// What the installation's key is derived for, and its name among the keys.
const OWN: &str = "ges 2026 secrets at rest";
const OWN_NAME: &str = "1";

/// The keys, as they were read last.
pub(crate) struct Keys {
    file: Option<PathBuf>,
    own: [u8; 32],
    chance: Arc<dyn Chance>,
    vault: RwLock<Arc<Vault>>,
}

impl Keys {
    /// Reads the keys.
    pub(crate) fn open(config: &Config, key: &InstallationKey) -> anyhow::Result<Self> {
        let file =
            Some(config.secrets.key_file.clone()).filter(|file| !file.as_os_str().is_empty());
        let chance: Arc<dyn Chance> = Arc::new(SystemChance);
        let own = key.derive(OWN);
        let vault = read(file.as_deref(), own, &chance)?;
        Ok(Self { file, own, chance, vault: RwLock::new(Arc::new(vault)) })
    }

    fn vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again; false where there is none, or none that can be used.
    fn reload(&self) -> bool {
        let Some(file) = &self.file else { return false };
        match read(Some(file), self.own, &self.chance) {
            Ok(vault) => {
                *self.vault.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(vault);
                true
            }
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the keys of secrets cannot be read again"
                );
                false
            }
        }
    }

    /// Does it, and once more with the keys as they are now where one is missing.
    fn with<T>(&self, act: impl Fn(&Vault) -> Result<T, SealError>) -> Result<T, SealError> {
        match act(&self.vault()) {
            Err(SealError::UnknownKey(_)) if self.reload() => act(&self.vault()),
            done => done,
        }
    }
}

impl Seals for Keys {
    fn seal(&self, tenant: TenantId, purpose: Purpose, secret: &Secret) -> Sealed {
        self.vault().seal(tenant, purpose, secret)
    }

    fn open(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Secret, SealError> {
        self.with(|vault| vault.open(tenant, purpose, sealed))
    }

    fn renew(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError> {
        self.with(|vault| vault.renew(tenant, purpose, sealed))
    }
}

/// The keys of a file in their order, and the installation's own behind them: what it sealed opens for ever.
fn read(file: Option<&Path>, own: [u8; 32], chance: &Arc<dyn Chance>) -> anyhow::Result<Vault> {
    let mut keys = match file {
        None => Vec::new(),
        Some(file) => {
            let path = file.display();
            let text = fs::read_to_string(file).with_context(|| {
                format!("secrets.key_file: {path}; `ges secrets rotate --new-key` makes it")
            })?;
            parse(&text).with_context(|| format!("secrets.key_file: {path}"))?
        }
    };
    keys.push((String::from(OWN_NAME), own));
    Vault::new(keys, Arc::clone(chance)).context("secrets.key_file")
}

fn parse(text: &str) -> anyhow::Result<Vec<(String, [u8; 32])>> {
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // No line is repeated in an error: it holds a key.
        let odd = || format!("line {} is not a name and 64 hexadecimal digits", number + 1);
        let (name, digits) = line.split_once(' ').with_context(odd)?;
        let key =
            blake3::Hash::from_hex(digits.trim()).map_err(|_holds_it| anyhow::anyhow!(odd()))?;
        keys.push((name.to_owned(), *key.as_bytes()));
    }
    if keys.is_empty() {
        bail!("holds no key");
    }
    Ok(keys)
}

/// Puts a new key in front of those of the file, which is made where there is none; answers the new key's name.
pub(crate) fn add(config: &Config) -> anyhow::Result<String> {
    let file = &config.secrets.key_file;
    if file.as_os_str().is_empty() {
        bail!("secrets.key_file is empty: name the file in which the keys are to be");
    }
    let path = file.display();
    let standing = match fs::read_to_string(file) {
        Ok(text) => {
            parse(&text).with_context(|| format!("secrets.key_file: {path}"))?;
            text
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("secrets.key_file: {path}")),
    };
    let name = format!("k-{}", &random().simple().to_string()[..8]);
    let key = blake3::Hash::from_bytes(SystemChance.draw());
    let mut text = String::new();
    let _in_memory = writeln!(text, "{name} {}", key.to_hex());
    text.push_str(&standing);
    replace(file, &text).with_context(|| format!("writing secrets.key_file: {path}"))?;
    Ok(name)
}

/// Replaces the file as a whole, readable by its owner alone.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&new)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> TenantId {
        TenantId::new(random())
    }

    #[test]
    fn a_running_node_opens_what_is_sealed_with_a_key_that_came_later() {
        let folder = tempfile::tempdir().unwrap();
        let key = InstallationKey::read_or_make(&folder.path().join("key")).unwrap();
        let mut config = Config::default();
        let before = Keys::open(&config, &key).unwrap();
        let tenant = tenant();
        let old = before.seal(tenant, Purpose::Push, &Secret::new("hush"));
        config.secrets.key_file = folder.path().join("secrets.key");
        assert!(Keys::open(&config, &key).is_err(), "a file that is named must be there");
        add(&config).unwrap();
        let running = Keys::open(&config, &key).unwrap();
        assert!(running.renew(tenant, Purpose::Push, &old).unwrap().is_some());
        add(&config).unwrap();
        let newer = Keys::open(&config, &key).unwrap();
        let sealed = newer.seal(tenant, Purpose::Push, &Secret::new("hush"));
        for sealed in [&old, &sealed] {
            let opened = running.open(tenant, Purpose::Push, sealed).unwrap();
            assert_eq!(opened.expose(), "hush");
        }
    }

    #[test]
    fn what_is_no_key_is_told_by_its_line_and_not_shown() {
        for text in ["", "# nothing", "a", "a sesame", "a 00\nb sesame"] {
            let told = format!("{:#}", parse(text).unwrap_err());
            assert!(!told.contains("sesame"), "{told}");
        }
    }
}
