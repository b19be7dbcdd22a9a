//! Looking up: one callback, its history, what is taken, what is open.

use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, QueryDsl, QueryableByName, RunQueryDsl, sql_query};
use ges_domain::callback::{Callback, State};
use ges_domain::event::Event;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::time::{Timestamp, Window};
use ges_ports::{Fault, QueueCount, Stirred};

use crate::documents::{self as columns, callback_blob, count, instant, micros, tenant_blob};
use crate::fault::{OrFault, Trouble};
use crate::tables::{events, slots};

/// The most rows of a history that are told.
const HISTORY: i64 = 1000;

/// A callback.
pub(crate) fn callback(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    id: CallbackId,
) -> Result<Option<Callback>, Fault> {
    columns::find(conn, tenant_blob(tenant), callback_blob(id))
}

/// A callback's history, oldest first, at most its last rows.
pub(crate) fn history(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    id: CallbackId,
) -> Result<Vec<Event>, Fault> {
    let newest_first: Vec<String> = events::table
        .filter(events::tenant.eq(tenant_blob(tenant)))
        .filter(events::callback.eq(callback_blob(id)))
        .order(events::revision.desc())
        .limit(HISTORY)
        .select(events::document)
        .load(conn)
        .or_fault()?;
    newest_first.iter().rev().map(|document| columns::read("events", document)).collect()
}

/// What happened since a time, in the order of time.
pub(crate) fn stirred(
    conn: &mut SqliteConnection,
    tenants: &[TenantId],
    since: Timestamp,
    limit: u16,
) -> Result<Vec<Stirred>, Fault> {
    type Row = (Option<i64>, Vec<u8>, Vec<u8>, i64);
    let rows: Vec<Row> = events::table
        .filter(events::at.ge(micros(since)))
        .filter(events::tenant.eq_any(tenants.iter().map(|tenant| tenant_blob(*tenant))))
        .order((events::at, events::tenant, events::callback, events::revision))
        .limit(limit.into())
        .select((events::at, events::tenant, events::callback, events::revision))
        .load(conn)
        .or_fault()?;
    let read = |(at, tenant, callback, revision): &Row| {
        Ok(Stirred {
            at: instant("events", "at", at.unwrap_or(0))?,
            tenant: TenantId::new(columns::uuid("events", "tenant", tenant)?),
            callback: CallbackId::new(columns::uuid("events", "callback", callback)?),
            revision: Revision::new(columns::number(*revision)),
        })
    };
    rows.iter().map(read).collect()
}

/// The places taken in slots that start in a window.
pub(crate) fn taken(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    service: &ServiceName,
    window: Window,
) -> Result<Vec<(Timestamp, u32)>, Fault> {
    let rows: Vec<(i64, i64)> = slots::table
        .filter(slots::tenant.eq(tenant_blob(tenant)))
        .filter(slots::service.eq(service.as_str()))
        .filter(slots::start.ge(micros(window.start())))
        .filter(slots::start.lt(micros(window.end())))
        .filter(slots::taken.gt(0))
        .order(slots::start)
        .select((slots::start, slots::taken))
        .load(conn)
        .or_fault()?;
    let read =
        |(start, taken)| Ok((instant("slots", "start", start)?, count("slots", "taken", taken)?));
    rows.into_iter().map(read).collect()
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = Text)]
    state: String,
    /// How many there are, and for each mark how many of them are not desired before it: a list in JSON.
    #[diesel(sql_type = Text)]
    counts: String,
}

/// The open callbacks by queue, state and part of time.
pub(crate) fn counts(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    marks: &[Timestamp],
) -> Result<Vec<QueueCount>, Fault> {
    // In one list, because to group by a part would be to sort what the index has in order.
    let since = ", SUM(desired_at >= ?)".repeat(marks.len());
    let mut query = sql_query(format!(
        "SELECT queue, state, json_array(COUNT(*){since}) AS counts FROM callbacks \
         WHERE tenant = ? AND completed_at IS NULL GROUP BY queue, state"
    ))
    .into_boxed();
    for mark in marks {
        query = query.bind::<BigInt, _>(micros(*mark));
    }
    let rows = query.bind::<Binary, _>(tenant_blob(tenant).to_vec());
    let rows: Vec<Counted> = rows.load(conn).or_fault()?;
    let odd = |part| Trouble::Row { table: "callbacks", part };
    let mut counts = Vec::new();
    for row in rows {
        let queue = QueueName::parse(&row.queue).map_err(|_other| odd("queue"))?;
        let state = State::parse(&row.state).ok_or(odd("state"))?;
        let since: Vec<u64> = columns::read("callbacks", &row.counts)?;
        for (part, from) in since.iter().enumerate() {
            let count = from - since.get(part + 1).unwrap_or(&0);
            if count > 0 {
                counts.push(QueueCount { queue: queue.clone(), state, part, count });
            }
        }
    }
    // The index knows states by their names; people know them by their order.
    counts.sort_by(|a, b| (&a.queue, a.state, a.part).cmp(&(&b.queue, b.state, b.part)));
    Ok(counts)
}
