//! Traces that cross the house: which one a span goes on with, and what the next service is told.
//!
//! Apart from `tracing` itself, because only the recorder knows the ids that its spans bear outside.

use ges_domain::trace::Trace;
use tracing::Span;

/// The recorder of traces.
pub trait Traces: Send + Sync {
    /// Whether anybody records; where nobody does, no span need be made for its sake.
    fn record(&self) -> bool;

    /// Makes `span` a step of `trace`. Must be said before the span is entered.
    fn follow(&self, span: &Span, trace: &Trace);

    /// The place of `span`, for whoever is called from inside it; none where nobody records.
    fn place(&self, span: &Span) -> Option<Trace>;
}

/// Nobody records: what came in is handed on as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Untraced;

impl Traces for Untraced {
    fn record(&self) -> bool {
        false
    }

    fn follow(&self, _span: &Span, _trace: &Trace) {}

    fn place(&self, _span: &Span) -> Option<Trace> {
        None
    }
}
