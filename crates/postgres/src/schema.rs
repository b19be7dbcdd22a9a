//! The schema: which migrations the database has, which this release knows, and whether the two go together.
//!
//! Migrations expand first: an older release serves a newer schema until a migration takes something away, which says so
//! in `meta`. So a rolling upgrade migrates, then replaces node after node.

use std::collections::BTreeSet;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use ges_ports::Fault;

use crate::cached::statement;
use crate::fault::{Failure, Phase};
use crate::session::{OpenError, Pool, Target, execute, within};

/// What this release knows.
const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// What the migrations wait for at most, in milliseconds: another node that migrates.
const PATIENCE_MS: u32 = 60_000;

/// How the database's schema and this release go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// Both know the same migrations.
    Current,
    /// The database lacks these: migrate it first.
    Behind(Vec<String>),
    /// A newer release has migrated it by these; this one can still serve it.
    Ahead(Vec<String>),
    /// A newer release has migrated it by these, and taken away what this one needs.
    Unknown(Vec<String>),
}

impl SchemaState {
    /// Whether this release may serve the schema.
    pub fn serves(&self) -> bool {
        match self {
            Self::Current | Self::Ahead(_) => true,
            Self::Behind(_) | Self::Unknown(_) => false,
        }
    }
}

/// Why a migration was not made.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// There is no connection to migrate on.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A migration failed and was undone; those before it were made.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The migration was broken off.
    #[error("the migration was broken off")]
    BrokenOff(#[source] tokio::task::JoinError),
}

fn known() -> Result<BTreeSet<String>, Failure> {
    let migrations: Vec<Box<dyn Migration<Pg>>> =
        MIGRATIONS.migrations().map_err(Failure::corrupt)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = Bool)]
    present: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The migrations that the database has, and the newest that it needs to be known.
async fn made(mut connection: &AsyncPgConnection) -> QueryResult<(BTreeSet<String>, String)> {
    let table = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AND to_regclass('meta') IS NOT NULL AS present";
    let table: Present = statement(table).get_result(&mut connection).await?;
    if !table.present {
        return Ok((BTreeSet::new(), String::new()));
    }
    let made = statement("SELECT version::text AS name FROM __diesel_schema_migrations");
    let made: Vec<Name> = made.load(&mut connection).await?;
    let needs = statement("SELECT value AS name FROM meta WHERE name = 'needs'");
    let needs: Option<Name> = needs.get_result(&mut connection).await.optional()?;
    let needs = needs.map_or_else(String::new, |row| row.name);
    Ok((made.into_iter().map(|row| row.name).collect(), needs))
}

fn compare(known: &BTreeSet<String>, made: &BTreeSet<String>, needs: &str) -> SchemaState {
    let only = |ours: &BTreeSet<String>, theirs: &BTreeSet<String>| -> Vec<String> {
        ours.difference(theirs).cloned().collect()
    };
    let newer = only(made, known);
    if !newer.is_empty() {
        let newest = known.last().map_or("", String::as_str);
        return if needs <= newest {
            SchemaState::Ahead(newer)
        } else {
            SchemaState::Unknown(newer)
        };
    }
    let missing = only(known, made);
    if missing.is_empty() { SchemaState::Current } else { SchemaState::Behind(missing) }
}

/// How the schema and this release go together.
pub(crate) async fn state(pool: &Pool) -> Result<SchemaState, Fault> {
    let (made, needs) = pool.read(|connection| Box::pin(made(connection))).await?;
    Ok(compare(&known()?, &made, &needs))
}

/// Makes the migrations that the database lacks, one node at a time, and answers their versions.
pub(crate) async fn migrate(target: &Target) -> Result<Vec<String>, MigrateError> {
    let session = target.connect().await?;
    let deadline = std::time::Duration::from_millis(u64::from(PATIENCE_MS) * 2);
    // The lock is the session's and ends with it. A migration may work for long; what it may wait for it says itself.
    let prepared = format!(
        "SET statement_timeout = 0; SET lock_timeout = {PATIENCE_MS}; \
         SELECT pg_advisory_lock(hashtextextended('migrations', hashtext(current_schema())))"
    );
    let alone = within(deadline, Phase::Before, execute(session.connection(), &prepared)).await;
    alone.map_err(Fault::from)?;
    let connection = session.into_connection();
    let migrating = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let made = harness.run_pending_migrations(MIGRATIONS);
        made.map(|made| made.iter().map(MigrationVersion::to_string).collect())
    });
    let made: Result<Vec<String>, _> = migrating.await.map_err(MigrateError::BrokenOff)?;
    made.map_err(MigrateError::Migration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_newer_schema_is_served_until_it_takes_something_away() {
        let ours = versions(&["0001", "0002"]);
        let state = |made: &[&str], needs| compare(&ours, &versions(made), needs);
        assert_eq!(state(&["0001", "0002"], "0001"), SchemaState::Current);
        assert_eq!(state(&["0001"], "0001"), SchemaState::Behind(vec!["0002".into()]));
        assert_eq!(state(&[], ""), SchemaState::Behind(vec!["0001".into(), "0002".into()]));
        let newer = ["0001", "0002", "0003"];
        assert_eq!(state(&newer, "0002"), SchemaState::Ahead(vec!["0003".into()]));
        assert_eq!(state(&newer, "0003"), SchemaState::Unknown(vec!["0003".into()]));
        assert!(state(&newer, "0002").serves() && !state(&newer, "0003").serves());
        assert!(!state(&["0001"], "0001").serves());
    }
}
