//! Webhooks and promises at the desk.

use std::sync::Mutex;

use actix_web::http::Method;
use async_trait::async_trait;
use ges_domain::access::Role;
use ges_ports::{HookAnswer, HookCall, Hooks, UnfitHook};
use serde_json::{Value, json};

use crate::house::House;
use crate::staff::by;

const WEBHOOKS: &str = "/ges/api/v1/webhooks";

/// Webhooks that answer 204, and remember how often they were called.
#[derive(Default)]
pub(crate) struct Quiet(Mutex<usize>);

#[async_trait]
impl Hooks for Quiet {
    fn fit(&self, url: &str) -> Result<(), UnfitHook> {
        if url.starts_with("https://") { Ok(()) } else { Err(UnfitHook::NotEncrypted) }
    }

    async fn call(&self, _call: &HookCall) -> HookAnswer {
        *self.0.lock().unwrap() += 1;
        HookAnswer { status: Ok(204), wait: None, took_ms: 3 }
    }
}

async fn asked(house: &House, method: Method, path: &str, body: Value) -> Value {
    let request = by(Role::Administrator, method, path);
    let request = if body.is_null() { request } else { request.set_json(body) };
    house.ask(request).await.data()
}

#[actix_web::test]
async fn a_webhook_is_made_shown_changed_and_taken_away() {
    let house = House::open().await;
    let wanted = json!({"url": "https://example.com/hooks", "events": ["QUEUED", "COMPLETED"]});
    let made = asked(&house, Method::POST, WEBHOOKS, wanted).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!((&made["state"], &made["revision"]), (&json!("enabled"), &json!(1)));
    let shown = asked(&house, Method::GET, WEBHOOKS, Value::Null).await;
    let shown = &shown["webhooks"][0];
    assert_eq!(shown["secret"], Value::Null, "a secret is shown once");
    assert_eq!(shown["events"], json!(["QUEUED", "COMPLETED"]));
    let one = format!("{WEBHOOKS}/{}", made["id"].as_str().unwrap());
    let edit = json!({"url": "https://example.com/other", "enabled": false});
    let put = |revision: &str| {
        by(Role::Administrator, Method::PUT, &one)
            .insert_header(("if-match", revision.to_owned()))
            .set_json(edit.clone())
    };
    assert_eq!(house.ask(put("\"7\"")).await.code(), 40_901);
    let edited = house.ask(put("\"1\"")).await.data();
    assert_eq!((&edited["state"], &edited["events"]), (&json!("disabled"), &json!(["*"])));
    let bare = by(Role::Administrator, Method::DELETE, &one);
    assert_eq!(house.ask(bare).await.code(), 40_001, "without the revision");
    let gone = by(Role::Administrator, Method::DELETE, &one).insert_header(("if-match", "\"2\""));
    house.ask(gone).await.data();
    let left = asked(&house, Method::GET, WEBHOOKS, Value::Null).await;
    assert_eq!(left, json!({"webhooks": []}));
}

#[actix_web::test]
async fn a_webhook_is_tried_out_rotated_and_its_log_is_read() {
    let house = House::open().await;
    let wanted = json!({"url": "https://example.com/hooks"});
    let made = asked(&house, Method::POST, WEBHOOKS, wanted).await;
    let one = format!("{WEBHOOKS}/{}", made["id"].as_str().unwrap());
    let trial = asked(&house, Method::POST, &format!("{one}/test"), Value::Null).await;
    assert_eq!(
        trial,
        json!({"ok": true, "status": 204, "ms": 3, "message": "it answered with 204"})
    );
    let rotated = asked(&house, Method::POST, &format!("{one}/rotate"), Value::Null).await;
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    let log = asked(&house, Method::GET, &format!("{one}/deliveries?limit=5"), Value::Null).await;
    assert_eq!(log, json!({"deliveries": []}));
    let odd = by(Role::Administrator, Method::GET, &format!("{one}/deliveries?cursor=odd"));
    assert_eq!(house.ask(odd).await.code(), 40_001);
    let nothing = format!("{one}/deliveries/{}/redeliver", made["id"].as_str().unwrap());
    assert_eq!(house.ask(by(Role::Administrator, Method::POST, &nothing)).await.code(), 40_401);
}

#[actix_web::test]
async fn a_webhook_that_nobody_could_mean_is_refused_by_its_field() {
    let house = House::open().await;
    for wrong in [
        json!({}),
        json!({"url": "http://example.com"}),
        json!({"url": "https://example.com", "events": ["WAITING"]}),
        json!({"url": "https://example.com", "services": [""]}),
        json!({"url": "https://example.com", "enabled": "perhaps"}),
    ] {
        let request = by(Role::Administrator, Method::POST, WEBHOOKS).set_json(wrong.clone());
        assert_eq!(house.ask(request).await.code(), 40_001, "{wrong}");
    }
    assert_eq!(house.ask(by(Role::Monitor, Method::GET, WEBHOOKS)).await.code(), 40_300);
}

#[actix_web::test]
async fn a_queue_without_promises_has_none_and_a_strangers_queue_does_not_exist() {
    let house = House::open().await;
    let path = "/ges/api/v1/queues/CB_Sales_VQ";
    let days = asked(&house, Method::GET, &format!("{path}/promises"), Value::Null).await;
    assert_eq!(days, json!({"days": []}));
    let coverage = asked(&house, Method::GET, &format!("{path}/coverage"), Value::Null).await;
    let none = json!({"nominal": 0.8, "measured": null, "observations": 0, "days": []});
    assert_eq!(coverage, none);
    for query in ["from=2026-03-02&to=2026-03-01", "from=2026-01-01&to=2026-12-31", "from=monday"] {
        let request = by(Role::Administrator, Method::GET, &format!("{path}/promises?{query}"));
        assert!([40_001, 40_019].contains(&house.ask(request).await.code()), "{query}");
    }
    let sal = house.visit("sal").await;
    let other = sal.asks(Method::GET, "/ges/api/v1/queues/CB_Support_VQ/promises");
    assert_eq!(house.ask(other).await.code(), 40_005);
}
