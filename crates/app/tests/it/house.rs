//! A house to live in for the length of a test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ges_app::{App, Call, Failure, Options, Ports, Started, Tick, Wish};
use ges_contracts::given;
use ges_contracts::stand_ins::{CountingChance, Town, WaxSeals};
use ges_domain::booking::{Fingerprint, IdempotencyKey, Request};
use ges_domain::callback::{Callback, Details, Report, State};
use ges_domain::catalogue::{Catalogue, Named};
use ges_domain::effect::Lane;
use ges_domain::event::Actor;
use ges_domain::id::{Attempt, CallbackId, RecordId, SessionId, TenantId};
use ges_domain::name::RegionName;
use ges_domain::numbers::{Pattern, Rule};
use ges_domain::phone::Country;
use ges_domain::refusal::Refusal;
use ges_domain::service::Settings;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_embedded::Embedded;
use ges_ports::{
    Booked, Catalogues, Clock, Estimate, Fault, HumanProof, Ids, Place, Tenant, Tenants as _,
    UpdateToken, Wait, WaitQuery, WaitTimes,
};
use uuid::Uuid;

use crate::listeners::Listeners;
use crate::neighbours::{Captcha, Devices, Figures};
use crate::orchestration::Ors;
use crate::papers::{Papers, Shelves};

/// A clock that stands still until it is turned.
pub(crate) struct HandClock(AtomicU64);

impl HandClock {
    pub(crate) fn turn(&self, secs: u64) {
        self.0.fetch_add(secs * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let micros = i64::try_from(self.0.load(Ordering::SeqCst)).unwrap();
        Timestamp::from_microsecond(micros).unwrap()
    }
}

/// Ids that count.
struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn callback(&self) -> CallbackId {
        given::id(u32::try_from(self.0.fetch_add(1, Ordering::SeqCst)).unwrap())
    }

    fn record(&self) -> RecordId {
        RecordId::new(self.callback().uuid())
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

/// The session of an attempt.
pub(crate) fn session(callback: CallbackId, attempt: Attempt) -> SessionId {
    let tail = callback.uuid().simple().to_string();
    SessionId::parse(&format!("{:04}{}", attempt.number(), &tail[4..])).unwrap()
}

/// A router that says one thing of every queue.
#[derive(Default)]
pub(crate) struct Router {
    wait: Mutex<Option<u32>>,
    place: Mutex<Option<Place>>,
    asked: Mutex<Vec<WaitQuery>>,
    together: Mutex<Option<Arc<tokio::sync::Barrier>>>,
}

impl Router {
    /// Every queue waits this long.
    pub(crate) fn say(&self, secs: u32) {
        *self.wait.lock().unwrap() = Some(secs);
    }

    pub(crate) fn put(&self, place: Place) {
        *self.place.lock().unwrap() = Some(place);
    }

    /// Nobody is answered before so many have asked.
    pub(crate) fn answer_together(&self, count: usize) {
        *self.together.lock().unwrap() = Some(Arc::new(tokio::sync::Barrier::new(count)));
    }

    /// How often it was asked for a wait.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn last_asked(&self) -> WaitQuery {
        self.asked.lock().unwrap().last().cloned().expect("nobody asked")
    }
}

#[async_trait]
impl WaitTimes for Router {
    async fn look_up(&self, query: &WaitQuery, now: Timestamp) -> Result<Wait, Fault> {
        self.asked.lock().unwrap().push(query.clone());
        let together = self.together.lock().unwrap().clone();
        if let Some(together) = together {
            together.wait().await;
        }
        let estimate = match *self.wait.lock().unwrap() {
            Some(secs) => Estimate::Known(secs),
            None => Estimate::NoInteractions,
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
        Ok(*self.place.lock().unwrap())
    }
}

/// A house with one tenant and two services, always open.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) ors: Arc<Ors>,
    pub(crate) router: Arc<Router>,
    pub(crate) listeners: Arc<Listeners>,
    pub(crate) records: Arc<Shelves>,
    pub(crate) devices: Arc<Devices>,
    pub(crate) captcha: Arc<Captcha>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) town: Arc<Town>,
    pub(crate) tenant: TenantId,
    papers: Arc<Papers>,
    pub(crate) store: Arc<Embedded>,
    clock: Arc<HandClock>,
    pub(crate) outside: Ports,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A house whose first service is set differently.
    pub(crate) async fn with(write: impl FnOnce(&mut Settings)) -> Self {
        let tenant = given::tenant(1);
        let mut first: Catalogue = given::catalogue(tenant);
        write(&mut first.services.get_mut(&given::service(given::SALES)).unwrap().settings);
        let store = Arc::new(Embedded::in_memory().unwrap());
        store.replace(&first).await.unwrap();
        let micros = u64::try_from(given::now().as_microsecond()).unwrap();
        let clock = Arc::new(HandClock(AtomicU64::new(micros)));
        let records = Arc::new(Shelves::of(store.clone()));
        let papers = Arc::new(Papers::of(store.clone()));
        let ors = Ors::of(clock.clone());
        let (ors, router) = (Arc::new(ors), Arc::new(Router::default()));
        let listeners = Arc::new(Listeners::default());
        let ids = Arc::new(CountingIds(AtomicU64::new(1)));
        let town = Arc::new(Town::of([tenant], given::now()));
        let (devices, captcha, figures) = <(Arc<Devices>, Arc<Captcha>, Arc<Figures>)>::default();
        let outside = Ports {
            callbacks: store.clone(),
            call_ins: store.clone(),
            effects: store.clone(),
            catalogues: papers.clone(),
            records: records.clone(),
            audit: store.clone(),
            deliveries: store.clone(),
            hooks: Some(listeners.clone()),
            credentials: town.clone(),
            sessions: Arc::new(ges_embedded::LocalSessions::default()),
            orchestrator: Some(ors.clone()),
            waits: Some(router.clone()),
            throttle: Arc::new(ges_embedded::Counters::default()),
            notices: None,
            people: town.clone(),
            tenants: town.clone(),
            api_keys: town.clone(),
            seals: Arc::new(WaxSeals { key: "a" }),
            chance: Arc::new(CountingChance::default()),
            push: Some(devices.clone()),
            humans: Some(captcha.clone()),
            statistics: Some(figures.clone()),
            clock: clock.clone(),
            ids,
        };
        let app = App::new(outside.clone(), Options::new(given::node(1)));
        Self {
            app,
            ors,
            router,
            listeners,
            records,
            devices,
            captcha,
            figures,
            town,
            tenant,
            papers,
            store,
            clock,
            outside,
        }
    }

    /// The same house as another process sees it: the first node again, or one beside it.
    pub(crate) fn seen_by(&self, node: u32) -> Self {
        Self {
            app: App::new(self.outside.clone(), Options::new(given::node(node))),
            ors: self.ors.clone(),
            router: self.router.clone(),
            listeners: self.listeners.clone(),
            records: self.records.clone(),
            devices: self.devices.clone(),
            captcha: self.captcha.clone(),
            figures: self.figures.clone(),
            town: self.town.clone(),
            tenant: self.tenant,
            papers: self.papers.clone(),
            store: self.store.clone(),
            clock: self.clock.clone(),
            outside: self.outside.clone(),
        }
    }

    /// The same house in a process that takes no more effects in one step.
    pub(crate) fn in_steps_of(&self, batch: u16) -> Self {
        let mut again = self.seen_by(1);
        let options = Options { batch, ..Options::new(given::node(1)) };
        again.app = App::new(again.outside.clone(), options);
        again
    }

    /// The same house after its operator gave it another key to seal with.
    pub(crate) fn sealed_by(&self, key: &'static str) -> Self {
        let mut again = self.seen_by(1);
        again.outside.seals = Arc::new(WaxSeals { key });
        again.app = App::new(again.outside.clone(), Options::new(given::node(1)));
        again
    }

    /// The same house as a node sees it that knows no orchestration server.
    pub(crate) fn without_orchestrator(&self) -> Self {
        let mut again = self.seen_by(2);
        again.outside.orchestrator = None;
        again.app = App::new(again.outside.clone(), Options::new(given::node(2)));
        again
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Turns the clock.
    pub(crate) fn turn(&self, secs: u64) {
        self.clock.turn(secs);
    }

    /// Turns the clock second by second and steps dispatch at each, as a living node would.
    pub(crate) async fn live(&self, secs: u64) {
        for _second in 0..secs {
            self.turn(1);
            self.tick().await;
        }
    }

    /// Steps dispatch until nothing is due in any lane; answers for those of sessions and looks.
    pub(crate) async fn tick(&self) -> Tick {
        let sessions = self.tick_in(Lane::Sessions).await;
        let looks = self.tick_in(Lane::Looks).await;
        self.tick_in(Lane::Notices).await;
        Tick {
            leased: sessions.leased + looks.leased,
            sent: sessions.sent + looks.sent,
            unsent: sessions.unsent + looks.unsent,
            ..sessions
        }
    }

    /// Steps dispatch until nothing is due in a lane.
    pub(crate) async fn tick_in(&self, lane: Lane) -> Tick {
        let mut all = Tick::default();
        loop {
            let tick = self.app.tick(lane).await.unwrap();
            all.leased += tick.leased;
            all.sent += tick.sent;
            all.unsent += tick.unsent;
            all.next = tick.next;
            if tick.leased == 0 && !tick.full {
                return all;
            }
        }
    }

    pub(crate) fn wish(&self, number: u32, desired_in_secs: Option<i64>) -> Wish {
        let desired_at = desired_in_secs.map(|secs| self.now() + SignedDuration::from_secs(secs));
        Wish {
            service: given::service(given::SALES),
            request: Request {
                phone: given::phone(number),
                desired_at,
                always_check_capacity: false,
                details: Details::default(),
            },
            key: None,
            by: Actor::Api,
            proof: HumanProof::default(),
        }
    }

    pub(crate) async fn book(&self, wish: Wish) -> Result<Booked, Failure> {
        self.app.book(self.tenant, wish).await
    }

    pub(crate) async fn booked(&self, number: u32, desired_in_secs: Option<i64>) -> Callback {
        let wish = self.wish(number, desired_in_secs);
        self.book(wish).await.unwrap().callback().clone()
    }

    /// An immediate callback whose session runs.
    pub(crate) async fn queued(&self) -> Callback {
        let callback = self.booked(1, None).await;
        self.live(2).await;
        self.started(callback.id, 1).await.unwrap();
        callback
    }

    /// So many immediate callbacks, booked a second after each other.
    pub(crate) async fn lined_up(&self, count: u32) -> Vec<CallbackId> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(self.booked(number, None).await.id);
            self.turn(1);
        }
        ids
    }

    pub(crate) async fn find(&self, id: CallbackId) -> Callback {
        self.app.retrieve(self.tenant, id).await.unwrap()
    }

    /// The words of a callback's history.
    pub(crate) async fn story(&self, id: CallbackId) -> Vec<String> {
        let history = self.app.history(self.tenant, id).await.unwrap();
        history.iter().map(|event| format!("{:?}", event.what)).collect()
    }

    /// Lets a queue be served by these regions, in order, behind the app's back.
    pub(crate) async fn prefer(&self, regions: &[&str]) {
        let mut next = self.store.load(self.tenant).await.unwrap().unwrap();
        next.revision = next.revision.next();
        let rule = regions.iter().map(|name| RegionName::parse(name).unwrap()).collect();
        let id = RecordId::new(Uuid::from_u128(1));
        next.regions.by_id.insert(id, Named { name: String::from("here first"), rule });
        next.regions.of_queue.insert(given::queue_of(given::SALES), id);
        self.store.replace(&next).await.unwrap();
    }

    /// Publishes other settings for the first service behind the app's back.
    pub(crate) async fn republish(&self, write: impl FnOnce(&mut Settings)) {
        let standing = self.store.load(self.tenant).await.unwrap().unwrap();
        self.store.replace(&given::republished(&standing, write)).await.unwrap();
    }

    /// Switches callbacks on or off for the contact centre.
    pub(crate) fn switch(&self, enabled: bool) {
        let before = self.town.known(self.tenant).unwrap();
        let after = Tenant { enabled, read_at: self.now(), ..Tenant::clone(&before) };
        self.town.settle(after);
    }

    /// Catalogues cannot be read, or can again.
    pub(crate) fn papers_away(&self, away: bool) {
        self.papers.put_away(away);
    }

    /// Asks for another time of a callback.
    pub(crate) async fn reschedule(&self, id: CallbackId, secs: i64) -> Result<Callback, Failure> {
        let at = given::after_secs(secs);
        self.app.reschedule(self.tenant, id, at, Actor::Api, None).await
    }

    /// Blocks one more number for the first service's queue behind the app's back.
    pub(crate) async fn block(&self, number: &str) {
        let mut next = self.store.load(self.tenant).await.unwrap().unwrap();
        next.revision = next.revision.next();
        let id = RecordId::new(Uuid::from_u128(1));
        let before = next.numbers.by_id.get(&id).map(|named| named.rule.blocked().to_vec());
        let mut blocked = before.unwrap_or_default();
        blocked.push(Pattern::parse(number).unwrap());
        let rule = Rule::new([Country::US], blocked).unwrap();
        let named = Named { name: String::from("blocked"), rule };
        next.numbers.by_id.insert(id, named);
        next.numbers.of_queue.insert(given::queue_of(given::SALES), id);
        self.store.replace(&next).await.unwrap();
    }

    /// The session of an attempt as it speaks to us.
    pub(crate) fn call(&self, callback: CallbackId, attempt: u32) -> Call {
        let token = format!("{}/{callback}/{attempt}", self.tenant);
        self.app.call(callback, &token).expect("the token names its tenant")
    }

    pub(crate) async fn started(
        &self,
        callback: CallbackId,
        attempt: u32,
    ) -> Result<Callback, Failure> {
        let attempt = Attempt::new(attempt);
        let session = session(callback, attempt);
        let call = self.call(callback, attempt.number());
        self.app.started(call, Started { attempt, session, node: None }).await
    }

    pub(crate) async fn reported(
        &self,
        callback: CallbackId,
        attempt: u32,
        seq: u64,
        state: State,
    ) -> Result<Callback, Failure> {
        let report: Report = given::report(Attempt::new(attempt), seq, state);
        self.app.reported(self.call(callback, attempt), report).await
    }
}

/// A key with the fingerprint of a request.
pub(crate) fn key(name: &str, request: &str) -> (IdempotencyKey, Fingerprint) {
    (IdempotencyKey::parse(name).unwrap(), Fingerprint::of(request.as_bytes()))
}

/// The refusal that a use case must have ended with.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Failure>) -> Refusal {
    match answer {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
