//! Three nodes that share the keys: everything works as on one, and a node that goes takes only its keys along.

use std::num::NonZeroU16;
use std::time::Duration;

use ges_contracts::given::{SALES, after, now, phone, service, tenant};
use ges_contracts::orchestrator::start;
use ges_domain::id::Revision;
use ges_domain::time::SignedDuration;
use ges_ports::{Admission, Allowance, News, Notices, Orchestrator, Subject, Throttle};
use ges_redis::{
    Address, Config, Connection, Mode, RedisNotices, RedisThrottle, SharedMemory, StreamConfig,
};

use crate::given::{millis, stream};
use crate::server::{Server, eventually, free_port, until};

struct Cluster(Vec<Server>);

impl Cluster {
    fn start() -> Self {
        let places: Vec<_> = (0..3).map(|_| (free_port(), free_port())).collect();
        let nodes: Vec<_> = places.iter().map(|(port, bus)| node(*port, *bus)).collect();
        let bounds = [0, 5_461, 10_923, 16_384];
        for (number, node) in nodes.iter().enumerate() {
            let (first, last) = (bounds[number], bounds[number + 1] - 1);
            let range = [first.to_string(), last.to_string()];
            let () = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &range[0], &range[1]]);
            let () = node.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        }
        for (port, bus) in &places[1..] {
            let (port, bus) = (port.to_string(), bus.to_string());
            let () = nodes[0].ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        until("the cluster stands", || {
            nodes.iter().all(|node| {
                let info: String = node.ask(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
            })
        });
        Self(nodes)
    }

    fn connection(&self) -> Connection {
        // Two of the three: the last is found through them.
        let nodes = self.0[..2].iter().map(|node| Address::parse(node.address()).unwrap());
        Connection {
            nodes: nodes.collect(),
            mode: Mode::Cluster,
            connect_timeout_ms: millis(1_000),
            ..Connection::default()
        }
    }

    fn config(&self) -> Config {
        Config { connection: self.connection(), ..Config::default() }
    }

    /// How many keys each node has.
    fn spread(&self) -> Vec<u32> {
        self.0.iter().map(|node| node.ask(&["DBSIZE"])).collect()
    }
}

fn node(port: u16, bus: u16) -> Server {
    Server::on_port(format!("redis://127.0.0.1:{port}"), |_| {
        let words = ["--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-node-timeout"];
        let mut words: Vec<_> = words.map(String::from).into();
        words.extend(["2000", "--port"].map(String::from));
        words.extend([port.to_string(), "--cluster-port".into(), bus.to_string()]);
        words
    })
}

fn numbers(from: u32) -> impl Iterator<Item = Subject> {
    (from..from + 60).map(|number| Subject::Number(tenant(1), phone(number)))
}

const TWICE: Allowance = Allowance { limit: 2, window: SignedDuration::from_mins(10) };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counting_is_exact_and_spread_over_the_nodes() {
    let cluster = Cluster::start();
    let throttles =
        [(); 2].map(|()| RedisThrottle::new(SharedMemory::open(&cluster.config()).unwrap()));
    for subject in numbers(0) {
        for (number, throttle) in throttles.iter().cycle().take(3).enumerate() {
            let answer = throttle.admit(&subject, TWICE, now()).await.unwrap();
            assert_eq!(answer == Admission::Admitted, number < 2, "{subject:?}");
        }
        throttles[1].withdraw(&subject, now()).await.unwrap();
        let answer = throttles[0].admit(&subject, TWICE, after(1)).await.unwrap();
        assert_eq!(answer, Admission::Admitted);
    }
    assert!(cluster.spread().iter().all(|keys| *keys > 5), "{:?}", cluster.spread());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn announcements_and_starts_go_through_a_cluster_too() {
    let cluster = Cluster::start();
    let [one, other] =
        [(); 2].map(|()| RedisNotices::new(SharedMemory::open(&cluster.config()).unwrap()));
    let mut ear = other.subscribe();
    assert_eq!(ear.next().await, News::Missed);
    one.announce(tenant(1), Revision::new(3)).await.unwrap();
    let news = tokio::time::timeout(Duration::from_secs(20), ear.next()).await.unwrap();
    assert_eq!(news, News::Changed { tenant: tenant(1), revision: Revision::new(3) });

    for shards in [1, 4] {
        let shards = NonZeroU16::new(shards).unwrap();
        let config =
            StreamConfig { connection: cluster.connection(), shards, ..StreamConfig::default() };
        let stream = stream(&config);
        stream.ping().await.unwrap();
        stream.start(&start(1)).await.unwrap();
    }
    let keys: Vec<String> =
        cluster.0.iter().flat_map(|node| node.ask::<Vec<String>>(&["KEYS", "*"])).collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(keys.iter().any(|key| key == "NewCallbackStream"), "{keys:?}");
    assert!(keys.iter().any(|key| key.starts_with("NewCallbackStream:{")), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_goes_and_comes_back_is_used_again() {
    let mut cluster = Cluster::start();
    let memory = SharedMemory::open(&cluster.config()).unwrap();
    let throttle = RedisThrottle::new(memory.clone());
    memory.ping().await.unwrap();
    cluster.0[2].stop();
    let subject = Subject::Bookings(tenant(1), service(SALES));
    eventually("its loss is noticed", async || memory.ping().await.is_err()).await;
    let begun = std::time::Instant::now();
    drop(throttle.admit(&subject, TWICE, now()).await);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    cluster.0[2].start_again();
    eventually("all is back", async || {
        for subject in numbers(100) {
            if throttle.admit(&subject, TWICE, now()).await.is_err() {
                return false;
            }
        }
        memory.ping().await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_goes_as_a_whole_is_found_again() {
    let mut cluster = Cluster::start();
    let memory = SharedMemory::open(&cluster.config()).unwrap();
    memory.ping().await.unwrap();
    cluster.0.iter_mut().for_each(Server::stop);
    eventually("its loss is noticed", async || memory.ping().await.is_err()).await;
    cluster.0.iter_mut().for_each(Server::start_again);
    eventually("all is back", async || memory.ping().await.is_ok()).await;
}
