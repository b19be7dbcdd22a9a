//! The database that tests use, and fresh stores on it.

use std::sync::Arc;

use ges_contracts::World;
use ges_postgres::testing::Fresh;
use ges_postgres::{Config, Postgres};

/// The variable that names the database.
const URL: &str = "GES_TEST_POSTGRES_URL";

/// The URL of the database.
pub(crate) fn url() -> String {
    #[expect(clippy::disallowed_methods, reason = "the harness says by this variable where it is")]
    let url = std::env::var(URL);
    url.unwrap_or_else(|_| {
        panic!("{URL} names no database; `cargo xtask services up` starts one and prints its URL")
    })
}

/// How the database is reached.
pub(crate) fn config() -> Config {
    Config { url: url().parse().unwrap(), ..Config::default() }
}

/// An empty schema.
pub(crate) async fn fresh() -> Fresh {
    match Fresh::schema(config()).await {
        Ok(fresh) => fresh,
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// A store on an empty schema.
pub(crate) async fn store() -> Arc<Postgres> {
    Arc::new(fresh().await.node().await.unwrap())
}

/// A store on an empty schema as a promise sees it.
pub(crate) async fn world() -> World {
    World::of(store().await)
}

/// An error with all that lies beneath it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
