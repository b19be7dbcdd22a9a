//! Changes of many callbacks at the desk: shown before, begun once, watched, told row by row.

use actix_web::http::Method;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, Told};
use crate::staff::by;

const PREVIEW: &str = "/ges/api/v1/bulk/preview";
const ALL: &str = "/ges/api/v1/bulk";

/// Books callbacks in sales for tomorrow, half an hour apart, and one for now in the open queue.
async fn booked(house: &House, sales: u32) {
    for number in 0..sales {
        let (hour, minute) = (15 + number / 2, 30 * (number % 2));
        let wish = json!({"serviceName": "CB_Sales", "phoneNumber": format!("+1415555{number:04}"),
            "desiredTime": format!("2026-01-06T{hour}:{minute:02}:00Z")});
        house.create(&wish).await.data();
    }
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155559999"});
    house.create(&wish).await.data();
}

async fn post(house: &House, path: &str, body: Value) -> Told {
    house.ask(by(Role::Supervisor, Method::POST, path).set_json(body)).await
}

async fn get(house: &House, path: &str) -> Value {
    house.ask(by(Role::Supervisor, Method::GET, path)).await.data()
}

async fn work(house: &House) {
    while house.app.run_bulk().await.unwrap().is_some() {}
}

#[actix_web::test]
async fn a_filter_is_shown_then_changed_then_told_row_by_row() {
    let house = House::open().await;
    booked(&house, 4).await;
    let filter = json!({"service": ["CB_Sales"], "state": ["SCHEDULED", "COMPLETED"]});
    let asked = json!({"action": "reschedule", "filter": filter});
    let preview = post(&house, PREVIEW, asked).await.data();
    assert_eq!((preview["count"].as_u64(), preview["exact"].as_bool()), (Some(4), Some(true)));
    assert_eq!(preview["sample"].as_array().unwrap().len(), 4);
    assert_eq!(preview["sample"][0]["serviceName"], "CB_Sales");
    // The last one would come after the office closes at ten in the evening of Greenwich.
    let order = json!({"action": "reschedule", "filter": filter, "expectedCount": 4,
        "shiftMinutes": 330, "note": "snow"});
    let begun = post(&house, ALL, order).await.data();
    let id = begun["id"].as_str().unwrap().to_owned();
    let started = begun["startedAt"].as_str().unwrap().to_owned();
    assert_eq!(
        begun,
        json!({"id": id, "action": "reschedule", "state": "running", "total": 4, "done": 0, "succeeded": 0,
            "refused": 0, "by": "program-supervisor", "note": "snow", "shiftMinutes": 330, "startedAt": started})
    );
    work(&house).await;
    let done = get(&house, &format!("{ALL}/{id}")).await;
    assert_eq!((done["state"].as_str(), done["done"].as_u64()), (Some("done"), Some(4)));
    assert_eq!((done["succeeded"].as_u64(), done["refused"].as_u64()), (Some(3), Some(1)));
    let rows = get(&house, &format!("{ALL}/{id}/rows?onlyRefused=true&limit=100")).await;
    let row = &rows["rows"][0];
    assert_eq!((row["ok"].as_bool(), row["code"].as_u64()), (Some(false), Some(40_010)));
    assert!(row["message"].as_str().unwrap().contains("closed"));
    assert_eq!(rows["next"], Value::Null);
    let (mut seen, mut path) = (0, format!("{ALL}/{id}/rows?limit=3"));
    loop {
        let page = get(&house, &path).await;
        seen += page["rows"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{ALL}/{id}/rows?limit=3&cursor={next}");
    }
    assert_eq!(seen, 4);
    let list = get(&house, ALL).await;
    assert_eq!(list["bulks"], json!([done]));
    let log = by(Role::Administrator, Method::GET, "/ges/api/v1/audit?what=bulk");
    let log = house.ask(log).await.data();
    let whats: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(whats.len(), 2);
    let start = &log["entries"][whats.iter().position(|what| *what == "bulk.start").unwrap()];
    assert_eq!(
        (start["on"].as_str(), start["outcome"].as_str()),
        (Some(id.as_str()), Some("done"))
    );
    assert_eq!(start["note"], "reschedule of 4 callbacks: snow");
}

#[actix_web::test]
async fn a_job_is_begun_once_for_a_key_and_not_when_more_is_found() {
    let house = House::open().await;
    booked(&house, 10).await;
    let start = async |key: &str, expected: u32| {
        let order = json!({"action": "cancel", "filter": {"service": "CB_Sales"}, "expectedCount": expected});
        let request = by(Role::Supervisor, Method::POST, ALL).set_json(order);
        house.ask(request.insert_header(("idempotency-key", key))).await
    };
    let more = start("a", 4).await;
    assert_eq!((more.code(), &more.json()["data"]["count"]), (40_901, &json!(10)));
    let first = start("a", 10).await.data();
    assert_eq!(start("a", 10).await.data(), first);
    assert_eq!(start("a", 9).await.code(), 42_200);
    work(&house).await;
    assert_eq!(house.open_callbacks().await, 1, "the other service's stays");
    let again = start("a", 10).await.data();
    assert_eq!((again["id"].clone(), again["state"].as_str()), (first["id"].clone(), Some("done")));
    let stop = format!("{ALL}/{}/stop", first["id"].as_str().unwrap());
    let stopped = post(&house, &stop, json!({})).await.data();
    assert_eq!(stopped["state"], "done", "what is over stays as it is");
}

#[actix_web::test]
async fn jobs_of_another_line_of_business_or_contact_centre_do_not_exist() {
    let house = House::open().await;
    booked(&house, 1).await;
    let order = |count: u32| json!({"action": "cancel", "filter": {}, "expectedCount": count});
    let job = post(&house, ALL, order(2)).await.data();
    let one = format!("{ALL}/{}", job["id"].as_str().unwrap());
    let (sal, otto) = (house.visit("sal").await, house.visit("otto").await);
    for other in [&sal, &otto] {
        assert_eq!(house.ask(other.asks(Method::GET, ALL)).await.data()["bulks"], json!([]));
        for (method, path) in [
            (Method::GET, one.clone()),
            (Method::GET, format!("{one}/rows")),
            (Method::POST, format!("{one}/stop")),
        ] {
            assert_eq!(house.ask(other.asks(method, &path)).await.code(), 40_401, "{path}");
        }
    }
    let theirs = house.ask(sal.asks(Method::POST, ALL).set_json(order(2))).await.data();
    assert_eq!(theirs["total"], 1, "of the line of business alone");
    let nothing = house.ask(otto.asks(Method::POST, ALL).set_json(order(2))).await.data();
    assert_eq!((nothing["total"].as_u64(), nothing["state"].as_str()), (Some(0), Some("done")));
}

#[actix_web::test]
async fn what_is_asked_for_must_make_sense() {
    let house = House::open().await;
    for (body, named) in [
        (json!({}), "action is missing; filter is missing; expectedCount is missing"),
        (json!({"action": "edit", "filter": {}, "expectedCount": 1}), "action is not one of"),
        (json!({"action": "cancel", "filter": [], "expectedCount": 1}), "filter is not an object"),
        (
            json!({"action": "cancel", "filter": {"state": ["GONE"]}, "expectedCount": 1}),
            "filter.state",
        ),
        (
            json!({"action": "cancel", "filter": {"desiredTo": "x", "kind": 1}, "expectedCount": -1}),
            "filter.kind is not a text; filter.desiredTo",
        ),
        (
            json!({"action": "cancel", "filter": {}, "expectedCount": 1, "shiftMinutes": 5}),
            "shiftMinutes belongs to the action reschedule alone",
        ),
        (
            json!({"action": "reschedule", "filter": {}, "expectedCount": 1}),
            "shiftMinutes is missing, and so is desiredTime",
        ),
        (
            json!({"action": "reschedule", "filter": {}, "expectedCount": 1, "shiftMinutes": 5,
                "desiredTime": "2026-01-06T15:00:00Z"}),
            "desiredTime cannot stand beside shiftMinutes",
        ),
        (
            json!({"action": "reschedule", "filter": {}, "expectedCount": 1, "shiftMinutes": 600_000}),
            "shiftMinutes is not between",
        ),
        (
            json!({"action": "cancel", "filter": {}, "expectedCount": 1, "note": ""}),
            "note is empty",
        ),
    ] {
        let told = post(&house, ALL, body.clone()).await;
        assert_eq!(told.status, 400, "{body}");
        assert!(told.message().contains(named), "{body}: {}", told.message());
    }
    let odd = post(&house, PREVIEW, json!({"action": "cancel", "filter": {"phone": "1"}})).await;
    assert_eq!(odd.code(), 40_002);
    for path in ["?cursor=x", "?limit=0", "?limit=251"] {
        let told = house.ask(by(Role::Supervisor, Method::GET, &format!("{ALL}{path}"))).await;
        assert_eq!(told.code(), 40_001, "{path}");
    }
    for role in [Role::Developer, Role::Monitor] {
        let told = house.ask(by(role, Method::POST, PREVIEW).set_json(json!({}))).await;
        assert_eq!(told.code(), 40_300, "{role}");
    }
    assert_eq!(get(&house, ALL).await, json!({"bulks": []}));
}
