//! What administrators set at the desk: rules, services, hours, numbers to call in on; and who may not.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, Told};
use crate::staff::by;

const API: &str = "/ges/api/v1";

fn admin(method: Method, path: &str) -> TestRequest {
    by(Role::Administrator, method, &format!("{API}{path}"))
}

async fn read(house: &House, path: &str) -> Value {
    house.ask(admin(Method::GET, path)).await.data()
}

async fn write(house: &House, method: Method, path: &str, seen: &Value, body: &Value) -> Told {
    let request = admin(method, path).insert_header(("if-match", format!("\"{seen}\"")));
    house.ask(request.set_json(body)).await
}

async fn ask(house: &House, path: &str, body: &Value) -> Told {
    house.ask(admin(Method::POST, path).set_json(body)).await
}

fn rule(name: &str, places: u32) -> Value {
    json!({"name": name, "slotMinutes": 60, "week": {"mon-fri": {"0900": places, "1700": 0}}})
}

/// A capacity rule of 60-minute slots with two places, added to a house.
async fn added(house: &House) -> Value {
    let seen = read(house, "/capacity-rules").await["revision"].clone();
    let told = write(house, Method::POST, "/capacity-rules", &seen, &rule("Few", 2)).await.data();
    assert_eq!(told["effect"]["slotsChanged"], 0, "no queue uses it yet");
    told
}

#[actix_web::test]
async fn a_capacity_rule_is_added_assigned_edited_and_removed() {
    let house = House::open().await;
    for at in ["2026-01-05T15:00:00Z", "2026-01-05T15:30:00Z"] {
        let wish =
            json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101", "desiredTime": at});
        house.create(&wish).await.data();
    }
    let told = added(&house).await;
    let known = &told["rule"];
    let week = json!({"0900": 2, "1700": 0});
    assert_eq!(known["week"]["mon"], week, "one key for each day");
    assert_eq!(known["week"].as_object().unwrap().len(), 5);
    let id = known["id"].as_str().unwrap();
    let one = format!("/capacity-rules/{id}");

    let assignments = json!({"assignments": {"CB_Sales_VQ": id}});
    let path = "/capacity-rules/assignments";
    let dry_path = format!("{path}?dryRun=true");
    let dry = write(&house, Method::PUT, &dry_path, &told["revision"], &assignments);
    let dry = dry.await.data();
    assert!(dry["effect"]["slotsChanged"].as_u64().unwrap() > 0);
    assert_eq!(dry["effect"]["overbooked"], json!([]));
    assert_eq!(read(&house, "/capacity-rules").await["queues"][1], json!({"queue": "CB_Sales_VQ"}));
    let made = write(&house, Method::PUT, path, &told["revision"], &assignments).await.data();
    assert_eq!(made["effect"], dry["effect"]);
    let all = read(&house, "/capacity-rules").await;
    assert_eq!(all["queues"][1], json!({"queue": "CB_Sales_VQ", "ruleId": id}));

    // Fewer places than are booked: told, and made all the same.
    let fewer =
        write(&house, Method::PUT, &one, &known["revision"], &rule("Fewer", 1)).await.data();
    let full = json!([{"service": "CB_Sales", "start": "2026-01-05T15:00:00.000Z", "booked": 2, "total": 1}]);
    assert_eq!(fewer["effect"]["overbooked"], full);
    let late = write(&house, Method::PUT, &one, &known["revision"], &rule("Late", 3)).await;
    assert_eq!(late.code(), 40_901);
    assert_eq!(late.json()["data"]["now"]["name"], "Fewer");
    let missing = admin(Method::PUT, &one).set_json(rule("Blind", 3));
    let missing = house.ask(missing).await;
    assert_eq!(missing.code(), 40_001);
    assert!(missing.message().starts_with("If-Match"));

    let seen = &fewer["rule"]["revision"];
    let used = write(&house, Method::DELETE, &one, seen, &json!({})).await;
    assert_eq!(
        (used.code(), used.json()["data"]["queues"].clone()),
        (40_906, json!(["CB_Sales_VQ"]))
    );
    let gone = format!("{one}?unassign=true");
    write(&house, Method::DELETE, &gone, seen, &json!({})).await.data();
    assert_eq!(read(&house, "/capacity-rules").await["rules"], json!([]));
    assert_eq!(write(&house, Method::DELETE, &gone, seen, &json!({})).await.code(), 40_401);
}

#[actix_web::test]
async fn a_capacity_rule_is_read_from_any_spelling_and_changes_its_slots() {
    let house = House::open().await;
    for (spelled, mon) in [
        (json!({"text": r#"{"mon": {"0900": 3, "1200": 0}}"#}), json!({"0900": 3, "1200": 0})),
        (json!({"document": {"1": {"0900": 3}}}), json!({"0900": 3})),
        (
            json!({"document": {"_capacity_1": {"1": {"0900": 3}}, "_timezone": "UTC"}}),
            json!({"0900": 3}),
        ),
        (json!({"document": rule("Whole", 4)}), json!({"0900": 4, "1700": 0})),
    ] {
        let told = ask(&house, "/capacity-rules/parse", &spelled).await.data();
        assert_eq!(told["rule"]["week"]["mon"], mon, "{spelled}");
    }
    for (spelled, named) in [
        (json!({"text": "{\n oops"}), "line 2"),
        (json!({"text": r#"{"moonday": {"0900": 3}}"#}), "moonday"),
        (json!({"text": r#"{"mon": {"0915": 3}}"#}), "555"),
        (json!({"text": r#"{"mon": {"0900": -1}}"#}), "0900"),
        (json!({}), "text"),
    ] {
        let told = ask(&house, "/capacity-rules/parse", &spelled).await;
        assert_eq!(told.code(), 40_001, "{spelled}");
        assert!(told.message().contains(named), "{spelled}: {}", told.message());
    }
    let halves = json!({"rule": rule("Whole", 5), "slotMinutes": 30});
    let told = ask(&house, "/capacity-rules/convert", &halves).await.data();
    assert_eq!(told["rule"]["week"]["mon"]["0900"], 3);
    assert_eq!(told["rule"]["week"]["mon"]["0930"], 2);
}

#[actix_web::test]
async fn a_look_ahead_tells_what_a_rule_would_offer() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101",
                      "desiredTime": "2026-01-06T15:10:00Z"});
    house.create(&wish).await.data();
    let body =
        json!({"rule": rule("Try", 6), "service": "CB_Sales", "from": "2026-01-06", "days": 1});
    let told = ask(&house, "/capacity-rules/preview", &body).await.data();
    assert_eq!(told["zone"], "America/New_York");
    let slots = told["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 8, "from nine to five");
    assert_eq!(slots[0]["localStart"], "2026-01-06T09:00:00.000-05:00");
    let figures = |at: usize| [&slots[at]["total"], &slots[at]["booked"], &slots[at]["current"]];
    assert_eq!(figures(1), [6, 1, 2], "two half hours of one place each");
    let load = read(&house, "/capacity-rules/load?queue=CB_Sales_VQ&from=2026-01-06&days=1").await;
    let slots = load["slots"].as_array().unwrap();
    assert_eq!((slots.len(), &slots[2]["booked"], &slots[2]["total"]), (16, &json!(1), &json!(1)));
    let unknown = ask(
        &house,
        "/capacity-rules/preview",
        &json!({"rule": rule("Try", 6), "service": "CB_No",
                      "from": "2026-01-06"}),
    )
    .await;
    assert_eq!(unknown.code(), 40_005);
}

#[actix_web::test]
async fn a_number_is_tried_before_its_rule_is_kept() {
    let house = House::open().await;
    let seen = read(&house, "/number-rules").await["revision"].clone();
    let blocked = json!({"name": "No 415", "countries": ["US"], "blocked": ["+1415*"]});
    for (number, verdict) in [
        ("+14155550101", "blocked"),
        ("(212) 555-0101", "permitted"),
        ("+442079460018", "country"),
        ("+19005550101", "premium"),
        ("12", "impossible"),
    ] {
        let told =
            ask(&house, "/number-rules/test", &json!({"rule": blocked, "number": number})).await;
        assert_eq!(told.data()["verdict"], verdict, "{number}");
    }
    let told = write(&house, Method::POST, "/number-rules", &seen, &blocked).await.data();
    let id = told["rule"]["id"].clone();
    let body = json!({"assignments": {"CB_Open_VQ": id}});
    write(&house, Method::PUT, "/number-rules/assignments", &told["revision"], &body).await.data();
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    assert_eq!(house.create(&wish).await.code(), 40_004);
    let by_queue = json!({"queue": "CB_Open_VQ", "number": "+14155550101"});
    let told = ask(&house, "/number-rules/test", &by_queue).await.data();
    assert_eq!((&told["verdict"], &told["pattern"]), (&json!("blocked"), &json!("+1415*")));
    for bad in [
        json!({"name": "x", "countries": []}),
        json!({"name": "x", "countries": ["XX"]}),
        json!({"name": "x", "countries": ["US"], "blocked": ["/(/"]}),
    ] {
        let told = write(&house, Method::POST, "/number-rules", &seen, &bad).await;
        assert_eq!(told.code(), 40_001, "{bad}");
    }
}

#[actix_web::test]
async fn regions_are_kept_in_order() {
    let house = House::open().await;
    let seen = read(&house, "/region-rules").await["revision"].clone();
    let body = json!({"name": "West first", "regions": ["us-west", "us-east"]});
    let told = write(&house, Method::POST, "/region-rules", &seen, &body).await.data();
    assert_eq!(told["rule"]["regions"], json!(["us-west", "us-east"]));
    let all = read(&house, "/region-rules").await;
    assert_eq!(all["regions"][0]["name"], "us-east");
    assert_eq!(all["regions"][0]["routers"], json!({"healthy": 0, "all": 0}));
    let twice = json!({"name": "Twice", "regions": ["a", "a"]});
    let told = write(&house, Method::POST, "/region-rules", &all["revision"], &twice).await;
    assert_eq!(told.code(), 40_001);
}

#[actix_web::test]
async fn services_are_edited_where_designer_does_not_rule() {
    let house = House::open().await;
    let sales = read(&house, "/services/CB_Sales").await;
    assert_eq!(
        (&sales["managedBy"], &sales["zone"]),
        (&json!("designer"), &json!("America/New_York"))
    );
    assert_eq!(sales["settings"]["virtualQueue"], "CB_Sales_VQ");
    let theirs = json!({"settings": {"virtualQueue": "CB_Sales_VQ"}});
    let told = write(&house, Method::PUT, "/services/CB_Sales", &sales["revision"], &theirs).await;
    assert_eq!(told.code(), 40_907);
    let own = json!({"settings": {"virtualQueue": "Own_VQ", "businessHours": "BH_Sales"}});
    let made = write(&house, Method::PUT, "/services/CB_Own", &json!(0), &own).await.data();
    assert_eq!((&made["managedBy"], &made["settings"]["name"]), (&json!("here"), &json!("CB_Own")));
    let bad = json!({"settings": {"virtualQueue": "", "slotMinutes": 7}});
    let told = write(&house, Method::PUT, "/services/CB_Own", &made["revision"], &bad).await;
    assert!(told.message().contains("virtualQueue") && told.message().contains("slotMinutes"));

    let told =
        ask(&house, "/services/CB_Open/emergency", &json!({"on": true, "note": "fire"})).await;
    assert_eq!(told.data()["emergency"], true);
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    assert_eq!(house.create(&wish).await.code(), 40_010);
    ask(&house, "/services/CB_Open/emergency", &json!({"on": false})).await.data();
    house.create(&wish).await.data();

    let log = read(&house, "/audit?what=service.emergency").await;
    assert_eq!(log["entries"][1]["note"], "fire");
    let told = read(&house, "/services/revisions?limit=2").await;
    assert_eq!(told["revisions"][1]["note"], "fire");
    assert_eq!(told["revisions"][1]["changed"], json!(["CB_Open"]));
    let path = format!("/services/revisions/{}", told["revisions"][1]["revision"]);
    let diff = read(&house, &path).await["diff"].clone();
    assert_eq!(diff, json!([{"service": "CB_Open", "path": "emergency", "after": true}]));
    let rest =
        read(&house, &format!("/services/revisions?cursor={}", told["next"].as_str().unwrap()))
            .await;
    assert_eq!(rest["revisions"][0]["changed"], json!(["CB_Own"]));
    let gone =
        write(&house, Method::DELETE, "/services/CB_Own", &made["revision"], &json!({})).await;
    assert_eq!(gone.data(), Value::Null);
}

#[actix_web::test]
async fn office_hours_are_looked_at_day_by_day() {
    let house = House::open().await;
    let all = read(&house, "/office-hours").await;
    assert_eq!(all["hours"][0]["usedBy"], json!(["CB_Sales"]));
    let day = json!([{"start": "01:00", "end": "05:00"}]);
    let document = json!({"timezone": "America/New_York", "week": {"sun": day}});
    let body = json!({"document": document, "from": "2026-03-08", "days": 1});
    let told = ask(&house, "/office-hours/preview", &body).await.data();
    let sunday = &told["days"][0];
    assert_eq!(
        sunday["change"],
        json!({"at": "2026-03-08T07:00:00.000Z", "before": "-05:00", "after": "-04:00", "kind": "gap"})
    );
    assert_eq!(sunday["openings"][0]["localEnd"], "2026-03-08T05:00:00.000-04:00");
    let nights = json!({ "document": document });
    let made = write(&house, Method::PUT, "/office-hours/Nights", &all["revision"], &nights);
    let made = made.await.data();
    assert_eq!(made["managedBy"], "here");
    let theirs =
        write(&house, Method::DELETE, "/office-hours/BH_Sales", &all["revision"], &json!({})).await;
    assert_eq!(theirs.code(), 40_907);
    let gone =
        write(&house, Method::DELETE, "/office-hours/Nights", &made["revision"], &json!({})).await;
    assert_eq!(gone.status, 200);
}

#[actix_web::test]
async fn groups_to_call_in_on_are_kept_and_their_requests_shown() {
    let house = House::open().await;
    let group = json!({"name": "help", "numbers": ["+19059680004"], "ttlSeconds": 60});
    let made = ask(&house, "/call-in/groups", &group).await.data();
    assert_eq!(
        (&made["revision"], &made["live"], &made["codeDigits"]),
        (&json!(1), &json!(0), &json!(6))
    );
    assert_eq!(ask(&house, "/call-in/groups", &group).await.code(), 40_901, "it is there already");
    let wish = json!({"groupName": "help", "fromPhoneNumber": "+14155550101"});
    let given = house.post("/engagement/v3/call-in/requests/create", &wish).await.data();
    assert_eq!(read(&house, "/call-in/groups").await["groups"][0]["live"], 1);
    let told = read(&house, "/call-in/requests?state=live&phone=%2B14155550101").await;
    assert_eq!(told["requests"][0]["id"], given["id"]);
    assert!(told["requests"][0].get("accessCode").is_none(), "whoever dials it is the customer");
    house.turn(60);
    assert_eq!(read(&house, "/call-in/requests?state=live").await["requests"], json!([]));
    let over = read(&house, "/call-in/requests").await["requests"][0].clone();
    assert_eq!((&over["state"], &over["accessCode"]), (&json!("expired"), &given["accessCode"]));
    let edited =
        json!({"numbers": ["+19059680005"], "provideCode": false, "allocation": "exclusive"});
    let told = write(&house, Method::PUT, "/call-in/groups/help", &json!(1), &edited).await.data();
    assert_eq!(told["numbers"], json!(["+19059680005"]));
    let late = write(&house, Method::PUT, "/call-in/groups/help", &json!(1), &edited).await;
    assert_eq!((late.code(), late.json()["data"]["now"]["revision"].clone()), (40_901, json!(2)));
    write(&house, Method::DELETE, "/call-in/groups/help", &json!(2), &json!({})).await.data();
    assert_eq!(
        write(&house, Method::DELETE, "/call-in/groups/help", &json!(2), &json!({})).await.code(),
        40_401
    );
}

#[actix_web::test]
async fn a_number_is_told_of_and_forgotten() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101",
                      "desiredTime": "2026-01-06T15:00:00Z", "userData": {"pin": 1234}});
    house.create(&wish).await.data();
    let owner = json!({"phoneNumber": "(415) 555-0101"});
    let told = ask(&house, "/privacy/export", &owner).await.data();
    assert_eq!(told["phoneNumber"], "+14155550101");
    assert_eq!(told["callbacks"][0]["userData"], json!({"pin": 1234}));
    assert_eq!(told["callbacks"][0]["history"].as_array().unwrap().len(), 1);
    for bad in [
        json!({"phoneNumber": "+14155550101"}),
        json!({"phoneNumber": "+14155550101", "confirm": false}),
    ] {
        let told = ask(&house, "/privacy/forget", &bad).await;
        assert_eq!(told.code(), 40_001);
        assert!(told.message().starts_with("confirm"), "{}", told.message());
    }
    let sure = json!({"phoneNumber": "+14155550101", "confirm": true});
    let told = ask(&house, "/privacy/forget", &sure).await.data();
    assert_eq!(
        told,
        json!({"erased": {"callbacks": 1, "events": 2, "callIns": 0, "deliveries": 0}, "remaining": 0})
    );
    assert_eq!(ask(&house, "/privacy/export", &owner).await.data()["callbacks"], json!([]));
    let log = read(&house, "/audit?what=number").await;
    assert_eq!(log["entries"].as_array().unwrap().len(), 5);
    assert!(!log.to_string().contains("5550101"), "the log does not name the number");
}

#[actix_web::test]
async fn a_day_is_planned_from_its_staff_and_its_calls() {
    let house = House::open().await;
    let all = |name: &str, figure: u32| json!([{"from": "09:00", "to": "17:00", name: figure}]);
    let mut body = json!({
        "queue": "CB_Sales_VQ", "date": "2026-01-06", "slotMinutes": 60, "staffing": all("agents", 10),
        "callsPerHour": all("calls", 120), "handlingSeconds": 240, "patienceSeconds": 180, "wantedP90Seconds": 120,
    });
    let told = ask(&house, "/planner", &body).await.data();
    let slots = told["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 8);
    let first = &slots[0];
    assert!(first["capacity"].as_u64().unwrap() > 2, "{first}");
    assert!(
        first["p90Secs"].as_f64().unwrap() <= 120.0
            && first["utilisation"].as_f64().unwrap() <= 1.0
    );
    assert_eq!(first["current"], 2);
    assert_eq!(told["week"]["tue"]["0900"], first["capacity"]);
    body["staffing"] = json!([{"from": "17:00", "to": "09:00", "agents": 1}]);
    let told = ask(&house, "/planner", &body).await;
    assert_eq!(told.code(), 40_001);
    assert!(told.message().contains("staffing[0].to"), "{}", told.message());
}

#[actix_web::test]
async fn a_line_of_business_sees_and_changes_its_own_queues_only() {
    let house = House::open().await;
    let seen = read(&house, "/number-rules").await["revision"].clone();
    let rule = json!({"name": "Shared", "countries": ["US"]});
    let told = write(&house, Method::POST, "/number-rules", &seen, &rule).await.data();
    let id = told["rule"]["id"].as_str().unwrap().to_owned();
    let body = json!({"assignments": {"CB_Open_VQ": id, "CB_Sales_VQ": id}});
    let told = write(&house, Method::PUT, "/number-rules/assignments", &told["revision"], &body)
        .await
        .data();
    let sal = house.visit("sal").await;
    let path = |rest: &str| format!("{API}{rest}");
    let rules = house.ask(sal.asks(Method::GET, &path("/number-rules"))).await.data();
    assert_eq!(rules["queues"], json!([{"queue": "CB_Sales_VQ", "ruleId": id}]));
    assert_eq!(rules["rules"][0]["queues"], json!(["CB_Sales_VQ"]));
    let match_of = |request: TestRequest| {
        request.insert_header(("if-match", format!("\"{}\"", told["revision"])))
    };
    let edit = match_of(sal.asks(Method::PUT, &path(&format!("/number-rules/{id}"))));
    assert_eq!(house.ask(edit.set_json(&rule)).await.code(), 40_300, "others use it too");
    let theirs = json!({"assignments": {"CB_Open_VQ": null}});
    let assign = match_of(sal.asks(Method::PUT, &path("/number-rules/assignments")));
    assert_eq!(
        house.ask(assign.set_json(&theirs)).await.code(),
        40_005,
        "it does not exist for them"
    );
    let own = json!({"assignments": {"CB_Sales_VQ": null}});
    let assign = match_of(sal.asks(Method::PUT, &path("/number-rules/assignments")));
    house.ask(assign.set_json(&own)).await.data();
    let services = house.ask(sal.asks(Method::GET, &path("/services"))).await.data();
    assert_eq!(services["services"].as_array().unwrap().len(), 1);
    assert_eq!(house.ask(sal.asks(Method::GET, &path("/services/CB_Open"))).await.code(), 40_401);
    let load = path("/capacity-rules/load?queue=CB_Open_VQ");
    assert_eq!(house.ask(sal.asks(Method::GET, &load)).await.code(), 40_005);
}

#[actix_web::test]
async fn who_administers_one_line_of_business_reads_and_edits_nothing_of_another() {
    let house = House::open().await;
    let own = json!({"settings": {"virtualQueue": "Own_VQ", "businessHours": "BH_Sales"}});
    let made = write(&house, Method::PUT, "/services/CB_Own", &json!(0), &own).await.data();
    let ada = house.visit("ada").await;
    let put = async |path: &str, revision: &str, body: &Value| {
        let request = ada.asks(Method::PUT, &format!("/ges/api/v1{path}"));
        house
            .ask(request.insert_header(("if-match", format!("\"{revision}\""))).set_json(body))
            .await
    };
    let mine = json!({"settings": {"virtualQueue": "CB_Sales_VQ"}});
    for revision in ["999999999", &made["revision"].to_string(), "0"] {
        let told = put("/services/CB_Own", revision, &mine).await;
        assert_eq!(told.code(), 40_401, "{}", told.text());
        assert!(!told.text().contains("Own_VQ"));
    }
    let closed = json!({"document": {"timezone": "UTC", "week": {}}});
    let told = put("/office-hours/BH_Sales", "0", &closed).await;
    assert_eq!(told.code(), 40_300, "{}", told.text());
    let told = ada.asks(Method::GET, "/ges/api/v1/services/revisions?limit=1");
    let told = house.ask(told).await.data();
    assert_eq!(told["revisions"][0]["changed"], json!([]), "another's service has no name here");
    let path = format!("/ges/api/v1/services/revisions/{}", told["revisions"][0]["revision"]);
    assert_eq!(house.ask(ada.asks(Method::GET, &path)).await.data()["diff"], json!([]));
}
