//! A stage for two nodes: PostgreSQL, Redis, and a balancer by which sessions find whichever node lives.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use ges_simulators::ors::StreamConfig;
use ges_simulators::{OrsConfig, Proxy};
use serde_json::{Value, json};

use crate::checker::{check, check_rows};
use crate::database::{Database, variable};
use crate::node::Node;
use crate::stage::{INTERNAL, KEY, Stage, TENANT, phone, quick};

/// Places in a slot of the journeys' service.
pub(crate) const PLACES: u32 = 7;

/// The stage, and what its nodes share.
pub(crate) struct Cluster {
    pub(crate) stage: Stage,
    pub(crate) database: Database,
    balancer: Proxy,
    redis: String,
    stream: Option<String>,
    drain_seconds: u32,
}

impl Cluster {
    /// A cluster on the rented services, whose sessions start over HTTP.
    pub(crate) async fn raise() -> Self {
        Self::on(Database::rented().await, variable("GES_TEST_REDIS_URL"), None).await
    }

    /// The same, whose sessions are started by the stream.
    pub(crate) async fn by_stream() -> Self {
        let redis = variable("GES_TEST_REDIS_URL");
        Self::on(Database::rented().await, redis.clone(), Some(redis)).await
    }

    pub(crate) async fn on(database: Database, redis: String, stream: Option<String>) -> Self {
        let consumer = stream
            .as_deref()
            .map(|url| StreamConfig { key: database.schema.clone(), ..StreamConfig::at(url) });
        let config = OrsConfig { stream: consumer, ..OrsConfig::default().script(quick()) };
        let stage = Stage::with(config).await;
        let balancer = Proxy::start(0, Vec::new()).await.unwrap();
        let cluster = Self { stage, database, balancer, redis, stream, drain_seconds: 0 };
        cluster.migrate();
        cluster
    }

    /// The same, whose nodes serve on for so long after they were told to stop, as behind a balancer.
    pub(crate) fn that_drains(self, drain_seconds: u32) -> Self {
        Self { drain_seconds, ..self }
    }

    fn migrate(&self) {
        let config = self.configure("migrate", &self.database.url(), "");
        let output = Command::new(env!("CARGO_BIN_EXE_ges"))
            .args(["migrate", "--config"])
            .arg(config)
            .current_dir(self.stage.folder.path())
            .env_clear()
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// Writes the configuration of a node that finds its database there.
    pub(crate) fn configure(&self, name: &str, store: &str, more: &str) -> PathBuf {
        let node = |url: &String| format!("[[ors.nodes]]\nurl = \"{url}\"\n");
        let ors: String = self.stage.ors.urls().iter().map(node).collect();
        let schema = &self.database.schema;
        let stream = self.stream.as_ref().map_or_else(String::new, |url| {
            format!(
                "[ors_stream]\nkey = \"{schema}\"\n[ors_stream.connection]\nnodes = [\"{url}\"]\n"
            )
        });
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nnode = \"{name}\"\ninternal_url = \"{}\"\n\
             drain_seconds = {}\nworkers = 2\n\
             [store]\nurl = \"{store}\"\n\
             [redis]\nkey_prefix = \"{schema}:\"\n[redis.connection]\nnodes = [\"{}\"]\n\
             [auth]\nfirst_tenant = \"{TENANT}\"\nfirst_api_key = \"{KEY}\"\n\
             [web]\ninternal_key = \"{INTERNAL}\"\n\
             [dispatch]\npoll_ms = 20\nlease_seconds = 5\n\
             {stream}{ors}{more}",
            self.balancer.url(),
            self.drain_seconds,
            self.redis,
        );
        let path = self.stage.folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts a node.
    pub(crate) fn node(&self, name: &str) -> Node {
        self.node_with(name, &self.database.url(), "")
    }

    /// Starts a node that finds its database there, with more in its configuration.
    pub(crate) fn node_with(&self, name: &str, store: &str, more: &str) -> Node {
        let config = self.configure(name, store, more);
        Node::start(self.stage.folder.path(), &config)
    }

    /// Starts a node that serves and calls nobody.
    pub(crate) fn idle_node(&self, name: &str) -> Node {
        let config = self.configure(name, &self.database.url(), "");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace("[dispatch]\n", "[dispatch]\nenabled = false\n"))
            .unwrap();
        Node::start(self.stage.folder.path(), &config)
    }

    /// Two nodes that serve, with the journeys' service published.
    pub(crate) async fn open(&self) -> (Node, Node) {
        let (a, b) = (self.node("a"), self.node("b"));
        self.ready(&[&a, &b]).await;
        (a, b)
    }

    /// Publishes, and lets sessions find these nodes.
    pub(crate) async fn ready(&self, nodes: &[&Node]) {
        self.balance(nodes);
        let said = self.stage.publish(nodes[0], 1).await;
        assert_eq!(said.status, 200, "{said:?}");
    }

    /// From now on sessions find these nodes, as a balancer lets them that asks for health.
    pub(crate) fn balance(&self, nodes: &[&Node]) {
        let address = |node: &&Node| node.url.trim_start_matches("http://").parse().unwrap();
        let addresses: Vec<SocketAddr> = nodes.iter().map(address).collect();
        self.balancer.retarget(addresses);
        self.balancer.cut();
    }

    /// The free slots of the next days as a node offers them.
    pub(crate) async fn slots(&self, node: &Node) -> Vec<Value> {
        let path = "/engagement/v3/callbacks/availability/CB_Support?numberOfDays=3&maxTimeSlots=9";
        let (status, text) = self.stage.get(node, path).await;
        assert_eq!(status, 200, "{text}");
        let page: Value = serde_json::from_str(&text).unwrap();
        page["data"]["slots"].as_array().unwrap().clone()
    }

    /// A slot that has not begun.
    pub(crate) async fn slot(&self, node: &Node) -> Value {
        self.slots(node).await[4]["utcTime"].clone()
    }

    /// So many clients want a place in one slot, each at one of the nodes; answers those who have it.
    pub(crate) async fn rush(&self, nodes: &[&Node], slot: &Value, clients: u32) -> Vec<String> {
        let one = |client: u32| {
            let body = json!({
                "serviceName": "CB_Support", "phoneNumber": phone(5_000 + client),
                "desiredTime": slot,
            });
            let node = nodes[client as usize % nodes.len()];
            async move { self.stage.try_ask(node, "/callbacks/create", &body, None).await }
        };
        let all = futures::future::join_all((0..clients).map(one)).await;
        let mut sold = Vec::new();
        for said in all.into_iter().flatten() {
            match said.status {
                200 => sold.push(said.id()),
                429 => assert_eq!(said.code(), 42_900, "{said:?}"),
                _ => assert!(said.status >= 500, "{said:?}"),
            }
        }
        sold
    }

    /// Holds everything against the promises: those called at once are completed, those of slots wait in them.
    pub(crate) async fn check(&self, node: &Node, immediate: &[String], scheduled: &[String]) {
        check(&self.stage, node, immediate).await;
        for id in scheduled {
            self.stage.until(node, id, "SCHEDULED").await;
        }
        check_rows(&self.database.store().await, &self.stage, node, PLACES).await;
    }
}
