//! The outbox: leases, settlements, and how far behind it is.

use std::sync::Arc;

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::effect::{EffectId, Lane, Ordinal};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Backlog, Behind, Fate, Fault, Lease, Leased, Settlement};

use crate::cached::{Cached, statement};
use crate::fault::{Failure, Reach};
use crate::locks;
use crate::rows::{self, At};
use crate::session::Pool;

/// Beyond this a backlog is counted by estimate: it is asked for every few seconds, however long it is.
const COUNTED: i64 = 100_000;

#[derive(diesel::QueryableByName)]
struct LeasedRow {
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = Uuid)]
    callback: uuid::Uuid,
    #[diesel(sql_type = BigInt)]
    ordinal: i64,
    #[diesel(sql_type = Timestamptz)]
    due_at: At,
    #[diesel(sql_type = Text)]
    effect: String,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = BigInt)]
    lease: i64,
}

/// Takes what is due in a lane by a time.
pub(crate) async fn lease(
    pool: &Pool,
    lane: Lane,
    by: Timestamp,
    wish: &Lease,
) -> Result<Vec<Leased>, Fault> {
    let wish = wish.clone();
    let rows = pool
        .write(|connection| Box::pin(async move { take(connection, lane, by, &wish).await }))
        .await?;
    // One that cannot be read spoils no other: it comes back when its lease lapses, and is told of each time.
    let read = |row: &LeasedRow| match leased(row) {
        Ok(leased) => Some(leased),
        Err(failure) => {
            tracing::error!(tenant = %row.tenant, callback.id = %row.callback, error = ?failure.fault.source,
                "an effect cannot be read and is not carried out");
            None
        }
    };
    let mut leased: Vec<Leased> = rows.iter().filter_map(read).collect();
    // The statement picks the longest due; it does not say in which order it hands them over.
    leased.sort_unstable_by_key(|it| (it.due_at, it.id));
    Ok(leased)
}

async fn take(
    mut connection: &AsyncPgConnection,
    lane: Lane,
    by: Timestamp,
    wish: &Lease,
) -> QueryResult<Vec<LeasedRow>> {
    let taking = statement(include_str!("sql/lease.sql"))
        .bind::<Timestamptz, _>(At(wish.now))
        .bind::<BigInt, _>(i64::from(wish.limit))
        .bind::<Text, _>(wish.owner.as_str())
        .bind::<Timestamptz, _>(At(wish.until))
        .bind::<SmallInt, _>(lane.number())
        .bind::<Timestamptz, _>(At(by));
    Cached(taking).load(&mut connection).await
}

fn leased(row: &LeasedRow) -> Result<Leased, Failure> {
    Ok(Leased {
        id: EffectId {
            tenant: TenantId::new(row.tenant),
            callback: CallbackId::new(row.callback),
            ordinal: Ordinal::new(row.ordinal.cast_unsigned()),
        },
        effect: rows::value(&row.effect)?,
        due_at: row.due_at.0,
        tries: u32::try_from(row.tries - 1).map_err(Failure::corrupt)?,
        lease: row.lease.cast_unsigned(),
    })
}

/// Which of these leases stand.
pub(crate) async fn standing(pool: &Pool, leases: &[(EffectId, u64)]) -> Result<Vec<bool>, Fault> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let asked = leases.to_vec();
    let rows: Vec<StandingRow> = pool
        .read(|mut connection| {
            Box::pin(async move {
                fn column<T>(asked: &[(EffectId, u64)], of: impl Fn(&EffectId) -> T) -> Vec<T> {
                    asked.iter().map(|(id, _)| of(id)).collect()
                }
                let leases: Vec<_> = asked.iter().map(|(_, lease)| lease.cast_signed()).collect();
                let standing = statement(include_str!("sql/standing.sql"))
                    .bind::<Array<Uuid>, _>(column(&asked, |id| id.tenant.uuid()))
                    .bind::<Array<Uuid>, _>(column(&asked, |id| id.callback.uuid()))
                    .bind::<Array<BigInt>, _>(column(&asked, |id| {
                        id.ordinal.number().cast_signed()
                    }))
                    .bind::<Array<BigInt>, _>(leases);
                Cached(standing).load(&mut connection).await
            })
        })
        .await?;
    let mut standing = vec![false; leases.len()];
    for row in rows {
        *locks::nth_mut(&mut standing, row.n)? = true;
    }
    Ok(standing)
}

#[derive(diesel::QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Settles, in the order in which changes write the same rows.
pub(crate) async fn settle(pool: &Pool, settlements: &[Settlement]) -> Result<(), Fault> {
    if settlements.is_empty() {
        return Ok(());
    }
    let mut settlements = settlements.to_vec();
    settlements.sort_by_key(|it| it.id);
    // Of two settlements of one lease the first counts.
    settlements.dedup_by_key(|it| (it.id, it.lease));
    let settlements = Arc::<[Settlement]>::from(settlements);
    let settle = || {
        let mine = Arc::clone(&settlements);
        pool.write(|connection| Box::pin(async move { write(connection, &mine).await }))
    };
    match settle().await {
        // Refused for a lock; settling twice is settling once.
        Err(failure) if failure.reach == Reach::Statement => Ok(settle().await?),
        settled => Ok(settled?),
    }
}

async fn write(mut connection: &AsyncPgConnection, settlements: &[Settlement]) -> QueryResult<()> {
    fn column<T>(settlements: &[Settlement], of: impl Fn(&Settlement) -> T) -> Vec<T> {
        settlements.iter().map(of).collect()
    }
    let settling = statement(include_str!("sql/settle.sql"))
        .bind::<Array<Uuid>, _>(column(settlements, |it| it.id.tenant.uuid()))
        .bind::<Array<Uuid>, _>(column(settlements, |it| it.id.callback.uuid()))
        .bind::<Array<BigInt>, _>(column(settlements, |it| it.id.ordinal.number().cast_signed()))
        .bind::<Array<BigInt>, _>(column(settlements, |it| it.lease.cast_signed()))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(settlements, |it| match it.fate {
            Fate::Done => None,
            Fate::Again(at) => Some(At(at)),
        }));
    Cached(settling).execute(&mut connection).await.map(|_rows| ())
}

#[derive(diesel::QueryableByName)]
struct BacklogRow {
    #[diesel(sql_type = SmallInt)]
    lane: i16,
    #[diesel(sql_type = BigInt)]
    free: i64,
    #[diesel(sql_type = BigInt)]
    leased: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    estimate: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest_due_at: Option<At>,
}

/// How far behind the outbox is: exact up to a hundred thousand effects, an estimate of the total beyond.
pub(crate) async fn backlog(pool: &Pool, now: Timestamp) -> Result<Backlog, Fault> {
    let rows: Vec<BacklogRow> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                let asked = statement(include_str!("sql/backlog.sql"))
                    .bind::<Timestamptz, _>(At(now))
                    .bind::<BigInt, _>(COUNTED)
                    .bind::<Array<SmallInt>, _>(Lane::ALL.map(Lane::number).to_vec());
                Cached(asked).load(&mut connection).await
            })
        })
        .await?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let mut backlog = Backlog::default();
    for row in rows {
        let total = if row.total < COUNTED { row.total } else { row.total.max(row.estimate) };
        backlog.total = count(total);
        if let Some(lane) = Lane::ALL.into_iter().find(|lane| lane.number() == row.lane) {
            *backlog.of_mut(lane) = Behind {
                due: count(row.free) + count(row.leased),
                oldest_due_at: row.oldest_due_at.map(|at| at.0),
            };
        }
    }
    Ok(backlog)
}
