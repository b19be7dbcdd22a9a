//! Callbacks taken away as a file.

use actix_web::http::{Method, Version};
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, Told};
use crate::staff::{bearing, by};

const EXPORT: &str = "/ges/api/v1/callbacks/export";
const LIST: &str = "/ges/api/v1/callbacks";

async fn booked(house: &House, wish: Value) -> Value {
    house.ask(by(Role::Supervisor, Method::POST, LIST).set_json(wish)).await.data()
}

async fn exported(house: &House, query: &str) -> Told {
    house.ask(by(Role::Supervisor, Method::GET, &format!("{EXPORT}?{query}"))).await
}

#[actix_web::test]
async fn a_file_has_the_columns_that_were_chosen_in_their_order() {
    let house = House::open().await;
    let sales = booked(
        &house,
        json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101",
        "desiredTime": "2026-01-06T15:00:00Z"}),
    )
    .await;
    let open =
        booked(&house, json!({"serviceName": "CB_Open", "phoneNumber": "+14155550102"})).await;
    let (sales, open) = (sales["id"].as_str().unwrap(), open["id"].as_str().unwrap());
    let file = exported(&house, "columns=phoneNumber,id,reason,state&order=-desired").await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename=\"callbacks-20260105T140000.csv\"")
    );
    assert_eq!(file.header("cache-control"), Some("no-store"));
    assert_eq!(
        file.text(),
        format!(
            "phoneNumber,id,reason,state\r\n'+14155550101,{sales},,SCHEDULED\r\n'+14155550102,{open},,SCHEDULED\r\n"
        )
    );
    let lines = exported(&house, "format=jsonl&columns=phoneNumber,id,reason&kind=immediate").await;
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(lines.text(), format!("{{\"phoneNumber\":\"+14155550102\",\"id\":\"{open}\"}}\n"));
    let whole = exported(&house, "format=jsonl&service=CB_Sales").await;
    let listed =
        house.ask(by(Role::Supervisor, Method::GET, &format!("{LIST}?service=CB_Sales"))).await;
    let mut listed = listed.data()["callbacks"][0].clone();
    listed.as_object_mut().unwrap().remove("actions");
    assert_eq!(serde_json::from_str::<Value>(whole.text()).unwrap(), listed);
    let nothing = exported(&house, "phone=%2B14155550199&columns=id").await;
    assert_eq!(nothing.text(), "id\r\n", "a file without callbacks has a head");
}

#[actix_web::test]
async fn a_long_file_has_every_callback_once() {
    let house = House::open().await;
    for number in 0..620 {
        let phone = format!("+1415555{number:04}");
        booked(&house, json!({"serviceName": "CB_Open", "phoneNumber": phone})).await;
    }
    let file = exported(&house, "columns=phoneNumber").await;
    let mut rows: Vec<&str> = file.text().split("\r\n").collect();
    assert_eq!((rows.remove(0), rows.pop()), ("phoneNumber", Some("")));
    let expected: Vec<String> = (0..620).map(|number| format!("'+1415555{number:04}")).collect();
    assert_eq!(rows, expected);
}

#[actix_web::test]
async fn a_file_ends_at_the_line_of_business_and_is_written_down() {
    let house = House::open().await;
    booked(&house, json!({"serviceName": "CB_Open", "phoneNumber": "+14155550102"})).await;
    let sal = house.visit("sal").await;
    for query in ["columns=id", "columns=id&queue=CB_Open_VQ", "columns=id&service=CB_Open"] {
        let file = house.ask(sal.asks(Method::GET, &format!("{EXPORT}?{query}"))).await;
        assert_eq!(file.text(), "id\r\n", "{query}");
    }
    let theirs = bearing(Method::GET, &format!("{EXPORT}?columns=id"), "token-of-the-other");
    assert_eq!(house.ask(theirs).await.text(), "id\r\n");
    exported(&house, "phone=%2B14155550102&state=SCHEDULED&columns=id").await;
    let refused = house.ask(by(Role::Monitor, Method::GET, EXPORT)).await;
    assert_eq!(refused.code(), 40_300);
    let log = by(Role::Administrator, Method::GET, "/ges/api/v1/audit?what=callback.export");
    let log = house.ask(log).await.data();
    let entries = log["entries"].as_array().unwrap();
    let outcomes: Vec<&str> = entries.iter().map(|it| it["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "done", "done", "done", "done"]);
    assert_eq!(entries[1]["note"], "csv phone state=SCHEDULED columns=id");
    assert!(!log.to_string().contains("415555"), "no phone number is in the log");
}

#[actix_web::test]
async fn a_question_that_makes_no_file_is_refused_by_its_field() {
    let house = House::open().await;
    for (query, field) in [
        ("format=xlsx", "format"),
        ("columns=userData", "columns"),
        ("columns=id,id", "columns"),
        ("columns=id,,state", "columns"),
        ("state=GONE", "state"),
        ("desiredFrom=x", "desiredFrom"),
    ] {
        let told = exported(&house, query).await;
        assert!(told.code() == 40_001 && told.message().contains(field), "{}", told.text());
    }
    let old = by(Role::Supervisor, Method::GET, EXPORT).version(Version::HTTP_10);
    let old = house.ask(old).await;
    assert!(old.code() == 40_000 && old.message().contains("HTTP/1.1"), "{}", old.text());
}

#[actix_web::test]
async fn only_so_many_files_are_sent_at_once() {
    let house = House::open().await;
    let mut open = Vec::new();
    for _file in 0..8 {
        open.push(house.listen(by(Role::Supervisor, Method::GET, EXPORT)).await);
    }
    let told = exported(&house, "columns=id").await;
    assert_eq!((told.status.as_u16(), told.code()), (503, 50_300));
    assert_eq!(told.header("retry-after"), Some("5"));
    drop(open);
    // Each sender learns in its own time that nobody listens any more.
    let mut told = exported(&house, "columns=id").await;
    for _again in 0..1000 {
        if told.status.as_u16() != 503 {
            break;
        }
        tokio::task::yield_now().await;
        told = exported(&house, "columns=id").await;
    }
    assert_eq!(told.text(), "id\r\n");
}
