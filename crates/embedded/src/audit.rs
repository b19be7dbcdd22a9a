//! The audit log: rows that are added, read in pages, and taken away when they are old.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use ges_domain::id::{RecordId, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Audit, AuditCursor, AuditEntry, AuditFilter, AuditOutcome, AuditPage, Fault};

use crate::documents::{self as columns, micros, tenant_blob};
use crate::fault::{OrFault, Trouble};
use crate::statements::{Once, run};
use crate::store::Embedded;
use crate::tables::audit;

/// The largest page.
const LARGEST: u16 = 1000;

#[derive(Queryable)]
struct Row {
    id: Vec<u8>,
    at: i64,
    who: String,
    what: String,
    target: Option<String>,
    outcome: String,
    code: Option<i64>,
    note: Option<String>,
    correlation: Vec<u8>,
    address: Option<String>,
}

#[async_trait]
impl Audit for Embedded {
    #[tracing::instrument(name = "store.audit", skip_all)]
    async fn append(&self, entry: &AuditEntry) -> Result<(), Fault> {
        let entry = entry.clone();
        self.writer().ask(move |session| session.step(|conn| append(conn, &entry))).await?
    }

    #[tracing::instrument(name = "store.audit_page", skip_all)]
    async fn page(&self, tenant: TenantId, filter: &AuditFilter) -> Result<AuditPage, Fault> {
        let filter = filter.clone();
        self.look(move |conn| page(conn, tenant, &filter)).await
    }

    #[tracing::instrument(name = "store.audit_purge", skip_all)]
    async fn purge(&self, before: Timestamp, limit: u16) -> Result<u64, Fault> {
        self.writer().ask(move |session| session.step(|conn| purge(conn, before, limit))).await?
    }
}

fn append(conn: &mut SqliteConnection, entry: &AuditEntry) -> Result<(), Fault> {
    let row = diesel::insert_or_ignore_into(audit::table).values((
        audit::tenant.eq(tenant_blob(entry.tenant)),
        audit::id.eq(entry.id.uuid().into_bytes()),
        audit::at.eq(micros(entry.at)),
        audit::who.eq(&entry.who),
        audit::what.eq(&entry.what),
        audit::target.eq(&entry.on),
        audit::outcome.eq(entry.outcome.as_str()),
        audit::code.eq(entry.code.map(i64::from)),
        audit::note.eq(&entry.note),
        audit::correlation.eq(entry.correlation.into_bytes()),
        audit::address.eq(&entry.address),
    ));
    run(conn, row)
}

fn page(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    filter: &AuditFilter,
) -> Result<AuditPage, Fault> {
    let limit = usize::from(filter.limit.clamp(1, LARGEST));
    let mut rows = audit::table.into_boxed().filter(audit::tenant.eq(tenant_blob(tenant)));
    if let Some(window) = filter.window {
        rows = rows
            .filter(audit::at.ge(micros(window.start())))
            .filter(audit::at.lt(micros(window.end())));
    }
    if let Some(who) = &filter.who {
        rows = rows.filter(audit::who.eq(who));
    }
    if let Some(what) = &filter.what {
        // A slash comes right after a dot, so these are all texts that begin with the word and a dot.
        let (from, to) = (format!("{what}."), format!("{what}/"));
        let below = audit::what.ge(from).and(audit::what.lt(to));
        rows = rows.filter(audit::what.eq(what).or(below));
    }
    if let Some(outcome) = filter.outcome {
        rows = rows.filter(audit::outcome.eq(outcome.as_str()));
    }
    if let Some(AuditCursor { at, id }) = filter.after {
        let (at, id) = (micros(at), id.uuid().into_bytes());
        rows = rows.filter(audit::at.le(at)).filter(audit::at.ne(at).or(audit::id.lt(id)));
    }
    // One more than the page holds tells whether there is a next one.
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
    let query = rows.order((audit::at.desc(), audit::id.desc())).limit(one_more).select((
        audit::id,
        audit::at,
        audit::who,
        audit::what,
        audit::target,
        audit::outcome,
        audit::code,
        audit::note,
        audit::correlation,
        audit::address,
    ));
    let found: Vec<Row> = Once(query).load(conn).or_fault()?;
    let more = found.len() > limit;
    let entries = found.into_iter().take(limit).map(|row| entry(tenant, row));
    let entries = entries.collect::<Result<Vec<_>, Fault>>()?;
    let next = entries.last().filter(|_| more);
    let next = next.map(|last| AuditCursor { at: last.at, id: last.id });
    Ok(AuditPage { entries, next })
}

fn entry(tenant: TenantId, row: Row) -> Result<AuditEntry, Fault> {
    let outcome = AuditOutcome::parse(&row.outcome);
    Ok(AuditEntry {
        id: RecordId::new(columns::uuid("audit", "id", &row.id)?),
        tenant,
        at: columns::instant("audit", "at", row.at)?,
        who: row.who,
        what: row.what,
        on: row.target,
        outcome: outcome.ok_or(Trouble::Row { table: "audit", part: "outcome" })?,
        code: row.code.map(|code| columns::count("audit", "code", code)).transpose()?,
        note: row.note,
        correlation: columns::uuid("audit", "correlation", &row.correlation)?,
        address: row.address,
    })
}

fn purge(conn: &mut SqliteConnection, before: Timestamp, limit: u16) -> Result<u64, Fault> {
    let old: Vec<(Vec<u8>, Vec<u8>)> = audit::table
        .filter(audit::at.lt(micros(before)))
        .order(audit::at)
        .limit(limit.into())
        .select((audit::tenant, audit::id))
        .load(conn)
        .or_fault()?;
    for (tenant, id) in &old {
        run(conn, diesel::delete(audit::table.find((tenant, id))))?;
    }
    Ok(old.len() as u64)
}
