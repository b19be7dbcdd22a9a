//! Opening the file: where it is, how safe a commit is, and what a connection is told before its first use.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::result::{ConnectionError, ConnectionResult, Error as Sql};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult};

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// When it is on the disk: an answer survives the loss of power.
    #[default]
    Full,
    /// When the operating system has it: an answer survives the end of the process, not the loss of power.
    Normal,
}

/// Where the store is and how much it takes on at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The database file; its folder is made where it is missing.
    pub path: PathBuf,
    /// When a commit counts as done.
    pub synchronous: Synchronous,
    /// The most calls that wait for the writer, and the most that wait for the readers; more fail at once.
    pub queue: usize,
    /// The most calls that share one transaction, at least 1.
    pub batch: usize,
    /// Connections that only read, at least 1.
    pub readers: usize,
}

impl Config {
    /// The usual settings for a file: full durability, 1024 waiting calls, 128 to a transaction, 2 readers.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::Full,
            queue: 1024,
            batch: 128,
            readers: 2,
        }
    }
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be made.
    #[error("the store cannot be made at {path}")]
    Place {
        /// Where it was to be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The path is not text that SQLite can take.
    #[error("the path of the store is not UTF-8")]
    Path,
    /// SQLite cannot open the file.
    #[error("the store cannot be opened")]
    Connect(#[source] ConnectionError),
    /// The file is a database, and not one of this service.
    #[error("the file is not a store of this service")]
    NotOurs,
    /// The file was written by a newer release.
    #[error("the store has schema {found} of a newer release, this one knows schema {known}")]
    Newer {
        /// The schema of the file.
        found: usize,
        /// The newest schema that is known here.
        known: usize,
    },
    /// The schema cannot be read or made: no database, a damaged one, or one that another process holds.
    #[error("the schema of the store cannot be read or made")]
    Schema(#[source] Sql),
    /// The system gives no thread.
    #[error("a thread of the store cannot be started")]
    Thread(#[source] io::Error),
}

/// How long a connection waits for a lock that another process holds.
const BUSY: &str = "PRAGMA busy_timeout = 5000";

/// The name of a private database in memory.
const MEMORY: &str = ":memory:";

/// Where connections lead.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Into a file.
    File(String, Synchronous),
    /// Into memory, where each connection has a database of its own.
    Memory,
}

impl Place {
    /// The place of a file, which is made here if it is missing, for its owner only.
    pub(crate) fn file(path: &Path, synchronous: Synchronous) -> Result<Self, OpenError> {
        let place = |source| OpenError::Place { path: path.to_owned(), source };
        // SQLite takes some relative names for URIs; an absolute path is always a path.
        let absolute = std::path::absolute(path).map_err(place)?;
        if let Some(folder) = absolute.parent() {
            fs::create_dir_all(folder).map_err(place)?;
        }
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&absolute).map_err(place)?;
        let text = absolute.into_os_string().into_string().map_err(|_bytes| OpenError::Path)?;
        Ok(Self::File(text, synchronous))
    }

    /// The place of a file that is there; of one that is not, nowhere.
    pub(crate) fn known(path: &Path) -> Result<Self, OpenError> {
        let place = |source| OpenError::Place { path: path.to_owned(), source };
        if !path.try_exists().map_err(place)? {
            return Ok(Self::Memory);
        }
        let absolute = std::path::absolute(path).map_err(place)?;
        let text = absolute.into_os_string().into_string().map_err(|_bytes| OpenError::Path)?;
        Ok(Self::File(text, Synchronous::Full))
    }

    /// The connection that writes.
    pub(crate) fn writer(&self) -> Result<SqliteConnection, OpenError> {
        let mut conn = self.connect().map_err(OpenError::Connect)?;
        self.prepare_writer(&mut conn).map_err(OpenError::Schema)?;
        Ok(conn)
    }

    fn prepare_writer(&self, conn: &mut SqliteConnection) -> QueryResult<()> {
        conn.batch_execute(BUSY)?;
        if let Self::File(_, synchronous) = self {
            let level = match synchronous {
                Synchronous::Full => "FULL",
                Synchronous::Normal => "NORMAL",
            };
            // The log is folded into the file every 32 MiB, so that a page that many bookings touch is written once for
            // all of them. A log that was longer once is cut when it is next begun anew.
            conn.batch_execute(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {level}; \
                 PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864"
            ))?;
        }
        conn.batch_execute("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192")
    }

    /// A connection that only reads; none in memory, where only the writer sees the database.
    pub(crate) fn reader(&self) -> Result<Option<SqliteConnection>, OpenError> {
        match self {
            Self::Memory => Ok(None),
            Self::File(..) => {
                let mut conn = self.connect().map_err(OpenError::Connect)?;
                conn.batch_execute(BUSY).map_err(OpenError::Schema)?;
                let settings = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY";
                conn.batch_execute(settings).map_err(OpenError::Schema)?;
                Ok(Some(conn))
            }
        }
    }

    fn connect(&self) -> ConnectionResult<SqliteConnection> {
        SqliteConnection::establish(match self {
            Self::File(path, _) => path,
            Self::Memory => MEMORY,
        })
    }
}
