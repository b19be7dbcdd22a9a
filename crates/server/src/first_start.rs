//! The first start: the installation's key, an API key and an administrator are made, and shown once.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use ges_auth::local::{First, Local};
use ges_domain::id::TenantId;
use ges_ports::{ApiKey, Clock, Secret};

use crate::config::Config;
use crate::ids::{SystemChance, SystemClock, random};

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
    let access = Local::make(&path, &first, chance, now)
        .with_context(|| format!("making {}", path.display()))?;
    show(&path, tenant, given.is_empty().then_some(text.as_str()), &password, &token);
    Ok(access)
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

/// Shows the secrets on standard error, never in the log: a log is kept and shipped.
#[expect(clippy::print_stderr, reason = "shown once, to whoever started the service first")]
fn show(path: &Path, tenant: TenantId, key: Option<&str>, password: &str, token: &str) {
    let (bold, plain) =
        if std::io::stderr().is_terminal() { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    eprintln!(
        "{bold}First start.{plain} Write these down; only their hashes are kept, in {}:",
        path.display()
    );
    eprintln!("  tenant         {tenant}");
    if let Some(key) = key {
        eprintln!("  API key        {key}");
    }
    eprintln!("  administrator  admin, password {password}");
    eprintln!("  designer token {token}");
}
