//! The store: its pools, and the ports that it keeps.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
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
    Effects, Erased, Fault, FaultKind, Gathered, Lease, Leased, Page, QueueCount, ReplaceError,
    Search, Settlement, Stirred,
};
use tokio::runtime::Handle;
use tracing::Instrument;

use crate::booking::Bookings;
use crate::cached::statement;
use crate::changes::Step;
use crate::changes::singles::Singles;
use crate::config::Config;
use crate::fault::PEER;
use crate::schema::{MigrateError, SchemaState};
use crate::session::{OpenError, Planning, Pool, Target};
use crate::settings::Book;
use crate::{catalogues, changes, outbox, reads, retention, schema};

/// Callbacks, outbox and catalogues in PostgreSQL.
///
/// A clone shares everything. [`Postgres::for_worker`] gives a worker reads of its own.
#[derive(Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
    reads: Pool,
}

struct Shared {
    target: Arc<Target>,
    book: Arc<Book>,
    config: Config,
    bookings: Bookings,
    singles: Singles,
    changes: Pool,
    dispatch: Pool,
    /// Where writes run: they are brought to their end there, also when their caller goes away.
    runtime: Handle,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("url", &self.shared.config.url).finish_non_exhaustive()
    }
}

#[derive(diesel::QueryableByName)]
struct Writable {
    #[diesel(sql_type = Bool)]
    writable: bool,
}

impl Postgres {
    /// Opens the store: reaches the database once and sees that it takes writes.
    ///
    /// Bookings and changes run on the runtime that this is called on, whoever asks for them.
    pub async fn connect(config: Config) -> Result<Self, OpenError> {
        let target = Arc::new(Target::new(&config, Planning::Free)?);
        let steady = Arc::new(Target::new(&config, Planning::Once)?);
        let session = target.connect().await?;
        let asked = "SELECT current_setting('transaction_read_only') = 'off' AS writable";
        let mut connection = session.connection();
        let answer: Writable =
            tokio::time::timeout(config.deadline(), statement(asked).get_result(&mut connection))
                .await
                .map_err(|_elapsed| OpenError::Late(config.deadline()))?
                .map_err(|error| OpenError::Unreachable(error.into()))?;
        if !answer.writable {
            return Err(OpenError::ReadOnly);
        }
        drop(session);
        let book = Arc::new(Book::default());
        let pool = |size: u16| Pool::new(&steady, &book, usize::from(size));
        let changes = pool(config.pools.changes.get());
        let shared = Shared {
            bookings: Bookings::start(pool(config.booking.connections.get()), &config),
            singles: Singles::start(changes.clone(), &config),
            changes,
            dispatch: pool(config.pools.dispatch.get()),
            runtime: Handle::current(),
            target: Arc::clone(&target),
            book: Arc::clone(&book),
            config,
        };
        let reads = usize::from(shared.config.pools.reads_per_worker.get());
        let reads = Pool::new(&target, &book, reads);
        Ok(Self { shared: Arc::new(shared), reads })
    }

    /// The same store with reads of its own, for one worker thread: its connections live on that worker's runtime and
    /// are shared with nobody, which is half again as fast as one pool for all.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        let size = shared.config.pools.reads_per_worker.get();
        let reads = Pool::new(&shared.target, &shared.book, usize::from(size));
        Self { shared, reads }
    }

    /// How the database's schema and this release go together.
    pub async fn schema(&self) -> Result<SchemaState, Fault> {
        schema::state(&self.reads).await
    }

    /// What time it is by the database's clock, somewhen between the call and its answer.
    pub async fn clock(&self) -> Result<Timestamp, Fault> {
        reads::clock(&self.reads).await
    }

    /// Makes the migrations that the database lacks, one node at a time, and answers their versions.
    ///
    /// Behind a pooler that hands out connections by transaction, give this a URL of the database itself.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        schema::migrate(&self.shared.target).await
    }

    pub(crate) fn reads(&self) -> &Pool {
        &self.reads
    }

    pub(crate) fn changes(&self) -> &Pool {
        &self.shared.changes
    }

    #[cfg(feature = "testing")]
    pub(crate) fn target(&self) -> &Target {
        &self.shared.target
    }

    /// Runs work to its end on the store's own runtime, whether its caller waits for it or not.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Fault> {
        let done = self.shared.runtime.spawn(work.in_current_span()).await;
        done.map_err(|broken_off| Fault::new(PEER, FaultKind::TimedOut, broken_off))
    }
}

#[async_trait]
impl Callbacks for Postgres {
    #[tracing::instrument(name = "store.book", skip_all)]
    async fn book(&self, booking: &Booking) -> Result<Booked, BookError> {
        self.shared.bookings.book(booking).await
    }

    #[tracing::instrument(name = "store.recall", skip_all)]
    async fn recall(
        &self,
        tenant: TenantId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Earlier>, Fault> {
        reads::recall(&self.reads, tenant, key, now).await
    }

    #[tracing::instrument(name = "store.change_each", skip_all, fields(changes = changes.len()))]
    async fn change_each(
        &self,
        changes: &[Aimed],
        now: Timestamp,
    ) -> Vec<Result<Outcome, ChangeError>> {
        let pool = self.shared.changes.clone();
        let mine: Vec<Step> =
            changes.iter().map(|aimed| Step { aimed: aimed.clone(), now }).collect();
        let made = self.to_its_end(async move { changes::change_each(&pool, &mine).await });
        match made.await {
            Ok(answers) => answers,
            Err(_broken_off) => {
                let broken_off = || Fault::new(PEER, FaultKind::TimedOut, "the store went away");
                changes.iter().map(|_| Err(broken_off().into())).collect()
            }
        }
    }

    #[tracing::instrument(name = "store.change", skip_all)]
    async fn change(&self, change: Aimed, now: Timestamp) -> Result<Outcome, ChangeError> {
        self.shared.singles.change(change, now).await
    }

    #[tracing::instrument(name = "store.find", skip_all)]
    async fn find(&self, tenant: TenantId, id: CallbackId) -> Result<Option<Callback>, Fault> {
        reads::find(&self.reads, tenant, id).await
    }

    #[tracing::instrument(name = "store.find_each", skip_all, fields(callbacks = ids.len()))]
    async fn find_each(
        &self,
        ids: &[(TenantId, CallbackId)],
    ) -> Result<Vec<Option<Callback>>, Fault> {
        reads::find_each(&self.reads, ids).await
    }

    #[tracing::instrument(name = "store.history", skip_all)]
    async fn history(&self, tenant: TenantId, id: CallbackId) -> Result<Vec<Event>, Fault> {
        reads::history(&self.reads, tenant, id).await
    }

    #[tracing::instrument(name = "store.stirred", skip_all)]
    async fn stirred(
        &self,
        tenants: &[TenantId],
        since: Timestamp,
        limit: u16,
    ) -> Result<Vec<Stirred>, Fault> {
        reads::stirred(&self.reads, tenants, since, limit).await
    }

    #[tracing::instrument(name = "store.search", skip_all)]
    async fn search(&self, tenant: TenantId, search: &Search) -> Result<Page, Fault> {
        reads::page(&self.reads, tenant, search).await
    }

    #[tracing::instrument(name = "store.count", skip_all)]
    async fn count(&self, tenant: TenantId, search: &Search, most: u32) -> Result<u32, Fault> {
        reads::count(&self.reads, tenant, search, most).await
    }

    #[tracing::instrument(name = "store.taken", skip_all)]
    async fn taken(
        &self,
        tenant: TenantId,
        service: &ServiceName,
        window: Window,
    ) -> Result<Vec<(Timestamp, u32)>, Fault> {
        reads::taken(&self.reads, tenant, service, window).await
    }

    #[tracing::instrument(name = "store.counts", skip_all)]
    async fn counts(
        &self,
        tenant: TenantId,
        marks: &[Timestamp],
    ) -> Result<Vec<QueueCount>, Fault> {
        reads::counts(&self.reads, tenant, marks).await
    }

    #[tracing::instrument(name = "store.purge", skip_all)]
    async fn purge(
        &self,
        tenant: TenantId,
        completed_before: Timestamp,
        limit: u16,
    ) -> Result<u32, Fault> {
        retention::purge(&self.shared.changes, tenant, completed_before, limit).await
    }

    #[tracing::instrument(name = "store.erase", skip_all)]
    async fn erase(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        limit: u16,
    ) -> Result<Erased, Fault> {
        retention::erase(&self.shared.changes, tenant, phone, limit).await
    }

    #[tracing::instrument(name = "store.gather", skip_all)]
    async fn gather(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        after: Option<Cursor>,
        limit: u16,
    ) -> Result<Gathered, Fault> {
        retention::gather(&self.reads, tenant, phone, after, limit).await
    }
}

#[async_trait]
impl Effects for Postgres {
    #[tracing::instrument(name = "store.lease", skip_all)]
    async fn lease(&self, lane: Lane, by: Timestamp, wish: &Lease) -> Result<Vec<Leased>, Fault> {
        outbox::lease(&self.shared.dispatch, lane, by, wish).await
    }

    async fn standing(&self, leases: &[(EffectId, u64)]) -> Result<Vec<bool>, Fault> {
        outbox::standing(&self.shared.dispatch, leases).await
    }

    #[tracing::instrument(name = "store.settle", skip_all, fields(settlements = settlements.len()))]
    async fn settle(&self, settlements: &[Settlement]) -> Result<(), Fault> {
        outbox::settle(&self.shared.dispatch, settlements).await
    }

    #[tracing::instrument(name = "store.backlog", skip_all)]
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, Fault> {
        outbox::backlog(&self.shared.dispatch, now).await
    }
}

#[async_trait]
impl Catalogues for Postgres {
    #[tracing::instrument(name = "store.tenants", skip_all)]
    async fn tenants(&self) -> Result<Vec<TenantId>, Fault> {
        catalogues::tenants(&self.reads).await
    }

    #[tracing::instrument(name = "store.load", skip_all)]
    async fn load(&self, tenant: TenantId) -> Result<Option<Catalogue>, Fault> {
        catalogues::load(&self.reads, tenant).await
    }

    #[tracing::instrument(name = "store.revision", skip_all)]
    async fn revision(&self, tenant: TenantId) -> Result<Revision, Fault> {
        catalogues::revision(&self.reads, tenant).await
    }

    #[tracing::instrument(name = "store.replace", skip_all)]
    async fn replace(&self, next: &Catalogue) -> Result<(), ReplaceError> {
        let (pool, next) = (self.shared.changes.clone(), next.clone());
        self.to_its_end(async move { catalogues::replace(&pool, &next).await }).await?
    }
}
