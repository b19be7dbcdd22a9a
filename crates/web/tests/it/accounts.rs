//! The accounts of the contact centre with other systems, and its keys, as people handle them.

use actix_web::http::Method;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::House;
use crate::staff::by;

const CREDENTIALS: &str = "/ges/api/v1/credentials";
const KEYS: &str = "/ges/api/v1/api-keys";

fn account() -> Value {
    json!({ "serviceAccount": {
        "project_id": "demo", "client_email": "ges@demo.example", "private_key_id": "k1",
        "private_key": "a key in PEM:\nsesame\n",
    }})
}

#[actix_web::test]
async fn a_credential_is_set_and_told_without_its_secret_and_removed() {
    let house = House::open().await;
    let developer = |method, path: &str| by(Role::Developer, method, path);
    let captcha = json!({ "provider": "v3", "siteKey": "site", "secret": "sesame" });
    let text = json!({ "serviceAccount": account()["serviceAccount"].to_string() });
    for (kind, body) in [
        ("push", account()),
        ("push", text),
        ("captcha", captcha),
        ("captcha", json!({ "provider": "v2", "siteKey": "site" })),
        ("statistics", json!({ "userName": "t100\\u", "password": "sesame" })),
    ] {
        let path = format!("{CREDENTIALS}/{kind}");
        let told = house.ask(developer(Method::PUT, &path).set_json(&body)).await;
        assert_eq!(told.code(), 0, "{kind}: {}", told.text());
        assert!(!told.text().contains("sesame"), "{}", told.text());
    }
    let all = house.ask(developer(Method::GET, CREDENTIALS)).await;
    assert!(!all.text().contains("sesame"), "{}", all.text());
    let all = all.data();
    assert_eq!(all["push"]["projectId"], "demo");
    assert_eq!(
        (&all["captcha"]["provider"], &all["captcha"]["minScore"]),
        (&json!("v2"), &json!(0.5))
    );
    assert_eq!(all["statistics"]["userName"], "t100\\u");
    let path = format!("{CREDENTIALS}/push");
    assert_eq!(house.ask(developer(Method::DELETE, &path)).await.data()["configured"], false);
    assert_eq!(house.ask(developer(Method::DELETE, &path)).await.code(), 40_401);
}

#[actix_web::test]
async fn what_is_no_credential_is_refused_by_its_field_and_not_repeated() {
    let house = House::open().await;
    for (kind, body, field) in [
        ("push", json!({}), "serviceAccount"),
        ("push", json!({ "serviceAccount": "sesame" }), "serviceAccount"),
        ("push", json!({ "serviceAccount": { "project_id": "p" } }), "private_key"),
        ("captcha", json!({ "provider": "v9", "siteKey": "s" }), "provider"),
        (
            "captcha",
            json!({ "provider": "enterprise", "siteKey": "s", "secret": "sesame" }),
            "project",
        ),
        (
            "captcha",
            json!({ "provider": "v3", "siteKey": "s", "secret": "sesame", "minScore": 2 }),
            "minScore",
        ),
        ("captcha", json!({ "provider": "v3", "siteKey": "s" }), "secret"),
        ("statistics", json!({ "userName": "u" }), "password"),
    ] {
        let path = format!("{CREDENTIALS}/{kind}");
        let told = house.ask(by(Role::Administrator, Method::PUT, &path).set_json(&body)).await;
        assert_eq!(told.code(), 40_001, "{body}: {}", told.text());
        assert!(told.text().contains(field) && !told.text().contains("sesame"), "{}", told.text());
    }
    let told =
        house.ask(by(Role::Administrator, Method::PUT, &format!("{CREDENTIALS}/other"))).await;
    assert_eq!(told.status.as_u16(), 404);
}

#[actix_web::test]
async fn a_key_is_told_once_and_taken_back_by_its_name() {
    let house = House::open().await;
    let developer = |method, path: &str| by(Role::Developer, method, path);
    let make = async || {
        house.ask(developer(Method::POST, KEYS).set_json(json!({ "name": "website" }))).await
    };
    let made = make().await.data();
    let key = made["key"].as_str().unwrap().to_owned();
    assert_eq!(make().await.code(), 40_901, "the name is taken");
    let listed = house.ask(developer(Method::GET, KEYS)).await;
    assert!(listed.text().contains("website") && !listed.text().contains(&key));
    let path = format!("{KEYS}/website");
    assert_eq!(house.ask(developer(Method::DELETE, &path)).await.code(), 0);
    assert_eq!(house.ask(developer(Method::DELETE, &path)).await.code(), 40_401);
    let told = house.ask(by(Role::Supervisor, Method::GET, KEYS)).await;
    assert_eq!(told.code(), 40_300, "supervisors hand out no keys");
    let told = house.ask(developer(Method::POST, "/ges/api/v1/tenant/refetch")).await;
    assert_eq!((told.code(), told.data()["services"].clone()), (0, json!(2)));
}
