//! Making a booking.

use diesel::sql_types::BigInt;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, RunQueryDsl,
    SqliteConnection, sql_query,
};
use ges_domain::booking::{Booking, Fingerprint, IdempotencyKey, KEY_KEPT, Load};
use ges_domain::callback::Kind;
use ges_domain::effect::Ordinal;
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ports::{BookError, Booked, Earlier, Fault};

use crate::change::{self, Row};
use crate::documents::{self as columns, callback_blob, micros, tenant_blob};
use crate::fault::{OrFault, Trouble};
use crate::statements::run;
use crate::tables::{callbacks, keys};
use crate::{outbox, publish, slots};

/// Forgets a few old keys with each new one: more than come, so that none stay for ever.
///
/// The limit is part of the text, because SQLite prepares a statement anew whenever a limit is bound to it.
const FORGET: &str = "DELETE FROM keys WHERE (tenant, key) IN \
    (SELECT tenant, key FROM keys WHERE created_at < ? ORDER BY created_at LIMIT 4)";

/// A booking with its documents, which are made before the writer is asked: it has better to do.
pub(crate) struct Made {
    booking: Booking,
    row: Row,
    event: String,
    effect: String,
}

impl Made {
    /// A booking made ready to be stored.
    pub(crate) fn of(booking: &Booking) -> Result<Self, Fault> {
        Ok(Self {
            row: Row::of(&booking.callback)?,
            event: columns::write("events", &booking.event)?,
            effect: columns::write("outbox", &booking.timer.effect)?,
            booking: booking.clone(),
        })
    }

    /// Makes the booking, or answers what stands in its way; one step of a transaction.
    pub(crate) fn book(&self, conn: &mut SqliteConnection) -> Result<Booked, BookError> {
        let Self { booking, row, event, effect } = self;
        let callback = &booking.callback;
        let (tenant, now) = (callback.tenant, callback.created_at);
        if let Some((key, _)) = &booking.key
            && let Some(earlier) = earlier(conn, tenant, key, now)?
        {
            let recalled = booking.recall(earlier.fingerprint, earlier.callback);
            return recalled.map(Booked::Replayed).map_err(BookError::Refused);
        }
        if publish::revision(conn, tenant)? != booking.service_revision {
            return Err(BookError::CatalogueChanged);
        }
        let load = load(conn, booking)?;
        booking.decide(&load).map_err(BookError::Refused)?;
        if let Some(claim) = &booking.claim {
            let slot = slots::Slot { tenant, service: &callback.service, start: claim.start };
            slot.set(conn, load.slot_taken + 1, claim.limit)?;
        }
        row.insert(conn)?;
        change::tell(conn, callback, &booking.event, event)?;
        let lane = booking.timer.effect.lane();
        outbox::add(conn, callback, Ordinal::TIMER, booking.timer.at, lane, effect)?;
        if let Some((key, fingerprint)) = &booking.key {
            remember(conn, booking, key, fingerprint)?;
        }
        Ok(Booked::New(callback.clone()))
    }
}

/// The booking under a key that is still kept at `now`.
pub(crate) fn earlier(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Earlier>, Fault> {
    let query = keys::table
        .inner_join(
            callbacks::table
                .on(callbacks::tenant.eq(keys::tenant).and(callbacks::id.eq(keys::callback))),
        )
        .filter(keys::tenant.eq(tenant_blob(tenant)))
        .filter(keys::key.eq(key.as_str()))
        .filter(keys::created_at.ge(oldest_kept(now)))
        .select((keys::fingerprint, callbacks::document));
    let found: Option<(Vec<u8>, String)> = query.get_result(conn).optional().or_fault()?;
    let Some((fingerprint, document)) = found else { return Ok(None) };
    let bytes: [u8; 32] = fingerprint
        .try_into()
        .map_err(|_other_length| Trouble::Row { table: "keys", part: "fingerprint" })?;
    let callback = columns::read("callbacks", &document)?;
    Ok(Some(Earlier { fingerprint: Fingerprint::from_bytes(bytes), callback }))
}

fn oldest_kept(now: Timestamp) -> i64 {
    micros(now.saturating_sub(KEY_KEPT).unwrap_or(Timestamp::MIN))
}

/// What the domain wants to know; what it does not ask for is not counted.
fn load(conn: &mut SqliteConnection, booking: &Booking) -> Result<Load, Fault> {
    let callback = &booking.callback;
    let tenant = callback.tenant;
    let slot_taken = match &booking.claim {
        Some(claim) => {
            slots::Slot { tenant, service: &callback.service, start: claim.start }.taken(conn)?
        }
        None => 0,
    };
    let open = callbacks::table
        .filter(callbacks::tenant.eq(tenant_blob(tenant)))
        .filter(callbacks::service.eq(callback.service.as_str()))
        .filter(callbacks::completed_at.is_null());
    let open_of_number = match booking.number_limit() {
        Some(_) => {
            let query = open.filter(callbacks::phone.eq(callback.phone.e164())).count();
            columns::count("callbacks", "count", query.get_result(conn).or_fault()?)?
        }
        None => 0,
    };
    let waiting = match callback.kind {
        // Few enough to count: there are never many more than the service allows.
        Kind::Immediate => {
            let query = open.filter(callbacks::kind.eq(columns::kind(Kind::Immediate))).count();
            columns::count("callbacks", "count", query.get_result(conn).or_fault()?)?
        }
        Kind::Scheduled => 0,
    };
    Ok(Load { slot_taken, open_of_number, waiting })
}

/// Keeps the key with its booking, in the place of one whose time is over, and forgets a few old ones.
fn remember(
    conn: &mut SqliteConnection,
    booking: &Booking,
    key: &IdempotencyKey,
    fingerprint: &Fingerprint,
) -> Result<(), Fault> {
    let callback = &booking.callback;
    let forget = sql_query(FORGET).bind::<BigInt, _>(oldest_kept(callback.created_at));
    run(conn, forget)?;
    let keep = diesel::replace_into(keys::table).values((
        keys::tenant.eq(tenant_blob(callback.tenant)),
        keys::key.eq(key.as_str()),
        keys::fingerprint.eq(fingerprint.bytes().as_slice()),
        keys::callback.eq(callback_blob(callback.id)),
        keys::created_at.eq(micros(callback.created_at)),
    ));
    run(conn, keep)?;
    Ok(())
}
