//! What nodes learnt is told to each other, and never stands between a node and what it asks.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ges_contracts::given::{SALES, after, after_secs, now, queue_of, tenant};
use ges_contracts::wait_times::{Router, Voice, about};
use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, RegionName};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    ApiKey, ApiKeys, Credentials, Estimate, Fault, KeyRef, NamedKey, Place, Tenant, Tenants, Wait,
    WaitMode, WaitQuery, WaitTimes,
};
use ges_redis::{Remembered, SharedMemory};

use crate::given::memory;
use crate::server::{Server, eventually};

/// A router of a few lines: it keeps the promises of the port, and counts who comes to it.
#[derive(Default)]
pub(crate) struct Says(Mutex<Book>);

#[derive(Default)]
struct Book {
    waits: HashMap<QueueName, u32>,
    closed: HashSet<QueueName>,
    silent: bool,
    last: HashMap<WaitQuery, Wait>,
    asked: u32,
}

impl Says {
    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }

    fn asked(&self) -> u32 {
        self.book().asked
    }
}

#[async_trait]
impl WaitTimes for Says {
    async fn look_up(&self, query: &WaitQuery, now: Timestamp) -> Result<Wait, Fault> {
        let mut book = self.book();
        book.asked += 1;
        if book.silent {
            let last = book.last.get(query).copied();
            let good =
                |wait: &Wait| now.duration_since(wait.seen_at) <= SignedDuration::from_mins(1);
            return last.filter(good).ok_or(Fault::timed_out("urs"));
        }
        let estimate = match book.waits.get(&query.queue) {
            _ if book.closed.contains(&query.queue) => Estimate::NoAgents,
            Some(secs) => Estimate::Known(*secs),
            None => Estimate::NoInteractions,
        };
        let wait = Wait {
            estimate,
            waiting: Some(3),
            oldest_wait_secs: Some(0.1 + 0.2),
            average_secs: None,
            distributed: None,
            seen_at: now,
        };
        book.last.insert(query.clone(), wait);
        Ok(wait)
    }

    async fn place(
        &self,
        _query: &WaitQuery,
        interaction_id: &str,
        _now: Timestamp,
    ) -> Result<Option<Place>, Fault> {
        let call = interaction_id.len() == 16
            && interaction_id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if call && self.book().silent { Err(Fault::timed_out("urs")) } else { Ok(None) }
    }
}

/// A router behind the decorator, or without it.
pub(crate) struct Desk {
    says: Arc<Says>,
    port: Arc<dyn WaitTimes>,
    _kept: Option<Server>,
}

impl Desk {
    pub(crate) fn alone() -> Self {
        let says = Arc::new(Says::default());
        Self { port: Arc::clone(&says) as Arc<dyn WaitTimes>, says, _kept: None }
    }

    pub(crate) fn remembered(memory: Arc<SharedMemory>, kept: Option<Server>) -> Self {
        let says = Arc::new(Says::default());
        let port = Remembered::new(memory, Arc::clone(&says));
        Self { port: Arc::new(port), says, _kept: kept }
    }
}

impl Router for Desk {
    fn wait_times(&self) -> &dyn WaitTimes {
        &*self.port
    }

    fn set_wait(&self, queue: &QueueName, secs: u32) {
        self.says.book().waits.insert(queue.clone(), secs);
    }

    fn send_agents_home(&self, queue: &QueueName) {
        self.says.book().closed.insert(queue.clone());
    }

    fn speak(&self, voice: Voice) {
        self.says.book().silent = voice == Voice::Silent;
    }
}

#[tokio::test]
async fn a_wait_that_one_node_heard_is_told_by_another_for_five_seconds() {
    let server = Server::start();
    let [one, other] = [(); 2].map(|()| Desk::remembered(memory(&server), None));
    one.set_wait(&queue_of(SALES), 95);
    let heard = one.port.look_up(&about(SALES), now()).await.unwrap();
    for second in [0, 4] {
        let told = other.port.look_up(&about(SALES), after_secs(second)).await.unwrap();
        assert_eq!(told, heard, "after {second} s");
    }
    assert_eq!(other.says.asked(), 0, "its router was spared");
    let own = other.port.look_up(&about(SALES), after_secs(5)).await.unwrap();
    assert_eq!(own.estimate, Estimate::NoInteractions, "the other's own router says so");
}

#[tokio::test]
async fn another_question_about_the_queue_is_another_question() {
    let server = Server::start();
    let desk = Desk::remembered(memory(&server), None);
    let regions = ["eu", "us"].map(|name| RegionName::parse(name).unwrap());
    let questions = [
        about(SALES),
        WaitQuery { tenant: tenant(2), ..about(SALES) },
        WaitQuery { mode: WaitMode::Mode1, ..about(SALES) },
        WaitQuery { include_on_hold: true, ..about(SALES) },
        WaitQuery { regions: regions.to_vec(), ..about(SALES) },
        WaitQuery { regions: regions.iter().rev().cloned().collect(), ..about(SALES) },
    ];
    for _ in 0..2 {
        for question in &questions {
            desk.port.look_up(question, now()).await.unwrap();
        }
    }
    assert_eq!(desk.says.asked(), 6, "each was asked once");
}

#[tokio::test]
async fn a_node_whose_clock_goes_before_is_believed_and_not_quoted_from_the_future() {
    let server = Server::start();
    let [one, other] = [(); 2].map(|()| Desk::remembered(memory(&server), None));
    one.port.look_up(&about(SALES), after_secs(2)).await.unwrap();
    let told = other.port.look_up(&about(SALES), now()).await.unwrap();
    assert_eq!((told.seen_at, other.says.asked()), (now(), 0));
    one.port.look_up(&about(SALES), after_secs(60)).await.unwrap();
    other.port.look_up(&about(SALES), now()).await.unwrap();
    assert_eq!(other.says.asked(), 1, "a clock that is a minute off is not believed");
}

#[tokio::test]
async fn rubbish_in_the_memory_is_no_answer() {
    let server = Server::start();
    let desk = Desk::remembered(memory(&server), None);
    let key = format!("ges:ewt:{}:{}:mode2", tenant(1), queue_of(SALES));
    for rubbish in ["", "{}", "\u{1}\u{2}", r#"{"estimate":"soon"}"#] {
        let () = server.ask(&["SET", &key, rubbish]);
        let before = desk.says.asked();
        desk.port.look_up(&about(SALES), now()).await.unwrap();
        assert_eq!(desk.says.asked(), before + 1);
    }
    let () = server.ask(&["DEL", &key]);
    let () = server.ask(&["LPUSH", &key, "a list"]);
    desk.port.look_up(&about(SALES), now()).await.unwrap();
}

/// A source of tenants and keys that can fall silent.
#[derive(Default)]
struct Source {
    keys: Mutex<BTreeMap<String, TenantId>>,
    renamed: Mutex<Option<String>>,
    silent: Mutex<bool>,
    asked: AtomicU32,
}

impl Source {
    fn hear(&self) -> Result<(), Fault> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if *self.silent.lock().unwrap() { Err(Fault::timed_out("environment")) } else { Ok(()) }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Credentials for Source {
    async fn identify(&self, key: &ApiKey, _now: Timestamp) -> Result<Option<TenantId>, Fault> {
        self.hear()?;
        Ok(self.keys.lock().unwrap().get(key.expose()).copied())
    }
}

#[async_trait]
impl ApiKeys for Source {
    async fn named(&self, _tenant: TenantId) -> Result<Option<Vec<NamedKey>>, Fault> {
        Ok(None)
    }

    async fn assign(
        &self,
        tenant: TenantId,
        _name: &str,
        key: &ApiKey,
        _now: Timestamp,
    ) -> Result<bool, Fault> {
        Ok(self.keys.lock().unwrap().insert(key.expose().to_owned(), tenant).is_none())
    }

    async fn unassign(
        &self,
        _tenant: TenantId,
        key: &KeyRef,
        _now: Timestamp,
    ) -> Result<bool, Fault> {
        let mut keys = self.keys.lock().unwrap();
        let had = !keys.is_empty();
        match key {
            KeyRef::Key(key) => return Ok(keys.remove(key.expose()).is_some()),
            KeyRef::Name(_) => keys.clear(),
        }
        Ok(had)
    }
}

#[async_trait]
impl Tenants for Source {
    async fn find(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        self.refetch(id, now).await
    }

    async fn refetch(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        self.hear()?;
        Ok((id == tenant(1)).then(|| {
            Arc::new(Tenant {
                id,
                short_id: None,
                name: self.renamed.lock().unwrap().clone().unwrap_or_else(|| "Bank".into()),
                domains: Vec::new(),
                environment: None,
                enabled: true,
                locations: Vec::new(),
                cors_origins: BTreeSet::from([String::from("https://bank.test")]),
                settings: BTreeMap::new(),
                read_at: now,
            })
        }))
    }

    fn known(&self, _id: TenantId) -> Option<Arc<Tenant>> {
        None
    }

    fn any_welcomes(&self, _origin: &str) -> bool {
        false
    }
}

fn node(server: &Server, source: &Arc<Source>) -> Remembered<Source> {
    Remembered::new(memory(server), Arc::clone(source))
}

fn key(text: &str) -> ApiKey {
    ApiKey::parse(text).unwrap()
}

async fn owner(node: &Remembered<Source>, at: Timestamp) -> Option<TenantId> {
    node.identify(&key("key"), at).await.unwrap()
}

#[tokio::test]
async fn a_key_is_looked_up_once_for_all_nodes_and_for_ten_minutes() {
    let (server, source) = (Server::start(), Arc::new(Source::default()));
    let [one, other] = [(); 2].map(|()| node(&server, &source));
    one.assign(tenant(1), "web", &key("key"), after(-1)).await.unwrap();
    assert_eq!(owner(&one, now()).await, Some(tenant(1)));
    assert_eq!(owner(&other, after(9)).await, Some(tenant(1)));
    assert_eq!(owner(&other, after_secs(599)).await, Some(tenant(1)));
    assert_eq!(source.asked(), 1);
    *source.silent.lock().unwrap() = true;
    assert!(other.identify(&key("key"), after(10)).await.is_err(), "ten minutes are over");
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn nobodys_key_is_believed_to_be_so_for_half_a_minute() {
    let (server, source) = (Server::start(), Arc::new(Source::default()));
    let [one, other] = [(); 2].map(|()| node(&server, &source));
    assert_eq!(owner(&one, now()).await, None);
    source.keys.lock().unwrap().insert(String::from("key"), tenant(1));
    assert_eq!(owner(&other, after_secs(29)).await, None);
    assert_eq!(owner(&other, after_secs(30)).await, Some(tenant(1)));
}

#[tokio::test]
async fn what_is_given_or_taken_on_a_node_holds_there_at_once() {
    let (server, source) = (Server::start(), Arc::new(Source::default()));
    let [one, other] = [(); 2].map(|()| node(&server, &source));
    assert_eq!(owner(&other, now()).await, None);
    assert!(one.assign(tenant(1), "web", &key("key"), now()).await.unwrap());
    assert_eq!(owner(&one, now()).await, Some(tenant(1)));
    // By its name, which says nothing of the key.
    assert!(one.unassign(tenant(1), &KeyRef::Name("web".into()), after(1)).await.unwrap());
    assert_eq!(owner(&one, after(1)).await, None);
    assert_eq!(owner(&one, after_secs(90)).await, None);
}

#[tokio::test]
async fn keys_do_not_lie_in_the_memory_in_clear() {
    let (server, source) = (Server::start(), Arc::new(Source::default()));
    node(&server, &source).identify(&key("a-secret-key"), now()).await.unwrap();
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    assert_eq!(keys.len(), 1);
    assert!(!keys[0].contains("a-secret-key"), "{keys:?}");
}

async fn name(node: &Remembered<Source>, at: Timestamp) -> String {
    node.find(tenant(1), at).await.unwrap().unwrap().name.clone()
}

#[tokio::test]
async fn a_tenant_is_read_once_for_all_nodes_and_outlives_a_silent_source() {
    let (server, source) = (Server::start(), Arc::new(Source::default()));
    let [one, other] = [(); 2].map(|()| node(&server, &source));
    assert_eq!(name(&one, now()).await, "Bank");
    assert_eq!(name(&other, after(29)).await, "Bank");
    assert_eq!(source.asked(), 1);
    assert!(other.any_welcomes("https://bank.test") && !other.any_welcomes("https://x.test"));
    assert_eq!(other.find(tenant(2), now()).await.unwrap(), None);

    *source.silent.lock().unwrap() = true;
    assert_eq!(name(&one, after(600)).await, "Bank", "the last good copy stands");
    let third = node(&server, &source);
    assert_eq!(name(&third, after(600)).await, "Bank", "for a node that has just started too");
    *source.silent.lock().unwrap() = false;
    *source.renamed.lock().unwrap() = Some(String::from("Bank & Co"));
    assert_eq!(name(&third, after(601)).await, "Bank & Co");
}

#[tokio::test]
async fn a_tenant_that_is_fetched_again_is_new_for_all() {
    let (server, source) = (Server::start(), Arc::new(Source::default()));
    let [one, other] = [(); 2].map(|()| node(&server, &source));
    assert_eq!(name(&one, now()).await, "Bank");
    *source.renamed.lock().unwrap() = Some(String::from("Bank & Co"));
    one.refetch(tenant(1), after(1)).await.unwrap();
    assert_eq!(name(&one, after(1)).await, "Bank & Co");
    assert_eq!(name(&other, after(1)).await, "Bank & Co");
    *source.silent.lock().unwrap() = true;
    assert!(one.refetch(tenant(1), after(2)).await.is_err());
    assert_eq!(name(&one, after(2)).await, "Bank & Co", "a fault changes nothing");
}

#[tokio::test]
async fn without_redis_every_port_answers_as_the_one_it_wraps() {
    let (mut server, source) = (Server::start(), Arc::new(Source::default()));
    let node = node(&server, &source);
    source.keys.lock().unwrap().insert(String::from("key"), tenant(1));
    assert_eq!(owner(&node, now()).await, Some(tenant(1)));
    server.stop();
    assert_eq!(owner(&node, after(20)).await, Some(tenant(1)));
    assert_eq!(name(&node, after(20)).await, "Bank");
    assert!(node.refetch(tenant(1), after(21)).await.unwrap().is_some());
    server.start_again();
    eventually("it remembers again", async || {
        drop(node.refetch(tenant(1), after(22)).await);
        server.ask::<u32>(&["DBSIZE"]) > 0
    })
    .await;
}
