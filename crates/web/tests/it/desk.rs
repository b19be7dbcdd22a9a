//! The desk: who comes in, who is let do what, and what is written down of it.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, TENANT};
use crate::staff::{PASSWORD, bearing, by, token};

const ME: &str = "/ges/api/v1/me";
const AUDIT: &str = "/ges/api/v1/audit";

/// The audit log as the administrator reads it: who, what, outcome and code of each line.
async fn log(house: &House) -> Vec<(String, String, String, Option<u64>)> {
    let told = house.ask(by(Role::Administrator, Method::GET, AUDIT)).await.data();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = told["entries"].as_array().unwrap().iter();
    lines
        .map(|line| {
            (text(line, "who"), text(line, "what"), text(line, "outcome"), line["code"].as_u64())
        })
        .collect()
}

#[actix_web::test]
async fn a_name_and_its_password_let_somebody_in() {
    let house = House::open().await;
    let way = house.ask(TestRequest::with_uri("/ges/api/v1/sign-in")).await.data();
    assert_eq!(way, json!({"kind": "local"}));
    let told = house.shows("SUE", PASSWORD).await;
    let cookie = told.header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("ges_session="), "{cookie}");
    for part in ["; Path=/ges;", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "on the machine itself there is no encryption");
    let me = told.data();
    assert_eq!(
        (me["userName"].as_str(), me["roles"].clone()),
        (Some("sue"), json!(["supervisor"]))
    );
    assert_eq!(me["tenant"], json!({"id": TENANT, "name": TENANT}));
    assert_eq!(me["lines"], json!({"kind": "all"}));
    assert_eq!(me["idleSeconds"], 1200);
    assert_eq!(me["endsAt"], "2026-01-06T02:00:00.000Z");
    let visitor = house.visit("sal").await;
    let me = house.ask(visitor.asks(Method::GET, ME)).await;
    assert_eq!(me.header("cache-control"), Some("no-store"));
    assert_eq!(me.data()["lines"], json!({"kind": "only", "queues": ["CB_Sales_VQ"]}));
    assert_eq!(
        log(&house).await[0],
        (String::from("sal"), String::from("sign-in"), String::from("done"), None)
    );
}

#[actix_web::test]
async fn a_cookie_is_sent_encrypted_wherever_that_is_possible() {
    let house = House::with(|config| config.public_url = String::from("https://ges.example")).await;
    let told = house.shows("sue", PASSWORD).await;
    assert!(told.header("set-cookie").unwrap().contains("; Secure;"));
}

#[actix_web::test]
async fn a_wrong_proof_says_nothing_and_soon_has_to_wait() {
    let house = House::open().await;
    for (name, password) in [("sue", "wrong"), ("never", PASSWORD), ("", PASSWORD), ("sue", "")] {
        let told = house.shows(name, password).await;
        let expected = if name.is_empty() || password.is_empty() { 40_001 } else { 40_105 };
        assert_eq!(told.code(), expected, "{name}");
        assert!(told.header("set-cookie").is_none());
    }
    let other = json!({"userName": "sue", "password": PASSWORD, "tenant": crate::house::OTHER});
    let request = TestRequest::with_uri("/ges/api/v1/sign-in").method(Method::POST);
    assert_eq!(house.ask(request.set_json(other)).await.code(), 40_105, "another contact centre");
    for _wrong in 0..4 {
        house.shows("mona", "wrong").await;
    }
    assert_eq!(house.shows("mona", "wrong").await.code(), 40_105);
    let told = house.shows("mona", PASSWORD).await;
    assert_eq!(told.code(), 42_904);
    assert!(told.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    house.turn(61);
    house.visit("mona").await;
}

#[actix_web::test]
async fn another_sites_page_signs_nobody_in() {
    let house = House::open().await;
    let form = json!({"userName": "sue", "password": PASSWORD}).to_string();
    let post = || TestRequest::with_uri("/ges/api/v1/sign-in").method(Method::POST);
    assert_eq!(house.ask(post().set_payload(form.clone())).await.code(), 40_301);
    let json = ("content-type", "application/json");
    let from_elsewhere = post().insert_header(json).insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(house.ask(from_elsewhere.set_payload(form.clone())).await.code(), 40_301);
    house.ask(post().insert_header(json).set_payload(form)).await.data();
}

#[actix_web::test]
async fn a_session_ends_when_it_should_and_at_once() {
    let house = House::open().await;
    let visitor = house.visit("sue").await;
    let me = async || house.ask(visitor.unproven(Method::GET, ME)).await.status.as_u16();
    for _half in 0..3 {
        house.turn(19 * 60);
        assert_eq!(me().await, 200, "who does something stays");
    }
    house.turn(10 * 60);
    let alone = visitor.unproven(Method::GET, ME).insert_header(("x-ges-background", "1"));
    assert_eq!(house.ask(alone).await.status, 200);
    house.turn(11 * 60);
    assert_eq!(me().await, 401, "what the browser asks by itself keeps nobody here");
    let visitor = house.visit("sue").await;
    let out = |request: TestRequest| house.ask(request);
    let path = "/ges/api/v1/sign-out";
    assert_eq!(out(visitor.unproven(Method::POST, path)).await.code(), 40_301);
    let told = out(visitor.asks(Method::POST, path)).await;
    assert_eq!(told.data(), json!({}));
    assert!(told.header("set-cookie").unwrap().contains("ges_session=; Path=/ges; Max-Age=0"));
    assert_eq!(out(visitor.asks(Method::GET, ME)).await.code(), 40_104);
}

#[actix_web::test]
async fn a_write_with_a_cookie_must_show_that_our_page_made_it() {
    let house = House::open().await;
    let visitor = house.visit("sue").await;
    let path = "/ges/api/v1/preferences/saved-views";
    let body = json!({"views": [{"name": "mine"}]});
    let unproven = visitor.unproven(Method::PUT, path).set_json(&body);
    assert_eq!(house.ask(unproven).await.code(), 40_301);
    let other = house.visit("mona").await;
    let borrowed = visitor.unproven(Method::PUT, path);
    let borrowed = borrowed.insert_header(("x-csrf-token", other.csrf.as_str())).set_json(&body);
    assert_eq!(house.ask(borrowed).await.code(), 40_301, "of another session");
    assert_eq!(house.ask(visitor.asks(Method::PUT, path).set_json(&body)).await.data(), body);
    assert_eq!(house.ask(visitor.unproven(Method::GET, path)).await.data(), body);
    assert_eq!(house.ask(other.asks(Method::GET, path)).await.data(), Value::Null, "not theirs");
    house.ask(by(Role::Monitor, Method::PUT, path).set_json(&body)).await.data();
    let gone = || visitor.asks(Method::DELETE, path);
    assert_eq!(house.ask(gone()).await.data(), Value::Null);
    assert_eq!(house.ask(gone()).await.data(), Value::Null);
    assert_eq!(house.ask(visitor.asks(Method::GET, path)).await.data(), Value::Null);
    let large = json!({"a": "x".repeat(17_000)});
    assert_eq!(house.ask(visitor.asks(Method::PUT, path).set_json(&large)).await.code(), 41_300);
    for bad in ["Saved", "a/b", "", &"a".repeat(41)] {
        let told =
            house.ask(visitor.asks(Method::GET, &format!("/ges/api/v1/preferences/{bad}"))).await;
        assert!(told.status.is_client_error(), "{bad}");
    }
    let refused = log(&house).await.into_iter().filter(|line| line.3 == Some(40_301)).count();
    assert_eq!(refused, 2, "refusals of people who are known are written down");
}

#[actix_web::test]
async fn who_is_not_known_or_not_permitted_is_turned_away() {
    let house = House::open().await;
    for request in [
        TestRequest::with_uri(ME),
        TestRequest::with_uri(ME).insert_header(("cookie", "ges_session=0123")),
        TestRequest::with_uri(ME).insert_header(("x-api-key", crate::house::KEY)),
        TestRequest::with_uri(ME).insert_header(("authorization", "Basic c3VlOm9wZW4gc2VzYW1l")),
        bearing(Method::GET, ME, "token-of-the-designer"),
        bearing(Method::GET, ME, "nonsense"),
    ] {
        let told = house.ask(request).await;
        assert_eq!((told.status.as_u16(), told.code()), (401, 40_104));
    }
    for role in Role::ALL {
        let told = house.ask(bearing(Method::GET, AUDIT, &token(role))).await;
        let allowed = role == Role::Administrator;
        assert_eq!(told.status.as_u16(), if allowed { 200 } else { 403 }, "{role}");
        if !allowed {
            assert_eq!(told.code(), 40_300);
            assert!(told.message().contains("ges.audit"), "{}", told.message());
        }
    }
    let nobody = house.visit("nobody").await;
    assert_eq!(house.ask(nobody.asks(Method::GET, AUDIT)).await.code(), 40_300);
    assert_eq!(house.ask(nobody.asks(Method::GET, ME)).await.data()["permissions"], json!([]));
    let lines = log(&house).await;
    let refused: Vec<_> = lines.iter().filter(|line| line.2 == "refused").collect();
    assert_eq!(refused.len(), 4, "{lines:?}");
    assert!(refused.iter().all(|line| line.1 == format!("GET {AUDIT}")), "{refused:?}");
    let theirs = house.ask(bearing(Method::GET, AUDIT, "token-of-the-other")).await.data();
    assert_eq!(theirs["entries"], json!([]), "a log is its contact centre's own");
}

#[actix_web::test]
async fn the_audit_log_is_read_in_pages_and_by_what_is_looked_for() {
    let house = House::open().await;
    for name in ["sue", "mona", "dev", "sue"] {
        house.visit(name).await;
        house.turn(1);
    }
    let ask = async |query: &str| {
        let path = format!("{AUDIT}?{query}");
        house.ask(by(Role::Administrator, Method::GET, &path)).await
    };
    let all = ask("").await.data();
    assert_eq!(all["entries"].as_array().unwrap().len(), 4);
    assert_eq!(all["entries"][0]["who"], "sue");
    assert!(all.get("next").is_none());
    let first = ask("limit=3").await.data();
    let rest = ask(&format!("limit=3&cursor={}", first["next"].as_str().unwrap())).await.data();
    assert_eq!(rest["entries"], json!([all["entries"][3]]));
    assert_eq!(ask("who=sue").await.data()["entries"].as_array().unwrap().len(), 2);
    assert_eq!(ask("what=callback").await.data()["entries"], json!([]));
    let window = "from=2026-01-05T14:00:01Z&to=2026-01-05T14:00:03Z";
    assert_eq!(ask(window).await.data()["entries"].as_array().unwrap().len(), 2);
    for bad in ["limit=0", "limit=251", "cursor=x", "from=now", "outcome=good", "who=%00"] {
        let told = ask(bad).await;
        let field = bad.split('=').next().unwrap();
        assert_eq!(told.code(), 40_001, "{bad}");
        assert!(told.message().starts_with(field), "{bad}: {}", told.message());
    }
    assert_eq!(ask("from=2026-01-05T14:00:03Z&to=2026-01-05T14:00:01Z").await.code(), 40_019);
}

#[actix_web::test]
async fn what_runs_here_is_told_to_those_who_are_signed_in() {
    let house = House::open().await;
    let about = house.ask(by(Role::Monitor, Method::GET, "/ges/api/v1/about")).await.data();
    assert_eq!(about["node"], "node-1");
    assert_eq!(about["time"], "2026-01-05T14:00:00.000Z");
    assert_eq!(about["neighbours"][0]["state"], "up");
}
