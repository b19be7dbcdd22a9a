//! A stage: neighbours, a directory, a configuration, and a client that speaks the public API.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ges_simulators::ors::Script;
use ges_simulators::{Ors, OrsConfig};
use serde_json::{Value, json};

use crate::node::Node;

pub(crate) const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";
pub(crate) const KEY: &str = "a-key-of-the-journeys-000000000001";
pub(crate) const INTERNAL: &str = "an-internal-key-of-the-journeys-01";

/// How long anything may take that a journey waits for.
/// It covers an attempt whose outcome is unknown, which is void after two minutes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(150);

/// The stage of one journey.
pub(crate) struct Stage {
    pub(crate) ors: Ors,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) http: reqwest::Client,
}

/// An answer of the service.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Said {
    /// The code of the envelope.
    pub(crate) fn code(&self) -> i64 {
        self.body["status"]["code"].as_i64().unwrap_or(-1)
    }

    /// The id of a booking that must have been made.
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        self.body["data"]["id"].as_str().unwrap().to_owned()
    }
}

/// A life that takes a moment only.
pub(crate) fn quick() -> Script {
    Script { queue_ms: 40, route_ms: 20, ring_ms: 20, talk_ms: 40, ..Script::default() }
}

impl Stage {
    /// A stage on which callbacks take a moment only.
    pub(crate) async fn set() -> Self {
        Self::with(OrsConfig::default().script(quick())).await
    }

    #[expect(clippy::disallowed_methods, reason = "the journeys' own client")]
    pub(crate) async fn with(config: OrsConfig) -> Self {
        let ors = Ors::start(config).await;
        let folder = tempfile::tempdir().unwrap();
        // The simulators have installed a TLS provider by now; the client needs one.
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let stage = Self { ors, folder, http };
        stage.configure("");
        stage
    }

    /// Writes the configuration, with more at its end.
    pub(crate) fn configure(&self, more: &str) -> PathBuf {
        let auth = format!("[auth]\nfirst_tenant = \"{TENANT}\"\nfirst_api_key = \"{KEY}\"\n");
        self.configure_as(&auth, more)
    }

    /// Writes the configuration with another section on who may ask.
    pub(crate) fn configure_as(&self, auth: &str, more: &str) -> PathBuf {
        let node = |url: &String| format!("[[ors.nodes]]\nurl = \"{url}\"\n");
        let nodes = self.ors.urls().iter().map(node).collect::<Vec<_>>().concat();
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\ndrain_seconds = 0\nworkers = 2\n\
             {auth}\
             [web]\ninternal_key = \"{INTERNAL}\"\n\
             [dispatch]\npoll_ms = 20\n\
             {nodes}{more}"
        );
        let path = self.folder.path().join("ges.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// Starts a node with the configuration as it stands.
    pub(crate) fn node(&self) -> Node {
        Node::start(self.folder.path(), &self.folder.path().join("ges.toml"))
    }

    /// Starts a node where another one was: its sessions look for it there.
    pub(crate) fn again(&self, gone: &Node) -> Node {
        let path = self.folder.path().join("ges.toml");
        let text = fs::read_to_string(&path).unwrap();
        let address = gone.url.trim_start_matches("http://");
        fs::write(&path, text.replace("127.0.0.1:0", address)).unwrap();
        self.node()
    }

    /// Starts a node and publishes the journeys' services.
    pub(crate) async fn open(&self) -> Node {
        let node = self.node();
        let said = self.publish(&node, 1).await;
        assert_eq!(said.status, 200, "{said:?}");
        node
    }

    /// Publishes one service that is always open, with seven places in a slot.
    pub(crate) async fn publish(&self, node: &Node, revision: u64) -> Said {
        self.publish_with(node, revision, &json!({})).await
    }

    /// The same with as many places in a slot.
    pub(crate) async fn publish_places(&self, node: &Node, revision: u64, places: u32) -> Said {
        self.publish_with(node, revision, &json!({"capacityPerSlot": places})).await
    }

    /// The same with more settings, or others.
    pub(crate) async fn publish_with(&self, node: &Node, revision: u64, more: &Value) -> Said {
        let mut body = json!({
            "table": "CALLBACK_SETTINGS", "revision": revision, "mode": "full",
            "services": [{
                "name": "CB_Support", "virtualQueue": "CB_Support_VQ",
                "scxmlUrl": "http://designer.example/cb.scxml", "duplicatePolicy": "allow",
                "minLeadMinutes": 0, "slotMinutes": 30, "capacityPerSlot": 7,
                "redialIntervalSeconds": 1
            }],
            "businessHours": []
        });
        for (name, value) in more.as_object().unwrap() {
            body["services"][0][name] = value.clone();
        }
        let path = format!("/ges/internal/v1/tenants/{TENANT}/callback-settings");
        let request = self.http.put(format!("{}{path}", node.url));
        self.send(request.header("x-ges-internal-key", INTERNAL).json(&body)).await.unwrap()
    }

    /// Asks the internal API as the contact centre's own systems do.
    pub(crate) async fn internal(
        &self,
        node: &Node,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Said {
        let url = format!("{}/ges/internal/v1/tenants/{TENANT}{path}", node.url);
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, url).header("x-ges-internal-key", INTERNAL);
        self.send(request.json(body)).await.unwrap()
    }

    /// Asks the public API.
    pub(crate) async fn ask(&self, node: &Node, path: &str, body: &Value) -> Said {
        self.try_ask(node, path, body, None).await.unwrap()
    }

    /// Asks the public API under an idempotency key; none is no answer.
    pub(crate) async fn try_ask(
        &self,
        node: &Node,
        path: &str,
        body: &Value,
        key: Option<&str>,
    ) -> Option<Said> {
        let url = format!("{}/engagement/v3{path}", node.url);
        let mut request = self.http.post(url).header("x-api-key", KEY).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request).await
    }

    /// Asks the public API at an address; none is no answer.
    pub(crate) async fn ask_url(&self, url: &str, path: &str, body: &Value) -> Option<Said> {
        let request = self.http.post(format!("{url}/engagement/v3{path}"));
        self.send(request.header("x-api-key", KEY).json(body)).await
    }

    /// Asks the public API as a step of a trace.
    pub(crate) async fn ask_within(
        &self,
        node: &Node,
        path: &str,
        body: &Value,
        parent: &str,
    ) -> Said {
        let url = format!("{}/engagement/v3{path}", node.url);
        let request = self.http.post(url).header("x-api-key", KEY).header("traceparent", parent);
        self.send(request.json(body)).await.unwrap()
    }

    /// Reads a page of the service.
    pub(crate) async fn get(&self, node: &Node, path: &str) -> (u16, String) {
        let request = self.http.get(format!("{}{path}", node.url)).header("x-api-key", KEY);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Scrapes the metrics as a scraper that accepts these formats; answers the type and the body.
    pub(crate) async fn scrape(&self, node: &Node, accept: &str) -> (String, String) {
        let request = self.http.get(format!("{}/metrics", node.url)).header("accept", accept);
        let answer = request.send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, answer.text().await.unwrap())
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Option<Said> {
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.json().await.unwrap_or(Value::Null);
        Some(Said { status, body })
    }

    /// The update token that the newest session was started with.
    pub(crate) fn update_token(&self) -> String {
        let bodies = self.ors.received();
        let token = bodies.iter().rev().find_map(|request| {
            request.body.split('&').find_map(|part| part.strip_prefix("updateToken="))
        });
        token.expect("the start carried a token").to_owned()
    }

    /// Books an immediate callback.
    pub(crate) async fn book(&self, node: &Node, number: u32) -> String {
        let body = json!({
            "serviceName": "CB_Support", "phoneNumber": phone(number),
            "userData": {"pin": "a-secret-of-the-customer"}
        });
        self.ask(node, "/callbacks/create", &body).await.id()
    }

    /// The callback as the public API tells it.
    pub(crate) async fn retrieve(&self, node: &Node, id: &str) -> Value {
        let said = self.ask(node, "/callbacks/retrieve", &json!({"id": id})).await;
        assert_eq!(said.status, 200, "{said:?}");
        said.body["data"].clone()
    }

    /// Waits until a callback is in a state, and answers it.
    pub(crate) async fn until(&self, node: &Node, id: &str, state: &str) -> Value {
        let begun = Instant::now();
        loop {
            let said = self.ask(node, "/callbacks/retrieve", &json!({"id": id})).await;
            // What the node stands on may still be coming back.
            assert!(said.status == 200 || said.status >= 500, "{said:?}");
            let callback = &said.body["data"];
            if callback["callbackState"] == state {
                return callback.clone();
            }
            assert!(begun.elapsed() < PATIENCE, "{id} never was {state}: {said:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A number that can be called.
pub(crate) fn phone(number: u32) -> String {
    format!("+1415555{number:04}")
}
