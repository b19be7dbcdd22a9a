//! One canonical line per request, and the counters that alerts read. Never a body, a phone number or a key.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error as _;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use ges_domain::id::TenantId;
use ges_ports::Fault;
use metrics::{Counter, Histogram};
use uuid::Uuid;

/// The tenant of requests that nobody can be named for.
const UNKNOWN: &str = "undefined";

/// Counters that a worker keeps at hand at most; beyond them each request looks its counter up.
const AT_HAND: usize = 4096;

/// A worker's counters, found once and then only counted up: looking them up costs more than many a request.
#[derive(Default)]
struct Meters {
    requests: HashMap<(Option<TenantId>, &'static str), Counter>,
    duration: Option<Histogram>,
}

thread_local! {
    static METERS: RefCell<Meters> = RefCell::default();
}

/// A request that was answered.
pub(crate) struct Line<'a> {
    pub(crate) method: &'a str,
    /// The template of its path.
    pub(crate) route: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) code: u32,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) correlation: Uuid,
    /// The trace that the client goes on, if it said so.
    pub(crate) trace: Option<&'a str>,
    pub(crate) took: Duration,
}

impl Line<'_> {
    /// Counts and logs the request.
    pub(crate) fn record(&self) {
        let tenant = || self.tenant.map_or_else(|| UNKNOWN.to_owned(), |it| it.to_string());
        let duration_ms = self.took.as_secs_f64() * 1e3;
        tracing::info!(
            http.method = self.method,
            http.route = self.route,
            http.status = self.status.as_u16(),
            ges.code = self.code,
            tenant = tenant(),
            corr_id = %self.correlation,
            trace_id = self.trace,
            duration_ms,
            "request answered"
        );
        if self.status.is_client_error() || self.status.is_server_error() {
            metrics::counter!(
                "ges_http_failed_requests_total",
                "tenant" => tenant(),
                "path" => self.route,
                "httpCode" => self.status.as_u16().to_string()
            )
            .increment(1);
        }
        let find = || metrics::counter!("ges_http_requests_total", "tenant" => tenant(), "path" => self.route);
        METERS.with_borrow_mut(|meters| {
            let find_duration = || metrics::histogram!("ges_http_request_duration_seconds");
            let duration = meters.duration.get_or_insert_with(find_duration);
            duration.record(self.took.as_secs_f64());
            let key = (self.tenant, self.route);
            if meters.requests.len() < AT_HAND || meters.requests.contains_key(&key) {
                meters.requests.entry(key).or_insert_with(find).increment(1);
            } else {
                find().increment(1);
            }
        });
    }
}

/// Logs a fault on which a request failed with all that led to it, once, where it ends.
///
/// The route and the correlation id lead to the request's own line.
pub(crate) fn fault(fault: &Fault, route: &'static str, correlation: Uuid) {
    let (peer, kind) = (fault.peer, fault.kind.as_str());
    tracing::warn!(
        http.route = route,
        corr_id = %correlation,
        peer,
        fault.kind = kind,
        fault.causes = causes(fault),
        "a request failed"
    );
}

/// Logs a fault that an answer could do without.
pub(crate) fn missed(fault: &Fault) {
    let (peer, kind) = (fault.peer, fault.kind.as_str());
    tracing::info!(peer, fault.kind = kind, fault.causes = causes(fault), "an answer lacks a part");
}

fn causes(fault: &Fault) -> String {
    let mut causes = Vec::new();
    let mut next = fault.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.join(": ")
}

/// The trace id of a `traceparent` header, if it is one (W3C Trace Context).
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut parts = text.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let flags = parts.next()?;
    let lengths = [(version, 2), (trace, 32), (parent, 16), (flags, 2)];
    let whole = lengths.iter().all(|(part, length)| part.len() == *length && hex(part));
    let nothing = |text: &str| text.bytes().all(|b| b == b'0');
    // A version that we do not know may have more parts.
    let too_long = version == "00" && parts.next().is_some();
    (whole && version != "ff" && !too_long && !nothing(trace) && !nothing(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_a_whole_traceparent_names_a_trace() {
        let named = |text: &str| {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_str(text).unwrap();
            headers.insert(HeaderName::from_static("traceparent"), value);
            trace_id(&headers).map(str::to_owned)
        };
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(named(&format!("00-{trace}-00f067aa0ba902b7-01")).as_deref(), Some(trace));
        assert_eq!(named(&format!("cc-{trace}-00f067aa0ba902b7-01-x")).as_deref(), Some(trace));
        for bad in [
            String::from("00"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{trace}-00f067aa0ba902b7-01-x"),
        ] {
            assert_eq!(named(&bad), None, "{bad}");
        }
    }
}
