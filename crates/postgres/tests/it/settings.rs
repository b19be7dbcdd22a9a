//! The settings that callbacks were booked under, each kept once.

use std::sync::Arc;

use ges_contracts::desk::{Desk, cancel};
use ges_contracts::{World, given};
use ges_domain::callback::Outcome;
use ges_ports::{Callbacks, FaultKind};
use ges_postgres::testing;

use crate::given::fresh;

/// A statement that fails unless so many settings are kept.
fn kept(count: u32) -> String {
    format!("DO $$ BEGIN ASSERT (SELECT count(*) FROM settings) = {count}; END $$")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_kept_once_and_read_by_every_node() {
    let fresh = fresh().await;
    let node = Arc::new(fresh.node().await.unwrap());
    let mut desk = Desk::set(World::of(node.clone()), |it| it.ring_timeout_seconds = 20).await;
    let mut booked = Vec::new();
    for number in 1..=3 {
        booked.push(desk.booked(number, 0).await);
    }
    desk.republish(|it| it.ring_timeout_seconds = 30).await;
    booked.push(desk.booked(4, 1).await);
    testing::run(&node, &kept(2)).await.unwrap();
    let document = testing::document(&node, &booked[0]).await.unwrap();
    assert!(!document.contains("ringTimeoutSeconds"), "{document}");

    let other = fresh.node().await.unwrap();
    let ids: Vec<_> = booked.iter().map(|it| (it.tenant, it.id)).collect();
    let found = other.find_each(&ids).await.unwrap();
    assert_eq!(found, booked.iter().cloned().map(Some).collect::<Vec<_>>());
    let rings = |at: usize| found[at].as_ref().unwrap().settings.ring_timeout_seconds;
    assert_eq!([rings(0), rings(3)], [20, 30], "each keeps those that it was booked under");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_that_hold_their_settings_themselves_are_read_and_changed_as_ever() {
    let fresh = fresh().await;
    let node = Arc::new(fresh.node().await.unwrap());
    let desk = Desk::open(World::of(node.clone())).await;
    let booked = desk.booked(1, 0).await;
    let whole = "UPDATE callbacks AS c \
                 SET document = jsonb_set(c.document::jsonb, '{settings}', s.document::jsonb)::text \
                 FROM settings AS s; DELETE FROM settings";
    testing::run(&node, whole).await.unwrap();
    let other = fresh.node().await.unwrap();
    assert_eq!(other.find(booked.tenant, booked.id).await.unwrap().as_ref(), Some(&booked));
    let change = other.change(desk.aim(booked.id, cancel()), given::after(1)).await.unwrap();
    let Outcome::Changed(ended) = change else { panic!("nothing changed") };
    assert_eq!(ended.callback.settings, booked.settings);
    assert_eq!(desk.find(booked.id).await, ended.callback);
    testing::run(&node, &kept(0)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_whose_settings_are_lost_is_said_to_be_unreadable() {
    let fresh = fresh().await;
    let node = Arc::new(fresh.node().await.unwrap());
    let desk = Desk::open(World::of(node.clone())).await;
    let booked = desk.booked(1, 0).await;
    testing::run(&node, "DELETE FROM settings").await.unwrap();
    let other = fresh.node().await.unwrap();
    let fault = other.find(booked.tenant, booked.id).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misbehaved);
}
