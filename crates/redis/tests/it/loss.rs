//! Redis goes away, forgets, falls silent, becomes a replica, and comes back.

use std::time::{Duration, Instant};

use ges_contracts::given::{SALES, after_secs, now, phone, service, tenant};
use ges_domain::time::SignedDuration;
use ges_ports::{Admission, Allowance, FaultKind, Subject, Throttle};
use ges_redis::{Address, Config, RedisThrottle, SharedMemory};

use crate::given::{at, config, memory, millis};
use crate::server::{Server, eventually};

fn subject() -> Subject {
    Subject::Bookings(tenant(1), service(SALES))
}

fn once_a_minute() -> Allowance {
    Allowance { limit: 1, window: SignedDuration::from_mins(1) }
}

async fn admitted(throttle: &RedisThrottle) -> bool {
    let answer = throttle.admit(&subject(), once_a_minute(), now()).await;
    answer.unwrap() == Admission::Admitted
}

#[tokio::test]
async fn a_memory_that_was_flushed_counts_anew_and_knows_its_scripts_again() {
    let server = Server::start();
    let throttle = RedisThrottle::new(memory(&server));
    assert!(admitted(&throttle).await);
    assert!(!admitted(&throttle).await);
    let () = server.ask(&["FLUSHALL"]);
    let () = server.ask(&["SCRIPT", "FLUSH"]);
    assert!(admitted(&throttle).await);
    assert!(!admitted(&throttle).await);
}

#[tokio::test]
async fn while_redis_is_away_calls_fail_at_once_and_then_all_is_back_by_itself() {
    let mut server = Server::start();
    let memory = memory(&server);
    let throttle = RedisThrottle::new(memory.clone());
    assert!(admitted(&throttle).await);
    server.stop();
    eventually("the loss is noticed", async || memory.ping().await.is_err()).await;
    let begun = Instant::now();
    for _ in 0..100 {
        let fault = throttle.admit(&subject(), once_a_minute(), now()).await.unwrap_err();
        assert_eq!((fault.peer, fault.kind), ("redis", FaultKind::Unavailable));
    }
    assert!(begun.elapsed() < Duration::from_millis(400), "a hundred calls waited for nothing");
    server.start_again();
    eventually("it is back", async || memory.ping().await.is_ok()).await;
    assert!(admitted(&throttle).await);
}

#[tokio::test]
async fn a_redis_that_was_never_there_is_found_when_it_comes() {
    let mut server = Server::start();
    server.stop();
    let memory = memory(&server);
    assert_eq!(memory.ping().await.unwrap_err().kind, FaultKind::Unavailable);
    server.start_again();
    eventually("it is found", async || memory.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_frozen_redis_costs_a_deadline_and_no_more() {
    let server = Server::start();
    let memory =
        SharedMemory::open(&Config { timeout_ms: millis(150), ..config(&server) }).unwrap();
    memory.ping().await.unwrap();
    server.freeze();
    let begun = Instant::now();
    let fault = memory.ping().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut, "it was sent, and nobody knows");
    // The new connection is made to a server that says nothing either: certainly nothing is sent.
    let fault = memory.ping().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    server.thaw();
    eventually("it is back", async || memory.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_connection_that_the_server_cut_is_replaced() {
    let server = Server::start();
    let memory = memory(&server);
    for _ in 0..3 {
        eventually("there is a connection", async || memory.ping().await.is_ok()).await;
        let _cut: u32 = server.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    }
    eventually("there is a new one", async || memory.ping().await.is_ok()).await;
}

#[tokio::test]
async fn a_replica_refuses_and_its_promotion_is_noticed() {
    let server = Server::start();
    let memory = memory(&server);
    let throttle = RedisThrottle::new(memory.clone());
    memory.ping().await.unwrap();
    let () = server.ask(&["REPLICAOF", "127.0.0.1", "9"]);
    let fault = throttle.admit(&subject(), once_a_minute(), now()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    eventually("the doctor says why", async || {
        let told = memory.examine().await.unwrap_err();
        chain(&told).contains("it is a replica and takes no writes")
    })
    .await;
    let () = server.ask(&["REPLICAOF", "NO", "ONE"]);
    eventually("it counts again", async || {
        throttle.admit(&subject(), once_a_minute(), now()).await.is_ok()
    })
    .await;
    memory.examine().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_name_are_told_as_what_they_are() {
    let server = Server::with(&["--requirepass", "right"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let mut wrong = config(&server);
    wrong.connection.password_file = Some(path.clone());
    for (password, good) in [("wrong", false), ("right\n", true)] {
        std::fs::write(&path, password).unwrap();
        let answer = SharedMemory::open(&wrong).unwrap().ping().await;
        assert_eq!(answer.is_ok(), good, "{password:?}");
        if let Err(fault) = answer {
            let said = chain(&fault);
            assert_eq!(fault.kind, FaultKind::Unavailable);
            assert!(said.to_lowercase().contains("password"), "{said}");
            assert!(!said.contains("wrong "), "the password is not in it: {said}");
        }
    }
    let nowhere = Config { connection: at("redis://redis.invalid:6379"), ..Config::default() };
    let fault = SharedMemory::open(&nowhere).unwrap().ping().await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(Address::parse("redis://redis.invalid:6379").is_ok(), "the name was not the trouble");
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn counters_are_forgotten_when_their_window_is_over() {
    let server = Server::start();
    let throttle = RedisThrottle::new(memory(&server));
    let day = Allowance { limit: 6, window: SignedDuration::from_hours(24) };
    throttle.admit(&Subject::Number(tenant(1), phone(1)), day, now()).await.unwrap();
    // A shorter window that comes later does not shorten the life of what is counted.
    let short = Allowance { limit: 6, window: SignedDuration::from_secs(1) };
    throttle.admit(&Subject::Number(tenant(1), phone(1)), short, after_secs(0)).await.unwrap();
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert!(key.starts_with("ges:throttle:number:") && !key.contains("415555"), "{key}");
    let left_secs: u64 = server.ask(&["TTL", key]);
    assert!((86_400..=86_460).contains(&left_secs), "{left_secs}");
}
