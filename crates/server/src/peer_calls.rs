//! Calls to neighbours as a histogram: each adapter opens one span a call, and this layer counts it when it closes.
//! So no adapter holds a counter, and a neighbour that is asked in a new way is measured from its first call on.

use std::fmt;
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The histogram's name.
pub(crate) const NAME: &str = "ges_peer_call_duration_seconds";

/// The layer.
pub(crate) struct PeerCalls;

/// Whether a span is a call to a neighbour.
pub(crate) fn concerns(about: &Metadata<'_>) -> bool {
    about.is_span() && about.fields().field("peer").is_some()
}

/// A call under way.
struct PeerCall {
    begun: Instant,
    peer: String,
    operation: Option<String>,
    outcome: Option<String>,
}

impl Visit for PeerCall {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "peer" => value.clone_into(&mut self.peer),
            "operation" => self.operation = Some(value.to_owned()),
            "outcome" => self.outcome = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "peer" | "operation" | "outcome") {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}

impl<S> Layer<S> for PeerCalls
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut call =
            PeerCall { begun: Instant::now(), peer: String::new(), operation: None, outcome: None };
        attributes.record(&mut call);
        span.extensions_mut().insert(call);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(call) = span.extensions_mut().get_mut::<PeerCall>() {
            values.record(call);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(call) = span.extensions_mut().remove::<PeerCall>() else { return };
        // A call that was dropped on its way has no outcome.
        let outcome = call.outcome.unwrap_or_else(|| String::from("dropped"));
        let operation = call.operation.unwrap_or_else(|| span.name().to_owned());
        metrics::histogram!(NAME, "peer" => call.peer, "operation" => operation, "outcome" => outcome)
            .record(call.begun.elapsed().as_secs_f64());
    }
}
