//! The store: its file, its writer and its readers; and the ports it keeps.

use std::path::Path;

use async_trait::async_trait;
use diesel::sqlite::SqliteConnection;
use ges_domain::booking::{Booking, IdempotencyKey};
use ges_domain::callback::{Callback, Outcome};
use ges_domain::catalogue::Catalogue;
use ges_domain::effect::{EffectId, Lane};
use ges_domain::event::Event;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::ServiceName;
use ges_domain::phone::PhoneNumber;
use ges_domain::time::{Timestamp, Window};
use ges_ports::{
    Aimed, Backlog, BookError, Booked, Callbacks, Catalogues, ChangeError, Cursor, Earlier,
    Effects, Erased, Fault, Gathered, Lease, Leased, Page, QueueCount, ReplaceError, Search,
    Settlement, Stirred,
};

use crate::open::{Config, OpenError, Place};
use crate::readers::Readers;
use crate::schema::SchemaState;
use crate::writer::Writer;
use crate::{book, change, find, outbox, publish, retention, schema, search};

/// Calls that may wait for a store in memory; tests of crowds are its only users.
const MEMORY_QUEUE: usize = 4096;

/// The storage ports on SQLite.
///
/// Dropping it finishes what was taken on and closes the file; it blocks for that long.
pub struct Embedded {
    // Before the writer: the last connection to close folds the log into the file.
    readers: Option<Readers>,
    writer: Writer,
}

impl Embedded {
    /// Opens the store of a file; makes the file and its schema where they are missing.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        let Config { path, synchronous, queue, batch, readers } = config;
        let place = Place::file(&path, synchronous)?;
        Self::at(&place, queue, batch, readers)
    }

    /// How the file of a store stands to this release; makes and changes nothing.
    pub fn schema(path: &Path) -> Result<SchemaState, OpenError> {
        match Place::known(path)?.reader()? {
            Some(mut conn) => schema::state(&mut conn),
            None => Ok(SchemaState::Unmade),
        }
    }

    /// A store in memory, for tests: everything ends with it.
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::at(&Place::Memory, MEMORY_QUEUE, 128, 0)
    }

    fn at(place: &Place, queue: usize, batch: usize, readers: usize) -> Result<Self, OpenError> {
        let mut conn = place.writer()?;
        schema::migrate(&mut conn)?;
        let mut conns = Vec::new();
        for _ in 0..readers.max(1) {
            conns.extend(place.reader()?);
        }
        let readers = if conns.is_empty() { None } else { Some(Readers::start(conns, queue)?) };
        Ok(Self { readers, writer: Writer::start(conn, queue, batch)? })
    }

    /// The thread that writes.
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Looks at what is committed.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        mut look: impl FnMut(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        match &self.readers {
            Some(readers) => readers.ask(look).await,
            None => self.writer.ask(move |session| look(session.conn())).await?,
        }
    }
}

#[async_trait]
impl Callbacks for Embedded {
    #[tracing::instrument(name = "store.book", skip_all)]
    async fn book(&self, booking: &Booking) -> Result<Booked, BookError> {
        let made = book::Made::of(booking)?;
        self.writer.ask(move |session| session.step(|conn| made.book(conn))).await?
    }

    #[tracing::instrument(name = "store.recall", skip_all)]
    async fn recall(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Earlier>, Fault> {
        let key = key.clone();
        self.look(move |conn| book::earlier(conn, tenant, &key, now)).await
    }

    #[tracing::instrument(name = "store.change", skip_all)]
    async fn change_each(
        &self,
        changes: &[Aimed],
        now: Timestamp,
    ) -> Vec<Result<Outcome, ChangeError>> {
        if changes.is_empty() {
            return Vec::new();
        }
        let aimed = changes.to_vec();
        let each = move |session: &mut crate::batch::Session| {
            let make = |aimed| session.step(|conn| change::make(conn, aimed, now));
            aimed.iter().map(make).collect()
        };
        match self.writer.ask(each).await {
            Ok(answers) => answers,
            Err(fault) => change::nothing_made(changes.len(), &fault),
        }
    }

    #[tracing::instrument(name = "store.find", skip_all)]
    async fn find(&self, tenant: TenantId, id: CallbackId) -> Result<Option<Callback>, Fault> {
        self.look(move |conn| find::callback(conn, tenant, id)).await
    }

    #[tracing::instrument(name = "store.find_each", skip_all)]
    async fn find_each(
        &self,
        ids: &[(TenantId, CallbackId)],
    ) -> Result<Vec<Option<Callback>>, Fault> {
        let ids = ids.to_vec();
        self.look(move |conn| {
            ids.iter().map(|(tenant, id)| find::callback(conn, *tenant, *id)).collect()
        })
        .await
    }

    #[tracing::instrument(name = "store.history", skip_all)]
    async fn history(&self, tenant: TenantId, id: CallbackId) -> Result<Vec<Event>, Fault> {
        self.look(move |conn| find::history(conn, tenant, id)).await
    }

    #[tracing::instrument(name = "store.stirred", skip_all)]
    async fn stirred(
        &self,
        tenants: &[TenantId],
        since: Timestamp,
        limit: u16,
    ) -> Result<Vec<Stirred>, Fault> {
        let tenants = tenants.to_vec();
        self.look(move |conn| find::stirred(conn, &tenants, since, limit)).await
    }

    #[tracing::instrument(name = "store.search", skip_all)]
    async fn search(&self, tenant: TenantId, search: &Search) -> Result<Page, Fault> {
        let search = search.clone();
        self.look(move |conn| search::page(conn, tenant, &search)).await
    }

    #[tracing::instrument(name = "store.count", skip_all)]
    async fn count(&self, tenant: TenantId, search: &Search, most: u32) -> Result<u32, Fault> {
        let search = search.clone();
        self.look(move |conn| search::count(conn, tenant, &search, most)).await
    }

    #[tracing::instrument(name = "store.taken", skip_all)]
    async fn taken(
        &self,
        tenant: TenantId,
        service: &ServiceName,
        window: Window,
    ) -> Result<Vec<(Timestamp, u32)>, Fault> {
        let service = service.clone();
        self.look(move |conn| find::taken(conn, tenant, &service, window)).await
    }

    #[tracing::instrument(name = "store.counts", skip_all)]
    async fn counts(
        &self,
        tenant: TenantId,
        marks: &[Timestamp],
    ) -> Result<Vec<QueueCount>, Fault> {
        let marks = marks.to_vec();
        self.look(move |conn| find::counts(conn, tenant, &marks)).await
    }

    #[tracing::instrument(name = "store.purge", skip_all)]
    async fn purge(
        &self,
        tenant: TenantId,
        completed_before: Timestamp,
        limit: u16,
    ) -> Result<u32, Fault> {
        let purge = move |conn: &mut _| retention::purge(conn, tenant, completed_before, limit);
        self.writer.ask(move |session| session.step(purge)).await?
    }

    #[tracing::instrument(name = "store.erase", skip_all)]
    async fn erase(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        limit: u16,
    ) -> Result<Erased, Fault> {
        let phone = phone.clone();
        let erase = move |conn: &mut _| retention::erase(conn, tenant, &phone, limit);
        self.writer.ask(move |session| session.step(&erase)).await?
    }

    #[tracing::instrument(name = "store.gather", skip_all)]
    async fn gather(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        after: Option<Cursor>,
        limit: u16,
    ) -> Result<Gathered, Fault> {
        let phone = phone.clone();
        self.look(move |conn| retention::gather(conn, tenant, &phone, after, limit)).await
    }
}

#[async_trait]
impl Effects for Embedded {
    #[tracing::instrument(name = "store.lease", skip_all)]
    async fn lease(&self, lane: Lane, by: Timestamp, wish: &Lease) -> Result<Vec<Leased>, Fault> {
        let wish = wish.clone();
        self.writer
            .ask(move |session| session.step(|conn| outbox::lease(conn, lane, by, &wish)))
            .await?
    }

    async fn standing(&self, leases: &[(EffectId, u64)]) -> Result<Vec<bool>, Fault> {
        let leases = leases.to_vec();
        self.look(move |conn| outbox::standing(conn, &leases)).await
    }

    #[tracing::instrument(name = "store.settle", skip_all)]
    async fn settle(&self, settlements: &[Settlement]) -> Result<(), Fault> {
        if settlements.is_empty() {
            return Ok(());
        }
        let settlements = settlements.to_vec();
        self.writer
            .ask(move |session| session.step(|conn| outbox::settle(conn, &settlements)))
            .await?
    }

    #[tracing::instrument(name = "store.backlog", skip_all)]
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, Fault> {
        self.look(move |conn| outbox::backlog(conn, now)).await
    }
}

#[async_trait]
impl Catalogues for Embedded {
    #[tracing::instrument(name = "store.tenants", skip_all)]
    async fn tenants(&self) -> Result<Vec<TenantId>, Fault> {
        self.look(publish::tenants).await
    }

    #[tracing::instrument(name = "store.load", skip_all)]
    async fn load(&self, tenant: TenantId) -> Result<Option<Catalogue>, Fault> {
        self.look(move |conn| publish::load(conn, tenant)).await
    }

    #[tracing::instrument(name = "store.revision", skip_all)]
    async fn revision(&self, tenant: TenantId) -> Result<Revision, Fault> {
        self.look(move |conn| publish::revision(conn, tenant)).await
    }

    #[tracing::instrument(name = "store.replace", skip_all)]
    async fn replace(&self, next: &Catalogue) -> Result<(), ReplaceError> {
        let next = next.clone();
        self.writer.ask(move |session| session.step(|conn| publish::replace(conn, &next))).await?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use diesel::connection::SimpleConnection;
    use ges_contracts::World;
    use ges_contracts::desk::Desk;
    use ges_contracts::given::{SALES, after_secs, now, slot};
    use ges_domain::callback::{Details, UserData};
    use ges_ports::FaultKind;

    use super::*;
    use crate::fault::OrFault;

    async fn execute(store: &Embedded, sql: &'static str) {
        let run =
            move |session: &mut crate::batch::Session| session.conn().batch_execute(sql).or_fault();
        store.writer.ask(run).await.unwrap().unwrap();
    }

    /// A booking that needs eight pages.
    fn large(desk: &Desk, number: u32) -> Booking {
        let text = format!("\"{}\"", "x".repeat(30_000));
        let user_data = UserData::new([(String::from("text"), text)]).unwrap();
        let details = Details { user_data, ..Details::default() };
        desk.plan(SALES, number, Some(slot(0)), details, now())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_loses_nothing_that_was_answered() {
        let store = Arc::new(Embedded::in_memory().unwrap());
        let world = World::of(Arc::clone(&store));
        let desk = Arc::new(Desk::set(world, |settings| settings.capacity_per_slot = 1000).await);
        execute(&store, "PRAGMA max_page_count = 200").await;
        let calls: Vec<_> = (0..64)
            .map(|number| {
                let desk = Arc::clone(&desk);
                tokio::spawn(async move {
                    let booking = large(&desk, number);
                    (booking.callback.id, desk.world.callbacks.book(&booking).await)
                })
            })
            .collect();
        let mut made = 0;
        for call in calls {
            let (id, answer) = call.await.unwrap();
            let found = store.find(desk.tenant, id).await.unwrap();
            match answer {
                Ok(booked) => assert_eq!(found.as_ref(), Some(booked.callback())),
                Err(BookError::Fault(fault)) => {
                    assert_eq!((fault.kind, found), (FaultKind::Unavailable, None));
                    continue;
                }
                Err(other) => panic!("neither booked nor a fault: {other:?}"),
            }
            made += 1;
        }
        assert!((1..64).contains(&made), "{made} of 64 fit");
        assert_eq!(desk.taken().await, [(slot(0), made)]);
        execute(&store, "PRAGMA max_page_count = 100000").await;
        desk.book(&large(&desk, 99)).await;
        assert_eq!(desk.taken().await, [(slot(0), made + 1)]);
        let backlog = store.backlog(after_secs(0)).await.unwrap();
        assert_eq!(backlog.total, u64::from(made) + 1);
    }
}
