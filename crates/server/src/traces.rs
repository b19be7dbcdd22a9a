//! Traces: spans leave by OTLP where a collector is configured, and one trace leads from a customer's request to the
//! session that calls back, hours later and on another node.

use std::time::Duration;

use anyhow::Context as _;
use ges_domain::trace::Trace;
use ges_ports::Traces;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_otlp::{Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use tracing::{Level, Metadata, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use url::Url;

use crate::config::Egress;
use crate::wiring::Clients;

/// A collector that is slower than this loses what it was sent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Traces by OTLP.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The collector's OTLP/HTTP address, such as `http://127.0.0.1:4318`; empty sends nothing.
    pub(crate) endpoint: String,
    /// The share of traces that begin here and are recorded, from 0 to 1; a trace that began elsewhere is recorded as its
    /// beginner chose.
    pub(crate) sample: f64,
    /// The name under which the collector knows this service.
    pub(crate) service_name: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { endpoint: String::new(), sample: 1.0, service_name: String::from("ges") }
    }
}

/// Spans on their way to a collector.
pub(crate) struct Recorder(SdkTracerProvider);

impl Recorder {
    /// Starts the way to the collector, if there is one. Must not be called inside a runtime: its client has its own.
    pub(crate) fn start(
        config: &Config,
        egress: &Egress,
        node: &str,
    ) -> anyhow::Result<Option<Self>> {
        if config.endpoint.is_empty() {
            return Ok(None);
        }
        let client = Clients::new(egress)?.builder().redirect(Policy::none());
        let client = reqwest::blocking::ClientBuilder::from(client).timeout(PATIENCE).build();
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client.context("the client of the collector")?)
            .with_endpoint(address(&config.endpoint)?)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(PATIENCE)
            .build()
            .context("traces.endpoint")?;
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .with_attribute(opentelemetry::KeyValue::new("service.instance.id", node.to_owned()))
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let share = Sampler::TraceIdRatioBased(config.sample.clamp(0.0, 1.0));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_resource(resource)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What makes spans of ours into spans of the collector.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.0.tracer("ges")
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(error = ?error, "the last spans did not reach the collector");
        }
    }
}

/// Where spans are posted: the usual path, where the address names none.
fn address(endpoint: &str) -> anyhow::Result<String> {
    let mut url: Url = endpoint.parse().with_context(|| {
        format!("traces.endpoint: `{endpoint}` is no address such as http://127.0.0.1:4318")
    })?;
    anyhow::ensure!(
        matches!(url.scheme(), "http" | "https"),
        "traces.endpoint: only http and https lead to a collector"
    );
    if url.path() == "/" {
        url.set_path("/v1/traces");
    }
    Ok(url.into())
}

/// Whether a span is for the collector: those of ours that tell the story.
pub(crate) fn concerns(about: &Metadata<'_>) -> bool {
    about.is_span() && *about.level() <= Level::INFO && about.target().starts_with("ges")
}

/// The ids that our spans bear outside.
pub(crate) struct Recorded;

impl Traces for Recorded {
    fn record(&self) -> bool {
        true
    }

    fn follow(&self, span: &Span, trace: &Trace) {
        let caused_by = SpanContext::new(
            TraceId::from_bytes(trace.id().to_be_bytes()),
            SpanId::from_bytes(trace.parent().to_be_bytes()),
            if trace.sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED },
            true,
            TraceState::NONE,
        );
        let context = opentelemetry::Context::new().with_remote_span_context(caused_by);
        if span.set_parent(context).is_err() {
            tracing::debug!("a span had begun before its trace was known");
        }
    }

    fn place(&self, span: &Span) -> Option<Trace> {
        let context = span.context();
        let place = context.span().span_context().clone();
        let (id, parent) = (place.trace_id().to_bytes(), place.span_id().to_bytes());
        Trace::new(u128::from_be_bytes(id), u64::from_be_bytes(parent), place.is_sampled())
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn an_address_gets_the_usual_path_unless_it_has_one() {
        assert_eq!(address("http://127.0.0.1:4318").unwrap(), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(address("https://otel/x/y").unwrap(), "https://otel/x/y");
        assert!(address("collector").is_err());
        assert!(address("ftp://collector").is_err());
    }

    #[test]
    fn a_span_goes_on_with_the_trace_that_caused_it() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("ges"));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let caused_by = Trace::new(7, 9, true).unwrap();
            let span = tracing::info_span!("request");
            Recorded.follow(&span, &caused_by);
            let place = Recorded.place(&span).unwrap();
            assert_eq!(place.id(), 7);
            assert_ne!(place.parent(), 9, "the step is the span's own");
            assert!(place.sampled());
            let inner = span.in_scope(|| tracing::info_span!("ors.start"));
            assert_eq!(Recorded.place(&inner).unwrap().id(), 7);
        });
    }
}
