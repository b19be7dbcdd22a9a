//! Which statements stay prepared.
//!
//! diesel prepares every UPDATE and every hand-written statement anew, because it cannot know that their text is always
//! the same. Ours says so: [`run`] for a statement of fixed shape, [`Once`] for one whose shape follows the question.

use diesel::connection::LoadConnection;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;
use diesel::sqlite::{Sqlite, SqliteConnection};
use ges_ports::Fault;

use crate::fault::OrFault;

/// A question whose text depends on what is asked: it is prepared for one use, so that the cache stays small.
pub(crate) struct Once<T>(pub(crate) T);

/// A statement whose text is the same every time, and which answers nothing.
struct Command<T>(T);

/// Runs a statement whose text is the same every time: it is prepared once for each connection.
///
/// Not by `execute`, which hands the statement on by reference: there diesel asks the statement inside what may be
/// cached, not the one that wraps it.
pub(crate) fn run<T: QueryFragment<Sqlite>>(
    conn: &mut SqliteConnection,
    statement: T,
) -> Result<(), Fault> {
    let mut rows = conn.load(Command(statement)).or_fault()?;
    rows.next().transpose().or_fault().map(drop)
}

impl<T: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Command<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Sqlite) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<T: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Once<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        self.0.walk_ast(out)
    }
}

macro_rules! known_by_text {
    ($($wrapper:ident),+) => {
        $(impl<T> QueryId for $wrapper<T> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        })+
    };
}

known_by_text!(Command, Once);

impl<T> Query for Command<T> {
    type SqlType = Untyped;
}

impl<T: Query> Query for Once<T> {
    type SqlType = T::SqlType;
}

impl<T, C> diesel::query_dsl::RunQueryDsl<C> for Once<T> {}
