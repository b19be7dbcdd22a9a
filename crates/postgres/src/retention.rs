//! Callbacks that leave the store, and all that is kept of a number.
//!
//! Whoever removes waits for nobody but the settling of an effect, and nobody who books or changes waits for long: the
//! steps are bounded, and what another transaction holds is left for the next one.

use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use ges_domain::booking::IdempotencyKey;
use ges_domain::id::TenantId;
use ges_domain::phone::PhoneNumber;
use ges_domain::time::Timestamp;
use ges_ports::{Cursor, Erased, Fault, Gathered, Kept, Page, Search};

use crate::cached::{Cached, statement};
use crate::fault::Failure;
use crate::locks;
use crate::reads::{self, HISTORY};
use crate::rows::{self, At};
use crate::session::Pool;

/// The most callbacks of one step.
const MOST: u16 = 1000;

fn bound(limit: u16) -> i64 {
    i64::from(limit.clamp(1, MOST))
}

fn counted(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// Removes what ended before a time.
pub(crate) async fn purge(
    pool: &Pool,
    tenant: TenantId,
    completed_before: Timestamp,
    limit: u16,
) -> Result<u32, Fault> {
    let (tenant, before, limit) = (tenant.uuid(), At(completed_before), bound(limit));
    let noted = pool.write(move |mut connection| {
        Box::pin(async move {
            let noting = statement(include_str!("sql/ended.sql"))
                .bind::<Uuid, _>(tenant)
                .bind::<BigInt, _>(limit);
            Cached(noting).execute(&mut connection).await
        })
    });
    noted.await?;
    let gone = pool.write(move |mut connection| {
        Box::pin(async move {
            let purging = statement(include_str!("sql/purge.sql"))
                .bind::<Uuid, _>(tenant)
                .bind::<Timestamptz, _>(before)
                .bind::<BigInt, _>(limit);
            Cached(purging).execute(&mut connection).await
        })
    });
    let gone = gone.await?;
    let forgotten = pool.write(move |mut connection| {
        Box::pin(async move {
            let forgetting = statement(include_str!("sql/purge_slots.sql"))
                .bind::<Uuid, _>(tenant)
                .bind::<Timestamptz, _>(before)
                .bind::<BigInt, _>(i64::from(MOST));
            Cached(forgetting).execute(&mut connection).await
        })
    });
    forgotten.await?;
    Ok(counted(gone))
}

#[derive(diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Removes what ended of a number.
pub(crate) async fn erase(
    pool: &Pool,
    tenant: TenantId,
    phone: &PhoneNumber,
    limit: u16,
) -> Result<Erased, Fault> {
    let (tenant, limit) = (tenant.uuid(), bound(limit));
    let of_number = |text: &'static str| {
        statement(text)
            .bind::<Uuid, _>(tenant)
            .bind::<Text, _>(phone.e164().to_owned())
            .bind::<BigInt, _>(limit)
    };
    let erasing = of_number(include_str!("sql/erase.sql"));
    let gone = pool.write(|mut connection| {
        Box::pin(async move { Cached(erasing).execute(&mut connection).await })
    });
    let gone = gone.await?;
    let counting = of_number(include_str!("sql/left.sql"));
    let left = pool.read(|mut connection| {
        Box::pin(async move { Cached(counting).get_result::<CountRow>(&mut connection).await })
    });
    let left = u32::try_from(left.await?.count).unwrap_or(0);
    Ok(Erased { gone: counted(gone), left })
}

#[derive(diesel::QueryableByName)]
struct KeptRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = Array<Text>)]
    history: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
}

/// A part of what is kept of a number.
pub(crate) async fn gather(
    pool: &Pool,
    tenant: TenantId,
    phone: &PhoneNumber,
    after: Option<Cursor>,
    limit: u16,
) -> Result<Gathered, Fault> {
    let wanted = Search { phone: Some(phone.clone()), after, limit, ..Search::default() };
    let Page { callbacks, next } = reads::page(pool, tenant, &wanted).await?;
    let ids: Vec<_> = callbacks.iter().map(|callback| callback.id.uuid()).collect();
    let made_at: Vec<_> = callbacks.iter().map(|callback| At(callback.created_at)).collect();
    let rows: Vec<KeptRow> = pool
        .read(|mut connection| {
            Box::pin(async move {
                let asked = statement(include_str!("sql/kept.sql"))
                    .bind::<Uuid, _>(tenant.uuid())
                    .bind::<Array<Uuid>, _>(ids)
                    .bind::<Array<Timestamptz>, _>(made_at)
                    .bind::<BigInt, _>(HISTORY);
                Cached(asked).load(&mut connection).await
            })
        })
        .await?;
    let mut kept: Vec<Kept> = callbacks
        .into_iter()
        .map(|callback| Kept { callback, history: Vec::new(), key: None })
        .collect();
    for row in rows {
        let one = locks::nth_mut(&mut kept, row.n)?;
        let history: Result<Vec<_>, Failure> =
            row.history.iter().map(|document| rows::value(document)).collect();
        one.history = history?;
        let key = row.key.map(|key| IdempotencyKey::parse(&key)).transpose();
        one.key = key.map_err(Failure::corrupt)?;
    }
    Ok(Gathered { kept, next })
}
