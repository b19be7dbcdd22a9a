//! The first start: the installation's key, an API key and an administrator are made, and shown once.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use ges_auth::local::{First, Local};
use ges_domain::id::TenantId;
use ges_ports::{ApiKey, Clock, Secret};

use crate::config::Config;
use crate::ids::{SystemChance, SystemClock, random};

/// Where the secrets of a first start are told that nobody watches, in the data directory.
const NOTE: &str = "first-start.txt";

/// Opens the file of keys and people, made if it is missing.
pub(crate) fn access(config: &Config) -> anyhow::Result<Local> {
    let path = access_path(config);
    let chance = Arc::new(SystemChance);
    let now = SystemClock.now();
    let exists = path.try_exists().with_context(|| format!("looking for {}", path.display()))?;
    if exists {
        return Local::open(&path, chance, now)
            .with_context(|| format!("opening {}", path.display()));
    }
    let tenant = match config.auth.first_tenant.as_str() {
        "" => TenantId::new(random()),
        text => text.parse().context("auth.first_tenant")?,
    };
    let given = &config.auth.first_api_key;
    let text = if given.is_empty() { random().to_string() } else { given.clone() };
    let api_key = ApiKey::parse(&text).context("auth.first_api_key is not a key")?;
    let password = format!("{}-{}", word(), word());
    let token = random().to_string();
    let first = First {
        tenant,
        tenant_name: String::from("first"),
        api_key,
        application_token: Secret::new(token.clone()),
        admin_password: Secret::new(password.clone()),
    };
    let lines = lines(&path, tenant, given.is_empty().then_some(text.as_str()), &password, &token);
    let make = || {
        Local::make(&path, &first, chance, now)
            .with_context(|| format!("making {}", path.display()))
    };
    if io::stderr().is_terminal() {
        let access = make()?;
        show(&lines);
        return Ok(access);
    }
    // Written before the hashes are, and named after: no password is lost, and none of another node's overwritten.
    let folder = &config.server.data_dir;
    let new = folder.join(format!("{NOTE}.{}", random().simple()));
    let note = folder.join(NOTE);
    write_privately(folder, &new, &lines).with_context(|| format!("writing {}", new.display()))?;
    let made = make().and_then(|access| {
        fs::rename(&new, &note).with_context(|| format!("writing {}", note.display()))?;
        Ok(access)
    });
    match made {
        Ok(access) => {
            tracing::warn!(file = %note.display(),
                "first start: the administrator's password and the first keys are in this file; read it and remove it");
            Ok(access)
        }
        Err(error) => {
            // Its passwords open nothing.
            drop(fs::remove_file(&new));
            Err(error)
        }
    }
}

/// Where the file of keys and people is.
pub(crate) fn access_path(config: &Config) -> PathBuf {
    if config.auth.file.as_os_str().is_empty() {
        config.server.data_dir.join("access.toml")
    } else {
        config.auth.file.clone()
    }
}

/// Half a password: 48 bits that can be read out.
fn word() -> String {
    random().simple().to_string()[..12].to_owned()
}

/// What is known in clear only now.
fn lines(
    path: &Path,
    tenant: TenantId,
    key: Option<&str>,
    password: &str,
    token: &str,
) -> Vec<String> {
    let mut lines = vec![
        format!("Write these down; only their hashes are kept, in {}:", path.display()),
        format!("  tenant         {tenant}"),
    ];
    lines.extend(key.map(|key| format!("  API key        {key}")));
    lines.push(format!("  administrator  admin, password {password}"));
    lines.push(format!("  designer token {token}"));
    lines
}

/// Shows them to whoever sits at the terminal. Anything else behind standard error is a log, which is kept and shipped.
#[expect(clippy::print_stderr, reason = "shown once, to whoever started the service first")]
fn show(lines: &[String]) {
    eprintln!("\u{1b}[1mFirst start.\u{1b}[0m {}", lines.join("\n"));
}

fn write_privately(folder: &Path, file: &Path, lines: &[String]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    writeln!(out, "{}", lines.join("\n"))?;
    out.sync_all()
}
