//! Callbacks at the desk: what a person sees of them, and what they do to them.

use actix_web::http::Method;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, TENANT, settings};
use crate::staff::{bearing, by};

const LIST: &str = "/ges/api/v1/callbacks";

/// Books a callback for tomorrow in sales, and one for now in the open queue; answers their rows.
async fn two(house: &House) -> [Value; 2] {
    let sales = json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101",
        "desiredTime": "2026-01-06T15:00:00Z", "userData": {"tier": "gold"}});
    let open = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550102"});
    let book = async |wish: Value| {
        house.ask(by(Role::Supervisor, Method::POST, LIST).set_json(wish)).await.data()
    };
    [book(sales).await, book(open).await]
}

async fn found(house: &House, query: &str) -> Vec<String> {
    let told = house.ask(by(Role::Monitor, Method::GET, &format!("{LIST}?{query}"))).await.data();
    let rows = told["callbacks"].as_array().unwrap().iter();
    rows.map(|row| row["serviceName"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn callbacks_are_listed_counted_and_shown() {
    let house = House::open().await;
    let [sales, open] = two(&house).await;
    assert_eq!(sales["actions"], json!(["cancel", "reschedule", "edit"]));
    assert_eq!(
        (sales["kind"].as_str(), open["kind"].as_str()),
        (Some("scheduled"), Some("immediate"))
    );
    assert_eq!(found(&house, "").await, ["CB_Open", "CB_Sales"]);
    assert_eq!(found(&house, "order=-desired").await, ["CB_Sales", "CB_Open"]);
    for (query, expected) in [
        ("service=CB_Sales", &["CB_Sales"][..]),
        ("service=CB_Sales&service=CB_Open", &["CB_Open", "CB_Sales"]),
        ("queue=CB_Open_VQ", &["CB_Open"]),
        ("phone=%2B14155550101", &["CB_Sales"]),
        ("kind=immediate", &["CB_Open"]),
        ("state=COMPLETED&state=QUEUED", &[]),
        ("desiredFrom=2026-01-06T00:00:00Z", &["CB_Sales"]),
        ("createdTo=2026-01-05T14:00:00Z", &[]),
    ] {
        assert_eq!(found(&house, query).await, expected, "{query}");
        let path = format!("{LIST}/count?{query}");
        let counted = house.ask(by(Role::Monitor, Method::GET, &path)).await.data();
        assert_eq!(counted, json!({"count": expected.len(), "exact": true}), "{query}");
    }
    let first = house.ask(by(Role::Monitor, Method::GET, &format!("{LIST}?limit=1"))).await.data();
    let next = first["next"].as_str().unwrap();
    assert_eq!(found(&house, &format!("limit=1&cursor={next}")).await, ["CB_Sales"]);
    let path = format!("{LIST}/{}", sales["id"].as_str().unwrap());
    let detail = house.ask(by(Role::Monitor, Method::GET, &path)).await.data();
    assert_eq!(detail["userData"], json!({"tier": "gold"}));
    assert_eq!(detail["timeline"][0]["what"], "BOOKED");
    assert_eq!(detail["timeline"][0]["by"], json!({"kind": "user", "name": "program-supervisor"}));
    assert_eq!(detail["settings"]["name"], "CB_Sales");
    assert_eq!(
        (&detail["settings"]["capacityPerSlot"], &detail["outcomes"]),
        (&json!(1), &json!([]))
    );
    assert_eq!(
        detail["diagnostics"],
        json!({"unanswered": 0, "lost": 0, "putOff": 0, "outcomeUnknown": false})
    );
    for (query, field) in [
        ("phone=1", "phoneNumber"),
        ("state=GONE", "state"),
        ("reason=no", "reason"),
        ("kind=soon", "kind"),
        ("order=up", "order"),
        ("desiredFrom=x", "desiredFrom"),
        ("createdFrom=2026-01-06T00:00:00Z&createdTo=2026-01-05T00:00:00Z", "createdTo"),
        ("cursor=a", "cursor"),
        ("queue=%00", "queue"),
    ] {
        let told = house.ask(by(Role::Monitor, Method::GET, &format!("{LIST}?{query}"))).await;
        assert!(told.status.as_u16() == 400 && told.message().contains(field), "{}", told.text());
    }
}

#[actix_web::test]
async fn another_line_of_business_does_not_exist() {
    let house = House::open().await;
    let [sales, open] = two(&house).await;
    let sal = house.visit("sal").await;
    let list = house.ask(sal.asks(Method::GET, LIST)).await.data();
    assert_eq!(list["callbacks"].as_array().unwrap().len(), 1);
    assert_eq!(list["callbacks"][0]["id"], sales["id"]);
    let hidden = house.ask(sal.asks(Method::GET, &format!("{LIST}?queue=CB_Open_VQ"))).await.data();
    assert_eq!(hidden["callbacks"], json!([]));
    let counted = house.ask(sal.asks(Method::GET, &format!("{LIST}/count"))).await.data();
    assert_eq!(counted["count"], 1);
    let one = format!("{LIST}/{}", open["id"].as_str().unwrap());
    assert_eq!(house.ask(sal.asks(Method::GET, &one)).await.code(), 40_400);
    for (method, path, body) in [
        (Method::POST, format!("{one}/cancel"), json!({})),
        (Method::POST, format!("{one}/reschedule"), json!({"desiredTime": "2026-01-06T15:00:00Z"})),
        (Method::POST, format!("{one}/recreate"), json!({})),
        (Method::PATCH, one.clone(), json!({"phoneNumber": "+14155550103"})),
    ] {
        let request = sal.asks(method, &path).insert_header(("if-match", "\"1\""));
        assert_eq!(house.ask(request.set_json(body)).await.code(), 40_400, "{path}");
    }
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550104"});
    assert_eq!(house.ask(sal.asks(Method::POST, LIST).set_json(wish)).await.code(), 40_005);
    let theirs = house.ask(bearing(Method::GET, &one, "token-of-the-other")).await;
    assert_eq!(theirs.code(), 40_400, "nor does another contact centre's");
    assert_eq!(house.open_callbacks().await, 2);
}

#[actix_web::test]
async fn people_move_correct_and_call_off_what_they_saw() {
    let house = House::open().await;
    let [sales, _] = two(&house).await;
    let one = format!("{LIST}/{}", sales["id"].as_str().unwrap());
    let ask = async |method: Method, path: &str, body: Value, revision: Option<&str>| {
        let request = by(Role::Supervisor, method, path).set_json(body);
        let request = match revision {
            Some(revision) => request.insert_header(("if-match", revision)),
            None => request,
        };
        house.ask(request).await
    };
    let correction = json!({"phoneNumber": "+14155550109", "userData": {"tier": "tin"}});
    let without = ask(Method::PATCH, &one, correction.clone(), None).await;
    assert!(without.code() == 40_001 && without.message().starts_with("If-Match"));
    let edited = ask(Method::PATCH, &one, correction.clone(), Some("\"1\"")).await.data();
    assert_eq!(
        (edited["phoneNumber"].as_str(), edited["revision"].as_u64()),
        (Some("+14155550109"), Some(2))
    );
    let stale = ask(Method::PATCH, &one, correction, Some("\"1\"")).await;
    assert_eq!(stale.code(), 40_901);
    assert_eq!(stale.json()["data"]["now"]["revision"], 2);
    let premium =
        ask(Method::PATCH, &one, json!({"phoneNumber": "+19005550101"}), Some("\"2\"")).await;
    assert_eq!(premium.code(), 40_004);
    let later = json!({"desiredTime": "2026-01-06T16:00:00Z", "revision": 2});
    let moved = ask(Method::POST, &format!("{one}/reschedule"), later.clone(), None).await.data();
    assert_eq!(moved["desiredTime"], "2026-01-06T16:00:00.000Z");
    let late = ask(Method::POST, &format!("{one}/reschedule"), later, None).await;
    assert_eq!(late.code(), 40_901);
    let early = ask(Method::POST, &format!("{one}/recreate"), json!({}), None).await;
    assert_eq!(early.code(), 40_016, "it has not ended");
    let cancelled =
        ask(Method::POST, &format!("{one}/cancel"), json!({"note": "asked to"}), None).await;
    assert_eq!(cancelled.data()["actions"], json!(["recreate"]));
    let detail = ask(Method::GET, &one, json!({}), None).await.data();
    let last = detail["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["what"], &last["note"]), (&json!("COMPLETED"), &json!("asked to")));
    ask(Method::POST, &format!("{one}/cancel"), json!({}), None).await.data();
    let again = json!({"desiredTime": "2026-01-06T16:00:00Z"});
    let again = ask(Method::POST, &format!("{one}/recreate"), again, None).await.data();
    assert_ne!(again["id"], sales["id"]);
    assert_eq!(again["phoneNumber"], "+14155550109");
    let log = house.ask(by(
        Role::Administrator,
        Method::GET,
        "/ges/api/v1/audit?what=callback&limit=250",
    ));
    let log = log.await.data();
    let told: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(told.iter().filter(|what| **what == "callback.cancel").count(), 2);
    assert_eq!(log["entries"][2]["note"], "asked to");
    assert!(!log.to_string().contains("415555"), "no phone number is in the log");
}

#[actix_web::test]
async fn the_same_booking_is_made_once() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    let book = async |wish: &Value| {
        let request = by(Role::Supervisor, Method::POST, LIST);
        house.ask(request.insert_header(("idempotency-key", "k")).set_json(wish)).await
    };
    let first = book(&wish).await.data();
    assert_eq!(book(&wish).await.data()["id"], first["id"]);
    let other = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550199"});
    assert_eq!(book(&other).await.code(), 42_200);
}

#[actix_web::test]
async fn what_sessions_said_is_shown_and_what_opens_a_door_is_not() {
    let house = House::open().await;
    let mut other = settings(2);
    other["services"][1]["scxmlUrl"] = json!("http://ges:sesame@designer.example/a.scxml");
    house.put_settings(TENANT, &other).await;
    let (id, token) = house.submitted().await;
    let at = format!("/ges/internal/v1/callbacks/{id}");
    let say = async |what: &str, body: Value| {
        let path = format!("{at}/{what}");
        let told = house.ask(bearing(Method::POST, &path, &token).set_json(body)).await;
        assert!(told.status.is_success(), "{}", told.text());
    };
    say("started", json!({"attempt": 1, "sessionId": "A".repeat(32)})).await;
    let dial = json!({"n": 1, "result": "NO_ANSWER", "at": 1_767_621_600_000_i64});
    say("state", json!({"attempt": 1, "seq": 1, "state": "ROUTING", "dial": dial, "agent": "ann"}))
        .await;
    let path = format!("{LIST}/{id}");
    let told = house.ask(by(Role::Monitor, Method::GET, &path)).await;
    let detail = told.data();
    assert_eq!(
        detail["outcomes"],
        json!([{"n": 1, "result": "NO_ANSWER", "at": "2026-01-05T14:00:00.000Z"}])
    );
    assert_eq!(detail["diagnostics"]["agent"], "ann");
    assert_eq!(detail["settings"]["scxmlUrl"], "http://designer.example/a.scxml");
    assert!(!told.text().contains("sesame") && !told.text().contains(&token));
}
