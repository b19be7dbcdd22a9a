//! Pushes of settings: taken whole or not at all.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::house::{House, OTHER, TENANT, internal, settings, settings_of};

fn delta(revision: u64, services: &Value) -> Value {
    json!({"revision": revision, "mode": "delta", "services": services})
}

#[actix_web::test]
async fn a_push_says_what_it_changed() {
    let house = House::open().await;
    let push = json!({
        "revision": 2, "mode": "delta", "removed": ["CB_Sales", "CB_Never"],
        "services": [
            {"name": "CB_New", "virtualQueue": "New_VQ"},
            {"name": "CB_Open", "virtualQueue": "CB_Open_VQ", "duplicatePolicy": "allow",
             "maxImmediatePerNumberPerDay": 1000},
        ],
    });
    let told = house.put_settings(TENANT, &push).await;
    assert_eq!(
        told.data(),
        json!({"revision": 2, "updated": ["CB_New"], "removed": ["CB_Sales"], "unchanged": ["CB_Open"]})
    );
    assert_eq!(told.header("etag"), Some("\"2\""));
    let gone = house.get("/engagement/v3/callbacks/open-for/CB_Sales").await;
    assert_eq!(gone.code(), 40_005);
}

#[actix_web::test]
async fn what_was_published_is_read_and_can_be_pushed_again() {
    let house = House::open().await;
    let read = house.ask(internal(Method::GET, &settings_of(TENANT))).await;
    assert_eq!((read.status.as_u16(), read.header("etag")), (200, Some("\"1\"")));
    let mut document = read.json();
    assert_eq!(document["services"].as_array().unwrap().len(), 2);
    assert_eq!(
        document["businessHours"][0]["week"]["fri"][0],
        json!({"start": "09:00", "end": "17:00"})
    );
    document["revision"] = json!(2);
    let told = house.put_settings(TENANT, &document).await.data();
    assert_eq!(told["unchanged"], json!(["CB_Open", "CB_Sales"]));
    assert_eq!(told["updated"], json!([]));
    let nobodys = settings_of("9350e2fc-a1dd-4c65-8d40-1f75a2e00999");
    assert_eq!(house.ask(internal(Method::GET, &nobodys)).await.code(), 40_401);
    assert_eq!(house.ask(internal(Method::GET, &settings_of("me"))).await.code(), 40_401);
}

#[actix_web::test]
async fn revisions_rise_and_a_refused_push_names_the_one_that_stands() {
    let house = House::open().await;
    let told = house.put_settings(TENANT, &delta(1, &json!([]))).await;
    assert_eq!((told.status.as_u16(), told.code()), (409, 40_901));
    assert_eq!(told.json()["data"], json!({"revision": 1}));
    let ask = |etag: &'static str, revision: u64| {
        let request = internal(Method::PUT, &settings_of(TENANT));
        let request = request.insert_header(("if-match", etag));
        house.ask(request.set_json(delta(revision, &json!([]))))
    };
    assert_eq!(ask("\"7\"", 2).await.status, 409);
    assert_eq!(ask("7", 2).await.code(), 40_001);
    assert_eq!(ask("\"1\"", 2).await.status, 200);
    assert_eq!(ask("*", 3).await.status, 200);
}

#[actix_web::test]
async fn a_repeated_push_gets_its_first_answer() {
    let house = House::open().await;
    let ask = |tenant: &'static str, body: Value| {
        let request = internal(Method::PUT, &settings_of(tenant));
        house.ask(request.insert_header(("idempotency-key", "push-1")).set_json(body))
    };
    let push = || delta(2, &json!([{"name": "CB_New", "virtualQueue": "New_VQ"}]));
    let first = ask(TENANT, push()).await.data();
    assert_eq!(first["updated"], json!(["CB_New"]));
    assert_eq!(ask(TENANT, push()).await.data(), first);
    assert_eq!(ask(TENANT, delta(3, &json!([]))).await.code(), 42_200);
    assert_eq!(ask(OTHER, push()).await.status, 200, "keys are each contact centre's own");
}

#[actix_web::test]
async fn a_push_with_errors_names_them_all_and_changes_nothing() {
    let house = House::open().await;
    let push = json!({
        "revision": 2, "mode": "full", "removed": ["CB_Good", 7],
        "services": [
            {"name": "CB_Good", "virtualQueue": "VQ", "businessHours": ""},
            {"name": "CB_Bad", "virtualQueue": "", "slotMinutes": 7},
            {"name": "CB_Good", "virtualQueue": "VQ"},
            "CB_Text",
        ],
        "businessHours": [{"name": "BH", "timezone": "Mars", "week": {"mon": [{"start": "25:00"}]}}],
    });
    let told = house.put_settings(TENANT, &push).await;
    assert_eq!((told.status.as_u16(), told.code()), (422, 42_201));
    let errors = told.json()["data"]["errors"].clone();
    let named: Vec<(&str, &str, u64)> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap();
            assert!(!text("message").is_empty());
            (text("service"), text("field"), error["code"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        named,
        [
            ("CB_Bad", "virtualQueue", 40_001),
            ("CB_Bad", "slotMinutes", 40_001),
            ("CB_Good", "name", 40_001),
            ("services[3]", "", 40_001),
            ("BH", "timezone", 40_018),
            ("BH", "week.mon[0].start", 40_001),
            ("CB_Good", "removed", 40_001),
            ("removed[1]", "removed", 40_001),
        ]
    );
    let lost =
        delta(2, &json!([{"name": "CB_X", "virtualQueue": "VQ", "businessHours": "BH_Lost"}]));
    let told = house.put_settings(TENANT, &lost).await;
    assert_eq!(told.status, 422);
    let error = &told.json()["data"]["errors"][0];
    assert_eq!((&error["service"], &error["field"]), (&json!("CB_X"), &json!("businessHours")));
    let read = house.ask(internal(Method::GET, &settings_of(TENANT))).await;
    assert_eq!(read.header("etag"), Some("\"1\""));
}

#[actix_web::test]
async fn a_push_that_is_no_push_is_malformed() {
    let house = House::open().await;
    for (push, field) in [
        (json!({"mode": "full"}), "revision"),
        (json!({"revision": 0, "mode": "full"}), "revision"),
        (json!({"revision": 2, "mode": "half"}), "mode"),
        (json!({"revision": 2, "mode": "full", "table": "OTHER"}), "table"),
        (json!({"revision": 2, "mode": "full", "services": {}}), "services"),
        (json!({"revision": 2, "mode": "full", "businessHours": "BH"}), "businessHours"),
    ] {
        let told = house.put_settings(TENANT, &push).await;
        assert_eq!((told.status.as_u16(), told.code()), (400, 40_001), "{push}");
        assert!(told.message().starts_with(field), "{}", told.message());
    }
}

#[actix_web::test]
async fn a_withdrawn_service_with_open_callbacks_takes_no_new_ones() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    let id = house.create(&wish).await.data()["id"].clone();
    let push = json!({"revision": 2, "mode": "delta", "removed": ["CB_Open"]});
    assert_eq!(house.put_settings(TENANT, &push).await.data()["removed"], json!(["CB_Open"]));
    assert_eq!(house.create(&wish).await.code(), 40_006);
    let seen = house.post("/engagement/v3/callbacks/retrieve", &json!({ "id": id })).await.data();
    assert_eq!(seen["callbackState"], "SCHEDULED");
    let read = house.ask(internal(Method::GET, &settings_of(TENANT))).await.json();
    assert_eq!(read["services"].as_array().unwrap().len(), 1, "retired ones are not published");
    assert_eq!(settings(1)["services"].as_array().unwrap().len(), 2);
}
