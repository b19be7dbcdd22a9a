//! Statistics, push, captcha and Designer: each refuses what the real peer refuses.

use std::time::Duration;

use ges_simulators::centre::Plan;
use ges_simulators::designer::{Credential, Mistake, Table};
use ges_simulators::{Clock, Designer, Fcm, Floor, Gws, Realm, Recaptcha};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::asks::client;
use crate::owner::Owner;

const NOW_MS: i64 = 1_767_225_600_000;
const NOW: i64 = NOW_MS / 1_000;

#[tokio::test]
async fn statistics_tell_of_the_floor_and_of_what_is_not_there() {
    let clock = Clock::stepped(NOW_MS);
    let floor = Floor::open(clock.clone(), Plan::demo(1)).unwrap();
    let realm = Realm::demo(clock.clone());
    let gws = Gws::start(0, realm.clone(), Some(floor.clone())).await.unwrap();
    let token = realm.token_of("t100\\supervisor", "ges_client").unwrap();
    clock.advance(Duration::from_hours(1));
    let url = format!("{}/statistics/v3/operations/get-statistic-ex", gws.url());
    let ask = |token: String, statistics: Value| {
        let body = json!({ "data": { "statistics": statistics } });
        client().post(&url).bearer_auth(token).json(&body).send()
    };
    let queue = "CB_Sales_VQ@SIP_Switch";
    let wanted = json!([
        {"objectId": queue, "objectType": "Queue", "name": "CurrentNumberWaitingCalls"},
        {"objectId": queue, "objectType": "Queue", "name": "Nonsense"},
        {"objectId": "nowhere", "objectType": "Queue", "name": "CurrentNumberWaitingCalls"},
    ]);
    let said: Value = ask(token.clone(), wanted).await.unwrap().json().await.unwrap();
    let waiting = floor.now(|centre| centre.queue("CB_Sales_VQ").unwrap().waiting);
    assert_eq!(said["data"]["statistics"][0]["value"], waiting);
    assert_eq!(said["data"]["statistics"][0]["timestamp"], clock.wall_ms());
    assert_eq!(said["errors"].as_array().unwrap().len(), 2);
    gws.tell(queue, "CurrentNumberWaitingCalls", json!(42));
    let wanted =
        json!([{"objectId": queue, "objectType": "Queue", "name": "CurrentNumberWaitingCalls"}]);
    let said: Value = ask(token.clone(), wanted.clone()).await.unwrap().json().await.unwrap();
    assert_eq!(said["data"]["statistics"][0]["value"], 42);
    assert_eq!(ask("forged".to_owned(), wanted).await.unwrap().status(), 401);
    assert_eq!(ask(token, json!([])).await.unwrap().status(), 400);
}

fn assertion(account: &Value, changes: &Value) -> String {
    let mut claims = json!({
        "iss": account["client_email"],
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": account["token_uri"],
        "iat": NOW,
        "exp": NOW + 3_600,
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let key = EncodingKey::from_rsa_pem(account["private_key"].as_str().unwrap().as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key.unwrap()).unwrap()
}

async fn token(fcm: &Fcm, assertion: &str) -> (u16, Value) {
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let form = [("grant_type", grant), ("assertion", assertion)];
    let sent = client().post(format!("{}/token", fcm.url())).form(&form).send().await.unwrap();
    (sent.status().as_u16(), sent.json().await.unwrap())
}

async fn send(fcm: &Fcm, access: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/v1/projects/demo-proj/messages:send", fcm.url());
    let sent = client().post(url).bearer_auth(access).json(&body).send().await.unwrap();
    (sent.status().as_u16(), sent.json().await.unwrap())
}

#[tokio::test]
async fn an_assertion_is_checked_before_it_is_worth_a_token() {
    let fcm = Fcm::start(0, Clock::stepped(NOW_MS)).await.unwrap();
    let account = fcm.service_account();
    let (status, issued) = token(&fcm, &assertion(&account, &json!({}))).await;
    assert_eq!((status, &issued["token_type"]), (200, &json!("Bearer")));
    for (changes, error) in [
        (json!({"aud": "https://elsewhere"}), "invalid_grant"),
        (json!({"exp": NOW + 3_601}), "invalid_grant"),
        (json!({"iat": NOW - 9_000, "exp": NOW - 6_000}), "invalid_grant"),
        (json!({"iat": NOW + 900, "exp": NOW + 1_000}), "invalid_grant"),
        (json!({"scope": "https://www.googleapis.com/auth/drive"}), "invalid_scope"),
        (json!({"iss": "nobody@example.com"}), "invalid_client"),
    ] {
        let (_, refused) = token(&fcm, &assertion(&account, &changes)).await;
        assert_eq!(refused["error"], error, "{changes}");
    }
    let signed = assertion(&account, &json!({}));
    let (body, signature) = signed.rsplit_once('.').unwrap();
    let forged = format!("{body}.{}", signature.chars().rev().collect::<String>());
    assert_eq!(token(&fcm, &forged).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_message_is_delivered_checked_or_refused() {
    let fcm = Fcm::start(0, Clock::stepped(NOW_MS)).await.unwrap();
    let (_, issued) = token(&fcm, &assertion(&fcm.service_account(), &json!({}))).await;
    let access = issued["access_token"].as_str().unwrap();
    let message = |message: Value| json!({ "message": message });
    let good = json!({"token": "t-1", "notification": {"title": "a", "body": "b"},
        "data": {"event": "CALLBACK_UPCOMING"}, "android": {"priority": "HIGH", "ttl": "300s"}});
    let (status, sent) = send(&fcm, access, message(good.clone())).await;
    assert_eq!(status, 200);
    assert!(sent["name"].as_str().unwrap().starts_with("projects/demo-proj/messages/"));
    let checked = json!({"validateOnly": true, "message": good});
    assert_eq!(send(&fcm, access, checked).await.0, 200);
    let delivered = fcm.messages();
    assert_eq!((delivered.len(), delivered[1].validated_only), (2, true));
    for wrong in [
        json!({"notification": {"title": "to nobody"}}),
        json!({"token": "a", "topic": "b"}),
        json!({"token": "a", "data": {"n": 1}}),
        json!({"token": "a", "data": {"from": "x"}}),
        json!({"token": "a", "data": {"google.x": "x"}}),
        json!({"token": "a", "data": {"big": "x".repeat(4_096)}}),
        json!({"token": "a", "android": {"ttl": "5m"}}),
        json!({"token": "a", "unheard": {}}),
        json!({"token": "tok-bad"}),
    ] {
        let (status, refused) = send(&fcm, access, message(wrong.clone())).await;
        assert_eq!(status, 400, "{wrong}");
        assert_eq!(refused["error"]["details"][0]["errorCode"], "INVALID_ARGUMENT", "{wrong}");
    }
    fcm.unregister("t-1");
    for (target, status, code) in [
        ("t-1", 404, "UNREGISTERED"),
        ("tok-unregistered", 404, "UNREGISTERED"),
        ("tok-mismatch", 403, "SENDER_ID_MISMATCH"),
        ("tok-quota", 429, "QUOTA_EXCEEDED"),
        ("tok-auth", 401, "THIRD_PARTY_AUTH_ERROR"),
        ("tok-503:1", 503, "UNAVAILABLE"),
    ] {
        let (answered, refused) = send(&fcm, access, message(json!({"token": target}))).await;
        assert_eq!(
            (answered, &refused["error"]["details"][0]["errorCode"]),
            (status, &json!(code))
        );
    }
    assert_eq!(send(&fcm, access, message(json!({"token": "tok-503:1"}))).await.0, 200);
    fcm.expire_tokens();
    let (status, refused) = send(&fcm, access, message(json!({"token": "t-2"}))).await;
    assert_eq!((status, &refused["error"]["details"]), (401, &json!([])));
}

async fn verify(captcha: &Recaptcha, secret: &str, token: &str) -> Value {
    let url = format!("{}/recaptcha/api/siteverify", captcha.url());
    let form = [("secret", secret), ("response", token)];
    client().post(url).form(&form).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_captcha_token_works_once_and_for_two_minutes() {
    let captcha = Recaptcha::start(0, Clock::stepped(NOW_MS)).await.unwrap();
    let good = verify(&captcha, Recaptcha::SECRET, "cap-ok-1").await;
    assert_eq!((&good["success"], &good["action"]), (&json!(true), &json!("callback")));
    assert_eq!(good["challenge_ts"], "2026-01-01T00:00:00Z");
    let errors = |said: &Value| said["error-codes"].clone();
    let used = verify(&captcha, Recaptcha::SECRET, "cap-ok-1").await;
    assert_eq!(errors(&used), json!(["timeout-or-duplicate"]));
    let minted = captcha.mint(0.7, "book");
    assert_eq!(errors(&verify(&captcha, "wrong", &minted).await), json!(["invalid-input-secret"]));
    captcha.clock().advance(Duration::from_secs(121));
    let late = verify(&captcha, Recaptcha::SECRET, &minted).await;
    assert_eq!(errors(&late), json!(["timeout-or-duplicate"]));
    let forged = verify(&captcha, Recaptcha::SECRET, "forged").await;
    assert_eq!(errors(&forged), json!(["invalid-input-response"]));
    assert_eq!(verify(&captcha, Recaptcha::SECRET, "cap-low").await["score"], 0.1);
    let missing = verify(&captcha, "", "").await;
    assert_eq!(errors(&missing), json!(["missing-input-secret", "missing-input-response"]));
}

#[tokio::test]
async fn enterprise_judges_the_same_tokens() {
    let captcha = Recaptcha::start(0, Clock::stepped(NOW_MS)).await.unwrap();
    let assess = |key: &str, token: &str| {
        let url = format!("{}/v1/projects/p/assessments?key={key}", captcha.url());
        let event = json!({"event": {"token": token, "siteKey": Recaptcha::SITE_KEY}});
        client().post(url).json(&event).send()
    };
    assert_eq!(assess("wrong", "cap-ok").await.unwrap().status(), 403);
    let good: Value = assess(Recaptcha::API_KEY, "cap-ok").await.unwrap().json().await.unwrap();
    assert_eq!(good["tokenProperties"]["valid"], true);
    assert_eq!(good["riskAnalysis"]["score"], 0.9);
    let used: Value = assess(Recaptcha::API_KEY, "cap-ok").await.unwrap().json().await.unwrap();
    assert_eq!(used["tokenProperties"]["invalidReason"], "DUPE");
}

#[tokio::test]
async fn designer_pushes_again_what_was_not_taken_under_the_same_key() {
    let owner = Owner::start();
    let csv = "name,virtualQueue,enabled\nCB_Sales,CB_Sales_VQ,true\n";
    let table = Table::from_csv(csv.as_bytes()).unwrap();
    let table = table.hours("BH_Sales", "America/New_York", &["mon", "tue"], "09:00", "17:00");
    let key = Credential::InternalKey("secret".to_owned());
    let clock = Clock::stepped(NOW_MS);
    let mut designer = Designer::new(clock.clone(), &owner.url, "t-1", key);
    owner.answer([200]);
    let pushed = designer.push_full(&table).await;
    assert!(pushed.taken() && pushed.tries == 1 && pushed.revision == 1);
    let update = &owner.updates()[0];
    assert_eq!(update.path, "/ges/internal/v1/tenants/t-1/callback-settings");
    assert_eq!((&update.body["mode"], &update.body["revision"]), (&json!("full"), &json!(1)));
    assert_eq!(update.body["businessHours"][0]["week"]["mon"][0]["start"], "09:00");
    owner.answer([503, 503, 200]);
    let turner = tokio::spawn(async move {
        loop {
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let pushed = designer.push_delta(&table, &["CB_Old"]).await;
    turner.abort();
    assert!(pushed.taken() && pushed.tries == 3 && pushed.revision == 2);
    assert_eq!(owner.updates()[3].body["removed"], json!(["CB_Old"]));
    owner.answer([409]);
    let stale = designer.push_wrongly(&table, Mistake::StaleRevision).await;
    assert_eq!((stale.status, stale.tries, stale.revision), (Some(409), 1, 2));
}
