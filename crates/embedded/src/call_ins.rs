//! Call-ins: numbers that were given to customers to dial.
//!
//! The writer is alone, so what it reads still holds when it writes.

use async_trait::async_trait;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use ges_domain::booking::{Fingerprint, IdempotencyKey, KEY_KEPT};
use ges_domain::callin::{
    AccessCode, CallIn, Clues, Held, Matched, Place, Request, Stage, recognise,
};
use ges_domain::id::{CallbackId, RecordId, TenantId};
use ges_domain::name::GroupName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::{AllocateError, Allocated, CallInCursor, CallInPage, CallInSearch, CallIns, Fault};

use crate::documents::{self as columns, Blob, callback_blob, micros, number, tenant_blob};
use crate::fault::{OrFault, Trouble};
use crate::statements::{Once, run};
use crate::store::Embedded;
use crate::tables::call_ins;

type Rows<'a> = call_ins::BoxedQuery<'a, Sqlite>;

/// The largest page, and the most rows of one step.
const LARGEST: u16 = 1000;
/// The most call-ins that a call is compared with by each clue.
const CANDIDATES: i64 = 64;

fn record_blob(id: RecordId) -> Blob {
    id.uuid().into_bytes()
}

#[async_trait]
impl CallIns for Embedded {
    #[tracing::instrument(name = "store.allocate", skip_all)]
    async fn allocate(&self, request: &Request) -> Result<Allocated, AllocateError> {
        let request = request.clone();
        self.writer().ask(move |session| session.step(|conn| allocate(conn, &request))).await?
    }

    #[tracing::instrument(name = "store.consume", skip_all)]
    async fn consume(
        &self,
        tenant: TenantId,
        clues: &Clues,
        now: Timestamp,
    ) -> Result<Option<CallIn>, Fault> {
        let clues = clues.clone();
        self.writer()
            .ask(move |session| session.step(|conn| consume(conn, tenant, &clues, now)))
            .await?
    }

    #[tracing::instrument(name = "store.call_ins", skip_all)]
    async fn call_ins(
        &self,
        tenant: TenantId,
        search: &CallInSearch,
        now: Timestamp,
    ) -> Result<CallInPage, Fault> {
        let search = search.clone();
        self.look(move |conn| page(conn, tenant, &search, now)).await
    }

    #[tracing::instrument(name = "store.live_call_ins", skip_all)]
    async fn live_call_ins(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Vec<(GroupName, u64)>, Fault> {
        self.look(move |conn| live(conn, tenant, now)).await
    }

    #[tracing::instrument(name = "store.purge_call_ins", skip_all)]
    async fn purge_call_ins(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u16,
    ) -> Result<u32, Fault> {
        self.writer()
            .ask(move |session| session.step(|conn| purge(conn, tenant, ended_before, limit)))
            .await?
    }

    #[tracing::instrument(name = "store.erase_call_ins", skip_all)]
    async fn erase_call_ins(
        &self,
        tenant: TenantId,
        caller: &PhoneNumber,
        callbacks: &[CallbackId],
        limit: u16,
    ) -> Result<u32, Fault> {
        let (caller, callbacks) = (caller.clone(), callbacks.to_vec());
        self.writer()
            .ask(move |session| {
                session.step(|conn| erase(conn, tenant, &caller, &callbacks, limit))
            })
            .await?
    }
}

pub(crate) fn allocate(
    conn: &mut SqliteConnection,
    request: &Request,
) -> Result<Allocated, AllocateError> {
    if let Some((key, _)) = &request.key
        && let Some((fingerprint, earlier)) = earlier(conn, request, key)?
    {
        let recalled = request.recall(fingerprint, earlier);
        return recalled.map(Allocated::Replayed).map_err(AllocateError::Refused);
    }
    let place = match request.choose(&in_the_way(conn, request)?) {
        Some(place) => Some(place),
        None if request.tries_codes() => request.search(&everything(conn, request)?),
        None => None,
    };
    let place: Place = place.ok_or(AllocateError::Refused(Refusal::PoolExhausted))?;
    let call_in = request.granted(place);
    insert(conn, request, &call_in)?;
    Ok(Allocated::New(call_in))
}

fn earlier(
    conn: &mut SqliteConnection,
    request: &Request,
    key: &IdempotencyKey,
) -> Result<Option<(Fingerprint, CallIn)>, Fault> {
    let oldest = request.at.saturating_sub(KEY_KEPT).unwrap_or(Timestamp::MIN);
    let found: Option<(Option<Vec<u8>>, String)> = call_ins::table
        .filter(call_ins::tenant.eq(tenant_blob(request.tenant)))
        .filter(call_ins::key.is_not_null())
        .filter(call_ins::key.eq(key.as_str()))
        .filter(call_ins::created_at.ge(micros(oldest)))
        .order(call_ins::created_at.desc())
        .select((call_ins::fingerprint, call_ins::document))
        .first(conn)
        .optional()
        .or_fault()?;
    let Some((fingerprint, document)) = found else { return Ok(None) };
    let bytes: Option<[u8; 32]> = fingerprint.and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or(Trouble::Row { table: "call_ins", part: "fingerprint" })?;
    Ok(Some((Fingerprint::from_bytes(bytes), columns::read("call_ins", &document)?)))
}

/// The live call-ins on the group's numbers.
fn on_numbers(request: &Request) -> Rows<'_> {
    let numbers = request.group.numbers().iter().map(PhoneNumber::e164);
    call_ins::table
        .into_boxed()
        .filter(call_ins::tenant.eq(tenant_blob(request.tenant)))
        .filter(call_ins::matched_at.is_null())
        .filter(call_ins::number.eq_any(numbers))
        .filter(call_ins::expires_at.gt(micros(request.at)))
}

type HeldRow = (String, Option<i64>, Option<String>, i64);

fn held(conn: &mut SqliteConnection, rows: Rows<'_>) -> Result<Vec<Held>, Fault> {
    let columns = (call_ins::number, call_ins::code, call_ins::caller, call_ins::exclusive);
    let rows: Vec<HeldRow> = Once(rows.select(columns)).load(conn).or_fault()?;
    let phone = |text: &str| {
        PhoneNumber::parse(text, Country::US)
            .map_err(|_odd| Fault::from(Trouble::Row { table: "call_ins", part: "number" }))
    };
    let read = |(number, code, caller, exclusive): HeldRow| {
        Ok(Held {
            number: phone(&number)?,
            code: code.map(code_of).transpose()?,
            caller: caller.map(|caller| phone(&caller)).transpose()?,
            exclusive: exclusive != 0,
        })
    };
    rows.into_iter().map(read).collect()
}

fn code_of(column: i64) -> Result<AccessCode, Fault> {
    Ok(AccessCode::new(columns::count("call_ins", "code", column)?))
}

/// At least those that stand in the way of the request's probes.
fn in_the_way(conn: &mut SqliteConnection, request: &Request) -> Result<Vec<Held>, Fault> {
    let rows = on_numbers(request);
    if !request.tries_codes() {
        let rows = match &request.caller {
            // An exclusive group is stopped by anybody on the number, another only by its own caller.
            Some(caller) if request.group.needs_caller() => {
                rows.filter(call_ins::exclusive.ne(0).or(call_ins::caller.eq(caller.e164())))
            }
            _ => rows,
        };
        return held(conn, rows);
    }
    let probes = request.probes();
    let codes = probes.iter().filter_map(|place| Some(i64::from(place.code?.number())));
    held(conn, rows.filter(call_ins::exclusive.ne(0).or(call_ins::code.eq_any(codes))))
}

/// All live ones on the group's numbers.
fn everything(conn: &mut SqliteConnection, request: &Request) -> Result<Vec<Held>, Fault> {
    held(conn, on_numbers(request))
}

fn insert(conn: &mut SqliteConnection, request: &Request, call_in: &CallIn) -> Result<(), Fault> {
    let key = request.key.as_ref();
    let row = diesel::insert_into(call_ins::table).values((
        call_ins::tenant.eq(tenant_blob(call_in.tenant)),
        call_ins::id.eq(record_blob(call_in.id)),
        call_ins::pool.eq(call_in.group.as_str()),
        call_ins::number.eq(call_in.number.e164()),
        call_ins::code.eq(call_in.code.map(|code| i64::from(code.number()))),
        call_ins::exclusive.eq(i64::from(call_in.exclusive)),
        call_ins::caller.eq(call_in.caller.as_ref().map(PhoneNumber::e164)),
        call_ins::callback.eq(call_in.callback.map(callback_blob)),
        call_ins::created_at.eq(micros(call_in.created_at)),
        call_ins::expires_at.eq(micros(call_in.expires_at)),
        call_ins::key.eq(key.map(|(key, _)| key.as_str())),
        call_ins::fingerprint.eq(key.map(|(_, fingerprint)| fingerprint.bytes().as_slice())),
        call_ins::document.eq(columns::write("call_ins", call_in)?),
    ));
    run(conn, row)
}

pub(crate) fn consume(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    clues: &Clues,
    now: Timestamp,
) -> Result<Option<CallIn>, Fault> {
    let live = || {
        call_ins::table
            .filter(call_ins::tenant.eq(tenant_blob(tenant)))
            .filter(call_ins::matched_at.is_null())
            .filter(call_ins::expires_at.gt(micros(now)))
            .select(call_ins::document)
            .limit(CANDIDATES)
    };
    let mut documents: Vec<String> = Vec::new();
    if let Some(code) = clues.code {
        let by_code = live().filter(call_ins::code.eq(i64::from(code.number())));
        documents.extend(by_code.load::<String>(conn).or_fault()?);
    }
    if let Some(caller) = &clues.caller {
        let by_caller = live()
            .filter(call_ins::caller.eq(caller.e164()))
            .order((call_ins::created_at.desc(), call_ins::id.desc()));
        documents.extend(by_caller.load::<String>(conn).or_fault()?);
    }
    if let Some(dialled) = &clues.dialled {
        // A number that others share tells nothing by itself.
        let by_number =
            live().filter(call_ins::number.eq(dialled.e164())).filter(call_ins::exclusive.ne(0));
        documents.extend(by_number.load::<String>(conn).or_fault()?);
    }
    let read = |document: &String| columns::read("call_ins", document);
    let mut candidates = documents.iter().map(read).collect::<Result<Vec<CallIn>, Fault>>()?;
    candidates.sort_by_key(|call_in| call_in.id);
    candidates.dedup_by_key(|call_in| call_in.id);
    let Some((index, by)) = recognise(clues, &candidates, now) else { return Ok(None) };
    let call_in =
        CallIn { matched: Some(Matched { at: now, by }), ..candidates.swap_remove(index) };
    let place = (tenant_blob(tenant), record_blob(call_in.id));
    let used = diesel::update(call_ins::table.find(place)).set((
        call_ins::matched_at.eq(micros(now)),
        call_ins::document.eq(columns::write("call_ins", &call_in)?),
    ));
    run(conn, used)?;
    Ok(Some(call_in))
}

pub(crate) fn page(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    search: &CallInSearch,
    now: Timestamp,
) -> Result<CallInPage, Fault> {
    let mut rows = call_ins::table.into_boxed().filter(call_ins::tenant.eq(tenant_blob(tenant)));
    if let Some(group) = &search.group {
        rows = rows.filter(call_ins::pool.eq(group.as_str()));
    }
    if let Some(caller) = &search.caller {
        rows = rows.filter(call_ins::caller.eq(caller.e164()));
    }
    let at = micros(now);
    rows = match search.stage {
        None => rows,
        Some(Stage::Matched) => rows.filter(call_ins::matched_at.is_not_null()),
        Some(Stage::Live) => {
            rows.filter(call_ins::matched_at.is_null()).filter(call_ins::expires_at.gt(at))
        }
        Some(Stage::Expired) => {
            rows.filter(call_ins::matched_at.is_null()).filter(call_ins::expires_at.le(at))
        }
    };
    if let Some(window) = search.created {
        rows = rows
            .filter(call_ins::created_at.ge(micros(window.start())))
            .filter(call_ins::created_at.lt(micros(window.end())));
    }
    if let Some(CallInCursor { at, id }) = search.after {
        let at = micros(at);
        rows = rows
            .filter(call_ins::created_at.le(at))
            .filter(call_ins::created_at.ne(at).or(call_ins::id.lt(record_blob(id))));
    }
    let limit = usize::from(search.limit.clamp(1, LARGEST));
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
    let query = rows
        .order((call_ins::created_at.desc(), call_ins::id.desc()))
        .limit(one_more)
        .select(call_ins::document);
    let documents: Vec<String> = Once(query).load(conn).or_fault()?;
    let more = documents.len() > limit;
    let call_ins = documents
        .iter()
        .take(limit)
        .map(|document| columns::read("call_ins", document))
        .collect::<Result<Vec<CallIn>, Fault>>()?;
    let last = call_ins.last().filter(|_| more);
    let next = last.map(|last| CallInCursor { at: last.created_at, id: last.id });
    Ok(CallInPage { call_ins, next })
}

pub(crate) fn live(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    now: Timestamp,
) -> Result<Vec<(GroupName, u64)>, Fault> {
    let rows: Vec<(String, i64)> = call_ins::table
        .filter(call_ins::tenant.eq(tenant_blob(tenant)))
        .filter(call_ins::matched_at.is_null())
        .filter(call_ins::expires_at.gt(micros(now)))
        .group_by(call_ins::pool)
        .order(call_ins::pool)
        .select((call_ins::pool, diesel::dsl::count_star()))
        .load(conn)
        .or_fault()?;
    let read = |(group, count): (String, i64)| {
        let group = GroupName::parse(&group)
            .map_err(|_odd| Fault::from(Trouble::Row { table: "call_ins", part: "pool" }))?;
        Ok((group, number(count)))
    };
    rows.into_iter().map(read).collect()
}

pub(crate) fn purge(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    ended_before: Timestamp,
    limit: u16,
) -> Result<u32, Fault> {
    let gone: Vec<Vec<u8>> = call_ins::table
        .filter(call_ins::tenant.eq(tenant_blob(tenant)))
        .filter(call_ins::expires_at.lt(micros(ended_before)))
        .order(call_ins::expires_at)
        .limit(limit.clamp(1, LARGEST).into())
        .select(call_ins::id)
        .load(conn)
        .or_fault()?;
    remove_each(conn, tenant, gone)
}

pub(crate) fn erase(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    caller: &PhoneNumber,
    callbacks: &[CallbackId],
    limit: u16,
) -> Result<u32, Fault> {
    let limit = usize::from(limit.clamp(1, LARGEST));
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let of_tenant =
        || call_ins::table.filter(call_ins::tenant.eq(tenant_blob(tenant))).select(call_ins::id);
    let mut gone: Vec<Vec<u8>> =
        of_tenant().filter(call_ins::caller.eq(caller.e164())).limit(most).load(conn).or_fault()?;
    for callback in callbacks {
        let linked = of_tenant()
            .filter(call_ins::callback.is_not_null())
            .filter(call_ins::callback.eq(callback_blob(*callback)))
            .limit(most);
        gone.extend(linked.load::<Vec<u8>>(conn).or_fault()?);
    }
    gone.sort();
    gone.dedup();
    gone.truncate(limit);
    remove_each(conn, tenant, gone)
}

fn remove_each(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    gone: Vec<Vec<u8>>,
) -> Result<u32, Fault> {
    let count = u32::try_from(gone.len()).unwrap_or(u32::MAX);
    for id in gone {
        run(conn, diesel::delete(call_ins::table.find((tenant_blob(tenant), id))))?;
    }
    Ok(count)
}
