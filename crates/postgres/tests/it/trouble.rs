//! What the store answers when the database is in trouble: a fault within its deadline, never a hang, and the truth about
//! what was stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use ges_contracts::desk::{Desk, cancel};
use ges_contracts::{World, given};
use ges_domain::effect::Lane;
use ges_ports::{
    BookError, Booked, Callbacks, Catalogues, ChangeError, Effects, Fault, FaultKind, Lease, Search,
};
use ges_postgres::testing::{self, Fresh};
use ges_postgres::{Config, Postgres, Url};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_postgres::config::Host;

use crate::given::{config, fresh, url};

/// A node that loses patience soon.
async fn impatient(fresh: &Fresh) -> Arc<Postgres> {
    Arc::new(fresh.node_with(hurry).await.unwrap())
}

fn hurry(config: &mut Config) {
    config.pools.reads_per_worker = 1.try_into().unwrap();
    config.connect_timeout_ms = 200.try_into().unwrap();
    config.acquire_timeout_ms = 200.try_into().unwrap();
    config.lock_timeout_ms = 100.try_into().unwrap();
    config.statement_timeout_ms = 300.try_into().unwrap();
    config.deadline_ms = 1_500.try_into().unwrap();
}

/// The answer must come long before a caller gives up.
async fn soon<T>(answer: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(15), answer).await.expect("the store hangs")
}

fn fault<T: std::fmt::Debug>(answer: Result<T, BookError>) -> Fault {
    match answer {
        Err(BookError::Fault(fault)) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_somebody_holds_is_a_fault_that_stored_nothing() {
    let fresh = fresh().await;
    let store = impatient(&fresh).await;
    let desk = Desk::open(World::of(Arc::clone(&store))).await;
    let booked = desk.booked(1, 0).await;
    let held = testing::hold(&store, "LOCK TABLE callbacks IN EXCLUSIVE MODE").await.unwrap();
    let answer = fault(soon(store.book(&desk.scheduled(2, 0))).await);
    assert_eq!((answer.peer, answer.kind), ("store", FaultKind::Unavailable));
    let answer = soon(desk.change(booked.id, cancel(), given::now())).await;
    assert!(
        matches!(&answer, Err(ChangeError::Fault(fault)) if fault.kind == FaultKind::Unavailable),
        "{answer:?}"
    );
    held.release().await.unwrap();
    assert_eq!(desk.find(booked.id).await, booked);
    assert_eq!(desk.taken().await, [(given::slot(0), 1)]);
    desk.booked(2, 0).await;
    desk.changed(booked.id, cancel(), given::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_is_a_fault_and_the_next_one_is_answered() {
    let store = impatient(&fresh().await).await;
    let answer = soon(testing::run(&store, "SELECT pg_sleep(30)")).await.unwrap_err();
    assert_eq!(answer.kind, FaultKind::Unavailable);
    assert_eq!(soon(store.tenants()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_without_a_free_connection_is_a_fault_and_others_have_their_own() {
    let fresh = fresh().await;
    let store = fresh.node_with(|config| {
        hurry(config);
        config.statement_timeout_ms = 5_000.try_into().unwrap();
        config.deadline_ms = 5_000.try_into().unwrap();
    });
    let store = store.await.unwrap();
    let busy = store.clone();
    let sleeper = tokio::spawn(async move { testing::run(&busy, "SELECT pg_sleep(3)").await });
    // The one connection is lent when the sleep is seen in the database.
    let worker = store.for_worker();
    let asleep = "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity \
                  WHERE query = 'SELECT pg_sleep(3)' AND state = 'active') LOOP \
                  PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.01); END LOOP; END $$";
    testing::run(&worker, asleep).await.unwrap();
    let answer = soon(store.tenants()).await.unwrap_err();
    assert_eq!(answer.kind, FaultKind::Unavailable);
    assert_eq!(soon(worker.tenants()).await.unwrap(), []);
    sleeper.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_are_replaced_without_a_fault() {
    let fresh = fresh().await;
    let store = Arc::new(fresh.node().await.unwrap());
    let desk = Desk::open(World::of(Arc::clone(&store))).await;
    let booked = desk.booked(1, 0).await;
    desk.changed(booked.id, cancel(), given::now()).await;
    cut_all(&fresh).await;
    // What the driver knows by now it does not lend again.
    while store.find(desk.tenant, booked.id).await.is_err() {}
    desk.booked(2, 1).await;
    assert_eq!(desk.lease(given::after(600), 10).await.len(), 1);
}

/// Ends every connection of the schema's nodes.
async fn cut_all(fresh: &Fresh) {
    let knife = Postgres::connect(config()).await.unwrap();
    let cut = format!(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = '{}'",
        fresh.name()
    );
    testing::run(&knife, &cut).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_while_connections_are_cut_is_there_and_no_slot_is_overfull() {
    let fresh = fresh().await;
    let nodes = [Arc::new(fresh.node().await.unwrap()), Arc::new(fresh.node().await.unwrap())];
    let world = World::of(Arc::clone(&nodes[0]));
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 150).await;
    let bookings: Vec<_> = (0..400).map(|number| desk.scheduled(number, 0)).collect();
    let done = Arc::new(AtomicBool::new(false));
    let cutting = {
        let (fresh, done) = (fresh.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                cut_all(&fresh).await;
            }
        })
    };
    let mut acknowledged = Vec::new();
    for chunk in bookings.chunks(20) {
        let clients = chunk.iter().cloned().zip(nodes.iter().cycle()).map(|(booking, node)| {
            let node = Arc::clone(node);
            tokio::spawn(async move { (booking.callback.id, node.book(&booking).await) })
        });
        for client in join_all(clients).await {
            let (id, answer) = client.unwrap();
            match answer {
                Ok(Booked::New(callback)) => acknowledged.push(callback.id),
                Err(BookError::Fault(fault)) if fault.kind == FaultKind::Unavailable => {
                    // “Nothing was stored” must be true.
                    let found = loop {
                        if let Ok(found) = nodes[1].find(desk.tenant, id).await {
                            break found;
                        }
                    };
                    assert_eq!(found, None);
                }
                Err(BookError::Fault(_) | BookError::Refused(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    cutting.await.unwrap();
    let stored = loop {
        let search = Search { limit: 1000, ..Search::default() };
        if let Ok(page) = nodes[0].search(desk.tenant, &search).await {
            break page.callbacks;
        }
    };
    let missing = acknowledged.iter().filter(|id| !stored.iter().any(|it| it.id == **id));
    assert_eq!(missing.count(), 0, "of {} acknowledged", acknowledged.len());
    let taken = desk.taken().await;
    let places = u32::try_from(stored.len()).unwrap();
    assert!(places <= 150 && !acknowledged.is_empty(), "{places} sold");
    assert_eq!(taken, [(given::slot(0), places)]);
}

/// A wire to the database that can be frozen: it stays up and carries nothing.
struct Wire {
    address: std::net::SocketAddr,
    frozen: Arc<AtomicBool>,
}

impl Wire {
    /// A wire to the database of these tests, be it on a socket of either kind.
    async fn open() -> Self {
        let driver: tokio_postgres::Config = url().parse().unwrap();
        let port = driver.get_ports().first().copied().unwrap_or(5432);
        let host = driver.get_hosts()[0].clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let frozen = Arc::new(AtomicBool::new(false));
        let ice = Arc::clone(&frozen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (host, ice) = (host.clone(), Arc::clone(&ice));
                tokio::spawn(async move {
                    match host {
                        Host::Tcp(host) => {
                            let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
                            join(client, server, ice).await;
                        }
                        Host::Unix(folder) => {
                            let socket = folder.join(format!(".s.PGSQL.{port}"));
                            join(client, UnixStream::connect(socket).await.unwrap(), ice).await;
                        }
                    }
                });
            }
        });
        Self { address, frozen }
    }

    /// The same database at this end of the wire.
    fn url(&self) -> Url {
        let driver: tokio_postgres::Config = url().parse().unwrap();
        let user = driver.get_user().unwrap_or("postgres");
        let database = driver.get_dbname().unwrap_or(user);
        format!("postgres://{user}@{}/{database}", self.address).parse().unwrap()
    }
}

async fn join(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Send + 'static,
    ice: Arc<AtomicBool>,
) {
    let (client_read, client_write) = tokio::io::split(client);
    let (server_read, server_write) = tokio::io::split(server);
    tokio::join!(
        carry(client_read, server_write, Arc::clone(&ice)),
        carry(server_read, client_write, ice)
    );
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    ice: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if ice.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_wire_is_a_fault_of_every_call_and_never_a_hang() {
    let fresh = fresh().await;
    let wire = Wire::open().await;
    let store = fresh.node_with(|config| {
        hurry(config);
        config.url = fresh.by(&wire.url());
    });
    let store = Arc::new(store.await.unwrap());
    let desk = Desk::open(World::of(Arc::clone(&store))).await;
    let booked = desk.booked(1, 0).await;
    wire.frozen.store(true, Ordering::Relaxed);
    let booking = desk.scheduled(2, 0);
    let wish = Lease { owner: given::node(1), now: given::now(), until: given::after(1), limit: 9 };
    let (book, change, find, lease) = soon(async {
        tokio::join!(
            store.book(&booking),
            desk.change(booked.id, cancel(), given::now()),
            store.find(desk.tenant, booked.id),
            store.lease(Lane::Sessions, wish.now, &wish),
        )
    })
    .await;
    assert_eq!(fault(book).peer, "store");
    assert!(matches!(change, Err(ChangeError::Fault(_))), "{change:?}");
    assert!(find.is_err() && lease.is_err());
    wire.frozen.store(false, Ordering::Relaxed);
    soon(async { while store.find(desk.tenant, booked.id).await.is_err() {} }).await;
}

/// A row that cannot be read is one callback's trouble.
#[tokio::test]
async fn an_effect_that_cannot_be_read_is_no_reason_to_leave_others_undone() {
    let store = crate::given::store().await;
    let desk = Desk::open(World::of(Arc::clone(&store))).await;
    let odd = desk.book(&desk.immediate(1)).await;
    let good = desk.book(&desk.immediate(2)).await;
    let spoil = format!("UPDATE outbox SET effect = '{{}}' WHERE callback = '{}'", odd.id);
    testing::run(&store, &spoil).await.unwrap();
    let wish =
        Lease { owner: given::node(1), now: given::after(1), until: given::after(2), limit: 10 };
    let leased = store.lease(Lane::Sessions, wish.now, &wish).await.unwrap();
    assert_eq!(leased.iter().map(|it| it.id.callback).collect::<Vec<_>>(), [good.id]);
}
