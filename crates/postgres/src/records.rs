//! Records: small documents by tenant, kind and name.
//!
//! A write is one statement that names the revision it expects, so the row's own lock decides between two writers. Only
//! the one who lost asks what stands.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ges_domain::id::{Revision, TenantId};
use ges_ports::{Fault, Record, RecordError, RecordKey, RecordKind, RecordName, Records};

use crate::cached::Cached;
use crate::fault::Failure;
use crate::session::Pool;
use crate::store::Postgres;
use crate::tables::records;

#[async_trait]
impl Records for Postgres {
    #[tracing::instrument(name = "store.record", skip_all)]
    async fn get(&self, key: &RecordKey) -> Result<Option<Record>, Fault> {
        get(self.reads(), key).await
    }

    #[tracing::instrument(name = "store.put_record", skip_all)]
    async fn put(
        &self,
        key: &RecordKey,
        document: &str,
        expected: Revision,
    ) -> Result<Revision, RecordError> {
        let (pool, key, document) = (self.changes().clone(), key.clone(), document.to_owned());
        self.to_its_end(async move { put(&pool, &key, document, expected).await }).await?
    }

    #[tracing::instrument(name = "store.remove_record", skip_all)]
    async fn remove(&self, key: &RecordKey, expected: Revision) -> Result<(), RecordError> {
        let (pool, key) = (self.changes().clone(), key.clone());
        self.to_its_end(async move { remove(&pool, &key, expected).await }).await?
    }

    #[tracing::instrument(name = "store.records", skip_all)]
    async fn list(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordName>,
        limit: u16,
    ) -> Result<Vec<Record>, Fault> {
        // No name is empty, so every name comes after the empty text.
        let after = after.map_or_else(String::new, |name| name.as_str().to_owned());
        let found: Vec<(String, i64, String)> = self
            .reads()
            .read(move |mut connection| {
                Box::pin(async move {
                    records::table
                        .filter(records::tenant.eq(tenant.uuid()))
                        .filter(records::kind.eq(kind.as_str()))
                        .filter(records::name.gt(after))
                        .order(records::name)
                        .limit(limit.into())
                        .select((records::name, records::revision, records::document))
                        .load(&mut connection)
                        .await
                })
            })
            .await?;
        let read = |(name, number, document): (String, i64, String)| -> Result<Record, Failure> {
            let name = RecordName::parse(&name).map_err(Failure::corrupt)?;
            Ok(Record { name, revision: revision(number), document })
        };
        let list: Result<Vec<_>, Failure> = found.into_iter().map(read).collect();
        Ok(list?)
    }

    #[tracing::instrument(name = "store.record_owners", skip_all)]
    async fn owners(
        &self,
        kind: RecordKind,
        after: Option<TenantId>,
        limit: u16,
    ) -> Result<Vec<TenantId>, Fault> {
        let found: Vec<uuid::Uuid> = self
            .reads()
            .read(move |mut connection| {
                Box::pin(async move {
                    let all = records::table
                        .filter(records::kind.eq(kind.as_str()))
                        .select(records::tenant)
                        .distinct()
                        .order(records::tenant)
                        .limit(limit.into())
                        .into_boxed();
                    let some = match after {
                        Some(after) => all.filter(records::tenant.gt(after.uuid())),
                        None => all,
                    };
                    some.load(&mut connection).await
                })
            })
            .await?;
        Ok(found.into_iter().map(TenantId::new).collect())
    }
}

fn revision(number: i64) -> Revision {
    Revision::new(number.cast_unsigned())
}

async fn get(pool: &Pool, key: &RecordKey) -> Result<Option<Record>, Fault> {
    let asked = key.clone();
    let found: Option<(i64, String)> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                records::table
                    .find((asked.tenant.uuid(), asked.kind.as_str(), asked.name.as_str()))
                    .select((records::revision, records::document))
                    .first(&mut connection)
                    .await
                    .optional()
            })
        })
        .await?;
    Ok(found.map(|(number, document)| Record {
        name: key.name.clone(),
        revision: revision(number),
        document,
    }))
}

async fn put(
    pool: &Pool,
    key: &RecordKey,
    document: String,
    expected: Revision,
) -> Result<Revision, RecordError> {
    let next = expected.next();
    let (at, number) = (key.clone(), next.number().cast_signed());
    let written = pool
        .write(move |mut connection| {
            Box::pin(async move {
                if expected == Revision::NONE {
                    let row = (
                        records::tenant.eq(at.tenant.uuid()),
                        records::kind.eq(at.kind.as_str()),
                        records::name.eq(at.name.as_str()),
                        records::revision.eq(number),
                        records::document.eq(document),
                    );
                    let new = diesel::insert_into(records::table).values(row);
                    return new.on_conflict_do_nothing().execute(&mut connection).await;
                }
                let row =
                    records::table.find((at.tenant.uuid(), at.kind.as_str(), at.name.as_str()));
                let standing = row.filter(records::revision.eq(expected.number().cast_signed()));
                let set = (records::revision.eq(number), records::document.eq(document));
                Cached(diesel::update(standing).set(set)).execute(&mut connection).await
            })
        })
        .await
        .map_err(Fault::from)?;
    if written == 1 { Ok(next) } else { Err(changed(pool, key).await?) }
}

async fn remove(pool: &Pool, key: &RecordKey, expected: Revision) -> Result<(), RecordError> {
    let at = key.clone();
    let removed = pool
        .write(move |mut connection| {
            Box::pin(async move {
                let row =
                    records::table.find((at.tenant.uuid(), at.kind.as_str(), at.name.as_str()));
                let standing = row.filter(records::revision.eq(expected.number().cast_signed()));
                diesel::delete(standing).execute(&mut connection).await
            })
        })
        .await
        .map_err(Fault::from)?;
    if removed == 1 { Ok(()) } else { Err(changed(pool, key).await?) }
}

/// What stands instead of what was expected.
async fn changed(pool: &Pool, key: &RecordKey) -> Result<RecordError, Fault> {
    let now = get(pool, key).await?.map_or(Revision::NONE, |record| record.revision);
    Ok(RecordError::Changed { now })
}
