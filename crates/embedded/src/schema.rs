//! Making the schema: each migration once, in order, and never a step back.
//!
//! SQLite has a place for both facts in the file's header: whose file it is, and which schema it has.

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};

use crate::open::OpenError;

/// `GESc` as a number: files with another mark are not ours.
const OURS: i64 = 0x4745_5363;

/// All migrations; the first one makes schema 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_callbacks/up.sql"),
    include_str!("../migrations/0002_records/up.sql"),
    include_str!("../migrations/0003_retention/up.sql"),
    include_str!("../migrations/0004_audit/up.sql"),
    include_str!("../migrations/0040_deliveries/up.sql"),
    include_str!("../migrations/0041_call_ins/up.sql"),
    include_str!("../migrations/0050_live/up.sql"),
    include_str!("../migrations/0051_board/up.sql"),
    include_str!("../migrations/0052_fair_deliveries/up.sql"),
    include_str!("../migrations/0053_lanes/up.sql"),
];

/// The schema that this release writes.
const NEWEST: usize = MIGRATIONS.len();

/// How a file stands to this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// There is no file, or nothing in it: opening it makes the schema.
    Unmade,
    /// It has the schema that this release writes.
    Current,
    /// It lacks the newest migrations: opening it makes them, and older releases cannot open it afterwards.
    Behind {
        /// The schema of the file.
        found: usize,
        /// The schema that this release writes.
        newest: usize,
    },
}

#[derive(QueryableByName)]
struct Header {
    #[diesel(sql_type = BigInt)]
    mark: i64,
    #[diesel(sql_type = BigInt)]
    schema: i64,
    #[diesel(sql_type = BigInt)]
    objects: i64,
}

fn header(conn: &mut SqliteConnection) -> QueryResult<Header> {
    sql_query(
        "SELECT (SELECT application_id FROM pragma_application_id) AS mark, \
                (SELECT user_version FROM pragma_user_version) AS schema, \
                (SELECT count(*) FROM sqlite_schema) AS objects",
    )
    .get_result(conn)
}

/// Brings the file to the newest schema, in one transaction.
///
/// Refused are files that are not ours and files of a newer release.
pub(crate) fn migrate(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    conn.batch_execute("BEGIN IMMEDIATE").map_err(OpenError::Schema)?;
    let done = steps(conn);
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = conn.batch_execute(end).map_err(OpenError::Schema);
    done.and(ended)
}

/// How the file stands to this release; changes nothing.
///
/// Refused are files that are not ours and files of a newer release.
pub(crate) fn state(conn: &mut SqliteConnection) -> Result<SchemaState, OpenError> {
    let Header { mark, schema, objects } = header(conn).map_err(OpenError::Schema)?;
    if objects == 0 && mark == 0 && schema == 0 {
        return Ok(SchemaState::Unmade);
    }
    if mark != OURS {
        return Err(OpenError::NotOurs);
    }
    let found = usize::try_from(schema).map_err(|_negative| OpenError::NotOurs)?;
    match found {
        NEWEST => Ok(SchemaState::Current),
        found if found > NEWEST => Err(OpenError::Newer { found, known: NEWEST }),
        found => Ok(SchemaState::Behind { found, newest: NEWEST }),
    }
}

fn steps(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let made = match state(conn)? {
        SchemaState::Unmade => 0,
        SchemaState::Current => NEWEST,
        SchemaState::Behind { found, .. } => found,
    };
    for migration in &MIGRATIONS[made..] {
        conn.batch_execute(migration).map_err(OpenError::Schema)?;
    }
    if made < NEWEST {
        let marks = format!("PRAGMA application_id = {OURS}; PRAGMA user_version = {NEWEST}");
        conn.batch_execute(&marks).map_err(OpenError::Schema)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::Connection;

    use super::*;

    fn conn() -> SqliteConnection {
        SqliteConnection::establish(":memory:").unwrap()
    }

    #[test]
    fn a_schema_is_made_once() {
        let mut conn = conn();
        migrate(&mut conn).unwrap();
        conn.batch_execute("UPDATE leases SET last = 7").unwrap();
        migrate(&mut conn).unwrap();
        let Header { mark, schema, .. } = header(&mut conn).unwrap();
        assert_eq!((mark, schema), (OURS, i64::try_from(NEWEST).unwrap()));
    }

    #[test]
    fn every_migration_has_a_way_back() {
        let mut conn = conn();
        migrate(&mut conn).unwrap();
        for back in [
            include_str!("../migrations/0053_lanes/down.sql"),
            include_str!("../migrations/0052_fair_deliveries/down.sql"),
            include_str!("../migrations/0051_board/down.sql"),
            include_str!("../migrations/0050_live/down.sql"),
            include_str!("../migrations/0041_call_ins/down.sql"),
            include_str!("../migrations/0040_deliveries/down.sql"),
            include_str!("../migrations/0004_audit/down.sql"),
            include_str!("../migrations/0003_retention/down.sql"),
            include_str!("../migrations/0002_records/down.sql"),
            include_str!("../migrations/0001_callbacks/down.sql"),
        ] {
            conn.batch_execute(back).unwrap();
        }
        assert_eq!(header(&mut conn).unwrap().objects, 0);
    }

    #[test]
    fn a_file_of_a_newer_release_is_refused_and_left_alone() {
        let mut conn = conn();
        migrate(&mut conn).unwrap();
        conn.batch_execute("PRAGMA user_version = 99").unwrap();
        let refused = migrate(&mut conn);
        assert!(matches!(refused, Err(OpenError::Newer { found: 99, known: NEWEST })));
        assert_eq!(header(&mut conn).unwrap().schema, 99);
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        let mut conn = conn();
        conn.batch_execute("CREATE TABLE theirs (a)").unwrap();
        assert!(matches!(migrate(&mut conn), Err(OpenError::NotOurs)));
    }
}
