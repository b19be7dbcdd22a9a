//! Catalogues, and the slots that move when one is replaced.

use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use ges_domain::callback::Callback;
use ges_domain::catalogue::Catalogue;
use ges_domain::id::{Revision, TenantId};
use ges_domain::offer;
use ges_domain::service::Service;
use ges_ports::{Fault, ReplaceError};

use crate::change::Row;
use crate::documents::{self as columns, instant, number, tenant_blob, whole};
use crate::fault::OrFault;
use crate::slots::Slot;
use crate::statements::run;
use crate::tables::{callbacks, catalogues};

/// The tenants that have a catalogue.
pub(crate) fn tenants(conn: &mut SqliteConnection) -> Result<Vec<TenantId>, Fault> {
    let tenants: Vec<Vec<u8>> = catalogues::table
        .order(catalogues::tenant)
        .select(catalogues::tenant)
        .load(conn)
        .or_fault()?;
    let read = |bytes: &Vec<u8>| columns::uuid("catalogues", "tenant", bytes).map(TenantId::new);
    tenants.iter().map(read).collect()
}

/// A tenant's catalogue.
pub(crate) fn load(
    conn: &mut SqliteConnection,
    tenant: TenantId,
) -> Result<Option<Catalogue>, Fault> {
    let document: Option<String> = catalogues::table
        .find(tenant_blob(tenant))
        .select(catalogues::document)
        .get_result(conn)
        .optional()
        .or_fault()?;
    document.map(|document| columns::read("catalogues", &document)).transpose()
}

/// The revision of a tenant's catalogue.
pub(crate) fn revision(conn: &mut SqliteConnection, tenant: TenantId) -> Result<Revision, Fault> {
    let revision: Option<i64> = catalogues::table
        .find(tenant_blob(tenant))
        .select(catalogues::revision)
        .get_result(conn)
        .optional()
        .or_fault()?;
    Ok(revision.map_or(Revision::NONE, |revision| Revision::new(number(revision))))
}

/// Replaces a catalogue and moves bookings into the slots that now hold them; one step of a transaction.
pub(crate) fn replace(conn: &mut SqliteConnection, next: &Catalogue) -> Result<(), ReplaceError> {
    let before = load(conn, next.tenant)?.unwrap_or_else(|| Catalogue::empty(next.tenant));
    if before.revision.next() != next.revision {
        return Err(ReplaceError::Changed { now: before.revision });
    }
    let row = diesel::replace_into(catalogues::table).values((
        catalogues::tenant.eq(tenant_blob(next.tenant)),
        catalogues::revision.eq(whole(next.revision.number())),
        catalogues::document.eq(columns::write("catalogues", next)?),
    ));
    run(conn, row)?;
    for name in next.moved_slots(&before) {
        if let Some(service) = next.service(&name) {
            move_bookings(conn, &service)?;
        }
    }
    Ok(())
}

/// Moves each open booking of a service into the slot that now contains its desired time.
fn move_bookings(conn: &mut SqliteConnection, service: &Service) -> Result<(), Fault> {
    let rows: Vec<(Vec<u8>, i64, Option<i64>)> = callbacks::table
        .filter(callbacks::tenant.eq(tenant_blob(service.tenant)))
        .filter(callbacks::service.eq(service.name.as_str()))
        .filter(callbacks::completed_at.is_null())
        .filter(callbacks::slot_start.is_not_null())
        .select((callbacks::id, callbacks::desired_at, callbacks::slot_start))
        .load(conn)
        .or_fault()?;
    for (id, desired_at, start) in rows {
        let desired_at = instant("callbacks", "desired_at", desired_at)?;
        let Some(slot) = offer::slot_at(&service.hours, &service.plan, desired_at) else {
            continue;
        };
        let id = columns::uuid("callbacks", "id", &id)?.into_bytes();
        if start != Some(columns::micros(slot.start))
            && let Some(callback) = columns::find(conn, tenant_blob(service.tenant), id)?
        {
            move_booking(conn, &callback, slot)?;
        }
    }
    Ok(())
}

fn move_booking(
    conn: &mut SqliteConnection,
    callback: &Callback,
    to: offer::Slot,
) -> Result<(), Fault> {
    let key = |start| Slot { tenant: callback.tenant, service: &callback.service, start };
    if let Some(start) = callback.slot {
        key(start).give_back(conn)?;
    }
    // Nobody loses a booking to a publication, so a slot may hold more than its places.
    let taken = key(to.start).taken(conn)? + 1;
    key(to.start).set(conn, taken, to.total.max(taken))?;
    Row::of(&Callback { slot: Some(to.start), ..callback.clone() })?.update(conn)
}
