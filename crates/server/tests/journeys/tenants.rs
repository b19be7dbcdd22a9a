//! What the platform says of a contact centre is obeyed: where its sessions begin, whom its waits are asked of, and
//! whether it books callbacks at all; from the moment on at which it is read again, without a restart.

use std::process::Command;
use std::time::Duration;

use ges_simulators as sim;
use ges_simulators::ors::Script;
use serde_json::{Value, json};

use crate::checker::calls_once;
use crate::node::Node;
use crate::nodes::until;
use crate::peers::Peers;
use crate::stage::{KEY, Said, Stage, TENANT, phone, quick};

/// The key of the pretended platform's other contact centre.
const OTHER_KEY: &str = "0c1b7f52-64a7-4d0e-8f3c-91a5d2e6b744";
const OTHER: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00200";

/// A stage on which the platform says who may ask.
struct Platform {
    stage: Stage,
    peers: Peers,
    realm: sim::Realm,
}

impl Platform {
    async fn set(script: Script) -> Self {
        let peers = Peers::start().await;
        let stage = Stage::with(sim::OrsConfig::default().script(script)).await;
        let realm = peers.environment.realm();
        realm.with(|known| {
            let tenant = known.tenants.get_mut(TENANT).unwrap();
            tenant.api_keys.insert(KEY.to_owned());
        });
        Self { stage, peers, realm }
    }

    fn configure(&self, more: &str) {
        let more = format!("{}{more}", self.peers.platform());
        self.stage.configure_as("[auth]\nmode = \"gws\"\n", &more);
    }

    /// Sets an option of the contact centre for a location; none takes it away.
    fn set_option(&self, location: &str, name: &str, value: Option<&str>) {
        self.realm.with(|known| {
            let settings = &mut known.tenants.get_mut(TENANT).unwrap().settings;
            settings.retain(|it| (it.location.as_str(), it.name.as_str()) != (location, name));
            settings.extend(value.map(|value| sim::realm::Setting {
                location: location.to_owned(),
                name: name.to_owned(),
                shared: String::from("false"),
                value: value.to_owned(),
            }));
        });
    }

    /// A token of somebody who administers the contact centre.
    async fn administrator(&self) -> String {
        self.peers.token(&self.stage, "ges_client", Some("t100\\administrator")).await
    }

    /// Has the node read the contact centre's configuration again.
    async fn refetch(&self, node: &Node, token: &str) {
        let said = self.stage.desk(node, "POST", "/tenant/refetch", token, None).await;
        assert_eq!(said.status, 200, "{said:?}");
    }

    async fn create(&self, node: &Node, key: &str, body: &Value) -> Said {
        let request = self.stage.http.post(format!("{}/engagement/v3/callbacks/create", node.url));
        self.stage.send(request.header("x-api-key", key).json(body)).await.unwrap()
    }

    async fn read(&self, node: &Node, path: &str) -> Value {
        let (status, text) = self.stage.get(node, &format!("/engagement/v3{path}")).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["data"].clone()
    }

    /// The wait of a queue that nobody was asked about before.
    async fn wait(&self, node: &Node, queue: &str) -> Value {
        let path = format!("/estimated-wait-time?virtual-queues={queue}");
        self.read(node, &path).await[0]["estimatedWaitTime"].clone()
    }
}

fn wish(number: u32) -> Value {
    json!({ "serviceName": "CB_Support", "phoneNumber": phone(number) })
}

/// Waits until a server runs a session for a callback.
async fn runs(ors: &sim::Ors, id: &str) {
    let there = || ors.calls().iter().map(|call| call.callback_id.clone()).any(|it| it == id);
    let here = || ors.sessions().iter().any(|session| session.callback_id == id);
    until("its session is there", async || here() || there()).await;
}

/// A router that says this of every queue of the journey.
async fn router(secs: u64) -> sim::Urs {
    let urs = sim::Urs::start(sim::UrsConfig::default()).await;
    for queue in ["VQ_0", "VQ_1", "VQ_2", "VQ_3"] {
        urs.set_wait(queue, Duration::from_secs(secs));
    }
    urs
}

/// What the doctor says of a configuration.
fn checked(stage: &Stage) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ges"))
        .args(["check", "--config", "ges.toml"])
        .current_dir(stage.folder.path())
        .env_clear()
        .output()
        .unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_centre_moves_to_nodes_of_its_own_and_back_without_a_restart() {
    let platform = Platform::set(Script { queue_ms: 3_000, ..quick() }).await;
    let stage = &platform.stage;
    // Another seed: no two servers give their sessions the same names.
    let own = sim::OrsConfig { seed: 7, ..sim::OrsConfig::default() };
    let own = sim::Ors::start(own.script(quick())).await;
    let (general_urs, own_urs) = (router(60).await, router(120).await);
    platform.configure(&format!("[[urs.nodes]]\nurl = \"{}\"\n", general_urs.url()));
    let node = stage.open().await;
    let token = platform.administrator().await;

    let first = stage.book(&node, 1).await;
    runs(&stage.ors, &first).await;
    assert_eq!(platform.wait(&node, "VQ_0").await, 60);

    let (urs, ors) = ("ges-urs-endpoints", "ges-ors-endpoints");
    platform.set_option("/USW1", urs, Some(own_urs.url()));
    let nowhere = format!("{}, ftp://nowhere, http://user:hunter2@nowhere", own.url());
    platform.set_option("/USW1", ors, Some(&nowhere));
    let before = stage.book(&node, 2).await;
    runs(&stage.ors, &before).await;
    platform.refetch(&node, &token).await;
    let after = stage.book(&node, 3).await;
    runs(&own, &after).await;
    assert_eq!(platform.wait(&node, "VQ_1").await, 120);
    let unfit = node.log().matches("what is no address of a node").count();
    assert_eq!(unfit, 1, "told once");
    assert!(!node.log().contains("hunter2"));

    // What began elsewhere goes on there.
    for id in [&first, &before, &after] {
        let done = stage.until(&node, id, "COMPLETED").await;
        assert_eq!(done["callbackReason"], "AGENT_CONNECTED", "{done}");
    }
    // People see where their nodes are, and nobody else's.
    let rules = stage.desk(&node, "GET", "/region-rules", &token, None).await;
    let regions = rules.body["data"]["regions"].as_array().unwrap();
    let west = regions.iter().find(|region| region["name"] == "/USW1").unwrap();
    let one = json!({ "healthy": 1, "all": 1 });
    assert_eq!((&west["routers"], &west["orchestrators"]), (&one, &one), "{rules:?}");
    let own_row = format!("ors {} of {TENANT}", own.url());
    for (person, sees) in [("t100\\administrator", true), ("t200\\administrator", false)] {
        let token = platform.peers.token(stage, "ges_client", Some(person)).await;
        let about = stage.desk(&node, "GET", "/about", &token, None).await;
        assert_eq!(about.body.to_string().contains(&own_row), sees, "{person}: {about:?}");
    }
    let (_, components) = stage.get(&node, "/health/components").await;
    assert!(components.contains(&own_row), "{components}");
    let said = checked(stage);
    for url in [own.url(), own_urs.url(), stage.ors.url()] {
        let row = said.lines().find(|line| line.contains(url));
        assert!(row.is_some_and(|row| row.starts_with("ok ")), "nothing of {url}:\n{said}");
    }

    // Another contact centre has never left the general nodes.
    let path = format!("/ges/internal/v1/tenants/{OTHER}/callback-settings");
    let service = json!({
        "name": "CB_Support", "virtualQueue": "CB_Support_VQ",
        "scxmlUrl": "http://designer.example/cb.scxml",
    });
    let settings = json!({
        "table": "CALLBACK_SETTINGS", "revision": 1, "mode": "full",
        "services": [service], "businessHours": [],
    });
    let designer = platform.peers.token(stage, "designer_client", None).await;
    let request = stage.http.put(format!("{}{path}", node.url)).bearer_auth(designer);
    let said = stage.send(request.json(&settings)).await.unwrap();
    assert_eq!(said.status, 200, "{said:?}");
    let others = platform.create(&node, OTHER_KEY, &wish(4)).await.id();
    runs(&stage.ors, &others).await;

    // And back.
    platform.set_option("/USW1", urs, None);
    platform.set_option("/USW1", ors, None);
    platform.refetch(&node, &token).await;
    let last = stage.book(&node, 5).await;
    runs(&stage.ors, &last).await;
    assert_eq!(platform.wait(&node, "VQ_2").await, 60);
    stage.until(&node, &last, "COMPLETED").await;
    calls_once(&stage.ors);
    calls_once(&own);
    let twice = own.calls().iter().any(|call| call.callback_id != after);
    assert!(!twice, "the other server called somebody else: {:?}", own.calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_only_a_template_names_are_enough() {
    let platform = Platform::set(quick()).await;
    let stage = &platform.stage;
    let own_urs = router(120).await;
    let templates = format!(
        "router_template = \"{}/\"\norchestrator_template = \"{}\"\n",
        own_urs.url(),
        stage.ors.url()
    );
    let url = format!("url = \"{}\"\n", platform.peers.environment.url());
    let sections = platform.peers.platform().replace(&url, &format!("{url}{templates}"));
    let path = stage.configure_as("[auth]\nmode = \"gws\"\n", &sections);
    // Not one node is configured.
    let text = std::fs::read_to_string(&path).unwrap();
    let without = text.replace(&format!("[[ors.nodes]]\nurl = \"{}\"\n", stage.ors.url()), "");
    assert_ne!(text, without);
    std::fs::write(&path, without).unwrap();
    let node = stage.open().await;
    assert!(node.log().contains("no ors.nodes"), "what others lack is told");
    assert_eq!(platform.wait(&node, "VQ_0").await, 120);
    let id = stage.book(&node, 1).await;
    let done = stage.until(&node, &id, "COMPLETED").await;
    assert_eq!(done["callbackReason"], "AGENT_CONNECTED", "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_centre_that_is_switched_off_books_nothing_and_keeps_its_promises() {
    let platform = Platform::set(Script { queue_ms: 3_000, ..quick() }).await;
    let stage = &platform.stage;
    platform.configure("");
    let node = stage.open().await;
    let token = platform.administrator().await;
    let promised = stage.book(&node, 1).await;
    let slots = platform.read(&node, "/callbacks/availability/CB_Support?numberOfDays=2").await;
    let mut later = wish(2);
    later["desiredTime"] = slots["slots"][20]["utcTime"].clone();
    let unwanted = stage.ask(&node, "/callbacks/create", &later).await.id();

    platform.set_option("/", "ges-enabled", Some("false"));
    platform.refetch(&node, &token).await;
    for wish in [wish(3), later.clone()] {
        let said = stage.ask(&node, "/callbacks/create", &wish).await;
        assert_eq!((said.status, said.code()), (400, 40_006), "{said:?}");
    }
    let status = platform.read(&node, "/callbacks/queue-status/CB_Support_VQ").await;
    let offers = ["offerImmediateCallback", "offerScheduledCallback"];
    assert!(offers.iter().all(|offer| status[offer] == false), "{status}");
    let slots = platform.read(&node, "/callbacks/availability/CB_Support?numberOfDays=2").await;
    assert_eq!(slots["slots"], json!([]));
    assert_eq!(platform.read(&node, "/callbacks/open-for/CB_Support").await["openFor"], 0);
    let body = json!({ "id": unwanted, "desiredTime": later["desiredTime"] });
    assert_eq!(stage.ask(&node, "/callbacks/reschedule", &body).await.code(), 40_006);
    let cancelled = stage.ask(&node, "/callbacks/cancel", &json!({ "id": unwanted })).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    let done = stage.until(&node, &promised, "COMPLETED").await;
    assert_eq!(done["callbackReason"], "AGENT_CONNECTED", "a promise was made");
    assert_eq!(node.log().matches("callbacks are switched off").count(), 1, "it is told once");

    platform.set_option("/", "ges-enabled", Some("true"));
    platform.refetch(&node, &token).await;
    platform.peers.environment.stop().await;
    let again = stage.book(&node, 4).await;
    stage.until(&node, &again, "COMPLETED").await;
    calls_once(&stage.ors);
}
