//! What people see who watch: what happened, once, of their own queues, and where they left off.

use std::collections::BTreeSet;
use std::time::Duration;

use ges_app::{CannotWatch, Happened, Watcher, Wish};
use ges_contracts::given;
use ges_domain::access::{Lines, Person, Role};
use ges_domain::callback::State;
use ges_domain::event::Actor;
use ges_domain::id::TenantId;

use crate::house::House;

fn supervisor(tenant: TenantId, lines: Lines) -> Person {
    Person {
        tenant,
        user_name: String::from("supervisor"),
        display_name: String::from("A supervisor"),
        roles: BTreeSet::from([Role::Supervisor]),
        lines,
    }
}

async fn watcher(house: &House) -> Watcher {
    house.app.watch(&supervisor(house.tenant, Lines::All), None).await.unwrap()
}

/// What there is to see without waiting, callbacks by their state.
async fn seen(watcher: &mut Watcher) -> Vec<String> {
    let mut seen = Vec::new();
    while let Ok(Some(happened)) = tokio::time::timeout(Duration::ZERO, watcher.next()).await {
        seen.push(match happened {
            Happened::Callback(_, callback) => callback.state.to_string(),
            Happened::Catalogue(revision) => format!("catalogue {}", revision.number()),
            Happened::Missed => String::from("missed"),
        });
    }
    seen
}

#[tokio::test]
async fn a_change_is_told_once_also_when_another_node_made_it() {
    let house = House::open().await;
    let elsewhere = house.seen_by(2);
    let mut watcher = watcher(&house).await;
    assert_eq!(house.app.tell_watchers().await.unwrap(), 0);
    let booked = elsewhere.booked(1, None).await;
    assert_eq!(house.app.tell_watchers().await.unwrap(), 1);
    assert_eq!(seen(&mut watcher).await, ["SCHEDULED"]);
    // The seconds that are read again tell nothing again.
    house.turn(1);
    assert_eq!(house.app.tell_watchers().await.unwrap(), 0);
    elsewhere.app.cancel(house.tenant, booked.id, Actor::Api, None).await.unwrap();
    assert_eq!(house.app.tell_watchers().await.unwrap(), 1);
    assert_eq!(seen(&mut watcher).await, ["COMPLETED"]);
}

#[tokio::test]
async fn of_many_changes_of_a_callback_the_last_is_told() {
    let house = House::open().await;
    let mut watcher = watcher(&house).await;
    let booked = house.booked(1, None).await;
    house.tick().await;
    house.started(booked.id, 1).await.unwrap();
    house.reported(booked.id, 1, 1, State::Routing).await.unwrap();
    assert_eq!(house.app.tell_watchers().await.unwrap(), 1);
    assert_eq!(seen(&mut watcher).await, ["ROUTING"]);
}

#[tokio::test]
async fn what_is_stored_later_than_its_time_is_told_all_the_same() {
    let house = House::open().await;
    let mut watcher = watcher(&house).await;
    let wish = house.wish(1, None);
    // It was given its time before the look, and is stored after it.
    let elsewhere = house.seen_by(2);
    let early = house.now();
    house.turn(29);
    house.app.tell_watchers().await.unwrap();
    elsewhere.app.book(house.tenant, wish).await.unwrap();
    house.app.tell_watchers().await.unwrap();
    assert_eq!(seen(&mut watcher).await, ["SCHEDULED"]);
    assert!(early < house.now());
}

#[tokio::test]
async fn another_line_of_business_and_another_tenant_see_nothing() {
    let house = House::open().await;
    let lines = Lines::Queues(BTreeSet::from([given::queue_of(given::SUPPORT)]));
    let colleague = supervisor(house.tenant, lines);
    let stranger = supervisor(given::tenant(2), Lines::All);
    let mut colleague = house.app.watch(&colleague, None).await.unwrap();
    let mut stranger = house.app.watch(&stranger, None).await.unwrap();
    house.booked(1, None).await;
    house.app.tell_watchers().await.unwrap();
    assert_eq!(seen(&mut colleague).await, [""; 0]);
    assert_eq!(seen(&mut stranger).await, [""; 0]);
}

#[tokio::test]
async fn who_comes_back_goes_on_where_they_left_off() {
    let house = House::open().await;
    let person = supervisor(house.tenant, Lines::All);
    let left = house.now();
    house.turn(30);
    house.booked(1, None).await;
    house.turn(31);
    let mut back = house.app.watch(&person, Some(left)).await.unwrap();
    assert_eq!(seen(&mut back).await, ["SCHEDULED"]);
    let mut fresh = house.app.watch(&person, None).await.unwrap();
    assert_eq!(seen(&mut fresh).await, [""; 0]);
    house.turn(120);
    let mut late = house.app.watch(&person, Some(left)).await.unwrap();
    assert_eq!(seen(&mut late).await, ["missed"]);
}

#[tokio::test]
async fn who_is_too_slow_is_told_that_something_was_missed() {
    let house = House::open().await;
    let mut slow = watcher(&house).await;
    for number in 0..2_100 {
        let wish = Wish { by: Actor::User(String::from("agent")), ..house.wish(number, None) };
        let booked = house.book(wish).await.unwrap().callback().clone();
        house.app.cancel(house.tenant, booked.id, Actor::Api, None).await.unwrap();
        house.turn(1);
        house.app.tell_watchers().await.unwrap();
    }
    house.app.tell_watchers().await.unwrap();
    assert_eq!(seen(&mut slow).await[0], "missed");
}

#[tokio::test]
async fn a_catalogue_that_changes_is_told() {
    let house = House::open().await;
    house.app.shelf().stock(house.tenant).await.unwrap();
    let mut watcher = watcher(&house).await;
    house.app.tell_watchers().await.unwrap();
    house.republish(|settings| settings.emergency = true).await;
    house.app.shelf().refresh().await.unwrap();
    house.app.tell_watchers().await.unwrap();
    assert_eq!(seen(&mut watcher).await, ["catalogue 2"]);
    house.app.tell_watchers().await.unwrap();
    assert_eq!(seen(&mut watcher).await, [""; 0]);
}

#[tokio::test]
async fn a_node_that_stops_ends_what_is_watched() {
    let house = House::open().await;
    let mut watcher = watcher(&house).await;
    house.app.end_watches();
    assert_eq!(watcher.next().await, None);
    let again = house.app.watch(&supervisor(house.tenant, Lines::All), None).await;
    assert!(matches!(again, Err(CannotWatch::Full)));
}

#[tokio::test]
async fn nobody_takes_all_places_and_who_does_not_listen_loses_theirs() {
    let house = House::open().await;
    let person = supervisor(house.tenant, Lines::All);
    let mut held = Vec::new();
    for _window in 0..20 {
        held.push(house.app.watch(&person, None).await.unwrap());
    }
    assert!(matches!(house.app.watch(&person, None).await, Err(CannotWatch::Full)));
    let colleague = Person { user_name: String::from("colleague"), ..person.clone() };
    house.app.watch(&colleague, None).await.unwrap();
    held.pop();
    held.push(house.app.watch(&person, None).await.unwrap());
    assert!(house.app.watch(&person, None).await.is_err());
    house.turn(15 * 60);
    house.app.watch(&person, None).await.unwrap();
}

#[tokio::test]
async fn of_callbacks_nobody_hears_who_may_not_see_them() {
    let house = House::open().await;
    let nobody = Person { roles: BTreeSet::new(), ..supervisor(house.tenant, Lines::All) };
    house.booked(1, None).await;
    let mut nobody = house.app.watch(&nobody, None).await.unwrap();
    house.booked(2, None).await;
    house.app.tell_watchers().await.unwrap();
    assert_eq!(seen(&mut nobody).await, [""; 0]);
}
