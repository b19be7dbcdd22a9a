//! Logs and metrics: readable lines on a terminal, JSON elsewhere; every alert's metric present from the start.

use std::io::IsTerminal as _;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, reload};

use crate::lines::{Ending, Lines};
use crate::peer_calls::{self, PeerCalls};
use crate::traces::{self, Recorder};

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
    /// The most bytes of a line; longer ones lose the end of their longest text, and say so.
    pub(crate) max_line_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { level: String::from("info"), format: Format::Auto, max_line_bytes: 2_048 }
    }
}

/// The log under way.
pub(crate) struct Log {
    /// Changes what is written.
    pub(crate) level: Level,
    /// Lets the last lines go; dropped last.
    _ending: Ending,
}

/// What is written, and how to change it while the process runs.
pub(crate) struct Level {
    filter: reload::Handle<EnvFilter, Registry>,
    now: String,
}

impl Level {
    /// Writes what `directives` say from now on, if they are not what is written already.
    pub(crate) fn set(&mut self, directives: &str) -> anyhow::Result<()> {
        if directives == self.now {
            return Ok(());
        }
        self.filter.reload(filter(directives)?)?;
        tracing::info!(from = self.now, to = directives, "the log's level changed");
        directives.clone_into(&mut self.now);
        Ok(())
    }
}

fn filter(directives: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(directives)
        .map_err(|error| anyhow::anyhow!("log.level: {error}; use a level such as `info`"))
}

/// Starts the log, the histogram of calls to neighbours and the way of spans to the collector; complains about
/// directives that it does not understand.
pub(crate) fn log(config: &Config, traces: Option<&Recorder>) -> anyhow::Result<Log> {
    let (filter, handle) = reload::Layer::new(filter(&config.level)?);
    let json = match config.format {
        Format::Auto => !std::io::stderr().is_terminal(),
        Format::Text => false,
        Format::Json => true,
    };
    let way = Lines::start(config.max_line_bytes)?;
    let ending = way.end();
    let lines = tracing_subscriber::fmt::layer().with_writer(way);
    let lines = if json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        lines.with_target(false).boxed()
    };
    // Each layer has its own filter: silencing the log neither stops the histogram nor the traces.
    let calls = PeerCalls.with_filter(FilterFn::new(peer_calls::concerns));
    let spans = traces.map(|recorder| {
        tracing_opentelemetry::layer()
            .with_tracer(recorder.tracer())
            .with_filter(FilterFn::new(traces::concerns))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(calls)
        .with(spans)
        .try_init()?;
    let level = Level { filter: handle, now: config.level.clone() };
    Ok(Log { level, _ending: ending })
}

/// Seconds at which requests and calls to neighbours are told apart.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0];

/// Seconds at which rings before and after their promised time are told apart.
const PROMISE_SECONDS: [f64; 15] = [
    -600.0, -300.0, -180.0, -60.0, -30.0, -10.0, 0.0, 10.0, 30.0, 60.0, 180.0, 300.0, 600.0, 900.0,
    1_800.0,
];

/// Seconds by which work that was due comes late.
const LAG_SECONDS: [f64; 13] =
    [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0];

/// Histograms of lateness, and of waiting for the database.
const LAGS: [(&str, &str); 3] = [
    ("ges_outbox_age_seconds", "from when an effect was due to when a node took it on, by kind"),
    ("ges_dispatch_lag_seconds", "from when a callback was due to when its session was taken"),
    ("ges_store_wait_seconds", "waiting for a connection to PostgreSQL, by outcome"),
];

/// Starts the metrics, with every alert's counter at zero and every health gauge at good.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix(String::from("_seconds")), &SECONDS)?
        .set_buckets_for_metric(
            Matcher::Full(String::from("ges_promise_error_seconds")),
            &PROMISE_SECONDS,
        )?
        .set_buckets_for_metric(Matcher::Full(String::from(LAGS[0].0)), &LAG_SECONDS)?
        .set_buckets_for_metric(Matcher::Full(String::from(LAGS[1].0)), &LAG_SECONDS)?
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
    describe_counter!(
        "ges_callers_refused_total",
        Unit::Count,
        "requests of those who were not let in, by the answer's code and the reason"
    );
    describe_histogram!("ges_http_request_duration_seconds", Unit::Seconds, "response time");
    describe_histogram!(
        peer_calls::NAME,
        Unit::Seconds,
        "calls to neighbours, by peer, operation and outcome"
    );
    describe_histogram!(
        "ges_promise_error_seconds",
        Unit::Seconds,
        "from the desired time of a callback to the ring of the customer's phone, below 0 early"
    );
    describe_gauge!(
        "ges_ewt_coverage_ratio",
        "share of the waits of the last 24 hours inside the band that was given for them, by its level in percent; NaN while there is none"
    );
    describe_gauge!(
        "ges_queue_ewt_coverage_ratio",
        "as ges_ewt_coverage_ratio, of one of the busiest queues"
    );
    describe_gauge!(
        "ges_queue_promise_error_seconds",
        Unit::Seconds,
        "from the desired time to the ring, by the share of today's promises of a queue that lies below; NaN while there is none"
    );
    describe_gauge!(
        "ges_queue_promises_today",
        "promises of a queue whose time came today, by the queue's own clock"
    );
    describe_counter!(
        "ges_webhook_deliveries_total",
        Unit::Count,
        "calls of webhooks, by what became of the message"
    );
    for (name, meaning) in LAGS {
        describe_histogram!(name, Unit::Seconds, meaning);
    }
    describe_gauge!(
        "ges_outbox_oldest_due_seconds",
        Unit::Seconds,
        "how long the oldest due effect waits, by lane"
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
    (
        "ges_unreadable_callbacks_total",
        "times that a callback could not be read; each is logged with its id",
    ),
    (
        "ges_audit_entries_lost",
        "lines that the audit log did not take; each is in the service's own log",
    ),
    ("DNS_FAILURE", "names of neighbours that did not resolve"),
    ("NEXUS_ACCESS_FAILURE", "kept for the vendor's dashboards; nothing here counts it"),
];

/// Counters by tenant.
const TENANT_COUNTERS: &[(&str, &str)] = &[
    ("ges_callbacks_created", "callbacks created"),
    ("ges_callin_created", "click-to-call-in requests handled"),
    ("ges_push_notifications_sent", "pushes accepted by the push service"),
    ("ges_push_notifications_failed", "pushes that were not, by reason"),
    ("ges_captcha_checks", "captcha tokens looked at, by result"),
    ("ges_captcha_keys_refused", "captcha keys of tenants that the captcha service refused"),
    ("ges_webhooks_disabled_total", "webhooks disabled: gone, or failing for three days"),
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
    (
        "ges_clock_skew_seconds",
        "how far the database's clock is ahead of this machine's for certain, below 0 behind",
    ),
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
