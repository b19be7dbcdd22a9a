//! News and deliveries: what webhooks have yet to hear, and what they heard.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use ges_domain::id::{CallbackId, RecordId, Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{
    DELIVERIES_OF_TENANT, DELIVERIES_OF_WEBHOOK, Deliveries, DeliveryKey, Fault, Lease,
    LeasedParcel, LoggedParcel, Parcel, ParcelCounts, ParcelCursor, ParcelFate, ParcelSettlement,
    ParcelState, Tidings, Tried,
};

use crate::cached::{Cached, statement};
use crate::fault::Failure;
use crate::rows::{self, At};
use crate::store::Postgres;

/// The latest instant and name: the log begins before them.
const END: (i64, u128) = (253_402_207_200, u128::MAX);

#[derive(QueryableByName)]
struct NewsRow {
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = Uuid)]
    callback: uuid::Uuid,
    #[diesel(sql_type = Timestamptz)]
    desired_at: At,
    #[diesel(sql_type = Text)]
    document: String,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = Uuid)]
    webhook: uuid::Uuid,
    #[diesel(sql_type = Uuid)]
    callback: uuid::Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Uuid)]
    id: uuid::Uuid,
    #[diesel(sql_type = Text)]
    event: String,
    #[diesel(sql_type = Integer)]
    tries: i32,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(embed)]
    key: Key,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Timestamptz)]
    since: At,
    #[diesel(sql_type = BigInt)]
    lease: i64,
}

#[derive(QueryableByName)]
struct LogRow {
    #[diesel(embed)]
    key: Key,
    #[diesel(sql_type = Timestamptz)]
    made_at: At,
    #[diesel(sql_type = Timestamptz)]
    due_at: At,
    #[diesel(sql_type = SmallInt)]
    state: i16,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_at: Option<At>,
    #[diesel(sql_type = Nullable<Integer>)]
    last_status: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    last_ms: Option<i32>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Key {
    fn key(&self) -> DeliveryKey {
        DeliveryKey {
            tenant: TenantId::new(self.tenant),
            webhook: RecordId::new(self.webhook),
            callback: CallbackId::new(self.callback),
            revision: Revision::new(self.revision.cast_unsigned()),
        }
    }
}

impl LogRow {
    fn tried(&self) -> Result<Option<Tried>, Failure> {
        let Some(At(at)) = self.last_at else { return Ok(None) };
        let status = self.last_status.map(u16::try_from).transpose();
        Ok(Some(Tried {
            at,
            status: status.map_err(Failure::corrupt)?,
            took_ms: u32::try_from(self.last_ms.unwrap_or(0)).map_err(Failure::corrupt)?,
            error: self.last_error.clone(),
        }))
    }

    fn read(&self) -> Result<LoggedParcel, Failure> {
        let state = match self.state {
            0 => ParcelState::Pending,
            1 => ParcelState::Delivered,
            _ => ParcelState::Failed,
        };
        Ok(LoggedParcel {
            key: self.key.key(),
            id: RecordId::new(self.key.id),
            event: self.key.event.clone(),
            made_at: self.made_at.0,
            state,
            tries: u32::try_from(self.key.tries).map_err(Failure::corrupt)?,
            next_at: (state == ParcelState::Pending).then_some(self.due_at.0),
            last: self.tried()?,
        })
    }
}

fn column<'a, T: 'a, U>(
    things: impl IntoIterator<Item = &'a T>,
    of: impl Fn(&'a T) -> U,
) -> Vec<U> {
    things.into_iter().map(of).collect()
}

#[async_trait]
impl Deliveries for Postgres {
    #[tracing::instrument(name = "store.news", skip_all)]
    async fn news(&self, limit: u16) -> Result<Vec<Tidings>, Fault> {
        let found: Vec<NewsRow> = self
            .changes()
            .read(move |mut connection| {
                Box::pin(async move {
                    let asked =
                        statement(include_str!("sql/news.sql")).bind::<BigInt, _>(i64::from(limit));
                    Cached(asked).load(&mut connection).await
                })
            })
            .await?;
        let read = |row: &NewsRow| -> Result<Tidings, Failure> {
            Ok(Tidings {
                tenant: TenantId::new(row.tenant),
                callback: CallbackId::new(row.callback),
                event: rows::value(&row.document)?,
                desired_at: row.desired_at.0,
            })
        };
        let news: Result<Vec<_>, Failure> = found.iter().map(read).collect();
        Ok(news?)
    }

    #[tracing::instrument(name = "store.spread", skip_all)]
    async fn spread(
        &self,
        news: &[(TenantId, CallbackId, Revision)],
        parcels: &[Parcel],
        now: Timestamp,
    ) -> Result<usize, Fault> {
        if news.is_empty() {
            return Ok(0);
        }
        let (news, parcels) = (news.to_vec(), parcels.to_vec());
        let made = self
            .changes()
            .write(move |mut connection| {
                Box::pin(async move {
                    let all = &parcels;
                    let spread = statement(include_str!("sql/spread.sql"))
                        .bind::<Array<Uuid>, _>(column(&news, |it| it.0.uuid()))
                        .bind::<Array<Uuid>, _>(column(&news, |it| it.1.uuid()))
                        .bind::<Array<BigInt>, _>(column(&news, |it| it.2.number().cast_signed()))
                        .bind::<Array<Uuid>, _>(column(all, |it| it.key.tenant.uuid()))
                        .bind::<Array<Uuid>, _>(column(all, |it| it.key.webhook.uuid()))
                        .bind::<Array<Uuid>, _>(column(all, |it| it.key.callback.uuid()))
                        .bind::<Array<BigInt>, _>(column(all, |it| {
                            it.key.revision.number().cast_signed()
                        }))
                        .bind::<Array<Uuid>, _>(column(all, |it| it.id.uuid()))
                        .bind::<Array<Text>, _>(column(all, |it| it.event.as_str()))
                        .bind::<Array<Text>, _>(column(all, |it| it.body.as_str()))
                        .bind::<Array<Timestamptz>, _>(column(all, |it| At(it.since)))
                        .bind::<Timestamptz, _>(At(now));
                    Cached(spread).execute(&mut connection).await
                })
            })
            .await?;
        Ok(made)
    }

    #[tracing::instrument(name = "store.lease_deliveries", skip_all)]
    async fn lease(&self, wish: &Lease) -> Result<Vec<LeasedParcel>, Fault> {
        let wish = wish.clone();
        let rows: Vec<DueRow> = self
            .changes()
            .write(move |mut connection| {
                Box::pin(async move {
                    let taking = statement(include_str!("sql/lease_deliveries.sql"))
                        .bind::<Timestamptz, _>(At(wish.now))
                        .bind::<BigInt, _>(i64::from(wish.limit))
                        .bind::<Text, _>(wish.owner.as_str())
                        .bind::<Timestamptz, _>(At(wish.until))
                        .bind::<BigInt, _>(i64::from(DELIVERIES_OF_WEBHOOK))
                        .bind::<BigInt, _>(i64::from(DELIVERIES_OF_TENANT));
                    Cached(taking).load(&mut connection).await
                })
            })
            .await?;
        let read = |row: DueRow| -> Result<LeasedParcel, Failure> {
            Ok(LeasedParcel {
                tries: u32::try_from(row.key.tries).map_err(Failure::corrupt)?,
                lease: row.lease.cast_unsigned(),
                parcel: Parcel {
                    key: row.key.key(),
                    id: RecordId::new(row.key.id),
                    event: row.key.event,
                    body: row.body,
                    since: row.since.0,
                },
            })
        };
        let leased: Result<Vec<_>, Failure> = rows.into_iter().map(read).collect();
        Ok(leased?)
    }

    #[tracing::instrument(name = "store.settle_deliveries", skip_all)]
    async fn settle(&self, settlements: &[ParcelSettlement], now: Timestamp) -> Result<(), Fault> {
        if settlements.is_empty() {
            return Ok(());
        }
        let mut all = settlements.to_vec();
        all.sort_by_key(|it| it.key);
        self.changes()
            .write(move |mut connection| {
                Box::pin(async move {
                    let last = |it: &ParcelSettlement| it.tried.clone();
                    let fate = |it: &ParcelSettlement| match it.fate {
                        ParcelFate::Again(at) => (0_i16, At(at)),
                        ParcelFate::Delivered => (1, At(now)),
                        ParcelFate::Failed => (2, At(now)),
                    };
                    let settling = statement(include_str!("sql/settle_deliveries.sql"))
                        .bind::<Array<Uuid>, _>(column(&all, |it| it.key.tenant.uuid()))
                        .bind::<Array<Uuid>, _>(column(&all, |it| it.key.webhook.uuid()))
                        .bind::<Array<Uuid>, _>(column(&all, |it| it.key.callback.uuid()))
                        .bind::<Array<BigInt>, _>(column(&all, |it| {
                            it.key.revision.number().cast_signed()
                        }))
                        .bind::<Array<BigInt>, _>(column(&all, |it| it.lease.cast_signed()))
                        .bind::<Array<SmallInt>, _>(column(&all, |it| fate(it).0))
                        .bind::<Array<Timestamptz>, _>(column(&all, |it| fate(it).1))
                        .bind::<Array<Nullable<Timestamptz>>, _>(column(&all, |it| {
                            last(it).map(|tried| At(tried.at))
                        }))
                        .bind::<Array<Nullable<Integer>>, _>(column(&all, |it| {
                            last(it).and_then(|tried| tried.status.map(i32::from))
                        }))
                        .bind::<Array<Nullable<Integer>>, _>(column(&all, |it| {
                            last(it).map(|tried| i32::try_from(tried.took_ms).unwrap_or(i32::MAX))
                        }))
                        .bind::<Array<Nullable<Text>>, _>(column(&all, |it| {
                            last(it).and_then(|tried| tried.error)
                        }));
                    Cached(settling).execute(&mut connection).await
                })
            })
            .await?;
        Ok(())
    }

    #[tracing::instrument(name = "store.delivery_log", skip_all)]
    async fn log(
        &self,
        tenant: TenantId,
        webhook: RecordId,
        after: Option<ParcelCursor>,
        limit: u16,
    ) -> Result<Vec<LoggedParcel>, Fault> {
        let end = || {
            let at = Timestamp::from_second(END.0).expect("the year 9999 has an end");
            (at, uuid::Uuid::from_u128(END.1))
        };
        let (made_at, id) = after.map_or_else(end, |it| (it.made_at, it.id.uuid()));
        let found: Vec<LogRow> = self
            .reads()
            .read(move |mut connection| {
                Box::pin(async move {
                    let asked = statement(include_str!("sql/delivery_log.sql"))
                        .bind::<Uuid, _>(tenant.uuid())
                        .bind::<Uuid, _>(webhook.uuid())
                        .bind::<Timestamptz, _>(At(made_at))
                        .bind::<Uuid, _>(id)
                        .bind::<BigInt, _>(i64::from(limit));
                    Cached(asked).load(&mut connection).await
                })
            })
            .await?;
        let log: Result<Vec<_>, Failure> = found.iter().map(LogRow::read).collect();
        Ok(log?)
    }

    #[tracing::instrument(name = "store.delivery_counts", skip_all)]
    async fn counts(&self, tenant: TenantId, webhook: RecordId) -> Result<ParcelCounts, Fault> {
        let count =
            "SELECT count(*) AS n FROM deliveries WHERE tenant = $1 AND webhook = $2 AND state = 0";
        let (pending, last): (Count, Vec<LogRow>) = self
            .reads()
            .read(move |mut connection| {
                Box::pin(async move {
                    let pending = statement(count)
                        .bind::<Uuid, _>(tenant.uuid())
                        .bind::<Uuid, _>(webhook.uuid());
                    let pending = Cached(pending).get_result(&mut connection).await?;
                    let last = statement(include_str!("sql/last_delivery.sql"))
                        .bind::<Uuid, _>(tenant.uuid())
                        .bind::<Uuid, _>(webhook.uuid());
                    Ok((pending, Cached(last).load(&mut connection).await?))
                })
            })
            .await?;
        let last = last.as_slice().first().map(LogRow::tried).transpose()?.flatten();
        Ok(ParcelCounts { pending: pending.n.cast_unsigned(), last })
    }

    #[tracing::instrument(name = "store.resend", skip_all)]
    async fn resend(
        &self,
        tenant: TenantId,
        webhook: RecordId,
        id: RecordId,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let again = self
            .changes()
            .write(move |mut connection| {
                Box::pin(async move {
                    let resending = statement(include_str!("sql/resend.sql"))
                        .bind::<Uuid, _>(tenant.uuid())
                        .bind::<Uuid, _>(webhook.uuid())
                        .bind::<Uuid, _>(id.uuid())
                        .bind::<Timestamptz, _>(At(now));
                    Cached(resending).execute(&mut connection).await
                })
            })
            .await?;
        Ok(again > 0)
    }

    #[tracing::instrument(name = "store.forget_deliveries", skip_all)]
    async fn forget(&self, before: Timestamp, limit: u16) -> Result<usize, Fault> {
        let gone = self
            .changes()
            .write(move |mut connection| {
                Box::pin(async move {
                    let forgetting = statement(include_str!("sql/forget_deliveries.sql"))
                        .bind::<Timestamptz, _>(At(before))
                        .bind::<BigInt, _>(i64::from(limit));
                    Cached(forgetting).execute(&mut connection).await
                })
            })
            .await?;
        Ok(gone)
    }

    #[tracing::instrument(name = "store.erase_deliveries", skip_all)]
    async fn erase(
        &self,
        tenant: TenantId,
        callbacks: &[CallbackId],
        limit: u16,
    ) -> Result<u32, Fault> {
        let ids = column(callbacks, |it| it.uuid());
        let gone: Count = self
            .changes()
            .write(move |mut connection| {
                Box::pin(async move {
                    let erasing = statement(include_str!("sql/erase_deliveries.sql"))
                        .bind::<Uuid, _>(tenant.uuid())
                        .bind::<Array<Uuid>, _>(ids)
                        .bind::<BigInt, _>(i64::from(limit));
                    Cached(erasing).get_result(&mut connection).await
                })
            })
            .await?;
        Ok(u32::try_from(gone.n).unwrap_or(u32::MAX))
    }
}
