//! Making a change, and the rows of a callback and its history.

use diesel::sqlite::SqliteConnection;
use diesel::{ExpressionMethods, QueryDsl};
use ges_domain::callback::{Callback, Change, Changed, Outcome, TimerChange};
use ges_domain::effect::Ordinal;
use ges_domain::event::Event;
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, ChangeError, Fault};

use crate::documents::{self as columns, Blob, callback_blob, micros, tenant_blob, whole};
use crate::statements::run;
use crate::tables::{callbacks, events};
use crate::{deliveries, outbox, publish, slots};

/// Makes one change, or answers what stands in its way; one step of a transaction.
pub(crate) fn make(
    conn: &mut SqliteConnection,
    aimed: &Aimed,
    now: Timestamp,
) -> Result<Outcome, ChangeError> {
    let refused = |refusal| Err(ChangeError::Refused(refusal));
    let (tenant, id) = (tenant_blob(aimed.tenant), callback_blob(aimed.callback));
    let Some(callback) = columns::find(conn, tenant, id)? else {
        return refused(Refusal::NoSuchCallback);
    };
    if aimed.expected.is_some_and(|expected| expected != callback.revision) {
        return refused(Refusal::Changed { now: callback.revision });
    }
    if let Change::Reschedule { to, .. } = &aimed.change
        && publish::revision(conn, aimed.tenant)? != to.under
    {
        return Err(ChangeError::CatalogueChanged);
    }
    let outcome = callback.apply(&aimed.change, now).map_err(ChangeError::Refused)?;
    if let Outcome::Changed(changed) = &outcome {
        store(conn, changed, now)?;
    }
    Ok(outcome)
}

/// Stores all that follows from a change.
fn store(
    conn: &mut SqliteConnection,
    changed: &Changed,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let callback = &changed.callback;
    let slot = |start| slots::Slot { tenant: callback.tenant, service: &callback.service, start };
    if let Some(claim) = &changed.claim {
        let wanted = slot(claim.start);
        let taken = wanted.taken(conn)?;
        let taken = claim.admit(taken).map_err(ChangeError::Refused)?;
        wanted.set(conn, taken, claim.limit)?;
    }
    if let Some(start) = changed.released {
        slot(start).give_back(conn)?;
    }
    Row::of(callback)?.update(conn)?;
    if let Some(event) = &changed.event {
        tell(conn, callback, event, &columns::write("events", event)?)?;
    }
    match &changed.timer {
        TimerChange::Keep => {}
        TimerChange::Clear => outbox::clear_timer(conn, callback)?,
        TimerChange::Set(timer) => {
            let effect = columns::write("outbox", &timer.effect)?;
            let lane = timer.effect.lane();
            outbox::add(conn, callback, Ordinal::TIMER, timer.at, lane, &effect)?;
        }
    }
    for (ordinal, effect) in changed.outbox() {
        let document = columns::write("outbox", effect)?;
        outbox::add(conn, callback, ordinal, now, effect.lane(), &document)?;
    }
    Ok(())
}

/// The answers to changes of which none was made.
pub(crate) fn nothing_made(count: usize, fault: &Fault) -> Vec<Result<Outcome, ChangeError>> {
    let again = || Fault::new(fault.peer, fault.kind, crate::fault::chain(fault));
    (0..count).map(|_| Err(ChangeError::Fault(again()))).collect()
}

/// A callback as its row: what is searched for as columns, all of it as a document.
pub(crate) struct Row {
    tenant: Blob,
    id: Blob,
    service: String,
    queue: String,
    phone: String,
    kind: &'static str,
    state: &'static str,
    reason: Option<String>,
    desired_at: i64,
    created_at: i64,
    completed_at: Option<i64>,
    slot_start: Option<i64>,
    document: String,
}

impl Row {
    /// The row of a callback.
    pub(crate) fn of(callback: &Callback) -> Result<Self, Fault> {
        Ok(Self {
            tenant: tenant_blob(callback.tenant),
            id: callback_blob(callback.id),
            service: callback.service.as_str().to_owned(),
            queue: callback.queue.as_str().to_owned(),
            phone: callback.phone.e164().to_owned(),
            kind: columns::kind(callback.kind),
            state: callback.state.as_str(),
            reason: callback.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            desired_at: micros(callback.desired_at),
            created_at: micros(callback.created_at),
            completed_at: callback.completed_at.map(micros),
            slot_start: callback.slot.map(micros),
            document: columns::write("callbacks", callback)?,
        })
    }

    /// Stores a new callback.
    pub(crate) fn insert(&self, conn: &mut SqliteConnection) -> Result<(), Fault> {
        let row = diesel::insert_into(callbacks::table).values((
            callbacks::tenant.eq(self.tenant),
            callbacks::id.eq(self.id),
            callbacks::service.eq(&self.service),
            callbacks::queue.eq(&self.queue),
            callbacks::phone.eq(&self.phone),
            callbacks::kind.eq(self.kind),
            callbacks::state.eq(self.state),
            callbacks::reason.eq(&self.reason),
            callbacks::desired_at.eq(self.desired_at),
            callbacks::created_at.eq(self.created_at),
            callbacks::completed_at.eq(self.completed_at),
            callbacks::slot_start.eq(self.slot_start),
            callbacks::document.eq(&self.document),
        ));
        run(conn, row)?;
        Ok(())
    }

    /// Stores a callback again; who owns it, its service and queue, and when it was made never change.
    pub(crate) fn update(&self, conn: &mut SqliteConnection) -> Result<(), Fault> {
        let row = callbacks::table.find((self.tenant, self.id));
        let new = diesel::update(row).set((
            callbacks::phone.eq(&self.phone),
            callbacks::kind.eq(self.kind),
            callbacks::state.eq(self.state),
            callbacks::reason.eq(&self.reason),
            callbacks::desired_at.eq(self.desired_at),
            callbacks::completed_at.eq(self.completed_at),
            callbacks::slot_start.eq(self.slot_start),
            callbacks::document.eq(&self.document),
        ));
        run(conn, new)?;
        Ok(())
    }
}

/// Adds a row to a callback's history, and tells those who listen.
pub(crate) fn tell(
    conn: &mut SqliteConnection,
    callback: &Callback,
    event: &Event,
    document: &str,
) -> Result<(), Fault> {
    let row = diesel::insert_into(events::table).values((
        events::tenant.eq(tenant_blob(callback.tenant)),
        events::callback.eq(callback_blob(callback.id)),
        events::revision.eq(whole(event.revision.number())),
        events::document.eq(document),
        events::at.eq(micros(event.at)),
    ));
    run(conn, row)?;
    deliveries::tell(conn, callback, event.revision, document)
}
