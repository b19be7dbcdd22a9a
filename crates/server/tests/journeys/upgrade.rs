//! A rolling upgrade: the schema grows under the nodes, then one after the other is drained and replaced, and no
//! customer sees anything of it.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::cluster::Cluster;
use crate::database::{Database, variable};
use crate::node::Node;
use crate::nodes::meanwhile;
use crate::stage::{Stage, phone};

/// What the next release adds: columns and tables that this one does not know. It takes nothing away.
const GROWTH: &str = "\
    ALTER TABLE callbacks ADD COLUMN of_the_next_release text; \
    CREATE TABLE of_the_next_release (tenant uuid, id uuid, PRIMARY KEY (tenant, id)); \
    INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";

/// A balancer that asks nodes whether they are ready, and sends customers to those that are.
struct Balancer {
    ready: Mutex<Vec<String>>,
}

impl Balancer {
    fn send_to(&self, urls: &[&str]) {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = urls;
    }

    fn pick(&self, turn: u32) -> String {
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        ready[turn as usize % ready.len()].clone()
    }
}

/// Customers who book and ask without pause; each request must be answered well, the first time.
async fn customers(
    stage: &Stage,
    balancer: &Balancer,
    numbers: &AtomicU32,
    stop: &AtomicBool,
) -> Vec<String> {
    let mut ids = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let body = json!({"serviceName": "CB_Support", "phoneNumber": phone(number)});
        let said = stage.ask_url(&balancer.pick(number), "/callbacks/create", &body).await;
        let id = said.expect("an answer to a booking").id();
        let (elsewhere, asked) = (balancer.pick(number + 1), json!({"id": id}));
        let said = stage.ask_url(&elsewhere, "/callbacks/retrieve", &asked).await;
        assert_eq!(said.expect("an answer to a question").status, 200);
        ids.push(id);
    }
    ids
}

fn sql(database: &Database, text: &str) {
    let psql = std::path::Path::new(&variable("GES_TEST_POSTGRES_BIN")).join("psql");
    let output = Command::new(psql)
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", text])
        .arg(database.url())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Ends a node as an upgrade does: it is told to stop, and customers go elsewhere once it says that it is not ready.
async fn drained(cluster: &Cluster, balancer: &Balancer, gone: &mut Node, stays: &Node) {
    gone.signal("-TERM");
    while cluster.stage.get(gone, "/health/ready").await.0 == 200 {
        meanwhile(Duration::from_millis(5)).await;
    }
    balancer.send_to(&[&stays.url]);
    cluster.balance(&[stays]);
    assert!(gone.ended_within(Duration::from_secs(25)).await, "it drains in time, and ends well");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_are_replaced_under_load_without_one_failed_request() {
    let cluster = Cluster::by_stream().await.that_drains(1);
    let (mut a, mut b) = cluster.open().await;
    let balancer = Balancer { ready: Mutex::default() };
    balancer.send_to(&[&a.url, &b.url]);
    let (numbers, stop) = (AtomicU32::new(0), AtomicBool::new(false));
    let stage = &cluster.stage;
    let load = || customers(stage, &balancer, &numbers, &stop);
    let (first, second, third, ()) = tokio::join!(load(), load(), load(), async {
        meanwhile(Duration::from_millis(300)).await;
        sql(&cluster.database, GROWTH);
        meanwhile(Duration::from_millis(300)).await;
        drained(&cluster, &balancer, &mut a, &b).await;
        a = cluster.node("a");
        cluster.balance(&[&a, &b]);
        balancer.send_to(&[&a.url, &b.url]);
        meanwhile(Duration::from_millis(300)).await;
        drained(&cluster, &balancer, &mut b, &a).await;
        b = cluster.node("b");
        cluster.balance(&[&a, &b]);
        balancer.send_to(&[&a.url, &b.url]);
        meanwhile(Duration::from_millis(300)).await;
        stop.store(true, Ordering::Relaxed);
    });
    let booked = [first, second, third].concat();
    assert!(booked.len() > 20, "only {} were booked", booked.len());
    cluster.check(&a, &booked, &[]).await;
}
