//! Crowds at one slot, over two nodes.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use ges_contracts::desk::Desk;
use ges_contracts::{World, given};
use ges_domain::booking::Booking;
use ges_domain::refusal::Refusal;
use ges_ports::{BookError, Booked, Callbacks};
use ges_postgres::{Postgres, testing};

use crate::given::fresh;

/// Two nodes on one schema, with a desk on the first, and seven places to a slot.
async fn two_nodes() -> (Desk, [Arc<Postgres>; 2]) {
    let fresh = fresh().await;
    let nodes = [Arc::new(fresh.node().await.unwrap()), Arc::new(fresh.node().await.unwrap())];
    let world = World::of(Arc::clone(&nodes[0]));
    (Desk::set(world, |settings| settings.capacity_per_slot = 7).await, nodes)
}

/// Books all at once, each on another node than the one before.
async fn crowd(
    nodes: &[Arc<Postgres>; 2],
    bookings: Vec<Booking>,
) -> Vec<Result<Booked, BookError>> {
    let clients = bookings.into_iter().zip(nodes.iter().cycle()).map(|(booking, node)| {
        let node = Arc::clone(node);
        tokio::spawn(async move { node.book(&booking).await })
    });
    join_all(clients).await.into_iter().map(Result::unwrap).collect()
}

fn sold(answers: &[Result<Booked, BookError>]) -> usize {
    let mut sold = 0;
    for answer in answers {
        match answer {
            Ok(Booked::New(_)) => sold += 1,
            Err(BookError::Refused(Refusal::SlotFull { .. })) => {}
            other => panic!("neither sold nor full: {other:?}"),
        }
    }
    sold
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_at_a_slot_of_seven_over_two_nodes_buy_exactly_seven_every_time() {
    let (desk, nodes) = two_nodes().await;
    for round in 0..20 {
        let bookings = (0..64).map(|number| desk.scheduled(number, round)).collect();
        assert_eq!(sold(&crowd(&nodes, bookings).await), 7, "in round {round}");
    }
    let taken = desk.taken().await;
    assert_eq!(taken.len(), 20);
    assert!(taken.iter().all(|(_, taken)| *taken == 7), "{taken:?}");
    assert_eq!(desk.all().await.len(), 140);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_comes_and_goes_over_two_nodes_leaves_the_slots_as_full_as_their_callbacks_say()
 {
    let (desk, nodes) = two_nodes().await;
    for round in 0..10 {
        let bookings =
            (0..40).map(|number| desk.scheduled(number, i64::from(number % 3))).collect();
        let answers = crowd(&nodes, bookings).await;
        let made: Vec<_> = answers.into_iter().flatten().collect();
        let going = made.iter().enumerate().map(|(index, booked)| {
            let node = Arc::clone(&nodes[index % 2]);
            let aimed = desk.aim(booked.callback().id, ges_contracts::desk::cancel());
            tokio::spawn(async move { node.change(aimed, given::now()).await })
        });
        for gone in join_all(going.skip(round % 4)).await {
            gone.unwrap().unwrap();
        }
    }
    let mut held: HashMap<_, u32> = HashMap::new();
    for callback in desk.all().await {
        if let Some(slot) = callback.slot {
            *held.entry(slot).or_default() += 1;
        }
    }
    let taken: HashMap<_, _> = desk.taken().await.into_iter().collect();
    assert_eq!(taken, held);
    assert!(taken.values().all(|taken| *taken <= 7));
}

#[tokio::test]
async fn who_lines_up_while_a_batch_waits_for_its_slot_joins_it_unless_somebody_holds_their_number()
{
    let fresh = fresh().await;
    let node = Arc::new(fresh.node().await.unwrap());
    let desk = Desk::set(World::of(Arc::clone(&node)), |settings| {
        settings.capacity_per_slot = 7;
        settings.duplicate_policy = ges_domain::service::DuplicatePolicy::MaxTwo;
    })
    .await;
    let book = |number: u32| {
        let (node, booking) = (Arc::clone(&node), desk.scheduled(number, 0));
        tokio::spawn(async move { node.book(&booking).await })
    };
    let service = format!("{}:{}", desk.tenant, given::SALES);
    let hold = async |name: String| {
        let lock = format!(
            "SELECT pg_advisory_xact_lock(hashtextextended('{name}', hashtext(current_schema())))"
        );
        testing::hold(&node, &lock).await.unwrap()
    };
    let slot = hold(format!("slot:{service}:{}", given::slot(0).as_microsecond())).await;
    let number = hold(format!("number:{service}:{}", given::phone(7).e164())).await;
    let first = book(1);
    let waits = format!(
        "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND NOT l.granted AND a.application_name = '{}') LOOP \
         PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.01); END LOOP; END $$",
        fresh.name()
    );
    testing::run(&node, &waits).await.unwrap();
    let others: Vec<_> = (2..=6).map(book).collect();
    let last = book(7);
    // Each has lined up when all tasks of this thread had a turn.
    tokio::task::yield_now().await;
    slot.release().await.unwrap();
    for booked in join_all(std::iter::once(first).chain(others)).await {
        let booked = booked.unwrap();
        assert!(matches!(booked, Ok(Booked::New(_))), "{booked:?}");
    }
    assert!(!last.is_finished(), "the number is somebody else's");
    number.release().await.unwrap();
    assert!(matches!(last.await.unwrap(), Ok(Booked::New(_))));
    let two = "DO $$ BEGIN ASSERT (SELECT count(DISTINCT xmin::text) FROM callbacks) = 2; END $$";
    testing::run(&node, two).await.unwrap();
    assert_eq!(desk.taken().await, [(given::slot(0), 7)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_from_many_clients_over_two_nodes_books_once() {
    let (desk, nodes) = two_nodes().await;
    for round in 0..10 {
        let key = || Some((given::key(round), given::fingerprint(round)));
        let bookings = (0..16).map(|_| desk.scheduled(1, 0).keyed(key())).collect();
        let answers = crowd(&nodes, bookings).await;
        let mut new = 0;
        let mut ids = Vec::new();
        for answer in answers {
            match answer {
                Ok(booked) => {
                    new += usize::from(matches!(booked, Booked::New(_)));
                    ids.push(booked.callback().id);
                }
                Err(BookError::Refused(Refusal::SlotFull { .. })) => assert!(round >= 7),
                Err(other) => panic!("not booked: {other:?}"),
            }
        }
        ids.dedup();
        assert_eq!((new, ids.len()), if round < 7 { (1, 1) } else { (0, 0) }, "in round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_of_two_holds_for_a_crowd_of_one_number_over_two_nodes() {
    let fresh = fresh().await;
    let nodes = [Arc::new(fresh.node().await.unwrap()), Arc::new(fresh.node().await.unwrap())];
    let desk = Desk::set(World::of(Arc::clone(&nodes[0])), |settings| {
        settings.capacity_per_slot = 100;
        settings.duplicate_policy = ges_domain::service::DuplicatePolicy::MaxTwo;
        settings.max_queued = 5;
    })
    .await;
    for number in 0..10 {
        let bookings = (0..12).map(|slot| desk.scheduled(number, slot)).collect();
        let made = crowd(&nodes, bookings).await.into_iter().flatten().count();
        assert_eq!(made, 2, "of number {number}");
    }
    let bookings = (100..140).map(|number| desk.immediate(number)).collect();
    let waiting = crowd(&nodes, bookings).await.into_iter().flatten().count();
    assert_eq!(waiting, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_knows_nothing_of_its_tables_looks_at_them_when_a_crowd_has_come() {
    let fresh = fresh().await;
    let node = Arc::new(fresh.node().await.unwrap());
    let desk = Desk::set(World::of(Arc::clone(&node)), |settings| {
        settings.capacity_per_slot = 1000;
    });
    let desk = desk.await;
    let bookings = (0..300).map(|number| desk.scheduled(number, 0)).collect();
    let made = crowd(&[Arc::clone(&node), node.clone()], bookings).await;
    assert_eq!(sold(&made), 300);
    // Made after the look, whatever became of the crowd's last batch.
    desk.booked(999, 1).await;
    let known = "DO $$ BEGIN IF (SELECT reltuples FROM pg_class WHERE oid = 'callbacks'::regclass) < 200 \
                 THEN RAISE EXCEPTION 'unknown'; END IF; END $$";
    ges_postgres::testing::run(&node, known).await.unwrap();
}
