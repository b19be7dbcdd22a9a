//! One connection to the database, and the pool that lends it.
//!
//! A connection is lent only if it is alive and clean: one whose call was dropped or failed in the middle of a
//! transaction is closed, and the database undoes what it had begun.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use diesel::QueryResult;
use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::cached::{Cached, statement};
use crate::config::Config;
use crate::fault::{Failure, Phase, Reach};
use crate::settings::Book;
use crate::tls;

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The password file cannot be read.
    #[error("the password file {} cannot be read", file.display())]
    Password {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of trusted authorities cannot be read or holds none.
    #[error("no certificate of an authority can be read from {}", file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// Encryption cannot be set up.
    #[error("encryption cannot be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database did not answer, or turned us away.
    #[error("the database cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It did not answer in time.
    #[error("the database does not answer within {0:?}")]
    Late(Duration),
    /// It answers, but takes no writes.
    #[error(
        "the database is read-only; name its primary, or add target_session_attrs=read-write to the URL"
    )]
    ReadOnly,
}

/// How the database plans the statements of a connection that are kept prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// As it sees fit: searches differ in what they ask for.
    Free,
    /// Once for all values: each statement has one good plan, and to plan it costs more than to run it.
    Once,
}

/// How connections are made and what each one is told first.
pub(crate) struct Target {
    driver: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    connect_timeout: Duration,
    acquire_timeout: Duration,
    deadline: Duration,
    prepared: bool,
    begin: String,
    begin_read: String,
}

impl Target {
    pub(crate) fn new(config: &Config, planning: Planning) -> Result<Self, OpenError> {
        let mut driver = config.url.parsed().clone();
        if let Some(file) = &config.password_file {
            let password = std::fs::read_to_string(file)
                .map_err(|source| OpenError::Password { file: file.clone(), source })?;
            driver.password(password.trim_end_matches(['\r', '\n']));
        }
        if driver.get_application_name().is_none() {
            driver.application_name("ges");
        }
        driver.connect_timeout(config.connect_timeout());
        // A peer that is gone without a word is noticed by the unanswered packet, not by the next call's deadline.
        driver.tcp_user_timeout(config.deadline());
        driver.keepalives_idle(Duration::from_secs(30));
        let settings = settings(config, planning);
        let mut local = String::new();
        if config.prepared_statements {
            let given = driver.get_options().unwrap_or_default().to_owned();
            let given = Some(given).filter(|given| !given.is_empty());
            let ours = settings.iter().map(|(name, value)| format!("-c {name}={value}"));
            driver.options(given.into_iter().chain(ours).collect::<Vec<_>>().join(" "));
        } else {
            // A pooler may give every transaction another connection, so each is told anew.
            let told = settings.iter().map(|(name, value)| format!("SET LOCAL {name} = '{value}'"));
            local = format!("; {}", told.collect::<Vec<_>>().join("; "));
        }
        Ok(Self {
            driver,
            tls: tls::connector(&config.tls, config.url.tls_mode())?,
            connect_timeout: config.connect_timeout(),
            acquire_timeout: config.acquire_timeout(),
            deadline: config.deadline(),
            prepared: config.prepared_statements,
            // Said, because a database may have another default, and what is read under a lock must be what stands.
            begin: format!("BEGIN ISOLATION LEVEL READ COMMITTED{local}"),
            begin_read: format!("BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY{local}"),
        })
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Result<Session, OpenError> {
        let connected = tokio::time::timeout(self.connect_timeout, self.open()).await;
        connected.map_err(|_elapsed| OpenError::Late(self.connect_timeout))?
    }

    async fn open(&self) -> Result<Session, OpenError> {
        let connected = self.driver.connect(self.tls.clone()).await;
        let (client, connection) =
            connected.map_err(|error| OpenError::Unreachable(error.into()))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "a connection to the database ended");
            }
        });
        // In one transaction, so that a pooler does not spread the driver's own preparations over two connections.
        let unreachable = |error: tokio_postgres::Error| OpenError::Unreachable(error.into());
        client.batch_execute("BEGIN").await.map_err(unreachable)?;
        let connection = AsyncPgConnection::try_from(client).await;
        let mut connection = connection.map_err(|error| OpenError::Unreachable(error.into()))?;
        let ended = SimpleAsyncConnection::batch_execute(&mut connection, "COMMIT").await;
        ended.map_err(|error| OpenError::Unreachable(error.into()))?;
        if !self.prepared {
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        Ok(Session { connection, driver, busy: false })
    }
}

/// What every session is told: bounds, and to trust the indexes.
fn settings(config: &Config, planning: Planning) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("statement_timeout", config.statement_timeout_ms.to_string()),
        ("lock_timeout", config.lock_timeout_ms.to_string()),
        (
            "idle_in_transaction_session_timeout",
            config.idle_in_transaction_session_timeout_ms.to_string(),
        ),
        // Every statement is written for an index and its order. A plan made while a table was young and empty must not
        // go through all of it when it has grown, and nothing here runs long enough to be worth compiling.
        ("enable_seqscan", String::from("off")),
        ("enable_bitmapscan", String::from("off")),
        ("enable_hashjoin", String::from("off")),
        ("enable_mergejoin", String::from("off")),
        ("jit", String::from("off")),
        ("max_parallel_workers_per_gather", String::from("0")),
    ];
    // Without prepared statements there is no plan to keep.
    if planning == Planning::Once && config.prepared_statements {
        settings.push(("plan_cache_mode", String::from("force_generic_plan")));
    }
    if config.client_connection_check_interval_ms > 0 {
        let interval = config.client_connection_check_interval_ms.to_string();
        settings.push(("client_connection_check_interval", interval));
    }
    settings
}

/// One connection.
pub(crate) struct Session {
    connection: AsyncPgConnection,
    driver: JoinHandle<()>,
    /// A call is under way, or was dropped or failed under way.
    busy: bool,
}

impl Session {
    /// The connection, for several statements at a time.
    pub(crate) fn connection(&self) -> &AsyncPgConnection {
        &self.connection
    }

    /// The connection alone, for work that needs all of it.
    pub(crate) fn into_connection(self) -> AsyncPgConnection {
        self.connection
    }

    pub(crate) fn take(&mut self) {
        self.busy = true;
    }

    pub(crate) fn give_back(&mut self) {
        self.busy = false;
    }

    /// Ends a transaction that failed, where the connection is good for another one.
    pub(crate) async fn undo(&mut self, failure: &Failure, deadline: Duration) {
        if failure.reach == Reach::Database {
            return;
        }
        let undone = execute(&self.connection, "ROLLBACK");
        if within(deadline, Phase::Before, undone).await.is_ok() {
            self.busy = false;
        }
    }
}

/// Makes connections for a pool.
pub(crate) struct Manager(pub(crate) Arc<Target>);

impl managed::Manager for Manager {
    type Type = Session;
    type Error = OpenError;

    async fn create(&self) -> Result<Session, OpenError> {
        // Boxed: it is large and rare, and every call to the store would carry room for it.
        Box::pin(self.0.connect()).await
    }

    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<OpenError> {
        if session.busy || session.driver.is_finished() {
            return Err(RecycleError::message("the connection was left in the middle, or is lost"));
        }
        Ok(())
    }
}

/// A pool of connections, and what every one of them would read alike.
#[derive(Clone)]
pub(crate) struct Pool {
    lends: managed::Pool<Manager>,
    target: Arc<Target>,
    book: Arc<Book>,
}

/// A connection on loan.
pub(crate) type Lent = managed::Object<Manager>;

impl Pool {
    pub(crate) fn new(target: &Arc<Target>, book: &Arc<Book>, size: usize) -> Self {
        let lends = managed::Pool::builder(Manager(Arc::clone(target)))
            .max_size(size)
            .build()
            .expect("a pool without timeouts of its own needs no runtime");
        Self { lends, target: Arc::clone(target), book: Arc::clone(book) }
    }

    /// A connection, or the fault of a database that cannot be reached or is too busy.
    pub(crate) async fn lend(&self) -> Result<Lent, Failure> {
        let patience = self.target.acquire_timeout + self.target.connect_timeout;
        let begun = Instant::now();
        let lent = match tokio::time::timeout(patience, self.lends.get()).await {
            Ok(Ok(lent)) => Ok(lent),
            Ok(Err(managed::PoolError::Backend(error))) => Err(Failure::unreachable(error)),
            Ok(Err(error)) => Err(Failure::unreachable(error)),
            Err(_elapsed) => Err(Failure::unreachable(NoneFree)),
        };
        let outcome = if lent.is_ok() { "ok" } else { "none" };
        metrics::histogram!("ges_store_wait_seconds", "outcome" => outcome).record(begun.elapsed());
        lent
    }

    /// Asks one question of the database that changes nothing.
    pub(crate) async fn read<T: Send>(
        &self,
        question: impl for<'c> FnOnce(&'c AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, Failure> {
        self.ask(&self.target.begin_read, Phase::Before, question).await
    }

    /// Makes one statement that is a transaction of its own.
    pub(crate) async fn write<T: Send>(
        &self,
        statement: impl for<'c> FnOnce(&'c AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, Failure> {
        self.ask(&self.target.begin, Phase::Alone, statement).await
    }

    async fn ask<T: Send>(
        &self,
        begin: &str,
        phase: Phase,
        work: impl for<'c> FnOnce(&'c AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, Failure> {
        let mut lent = self.lend().await?;
        lent.take();
        let prepared = self.target.prepared;
        let connection = lent.connection();
        let asked = async {
            if prepared {
                return work(connection).await;
            }
            execute(connection, begin).await?;
            let answer = work(connection).await?;
            execute(connection, "COMMIT").await?;
            Ok(answer)
        };
        match tokio::time::timeout(self.target.deadline, asked).await {
            Ok(Ok(answer)) => {
                lent.give_back();
                Ok(answer)
            }
            Ok(Err(error)) => {
                let failure = Failure::of(error, phase);
                // Outside of a transaction, a refused statement leaves nothing behind on its connection.
                if prepared && failure.reach == Reach::Statement {
                    lent.give_back();
                }
                Err(failure)
            }
            Err(_elapsed) => Err(Failure::late(phase)),
        }
    }

    /// What is remembered of settings.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// How a transaction begins here.
    pub(crate) fn begin(&self) -> &str {
        &self.target.begin
    }

    /// How long any call may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.target.deadline
    }

    /// Closes what is idle; what is on loan is closed when it comes back.
    pub(crate) fn close(&self) {
        self.lends.close();
    }
}

/// All connections are in use.
#[derive(Debug, thiserror::Error)]
#[error("no connection to the database became free in time")]
struct NoneFree;

/// Waits for an answer until the deadline.
pub(crate) async fn within<T>(
    deadline: Duration,
    phase: Phase,
    answer: impl Future<Output = QueryResult<T>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(deadline, answer).await {
        Ok(answer) => answer.map_err(|error| Failure::of(error, phase)),
        Err(_elapsed) => Err(Failure::late(phase)),
    }
}

/// Makes the one statement that writes all that a transaction writes, and commits.
pub(crate) async fn commit(
    mut connection: &AsyncPgConnection,
    pool: &Pool,
    writing: impl Future<Output = QueryResult<()>>,
) -> Result<(), Failure> {
    if !pool.target.prepared {
        within(pool.target.deadline, Phase::Before, writing).await?;
        return within(pool.target.deadline, Phase::Committing, execute(connection, "COMMIT"))
            .await;
    }
    // Both are sent at once, and in this order: the driver prepares one statement at a time, first come, first served.
    // If the first is refused, the second rolls back.
    let committing = Cached(statement("COMMIT"));
    let both = async { futures::join!(writing, committing.execute(&mut connection)) };
    match tokio::time::timeout(pool.target.deadline, both).await {
        Ok((written, committed)) => {
            written.map_err(|error| Failure::of(error, Phase::Alone))?;
            committed.map(|_rows| ()).map_err(|error| Failure::of(error, Phase::Committing))
        }
        Err(_elapsed) => Err(Failure::late(Phase::Committing)),
    }
}

/// Runs a text that answers nothing.
pub(crate) async fn execute(mut connection: &AsyncPgConnection, text: &str) -> QueryResult<()> {
    SimpleAsyncConnection::batch_execute(&mut connection, text).await
}
