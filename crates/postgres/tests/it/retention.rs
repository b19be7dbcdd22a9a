//! What leaves the store while nodes of an older release write to it, and while others hold its rows.

use ges_contracts::desk::{Desk, cancel};
use ges_contracts::given::{after, after_secs, now};
use ges_contracts::{World, given};
use ges_ports::Callbacks;
use ges_postgres::testing;

use crate::given::store;

#[tokio::test]
async fn what_an_older_release_completed_is_removed_in_its_time() {
    let store = store().await;
    let desk = Desk::open(World::of(std::sync::Arc::clone(&store))).await;
    let [old, young] = [desk.booked(1, 0).await, desk.booked(2, 0).await];
    desk.changed(old.id, cancel(), after_secs(1)).await;
    desk.changed(young.id, cancel(), after_secs(5)).await;
    testing::run(&store, "UPDATE callbacks SET completed_at = NULL").await.unwrap();
    assert_eq!(store.purge(desk.tenant, now(), 10).await.unwrap(), 0);
    assert_eq!(store.purge(desk.tenant, after_secs(5), 10).await.unwrap(), 1);
    assert_eq!(desk.all().await.iter().map(|it| it.id).collect::<Vec<_>>(), [young.id]);
    assert_eq!(store.purge(desk.tenant, after(1), 10).await.unwrap(), 1);
}

#[tokio::test]
async fn what_somebody_holds_is_left_and_waited_for_by_nobody() {
    let store = store().await;
    let desk = Desk::open(World::of(std::sync::Arc::clone(&store))).await;
    let [held, free] = [desk.booked(1, 0).await, desk.booked(2, 0).await];
    for callback in [&held, &free] {
        desk.changed(callback.id, cancel(), after_secs(1)).await;
    }
    let lock = format!("SELECT 1 FROM callbacks WHERE id = '{}' FOR UPDATE", held.id);
    let holder = testing::hold(&store, &lock).await.unwrap();
    assert_eq!(store.purge(desk.tenant, after(1), 10).await.unwrap(), 1);
    let erased = store.erase(desk.tenant, &given::phone(1), 10).await.unwrap();
    assert_eq!((erased.gone, erased.left), (0, 1));
    holder.release().await.unwrap();
    assert_eq!(store.purge(desk.tenant, after(1), 10).await.unwrap(), 1);
}
