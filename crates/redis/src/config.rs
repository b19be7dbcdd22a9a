//! Where the two Redis are: our own, and that of the voice services with the stream of starts.
//!
//! They are two even where one server plays both: what is lost with ours is looked up again, what is lost with the
//! other is a start.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// Our own Redis: throttles, caches, sessions of the browser application, announcements. Losing it changes no promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where it is.
    pub connection: Connection,
    /// With what every key and channel of ours begins. Installations that share a server must differ in it.
    pub key_prefix: String,
    /// How long a call may take, in milliseconds. While the server is known to be away no call takes any time.
    pub timeout_ms: NonZeroU32,
}

/// The Redis of the voice services, with the stream by which sessions are started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StreamConfig {
    /// Where it is.
    pub connection: Connection,
    /// A file with the JSON object that the voice services' deployment hands out under the name
    /// `voice_redis_ors_stream`: `password`, `port`, `rejectUnauthorized`, `servername`. What it says goes before what
    /// `connection` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// The stream's key.
    pub key: String,
    /// Into how many keys the stream is split by tenant: 1 keeps the bare key, more make `<key>:0`, `<key>:1` and so
    /// on, in a cluster `<key>:{0}`. The consumers must be set to the same.
    pub shards: NonZeroU16,
    /// About how many entries the stream holds at the most; the oldest go first.
    pub max_entries: NonZeroU32,
    /// How long one try may take, in milliseconds. A lost connection and a server that is loading, read-only or without
    /// its cluster are tried again after 200, 400 and 800 ms, for twice this time at the most.
    pub timeout_ms: NonZeroU32,
}

/// Where a Redis is, and how one gets in. Version 6.2 or newer; forks of it that speak RESP3 will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Connection {
    /// The addresses: `redis://host:port`, `rediss://host:port` for TLS, or `redis+unix:///path`. Standalone has one;
    /// of a cluster, name a few nodes, and the others are found through them.
    pub nodes: Vec<Address>,
    /// `standalone` or `cluster`.
    pub mode: Mode,
    /// The user; without one the server's default user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A file that holds the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The number of the database; a cluster has only 0.
    pub database: u16,
    /// How a `rediss://` server proves who it is.
    pub tls: Tls,
    /// How long to wait for a connection, in milliseconds.
    pub connect_timeout_ms: NonZeroU32,
}

/// One server, or many that share the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One server; behind one address there may be a primary and its replicas.
    #[default]
    Standalone,
    /// A Redis cluster.
    Cluster,
}

/// How a `rediss://` server proves who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// A PEM file with the authorities that are trusted, in place of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The name in the server's certificate, where it differs from the address. Not for a cluster, whose nodes go by the
    /// names that they announce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Takes any certificate, of anybody: whoever can stand in between reads everything.
    pub insecure: bool,
}

const fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("the defaults are not 0")
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connection: Connection::default(),
            key_prefix: String::from("ges:"),
            timeout_ms: number(500),
        }
    }
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            connection: Connection::default(),
            secret_file: None,
            key: String::from("NewCallbackStream"),
            shards: NonZeroU16::MIN,
            max_entries: number(100_000),
            timeout_ms: number(2_000),
        }
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            mode: Mode::default(),
            username: None,
            password_file: None,
            database: 0,
            tls: Tls::default(),
            connect_timeout_ms: number(2_000),
        }
    }
}

pub(crate) fn millis(ms: NonZeroU32) -> Duration {
    Duration::from_millis(ms.get().into())
}

/// Text that is not the address of a Redis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedAddress {
    /// Another form.
    #[error(
        "is not an address such as redis://host:6379, rediss://host:6380 or redis+unix:///run/redis.sock"
    )]
    Form,
    /// A user or password stands in it.
    #[error("holds a user or password, which belong to `username` and `password_file`")]
    Secret,
    /// A database stands in it.
    #[error("holds a path or query; the number of the database belongs to `database`")]
    Path,
}

/// The address of a server. It holds no secret, so it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Address {
    text: String,
    place: Place,
}

/// An address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Tcp { host: String, port: u16, tls: bool },
    Unix(PathBuf),
}

const PORT: u16 = 6379;

impl Address {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, MalformedAddress> {
        let url = Url::parse(text).map_err(|_ignored| MalformedAddress::Form)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(MalformedAddress::Secret);
        }
        let place = match url.scheme() {
            "redis" | "rediss" => {
                let host = url.host_str().filter(|host| !host.is_empty());
                let host = host.ok_or(MalformedAddress::Form)?.trim_matches(['[', ']']).to_owned();
                if !matches!(url.path(), "" | "/") || url.query().is_some() {
                    return Err(MalformedAddress::Path);
                }
                Place::Tcp { host, port: url.port().unwrap_or(PORT), tls: url.scheme() == "rediss" }
            }
            "redis+unix" | "unix" => {
                if url.query().is_some() {
                    return Err(MalformedAddress::Path);
                }
                Place::Unix(unescaped(url.path()).ok_or(MalformedAddress::Form)?)
            }
            _ => return Err(MalformedAddress::Form),
        };
        Ok(Self { text: text.to_owned(), place })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

/// The path that was percent-encoded to fit into an address.
fn unescaped(path: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            plain => plain,
        });
    }
    let path = String::from_utf8(bytes).ok()?;
    path.starts_with('/').then(|| PathBuf::from(path))
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Address {
    type Error = MalformedAddress;

    fn try_from(text: String) -> Result<Self, MalformedAddress> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16, tls: bool) -> Place {
        Place::Tcp { host: host.to_owned(), port, tls }
    }

    #[test]
    fn an_address_is_a_host_or_a_socket() {
        for (text, place) in [
            ("redis://redis-headless.ges.svc:6380", tcp("redis-headless.ges.svc", 6380, false)),
            ("redis://localhost/", tcp("localhost", 6379, false)),
            ("rediss://[::1]:10000", tcp("::1", 10000, true)),
            ("redis+unix:///run/a%20b/redis.sock", Place::Unix("/run/a b/redis.sock".into())),
        ] {
            assert_eq!(Address::parse(text).unwrap().place(), &place, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_or_holds_a_secret_is_refused() {
        use MalformedAddress::{Form, Path, Secret};
        for (text, why) in [
            ("", Form),
            ("localhost:6379", Form),
            ("http://localhost", Form),
            ("redis://", Form),
            ("redis+unix:///a%2", Form),
            ("redis://:secret@localhost", Secret),
            ("redis://someone@localhost", Secret),
            ("redis://localhost/2", Path),
            ("redis://localhost?db=2", Path),
        ] {
            assert_eq!(Address::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn a_config_reads_as_it_is_written_and_refuses_what_it_does_not_know() {
        let text = r#"{
            "connection": {
                "nodes": ["rediss://redis-ors-stream.voice.svc:6380"], "mode": "cluster",
                "username": "ges", "password_file": "/run/secrets/redis", "tls": {"insecure": true}
            },
            "secret_file": "/secrets-ors/voice_redis_ors_stream", "shards": 4
        }"#;
        let config: StreamConfig = serde_json::from_str(text).unwrap();
        assert_eq!((config.connection.mode, config.shards.get()), (Mode::Cluster, 4));
        assert_eq!((&*config.key, config.max_entries.get()), ("NewCallbackStream", 100_000));
        let again = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<StreamConfig>(&again).unwrap(), config);
        for wrong in [r#"{"nodes": []}"#, r#"{"shards": 0}"#, r#"{"connection": {"nodes": ["a"]}}"#]
        {
            assert!(serde_json::from_str::<StreamConfig>(wrong).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Config>(r#"{"prefix": "a"}"#).is_err());
    }
}
