//! Locks and what is read under them, for bookings and changes alike.
//!
//! All transactions of all nodes lock in one order, so that none waits for one that waits for it: the tenant's catalogue
//! (shared; alone to replace it), then callbacks by id, then names by their hash. A booking names its key, its number,
//! its service's waiting line and its slot; a change names slots. Rows of `slots` are written only under their name's
//! lock, which lasts to the end of the transaction.
//!
//! Who joins a batch that holds its locks takes only what is free, and so waits for nobody.

use std::collections::{BTreeSet, HashMap, HashSet};

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::booking::IdempotencyKey;
use ges_domain::id::{Revision, TenantId};

use crate::booking::{NumberKey, ServiceKey, SlotKey};
use crate::cached::{Cached, statement};
use crate::fault::Failure;
use crate::rows::At;

/// The name of a key's lock.
pub(crate) fn key_name(tenant: TenantId, key: &IdempotencyKey) -> String {
    format!("key:{tenant}:{}", key.as_str())
}

/// The name of the lock on the share of a number.
pub(crate) fn number_name((tenant, service, phone): &NumberKey) -> String {
    format!("number:{tenant}:{service}:{}", phone.e164())
}

/// The name of the lock on a service's waiting line.
pub(crate) fn waiting_name((tenant, service): &ServiceKey) -> String {
    format!("waiting:{tenant}:{service}")
}

/// The name of a slot's lock.
pub(crate) fn slot_name((tenant, service, start): &SlotKey) -> String {
    format!("slot:{tenant}:{service}:{}", start.as_microsecond())
}

/// Takes the locks of these names until the end of the transaction.
pub(crate) async fn lock(
    mut connection: &AsyncPgConnection,
    names: &BTreeSet<String>,
) -> QueryResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let locked = Cached(statement(include_str!("sql/locks.sql")).bind::<Array<Text>, _>(names));
    locked.execute(&mut connection).await.map(|_rows| ())
}

/// Takes those of these locks that nobody holds, until the end of the transaction, and answers the others.
pub(crate) async fn try_lock(
    mut connection: &AsyncPgConnection,
    names: &BTreeSet<String>,
) -> QueryResult<HashSet<String>> {
    if names.is_empty() {
        return Ok(HashSet::new());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let tried = Cached(statement(include_str!("sql/try_locks.sql")).bind::<Array<Text>, _>(names));
    let held: Vec<HeldRow> = tried.load(&mut connection).await?;
    Ok(held.into_iter().map(|row| row.name).collect())
}

#[derive(diesel::QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Keeps these tenants' catalogues as they are until the end of the transaction.
pub(crate) async fn share_catalogues(
    mut connection: &AsyncPgConnection,
    tenants: &BTreeSet<TenantId>,
) -> QueryResult<()> {
    if tenants.is_empty() {
        return Ok(());
    }
    let tenants: Vec<_> = tenants.iter().map(|tenant| tenant.uuid()).collect();
    let shared = statement(include_str!("sql/catalogues_shared.sql"));
    let shared = Cached(shared.bind::<Array<Uuid>, _>(tenants));
    shared.execute(&mut connection).await.map(|_rows| ())
}

#[derive(diesel::QueryableByName)]
pub(crate) struct RevisionRow {
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

/// Reads the revisions of these tenants' catalogues, which are shared.
pub(crate) async fn revisions(
    mut connection: &AsyncPgConnection,
    tenants: &BTreeSet<TenantId>,
) -> QueryResult<Vec<RevisionRow>> {
    if tenants.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = tenants.iter().map(|tenant| tenant.uuid()).collect();
    let asked = statement(include_str!("sql/revisions.sql")).bind::<Array<Uuid>, _>(tenants);
    Cached(asked).load(&mut connection).await
}

/// The revisions by tenant; a tenant without a row has no catalogue.
pub(crate) fn revisions_of(rows: Vec<RevisionRow>) -> Result<HashMap<TenantId, Revision>, Failure> {
    rows.into_iter()
        .map(|row| {
            let revision = u64::try_from(row.revision).map_err(Failure::corrupt)?;
            Ok((TenantId::new(row.tenant), Revision::new(revision)))
        })
        .collect()
}

#[derive(diesel::QueryableByName)]
pub(crate) struct TakenRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = Integer)]
    taken: i32,
}

/// Reads the places taken in these slots, which are locked.
pub(crate) async fn taken(
    mut connection: &AsyncPgConnection,
    slots: &[SlotKey],
) -> QueryResult<Vec<TakenRow>> {
    if slots.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = slots.iter().map(|(tenant, ..)| tenant.uuid()).collect();
    let services: Vec<_> = slots.iter().map(|(_, service, _)| service.as_str()).collect();
    let starts: Vec<_> = slots.iter().map(|(.., start)| At(*start)).collect();
    let asked = statement(include_str!("sql/slots.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Text>, _>(services)
        .bind::<Array<Timestamptz>, _>(starts);
    Cached(asked).load(&mut connection).await
}

/// The places by slot; a slot without a row has none taken.
pub(crate) fn taken_of(
    slots: &[SlotKey],
    rows: Vec<TakenRow>,
) -> Result<HashMap<SlotKey, u32>, Failure> {
    rows.into_iter()
        .map(|row| {
            let slot = nth(slots, row.n)?.clone();
            Ok((slot, u32::try_from(row.taken).map_err(Failure::corrupt)?))
        })
        .collect()
}

/// What an answer's place in the question stands for; the database counts from 1.
pub(crate) fn nth<T>(asked: &[T], n: i64) -> Result<&T, Failure> {
    place(n).and_then(|index| asked.get(index)).ok_or_else(not_asked)
}

/// The same, to be written to.
pub(crate) fn nth_mut<T>(asked: &mut [T], n: i64) -> Result<&mut T, Failure> {
    place(n).and_then(|index| asked.get_mut(index)).ok_or_else(not_asked)
}

fn place(n: i64) -> Option<usize> {
    usize::try_from(n).ok().and_then(|n| n.checked_sub(1))
}

fn not_asked() -> Failure {
    Failure::corrupt("an answer to a question that was not asked")
}
