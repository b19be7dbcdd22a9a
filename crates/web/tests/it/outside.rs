//! What clients ask of other systems through these doors, and who else than clients comes in.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::Role;
use ges_domain::time::Timestamp;
use ges_ports::{Tenant, Tenants as _};
use serde_json::json;

use crate::house::{House, OTHER, TENANT, keyed, settings, settings_of};
use crate::staff::by;

const STATISTICS: &str = "/engagement/v3/statistics/operations/get-statistic-ex";
const PUBLISH: &str = "/engagement/v3/notification/publish";
const VERIFY: &str = "/engagement/v3/captcha/verify";

#[actix_web::test]
async fn a_program_publishes_for_its_own_contact_centre_only() {
    let house = House::open().await;
    let push = async |token: &str, revision| {
        let request = TestRequest::put().uri(&settings_of(TENANT)).set_json(settings(revision));
        let request = request.insert_header(("authorization", format!("bearer {token}")));
        let told = house.ask(request).await;
        (told.status.as_u16(), told.code())
    };
    assert_eq!(push("token-of-the-designer", 10).await, (200, 0));
    assert_eq!(push("token-of-the-other", 11).await, (403, 40_300));
    assert_eq!(push("forged", 12).await, (401, 40_103));
}

#[actix_web::test]
async fn settings_of_a_contact_centre_that_nobody_has_are_not_taken() {
    let house = House::open().await;
    let told = house.put_settings("9350e2fc-a1dd-4c65-8d40-1f75a2e00999", &settings(1)).await;
    assert_eq!((told.status.as_u16(), told.code()), (404, 40_401));
}

#[actix_web::test]
async fn pages_that_their_contact_centre_welcomes_may_read_its_answers() {
    let house = House::with(|config| config.cors_origins = Vec::new()).await;
    let here = "https://shop.example";
    let now = Timestamp::UNIX_EPOCH;
    let known = house.town.find(OTHER.parse().unwrap(), now).await.unwrap().unwrap();
    let cors_origins = [here.to_owned()].into_iter().collect();
    house.town.settle(Tenant { cors_origins, ..Tenant::clone(&known) });
    let path = "/engagement/v3/callbacks/queue-status/CB_Sales_VQ";
    let preflight = TestRequest::with_uri(path).method(Method::OPTIONS);
    let preflight = house.ask(preflight.insert_header(("origin", here))).await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some(here));
    let read = async |key: &'static str| {
        let request = TestRequest::get().uri(path).insert_header(("x-api-key", key));
        let told = house.ask(request.insert_header(("origin", here))).await;
        told.header("access-control-allow-origin").map(str::to_owned)
    };
    assert_eq!(read(crate::house::OTHER_KEY).await.as_deref(), Some(here));
    assert_eq!(read(crate::house::KEY).await, None, "another contact centre's answers");
}

#[actix_web::test]
async fn what_get_answers_head_answers_too() {
    let house = House::open().await;
    let path = "/engagement/v3/callbacks/queue-status/CB_Sales_VQ";
    for path in [path, "/health/live", "/openapi.json"] {
        let told = house.ask(keyed(Method::HEAD, path)).await;
        assert_eq!(told.status.as_u16(), 200, "{path}");
    }
    let told = house.ask(by(Role::Monitor, Method::HEAD, "/ges/api/v1/callbacks")).await;
    assert_eq!(told.status.as_u16(), 200);
    assert_eq!(house.ask(keyed(Method::HEAD, VERIFY)).await.status.as_u16(), 405);
}

#[actix_web::test]
async fn what_is_asked_wrongly_is_told_before_anybody_else_is_asked() {
    let house = House::open().await;
    for (path, body, code) in [
        (STATISTICS, json!({}), 40_001),
        (STATISTICS, json!({"data": {"statistics": []}}), 40_001),
        (PUBLISH, json!({}), 40_001),
        (PUBLISH, json!({"channel": "SMS", "target": "t", "event": {}}), 40_014),
        (PUBLISH, json!({"channel": "FCM", "target": "t", "event": "[]"}), 40_001),
        (PUBLISH, json!({"channel": "FCM", "target": "t", "event": {"title": "T"}}), 40_106),
        (PUBLISH, json!({"channel": "FCM", "target": "t", "event": "{\"title\":\"T\"}"}), 40_106),
        (VERIFY, json!({"siteKey": "s"}), 40_001),
        (VERIFY, json!({"siteKey": "s", "captchaToken": "t"}), 40_005),
    ] {
        let told = house.post(path, &body).await;
        assert_eq!(told.code(), code, "{path} {body}");
    }
}
