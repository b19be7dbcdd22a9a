//! The store that the configuration names: a file for one node, PostgreSQL for many.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use ges_domain::time::SignedDuration;
use ges_embedded::{Embedded, SchemaState};
use ges_ports::{
    Audit, CallIns, Callbacks, Catalogues, Clock as _, Deliveries, Effects, Fault, Records,
};
use ges_postgres::Postgres;

use crate::config::{Config, Synchronous};
use crate::ids::SystemClock;

/// How far this machine's clock may be from the database's. What is due is decided by the nodes' clocks.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

/// The store, as the ports that it keeps.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) callbacks: Arc<dyn Callbacks>,
    pub(crate) call_ins: Arc<dyn CallIns>,
    pub(crate) effects: Arc<dyn Effects>,
    pub(crate) catalogues: Arc<dyn Catalogues>,
    pub(crate) records: Arc<dyn Records>,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) deliveries: Arc<dyn Deliveries>,
    /// What it is, for people.
    pub(crate) name: String,
    /// What kind of store it is, in a word.
    pub(crate) kind: &'static str,
    /// The database, where it is one.
    postgres: Option<Postgres>,
}

impl Store {
    fn of<S>(store: S, name: String, kind: &'static str) -> Self
    where
        S: Callbacks + CallIns + Effects + Catalogues + Records + Audit + Deliveries + 'static,
    {
        let store = Arc::new(store);
        Self {
            callbacks: store.clone(),
            call_ins: store.clone(),
            effects: store.clone(),
            catalogues: store.clone(),
            records: store.clone(),
            audit: store.clone(),
            deliveries: store,
            name,
            kind,
            postgres: None,
        }
    }

    /// The callbacks by a way that one worker has for itself; to be called on the worker's own thread, where its
    /// connections then live.
    pub(crate) fn callbacks_for_worker(&self) -> Arc<dyn Callbacks> {
        match &self.postgres {
            Some(postgres) => Arc::new(postgres.for_worker()),
            None => Arc::clone(&self.callbacks),
        }
    }

    /// Refuses a clock that is not the database's.
    pub(crate) async fn ensure_one_time(&self) -> anyhow::Result<()> {
        let skew = self.skew().await.context("the database's clock")?;
        match skew.and_then(clock_complaint) {
            Some(complaint) => bail!(complaint),
            None => Ok(()),
        }
    }

    /// How far the database's clock is ahead of this machine's; none where both are one.
    pub(crate) async fn skew(&self) -> Result<Option<SignedDuration>, Fault> {
        let Some(postgres) = &self.postgres else { return Ok(None) };
        let before = SystemClock.now();
        let there = postgres.clock().await?;
        let after = SystemClock.now();
        // Somewhen between the two; what is not certainly wrong is right.
        Ok(Some(if there < before {
            there.duration_since(before)
        } else {
            there.duration_since(after).max(SignedDuration::ZERO)
        }))
    }
}

/// What is wrong with a clock, if anything.
pub(crate) fn clock_complaint(skew: SignedDuration) -> Option<String> {
    let by = skew.unsigned_abs();
    let which = if skew > SignedDuration::ZERO { "behind" } else { "ahead of" };
    (by > SKEW.unsigned_abs()).then(|| {
        let secs = by.as_secs_f64();
        format!("this machine's clock is {secs:.1} s {which} the database's: let both follow one time source")
    })
}

/// Opens the store, and refuses a schema that this release does not serve.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    if !many(config) {
        let (store, name) = embedded(config)?;
        return Ok(Store::of(store, name, "SQLite"));
    }
    let (store, name) = postgres(config).await?;
    let state = store.schema().await.context("the schema of the database")?;
    if !state.serves() {
        bail!(
            "the schema of {name} does not fit this release ({state:?}): run `ges migrate`, or the release that made it"
        );
    }
    Ok(Store { postgres: Some(store.clone()), ..Store::of(store, name, "PostgreSQL") })
}

/// What the store is called, whether it can be opened or not.
pub(crate) fn name(config: &Config) -> String {
    if many(config) {
        // `Display` masks the password; what is no URL was told when the configuration was read.
        let url = config.store.url.parse::<ges_postgres::Url>();
        return url.map_or_else(|_| String::from("store.url"), |url| url.to_string());
    }
    format!("sqlite:{}", file(config).display())
}

/// Brings the store's schema up to date, or only says whether it is.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn migrate(config: &Config, check: bool) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if !many(config) {
            let (before, name) = (embedded_schema(config)?, name(config));
            if check {
                println!("{name}: {}", told(before));
                let current = before == SchemaState::Current;
                return Ok(if current { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            drop(embedded(config)?);
            match before {
                SchemaState::Unmade => println!("{name}: made"),
                SchemaState::Current => println!("{name}: the schema is current"),
                SchemaState::Behind { found, newest } => {
                    println!("{name}: migrated from schema {found} to {newest}");
                }
            }
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
pub(crate) fn file(config: &Config) -> PathBuf {
    match config.store.url.strip_prefix("sqlite:") {
        Some(path) => PathBuf::from(path.trim_start_matches("//")),
        None => config.server.data_dir.join("ges.sqlite3"),
    }
}

/// How the embedded store stands to this release; makes and changes nothing.
pub(crate) fn embedded_schema(config: &Config) -> anyhow::Result<SchemaState> {
    let state = Embedded::schema(&file(config));
    state.with_context(|| format!("the store {}", name(config)))
}

/// The same in words.
pub(crate) fn told(state: SchemaState) -> String {
    match state {
        SchemaState::Unmade => String::from("no store yet; `ges migrate` or `ges serve` makes it"),
        SchemaState::Current => String::from("the schema is current"),
        SchemaState::Behind { found, newest } => format!(
            "schema {found}, this release writes {newest}; `ges migrate` or `ges serve` migrates it, and older releases cannot open it then"
        ),
    }
}

fn embedded(config: &Config) -> anyhow::Result<(Embedded, String)> {
    let path = file(config);
    let mut options = ges_embedded::Config::at(&path);
    options.synchronous = match config.store.synchronous {
        Synchronous::Full => ges_embedded::Synchronous::Full,
        Synchronous::Normal => ges_embedded::Synchronous::Normal,
    };
    let name = name(config);
    let store = Embedded::open(options).with_context(|| format!("the store {name}"))?;
    Ok((store, name))
}

async fn postgres(config: &Config) -> anyhow::Result<(Postgres, String)> {
    let mut options = config.postgres.clone();
    options.url = config.store.url.parse().context("store.url")?;
    let name = name(config);
    let store = Postgres::connect(options).await.with_context(|| {
        format!(
            "store.url: {name}; is the database running, and is this its address and its password?"
        )
    })?;
    Ok((store, name))
}
