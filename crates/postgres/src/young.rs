//! A young database, which knows nothing of its tables.
//!
//! What is not known looks all alike to the planner, and it may walk through a tenant's callbacks to find those of one
//! number. The database looks at its tables by itself, but only every minute; a crowd comes sooner than that.

use diesel::QueryResult;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::cached::statement;
use crate::session::{Pool, execute};

/// Bookings of a node after which it looks whether the database knows its tables: enough for a sample, and few to walk.
pub(crate) const AFTER: usize = 256;

#[derive(diesel::QueryableByName)]
struct Known {
    #[diesel(sql_type = Bool)]
    known: bool,
}

/// Has the database look at its tables if it never did, or when they were as good as empty. Plans that are kept are made
/// anew after it.
pub(crate) async fn acquaint(pool: &Pool) {
    let looked = pool.write(|connection| Box::pin(look(connection))).await;
    if let Err(failure) = looked {
        let error = &failure.fault as &dyn std::error::Error;
        tracing::debug!(error, "the database looks at its tables when it comes to it");
    }
}

async fn look(mut connection: &AsyncPgConnection) -> QueryResult<()> {
    let asked = "SELECT reltuples >= 1000 AS known FROM pg_class WHERE oid = 'callbacks'::regclass";
    let Known { known } = statement(asked).get_result(&mut connection).await?;
    if known {
        return Ok(());
    }
    execute(connection, "ANALYZE callbacks, events, outbox, keys, slots").await
}
