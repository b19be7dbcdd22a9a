//! Call-ins: numbers that were given to customers to dial.
//!
//! Requests lock the numbers of their group by name, in the order that all nodes share, and read under these locks; a
//! call locks the rows that it may be for.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::booking::{Fingerprint, KEY_KEPT};
use ges_domain::callin::{
    AccessCode, CallIn, Clues, Held, Matched, Place, Request, Stage, recognise,
};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::name::GroupName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::{AllocateError, Allocated, CallInCursor, CallInPage, CallInSearch, CallIns, Fault};

use crate::cached::{Cached, statement};
use crate::fault::{Failure, Phase};
use crate::locks;
use crate::rows::{self, At};
use crate::session::{Pool, commit, execute, within};
use crate::store::Postgres;
use crate::tables::call_ins;

/// The largest page, and the most rows of one step.
const LARGEST: u16 = 1000;

#[async_trait]
impl CallIns for Postgres {
    #[tracing::instrument(name = "store.allocate", skip_all)]
    async fn allocate(&self, request: &Request) -> Result<Allocated, AllocateError> {
        let (pool, request) = (self.changes().clone(), request.clone());
        let given = self.to_its_end(async move { allocate(&pool, &request).await }).await?;
        given.map_err(Fault::from)?.map_err(AllocateError::Refused)
    }

    #[tracing::instrument(name = "store.consume", skip_all)]
    async fn consume(
        &self,
        tenant: TenantId,
        clues: &Clues,
        now: Timestamp,
    ) -> Result<Option<CallIn>, Fault> {
        let (pool, clues) = (self.changes().clone(), clues.clone());
        let used =
            self.to_its_end(async move { consume(&pool, tenant, &clues, now).await }).await?;
        Ok(used?)
    }

    #[tracing::instrument(name = "store.call_ins", skip_all)]
    async fn call_ins(
        &self,
        tenant: TenantId,
        search: &CallInSearch,
        now: Timestamp,
    ) -> Result<CallInPage, Fault> {
        Ok(page(self.reads(), tenant, search, now).await?)
    }

    #[tracing::instrument(name = "store.live_call_ins", skip_all)]
    async fn live_call_ins(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Vec<(GroupName, u64)>, Fault> {
        let rows: Vec<LiveRow> = self
            .reads()
            .read(|mut connection| {
                Box::pin(async move {
                    let asked = statement(include_str!("sql/call_ins/live.sql"))
                        .bind::<SqlUuid, _>(tenant.uuid())
                        .bind::<Timestamptz, _>(At(now));
                    Cached(asked).load(&mut connection).await
                })
            })
            .await?;
        let read = |row: LiveRow| -> Result<_, Failure> {
            let group = GroupName::parse(&row.name).map_err(Failure::corrupt)?;
            Ok((group, row.count.cast_unsigned()))
        };
        let live: Result<Vec<_>, Failure> = rows.into_iter().map(read).collect();
        Ok(live?)
    }

    #[tracing::instrument(name = "store.purge_call_ins", skip_all)]
    async fn purge_call_ins(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u16,
    ) -> Result<u32, Fault> {
        let gone = self.changes().write(|mut connection| {
            Box::pin(async move {
                let purging = statement(include_str!("sql/call_ins/purge.sql"))
                    .bind::<SqlUuid, _>(tenant.uuid())
                    .bind::<Timestamptz, _>(At(ended_before))
                    .bind::<BigInt, _>(bound(limit));
                Cached(purging).execute(&mut connection).await
            })
        });
        Ok(counted(gone.await?))
    }

    #[tracing::instrument(name = "store.erase_call_ins", skip_all)]
    async fn erase_call_ins(
        &self,
        tenant: TenantId,
        caller: &PhoneNumber,
        callbacks: &[CallbackId],
        limit: u16,
    ) -> Result<u32, Fault> {
        let caller = caller.e164().to_owned();
        let callbacks: Vec<uuid::Uuid> = callbacks.iter().map(|id| id.uuid()).collect();
        let gone = self.changes().write(|mut connection| {
            Box::pin(async move {
                let erasing = statement(include_str!("sql/call_ins/erase.sql"))
                    .bind::<SqlUuid, _>(tenant.uuid())
                    .bind::<Text, _>(caller)
                    .bind::<Array<SqlUuid>, _>(callbacks)
                    .bind::<BigInt, _>(bound(limit));
                Cached(erasing).execute(&mut connection).await
            })
        });
        Ok(counted(gone.await?))
    }
}

fn bound(limit: u16) -> i64 {
    limit.clamp(1, LARGEST).into()
}

fn counted(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[derive(QueryableByName)]
struct LiveRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct EarlierRow {
    #[diesel(sql_type = Nullable<Binary>)]
    fingerprint: Option<Vec<u8>>,
    #[diesel(sql_type = Text)]
    document: String,
}

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = Text)]
    number: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    code: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    caller: Option<String>,
    #[diesel(sql_type = Bool)]
    exclusive: bool,
}

#[derive(QueryableByName)]
struct DocumentRow {
    #[diesel(sql_type = Text)]
    document: String,
}

/// Gives a number, or says why not; undone as a whole where it fails.
async fn allocate(pool: &Pool, request: &Request) -> Result<Result<Allocated, Refusal>, Failure> {
    let mut lent = pool.lend().await?;
    lent.take();
    let deadline = pool.deadline();
    let done = decide_and_store(lent.connection(), pool, request, deadline).await;
    match &done {
        Ok(_) => lent.give_back(),
        Err(failure) => lent.undo(failure, deadline).await,
    }
    done
}

async fn decide_and_store(
    connection: &AsyncPgConnection,
    pool: &Pool,
    request: &Request,
    deadline: Duration,
) -> Result<Result<Allocated, Refusal>, Failure> {
    let mut names: BTreeSet<String> = request
        .group
        .numbers()
        .iter()
        .map(|number| format!("call-in:{}:{}", request.tenant, number.e164()))
        .collect();
    if let Some((key, _)) = &request.key {
        names.insert(format!("call-in-key:{}:{}", request.tenant, key.as_str()));
    }
    // Each statement is sent before the last is answered, and sees what was committed before it began.
    let asked = async {
        let (begun, locked, earlier, held) = futures::join!(
            execute(connection, pool.begin()),
            locks::lock(connection, &names),
            earlier(connection, request),
            in_the_way(connection, request, false),
        );
        begun?;
        locked?;
        Ok((earlier?, held?))
    };
    let (earlier, held) = within(deadline, Phase::Before, asked).await?;
    let decided = match earlier {
        Some(row) => recalled(request, row)?.map(Allocated::Replayed),
        None => match request.choose(&read(held)?) {
            Some(place) => Ok(Allocated::New(request.granted(place))),
            None if request.tries_codes() => {
                let all = in_the_way(connection, request, true);
                let all = within(deadline, Phase::Before, all).await?;
                let place: Option<Place> = request.search(&read(all)?);
                let given = place.map(|place| Allocated::New(request.granted(place)));
                given.ok_or(Refusal::PoolExhausted)
            }
            None => Err(Refusal::PoolExhausted),
        },
    };
    if let Ok(Allocated::New(call_in)) = &decided {
        let document = rows::document(call_in)?;
        commit(connection, pool, insert(connection, request, call_in, &document)).await?;
    } else {
        within(deadline, Phase::Before, execute(connection, "ROLLBACK")).await?;
    }
    Ok(decided)
}

fn recalled(request: &Request, row: EarlierRow) -> Result<Result<CallIn, Refusal>, Failure> {
    let bytes = row.fingerprint.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| Failure::corrupt("a fingerprint that is not 32 bytes"))?;
    Ok(request.recall(Fingerprint::from_bytes(bytes), rows::value(&row.document)?))
}

fn read(held: Vec<HeldRow>) -> Result<Vec<Held>, Failure> {
    let phone = |text: &str| PhoneNumber::parse(text, Country::US).map_err(Failure::corrupt);
    let read = |row: HeldRow| {
        let code = row.code.map(u32::try_from).transpose().map_err(Failure::corrupt)?;
        Ok(Held {
            number: phone(&row.number)?,
            code: code.map(AccessCode::new),
            caller: row.caller.as_deref().map(phone).transpose()?,
            exclusive: row.exclusive,
        })
    };
    held.into_iter().map(read).collect()
}

async fn earlier(
    mut connection: &AsyncPgConnection,
    request: &Request,
) -> QueryResult<Option<EarlierRow>> {
    let Some((key, _)) = &request.key else { return Ok(None) };
    let oldest = request.at.saturating_sub(KEY_KEPT).unwrap_or(Timestamp::MIN);
    let asked = statement(include_str!("sql/call_ins/earlier.sql"))
        .bind::<SqlUuid, _>(request.tenant.uuid())
        .bind::<Text, _>(key.as_str())
        .bind::<Timestamptz, _>(At(oldest));
    Cached(asked).get_result(&mut connection).await.optional()
}

/// At least those that stand in the way of the request's probes, or all on the group's numbers.
async fn in_the_way(
    mut connection: &AsyncPgConnection,
    request: &Request,
    all: bool,
) -> QueryResult<Vec<HeldRow>> {
    // Whoever gets a number alone is stopped by anybody on it.
    let all = all || !(request.tries_codes() || request.group.needs_caller());
    let numbers: Vec<&str> = request.group.numbers().iter().map(PhoneNumber::e164).collect();
    let probes = if all { Vec::new() } else { request.probes() };
    let codes: Vec<i64> =
        probes.iter().filter_map(|place| Some(i64::from(place.code?.number()))).collect();
    let asked = statement(include_str!("sql/call_ins/in_the_way.sql"))
        .bind::<SqlUuid, _>(request.tenant.uuid())
        .bind::<Array<Text>, _>(numbers)
        .bind::<Timestamptz, _>(At(request.at))
        .bind::<Bool, _>(all)
        .bind::<Array<BigInt>, _>(codes)
        .bind::<Nullable<Text>, _>(request.caller.as_ref().map(PhoneNumber::e164));
    Cached(asked).load(&mut connection).await
}

async fn insert(
    mut connection: &AsyncPgConnection,
    request: &Request,
    call_in: &CallIn,
    document: &str,
) -> QueryResult<()> {
    let key = request.key.as_ref();
    let kept = statement(include_str!("sql/call_ins/insert.sql"))
        .bind::<SqlUuid, _>(call_in.tenant.uuid())
        .bind::<SqlUuid, _>(call_in.id.uuid())
        .bind::<Text, _>(call_in.group.as_str())
        .bind::<Text, _>(call_in.number.e164())
        .bind::<Nullable<BigInt>, _>(call_in.code.map(|code| i64::from(code.number())))
        .bind::<Bool, _>(call_in.exclusive)
        .bind::<Nullable<Text>, _>(call_in.caller.as_ref().map(PhoneNumber::e164))
        .bind::<Nullable<SqlUuid>, _>(call_in.callback.map(CallbackId::uuid))
        .bind::<Timestamptz, _>(At(call_in.created_at))
        .bind::<Timestamptz, _>(At(call_in.expires_at))
        .bind::<Nullable<Text>, _>(key.map(|(key, _)| key.as_str()))
        .bind::<Nullable<Binary>, _>(key.map(|(_, fingerprint)| fingerprint.bytes().as_slice()))
        .bind::<Text, _>(document);
    Cached(kept).execute(&mut connection).await.map(|_rows| ())
}

/// Uses up the call-in that a call is for; undone as a whole where it fails.
async fn consume(
    pool: &Pool,
    tenant: TenantId,
    clues: &Clues,
    now: Timestamp,
) -> Result<Option<CallIn>, Failure> {
    let mut lent = pool.lend().await?;
    lent.take();
    let deadline = pool.deadline();
    let done = recognise_and_use(lent.connection(), pool, tenant, clues, now).await;
    match &done {
        Ok(_) => lent.give_back(),
        Err(failure) => lent.undo(failure, deadline).await,
    }
    done
}

async fn recognise_and_use(
    connection: &AsyncPgConnection,
    pool: &Pool,
    tenant: TenantId,
    clues: &Clues,
    now: Timestamp,
) -> Result<Option<CallIn>, Failure> {
    let deadline = pool.deadline();
    let asked = async {
        let (begun, found) = futures::join!(
            execute(connection, pool.begin()),
            candidates(connection, tenant, clues, now),
        );
        begun?;
        found
    };
    let found = within(deadline, Phase::Before, asked).await?;
    let candidates: Result<Vec<CallIn>, Failure> =
        found.iter().map(|row| rows::value(&row.document)).collect();
    let mut candidates = candidates?;
    let Some((index, by)) = recognise(clues, &candidates, now) else {
        within(deadline, Phase::Before, execute(connection, "ROLLBACK")).await?;
        return Ok(None);
    };
    let matched = Some(Matched { at: now, by });
    let call_in = CallIn { matched, ..candidates.swap_remove(index) };
    let document = rows::document(&call_in)?;
    commit(connection, pool, use_up(connection, &call_in, now, &document)).await?;
    Ok(Some(call_in))
}

async fn candidates(
    mut connection: &AsyncPgConnection,
    tenant: TenantId,
    clues: &Clues,
    now: Timestamp,
) -> QueryResult<Vec<DocumentRow>> {
    let asked = statement(include_str!("sql/call_ins/candidates.sql"))
        .bind::<SqlUuid, _>(tenant.uuid())
        .bind::<Timestamptz, _>(At(now))
        .bind::<Nullable<BigInt>, _>(clues.code.map(|code| i64::from(code.number())))
        .bind::<Nullable<Text>, _>(clues.caller.as_ref().map(PhoneNumber::e164))
        .bind::<Nullable<Text>, _>(clues.dialled.as_ref().map(PhoneNumber::e164));
    Cached(asked).load(&mut connection).await
}

async fn use_up(
    mut connection: &AsyncPgConnection,
    call_in: &CallIn,
    now: Timestamp,
    document: &str,
) -> QueryResult<()> {
    let used = statement(include_str!("sql/call_ins/use_up.sql"))
        .bind::<SqlUuid, _>(call_in.tenant.uuid())
        .bind::<SqlUuid, _>(call_in.id.uuid())
        .bind::<Timestamptz, _>(At(now))
        .bind::<Text, _>(document);
    Cached(used).execute(&mut connection).await.map(|_rows| ())
}

async fn page(
    pool: &Pool,
    tenant: TenantId,
    search: &CallInSearch,
    now: Timestamp,
) -> Result<CallInPage, Failure> {
    let search = search.clone();
    let limit = usize::from(search.limit.clamp(1, LARGEST));
    let documents: Vec<String> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                let mut rows =
                    call_ins::table.into_boxed().filter(call_ins::tenant.eq(tenant.uuid()));
                if let Some(group) = &search.group {
                    rows = rows.filter(call_ins::pool.eq(group.as_str().to_owned()));
                }
                if let Some(caller) = &search.caller {
                    rows = rows.filter(call_ins::caller.eq(caller.e164().to_owned()));
                }
                rows = match search.stage {
                    None => rows,
                    Some(Stage::Matched) => rows.filter(call_ins::matched_at.is_not_null()),
                    Some(Stage::Live) => rows
                        .filter(call_ins::matched_at.is_null())
                        .filter(call_ins::expires_at.gt(At(now))),
                    Some(Stage::Expired) => rows
                        .filter(call_ins::matched_at.is_null())
                        .filter(call_ins::expires_at.le(At(now))),
                };
                if let Some(window) = search.created {
                    rows = rows
                        .filter(call_ins::created_at.ge(At(window.start())))
                        .filter(call_ins::created_at.lt(At(window.end())));
                }
                if let Some(CallInCursor { at, id }) = search.after {
                    rows = rows
                        .filter(call_ins::created_at.le(At(at)))
                        .filter(call_ins::created_at.ne(At(at)).or(call_ins::id.lt(id.uuid())));
                }
                rows.order((call_ins::created_at.desc(), call_ins::id.desc()))
                    .limit(i64::try_from(limit).unwrap_or(i64::MAX) + 1)
                    .select(call_ins::document)
                    .load(&mut connection)
                    .await
            })
        })
        .await?;
    let more = documents.len() > limit;
    let found: Result<Vec<CallIn>, Failure> =
        documents.iter().take(limit).map(|document| rows::value(document)).collect();
    let call_ins = found?;
    let last = call_ins.last().filter(|_| more);
    let next = last.map(|last| CallInCursor { at: last.created_at, id: last.id });
    Ok(CallInPage { call_ins, next })
}
