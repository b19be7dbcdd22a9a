//! Logs and metrics: readable lines on a terminal, JSON elsewhere; every alert's metric present from the start.

use std::io::IsTerminal as _;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::lines::{Ending, Lines};

/// How lines look.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// Readable on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One readable line an event.
    Text,
    /// One JSON object an event.
    Json,
}

/// The log.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// What is written: a level, or directives such as `info,ges_ors=debug`.
    pub(crate) level: String,
    /// How lines look: `auto`, `text` or `json`.
    pub(crate) format: Format,
}

impl Default for Config {
    fn default() -> Self {
        Self { level: String::from("info"), format: Format::Auto }
    }
}

/// Starts the log; complains about directives that it does not understand. What it answers lets the last lines go.
pub(crate) fn log(config: &Config) -> anyhow::Result<Ending> {
    let filter = EnvFilter::try_new(&config.level)
        .map_err(|error| anyhow::anyhow!("log.level: {error}; use a level such as `info`"))?;
    let json = match config.format {
        Format::Auto => !std::io::stderr().is_terminal(),
        Format::Text => false,
        Format::Json => true,
    };
    let way = Lines::start()?;
    let ending = way.end();
    let lines = tracing_subscriber::fmt::layer().with_writer(way);
    let layer = if json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_target(false).boxed()
    };
    tracing_subscriber::registry().with(filter).with(layer).try_init()?;
    Ok(ending)
}

/// Seconds at which requests and calls to neighbours are told apart.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0];

/// Seconds at which rings before and after their promised time are told apart.
const PROMISE_SECONDS: [f64; 15] = [
    -600.0, -300.0, -180.0, -60.0, -30.0, -10.0, 0.0, 10.0, 30.0, 60.0, 180.0, 300.0, 600.0, 900.0,
    1_800.0,
];

/// Starts the metrics, with every alert's counter at zero and every health gauge at good.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix(String::from("_seconds")), &SECONDS)?
        .set_buckets_for_metric(
            Matcher::Full(String::from("ges_promise_error_seconds")),
            &PROMISE_SECONDS,
        )?
        .install_recorder()?;
    for (name, meaning) in COUNTERS {
        describe_counter!(*name, Unit::Count, *meaning);
        counter!(*name).absolute(0);
    }
    for (name, meaning) in TENANT_COUNTERS {
        describe_counter!(*name, Unit::Count, *meaning);
        counter!(*name, "tenant" => "undefined").absolute(0);
    }
    for (name, meaning) in GAUGES {
        describe_gauge!(*name, *meaning);
        gauge!(*name).set(0.0);
    }
    for (name, value) in TOLERANCES {
        describe_gauge!(*name, "a threshold that alerts compare with, not a measurement");
        gauge!(*name).set(*value);
    }
    describe_counter!("ges_http_requests_total", Unit::Count, "public API requests");
    describe_counter!("ges_http_failed_requests_total", Unit::Count, "answers of 400 and above");
    describe_histogram!("ges_http_request_duration_seconds", Unit::Seconds, "response time");
    describe_histogram!(
        "ges_promise_error_seconds",
        Unit::Seconds,
        "from the desired time of a callback to the ring of the customer's phone, below 0 early"
    );
    describe_gauge!(
        "ges_ewt_coverage_ratio",
        "share of the waits of the last 24 hours inside the band that was given for them, by its level in percent; NaN while there is none"
    );
    describe_gauge!("ges_monitor_size", "callbacks and effects under watch, by type");
    Ok(handle)
}

/// Counters without a tenant.
const COUNTERS: &[(&str, &str)] = &[
    ("CB_SUBMIT_FAILED", "starts of sessions that failed or whose outcome is unknown"),
    ("MONITOR_LAGGING_BEHIND", "looks at the outbox that found work overdue"),
    ("GWS_SERVER_ERROR", "answers of 500 and above from GWS services"),
    ("GWS_INCORRECT_CLIENT_CREDENTIALS", "refused client credentials"),
    ("RBAC_CREATE_VQ_PROXY_ERROR", "failures to make a proxy object of a queue"),
    ("LOGGING_FAILURE", "lines that could not be written"),
    ("UNCAUGHT_EXCEPTION", "panics caught at the edge"),
    ("INVALID_CONTENT_LENGTH", "bodies over their limit"),
    ("DNS_FAILURE", "names of neighbours that did not resolve"),
    ("NEXUS_ACCESS_FAILURE", "kept for the vendor's dashboards; nothing here counts it"),
];

/// Counters by tenant.
const TENANT_COUNTERS: &[(&str, &str)] = &[
    ("ges_callbacks_created", "callbacks created"),
    ("ges_callin_created", "click-to-call-in requests handled"),
    ("ges_push_notifications_sent", "pushes accepted by the push service"),
    ("CB_TTL_LIMIT_REACHED", "bookings refused because their service is throttled"),
    ("CB_ENQUEUE_LIMIT_REACHED", "bookings refused because their number is throttled"),
];

/// Health, 0 good.
const GAUGES: &[(&str, &str)] = &[
    ("GES_HEALTH", "how many of ORS Redis, PostgreSQL and the GWS services are down"),
    ("ALL_URS_DOWN", "above 0: no URS of a tenant answers"),
    ("REDIS_CONNECTION", "above 0: Redis is down"),
    ("ORS_REDIS_STATUS", "above 0: the Redis of the ORS stream is down"),
    ("GWS_AUTH_STATUS", "above 0: GAUTH is unreachable"),
    ("GWS_ENV_STATUS", "above 0: the Environment service is unreachable"),
    ("GWS_CONFIG_STATUS", "above 0: the Configuration service is unreachable"),
];

/// Thresholds that the vendor's alerts compare with.
const TOLERANCES: &[(&str, f64)] = &[
    ("http_400_tolerance", 100.0),
    ("http_401_tolerance", 20.0),
    ("http_404_tolerance", 100.0),
    ("http_500_tolerance", 5.0),
    ("rbac_create_vq_proxy_error_tolerance", 5.0),
    ("invalid_content_length_tolerance", 10.0),
];
