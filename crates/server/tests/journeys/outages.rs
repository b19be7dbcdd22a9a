//! What the nodes stand on goes away and comes back: the database, Redis, the network between.

use std::time::{Duration, Instant};

use ges_simulators::Proxy;
use ges_simulators::proxy::Network;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::database::{Database, Own, variable};
use crate::node::Node;
use crate::nodes::{meanwhile, until};
use crate::redis::Server;
use crate::stage::{Stage, phone};

/// How long the database is away.
const OUTAGE: Duration = Duration::from_secs(20);
/// An answer takes no longer than this, whatever is away: it is an error then, and never a hang.
const NO_HANG: Duration = Duration::from_secs(10);

/// A booking under a key of its own: asked again until it is answered, and made once.
struct Customer {
    number: u32,
    id: Option<String>,
}

/// So many customers who ask once each, at one of the nodes in turn.
async fn ask_all(stage: &Stage, nodes: &[&Node], customers: &mut [Customer]) {
    let one = |customer: &Customer| {
        let (number, id) = (customer.number, customer.id.clone());
        let node = nodes[number as usize % nodes.len()];
        async move {
            if id.is_some() {
                return id;
            }
            let body = json!({"serviceName": "CB_Support", "phoneNumber": phone(number)});
            let key = format!("the-wish-of-{number}");
            let begun = Instant::now();
            let said = stage.try_ask(node, "/callbacks/create", &body, Some(&key)).await?;
            assert!(begun.elapsed() < NO_HANG, "it took {:?}: {said:?}", begun.elapsed());
            if said.status == 200 {
                return Some(said.id());
            }
            // 40900: the first try is still running.
            assert!(said.status >= 500 || said.code() == 40_900, "{said:?}");
            None
        }
    };
    let ids = futures::future::join_all(customers.iter().map(one)).await;
    for (customer, id) in customers.iter_mut().zip(ids) {
        customer.id = id;
    }
}

fn customers(from: u32, count: u32) -> Vec<Customer> {
    (from..from + count).map(|number| Customer { number, id: None }).collect()
}

/// Asks on until everybody has an answer, and answers the ids.
async fn settle(stage: &Stage, nodes: &[&Node], mut customers: Vec<Customer>) -> Vec<String> {
    until("everybody is answered", async || {
        ask_all(stage, nodes, &mut customers).await;
        customers.iter().all(|customer| customer.id.is_some())
    })
    .await;
    customers.into_iter().filter_map(|customer| customer.id).collect()
}

async fn status(stage: &Stage, node: &Node, path: &str) -> u16 {
    stage.get(node, path).await.0
}

/// How the store stands, as people are told, and since when.
async fn store(stage: &Stage, node: &Node) -> (String, String) {
    let (_, parts) = stage.get(node, "/health/components").await;
    let parts: Vec<Value> = serde_json::from_str(&parts).unwrap();
    let part = parts.iter().find(|part| part["name"] == "store").unwrap();
    let text = |key: &str| part[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("since"))
}

/// The value of a metric without labels.
async fn gauge(stage: &Stage, node: &Node, name: &str) -> Option<f64> {
    let (_, metrics) = stage.get(node, "/metrics").await;
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_to_be_and_nothing_is_lost() {
    let postgres = Own::start("journey-outage");
    let database = Database::at(postgres.url.clone()).await;
    let cluster = Cluster::on(database, variable("GES_TEST_REDIS_URL"), None).await;
    let (a, b) = cluster.open().await;
    let (stage, nodes) = (&cluster.stage, [&a, &b]);
    let (up, started) = store(stage, &a).await;
    assert!(up == "up" && !started.is_empty(), "{up} since {started}");
    let mut all = customers(0, 40);
    ask_all(stage, &nodes, &mut all[..20]).await;
    // In the middle of dispatch, and of a second wave of bookings.
    tokio::join!(ask_all(stage, &nodes, &mut all[20..]), postgres.crash());
    let begun = Instant::now();
    let mut late = customers(100, 10);
    while begun.elapsed() < OUTAGE {
        ask_all(stage, &nodes, &mut late).await;
        assert!(late.iter().all(|customer| customer.id.is_none()), "booked in no database");
        assert_eq!(status(stage, &a, "/health/live").await, 200);
        assert_eq!(status(stage, &a, "/health/ready").await, 503);
    }
    let (down, gone) = store(stage, &a).await;
    assert!(down == "down" && gone > started, "{down} since {gone}, it began at {started}");
    assert_eq!(store(stage, &a).await, (down, gone.clone()), "it went away once");
    postgres.start_again().await;
    until("both are ready", async || {
        status(stage, &a, "/health/ready").await == 200
            && status(stage, &b, "/health/ready").await == 200
    })
    .await;
    let (up, back) = store(stage, &a).await;
    assert!(up == "up" && back > gone, "{up} since {back}, it was gone at {gone}");
    all.extend(late);
    let ids = settle(stage, &nodes, all).await;
    cluster.check(&b, &ids, &[]).await;
    drop((a, b));
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_emptied_stopped_and_started_and_no_promise_notices() {
    let (mut own, mut voice) = (Server::start(&[]), Server::start(&[]));
    let database = Database::rented().await;
    let cluster = Cluster::on(database, own.url(), Some(voice.url())).await;
    let refusing = "[throttle]\nwhen_uncounted = \"refuse\"\n";
    let (a, b) = (cluster.node("a"), cluster.node_with("b", &cluster.database.url(), refusing));
    cluster.ready(&[&a, &b]).await;
    let stage = &cluster.stage;
    let mut ids = settle(stage, &[&a, &b], customers(0, 10)).await;
    assert_eq!(own.ask("FLUSHALL").as_deref(), Some("+OK"));
    assert_eq!(own.ask("SCRIPT FLUSH").as_deref(), Some("+OK"));
    ids.extend(settle(stage, &[&a, &b], customers(10, 10)).await);
    for id in &ids {
        stage.until(&a, id, "COMPLETED").await;
    }
    own.stop();
    voice.stop();
    until("the gauges rise", async || {
        gauge(stage, &a, "REDIS_CONNECTION").await == Some(1.0)
            && gauge(stage, &a, "ORS_REDIS_STATUS").await == Some(1.0)
            && gauge(stage, &a, "GES_HEALTH").await == Some(1.0)
    })
    .await;
    assert_eq!(status(stage, &a, "/health/ready").await, 200, "a neighbour empties no pool");
    let (_, parts) = stage.get(&a, "/health/components").await;
    assert_eq!(parts.matches("\"down\"").count(), 2, "{parts}");
    // One node counts nothing now, the other one refuses, as each was told.
    ids.extend(settle(stage, &[&a], customers(20, 5)).await);
    let mut refused = customers(30, 1);
    ask_all(stage, &[&b], &mut refused).await;
    assert!(refused[0].id.is_none(), "it was counted nowhere");
    // What is published is still on the other node, which looks for itself.
    let said = stage.publish_places(&a, 2, 9).await;
    assert_eq!(said.status, 200, "{said:?}");
    until("the other node has looked", async || cluster.slots(&b).await[4]["total"] == 9).await;
    own.start_again();
    voice.start_again();
    until("the gauges fall", async || {
        gauge(stage, &b, "REDIS_CONNECTION").await == Some(0.0)
            && gauge(stage, &b, "ORS_REDIS_STATUS").await == Some(0.0)
            && gauge(stage, &b, "GES_HEALTH").await == Some(0.0)
    })
    .await;
    ids.extend(settle(stage, &[&b], refused).await);
    cluster.check(&b, &ids, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_cuts_delays_and_half_closes_loses_and_doubles_nothing() {
    let cluster = Cluster::raise().await;
    let wire = Proxy::before_socket(0, cluster.database.socket()).await.unwrap();
    let a = cluster.node_with("a", &cluster.database.by(wire.addr()), "");
    let b = cluster.node("b");
    cluster.ready(&[&a, &b]).await;
    let (stage, nodes) = (&cluster.stage, [&a, &b]);
    let mut all = Vec::new();
    for (turn, network) in [
        Network::Carry,
        Network::Delay(Duration::from_millis(150)),
        Network::HalfClose,
        Network::Swallow,
        Network::Refuse,
    ]
    .into_iter()
    .enumerate()
    {
        let mut wave = customers(u32::try_from(turn).unwrap() * 20, 16);
        tokio::join!(ask_all(stage, &nodes, &mut wave), async {
            meanwhile(Duration::from_millis(30)).await;
            wire.set(network);
            if network == Network::Carry {
                wire.cut();
            }
            meanwhile(Duration::from_secs(1)).await;
            wire.set(Network::Carry);
        });
        all.extend(wave);
    }
    until("the node is ready", async || status(stage, &a, "/health/ready").await == 200).await;
    let ids = settle(stage, &nodes, all).await;
    assert_eq!(crate::checker::all(stage, &b).await.len(), ids.len(), "a wish was granted twice");
    cluster.check(&b, &ids, &[]).await;
}
