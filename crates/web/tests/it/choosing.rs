//! Before a booking at the desk: the times that can be had, and whether it would be made.

use actix_web::http::Method;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, Told};
use crate::staff::{bearing, by};

const SLOTS: &str = "/ges/api/v1/slots";
const CHECK: &str = "/ges/api/v1/callbacks/check";
const LIST: &str = "/ges/api/v1/callbacks";

async fn slots(house: &House, query: &str) -> Told {
    house.ask(by(Role::Monitor, Method::GET, &format!("{SLOTS}?{query}"))).await
}

async fn booked(house: &House, at: &str) {
    let wish = json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101", "desiredTime": at});
    house.ask(by(Role::Supervisor, Method::POST, LIST).set_json(wish)).await.data();
}

fn slot<'a>(told: &'a Value, start: &str) -> &'a Value {
    let slots = told["slots"].as_array().unwrap();
    slots.iter().find(|slot| slot["start"] == start).unwrap_or_else(|| panic!("{start}: {told}"))
}

#[actix_web::test]
async fn every_slot_is_shown_with_its_places_and_whether_it_can_be_had() {
    let house = House::open().await;
    booked(&house, "2026-01-05T16:10:00Z").await;
    let told = slots(&house, "service=CB_Sales&from=2026-01-05T05:00:00Z&days=2").await.data();
    assert_eq!((&told["zone"], &told["slotMinutes"]), (&json!("America/New_York"), &json!(30)));
    assert_eq!(told["slots"].as_array().unwrap().len(), 32, "two days from nine to five");
    let taken = slot(&told, "2026-01-05T16:00:00.000Z");
    assert_eq!(
        *taken,
        json!({"start": "2026-01-05T16:00:00.000Z", "end": "2026-01-05T16:30:00.000Z",
            "localStart": "2026-01-05T11:00:00.000-05:00", "total": 1, "booked": 1, "left": 0, "open": true})
    );
    assert_eq!(
        slot(&told, "2026-01-05T14:00:00.000Z")["open"],
        false,
        "the callback needs its lead"
    );
    assert_eq!(slot(&told, "2026-01-05T14:30:00.000Z")["open"], true);
    let far = slots(&house, "service=CB_Sales&from=2026-02-02T05:00:00Z&days=1").await.data();
    assert_eq!(slot(&far, "2026-02-02T16:00:00.000Z")["open"], false, "beyond the days ahead");
    house.turn(4 * 3600);
    let now = slots(&house, "service=CB_Sales").await.data();
    assert_eq!(now["slots"][0]["start"], "2026-01-05T18:00:00.000Z", "from now on, for a week");
    let theirs = bearing(Method::GET, &format!("{SLOTS}?service=CB_Sales"), "token-of-the-other");
    let theirs = house.ask(theirs).await.data();
    assert!(theirs["slots"].as_array().unwrap().iter().all(|slot| slot["booked"] == 0));
}

#[actix_web::test]
async fn slots_of_what_one_may_not_see_do_not_exist() {
    let house = House::open().await;
    let sal = house.visit("sal").await;
    for (service, code) in [("CB_Sales", 0), ("CB_Open", 40_005), ("CB_Nothing", 40_005)] {
        let told = house.ask(sal.asks(Method::GET, &format!("{SLOTS}?service={service}"))).await;
        assert_eq!(told.code(), code, "{service}");
    }
    for (query, field) in [
        ("", "service"),
        ("service=a%20b", "service"),
        ("service=CB_Sales&days=0", "days"),
        ("service=CB_Sales&days=32", "days"),
        ("service=CB_Sales&from=today", "from"),
    ] {
        let told = slots(&house, query).await;
        assert!(told.code() == 40_001 && told.message().contains(field), "{}", told.text());
    }
}

async fn checked(house: &House, wish: &Value) -> Value {
    house.ask(by(Role::Developer, Method::POST, CHECK).set_json(wish)).await.data()
}

/// The outcomes of the steps, in their order, by their first letters; and the code of the refusal.
fn outcomes(verdict: &Value) -> (String, Option<u64>) {
    let steps = verdict["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|it| it["step"].as_str().unwrap()).collect();
    assert_eq!(
        names.join(" "),
        "service kind number numberRule time hours duplicates throttle capacity"
    );
    let letters = steps.iter().map(|it| &it["outcome"].as_str().unwrap()[..1]).collect();
    (letters, steps.iter().find_map(|it| it["code"].as_u64()))
}

#[actix_web::test]
async fn a_check_goes_step_by_step_as_far_as_the_booking_would() {
    let house = House::open().await;
    booked(&house, "2026-01-06T15:00:00Z").await;
    let wish = |service: &str, phone: &str, at: &str| {
        let wish = json!({"serviceName": service, "phoneNumber": phone, "desiredTime": at});
        if at.is_empty() { json!({"serviceName": service, "phoneNumber": phone}) } else { wish }
    };
    let number = "+14155550102";
    for (wish, letters, code) in [
        (wish("CB_Sales", number, "2026-01-06T16:00:00Z"), "ppppppppp", None),
        (wish("CB_Open", number, ""), "ppppspsps", None),
        (wish("CB_Sales", number, "2026-01-06T15:29:59Z"), "ppppppppr", Some(42_900)),
        (wish("CB_Sales", number, "2026-01-06T23:00:00Z"), "pppppr", Some(40_010)),
        (wish("CB_Sales", number, "2026-01-05T14:05:00Z"), "ppppr", Some(40_009)),
        (wish("CB_Sales", "+19005550101", "2026-01-06T16:00:00Z"), "pppr", Some(40_004)),
        (wish("CB_Sales", "12", "2026-01-06T16:00:00Z"), "ssr", Some(40_002)),
        (wish("CB_Nothing", number, ""), "r", Some(40_005)),
    ] {
        let verdict = checked(&house, &wish).await;
        let told = outcomes(&verdict);
        // A service that does not exist has no number to be read for, but the number was read before.
        let expected =
            if code == Some(40_005) { String::from("rspssssss") } else { format!("{letters:s<9}") };
        assert_eq!(told, (expected, code), "{wish}");
        assert_eq!(verdict["accepted"], code.is_none());
        assert_eq!(verdict["slots"].is_object(), matches!(code, Some(42_900 | 40_009 | 40_010)));
    }
    assert_eq!(house.open_callbacks().await, 1);
    let full = checked(&house, &wish("CB_Sales", number, "2026-01-06T15:10:00Z")).await;
    assert_eq!(full["slots"].as_object().unwrap().len(), 10);
    assert_eq!(full["slots"]["2026-01-06T15:30:00.000Z"], 1);
    assert_eq!(
        full["steps"][8]["detail"],
        json!({"slot": "2026-01-06T15:00:00.000Z", "booked": 1, "total": 1})
    );
    assert_eq!(full["steps"][2]["detail"], number);
    let message = full["steps"][8]["message"].as_str().unwrap();
    assert!(message.contains("the slot of desiredTime is full"), "{message}");
    let civil = json!({"serviceName": "CB_Sales", "phoneNumber": number,
        "desiredTime": "2026-01-06T11:00:00", "timezone": "America/New_York"});
    assert_eq!(checked(&house, &civil).await["accepted"], true);
}

#[actix_web::test]
async fn a_check_shows_no_other_line_of_business() {
    let house = House::open().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550102"});
    let sal = house.visit("sal").await;
    let verdict = house.ask(sal.asks(Method::POST, CHECK).set_json(&wish)).await.data();
    assert_eq!(outcomes(&verdict).1, Some(40_005));
    let unproven = house.ask(sal.unproven(Method::POST, CHECK).set_json(&wish)).await;
    assert_eq!(unproven.code(), 40_301);
    for (body, field) in [
        (json!({"phoneNumber": "+14155550102"}), "serviceName"),
        (json!({"serviceName": "CB_Open"}), "phoneNumber"),
        (json!({"serviceName": "CB_Open", "phoneNumber": "1", "timezone": "Mars"}), "timezone"),
        (
            json!({"serviceName": "CB_Open", "phoneNumber": "1", "pushTargets": [{}]}),
            "pushTargets[0]",
        ),
    ] {
        let told = house.ask(by(Role::Developer, Method::POST, CHECK).set_json(body)).await;
        assert!(told.status == 400 && told.message().contains(field), "{}", told.text());
    }
}
