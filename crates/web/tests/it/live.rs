//! What people hear who watch: their own queues' callbacks, as the list shows them, from where they left off.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, Stream};
use crate::staff::{bearing, by};

const LIVE: &str = "/ges/api/v1/live";
const LIST: &str = "/ges/api/v1/callbacks";

async fn book(house: &House, service: &str) -> Value {
    let wish = json!({"serviceName": service, "phoneNumber": "+14155550101"});
    house.ask(by(Role::Supervisor, Method::POST, LIST).set_json(wish)).await.data()
}

/// What was heard: each event's name and data.
fn events(stream: &mut Stream) -> Vec<(String, Value)> {
    let heard = stream.heard();
    let blocks = heard.split("\n\n").filter(|block| block.contains("event: "));
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned()
    };
    let read = |block: &str| {
        let data = serde_json::from_str(&field(block, "data: ")).unwrap();
        (field(block, "event: "), data)
    };
    blocks.map(read).collect()
}

#[actix_web::test]
async fn a_change_is_heard_as_the_list_shows_it() {
    let house = House::open().await;
    let mut stream = house.listen(by(Role::Monitor, Method::GET, LIVE)).await;
    let hello = stream.heard();
    assert!(hello.starts_with("retry: 1000\n: alive\nid: "), "{hello}");
    let row = book(&house, "CB_Open").await;
    house.app.tell_watchers().await.unwrap();
    assert_eq!(events(&mut stream), [(String::from("callback"), row)]);
    house.app.tell_watchers().await.unwrap();
    assert_eq!(events(&mut stream), []);
}

#[actix_web::test]
async fn a_stream_is_neither_kept_nor_gathered_on_its_way() {
    let house = House::open().await;
    let told = house.ask(by(Role::Monitor, Method::GET, LIVE)).await;
    assert_eq!(told.header("content-type"), Some("text/event-stream"));
    assert_eq!(told.header("cache-control"), Some("no-store"));
    assert_eq!(told.header("x-accel-buffering"), Some("no"));
    assert_eq!(told.header("content-encoding"), None);
}

#[actix_web::test]
async fn nothing_of_others_is_heard() {
    let house = House::open().await;
    let visitor = house.visit("sal").await;
    let mut colleague = house.listen(visitor.asks(Method::GET, LIVE)).await;
    let mut stranger = house.listen(bearing(Method::GET, LIVE, "token-of-the-other")).await;
    book(&house, "CB_Open").await;
    house.app.tell_watchers().await.unwrap();
    assert_eq!(events(&mut colleague), []);
    assert_eq!(events(&mut stranger), []);
    book(&house, "CB_Sales").await;
    house.app.tell_watchers().await.unwrap();
    assert_eq!(events(&mut colleague).len(), 1);
    assert_eq!(events(&mut stranger), []);
}

#[actix_web::test]
async fn only_what_is_asked_for_and_permitted_is_heard() {
    let house = House::open().await;
    let path = format!("{LIVE}?topics=settings");
    let mut other = house.listen(by(Role::Monitor, Method::GET, &path)).await;
    // Of callbacks they hear nothing, which they may not see in the list either.
    let nobody = house.visit("nobody").await;
    let mut nobody = house.listen(nobody.asks(Method::GET, LIVE)).await;
    book(&house, "CB_Open").await;
    house.app.tell_watchers().await.unwrap();
    assert_eq!(events(&mut other), []);
    assert_eq!(events(&mut nobody), []);
    let told = house.ask(by(Role::Monitor, Method::GET, &format!("{LIVE}?topics=calls"))).await;
    assert_eq!(told.code(), 40_001);
    assert_eq!(house.ask(TestRequest::with_uri(LIVE)).await.code(), 40_104);
}

#[actix_web::test]
async fn who_comes_back_hears_what_happened_meanwhile() {
    let house = House::open().await;
    let mut stream = house.listen(by(Role::Monitor, Method::GET, LIVE)).await;
    let hello = stream.heard();
    let last = hello.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    drop(stream);
    house.turn(60);
    let row = book(&house, "CB_Open").await;
    house.turn(30);
    let back = || by(Role::Monitor, Method::GET, LIVE).insert_header(("last-event-id", &*last));
    let mut stream = house.listen(back()).await;
    assert_eq!(events(&mut stream), [(String::from("callback"), row)]);
    house.turn(60);
    let mut late = house.listen(back()).await;
    assert_eq!(events(&mut late), [(String::from("resync"), json!({}))]);
    let odd = by(Role::Monitor, Method::GET, LIVE).insert_header(("last-event-id", "yesterday"));
    let mut anew = house.listen(odd).await;
    assert_eq!(events(&mut anew), []);
}

#[actix_web::test]
async fn who_only_watches_does_not_stay_signed_in_by_it() {
    let house = House::open().await;
    let visitor = house.visit("sue").await;
    for _half in 0..2 {
        house.turn(11 * 60);
        house.ask(visitor.asks(Method::GET, LIVE)).await;
    }
    assert_eq!(house.ask(visitor.asks(Method::GET, LIVE)).await.code(), 40_104);
}

#[actix_web::test]
async fn a_node_that_stops_lets_go_of_those_who_watch() {
    let house = House::open().await;
    let mut stream = house.listen(by(Role::Monitor, Method::GET, LIVE)).await;
    stream.heard();
    house.app.end_watches();
    assert!(stream.ended());
    let told = house.ask(by(Role::Monitor, Method::GET, LIVE)).await;
    assert_eq!(told.code(), 50_300);
    assert_eq!(told.header("retry-after"), Some("10"));
}

#[actix_web::test]
async fn a_stream_ends_so_that_the_door_is_passed_again() {
    let house = House::open().await;
    let mut stream = house.listen(by(Role::Monitor, Method::GET, LIVE)).await;
    stream.heard();
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(16)).await;
    assert!(stream.heard().starts_with(": alive"), "a silence is not too long");
    tokio::time::advance(std::time::Duration::from_mins(10)).await;
    stream.heard();
    assert!(stream.ended());
}
