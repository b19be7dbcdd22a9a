//! Fresh stores for tests: a schema of its own for each, found by a connection option.
//!
//! Nothing is cleaned up at the end of a test. What earlier runs left behind is swept at the next start.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::callback::Callback;
use ges_domain::id::TenantId;
use ges_ports::{Fault, Search};

use crate::cached::statement;
use crate::config::{Config, Url};
use crate::fault::{Failure, Phase};
use crate::search;
use crate::session::{Session, execute};
use crate::store::Postgres;
use crate::tables::callbacks;

/// Why there is no fresh store.
#[derive(Debug, thiserror::Error)]
pub enum FreshError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] crate::OpenError),
    /// The schema cannot be made.
    #[error(transparent)]
    Migrate(#[from] crate::MigrateError),
    /// The database is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// A schema that nobody else uses.
#[derive(Debug, Clone)]
pub struct Fresh {
    config: Config,
    schema: String,
}

impl Fresh {
    /// Makes a schema with all tables in the database of `config`.
    pub async fn schema(config: Config) -> Result<Self, FreshError> {
        let fresh = Self::empty(config).await?;
        fresh.node().await?.migrate().await?;
        Ok(fresh)
    }

    /// Makes a schema without tables.
    pub async fn empty(config: Config) -> Result<Self, FreshError> {
        let outside = Postgres::connect(config.clone()).await?;
        let made = outside.reads().read(|connection| Box::pin(make(connection))).await;
        let schema = made.map_err(Fault::from)?;
        let config = Config { url: config.url.inside(&schema), ..config };
        Ok(Self { config, schema })
    }

    /// The same schema by another way to its database.
    pub fn by(&self, url: &Url) -> Url {
        url.inside(&self.schema)
    }

    /// The schema's name, which its connections bear as well.
    pub fn name(&self) -> &str {
        &self.schema
    }

    /// How its nodes are configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A store on it: each one is a node of its own, with its own pools.
    pub async fn node(&self) -> Result<Postgres, FreshError> {
        self.node_with(|_config| {}).await
    }

    /// A store on it that is configured otherwise.
    pub async fn node_with(&self, write: impl FnOnce(&mut Config)) -> Result<Postgres, FreshError> {
        let mut config = self.config.clone();
        write(&mut config);
        Ok(Postgres::connect(config).await?)
    }
}

/// Makes an empty schema whose name says when it was made, by the database's clock, and drops those an hour old.
async fn make(mut connection: &AsyncPgConnection) -> QueryResult<String> {
    let old = "SELECT nspname::text AS name FROM pg_namespace \
               WHERE nspname ~ '^ges_test_[0-9]+_[0-9]+$' \
               AND split_part(nspname, '_', 3)::bigint < extract(epoch FROM now()) - 3600 \
               ORDER BY nspname LIMIT 20";
    let old: Vec<Name> = statement(old).load(&mut connection).await?;
    for Name { name } in old {
        // Another run may sweep the same one at this moment.
        if let Err(error) =
            execute(connection, &format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await
        {
            tracing::debug!(error = %error, "a leftover schema is left to somebody else");
        }
    }
    let name = "SELECT format('ges_test_%s_%s', extract(epoch FROM now())::bigint, \
                (random() * 9e15)::bigint) AS name";
    let Name { name } = statement(name).get_result(&mut connection).await?;
    execute(connection, &format!("CREATE SCHEMA {name}")).await?;
    Ok(name)
}

#[derive(QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// A callback's document as it is stored.
pub async fn document(store: &Postgres, callback: &Callback) -> Result<String, Fault> {
    let name = (callback.tenant.uuid(), callback.id.uuid());
    let read = store.reads().read(move |mut connection| {
        Box::pin(async move {
            callbacks::table.find(name).select(callbacks::document).first(&mut connection).await
        })
    });
    Ok(read.await?)
}

/// Runs SQL that answers nothing, for tests that prepare or break what the ports cannot.
pub async fn run(store: &Postgres, text: &str) -> Result<(), Fault> {
    let text = text.to_owned();
    let ran =
        store.reads().write(|connection| Box::pin(async move { execute(connection, &text).await }));
    Ok(ran.await?)
}

/// A transaction of somebody else, open until it is dropped.
pub struct Held(Session);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

/// Begins a transaction with some SQL and leaves it open, for tests of what it is to wait.
pub async fn hold(store: &Postgres, text: &str) -> Result<Held, FreshError> {
    let session = store.target().connect().await?;
    let begun = execute(session.connection(), &format!("BEGIN; {text}")).await;
    begun.map_err(|error| Fault::from(Failure::of(error, Phase::Before)))?;
    Ok(Held(session))
}

impl Held {
    /// Ends the transaction, and waits until it has ended.
    pub async fn release(self) -> Result<(), Fault> {
        let ended = execute(self.0.connection(), "ROLLBACK").await;
        Ok(ended.map_err(|error| Failure::of(error, Phase::Before))?)
    }
}

/// The plan of a text without parameters, as the database makes it when it is not kept from walking through tables.
pub async fn plan(store: &Postgres, text: &str) -> Result<String, Fault> {
    explained(store, Explained::Text(format!("EXPLAIN {text}"))).await
}

/// The plan of a search, made likewise.
pub async fn plan_of_search(
    store: &Postgres,
    tenant: TenantId,
    search: &Search,
) -> Result<String, Fault> {
    explained(store, Explained::Search(tenant, Box::new(search.clone()))).await
}

/// The plan of a text as the store's own connections make it.
pub async fn plan_as_run(store: &Postgres, text: &str) -> Result<String, Fault> {
    explained(store, Explained::AsRun(format!("EXPLAIN {text}"))).await
}

/// What is explained.
enum Explained {
    Text(String),
    AsRun(String),
    Search(TenantId, Box<Search>),
}

async fn explained(store: &Postgres, what: Explained) -> Result<String, Fault> {
    let lines: Vec<PlanLine> = store
        .reads()
        .read(|mut connection| {
            Box::pin(async move {
                let begin = match &what {
                    Explained::AsRun(_) => "BEGIN",
                    Explained::Text(_) | Explained::Search(..) => {
                        "BEGIN; SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on"
                    }
                };
                execute(connection, begin).await?;
                let query = match what {
                    Explained::Text(text) | Explained::AsRun(text) => {
                        diesel::sql_query(text).into_boxed()
                    }
                    Explained::Search(tenant, search) => {
                        search::explanation(connection, tenant, &search).await?
                    }
                };
                let lines = query.load(&mut connection).await?;
                execute(connection, "ROLLBACK").await?;
                Ok(lines)
            })
        })
        .await?;
    Ok(lines.into_iter().map(|line| line.line + "\n").collect())
}
