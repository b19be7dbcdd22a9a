//! Questions about callbacks.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use ges_domain::booking::{Fingerprint, IdempotencyKey};
use ges_domain::callback::Callback;
use ges_domain::event::Event;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::time::{Timestamp, Window};
use ges_ports::{Earlier, Fault, Page, QueueCount, Search, Stirred};

use crate::booking::kept;
use crate::cached::{Cached, statement};
use crate::fault::Failure;
use crate::rows::{self, At};
use crate::session::Pool;
use crate::tables::{callbacks, events, keys, slots};
use crate::{search, settings};

/// The most rows of a history.
pub(crate) const HISTORY: i64 = 1000;

#[derive(QueryableByName)]
struct Clock {
    #[diesel(sql_type = Timestamptz)]
    now: At,
}

/// The database's clock.
pub(crate) async fn clock(pool: &Pool) -> Result<Timestamp, Fault> {
    let read: Clock = pool
        .read(|mut connection| {
            Box::pin(async move {
                statement("SELECT clock_timestamp() AS now").get_result(&mut connection).await
            })
        })
        .await?;
    Ok(read.now.0)
}

/// A callback as it stands.
pub(crate) async fn find(
    pool: &Pool,
    tenant: TenantId,
    id: CallbackId,
) -> Result<Option<Callback>, Fault> {
    let found: Option<(Option<At>, String)> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                let row = callbacks::table.find((tenant.uuid(), id.uuid()));
                let row = row.select((callbacks::slot, callbacks::document));
                row.first(&mut connection).await.optional()
            })
        })
        .await?;
    let found = found.map(|(slot, document)| rows::callback(&document, slot)).transpose()?;
    Ok(settings::whole(pool, found.into_iter().collect()).await?.pop())
}

#[derive(QueryableByName)]
struct StoredRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    slot: Option<At>,
    #[diesel(sql_type = Text)]
    document: String,
}

/// Callbacks as they stand, in the order asked for.
pub(crate) async fn find_each(
    pool: &Pool,
    names: &[(TenantId, CallbackId)],
) -> Result<Vec<Option<Callback>>, Fault> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = names.iter().map(|(tenant, _)| tenant.uuid()).collect();
    let ids: Vec<_> = names.iter().map(|(_, id)| id.uuid()).collect();
    let found: Vec<StoredRow> = pool
        .read(|mut connection| {
            Box::pin(async move {
                let asked = statement(include_str!("sql/stored.sql"))
                    .bind::<Array<Uuid>, _>(tenants)
                    .bind::<Array<Uuid>, _>(ids);
                Cached(asked).load(&mut connection).await
            })
        })
        .await?;
    let documents = found.iter().map(|row| rows::callback(&row.document, row.slot));
    let callbacks = settings::whole(pool, documents.collect::<Result<_, _>>()?).await?;
    let found: HashMap<_, _> =
        callbacks.into_iter().map(|callback| ((callback.tenant, callback.id), callback)).collect();
    Ok(names.iter().map(|name| found.get(name).cloned()).collect())
}

/// A callback's history.
pub(crate) async fn history(
    pool: &Pool,
    tenant: TenantId,
    id: CallbackId,
) -> Result<Vec<Event>, Fault> {
    let newest: Vec<String> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                events::table
                    .filter(events::tenant.eq(tenant.uuid()))
                    .filter(events::callback.eq(id.uuid()))
                    .order(events::revision.desc())
                    .limit(HISTORY)
                    .select(events::document)
                    .load(&mut connection)
                    .await
            })
        })
        .await?;
    let oldest_first: Result<Vec<_>, Failure> =
        newest.iter().rev().map(|document| rows::value(document)).collect();
    Ok(oldest_first?)
}

#[derive(QueryableByName)]
struct StirredRow {
    #[diesel(sql_type = Timestamptz)]
    at: At,
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = Uuid)]
    callback: uuid::Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

/// What happened since a time, in the order of time.
///
/// Not kept as a prepared statement: a plan for any time would walk through the table, one for this time does not.
pub(crate) async fn stirred(
    pool: &Pool,
    tenants: &[TenantId],
    since: Timestamp,
    limit: u16,
) -> Result<Vec<Stirred>, Fault> {
    let tenants: Vec<_> = tenants.iter().map(|tenant| tenant.uuid()).collect();
    let rows: Vec<StirredRow> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                statement(include_str!("sql/stirred.sql"))
                    .bind::<Timestamptz, _>(At(since))
                    .bind::<Array<Uuid>, _>(tenants)
                    .bind::<BigInt, _>(i64::from(limit))
                    .load(&mut connection)
                    .await
            })
        })
        .await?;
    let read = |row: StirredRow| Stirred {
        at: row.at.0,
        tenant: TenantId::new(row.tenant),
        callback: CallbackId::new(row.callback),
        revision: Revision::new(row.revision.cast_unsigned()),
    };
    Ok(rows.into_iter().map(read).collect())
}

/// One page of a search.
pub(crate) async fn page(pool: &Pool, tenant: TenantId, search: &Search) -> Result<Page, Fault> {
    let wanted = search.clone();
    let rows = pool
        .read(|connection| {
            Box::pin(async move { search::rows_of(connection, tenant, &wanted).await })
        })
        .await?;
    let documents = search::documents(search, &rows)?;
    let more = rows.len() > documents.len();
    Ok(search::page(search, settings::whole(pool, documents).await?, more))
}

/// How many callbacks a search describes, counted no further than `most`.
pub(crate) async fn count(
    pool: &Pool,
    tenant: TenantId,
    search: &Search,
    most: u32,
) -> Result<u32, Fault> {
    let wanted = search.clone();
    let counted = pool
        .read(move |connection| {
            Box::pin(async move { search::count(connection, tenant, &wanted, most).await })
        })
        .await?;
    Ok(counted)
}

/// The places taken by slot.
pub(crate) async fn taken(
    pool: &Pool,
    tenant: TenantId,
    service: &ServiceName,
    window: Window,
) -> Result<Vec<(Timestamp, u32)>, Fault> {
    let service = service.as_str().to_owned();
    let found: Vec<(At, i32)> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                slots::table
                    .filter(slots::tenant.eq(tenant.uuid()))
                    .filter(slots::service.eq(service))
                    .filter(slots::start.ge(At(window.start())))
                    .filter(slots::start.lt(At(window.end())))
                    .filter(slots::taken.gt(0))
                    .order(slots::start)
                    .select((slots::start, slots::taken))
                    .load(&mut connection)
                    .await
            })
        })
        .await?;
    let places = |taken: i32| u32::try_from(taken).unwrap_or(0);
    Ok(found.into_iter().map(|(start, taken)| (start.0, places(taken))).collect())
}

#[derive(QueryableByName)]
struct CountedRow {
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = SmallInt)]
    state: i16,
    #[diesel(sql_type = Integer)]
    part: i32,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The open callbacks by queue, state and part of time.
pub(crate) async fn counts(
    pool: &Pool,
    tenant: TenantId,
    marks: &[Timestamp],
) -> Result<Vec<QueueCount>, Fault> {
    let marks: Vec<At> = marks.iter().map(|mark| At(*mark)).collect();
    let found: Vec<CountedRow> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                let asked = statement(include_str!("sql/counts.sql"))
                    .bind::<Uuid, _>(tenant.uuid())
                    .bind::<Array<Timestamptz>, _>(marks);
                Cached(asked).load(&mut connection).await
            })
        })
        .await?;
    let count = |row: CountedRow| -> Result<QueueCount, Failure> {
        Ok(QueueCount {
            queue: QueueName::parse(&row.queue).map_err(Failure::corrupt)?,
            state: rows::state_of(row.state)?,
            part: usize::try_from(row.part).unwrap_or(0),
            count: u64::try_from(row.count).unwrap_or(0),
        })
    };
    let counts: Result<Vec<_>, Failure> = found.into_iter().map(count).collect();
    Ok(counts?)
}

/// The booking made under a key.
pub(crate) async fn recall(
    pool: &Pool,
    tenant: TenantId,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Earlier>, Fault> {
    let key = key.as_str().to_owned();
    let found: Option<(Vec<u8>, At, Option<At>, String)> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                let same = callbacks::tenant.eq(keys::tenant).and(callbacks::id.eq(keys::callback));
                keys::table
                    .inner_join(callbacks::table.on(same))
                    .filter(keys::tenant.eq(tenant.uuid()))
                    .filter(keys::key.eq(key))
                    .select((
                        keys::fingerprint,
                        keys::created_at,
                        callbacks::slot,
                        callbacks::document,
                    ))
                    .first(&mut connection)
                    .await
                    .optional()
            })
        })
        .await?;
    let Some((fingerprint, made_at, slot, document)) = found else { return Ok(None) };
    if !kept(made_at.0, now) {
        return Ok(None);
    }
    let bytes = <[u8; 32]>::try_from(fingerprint)
        .map_err(|_bytes| Failure::corrupt("a fingerprint that is not 32 bytes"))?;
    let document = rows::callback(&document, slot)?;
    let callback = settings::whole(pool, vec![document]).await?.pop();
    Ok(callback.map(|callback| Earlier { fingerprint: Fingerprint::from_bytes(bytes), callback }))
}
