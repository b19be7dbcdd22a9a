//! Records: small documents by tenant, kind and name.

use async_trait::async_trait;
use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use ges_domain::id::{Revision, TenantId};
use ges_ports::{Fault, Record, RecordError, RecordKey, RecordKind, RecordName, Records};

use crate::documents::{self as columns, number, tenant_blob, whole};
use crate::fault::{OrFault, Trouble};
use crate::statements::run;
use crate::store::Embedded;
use crate::tables::records;

#[async_trait]
impl Records for Embedded {
    #[tracing::instrument(name = "store.record", skip_all)]
    async fn get(&self, key: &RecordKey) -> Result<Option<Record>, Fault> {
        let key = key.clone();
        self.look(move |conn| get(conn, &key)).await
    }

    #[tracing::instrument(name = "store.put_record", skip_all)]
    async fn put(
        &self,
        key: &RecordKey,
        document: &str,
        expected: Revision,
    ) -> Result<Revision, RecordError> {
        let (key, document) = (key.clone(), document.to_owned());
        let put = move |conn: &mut _| put(conn, &key, &document, expected);
        self.writer().ask(move |session| session.step(&put)).await?
    }

    #[tracing::instrument(name = "store.remove_record", skip_all)]
    async fn remove(&self, key: &RecordKey, expected: Revision) -> Result<(), RecordError> {
        let key = key.clone();
        let remove = move |conn: &mut _| remove(conn, &key, expected);
        self.writer().ask(move |session| session.step(&remove)).await?
    }

    #[tracing::instrument(name = "store.records", skip_all)]
    async fn list(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordName>,
        limit: u16,
    ) -> Result<Vec<Record>, Fault> {
        let after = after.cloned();
        self.look(move |conn| list(conn, tenant, kind, after.as_ref(), limit)).await
    }

    #[tracing::instrument(name = "store.record_owners", skip_all)]
    async fn owners(
        &self,
        kind: RecordKind,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<Vec<TenantId>, Fault> {
        self.look(move |conn| owners(conn, kind, after, limit)).await
    }
}

pub(crate) fn get(conn: &mut SqliteConnection, key: &RecordKey) -> Result<Option<Record>, Fault> {
    let found: Option<(i64, String)> = records::table
        .find((tenant_blob(key.tenant), key.kind.as_str(), key.name.as_str()))
        .select((records::revision, records::document))
        .first(conn)
        .optional()
        .or_fault()?;
    Ok(found.map(|(revision, document)| Record {
        name: key.name.clone(),
        revision: Revision::new(number(revision)),
        document,
    }))
}

/// The revision that stands, as the one step of a write checks it.
fn check(
    conn: &mut SqliteConnection,
    key: &RecordKey,
    expected: Revision,
) -> Result<(), RecordError> {
    let found: Option<i64> = records::table
        .find((tenant_blob(key.tenant), key.kind.as_str(), key.name.as_str()))
        .select(records::revision)
        .first(conn)
        .optional()
        .or_fault()?;
    let now = found.map_or(Revision::NONE, |revision| Revision::new(number(revision)));
    if now == expected { Ok(()) } else { Err(RecordError::Changed { now }) }
}

pub(crate) fn put(
    conn: &mut SqliteConnection,
    key: &RecordKey,
    document: &str,
    expected: Revision,
) -> Result<Revision, RecordError> {
    check(conn, key, expected)?;
    let next = expected.next();
    let row = diesel::replace_into(records::table).values((
        records::tenant.eq(tenant_blob(key.tenant)),
        records::kind.eq(key.kind.as_str()),
        records::name.eq(key.name.as_str()),
        records::revision.eq(whole(next.number())),
        records::document.eq(document),
    ));
    run(conn, row)?;
    Ok(next)
}

pub(crate) fn remove(
    conn: &mut SqliteConnection,
    key: &RecordKey,
    expected: Revision,
) -> Result<(), RecordError> {
    check(conn, key, expected)?;
    let place = (tenant_blob(key.tenant), key.kind.as_str(), key.name.as_str());
    run(conn, diesel::delete(records::table.find(place)))?;
    Ok(())
}

pub(crate) fn list(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    kind: RecordKind,
    after: Option<&RecordName>,
    limit: u16,
) -> Result<Vec<Record>, Fault> {
    // No name is empty, so every name comes after the empty text.
    let rows: Vec<(String, i64, String)> = records::table
        .filter(records::tenant.eq(tenant_blob(tenant)))
        .filter(records::kind.eq(kind.as_str()))
        .filter(records::name.gt(after.map_or("", RecordName::as_str)))
        .order(records::name)
        .limit(limit.into())
        .select((records::name, records::revision, records::document))
        .load(conn)
        .or_fault()?;
    let read = |(name, revision, document): (String, i64, String)| {
        let name = RecordName::parse(&name)
            .map_err(|_odd| Trouble::Row { table: "records", part: "name" })?;
        Ok(Record { name, revision: Revision::new(number(revision)), document })
    };
    rows.into_iter().map(read).collect()
}

pub(crate) fn owners(
    conn: &mut SqliteConnection,
    kind: RecordKind,
    after: Option<TenantId>,
    limit: u16,
) -> Result<Vec<TenantId>, Fault> {
    let after = after.map_or_else(Vec::new, |tenant| tenant_blob(tenant).to_vec());
    let rows: Vec<Vec<u8>> = records::table
        .filter(records::kind.eq(kind.as_str()))
        .filter(records::tenant.gt(after))
        .select(records::tenant)
        .distinct()
        .order(records::tenant)
        .limit(limit.into())
        .load(conn)
        .or_fault()?;
    rows.iter().map(|bytes| columns::uuid("records", "tenant", bytes).map(TenantId::new)).collect()
}
