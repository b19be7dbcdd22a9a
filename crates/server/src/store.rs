//! The store that the configuration names: a file for one node, PostgreSQL for many.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ges_embedded::Embedded;
use ges_ports::{Callbacks, Catalogues, Effects, Records};
use ges_postgres::Postgres;

use crate::config::{Config, Synchronous};

/// The store, as the ports that it keeps.
pub(crate) struct Store {
    pub(crate) callbacks: Arc<dyn Callbacks>,
    pub(crate) effects: Arc<dyn Effects>,
    pub(crate) catalogues: Arc<dyn Catalogues>,
    pub(crate) records: Arc<dyn Records>,
    /// What it is, for people.
    pub(crate) name: String,
}

impl Store {
    fn of<S>(store: S, name: String) -> Self
    where
        S: Callbacks + Effects + Catalogues + Records + 'static,
    {
        let store = Arc::new(store);
        Self {
            callbacks: store.clone(),
            effects: store.clone(),
            catalogues: store.clone(),
            records: store,
            name,
        }
    }
}

/// Opens the store, and refuses a schema that this release does not serve.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    if !many(config) {
        let (store, name) = embedded(config)?;
        return Ok(Store::of(store, name));
    }
    let (store, name) = postgres(config).await?;
    let state = store.schema().await.context("the schema of the database")?;
    if !state.serves() {
        bail!(
            "the schema of {name} does not fit this release ({state:?}): run `ges migrate`, or the release that made it"
        );
    }
    Ok(Store::of(store, name))
}

/// Brings the store's schema up to date, or only says whether it is.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn migrate(config: &Config, check: bool) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if !many(config) {
            let path = file(config);
            if check && !path.exists() {
                println!("{}: no store yet; `ges migrate` or `ges serve` makes it", path.display());
                return Ok(ExitCode::FAILURE);
            }
            let (_store, name) = embedded(config)?;
            println!("{name}: the schema is current");
            return Ok(ExitCode::SUCCESS);
        }
        let (store, name) = postgres(config).await?;
        if check {
            let state = store.schema().await.context("the schema of the database")?;
            println!("{name}: {state:?}");
            return Ok(if state.serves() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let made = store.migrate().await.with_context(|| format!("migrating {name}"))?;
        match made.as_slice() {
            [] => println!("{name}: the schema is current"),
            made => println!("{name}: migrated by {}", made.join(", ")),
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Whether the store is one for many nodes.
pub(crate) fn many(config: &Config) -> bool {
    config.store.url.starts_with("postgres")
}

/// Where the embedded store's file is.
fn file(config: &Config) -> PathBuf {
    match config.store.url.strip_prefix("sqlite:") {
        Some(path) => PathBuf::from(path.trim_start_matches("//")),
        None => config.server.data_dir.join("ges.sqlite3"),
    }
}

fn embedded(config: &Config) -> anyhow::Result<(Embedded, String)> {
    let path = file(config);
    let mut options = ges_embedded::Config::at(&path);
    options.synchronous = match config.store.synchronous {
        Synchronous::Full => ges_embedded::Synchronous::Full,
        Synchronous::Normal => ges_embedded::Synchronous::Normal,
    };
    let name = format!("sqlite:{}", path.display());
    let store = Embedded::open(options).with_context(|| format!("the store {name}"))?;
    Ok((store, name))
}

async fn postgres(config: &Config) -> anyhow::Result<(Postgres, String)> {
    let mut options = config.postgres.clone();
    options.url = config.store.url.parse().context("store.url")?;
    // `Debug` masks the password.
    let name = format!("{:?}", options.url);
    let store = Postgres::connect(options).await.with_context(|| {
        format!("store.url: {name}; is the database running, and is this its address?")
    })?;
    Ok((store, name))
}
