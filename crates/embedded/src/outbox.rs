//! Timers and effects: who may do them, and when.
//!
//! A row is leased by a number that comes from one counter and never repeats. A row that is written anew has no number,
//! so whoever leased the old one settles nothing.

use diesel::sqlite::SqliteConnection;
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use ges_domain::callback::Callback;
use ges_domain::effect::{EffectId, Lane, Ordinal};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::time::Timestamp;
use ges_ports::{Backlog, Behind, Fate, Fault, Lease, Leased, Settlement};

use crate::documents::{
    self as columns, callback_blob, count, instant, micros, number, tenant_blob, whole,
};
use crate::fault::OrFault;
use crate::statements::run;
use crate::tables::{leases, outbox};

/// Removes a callback's timer.
pub(crate) fn clear_timer(conn: &mut SqliteConnection, callback: &Callback) -> Result<(), Fault> {
    let row = outbox::table.find((
        tenant_blob(callback.tenant),
        callback_blob(callback.id),
        whole(Ordinal::TIMER.number()),
    ));
    run(conn, diesel::delete(row))?;
    Ok(())
}

/// Adds an effect, or sets one anew, free of any lease.
pub(crate) fn add(
    conn: &mut SqliteConnection,
    callback: &Callback,
    ordinal: Ordinal,
    due_at: Timestamp,
    lane: Lane,
    effect: &str,
) -> Result<(), Fault> {
    let row = diesel::replace_into(outbox::table).values((
        outbox::tenant.eq(tenant_blob(callback.tenant)),
        outbox::callback.eq(callback_blob(callback.id)),
        outbox::ordinal.eq(whole(ordinal.number())),
        outbox::due_at.eq(micros(due_at)),
        outbox::lane.eq(i64::from(lane.number())),
        outbox::effect.eq(effect),
        outbox::tries.eq(0),
        outbox::lease.eq(None::<i64>),
        outbox::lease_owner.eq(None::<&str>),
        outbox::lease_until.eq(None::<i64>),
    ));
    run(conn, row)?;
    Ok(())
}

/// What is selected of a row that is leased.
type Due = (Vec<u8>, Vec<u8>, i64, i64, String, i64);

/// Leases what is due in a lane by a time; one step of a transaction.
pub(crate) fn lease(
    conn: &mut SqliteConnection,
    lane: Lane,
    by: Timestamp,
    wish: &Lease,
) -> Result<Vec<Leased>, Fault> {
    let now = micros(wish.now);
    let free = outbox::lease_until.is_null().or(outbox::lease_until.le(now));
    let due: Vec<Due> = outbox::table
        .filter(outbox::lane.eq(i64::from(lane.number())))
        .filter(outbox::due_at.le(micros(by)))
        .filter(free)
        .order((outbox::due_at, outbox::tenant, outbox::callback, outbox::ordinal))
        .limit(wish.limit.into())
        .select((
            outbox::tenant,
            outbox::callback,
            outbox::ordinal,
            outbox::due_at,
            outbox::effect,
            outbox::tries,
        ))
        .load(conn)
        .or_fault()?;
    // Looking for work that is not there writes nothing, so an idle node waits for no disk.
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let lease = next_lease(conn)?;
    let mut leased = Vec::new();
    for row in due {
        leased.extend(take(conn, wish, lease, row)?);
    }
    Ok(leased)
}

pub(crate) fn next_lease(conn: &mut SqliteConnection) -> Result<i64, Fault> {
    let more = diesel::update(leases::table).set(leases::last.eq(leases::last + 1));
    run(conn, more)?;
    leases::table.select(leases::last).get_result(conn).or_fault()
}

fn take(
    conn: &mut SqliteConnection,
    wish: &Lease,
    lease: i64,
    (tenant, callback, ordinal, due_at, effect, tries): Due,
) -> Result<Option<Leased>, Fault> {
    let id = EffectId {
        tenant: TenantId::new(columns::uuid("outbox", "tenant", &tenant)?),
        callback: CallbackId::new(columns::uuid("outbox", "callback", &callback)?),
        ordinal: Ordinal::new(number(ordinal)),
    };
    let mine = diesel::update(outbox::table.find((tenant, callback, ordinal))).set((
        outbox::tries.eq(outbox::tries + 1),
        outbox::lease.eq(lease),
        outbox::lease_owner.eq(wish.owner.as_str()),
        outbox::lease_until.eq(micros(wish.until)),
    ));
    run(conn, mine)?;
    // One that cannot be read spoils no other: it comes back when its lease lapses, and is told of each time.
    let effect = match columns::read("outbox", &effect) {
        Ok(effect) => effect,
        Err(fault) => {
            tracing::error!(tenant = %id.tenant, callback.id = %id.callback, error = ?fault.source,
                "an effect cannot be read and is not carried out");
            return Ok(None);
        }
    };
    Ok(Some(Leased {
        id,
        effect,
        due_at: instant("outbox", "due_at", due_at)?,
        tries: count("outbox", "tries", tries)?,
        lease: number(lease),
    }))
}

/// Which of these leases stand.
pub(crate) fn standing(
    conn: &mut SqliteConnection,
    leases: &[(EffectId, u64)],
) -> Result<Vec<bool>, Fault> {
    let stands = |(id, lease): &(EffectId, u64)| {
        let row = outbox::table
            .find((tenant_blob(id.tenant), callback_blob(id.callback), whole(id.ordinal.number())))
            .filter(outbox::lease.eq(whole(*lease)));
        diesel::select(diesel::dsl::exists(row)).get_result(&mut *conn).or_fault()
    };
    leases.iter().map(stands).collect()
}

/// Settles effects; one step of a transaction.
pub(crate) fn settle(conn: &mut SqliteConnection, settlements: &[Settlement]) -> Result<(), Fault> {
    for Settlement { id, lease, fate } in settlements {
        let row = outbox::table
            .find((tenant_blob(id.tenant), callback_blob(id.callback), whole(id.ordinal.number())))
            .filter(outbox::lease.eq(whole(*lease)));
        match fate {
            Fate::Done => run(conn, diesel::delete(row))?,
            Fate::Again(at) => {
                let again = diesel::update(row).set((
                    outbox::due_at.eq(micros(*at)),
                    outbox::lease.eq(None::<i64>),
                    outbox::lease_owner.eq(None::<&str>),
                    outbox::lease_until.eq(None::<i64>),
                ));
                run(conn, again)?;
            }
        }
    }
    Ok(())
}

/// How far behind the outbox is.
pub(crate) fn backlog(conn: &mut SqliteConnection, now: Timestamp) -> Result<Backlog, Fault> {
    let total: i64 = outbox::table.count().get_result(conn).or_fault()?;
    let mut backlog = Backlog { total: number(total), ..Backlog::default() };
    for lane in Lane::ALL {
        *backlog.of_mut(lane) = behind(conn, lane, now)?;
    }
    Ok(backlog)
}

fn behind(conn: &mut SqliteConnection, lane: Lane, now: Timestamp) -> Result<Behind, Fault> {
    let due = outbox::table
        .filter(outbox::lane.eq(i64::from(lane.number())))
        .filter(outbox::due_at.le(micros(now)));
    let count: i64 = due.count().get_result(conn).or_fault()?;
    let oldest: Option<i64> = due
        .order(outbox::due_at)
        .limit(1)
        .select(outbox::due_at)
        .get_result(conn)
        .optional()
        .or_fault()?;
    Ok(Behind {
        due: number(count),
        oldest_due_at: oldest.map(|at| instant("outbox", "due_at", at)).transpose()?,
    })
}
