//! How many places of a slot are taken.
//!
//! The writer is alone, so what it reads still holds when it writes; the table's CHECK is the backstop.

use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use ges_domain::id::TenantId;
use ges_domain::name::ServiceName;
use ges_domain::time::Timestamp;
use ges_ports::Fault;

use crate::documents::{count, micros, tenant_blob};
use crate::fault::OrFault;
use crate::statements::run;
use crate::tables::slots;

/// A slot by its key.
#[derive(Clone, Copy)]
pub(crate) struct Slot<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) service: &'a ServiceName,
    pub(crate) start: Timestamp,
}

impl Slot<'_> {
    /// The places taken.
    pub(crate) fn taken(self, conn: &mut SqliteConnection) -> Result<u32, Fault> {
        let query = slots::table
            .filter(slots::tenant.eq(tenant_blob(self.tenant)))
            .filter(slots::service.eq(self.service.as_str()))
            .filter(slots::start.eq(micros(self.start)))
            .select(slots::taken);
        let taken: Option<i64> = query.get_result(conn).optional().or_fault()?;
        count("slots", "taken", taken.unwrap_or(0))
    }

    /// Writes the places taken, and the most that the slot may hold.
    pub(crate) fn set(
        self,
        conn: &mut SqliteConnection,
        taken: u32,
        ceiling: u32,
    ) -> Result<(), Fault> {
        let row = diesel::replace_into(slots::table).values((
            slots::tenant.eq(tenant_blob(self.tenant)),
            slots::service.eq(self.service.as_str()),
            slots::start.eq(micros(self.start)),
            slots::taken.eq(i64::from(taken)),
            slots::ceiling.eq(i64::from(ceiling)),
        ));
        run(conn, row)?;
        Ok(())
    }

    /// Gives one place back.
    ///
    /// A count that is nothing already stays so: no customer is kept from cancelling by our book-keeping.
    pub(crate) fn give_back(self, conn: &mut SqliteConnection) -> Result<(), Fault> {
        let rows = slots::table
            .filter(slots::tenant.eq(tenant_blob(self.tenant)))
            .filter(slots::service.eq(self.service.as_str()))
            .filter(slots::start.eq(micros(self.start)))
            .filter(slots::taken.gt(0));
        let less = diesel::update(rows).set(slots::taken.eq(slots::taken - 1));
        run(conn, less)?;
        Ok(())
    }
}
