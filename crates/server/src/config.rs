//! The configuration: one TOML file, environment overrides, secrets in files; all complaints at once.

mod outside;
mod reading;

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::telemetry;
pub(crate) use outside::{Auth, AuthMode, Egress, Secrets, SystemRoots};

/// Environment variables of this prefix override the file: `GES__STORE__URL` sets `store.url`.
pub(crate) const PREFIX: &str = "GES__";

/// The whole configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Listeners and shutdown.
    pub(crate) server: Server,
    /// Where callbacks are kept.
    pub(crate) store: Store,
    /// How PostgreSQL is used, where `store.url` names it.
    pub(crate) postgres: ges_postgres::Config,
    /// Our own Redis, which the nodes share; without nodes of its own, each node counts and remembers by itself.
    pub(crate) redis: ges_redis::Config,
    /// What the HTTP API limits and allows.
    pub(crate) web: ges_web::Config,
    /// Windows in which bookings and requests are counted.
    pub(crate) throttle: Throttle,
    /// How due callbacks are submitted.
    pub(crate) dispatch: Dispatch,
    /// How long records are kept.
    pub(crate) retention: Retention,
    /// The orchestration server; without nodes, callbacks stay SCHEDULED.
    pub(crate) ors: ges_ors::Config,
    /// The Redis of the voice services, whose stream starts sessions; without nodes of its own, they start over HTTP.
    pub(crate) ors_stream: ges_redis::StreamConfig,
    /// The router; without nodes, every wait is unknown.
    pub(crate) urs: ges_urs::Config,
    /// The tenants' own servers that want to be told of their callbacks.
    pub(crate) webhooks: ges_webhooks::Config,
    /// Who may ask: keys, people and roles.
    pub(crate) auth: Auth,
    /// Notices on customers' devices.
    pub(crate) fcm: ges_fcm::Config,
    /// Telling people from programs.
    pub(crate) recaptcha: ges_recaptcha::Config,
    /// The contact centre's figures.
    pub(crate) statistics: ges_statistics::Config,
    /// The way out.
    pub(crate) egress: Egress,
    /// What seals secrets in the store.
    pub(crate) secrets: Secrets,
    /// The log.
    pub(crate) log: telemetry::Config,
    /// Traces.
    pub(crate) traces: crate::traces::Config,
}

/// Listeners and shutdown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// Where everything is served: public API, user interface, internal API, metrics, health.
    pub(crate) listen: String,
    /// Where the public API alone is served, for an external ingress; empty is nowhere.
    pub(crate) public_listen: String,
    /// HTTP workers; 0 is one per core.
    pub(crate) workers: usize,
    /// Where the installation keeps its key, its first API key and its embedded store.
    pub(crate) data_dir: PathBuf,
    /// The file of the installation's key, shared by all nodes; empty is `installation.key` in the data directory.
    pub(crate) key_file: PathBuf,
    /// Where sessions find this service; empty is `listen` over HTTP.
    pub(crate) internal_url: String,
    /// This node's name in leases and logs; empty is made up at start.
    pub(crate) node: String,
    /// Seconds for which a node that was told to stop still serves, while load balancers notice.
    pub(crate) drain_seconds: u64,
    /// Seconds that requests under way may take after that.
    pub(crate) grace_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: String::from("127.0.0.1:3050"),
            public_listen: String::new(),
            workers: 0,
            data_dir: PathBuf::from("ges-data"),
            key_file: PathBuf::new(),
            internal_url: String::new(),
            node: String::new(),
            drain_seconds: 5,
            grace_seconds: 15,
        }
    }
}

impl Server {
    /// The file of the installation's key.
    pub(crate) fn key_path(&self) -> PathBuf {
        if self.key_file.as_os_str().is_empty() {
            self.data_dir.join("installation.key")
        } else {
            self.key_file.clone()
        }
    }
}

/// Where callbacks are kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    /// `sqlite:PATH` for one node, `postgres://…` for many; empty is `ges.sqlite3` in the data directory.
    pub(crate) url: String,
    /// How surely SQLite writes before it answers: `full` survives a power cut, `normal` a crash of the process.
    pub(crate) synchronous: Synchronous,
}

/// When a commit of the embedded store counts as done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Synchronous {
    /// When it is on the disk.
    #[default]
    Full,
    /// When the operating system has it.
    Normal,
}

/// Windows in which bookings and requests are counted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Throttle {
    /// Requests of the public API that one key may send in any minute, on all nodes together; more is code 42903. 0 is no
    /// limit. Each request is then counted before it is looked at, with Redis at the price of a round trip, and goes on
    /// uncounted while Redis is away.
    pub(crate) requests_per_key_per_minute: u32,
    /// What becomes of bookings while Redis is away: `admit` makes them uncounted, `refuse` answers 503.
    pub(crate) when_uncounted: WhenUncounted,
}

/// What becomes of bookings that cannot be counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WhenUncounted {
    /// They are made.
    #[default]
    Admit,
    /// They are refused.
    Refuse,
}

/// How long records are kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Days after which completed callbacks, ended call-ins and all that belongs to them are removed.
    pub(crate) days: u32,
    /// Days after which lines of the audit log are removed.
    pub(crate) audit_days: u32,
    /// Seconds between two rounds of removal.
    pub(crate) every_seconds: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, audit_days: 365, every_seconds: 60 }
    }
}

/// How due callbacks are submitted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dispatch {
    /// Whether this node does what is due. Without it a node serves requests and calls nobody, as after a restore, until
    /// somebody has looked.
    pub(crate) enabled: bool,
    /// Milliseconds between two looks at an outbox in which nothing was due.
    pub(crate) poll_ms: u64,
    /// Seconds that a node may work on what it took before others take it over.
    pub(crate) lease_seconds: u32,
    /// Calls taken at once, and looks at sessions, 1 to 1000; notices to devices are taken 64 at a time.
    pub(crate) batch: u16,
    /// Milliseconds before their time that calls may be taken; 0 takes them when they are due.
    /// More than a quarter of `lease_seconds` counts as that quarter.
    pub(crate) ahead_ms: u32,
    /// Starts of sessions under way at once, and as many questions after sessions.
    pub(crate) concurrency: usize,
}

impl Default for Dispatch {
    fn default() -> Self {
        Self {
            enabled: true,
            poll_ms: 100,
            lease_seconds: 30,
            batch: 500,
            ahead_ms: 3_000,
            concurrency: 64,
        }
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub(crate) struct Complaints(pub(crate) Vec<String>);

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|complaint| write!(f, "\n  {complaint}"))
    }
}

impl std::error::Error for Complaints {}

/// Loads the file, if one is named, and lays the environment over it.
pub(crate) fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Complaints> {
    let mut complaints = Vec::new();
    let mut table = match file.map(std::fs::read_to_string) {
        None => Table::new(),
        Some(Ok(text)) => text.parse::<Table>().unwrap_or_else(|error| {
            // The error's own display quotes the line, secret and all; its message does not.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            complaints.push(format!("the file is not TOML: line {line}: {}", error.message()));
            Table::new()
        }),
        Some(Err(error)) => {
            let path = file.map(|path| path.display().to_string()).unwrap_or_default();
            complaints.push(format!("{path}: {error}"));
            Table::new()
        }
    };
    let mut proxy = outside::Proxies::default();
    let mut texts = reading::Texts::new();
    for (name, text) in environment {
        proxy.hear(&name, &text);
        if let Some(path) = name.strip_prefix(PREFIX) {
            let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
            match reading::lay_over(&mut table, &path, &text) {
                Ok(()) => drop(texts.insert(path, text)),
                Err(complaint) => complaints.push(format!("{name}: {complaint}")),
            }
        }
    }
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    reading::put_files_in(&mut table, folder, "", &mut complaints);
    let config = reading::read(table, texts, &mut complaints);
    let mut config = config.unwrap_or_default();
    config.egress.take(proxy);
    validate(&mut config, &mut complaints);
    outside::validate(&config, &mut complaints);
    if complaints.is_empty() { Ok(config) } else { Err(Complaints(complaints)) }
}

/// What types cannot say.
fn validate(config: &mut Config, complaints: &mut Vec<String>) {
    let mut address = |key: &str, text: &str| {
        if text.parse::<std::net::SocketAddr>().is_err() {
            complaints.push(format!("{key}: `{text}` is not an address such as 127.0.0.1:3050"));
        }
    };
    address("server.listen", &config.server.listen);
    if !config.server.public_listen.is_empty() {
        address("server.public_listen", &config.server.public_listen);
    }
    if let Some(complaint) = store_complaint(&config.store.url) {
        complaints.push(complaint);
    }
    let mut range = |key: &str, value: u64, from: u64, to: u64| {
        if !(from..=to).contains(&value) {
            complaints.push(format!("{key}: {value} is not between {from} and {to}"));
        }
    };
    range("dispatch.poll_ms", config.dispatch.poll_ms, 10, 10_000);
    range("dispatch.lease_seconds", config.dispatch.lease_seconds.into(), 5, 300);
    range("dispatch.ahead_ms", config.dispatch.ahead_ms.into(), 0, 60_000);
    range("dispatch.batch", config.dispatch.batch.into(), 1, 1000);
    range("retention.days", config.retention.days.into(), 1, 3650);
    range("retention.audit_days", config.retention.audit_days.into(), 1, 36_500);
    range("retention.every_seconds", config.retention.every_seconds, 1, 86_400);
    range("dispatch.concurrency", config.dispatch.concurrency as u64, 1, 1000);
    let per_key = config.throttle.requests_per_key_per_minute;
    range("throttle.requests_per_key_per_minute", per_key.into(), 0, 100_000);
    // Two rounds of calls, one after the other, end within the minute for which deliveries are taken.
    range("webhooks.timeout_ms", config.webhooks.timeout_ms.get().into(), 1, 25_000);
    range("server.drain_seconds", config.server.drain_seconds, 0, 60);
    range("server.grace_seconds", config.server.grace_seconds, 1, 60);
    let uuid = &config.auth.first_tenant;
    if !uuid.is_empty() && uuid::Uuid::try_parse(uuid).is_err() {
        complaints.push(format!("auth.first_tenant: `{uuid}` is not a UUID"));
    }
    if config.server.node.is_empty() {
        config.server.node = format!("node-{}", &crate::ids::random().simple().to_string()[..8]);
    }
}

/// What is wrong with a store's URL. It is never repeated: it may hold a password.
fn store_complaint(url: &str) -> Option<String> {
    if url.is_empty() || url.starts_with("sqlite:") {
        return None;
    }
    if url.split_once("://").is_some_and(|(scheme, _)| matches!(scheme, "postgres" | "postgresql"))
    {
        let wrong = url.parse::<ges_postgres::Url>().err()?;
        let why = std::error::Error::source(&wrong).map(|why| format!(": {why}"));
        return Some(format!("store.url: {wrong}{}", why.unwrap_or_default()));
    }
    Some(String::from("store.url: neither `sqlite:PATH` nor `postgres://user@host/name`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let file = std::env::temp_dir().join(format!("ges-config-{}", crate::ids::random()));
        std::fs::write(&file, text).unwrap();
        let pairs = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let answer = load(Some(&file), pairs);
        std::fs::remove_file(&file).unwrap();
        answer.err().map(|complaints| complaints.0).unwrap_or_default()
    }

    #[test]
    fn all_mistakes_are_told_at_once_with_their_paths() {
        let told = complaints(
            "typo = 1\n[server]\nlisten = \"nowhere\"\nworkers = \"two\"\nport = 3\n[dispatch]\nbatch = 0\n",
            &[("GES__LOG__COLOUR", "red")],
        );
        for expected in [
            "typo:",
            "server.listen:",
            "server.workers:",
            "server.port:",
            "dispatch.batch:",
            "log.colour:",
        ] {
            assert!(
                told.iter().any(|complaint| complaint.starts_with(expected)),
                "{expected} is missing in {told:#?}"
            );
        }
        assert_eq!(told.len(), 6, "{told:#?}");
    }

    #[test]
    fn no_complaint_repeats_a_value() {
        let secret = "hunter2-hunter2";
        let cases = [
            format!("[web]\ninternal_key = \"{secret}\n"),
            format!("[web]\ninternal_key = {secret}\n"),
            format!("[server]\nworkers = \"{secret}\"\n"),
            format!("[auth]\nmode = \"{secret}`, expected \"\n"),
            format!("[store]\nurl = \"{secret}\"\nsynchronous = [\"{secret}\"]\n"),
            String::from("[web]\ninternal_key = 48151623\n"),
            String::from("[auth.gauth]\nclient_secret = 48151623\n"),
            format!("[redis.connection]\nnodes = [\"x://u:{secret}@h\"]\n"),
            format!("[egress]\nhttps_proxy = \"{secret} :\"\n"),
        ];
        for text in &cases {
            let told = complaints(text, &[]);
            assert!(!told.is_empty(), "{text}");
            let shows = told.iter().any(|it| it.contains("hunter2") || it.contains("48151623"));
            assert!(!shows, "{text}: {told:#?}");
        }
        let told = complaints(&cases[0], &[]);
        assert!(told[0].contains("line 2"), "{told:#?}");
    }

    #[test]
    fn a_secret_of_the_environment_may_look_like_a_number() {
        use secrecy::ExposeSecret as _;

        for text in ["48151623", "true", "1e9", "[1]", "2026-03-02", "0123"] {
            let pairs = [
                (String::from("GES__WEB__INTERNAL_KEY"), text.to_owned()),
                (String::from("GES__AUTH__GAUTH__CLIENT_SECRET"), text.to_owned()),
                (String::from("GES__DISPATCH__BATCH"), String::from("7")),
            ];
            let config = load(None, pairs.into_iter()).unwrap();
            assert_eq!(config.web.internal_key.unwrap().expose_secret(), text);
            assert_eq!(config.auth.gauth.client_secret.read().unwrap().expose(), text);
            assert_eq!(config.dispatch.batch, 7);
        }
        let told = complaints("", &[("GES__DISPATCH__BATCH", "70000")]);
        assert_eq!(told, ["dispatch.batch: invalid value: integer, expected u16"]);
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let pairs = [
            ("GES__SERVER__LISTEN", "127.0.0.1:4000"),
            ("GES__DISPATCH__BATCH", "7"),
            ("HOME", "/nowhere"),
        ];
        let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let config = load(None, pairs).unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:4000");
        assert_eq!(config.dispatch.batch, 7);
    }

    #[test]
    fn nothing_at_all_is_a_configuration() {
        assert!(load(None, std::iter::empty()).is_ok());
    }
}
