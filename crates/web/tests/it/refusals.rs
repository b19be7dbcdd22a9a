//! Those who are not let in: each with the right code, counted with the reason, and told nothing.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::Role;
use serde_json::json;

use crate::house::{House, KEY, OTHER, OTHER_KEY, TENANT, internal, keyed, settings_of};
use crate::meters::Meter;
use crate::staff::{bearing, by};

const QUEUE: &str = "/engagement/v3/callbacks/queue-status/CB_Sales_VQ";
const ME: &str = "/ges/api/v1/me";
const AUDIT: &str = "/ges/api/v1/audit";

#[actix_web::test]
async fn every_refusal_of_a_caller_is_counted_by_code_and_reason() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::open().await;
    let (id, token) = house.submitted().await;
    let session = format!("/ges/internal/v1/callbacks/{id}");
    let settings = settings_of(TENANT);
    let at = |path: &str| TestRequest::with_uri(path);
    let showing =
        |path: &str, name: &'static str, value: &str| at(path).insert_header((name, value));
    let long = "x".repeat(257);
    let guest = house.visit("mona").await;
    let gone = house.visit("sue").await;
    let left = house.ask(gone.asks(Method::POST, "/ges/api/v1/sign-out")).await;
    assert_eq!(left.status, 200);
    let cookie = |value: &str| showing(ME, "cookie", &format!("ges_session={value}"));
    let other_id = id.replace("018f", "018e");
    let asked = [
        (at(QUEUE), 40_100, "nothing_shown"),
        (showing(QUEUE, "x-api-key", ""), 40_100, "unknown"),
        (showing(QUEUE, "x-api-key", "no-such-key"), 40_100, "unknown"),
        (showing(QUEUE, "x-api-key", &KEY.to_uppercase()), 40_100, "unknown"),
        (showing(QUEUE, "x-api-key", &long), 40_100, "unknown"),
        (at(&session), 40_102, "nothing_shown"),
        (bearing(Method::GET, &session, "forged"), 40_102, "unknown"),
        (bearing(Method::GET, &session, &format!("{TENANT}/{other_id}/1")), 40_102, "unknown"),
        (at(&settings), 40_103, "nothing_shown"),
        (showing(&settings, "x-ges-internal-key", "guess"), 40_103, "unknown"),
        (bearing(Method::GET, &settings, "token-of-nobody"), 40_103, "unknown"),
        (
            bearing(Method::GET, &settings_of(OTHER), "token-of-the-designer"),
            40_300,
            "not_permitted",
        ),
        (at(ME), 40_104, "nothing_shown"),
        (cookie(&"ab".repeat(32)), 40_104, "unknown"),
        (cookie(&gone.cookie), 40_104, "unknown"),
        (bearing(Method::GET, ME, "token-of-nobody"), 40_104, "unknown"),
        (showing(ME, "authorization", "Basic YTpi"), 40_104, "unknown"),
        (guest.unproven(Method::POST, "/ges/api/v1/sign-out"), 40_301, "forged"),
        (by(Role::Monitor, Method::GET, AUDIT), 40_300, "not_permitted"),
    ];
    let refused = |code: u64, reason: &str| {
        let code = code.to_string();
        meter.of(&format!("ges_callers_refused_total{{code={code:?},reason={reason:?}}}"))
    };
    for (request, code, reason) in asked {
        let before = refused(code, reason);
        let told = house.ask(request).await;
        assert_eq!(told.code(), code, "{reason}: {}", told.text());
        assert_eq!(refused(code, reason), before + 1, "{code} {reason}");
        for secret in [KEY, token.as_str(), &gone.cookie, "guess", "token-of-nobody"] {
            assert!(!told.text().contains(secret), "{}", told.text());
        }
    }
    for number in 1..=6 {
        let told = house.shows("dev", "wrong").await;
        let (code, reason) = if number > 5 { (42_904, "too_often") } else { (40_105, "unknown") };
        assert_eq!(told.code(), code, "{number}");
        assert_eq!(refused(code, reason), if number > 5 { 1 } else { number });
    }
    house.turn(21 * 60);
    let told = house.ask(guest.asks(Method::GET, ME)).await;
    assert_eq!((told.code(), refused(40_104, "unknown")), (40_104, 5), "the session has expired");
}

#[actix_web::test]
async fn a_refusal_for_another_reason_is_none_of_the_caller() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::open().await;
    let (id, _token) = house.submitted().await;
    let body = json!({ "id": id });
    let path = "/engagement/v3/callbacks/retrieve";
    let theirs = TestRequest::with_uri(path).method(Method::POST);
    let theirs = theirs.insert_header(("x-api-key", OTHER_KEY)).set_json(&body);
    assert_eq!(house.ask(theirs).await.code(), 40_400, "another contact centre's does not exist");
    assert_eq!(house.get("/engagement/v3/callbacks/queue-status/x").await.code(), 40_005);
    for code in [40_400, 40_005] {
        for reason in ["unknown", "not_permitted", "nothing_shown"] {
            let code = code.to_string();
            let name = format!("ges_callers_refused_total{{code={code:?},reason={reason:?}}}");
            assert_eq!(meter.of(&name), 0, "{name}");
        }
    }
}

#[actix_web::test]
async fn a_program_that_speaks_for_another_contact_centre_is_in_its_own_ones_log() {
    let house = House::open().await;
    let other = settings_of(OTHER);
    let push = bearing(Method::PUT, &other, "token-of-the-designer").set_json(json!({}));
    assert_eq!(house.ask(push).await.code(), 40_300);
    let log = house.ask(by(Role::Administrator, Method::GET, AUDIT)).await.data();
    let line = &log["entries"][0];
    assert_eq!(line["who"], "designer");
    assert_eq!(line["what"], "PUT /ges/internal/v1/tenants/{ccid}/callback-settings");
    assert_eq!((&line["on"], &line["outcome"]), (&json!(OTHER), &json!("refused")));
    assert_eq!(line["code"], 40_300);
    let read = house.ask(internal(Method::GET, &other)).await;
    assert_eq!(read.header("etag"), Some("\"1\""), "nothing was published");
}

#[actix_web::test]
async fn a_key_sends_as_many_requests_a_minute_as_it_may() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::limited(3).await;
    for _request in 0..2 {
        house.get(QUEUE).await.data();
        house.turn(10);
    }
    // Whatever it asks, and whether or not that makes sense.
    assert_eq!(house.create(&json!({})).await.code(), 40_001);
    let told = house.get(QUEUE).await;
    assert_eq!((told.status.as_u16(), told.code()), (429, 42_903));
    let wait: u64 = told.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(wait, 41, "the first one leaves its minute in 40 s");
    let refused = "ges_callers_refused_total{code=\"42903\",reason=\"too_often\"}";
    assert_eq!(meter.of(refused), 1);
    let other = TestRequest::with_uri(QUEUE).insert_header(("x-api-key", OTHER_KEY));
    assert_ne!(house.ask(other).await.code(), 42_903, "another key has a limit of its own");
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    assert_eq!(house.create(&wish).await.code(), 42_903);
    assert_eq!(house.open_callbacks().await, 0);
    house.turn(wait);
    house.get(QUEUE).await.data();
    assert_eq!(house.get(QUEUE).await.code(), 42_903, "only one has left the window");
    let preflight = keyed(Method::OPTIONS, QUEUE).insert_header(("origin", "https://a.example"));
    assert_eq!(house.ask(preflight).await.status, 204, "a preflight bears no key");
}
