//! What the vendor's own clients send and parse, byte for byte.

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{CORRELATION, House, Manner, OTHER_KEY, TENANT, keyed};

/// The text of an answer to a request that names itself.
async fn named(house: &House, method: Method, path: &str, body: Option<Value>) -> String {
    let mut request = keyed(method, path).insert_header(("x-correlation-id", CORRELATION));
    if let Some(body) = body {
        request = request.set_json(body);
    }
    house.ask(request).await.text().to_owned()
}

fn success(data: &str) -> String {
    format!(
        r#"{{"status":{{"code":0,"message":"Successful","corrId":"{CORRELATION}"}},"data":{data}}}"#
    )
}

#[actix_web::test]
async fn a_booking_with_every_field_of_the_client_is_answered_with_its_id() {
    let house = House::open().await;
    let body = json!({
        "serviceName": "CB_Sales", "phoneNumber": "(415) 555-0101", "desiredTime": "2026-01-05T15:30:00.000Z",
        "cbOfferType": "SCHEDULED", "language": "en-US", "inboundVQ": "Inbound VQ", "offerThreshold": 120.5,
        "channel": "WEB", "offerTiming": "ON-HOURS", "cbOriginationIxnId": "00FA-1", "surveyRP": "8001",
        "priority": 150, "routePoint": "8000", "userData": {"account": {"tier": "gold"}, "not-a-name": 1},
        "captchaToken": "proof", "pushTargets": [{"channel": "FCM", "target": "a-token"}],
        "alwaysCheckCapacity": true, "aFieldOfALaterClient": {"x": 1},
    });
    let told = house.ask(
        keyed(Method::POST, "/engagement/v3/callbacks/create")
            .insert_header(("x-correlation-id", CORRELATION))
            .set_json(body),
    );
    let told = told.await;
    let id = told.json()["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(told.text(), success(&format!(r#"{{"id":"{id}"}}"#)));
    assert_eq!(told.header("content-type"), Some("application/json"));
    assert_eq!(told.header("x-correlation-id"), Some(CORRELATION));

    let stored = house.app.retrieve(TENANT.parse().unwrap(), id.parse().unwrap());
    let details = stored.await.unwrap().details;
    assert_eq!(details.offer_threshold_secs, Some(121));
    assert_eq!(details.push_targets.len(), 1);
    assert_eq!(details.user_data.iter().collect::<Vec<_>>(), [("account", r#"{"tier":"gold"}"#)]);

    let path = "/engagement/v3/callbacks/retrieve";
    let seen = named(&house, Method::POST, path, Some(json!({ "id": id }))).await;
    assert_eq!(
        seen,
        success(&format!(
            r#"{{"id":"{id}","desiredTime":"2026-01-05T15:30:00.000Z","callbackState":"SCHEDULED","phoneNumber":"+14155550101"}}"#
        ))
    );
}

#[actix_web::test]
async fn a_full_slot_is_answered_with_free_ones() {
    let house = House::open().await;
    let wish = |number: u32| {
        let phone = format!("+1415555{number:04}");
        json!({"serviceName": "CB_Sales", "phoneNumber": phone, "desiredTime": "2026-01-05T15:30:00.000Z"})
    };
    house.create(&wish(1)).await.data();
    let told = house.create(&wish(2)).await;
    assert_eq!((told.status.as_u16(), told.code()), (429, 42_900));
    let slots = told.json()["data"]["slots"].as_object().unwrap().clone();
    assert_eq!(slots.len(), 10);
    assert_eq!(slots["2026-01-05T15:00:00.000Z"], 1);
    assert!(!slots.contains_key("2026-01-05T15:30:00.000Z"));
}

#[actix_web::test]
async fn the_scalar_push_fields_of_the_first_client_are_taken() {
    let house = House::open().await;
    let body = json!({
        "serviceName": "CB_Open", "phoneNumber": "+14155550101", "pushChannel": "FCM", "pushTarget": "a-token",
    });
    let id = house.create(&body).await.data()["id"].as_str().unwrap().parse().unwrap();
    let tenant = TENANT.parse().unwrap();
    let stored = house.app.retrieve(tenant, id).await.unwrap();
    assert_eq!(stored.details.push_targets[0].token, "a-token");
}

#[actix_web::test]
async fn a_callback_is_cancelled_once_and_the_answer_repeats() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    let id = house.create(&wish).await.data()["id"].clone();
    let cancelled = success(&format!(r#"{{"id":{id}}}"#));
    for _again in 0..2 {
        let path = "/engagement/v3/callbacks/cancel";
        let told = named(&house, Method::POST, path, Some(json!({ "id": id }))).await;
        assert_eq!(told, cancelled);
    }
    let seen = house.post("/engagement/v3/callbacks/retrieve", &json!({ "id": id })).await.data();
    assert_eq!(seen["callbackState"], "COMPLETED");
    assert_eq!(seen["callbackReason"], "CANCELLED");
}

#[actix_web::test]
async fn a_place_in_the_queue_is_told_only_while_there_is_one() {
    let house = House::open().await;
    let (id, token) = house.submitted().await;
    let report =
        json!({"attempt": 1, "seq": 1, "state": "QUEUED", "positionInQueue": 3, "ewt": 94.2});
    let path = format!("/ges/internal/v1/callbacks/{id}/state");
    let request =
        keyed(Method::POST, &path).insert_header(("authorization", format!("Bearer {token}")));
    assert_eq!(house.ask(request.set_json(report)).await.status, StatusCode::NO_CONTENT);
    let seen = house.post("/engagement/v3/callbacks/retrieve", &json!({ "id": id })).await.data();
    assert_eq!(
        (&seen["callbackState"], &seen["positionInQueue"], &seen["estimatedWaitTime"]),
        (&json!("QUEUED"), &json!(3), &json!(95))
    );
}

#[actix_web::test]
async fn availability_is_told_in_both_times() {
    let house = House::open().await;
    let path = "/engagement/v3/callbacks/availability/CB_Sales\
                ?start=2026-01-05T16:00:00.000&timezone=America/New_York";
    let told = named(&house, Method::GET, path, None).await;
    assert_eq!(
        told,
        success(concat!(
            r#"{"slots":["#,
            r#"{"utcTime":"2026-01-05T21:00:00.000Z","localTime":"2026-01-05T16:00:00.000-05:00","capacity":1,"total":1},"#,
            r#"{"utcTime":"2026-01-05T21:30:00.000Z","localTime":"2026-01-05T16:30:00.000-05:00","capacity":1,"total":1}"#,
            r#"],"durationMin":30,"timezone":"America/New_York"}"#
        ))
    );
    let few =
        house.get("/engagement/v3/callbacks/availability/CB_Sales?numberOfDays=3&maxTimeSlots=2");
    assert_eq!(few.await.data()["slots"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn open_for_takes_a_service_and_its_hours_and_is_zero_when_closed() {
    let house = House::open().await;
    let eight_hours = success(r#"{"openFor":28800}"#);
    for name in ["CB_Sales", "BH_Sales", "CB_Sales_VQ"] {
        let path = format!("/engagement/v3/callbacks/open-for/{name}");
        assert_eq!(named(&house, Method::GET, &path, None).await, eight_hours, "{name}");
    }
    let path = "/engagement/v3/callbacks/open-for/CB_Sales?start=2026-01-05T17:00:00.000\
                &timezone=America/New_York";
    assert_eq!(named(&house, Method::GET, path, None).await, success(r#"{"openFor":0}"#));
}

#[actix_web::test]
async fn a_queue_says_whether_callbacks_can_be_offered() {
    let house = House::open().await;
    let path = "/engagement/v3/callbacks/queue-status/CB_Sales_VQ";
    let open = r#"{"ewt":95,"offerImmediateCallback":true,"offerScheduledCallback":true}"#;
    assert_eq!(named(&house, Method::GET, path, None).await, success(open));
    // A minute before closing, a wait of 95 seconds is too long.
    house.turn(8 * 3600 - 60);
    let late = r#"{"ewt":95,"offerImmediateCallback":false,"offerScheduledCallback":true}"#;
    assert_eq!(named(&house, Method::GET, path, None).await, success(late));
}

#[actix_web::test]
async fn each_queue_has_a_wait_of_its_own() {
    let house = House::open().await;
    let path =
        "/engagement/v3/estimated-wait-time?virtual-queues=CB_Sales_VQ,Empty_VQ,Nobodys&mode=mode1";
    let rows = named(&house, Method::GET, path, None).await;
    assert_eq!(
        rows,
        success(concat!(
            r#"[{"virtualQueue":"CB_Sales_VQ","estimatedWaitTime":95,"message":"","resultCode":0},"#,
            r#"{"virtualQueue":"Empty_VQ","estimatedWaitTime":-1,"#,
            r#""message":"no agents who serve this queue are logged in","resultCode":-2},"#,
            r#"{"virtualQueue":"Nobodys","estimatedWaitTime":-1,"#,
            r#""message":"no interaction has been in this queue","resultCode":-1}]"#
        ))
    );
    for all in ["", "?virtual-queues=*", "?include-calls-on-hold=true"] {
        let rows = house.get(&format!("/engagement/v3/estimated-wait-time{all}")).await.data();
        let names: Vec<_> =
            rows.as_array().unwrap().iter().map(|row| &row["virtualQueue"]).collect();
        assert_eq!(names, ["CB_Open_VQ", "CB_Sales_VQ"]);
    }
    house.router(Manner::Away);
    // What was heard a moment ago is still told.
    house.turn(6);
    let rows = house.get("/engagement/v3/estimated-wait-time").await.data();
    assert_eq!(rows[1]["resultCode"], -1);
    assert_eq!(rows[1]["message"], "the routing server gave no answer");
}

#[actix_web::test]
async fn a_band_is_told_with_its_basis_and_null_until_it_was_measured() {
    let house = House::open().await;
    let path = "/engagement/v3/estimated-wait-time?virtual-queues=CB_Sales_VQ";
    let bare = house.get(path).await.data();
    assert_eq!(bare[0].as_object().unwrap().len(), 4, "nothing more than was asked for: {bare}");
    let row = &house.get(&format!("{path}&band=80")).await.data()[0];
    assert_eq!((&row["estimatedWaitTime"], &row["resultCode"]), (&json!(95), &json!(0)));
    assert_eq!((&row["low"], &row["high"]), (&json!(null), &json!(null)));
    assert_eq!((&row["confidence"], &row["basis"]), (&json!(80), &json!("router")));
    let nothing = json!({"waits": 0, "within80": null, "within90": null});
    assert_eq!(row["coverage"], json!({"day": nothing, "week": nothing}));
    for wrong in ["49", "100", "80.5", "eighty", ""] {
        let told = house.get(&format!("{path}&band={wrong}")).await;
        assert_eq!((told.code(), told.status.as_u16()), (40001, 400), "{wrong}");
        assert!(told.message().contains("band"), "{wrong}: {}", told.message());
    }
    house.router(Manner::Away);
    let row = &house.get(&format!("{path}&band=99")).await.data()[0];
    assert_eq!((&row["resultCode"], &row["low"]), (&json!(-1), &json!(null)));
}

#[actix_web::test]
async fn a_queue_that_was_learned_tells_its_own_wait() {
    let house = House::open().await;
    house.taught("CB_Sales_VQ", 95.0, 140.0, 90).await;
    let path = "/engagement/v3/estimated-wait-time?virtual-queues=CB_Sales_VQ,Empty_VQ&band=90";
    let rows = house.get(path).await.data();
    let learned = &rows[0];
    assert_eq!(
        (&learned["basis"], &learned["confidence"]),
        (&json!("model"), &json!(90)),
        "{rows}"
    );
    let figure = |name: &str| learned[name].as_i64().unwrap();
    assert!((115..=165).contains(&figure("estimatedWaitTime")), "{rows}");
    assert!(figure("low") <= figure("estimatedWaitTime"), "{rows}");
    assert!(figure("estimatedWaitTime") <= figure("high"), "{rows}");
    assert!(learned["coverage"]["week"]["waits"].as_u64().unwrap() > 0, "{rows}");
    let nobody = (&rows[1]["estimatedWaitTime"], &rows[1]["resultCode"], &rows[1]["basis"]);
    assert_eq!(nobody, (&json!(-1), &json!(-2), &json!("router")));
    // The modes stay what they are, and so does the answer to those who ask for no band.
    let mode = house.get(&format!("{path}&mode=mode1")).await.data();
    let told = (&mode[0]["estimatedWaitTime"], &mode[0]["basis"], &mode[0]["low"]);
    assert_eq!(told, (&json!(95), &json!("router"), &json!(null)));
    let bare = house.get(&path.replace("&band=90", "")).await.data();
    assert_eq!(bare[0]["estimatedWaitTime"], 95);
}

#[actix_web::test]
async fn a_failure_has_a_status_and_nothing_else() {
    let house = House::open().await;
    let path = "/engagement/v3/callbacks/retrieve";
    let body = Some(json!({"id": "018f2b1c-0000-7000-8000-00000000ffff"}));
    assert_eq!(
        named(&house, Method::POST, path, body).await,
        format!(
            r#"{{"status":{{"code":40400,"message":"there is no callback with this id","corrId":"{CORRELATION}"}}}}"#
        )
    );
}

#[actix_web::test]
async fn one_key_is_one_booking_until_the_body_differs() {
    let house = House::open().await;
    let wish = |phone: &str| json!({"serviceName": "CB_Open", "phoneNumber": phone});
    let ask = |key: &'static str, body: Value| {
        let request = keyed(Method::POST, "/engagement/v3/callbacks/create");
        house.ask(request.insert_header(("idempotency-key", key)).set_json(body))
    };
    let first = ask("k1", wish("+14155550101")).await.data();
    assert_eq!(ask("k1", wish("+14155550101")).await.data(), first);
    assert_eq!(house.open_callbacks().await, 1);
    let other = ask("k1", wish("+14155550102")).await;
    assert_eq!((other.status.as_u16(), other.code()), (422, 42_200));
    let odd = ask("two words", wish("+14155550101")).await;
    assert_eq!(odd.code(), 40_001);
    assert!(odd.message().starts_with("Idempotency-Key"));
}

#[actix_web::test]
async fn found_callbacks_come_in_pages_that_neither_skip_nor_repeat() {
    let house = House::open().await;
    for minute in ["00", "15", "30", "45"] {
        let at = format!("2026-01-06T15:{minute}:00Z");
        let wish =
            json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101", "desiredTime": at});
        house.create(&wish).await.data();
    }
    let mut asked = json!({
        "phoneNumber": "+14155550101", "serviceName": ["CB_Open", "CB_Sales"], "callbackState": "SCHEDULED",
        "desiredFrom": "2026-01-06T15:10:00Z", "order": "-desiredTime", "limit": 2,
    });
    let mut found = Vec::new();
    loop {
        let page = house.post("/engagement/v3/callbacks/search", &asked).await.data();
        found.extend(page["callbacks"].as_array().unwrap().clone());
        match page.get("nextCursor") {
            Some(cursor) => asked["cursor"] = cursor.clone(),
            None => break,
        }
    }
    let times: Vec<_> = found.iter().map(|row| row["desiredTime"].as_str().unwrap()).collect();
    assert_eq!(
        times,
        ["2026-01-06T15:45:00.000Z", "2026-01-06T15:30:00.000Z", "2026-01-06T15:15:00.000Z"]
    );
    assert_eq!(found[0]["serviceName"], "CB_Open");
    assert_eq!(found[0]["callbackState"], "SCHEDULED");
}

#[actix_web::test]
async fn a_callback_is_given_another_time_or_stays() {
    let house = House::open().await;
    let wish = |number: u32, at: &str| json!({"serviceName": "CB_Sales", "phoneNumber": format!("+1415555{number:04}"), "desiredTime": at});
    let mine = house.create(&wish(1, "2026-01-05T15:30:00Z")).await.data()["id"].clone();
    house.create(&wish(2, "2026-01-05T16:00:00Z")).await.data();
    let path = "/engagement/v3/callbacks/reschedule";
    let taken = house.post(path, &json!({"id": mine, "desiredTime": "2026-01-05T16:00:00Z"})).await;
    assert_eq!(taken.code(), 42_900);
    assert!(taken.json()["data"]["slots"].is_object());
    let moved = house.post(path, &json!({"id": mine, "desiredTime": "2026-01-05T16:30:00Z"})).await;
    assert_eq!(moved.data()["desiredTime"], "2026-01-05T16:30:00.000Z");
    house.create(&wish(3, "2026-01-05T15:30:00Z")).await.data();
}

#[actix_web::test]
async fn a_key_opens_one_contact_centre_and_no_key_opens_none() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    let id = house.create(&wish).await.data()["id"].clone();
    for (path, body) in [
        ("retrieve", json!({ "id": id })),
        ("cancel", json!({ "id": id })),
        ("reschedule", json!({ "id": id, "desiredTime": "2026-01-06T15:00:00Z" })),
    ] {
        let path = format!("/engagement/v3/callbacks/{path}");
        let ask = |key: Option<&'static str>| {
            let mut request = actix_web::test::TestRequest::post().uri(&path);
            if let Some(key) = key {
                request = request.insert_header(("x-api-key", key));
            }
            house.ask(request.set_json(&body))
        };
        assert_eq!(ask(Some(OTHER_KEY)).await.code(), 40_400, "{path}");
        for key in [None, Some(""), Some("nobodys"), Some("key of the first")] {
            let told = ask(key).await;
            assert_eq!((told.status.as_u16(), told.code()), (401, 40_100), "{path} {key:?}");
        }
    }
    let seen = house.post("/engagement/v3/callbacks/retrieve", &json!({ "id": id })).await.data();
    assert_eq!(seen["callbackState"], "SCHEDULED");
}
