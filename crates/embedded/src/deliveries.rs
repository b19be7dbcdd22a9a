//! News and deliveries: what webhooks have yet to hear, and what they heard.
//!
//! In SQL of its own words: each question is about several rows of the same table at once.

mod turns;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{OptionalExtension, QueryableByName, RunQueryDsl, sql_query};
use ges_domain::callback::Callback;
use ges_domain::id::{CallbackId, RecordId, Revision, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{
    Deliveries, DeliveryKey, Fault, Lease, LeasedParcel, LoggedParcel, Parcel, ParcelCounts,
    ParcelCursor, ParcelFate, ParcelSettlement, ParcelState, Tidings, Tried,
};

use crate::documents::{
    self as columns, callback_blob, count, instant, micros, number, tenant_blob, whole,
};
use crate::fault::{OrFault, Trouble};
use crate::retention;
use crate::statements::run;
use crate::store::Embedded;

/// One more event, if anybody listens.
const TELL: &str = "INSERT INTO news (tenant, callback, revision, desired_at, document) \
    SELECT ?1, ?2, ?3, ?4, ?5 \
    WHERE EXISTS (SELECT 1 FROM records WHERE tenant = ?1 AND kind = 'webhook')";

const NEWS: &str = "SELECT tenant, callback, revision, desired_at, document FROM news \
    ORDER BY tenant, callback, revision LIMIT ?";

/// The number of rows that the last statement changed says whether the news was still there.
const TAKE: &str = "DELETE FROM news WHERE tenant = ? AND callback = ? AND revision = ? \
    RETURNING revision AS n";

const MAKE: &str = "INSERT INTO deliveries \
    (tenant, webhook, callback, revision, id, event, body, made_at, since, due_at, state, tries) \
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, max(?9, coalesce((SELECT max(due_at) FROM deliveries \
        WHERE tenant = ?1 AND webhook = ?2 AND callback = ?3 AND state = 0), ?9)), 0, 0 \
    WHERE true ON CONFLICT DO NOTHING";

const SETTLE: &str = "UPDATE deliveries SET state = ?6, due_at = ?7, tries = tries + ?8, \
        lease = NULL, lease_owner = NULL, lease_until = NULL, last_at = coalesce(?9, last_at), \
        last_status = CASE WHEN ?9 IS NULL THEN last_status ELSE ?10 END, \
        last_ms = CASE WHEN ?9 IS NULL THEN last_ms ELSE ?11 END, \
        last_error = CASE WHEN ?9 IS NULL THEN last_error ELSE ?12 END \
    WHERE tenant = ?1 AND webhook = ?2 AND callback = ?3 AND revision = ?4 AND lease = ?5 \
    RETURNING revision AS n";

const BEHIND: &str = "UPDATE deliveries SET due_at = ?5 \
    WHERE tenant = ?1 AND webhook = ?2 AND callback = ?3 AND revision > ?4 AND state = 0";

const LOG: &str = "SELECT tenant, webhook, callback, revision, id, event, made_at, due_at, state, \
        tries, last_at, last_status, last_ms, last_error FROM deliveries \
    WHERE tenant = ?1 AND webhook = ?2 AND (made_at, id) < (?3, ?4) \
    ORDER BY made_at DESC, id DESC LIMIT ?5";

const PENDING: &str = "SELECT count(*) AS n FROM deliveries INDEXED BY deliveries_turns \
    WHERE tenant = ? AND webhook = ? AND state = 0";

const LAST: &str = "SELECT tenant, webhook, callback, revision, id, event, made_at, due_at, state, \
        tries, last_at, last_status, last_ms, last_error FROM deliveries \
    WHERE tenant = ? AND webhook = ? AND last_at IS NOT NULL \
    ORDER BY made_at DESC, id DESC LIMIT 1";

const RESEND: &str = "UPDATE deliveries SET state = 0, since = ?4, due_at = ?4, tries = 0 \
    WHERE tenant = ?1 AND webhook = ?2 AND id = ?3 AND state <> 0 RETURNING revision AS n";

const FORGET: &str = "DELETE FROM deliveries WHERE (tenant, webhook, callback, revision) IN \
    (SELECT tenant, webhook, callback, revision FROM deliveries \
     WHERE state <> 0 AND made_at < ?1 ORDER BY made_at LIMIT ?2) RETURNING revision AS n";

/// The latest name in the order of names.
const LAST_ID: [u8; 16] = [0xff; 16];

#[derive(QueryableByName)]
pub(crate) struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct NewsRow {
    #[diesel(sql_type = Binary)]
    tenant: Vec<u8>,
    #[diesel(sql_type = Binary)]
    callback: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    desired_at: i64,
    #[diesel(sql_type = Text)]
    document: String,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Binary)]
    tenant: Vec<u8>,
    #[diesel(sql_type = Binary)]
    webhook: Vec<u8>,
    #[diesel(sql_type = Binary)]
    callback: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    event: String,
    #[diesel(sql_type = BigInt)]
    tries: i64,
}

#[derive(QueryableByName)]
struct LogRow {
    #[diesel(embed)]
    key: Key,
    #[diesel(sql_type = BigInt)]
    made_at: i64,
    #[diesel(sql_type = BigInt)]
    due_at: i64,
    #[diesel(sql_type = BigInt)]
    state: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_at: Option<i64>,
    #[diesel(sql_type = Nullable<Integer>)]
    last_status: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_ms: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    last_error: Option<String>,
}

impl Key {
    fn read(&self) -> Result<(DeliveryKey, RecordId), Fault> {
        let uuid = |part, bytes: &[u8]| columns::uuid("deliveries", part, bytes);
        let key = DeliveryKey {
            tenant: TenantId::new(uuid("tenant", &self.tenant)?),
            webhook: RecordId::new(uuid("webhook", &self.webhook)?),
            callback: CallbackId::new(uuid("callback", &self.callback)?),
            revision: Revision::new(number(self.revision)),
        };
        Ok((key, RecordId::new(uuid("id", &self.id)?)))
    }
}

impl LogRow {
    fn tried(&self) -> Result<Option<Tried>, Fault> {
        let Some(at) = self.last_at else { return Ok(None) };
        let status = self.last_status.map(u16::try_from).transpose();
        Ok(Some(Tried {
            at: instant("deliveries", "last_at", at)?,
            status: status.map_err(|_odd| Trouble::Row { table: "deliveries", part: "status" })?,
            took_ms: count("deliveries", "last_ms", self.last_ms.unwrap_or(0))?,
            error: self.last_error.clone(),
        }))
    }

    fn read(&self) -> Result<LoggedParcel, Fault> {
        let (key, id) = self.key.read()?;
        let state = match self.state {
            0 => ParcelState::Pending,
            1 => ParcelState::Delivered,
            _ => ParcelState::Failed,
        };
        let next_at = instant("deliveries", "due_at", self.due_at)?;
        Ok(LoggedParcel {
            key,
            id,
            event: self.key.event.clone(),
            made_at: instant("deliveries", "made_at", self.made_at)?,
            state,
            tries: count("deliveries", "tries", self.key.tries)?,
            next_at: (state == ParcelState::Pending).then_some(next_at),
            last: self.tried()?,
        })
    }
}

/// Keeps an event as news, if the callback's tenant has somebody who listens.
pub(crate) fn tell(
    conn: &mut SqliteConnection,
    callback: &Callback,
    revision: Revision,
    document: &str,
) -> Result<(), Fault> {
    let tell = sql_query(TELL)
        .bind::<Binary, _>(tenant_blob(callback.tenant).to_vec())
        .bind::<Binary, _>(callback_blob(callback.id).to_vec())
        .bind::<BigInt, _>(whole(revision.number()))
        .bind::<BigInt, _>(micros(callback.desired_at))
        .bind::<Text, _>(document);
    run(conn, tell)
}

fn news(conn: &mut SqliteConnection, limit: u16) -> Result<Vec<Tidings>, Fault> {
    let rows: Vec<NewsRow> =
        sql_query(NEWS).bind::<BigInt, _>(i64::from(limit)).load(conn).or_fault()?;
    let read = |row: &NewsRow| {
        Ok(Tidings {
            tenant: TenantId::new(columns::uuid("news", "tenant", &row.tenant)?),
            callback: CallbackId::new(columns::uuid("news", "callback", &row.callback)?),
            event: columns::read("news", &row.document)?,
            desired_at: instant("news", "desired_at", row.desired_at)?,
        })
    };
    rows.iter().map(read).collect()
}

fn spread(
    conn: &mut SqliteConnection,
    news: &[(TenantId, CallbackId, Revision)],
    parcels: &[Parcel],
    now: Timestamp,
) -> Result<usize, Fault> {
    let mut made = 0;
    for (tenant, callback, revision) in news {
        let take = sql_query(TAKE)
            .bind::<Binary, _>(tenant_blob(*tenant).to_vec())
            .bind::<Binary, _>(callback_blob(*callback).to_vec())
            .bind::<BigInt, _>(whole(revision.number()));
        let there: Option<Number> = take.get_result(conn).optional().or_fault()?;
        if there.is_none() {
            continue;
        }
        let of_it = parcels.iter().filter(|it| {
            (it.key.tenant, it.key.callback, it.key.revision) == (*tenant, *callback, *revision)
        });
        for parcel in of_it {
            let key = &parcel.key;
            let make = sql_query(MAKE)
                .bind::<Binary, _>(tenant_blob(key.tenant).to_vec())
                .bind::<Binary, _>(key.webhook.uuid().as_bytes().to_vec())
                .bind::<Binary, _>(callback_blob(key.callback).to_vec())
                .bind::<BigInt, _>(whole(key.revision.number()))
                .bind::<Binary, _>(parcel.id.uuid().as_bytes().to_vec())
                .bind::<Text, _>(&parcel.event)
                .bind::<Text, _>(&parcel.body)
                .bind::<BigInt, _>(micros(parcel.since))
                .bind::<BigInt, _>(micros(now));
            run(conn, make)?;
            made += 1;
        }
    }
    Ok(made)
}

/// The first four binds of a statement about one delivery.
type Keyed = diesel::query_builder::BoxedSqlQuery<
    'static,
    diesel::sqlite::Sqlite,
    diesel::query_builder::SqlQuery,
>;

fn keyed(text: &'static str, key: &DeliveryKey) -> Keyed {
    sql_query(text)
        .into_boxed()
        .bind::<Binary, _>(tenant_blob(key.tenant).to_vec())
        .bind::<Binary, _>(key.webhook.uuid().as_bytes().to_vec())
        .bind::<Binary, _>(callback_blob(key.callback).to_vec())
        .bind::<BigInt, _>(whole(key.revision.number()))
}

fn settle(
    conn: &mut SqliteConnection,
    settlements: &[ParcelSettlement],
    now: Timestamp,
) -> Result<(), Fault> {
    for ParcelSettlement { key, lease, fate, tried } in settlements {
        let (state, due_at) = match fate {
            ParcelFate::Delivered => (1, now),
            ParcelFate::Again(at) => (0, *at),
            ParcelFate::Failed => (2, now),
        };
        let last = tried.as_ref();
        let settle = keyed(SETTLE, key)
            .bind::<BigInt, _>(whole(*lease))
            .bind::<BigInt, _>(state)
            .bind::<BigInt, _>(micros(due_at))
            .bind::<BigInt, _>(i64::from(tried.is_some()))
            .bind::<Nullable<BigInt>, _>(last.map(|it| micros(it.at)))
            .bind::<Nullable<Integer>, _>(last.and_then(|it| it.status.map(i32::from)))
            .bind::<Nullable<BigInt>, _>(last.map(|it| i64::from(it.took_ms)))
            .bind::<Nullable<Text>, _>(last.and_then(|it| it.error.clone()));
        let mine: Option<Number> = settle.get_result(conn).optional().or_fault()?;
        if mine.is_some() {
            run(conn, keyed(BEHIND, key).bind::<BigInt, _>(micros(due_at)))?;
        }
    }
    Ok(())
}

fn log(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    webhook: RecordId,
    after: Option<ParcelCursor>,
    limit: u16,
) -> Result<Vec<LoggedParcel>, Fault> {
    let (made_at, id) =
        after.map_or((i64::MAX, LAST_ID), |it| (micros(it.made_at), *it.id.uuid().as_bytes()));
    let rows: Vec<LogRow> = sql_query(LOG)
        .bind::<Binary, _>(tenant_blob(tenant).to_vec())
        .bind::<Binary, _>(webhook.uuid().as_bytes().to_vec())
        .bind::<BigInt, _>(made_at)
        .bind::<Binary, _>(id.to_vec())
        .bind::<BigInt, _>(i64::from(limit))
        .load(conn)
        .or_fault()?;
    rows.iter().map(LogRow::read).collect()
}

fn counts(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    webhook: RecordId,
) -> Result<ParcelCounts, Fault> {
    let (tenant, webhook) = (tenant_blob(tenant).to_vec(), webhook.uuid().as_bytes().to_vec());
    let Number { n } = sql_query(PENDING)
        .bind::<Binary, _>(tenant.clone())
        .bind::<Binary, _>(webhook.clone())
        .get_result(conn)
        .or_fault()?;
    let last: Option<LogRow> = sql_query(LAST)
        .bind::<Binary, _>(tenant)
        .bind::<Binary, _>(webhook)
        .get_result(conn)
        .optional()
        .or_fault()?;
    let last = last.as_ref().map(LogRow::tried).transpose()?.flatten();
    Ok(ParcelCounts { pending: number(n), last })
}

#[async_trait]
impl Deliveries for Embedded {
    #[tracing::instrument(name = "store.news", skip_all)]
    async fn news(&self, limit: u16) -> Result<Vec<Tidings>, Fault> {
        self.look(move |conn| news(conn, limit)).await
    }

    #[tracing::instrument(name = "store.spread", skip_all)]
    async fn spread(
        &self,
        news: &[(TenantId, CallbackId, Revision)],
        parcels: &[Parcel],
        now: Timestamp,
    ) -> Result<usize, Fault> {
        let (news, parcels) = (news.to_vec(), parcels.to_vec());
        let spread = move |conn: &mut _| spread(conn, &news, &parcels, now);
        self.writer().ask(move |session| session.step(&spread)).await?
    }

    #[tracing::instrument(name = "store.lease_deliveries", skip_all)]
    async fn lease(&self, wish: &Lease) -> Result<Vec<LeasedParcel>, Fault> {
        // Looked at first by a reader: an idle node keeps the writer free.
        let now = micros(wish.now);
        let due: Option<Number> = self
            .look(move |conn| {
                let any = "SELECT 1 AS n FROM deliveries WHERE state = 0 AND due_at <= ? LIMIT 1";
                sql_query(any).bind::<BigInt, _>(now).get_result(conn).optional().or_fault()
            })
            .await?;
        if due.is_none_or(|there: Number| there.n == 0) {
            return Ok(Vec::new());
        }
        let wish = wish.clone();
        self.writer().ask(move |session| session.step(|conn| turns::lease(conn, &wish))).await?
    }

    #[tracing::instrument(name = "store.settle_deliveries", skip_all)]
    async fn settle(&self, settlements: &[ParcelSettlement], now: Timestamp) -> Result<(), Fault> {
        let settlements = settlements.to_vec();
        self.writer()
            .ask(move |session| session.step(|conn| settle(conn, &settlements, now)))
            .await?
    }

    #[tracing::instrument(name = "store.delivery_log", skip_all)]
    async fn log(
        &self,
        tenant: TenantId,
        webhook: RecordId,
        after: Option<ParcelCursor>,
        limit: u16,
    ) -> Result<Vec<LoggedParcel>, Fault> {
        self.look(move |conn| log(conn, tenant, webhook, after, limit)).await
    }

    #[tracing::instrument(name = "store.delivery_counts", skip_all)]
    async fn counts(&self, tenant: TenantId, webhook: RecordId) -> Result<ParcelCounts, Fault> {
        self.look(move |conn| counts(conn, tenant, webhook)).await
    }

    #[tracing::instrument(name = "store.resend", skip_all)]
    async fn resend(
        &self,
        tenant: TenantId,
        webhook: RecordId,
        id: RecordId,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let resend = move |conn: &mut SqliteConnection| -> Result<bool, Fault> {
            let again: Option<Number> = sql_query(RESEND)
                .bind::<Binary, _>(tenant_blob(tenant).to_vec())
                .bind::<Binary, _>(webhook.uuid().as_bytes().to_vec())
                .bind::<Binary, _>(id.uuid().as_bytes().to_vec())
                .bind::<BigInt, _>(micros(now))
                .get_result(conn)
                .optional()
                .or_fault()?;
            Ok(again.is_some())
        };
        self.writer().ask(move |session| session.step(resend)).await?
    }

    #[tracing::instrument(name = "store.forget_deliveries", skip_all)]
    async fn forget(&self, before: Timestamp, limit: u16) -> Result<usize, Fault> {
        let forget = move |conn: &mut SqliteConnection| -> Result<usize, Fault> {
            let gone: Vec<Number> = sql_query(FORGET)
                .bind::<BigInt, _>(micros(before))
                .bind::<BigInt, _>(i64::from(limit))
                .load(conn)
                .or_fault()?;
            Ok(gone.len())
        };
        self.writer().ask(move |session| session.step(forget)).await?
    }

    #[tracing::instrument(name = "store.erase_deliveries", skip_all)]
    async fn erase(
        &self,
        tenant: TenantId,
        callbacks: &[CallbackId],
        limit: u16,
    ) -> Result<u32, Fault> {
        let callbacks = callbacks.to_vec();
        let erase =
            move |conn: &mut _| retention::erase_deliveries(conn, tenant, &callbacks, limit);
        self.writer().ask(move |session| session.step(&erase)).await?
    }
}
