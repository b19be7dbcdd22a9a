//! Values as the columns hold them.

use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use ges_domain::callback::{Callback, Kind};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::fault::{OrFault, Trouble};
use crate::tables::callbacks;

/// The bytes of a UUID.
pub(crate) type Blob = [u8; 16];

/// A tenant as a column.
pub(crate) fn tenant_blob(id: TenantId) -> Blob {
    id.uuid().into_bytes()
}

/// A callback's id as a column.
pub(crate) fn callback_blob(id: CallbackId) -> Blob {
    id.uuid().into_bytes()
}

/// A column as a UUID.
pub(crate) fn uuid(table: &'static str, part: &'static str, bytes: &[u8]) -> Result<Uuid, Fault> {
    Uuid::from_slice(bytes).map_err(|_not_sixteen| Trouble::Row { table, part }.into())
}

/// A time as a column: microseconds since 1970.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// A column as a time.
pub(crate) fn instant(
    table: &'static str,
    part: &'static str,
    micros: i64,
) -> Result<Timestamp, Fault> {
    Timestamp::from_microsecond(micros).map_err(|_out_of_range| Trouble::Row { table, part }.into())
}

/// A column as a count.
pub(crate) fn count(table: &'static str, part: &'static str, number: i64) -> Result<u32, Fault> {
    u32::try_from(number).map_err(|_out_of_range| Trouble::Row { table, part }.into())
}

/// A number of ours as a column; what SQLite cannot hold is more than ever comes.
pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column as a number of ours.
pub(crate) fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A kind as a column.
pub(crate) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Immediate => "IMMEDIATE",
        Kind::Scheduled => "SCHEDULED",
    }
}

/// A value as a document.
pub(crate) fn write<T: Serialize>(table: &'static str, value: &T) -> Result<String, Fault> {
    // The cause is left out: it may quote the value.
    serde_json::to_string(value).map_err(|_quotes| Trouble::Document { table }.into())
}

/// A document as a value.
pub(crate) fn read<T: DeserializeOwned>(table: &'static str, document: &str) -> Result<T, Fault> {
    // The cause is left out: it may quote the document.
    serde_json::from_str(document)
        .map_err(|_quotes| Trouble::Row { table, part: "document" }.into())
}

/// A callback by its id.
pub(crate) fn find(
    conn: &mut SqliteConnection,
    tenant: Blob,
    id: Blob,
) -> Result<Option<Callback>, Fault> {
    let query = callbacks::table
        .filter(callbacks::tenant.eq(tenant))
        .filter(callbacks::id.eq(id))
        .select(callbacks::document);
    let document: Option<String> = query.get_result(conn).optional().or_fault()?;
    document.map(|document| read("callbacks", &document)).transpose()
}
