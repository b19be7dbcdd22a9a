//! Callbacks that leave the store, and all that is kept of a number.
//!
//! Rows are removed callback by callback, so that each goes whole, with statements that stay prepared.

use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, sql_query};
use ges_domain::booking::IdempotencyKey;
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::phone::PhoneNumber;
use ges_domain::time::Timestamp;
use ges_ports::{Cursor, Erased, Fault, Gathered, Kept, Page, Search};

use crate::deliveries::Number;
use crate::documents::{Blob, callback_blob, micros, tenant_blob};
use crate::fault::{OrFault, Trouble};
use crate::statements::run;
use crate::tables::{callbacks, events, keys, outbox};
use crate::{find, search};

/// The most callbacks of one step.
const MOST: u16 = 1000;

/// Forgets some counters of past slots. It walks over all counters of the tenant, which are few: a slot has one.
const FORGET_SLOTS: &str = "DELETE FROM slots WHERE (tenant, service, start) IN \
    (SELECT tenant, service, start FROM slots WHERE tenant = ? AND start < ? LIMIT 1000)";

const ERASE_NEWS: &str =
    "DELETE FROM news WHERE tenant = ? AND callback = ? RETURNING revision AS n";

/// A tenant has few webhooks: their names are stepped through, so that the key leads to the rows and no index is kept
/// for this.
const ERASE_DELIVERIES: &str = "DELETE FROM deliveries \
    WHERE (tenant, webhook, callback, revision) IN (\
        WITH RECURSIVE hooks (webhook) AS (\
            SELECT min(webhook) FROM deliveries WHERE tenant = ?1 \
            UNION ALL \
            SELECT (SELECT min(d.webhook) FROM deliveries AS d \
                WHERE d.tenant = ?1 AND d.webhook > hooks.webhook) \
            FROM hooks WHERE hooks.webhook IS NOT NULL\
        ) \
        SELECT d.tenant, d.webhook, d.callback, d.revision FROM hooks \
        JOIN deliveries AS d \
            ON d.tenant = ?1 AND d.webhook = hooks.webhook AND d.callback = ?2 \
        LIMIT ?3) RETURNING revision AS n";

/// A callback to be removed.
type Gone = (Vec<u8>, i64);

/// Removes what ended before a time; one step of a transaction.
pub(crate) fn purge(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    completed_before: Timestamp,
    limit: u16,
) -> Result<u32, Fault> {
    let gone: Vec<Gone> = callbacks::table
        .filter(callbacks::tenant.eq(tenant_blob(tenant)))
        .filter(callbacks::completed_at.lt(micros(completed_before)))
        .order((callbacks::completed_at, callbacks::id))
        .limit(limit.clamp(1, MOST).into())
        .select((callbacks::id, callbacks::created_at))
        .load(conn)
        .or_fault()?;
    let forgotten = sql_query(FORGET_SLOTS)
        .bind::<Binary, _>(tenant_blob(tenant).to_vec())
        .bind::<BigInt, _>(micros(completed_before));
    run(conn, forgotten)?;
    remove_each(conn, tenant_blob(tenant), gone)
}

/// Removes what ended of a number; one step of a transaction.
pub(crate) fn erase(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    phone: &PhoneNumber,
    limit: u16,
) -> Result<Erased, Fault> {
    let limit = i64::from(limit.clamp(1, MOST));
    let of_number = || {
        callbacks::table
            .filter(callbacks::tenant.eq(tenant_blob(tenant)))
            .filter(callbacks::phone.eq(phone.e164()))
    };
    let waits = outbox::table
        .filter(outbox::tenant.eq(callbacks::tenant))
        .filter(outbox::callback.eq(callbacks::id));
    let gone: Vec<Gone> = of_number()
        .filter(callbacks::completed_at.is_not_null())
        .filter(diesel::dsl::not(diesel::dsl::exists(waits)))
        .order((callbacks::desired_at, callbacks::id))
        .limit(limit)
        .select((callbacks::id, callbacks::created_at))
        .load(conn)
        .or_fault()?;
    let gone = remove_each(conn, tenant_blob(tenant), gone)?;
    let left: Vec<Vec<u8>> =
        of_number().limit(limit).select(callbacks::id).load(conn).or_fault()?;
    Ok(Erased { gone, left: u32::try_from(left.len()).unwrap_or(u32::MAX) })
}

/// Erases what webhooks heard, or have yet to hear, of callbacks; one step of a transaction.
pub(crate) fn erase_deliveries(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    callbacks: &[CallbackId],
    limit: u16,
) -> Result<u32, Fault> {
    let tenant = tenant_blob(tenant).to_vec();
    let (mut gone, mut room) = (0, usize::from(limit));
    for callback in callbacks {
        let callback = callback_blob(*callback).to_vec();
        let news = sql_query(ERASE_NEWS)
            .bind::<Binary, _>(tenant.clone())
            .bind::<Binary, _>(callback.clone());
        gone += news.load::<Number>(conn).or_fault()?.len();
        let deliveries = sql_query(ERASE_DELIVERIES)
            .bind::<Binary, _>(tenant.clone())
            .bind::<Binary, _>(callback)
            .bind::<BigInt, _>(i64::try_from(room).unwrap_or(0));
        let erased = deliveries.load::<Number>(conn).or_fault()?.len();
        gone += erased;
        room -= erased;
    }
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}

fn remove_each(conn: &mut SqliteConnection, tenant: Blob, gone: Vec<Gone>) -> Result<u32, Fault> {
    let count = u32::try_from(gone.len()).unwrap_or(u32::MAX);
    for (id, created_at) in gone {
        let history =
            events::table.filter(events::tenant.eq(tenant)).filter(events::callback.eq(id.clone()));
        run(conn, diesel::delete(history))?;
        let effects =
            outbox::table.filter(outbox::tenant.eq(tenant)).filter(outbox::callback.eq(id.clone()));
        run(conn, diesel::delete(effects))?;
        // A key bears the time of its booking, which leads to it.
        let key = keys::table
            .filter(keys::created_at.eq(created_at))
            .filter(keys::tenant.eq(tenant))
            .filter(keys::callback.eq(id.clone()));
        run(conn, diesel::delete(key))?;
        run(conn, diesel::delete(callbacks::table.find((tenant, id))))?;
    }
    Ok(count)
}

/// A part of what is kept of a number.
pub(crate) fn gather(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    phone: &PhoneNumber,
    after: Option<Cursor>,
    limit: u16,
) -> Result<Gathered, Fault> {
    let wanted = Search { phone: Some(phone.clone()), after, limit, ..Search::default() };
    let Page { callbacks, next } = search::page(conn, tenant, &wanted)?;
    let kept = callbacks.into_iter().map(|callback| {
        Ok(Kept {
            history: find::history(conn, tenant, callback.id)?,
            key: key_of(conn, tenant, callback.id, callback.created_at)?,
            callback,
        })
    });
    Ok(Gathered { kept: kept.collect::<Result<_, Fault>>()?, next })
}

fn key_of(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    id: CallbackId,
    created_at: Timestamp,
) -> Result<Option<IdempotencyKey>, Fault> {
    let made_then: Option<String> = keys::table
        .filter(keys::created_at.eq(micros(created_at)))
        .filter(keys::callback.eq(callback_blob(id)))
        .filter(keys::tenant.eq(tenant_blob(tenant)))
        .select(keys::key)
        .first(conn)
        .optional()
        .or_fault()?;
    let read = |key: String| {
        IdempotencyKey::parse(&key)
            .map_err(|_not_a_key| Trouble::Row { table: "keys", part: "key" }.into())
    };
    made_then.map(read).transpose()
}
