//! The one way that every request takes: name it, bound it, hear its handler, wrap the answer, count and log it.
//!
//! A handler sees a [`Call`] and says an [`Answer`] or a [`Problem`]; nothing else of a response is its business. So no
//! handler can forget the deadline, the correlation id or the envelope, and a panic is one more problem.

use std::cell::Cell;
use std::future::Future;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, HeaderMap, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, Version};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource};
use futures::FutureExt as _;
use ges_app::{App, Call as SessionCall, Caller, Failure};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::refusal::Refusal;
use ges_domain::trace::Trace;
use ges_ports::{Application, AuditEntry, AuditOutcome};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::answer::{Answer, CORRELATION, Sealed};
use crate::caller::Program;
use crate::desk::write_down;
use crate::problem::{Code, Problem};
use crate::{Web, body, caller, trace};

/// The most parameters of a query.
const PARAMETERS: usize = 100;

/// The route of requests that no resource takes.
const NOWHERE: &str = "undefined";

/// A request on its way.
pub(crate) struct Call {
    web: Web,
    /// The template of its path.
    route: &'static str,
    request: HttpRequest,
    payload: Payload,
    correlation: Uuid,
    /// Set when the caller is known, for the request's line.
    tenant: Rc<Cell<Option<TenantId>>>,
    trace: Option<Trace>,
}

impl Call {
    pub(crate) fn web(&self) -> &Web {
        &self.web
    }

    pub(crate) fn app(&self) -> &App {
        self.web.app()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The version of HTTP that the request came by.
    pub(crate) fn version(&self) -> Version {
        self.request.version()
    }

    /// The step of a trace that this request is, if it is one.
    pub(crate) fn trace(&self) -> Option<Trace> {
        self.trace
    }

    /// The request's own name, for the logs.
    pub(crate) fn correlation(&self) -> Uuid {
        self.correlation
    }

    /// The same as a text, for the audit log.
    pub(crate) fn address(&self) -> Option<String> {
        self.client_ip().map(|address| address.to_string())
    }

    /// Says whose the request is, for its line in the log.
    pub(crate) fn belongs_to(&self, tenant: TenantId) {
        self.tenant.set(Some(tenant));
    }

    /// The tenant whose API key the request bears.
    pub(crate) async fn tenant(&self) -> Result<TenantId, Problem> {
        match caller::client(self.app(), self.headers()).await? {
            Caller::Known(tenant) => {
                self.tenant.set(Some(tenant));
                Ok(tenant)
            }
            Caller::Unknown => Err(Problem::new(Code::ApiKeyUnknown, "the API key is unknown")),
            Caller::TooOften { tenant, retry_after } => {
                self.tenant.set(Some(tenant));
                // Rounded up: who waits that long finds room.
                let secs = u32::try_from(retry_after.as_secs() + 1).unwrap_or(u32::MAX);
                let message = "the API key sends more requests than it may in a minute";
                Err(Problem::new(Code::KeyThrottled, message).retry_after(secs))
            }
        }
    }

    /// The tenant in the path, for those who know the internal key, or bear the token of a program that may speak for it.
    pub(crate) async fn named_tenant(&self, tenant: &str) -> Result<TenantId, Problem> {
        let key = self.web.config().internal_key.as_ref();
        let nowhere = |_not_one| Problem::new(Code::NothingHere, "ccid is not a UUID");
        let tenant = match caller::program(self.app(), key, self.headers()).await? {
            Program::Trusted => tenant.parse().map_err(nowhere)?,
            Program::Known(program) => {
                let tenant = tenant.parse().map_err(nowhere)?;
                if !program.may_publish_for(tenant) {
                    self.refuse(&program, tenant).await;
                    let message =
                        "the token is not one of a program that may speak for this contact centre";
                    return Err(Problem::new(Code::NotPermitted, message));
                }
                tenant
            }
        };
        self.tenant.set(Some(tenant));
        Ok(tenant)
    }

    /// Writes into its own contact centre's audit log that a program tried to speak for another one.
    async fn refuse(&self, program: &Application, wanted: TenantId) {
        let Some(tenant) = program.tenant else { return };
        self.tenant.set(Some(tenant));
        let entry = AuditEntry {
            id: self.app().ids().record(),
            tenant,
            at: self.app().now(),
            who: program.name.clone(),
            what: format!("{} {}", self.request.method(), self.route),
            on: Some(wanted.to_string()),
            outcome: AuditOutcome::Refused,
            code: Some(Code::NotPermitted.number()),
            note: None,
            correlation: self.correlation,
            address: self.address(),
        };
        write_down(&self.web, Some(entry)).await;
    }

    /// Where the client is: who is connected, or whom as many proxies as are trusted name.
    pub(crate) fn client_ip(&self) -> Option<IpAddr> {
        client_ip(&self.web, &self.request)
    }

    /// The session that would speak for the callback in the path; see [`Call::heard`].
    pub(crate) fn session(&self) -> Result<SessionCall, Problem> {
        let id: String = self.path()?;
        let nowhere = |_not_one| Problem::new(Code::NoSuchCallback, "id is not a UUID");
        let id: CallbackId = id.parse().map_err(nowhere)?;
        caller::session(self.app(), id, self.headers())
    }

    /// What came of a session's word. Anybody can write a tenant into a token: whose the request is counts from when the
    /// token was found to be its callback's.
    pub(crate) fn heard<T>(
        &self,
        session: SessionCall,
        heard: Result<T, Failure>,
    ) -> Result<T, Problem> {
        let proven = match &heard {
            Ok(_) => true,
            Err(Failure::Refused(refusal)) => {
                !matches!(refusal, Refusal::NoSuchCallback | Refusal::TokenInvalid)
            }
            Err(_) => false,
        };
        if proven {
            self.tenant.set(Some(session.tenant));
        }
        Ok(heard?)
    }

    /// The variable parts of the path, decoded.
    pub(crate) fn path<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let nowhere = |_odd| Problem::new(Code::NothingHere, "nothing is at this address");
        self.request.match_info().load().map_err(nowhere)
    }

    /// The query as it came.
    pub(crate) fn question(&self) -> &str {
        self.request.query_string()
    }

    /// The parameters of the query, decoded, in order.
    pub(crate) fn query(&self) -> Result<Vec<(String, String)>, Problem> {
        let pairs = url::form_urlencoded::parse(self.request.query_string().as_bytes());
        let pairs: Vec<_> = pairs.into_owned().take(PARAMETERS + 1).collect();
        if pairs.len() > PARAMETERS {
            let message = format!("the query has more than {PARAMETERS} parameters");
            return Err(Problem::malformed(message));
        }
        Ok(pairs)
    }

    /// The body as an object, within the usual limit.
    pub(crate) async fn body(&mut self) -> Result<Map<String, Value>, Problem> {
        self.body_within(self.web.config().body_limit_bytes).await
    }

    /// The body as an object, within a limit.
    pub(crate) async fn body_within(
        &mut self,
        limit: usize,
    ) -> Result<Map<String, Value>, Problem> {
        let within = self.web.config().body_deadline();
        body::object(&self.request, &mut self.payload, limit, within).await
    }
}

fn client_ip(web: &Web, request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|address| address.ip());
    caller::client_ip(peer, request.headers(), web.config().trusted_proxies)
}

/// What a handler says.
pub(crate) type Said = Result<Answer, Problem>;

/// Who may read a resource's answers in a browser, and whether its requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Clients of the public API, in browsers too.
    Public,
    /// The people of the contact centre, in our own pages.
    People,
    /// The contact centre's own systems.
    Internal,
    /// Probes and people who look; neither counted nor logged.
    Operators,
}

/// A resource in the making: its path, and a handler for each of its methods.
pub(crate) struct At {
    web: Web,
    route: &'static str,
    audience: Audience,
    methods: Vec<Method>,
    resource: Resource,
}

impl At {
    pub(crate) fn new(web: &Web, audience: Audience, route: &'static str) -> Self {
        let segments = route.split('/').map(|segment| match segment.strip_suffix('}') {
            // A parameter may be empty: its handler says so by its name, instead of nothing being found here.
            // The router's names know no dash.
            Some(parameter) => format!("{}:[^/]*}}", parameter.replace('-', "_")),
            None => segment.to_owned(),
        });
        let resource = web::resource(segments.collect::<Vec<_>>().join("/"));
        Self { web: web.clone(), route, audience, methods: Vec::new(), resource }
    }

    pub(crate) fn get<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        // The connection leaves the body of an answer to HEAD away by itself.
        self.on(Method::HEAD, handler.clone()).on(Method::GET, handler)
    }

    pub(crate) fn post<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        self.on(Method::POST, handler)
    }

    pub(crate) fn on<F, Fut>(mut self, method: Method, handler: F) -> Self
    where
        F: Fn(Call) -> Fut + Clone + 'static,
        Fut: Future<Output = Said> + 'static,
    {
        let (web, route, audience) = (self.web.clone(), self.route, self.audience);
        let serve = move |request: HttpRequest, payload: Payload| {
            let web = web.clone();
            serve(web, route, audience, request, payload, handler.clone())
        };
        self.resource = self.resource.route(web::method(method.clone()).to(serve));
        self.methods.push(method);
        self
    }

    /// Puts the resource in its place; methods that it does not know are told those it knows.
    pub(crate) fn mount(mut self, cfg: &mut ServiceConfig) {
        self.methods.push(Method::OPTIONS);
        let methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        let methods = methods.join(", ");
        let (web, route, audience) = (self.web, self.route, self.audience);
        let other = move |request: HttpRequest, payload: Payload| {
            let (web, methods) = (web.clone(), methods.clone());
            async move {
                if request.method() == Method::OPTIONS {
                    return preflight(&web, audience, &request, &methods);
                }
                let wrong = move |_call| async move {
                    Err(Problem::new(Code::MethodNotAllowed, "this address takes other methods"))
                };
                let asked = request.clone();
                let mut response = serve(web, route, audience, asked, payload, wrong).await;
                allow(&mut response, &methods);
                response
            }
        };
        cfg.service(self.resource.default_service(web::to(other)));
    }
}

fn allow(response: &mut HttpResponse, methods: &str) {
    if let Ok(methods) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(ALLOW, methods);
    }
}

fn preflight(web: &Web, audience: Audience, request: &HttpRequest, methods: &str) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    allow(&mut response, methods);
    if audience == Audience::Public {
        // A preflight does not say for which contact centre the request will be.
        let origin = request.headers().get(ORIGIN).and_then(|value| value.to_str().ok());
        let welcome = origin.is_some_and(|origin| web.app().tenants().any_welcomes(origin));
        web.cors().allow_asking(request.headers(), response.headers_mut(), methods, welcome);
    }
    response
}

/// Whether the contact centre itself welcomes the page that asks; one whose configuration cannot be read welcomes none.
async fn welcome(web: &Web, tenant: Option<TenantId>, asked: &HeaderMap) -> bool {
    let origin = asked.get(ORIGIN).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(tenant)) = (origin, tenant) else { return false };
    if web.cors().any() {
        return false;
    }
    match web.app().tenant(tenant).await {
        Ok(tenant) => tenant.is_some_and(|tenant| tenant.welcomes(origin)),
        Err(fault) => {
            tracing::warn!(
                peer = fault.peer,
                fault.kind = fault.kind.as_str(),
                "a page may not read an answer: the contact centre's configuration cannot be read"
            );
            false
        }
    }
}

/// Answers requests that no resource takes.
pub(crate) async fn nowhere(web: Web, request: HttpRequest, payload: Payload) -> HttpResponse {
    let nothing =
        |_call| async { Err(Problem::new(Code::NothingHere, "nothing is at this address")) };
    serve(web, NOWHERE, Audience::Internal, request, payload, nothing).await
}

async fn serve<F, Fut>(
    web: Web,
    route: &'static str,
    audience: Audience,
    request: HttpRequest,
    payload: Payload,
    handler: F,
) -> HttpResponse
where
    F: Fn(Call) -> Fut,
    Fut: Future<Output = Said>,
{
    let arrived = Instant::now();
    let correlation = correlation(&web, request.headers());
    let tenant = Rc::new(Cell::new(None));
    let caused_by = trace::parent(request.headers());
    let (span, trace) = step(&web, route, correlation, caused_by);
    let call = Call {
        web: web.clone(),
        route,
        request: request.clone(),
        payload,
        correlation,
        tenant: Rc::clone(&tenant),
        trace,
    };
    // Boxed: a handler's future is large, and is moved several times on its way.
    let said = Box::pin(AssertUnwindSafe(handler(call)).catch_unwind().instrument(span));
    let said = match tokio::time::timeout(web.config().deadline(), said).await {
        Ok(Ok(said)) => said,
        // The panic's own words are logged where the panic hook says.
        Ok(Err(_panic)) => {
            metrics::counter!("UNCAUGHT_EXCEPTION").increment(1);
            Err(Problem::internal())
        }
        Err(_elapsed) => Err(Problem::deadline()),
    };
    let mut doubt = None;
    let sealed = match said {
        Ok(answer) => Sealed::answer(answer, correlation),
        Err(problem) => {
            if let Some(fault) = &problem.fault {
                trace::fault(fault, route, correlation);
            }
            doubt = problem.doubt;
            Sealed::problem(&problem, correlation)
        }
    };
    let (status, code) = (sealed.status, sealed.code);
    let mut response = sealed.send(&request, route, correlation).await;
    if audience == Audience::Public {
        // One address serves all contact centres, each by its key: no cache on the way may keep an answer.
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Within the deadline too; what is known already needs no time.
        let left = web.config().deadline().saturating_sub(arrived.elapsed());
        let welcome = welcome(&web, tenant.get(), request.headers());
        let welcome = tokio::time::timeout(left, welcome).await.unwrap_or_else(|_elapsed| {
            tracing::warn!(corr_id = %correlation,
                "a page may not read an answer: whether its contact centre welcomes it was not told in time");
            false
        });
        web.cors().allow(request.headers(), response.headers_mut(), welcome);
    }
    if audience == Audience::People {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    if audience != Audience::Operators {
        let line = trace::Line {
            method: request.method().as_str(),
            route,
            status,
            code,
            tenant: tenant.get(),
            correlation,
            trace,
            took: arrived.elapsed(),
            refused: doubt.map(|doubt| (doubt, client_ip(&web, &request))),
        };
        line.record();
    }
    response
}

/// The request as a step of a trace: its span, and its place for those whom it causes to act.
fn step(
    web: &Web,
    route: &'static str,
    correlation: Uuid,
    caused_by: Option<Trace>,
) -> (Span, Option<Trace>) {
    let traces = web.app().traces();
    if !traces.record() {
        // At debug only: a span that is kept for each request costs as much as its answer.
        let span = tracing::debug_span!("request", http.route = route, corr_id = %correlation);
        return (span, caused_by);
    }
    let span = tracing::info_span!("request", http.route = route, corr_id = %correlation);
    if let Some(trace) = &caused_by {
        traces.follow(&span, trace);
    }
    let place = traces.place(&span).or(caused_by);
    (span, place)
}

/// The client's name for the request where it is a UUID, as official clients expect; else a new one.
fn correlation(web: &Web, headers: &HeaderMap) -> Uuid {
    let said = headers.get(&CORRELATION).and_then(|value| value.to_str().ok());
    let said = said.and_then(|text| Uuid::try_parse(text).ok());
    said.unwrap_or_else(|| web.app().ids().record().uuid())
}
