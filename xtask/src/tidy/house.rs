//! The one table of the house: which room may name which, and who owns which package from outside.
//! A new arrow is a new word here, seen in the diff, and comes with a decision record in `docs/adr`.

/// A crate of ours and what it may name among ours under `[dependencies]`.
pub(super) struct Room {
    pub(super) name: &'static str,
    pub(super) may_name: &'static [&'static str],
    /// What it may name from outside, where that is a closed list. `None`: anything that nobody else owns.
    pub(super) only: Option<&'static [&'static str]>,
}

const fn room(name: &'static str, may_name: &'static [&'static str]) -> Room {
    Room { name, may_name, only: None }
}

const ADAPTER: &[&str] = &["ges-domain", "ges-ports"];

/// Every room, from the ground floor up.
pub(super) const ROOMS: &[Room] = &[
    Room {
        name: "ges-domain",
        may_name: &[],
        // No runtime, no clock, no chance, no log: `serde` and its helper only behind a feature, for those who reuse the
        // crate.
        only: Some(&[
            "blake3",
            "jiff",
            "regex",
            "rlibphonenumber",
            "serde",
            "serde_with",
            "thiserror",
            "uuid",
        ]),
    },
    room("ges-ports", &["ges-domain"]),
    room("ges-app", &["ges-domain", "ges-ports"]),
    room("ges-embedded", ADAPTER),
    room("ges-postgres", ADAPTER),
    room("ges-redis", ADAPTER),
    room("ges-ors", ADAPTER),
    room("ges-urs", ADAPTER),
    room("ges-auth", ADAPTER),
    room("ges-statistics", ADAPTER),
    room("ges-fcm", ADAPTER),
    room("ges-recaptcha", ADAPTER),
    room("ges-webhooks", ADAPTER),
    room("ges-web", &["ges-domain", "ges-ports", "ges-app"]),
    room("ges-ui", &[]),
    room(
        "ges-server",
        &[
            "ges-domain",
            "ges-ports",
            "ges-app",
            "ges-embedded",
            "ges-postgres",
            "ges-redis",
            "ges-ors",
            "ges-urs",
            "ges-auth",
            "ges-statistics",
            "ges-fcm",
            "ges-recaptcha",
            "ges-webhooks",
            "ges-web",
            "ges-ui",
        ],
    ),
    room("ges-contracts", ADAPTER),
    room("ges-simulators", &[]),
    room("xtask", &[]),
];

/// Rooms beside the house: nobody builds on them, tests do.
pub(super) const FOR_TESTS_ONLY: &[&str] = &["ges-contracts", "ges-simulators"];

/// Rooms whose tests do not name ours either.
/// The simulators are written from the neighbours' own words, so that a field misspelt by us fails instead of agreeing with itself.
pub(super) const STRANGERS: &[&str] = &["ges-simulators", "xtask"];

/// Packages from outside that only their owners may name, and why. A trailing `*` stands for the rest of a name.
pub(super) const OWNED: &[(&str, &[&str], &str)] = &[
    ("jiff", &["ges-domain"], "take the time types from `ges_domain`"),
    ("rlibphonenumber", &["ges-domain"], "parse a `PhoneNumber` instead"),
    ("diesel", STORES, "SQL stays in the stores"),
    ("diesel_migrations", STORES, "SQL stays in the stores"),
    ("diesel-async", &["ges-postgres"], "SQL stays in the stores"),
    ("diesel*", STORES, "SQL stays in the stores"),
    ("jiff-diesel", STORES, "rows stay in the stores"),
    ("tokio-postgres*", &["ges-postgres"], "PostgreSQL stays in its adapter"),
    ("libsqlite3-sys", &["ges-embedded"], "SQLite stays in its adapter"),
    ("deadpool-redis", &["ges-redis", "ges-simulators"], "Redis stays in its adapter"),
    ("actix*", &["ges-web", "ges-server", "ges-simulators"], "HTTP is spoken in `ges-web`"),
    ("utoipa*", &["ges-web"], "the API is described where it is spoken"),
    ("rust-embed", &["ges-ui"], "assets are embedded in `ges-ui`"),
    ("reqwest", HTTP_CLIENTS, "HTTP goes out through the adapters"),
    ("jsonwebtoken", &["ges-auth", "ges-fcm", "ges-simulators"], "tokens stay in `ges-auth`"),
    ("clap", &["ges-server", "ges-simulators", "xtask"], "only binaries have a command line"),
    ("tracing-subscriber", &["ges-server", "ges-simulators"], "only binaries choose where logs go"),
    ("opentelemetry*", &["ges-server"], "telemetry is wired in the server"),
    ("tracing-opentelemetry", &["ges-server"], "telemetry is wired in the server"),
    ("metrics-exporter-prometheus", &["ges-server"], "telemetry is wired in the server"),
    ("anyhow", &["ges-server", "xtask"], "libraries have error types of their own (`thiserror`)"),
];

const STORES: &[&str] = &["ges-postgres", "ges-embedded"];

const HTTP_CLIENTS: &[&str] = &[
    // Behind its feature `http`: one exchange and one memory of tokens for the adapters below.
    "ges-ports",
    "ges-ors",
    "ges-urs",
    "ges-auth",
    "ges-statistics",
    "ges-fcm",
    "ges-recaptcha",
    "ges-webhooks",
    "ges-server",
    "ges-simulators",
];
