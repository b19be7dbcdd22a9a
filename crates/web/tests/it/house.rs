//! A house with two contact centres behind the doors under test.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::body::{BoxBody, MessageBody as _, to_bytes};
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use async_trait::async_trait;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use ges_app::{App, Options, Ports};
use ges_contracts::stand_ins::{CountingChance, Town, WaxSeals};
use ges_domain::effect::{Lane, Signal};
use ges_domain::id::{Attempt, CallbackId, RecordId, Revision, TenantId};
use ges_domain::name::NodeName;
use ges_domain::time::{Timestamp, Zone};
use ges_domain::wait::{Learned, Lesson, Snapshot, Waited};
use ges_embedded::{Counters, Embedded, LocalSessions};
use ges_ports::{
    ApiKey, Callbacks, Chance, Clock, Credentials, Estimate, Fault, Ids, Inquiry, Orchestrator,
    Place, Receipt, RecordKey, RecordKind, RecordName, Records, SessionRef, SessionRequest,
    UpdateToken, Wait, WaitQuery, WaitTimes,
};
use ges_web::{
    About, Component, Config, Exposition, Health, Meters, Ready, Standing, Surface, Web,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::staff;

pub(crate) const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";
pub(crate) const OTHER: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00200";
pub(crate) const KEY: &str = "key-of-the-first";
pub(crate) const OTHER_KEY: &str = "key-of-the-second";
pub(crate) const INTERNAL: &str = "sesame";
pub(crate) const CORRELATION: &str = "6d7a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";

/// A Monday: in New York it is nine, and the office opens.
const BEGINNING: &str = "2026-01-05T14:00:00Z";

struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let second = i64::try_from(self.0.load(Ordering::SeqCst)).unwrap();
        Timestamp::from_second(second).unwrap()
    }
}

struct CountingIds(AtomicU64);

impl CountingIds {
    fn next(&self) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u128(0x018f_2b1c_0000_7000_8000_0000_0000_0000 + u128::from(count))
    }
}

impl Ids for CountingIds {
    fn callback(&self) -> CallbackId {
        CallbackId::new(self.next())
    }

    fn record(&self) -> RecordId {
        RecordId::new(self.next())
    }

    fn update_token(
        &self,
        tenant: TenantId,
        callback: CallbackId,
        attempt: Attempt,
    ) -> UpdateToken {
        UpdateToken::new(format!("{tenant}/{callback}/{attempt}"))
    }

    fn tenant_of(&self, token: &str) -> Option<TenantId> {
        Uuid::try_parse(token.split('/').next()?).ok().map(TenantId::new)
    }
}

/// An orchestration server that takes every start.
struct Ors;

#[async_trait]
impl Orchestrator for Ors {
    async fn start(&self, _request: &SessionRequest) -> Result<Receipt, Fault> {
        Ok(Receipt::default())
    }

    async fn signal(&self, _session: &SessionRef, _signal: &Signal) -> Result<bool, Fault> {
        Ok(true)
    }

    async fn query(&self, _session: &SessionRef) -> Result<Inquiry, Fault> {
        Ok(Inquiry::Lives(Box::default()))
    }
}

/// How the router behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Manner {
    /// `CB_Sales_VQ` waits 95 s, `Empty_VQ` has no agents, no other was ever used.
    Well,
    Away,
    Silent,
    Panicking,
}

pub(crate) struct Router(AtomicU8);

#[async_trait]
impl WaitTimes for Router {
    async fn look_up(&self, query: &WaitQuery, now: Timestamp) -> Result<Wait, Fault> {
        let manner = self.0.load(Ordering::SeqCst);
        if manner == Manner::Away as u8 {
            return Err(Fault::unavailable("urs", "nobody is there"));
        }
        if manner == Manner::Silent as u8 {
            std::future::pending::<()>().await;
        }
        assert!(manner != Manner::Panicking as u8, "the router was told to panic");
        let estimate = match query.queue.as_str() {
            "CB_Sales_VQ" => Estimate::Known(95),
            "Empty_VQ" => Estimate::NoAgents,
            _ => Estimate::NoInteractions,
        };
        Ok(Wait {
            estimate,
            waiting: None,
            oldest_wait_secs: None,
            average_secs: None,
            distributed: None,
            seen_at: now,
        })
    }

    async fn place(
        &self,
        _query: &WaitQuery,
        _interaction_id: &str,
        _now: Timestamp,
    ) -> Result<Option<Place>, Fault> {
        Ok(None)
    }
}

struct Keys;

#[async_trait]
impl Credentials for Keys {
    async fn identify(&self, key: &ApiKey, _now: Timestamp) -> Result<Option<TenantId>, Fault> {
        Ok(match key.expose() {
            KEY => TENANT.parse().ok(),
            OTHER_KEY => OTHER.parse().ok(),
            _ => None,
        })
    }
}

/// A server whose store can be told to be down.
#[derive(Default)]
pub(crate) struct Fares {
    pub(crate) down: Mutex<bool>,
}

#[async_trait]
impl Health for Fares {
    fn live(&self) -> bool {
        true
    }

    async fn ready(&self) -> Ready {
        let down = *self.down.lock().unwrap();
        let standing = if down { Standing::Down } else { Standing::Up };
        let since = BEGINNING.parse().ok();
        let store = Component {
            name: String::from("store"),
            tenant: None,
            standing,
            since,
            last_error: None,
        };
        Ready { draining: false, components: vec![store] }
    }

    fn started(&self) -> bool {
        true
    }

    async fn components(&self) -> Vec<Component> {
        self.ready().await.components
    }
}

impl Meters for Fares {
    fn expose(&self, _accept: Option<&str>) -> Exposition {
        let body = String::from("ges_callbacks_created 1\n");
        Exposition { content_type: "text/plain; version=0.0.4; charset=utf-8", body }
    }
}

type Doors = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, ServiceResponse>>;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Told {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn code(&self) -> u64 {
        self.json()["status"]["code"].as_u64().expect("an envelope has a code")
    }

    pub(crate) fn message(&self) -> String {
        self.json()["status"]["message"].as_str().expect("an envelope has a message").to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The data of a success.
    pub(crate) fn data(&self) -> Value {
        let envelope = self.json();
        assert_eq!(self.status, StatusCode::OK, "{envelope}");
        assert_eq!(envelope["status"]["code"], 0);
        envelope["data"].clone()
    }
}

/// A body that goes on.
pub(crate) struct Stream(Pin<Box<BoxBody>>);

impl Stream {
    /// What there is to hear without waiting.
    pub(crate) fn heard(&mut self) -> String {
        let mut heard = Vec::new();
        while let Some(Some(part)) = poll_fn(|cx| self.0.as_mut().poll_next(cx)).now_or_never() {
            heard.extend_from_slice(&part.unwrap());
        }
        String::from_utf8(heard).unwrap()
    }

    /// Whether nothing more will come.
    pub(crate) fn ended(&mut self) -> bool {
        matches!(poll_fn(|cx| self.0.as_mut().poll_next(cx)).now_or_never(), Some(None))
    }
}

pub(crate) struct House {
    pub(crate) app: Arc<App>,
    pub(crate) store: Arc<Embedded>,
    pub(crate) fares: Arc<Fares>,
    router: Arc<Router>,
    clock: Arc<HandClock>,
    pub(crate) town: Arc<Town>,
    web: Web,
    doors: Doors,
    /// Where the access file lies.
    _folder: TempDir,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A house whose doors are set otherwise, with both contact centres' settings published.
    pub(crate) async fn with(write: impl FnOnce(&mut Config)) -> Self {
        Self::made(write, None).await
    }

    /// A house in which a key may send so many requests a minute.
    pub(crate) async fn limited(requests_per_key: u32) -> Self {
        Self::made(|_| {}, NonZeroU32::new(requests_per_key)).await
    }

    async fn made(write: impl FnOnce(&mut Config), requests_per_key: Option<NonZeroU32>) -> Self {
        let store = Arc::new(Embedded::in_memory().unwrap());
        let beginning: Timestamp = BEGINNING.parse().unwrap();
        let seconds = u64::try_from(beginning.as_second()).unwrap();
        let clock = Arc::new(HandClock(AtomicU64::new(seconds)));
        let router = Arc::new(Router(AtomicU8::new(Manner::Well as u8)));
        let town = [TENANT, OTHER].map(|id| id.parse().unwrap());
        let town = Arc::new(Town::of(town, BEGINNING.parse().unwrap()));
        let chance: Arc<dyn Chance> = Arc::new(CountingChance::default());
        let (access, folder) = staff::access(&chance, beginning);
        let ports = Ports {
            callbacks: store.clone(),
            call_ins: store.clone(),
            effects: store.clone(),
            catalogues: store.clone(),
            records: store.clone(),
            audit: store.clone(),
            deliveries: store.clone(),
            hooks: Some(Arc::new(crate::webhooks::Quiet::default())),
            credentials: Arc::new(Keys),
            people: Arc::new(access),
            tenants: town.clone(),
            api_keys: town.clone(),
            seals: Arc::new(WaxSeals { key: "a" }),
            chance,
            push: None,
            humans: None,
            statistics: None,
            sessions: Arc::new(LocalSessions::default()),
            orchestrator: Some(Arc::new(Ors)),
            waits: Some(router.clone()),
            throttle: Arc::new(Counters::default()),
            notices: None,
            clock: clock.clone(),
            ids: Arc::new(CountingIds(AtomicU64::new(1))),
        };
        let node = NodeName::parse("node-1").unwrap();
        let options = Options { requests_per_key, ..Options::new(node) };
        let app = Arc::new(App::new(ports, options));
        let mut config =
            Config { internal_key: Some(SecretString::from(INTERNAL)), ..Config::default() };
        write(&mut config);
        let fares = Arc::new(Fares::default());
        let about = About {
            version: "0.0.0",
            node: String::from("node-1"),
            started_at: beginning,
            store: "SQLite",
            shared_memory: "this process",
        };
        let web = Web::new(app.clone(), config, fares.clone(), fares.clone(), about);
        let doors = doors(&web, Surface::Everything).await;
        let house = Self { app, store, fares, router, clock, town, web, doors, _folder: folder };
        for tenant in [TENANT, OTHER] {
            let push = house.put_settings(tenant, &settings(1)).await;
            assert_eq!(push.status, StatusCode::OK, "{}", push.text());
        }
        house
    }

    /// The same house through the doors of another listener.
    pub(crate) async fn through(self, surface: Surface) -> Self {
        let doors = doors(&self.web, surface).await;
        Self { doors, ..self }
    }

    pub(crate) fn web(&self) -> &Web {
        &self.web
    }

    pub(crate) fn turn(&self, secs: u64) {
        self.clock.0.fetch_add(secs, Ordering::SeqCst);
    }

    pub(crate) fn router(&self, manner: Manner) {
        self.router.0.store(manner as u8, Ordering::SeqCst);
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Told {
        let response = (self.doors)(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let streams = headers.get("content-type").is_some_and(|it| it == "text/event-stream");
        let bytes = if streams {
            // It has no end to wait for.
            Stream(Box::pin(response.into_body())).heard().into_bytes()
        } else {
            to_bytes(response.into_body()).await.unwrap_or_default().to_vec()
        };
        Told { status, headers, bytes }
    }

    /// A stream of events, to be heard bit by bit.
    pub(crate) async fn listen(&self, request: TestRequest) -> Stream {
        let response = (self.doors)(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        Stream(Box::pin(response.into_body()))
    }

    pub(crate) async fn get(&self, path: &str) -> Told {
        self.ask(keyed(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Told {
        self.ask(keyed(Method::POST, path).set_json(body)).await
    }

    pub(crate) async fn create(&self, body: &Value) -> Told {
        self.post("/engagement/v3/callbacks/create", body).await
    }

    /// Books an immediate callback and lets it be submitted; answers its id and its session's token.
    pub(crate) async fn submitted(&self) -> (String, String) {
        let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
        let id = self.create(&wish).await.data()["id"].as_str().unwrap().to_owned();
        while self.app.tick(Lane::Sessions).await.unwrap().leased > 0 {}
        let token = format!("{TENANT}/{id}/1");
        (id, token)
    }

    /// A queue of the first contact centre where so many callbacks waited so long while the router said otherwise.
    pub(crate) async fn taught(&self, queue: &str, router_secs: f64, secs: f64, waits: u32) {
        let (at, node) = (self.app.now(), NodeName::parse("node-9").unwrap());
        let day = Zone::utc().civil(at).date();
        let seen = Snapshot { router_secs: Some(router_secs), ..Snapshot::default() };
        let mut learned = Learned::default();
        for _wait in 0..waits {
            let ticket = Box::new(learned.model().ticket(&seen).unwrap());
            let waited = Some(Waited { ticket, secs });
            let batch = learned.next_batch(&node);
            assert!(learned.learn(&batch, &[Lesson { at, day, waited, promise: None }]));
        }
        let key = RecordKey {
            tenant: TENANT.parse().unwrap(),
            kind: RecordKind::new("queue-learned-1"),
            name: RecordName::parse(queue).unwrap(),
        };
        let document = serde_json::to_string(&learned).unwrap();
        self.store.put(&key, &document, Revision::NONE).await.unwrap();
    }

    pub(crate) async fn put_settings(&self, tenant: &str, document: &Value) -> Told {
        self.ask(internal(Method::PUT, &settings_of(tenant)).set_json(document)).await
    }

    /// How many callbacks of the first contact centre are open.
    pub(crate) async fn open_callbacks(&self) -> u64 {
        let counts = self.store.counts(TENANT.parse().unwrap(), &[]).await.unwrap();
        counts.iter().map(|count| count.count).sum()
    }
}

async fn doors(web: &Web, surface: Surface) -> Doors {
    let web = web.clone();
    let app = actix_web::App::new().configure(move |cfg| ges_web::configure(cfg, &web, surface));
    let doors = Rc::new(init_service(app).await);
    Box::new(move |request: TestRequest| {
        let doors = Rc::clone(&doors);
        async move { doors.call(request.to_request()).await.unwrap() }.boxed_local()
    })
}

pub(crate) fn settings_of(tenant: &str) -> String {
    format!("/ges/internal/v1/tenants/{tenant}/callback-settings")
}

/// A request of the first contact centre's client.
pub(crate) fn keyed(method: Method, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(method).insert_header(("x-api-key", KEY))
}

/// A request of the first contact centre's own systems.
pub(crate) fn internal(method: Method, path: &str) -> TestRequest {
    TestRequest::with_uri(path).method(method).insert_header(("x-ges-internal-key", INTERNAL))
}

/// Office hours in New York for `CB_Sales`, none for `CB_Open`.
pub(crate) fn settings(revision: u64) -> Value {
    let day = json!([{"start": "09:00", "end": "17:00"}]);
    json!({
        "table": "CALLBACK_SETTINGS", "revision": revision, "mode": "full",
        "services": [
            { "name": "CB_Sales", "virtualQueue": "CB_Sales_VQ", "businessHours": "BH_Sales", "capacityPerSlot": 1 },
            { "name": "CB_Open", "virtualQueue": "CB_Open_VQ", "duplicatePolicy": "allow",
              "maxImmediatePerNumberPerDay": 1000 },
        ],
        "businessHours": [ {
            "name": "BH_Sales", "timezone": "America/New_York",
            "week": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day },
        } ],
    })
}
