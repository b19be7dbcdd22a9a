//! Statements of fixed text: prepared once per connection.
//!
//! Apart from the statements themselves, because diesel does not keep what it did not write: each `sql_query` would cost
//! a round trip of its own to prepare. These texts never vary, so what is kept is bounded by their number.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId, SqlQuery};
use diesel::{QueryResult, RunQueryDsl};

/// A query whose text is always the same, so that its prepared statement may be kept.
pub(crate) struct Cached<T>(pub(crate) T);

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Cached<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<T> QueryId for Cached<T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: Query> Query for Cached<T> {
    type SqlType = T::SqlType;
}

impl<T, C> RunQueryDsl<C> for Cached<T> {}

/// A statement from one of the files in `sql/`.
pub(crate) fn statement(text: &'static str) -> SqlQuery {
    diesel::sql_query(text)
}
