//! Where the database is, and how hard it may be worked.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_postgres::config::SslMode;

/// The PostgreSQL store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the database is: `postgres://user:password@host:port/database`, with `sslmode` and, for a primary with
    /// standbys, several hosts and `target_session_attrs=read-write`. It is no key of this section: whoever opens the
    /// store knows it from where the kind of store is chosen.
    #[serde(skip)]
    pub url: Url,
    /// A file that holds the password, in place of one in the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// How many connections are held, at most.
    pub pools: Pools,
    /// How bookings share transactions.
    pub booking: Batching,
    /// Whether statements are prepared once per connection. Turn it off behind a pooler that hands out connections by
    /// transaction and does not know prepared statements, such as `PgBouncer` before 1.21: each call is then a
    /// transaction of its own that leaves nothing behind on the connection, and costs two or three round trips more.
    pub prepared_statements: bool,
    /// How long to wait for a new connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
    /// How long to wait for a free connection, in milliseconds.
    pub acquire_timeout_ms: NonZeroU32,
    /// How long the database may work on one statement, in milliseconds.
    pub statement_timeout_ms: NonZeroU32,
    /// How long a statement may wait for a lock, in milliseconds.
    pub lock_timeout_ms: NonZeroU32,
    /// After how long the database ends a transaction whose client says nothing, in milliseconds.
    pub idle_in_transaction_session_timeout_ms: NonZeroU32,
    /// How often the database looks whether the client of a running statement is still there, in milliseconds; 0 never
    /// looks, for a database on another system than Linux.
    pub client_connection_check_interval_ms: u32,
    /// How long any call may take in all, in milliseconds. What is late is answered as a fault, never with a hang.
    pub deadline_ms: NonZeroU32,
}

/// How the connection is encrypted. Whether it is says the URL's `sslmode`: `disable`, `prefer` (if the server can, and
/// whoever it is) or `require` (and the server must prove who it is).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// A PEM file with certificates of authorities that are trusted beside the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How a required server certificate is checked: `full` (authority, validity and host name) or `none`.
    pub verify: Verify,
}

/// How a server certificate is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// Authority, validity and host name.
    #[default]
    Full,
    /// Not at all: whoever can stand in between reads everything.
    None,
}

/// How many connections are held, at most. All are opened when they are first needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pools {
    /// For reads, per HTTP worker.
    pub reads_per_worker: NonZeroU16,
    /// For changes of callbacks and catalogues.
    pub changes: NonZeroU16,
    /// For the dispatcher's leases.
    pub dispatch: NonZeroU16,
}

/// How bookings share transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Batching {
    /// Whether bookings that arrive together share a transaction. Each is decided alone and answered after the commit
    /// either way.
    pub group_commit: bool,
    /// How many transactions book at a time, each on a connection of its own. One is best on most databases: while it
    /// commits, the next batch gathers, and two would only wait for each other's locks.
    pub connections: NonZeroU16,
    /// The most bookings of one transaction.
    pub members: NonZeroUsize,
    /// The most bytes of documents in one transaction.
    pub bytes: NonZeroUsize,
    /// The most bookings that wait; more are answered as a fault at once. One tenant may hold half of them.
    pub queue: NonZeroUsize,
}

const fn count(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("the defaults are not 0")
}

const fn size(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("the defaults are not 0")
}

const fn millis(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("the defaults are not 0")
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: Url::default(),
            password_file: None,
            tls: Tls::default(),
            pools: Pools::default(),
            booking: Batching::default(),
            prepared_statements: true,
            connect_timeout_ms: millis(2_000),
            acquire_timeout_ms: millis(1_000),
            statement_timeout_ms: millis(2_000),
            lock_timeout_ms: millis(1_000),
            idle_in_transaction_session_timeout_ms: millis(5_000),
            client_connection_check_interval_ms: 1_000,
            deadline_ms: millis(5_000),
        }
    }
}

impl Default for Pools {
    fn default() -> Self {
        Self { reads_per_worker: count(4), changes: count(4), dispatch: count(2) }
    }
}

impl Default for Batching {
    fn default() -> Self {
        Self {
            group_commit: true,
            connections: count(1),
            members: size(128),
            bytes: size(1024 * 1024),
            queue: size(1024),
        }
    }
}

impl Config {
    pub(crate) fn connect_timeout(&self) -> Duration {
        duration(self.connect_timeout_ms)
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        duration(self.acquire_timeout_ms)
    }

    pub(crate) fn deadline(&self) -> Duration {
        duration(self.deadline_ms)
    }
}

fn duration(millis: NonZeroU32) -> Duration {
    Duration::from_millis(millis.get().into())
}

/// Text that is not the URL of a PostgreSQL database.
#[derive(Debug, thiserror::Error)]
#[error("is not the URL of a PostgreSQL database")]
pub struct NotADatabaseUrl(#[source] Option<tokio_postgres::Error>);

/// The URL of a database; neither `Debug` nor `Display` shows its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    text: Box<str>,
    parsed: tokio_postgres::Config,
}

impl Url {
    /// What the driver makes of it.
    pub(crate) fn parsed(&self) -> &tokio_postgres::Config {
        &self.parsed
    }

    /// Whether the connection must be encrypted, may be, or must not be.
    pub(crate) fn tls_mode(&self) -> SslMode {
        self.parsed.get_ssl_mode()
    }

    /// The same database, seen from inside a schema, by connections that bear the schema's name.
    #[cfg(feature = "testing")]
    pub(crate) fn inside(&self, schema: &str) -> Self {
        let mut parsed = self.parsed.clone();
        parsed.options(format!("-c search_path={schema}")).application_name(schema);
        Self { text: self.text.clone(), parsed }
    }

    /// The text with `***` for the password.
    fn masked(&self) -> String {
        let text = self.text.as_ref();
        let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let authority = match authority.rsplit_once('@') {
            Some((user, host)) => match user.split_once(':') {
                Some((name, _)) => format!("{name}:***@{host}"),
                None => authority.to_owned(),
            },
            None => authority.to_owned(),
        };
        let tail = match tail.split_once("password=") {
            Some((before, after)) => {
                let after = after.find('&').map_or("", |end| &after[end..]);
                format!("{before}password=***{after}")
            }
            None => tail.to_owned(),
        };
        format!("{scheme}://{authority}{tail}")
    }
}

impl Default for Url {
    fn default() -> Self {
        "postgres://ges@localhost:5432/ges".parse().expect("the default is a URL")
    }
}

impl FromStr for Url {
    type Err = NotADatabaseUrl;

    fn from_str(text: &str) -> Result<Self, NotADatabaseUrl> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(NotADatabaseUrl(None));
        }
        // The driver knows three modes; what other clients call verified is what `require` means here.
        let known = text
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let parsed: tokio_postgres::Config =
            known.parse().map_err(|error| NotADatabaseUrl(Some(error)))?;
        if parsed.get_hosts().is_empty() {
            return Err(NotADatabaseUrl(None));
        }
        Ok(Self { text: text.into(), parsed })
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_reads_as_it_is_written_and_refuses_what_it_does_not_know() {
        let config: Config = serde_json::from_str(
            r#"{
                "tls": {"verify": "none"}, "pools": {"changes": 9}, "booking": {"group_commit": false}
            }"#,
        )
        .unwrap();
        assert_eq!((config.pools.changes.get(), config.pools.dispatch.get()), (9, 2));
        let again = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&again).unwrap(), config);
        for wrong in [
            r#"{"url": "postgres://db/ges"}"#,
            r#"{"lock_timeout_ms": 0}"#,
            r#"{"booking": {"members": 0}}"#,
        ] {
            assert!(serde_json::from_str::<Config>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_url_names_a_database_and_how_it_is_encrypted() {
        let url: Url = "postgres://ges@db/ges?sslmode=verify-full".parse().unwrap();
        assert_eq!(url.tls_mode(), SslMode::Require);
        for wrong in ["mysql://db/ges", "postgres:///ges", "postgres://db/ges?sslmode=maybe"] {
            assert!(wrong.parse::<Url>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_password_of_a_url_is_never_shown() {
        for (text, shown) in [
            ("postgres://ges:se:cr@t@db:5432/ges", "postgres://ges:***@db:5432/ges"),
            ("postgres://db/ges?password=secret&user=a", "postgres://db/ges?password=***&user=a"),
            ("postgres://ges@db/ges", "postgres://ges@db/ges"),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!(format!("{url:?}"), shown);
            assert_eq!(url.to_string(), shown);
        }
    }
}
