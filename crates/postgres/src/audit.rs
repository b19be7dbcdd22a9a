//! The audit log: rows that are added, read in pages, and taken away when they are old.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ges_domain::id::{RecordId, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Audit, AuditCursor, AuditEntry, AuditFilter, AuditOutcome, AuditPage, Fault};

use crate::cached::statement;
use crate::fault::Failure;
use crate::rows::At;
use crate::store::Postgres;
use crate::tables::audit;

/// The largest page.
const LARGEST: u16 = 1000;

#[derive(Queryable)]
struct Row {
    id: uuid::Uuid,
    at: At,
    who: String,
    what: String,
    target: Option<String>,
    outcome: String,
    code: Option<i32>,
    note: Option<String>,
    correlation: uuid::Uuid,
    address: Option<String>,
}

#[async_trait]
impl Audit for Postgres {
    #[tracing::instrument(name = "store.audit", skip_all)]
    async fn append(&self, entry: &AuditEntry) -> Result<(), Fault> {
        let (pool, entry) = (self.changes().clone(), entry.clone());
        let append = async move {
            pool.write(move |mut connection| {
                Box::pin(async move {
                    let row = diesel::insert_into(audit::table).values((
                        audit::tenant.eq(entry.tenant.uuid()),
                        audit::id.eq(entry.id.uuid()),
                        audit::at.eq(At(entry.at)),
                        audit::who.eq(entry.who),
                        audit::what.eq(entry.what),
                        audit::target.eq(entry.on),
                        audit::outcome.eq(entry.outcome.as_str()),
                        audit::code.eq(entry.code.map(u32::cast_signed)),
                        audit::note.eq(entry.note),
                        audit::correlation.eq(entry.correlation),
                        audit::address.eq(entry.address),
                    ));
                    row.on_conflict_do_nothing().execute(&mut connection).await
                })
            })
            .await
        };
        self.to_its_end(append).await?.map_err(Fault::from)?;
        Ok(())
    }

    #[tracing::instrument(name = "store.audit_page", skip_all)]
    async fn page(&self, tenant: TenantId, filter: &AuditFilter) -> Result<AuditPage, Fault> {
        let limit = usize::from(filter.limit.clamp(1, LARGEST));
        let filter = filter.clone();
        let found: Vec<Row> = self
            .reads()
            .read(move |mut connection| {
                Box::pin(async move {
                    let rows = audit::table.filter(audit::tenant.eq(tenant.uuid())).into_boxed();
                    // One more than the page holds tells whether there is a next one.
                    let one_more = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
                    let rows = filtered(rows, filter).limit(one_more);
                    let columns = (
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
                    );
                    rows.order((audit::at.desc(), audit::id.desc()))
                        .select(columns)
                        .load(&mut connection)
                        .await
                })
            })
            .await?;
        let more = found.len() > limit;
        let entries = found.into_iter().take(limit).map(|row| entry(tenant, row));
        let entries = entries.collect::<Result<Vec<_>, Failure>>()?;
        let next = entries.last().filter(|_| more);
        let next = next.map(|last| AuditCursor { at: last.at, id: last.id });
        Ok(AuditPage { entries, next })
    }

    #[tracing::instrument(name = "store.audit_purge", skip_all)]
    async fn purge(&self, before: Timestamp, limit: u16) -> Result<u64, Fault> {
        let pool = self.changes().clone();
        let purge = async move {
            pool.write(move |mut connection| {
                Box::pin(async move {
                    statement(include_str!("sql/purge_audit.sql"))
                        .bind::<diesel::sql_types::Timestamptz, _>(At(before))
                        .bind::<diesel::sql_types::BigInt, _>(i64::from(limit))
                        .execute(&mut connection)
                        .await
                })
            })
            .await
        };
        let purged = self.to_its_end(purge).await?.map_err(Fault::from)?;
        Ok(purged as u64)
    }
}

type Rows<'a> = audit::BoxedQuery<'a, diesel::pg::Pg>;

fn filtered(mut rows: Rows<'_>, filter: AuditFilter) -> Rows<'_> {
    if let Some(window) = filter.window {
        rows = rows.filter(audit::at.ge(At(window.start()))).filter(audit::at.lt(At(window.end())));
    }
    if let Some(who) = filter.who {
        rows = rows.filter(audit::who.eq(who));
    }
    if let Some(what) = filter.what {
        // A slash comes right after a dot, so these are all texts that begin with the word and a dot.
        let (from, to) = (format!("{what}."), format!("{what}/"));
        let below = audit::what.ge(from).and(audit::what.lt(to));
        rows = rows.filter(audit::what.eq(what).or(below));
    }
    if let Some(outcome) = filter.outcome {
        rows = rows.filter(audit::outcome.eq(outcome.as_str()));
    }
    if let Some(AuditCursor { at, id }) = filter.after {
        let (at, id) = (At(at), id.uuid());
        rows = rows.filter(audit::at.le(at)).filter(audit::at.ne(at).or(audit::id.lt(id)));
    }
    rows
}

fn entry(tenant: TenantId, row: Row) -> Result<AuditEntry, Failure> {
    let outcome = AuditOutcome::parse(&row.outcome);
    Ok(AuditEntry {
        id: RecordId::new(row.id),
        tenant,
        at: row.at.0,
        who: row.who,
        what: row.what,
        on: row.target,
        outcome: outcome.ok_or_else(|| Failure::corrupt("an outcome that nobody knows"))?,
        code: row.code.map(i32::cast_unsigned),
        note: row.note,
        correlation: row.correlation,
        address: row.address,
    })
}
