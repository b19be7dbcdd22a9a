//! One canonical line per request, and the counters that alerts read. Never a body, a phone number or a key.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use ges_domain::id::TenantId;
use ges_domain::trace::Trace;
use ges_ports::Fault;
use metrics::{Counter, Histogram};
use uuid::Uuid;

use crate::problem::{Doubt, Problem};

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
    /// The step of a trace that it was.
    pub(crate) trace: Option<Trace>,
    pub(crate) took: Duration,
    /// Why somebody was not let in, and where they are.
    pub(crate) refused: Option<(Doubt, Option<IpAddr>)>,
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
            trace_id = self.trace.map(|trace| display(format!("{:032x}", trace.id()))),
            duration_ms,
            refused = self.refused.map(|(doubt, _)| doubt.as_str()),
            client.address = self.refused.and_then(|(_, address)| address).map(display),
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
        if let Some((doubt, _)) = self.refused {
            metrics::counter!(
                "ges_callers_refused_total",
                "code" => self.code.to_string(),
                "reason" => doubt.as_str()
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

/// Logs why an answer that had begun was not ended: its client finds the connection broken.
pub(crate) fn broke_off(problem: &Problem, route: &'static str, correlation: Uuid) {
    let fault = problem.fault.as_ref();
    tracing::warn!(
        http.route = route,
        corr_id = %correlation,
        ges.code = problem.code.number(),
        peer = fault.map(|fault| fault.peer),
        fault.kind = fault.map(|fault| fault.kind.as_str()),
        fault.causes = fault.map(causes),
        "an answer broke off"
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

/// The step of a trace that caused the request, where its `traceparent` is one.
pub(crate) fn parent(headers: &HeaderMap) -> Option<Trace> {
    headers.get("traceparent")?.to_str().ok()?.parse().ok()
}
