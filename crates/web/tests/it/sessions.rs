//! What sessions and flows are answered: the statuses and words that their scripts look for.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::house::{House, INTERNAL, OTHER, TENANT, Told, internal};

struct Session<'a> {
    house: &'a House,
    id: String,
    token: String,
}

impl Session<'_> {
    async fn say(&self, method: Method, what: &str, body: Option<&Value>) -> Told {
        let path = format!("/ges/internal/v1/callbacks/{}{what}", self.id);
        let bearer = format!("Bearer {}", self.token);
        let request = TestRequest::with_uri(&path).method(method);
        let request = request.insert_header(("authorization", bearer));
        let request = match body {
            Some(body) => request.set_json(body),
            None => request,
        };
        self.house.ask(request).await
    }

    async fn post(&self, what: &str, body: Value) -> Told {
        self.say(Method::POST, what, Some(&body)).await
    }

    async fn state(&self, seq: u32, state: &str) -> Told {
        let reason = (state == "COMPLETED").then_some("AGENT_CONNECTED");
        self.post("/state", json!({"attempt": 1, "seq": seq, "state": state, "reason": reason}))
            .await
    }
}

async fn session(house: &House) -> Session<'_> {
    let (id, token) = house.submitted().await;
    Session { house, id, token }
}

fn started(session: char) -> Value {
    json!({"attempt": 1, "sessionId": session.to_string().repeat(32), "node": "ors-1", "startedAt": 1})
}

#[actix_web::test]
async fn a_session_lives_from_its_start_to_its_end() {
    let house = House::open().await;
    let session = session(&house).await;
    assert_eq!(session.post("/started", started('A')).await.status, 204);
    assert_eq!(session.post("/started", started('A')).await.status, 204, "a repeat");
    for (seq, state) in (1..).zip(["QUEUED", "ROUTING", "PROCESSING", "COMPLETED"]) {
        let told = session.state(seq, state).await;
        assert_eq!((told.status.as_u16(), told.bytes.len()), (204, 0), "{state}");
    }
    assert_eq!(session.state(4, "COMPLETED").await.status, 204, "the same once more");
    let late = session.state(5, "QUEUED").await;
    assert_eq!((late.status.as_u16(), late.code()), (410, 41_000));
    assert!(late.message().starts_with("completed"));
}

#[actix_web::test]
async fn what_a_session_may_not_say_is_refused_in_the_contracts_words() {
    let house = House::open().await;
    let session = session(&house).await;
    session.post("/started", started('A')).await;
    let second = session.post("/started", started('B')).await;
    assert_eq!((second.status.as_u16(), second.code()), (409, 40_902));
    assert!(second.message().starts_with("superseded"));
    session.state(3, "QUEUED").await;
    let stale = session.state(2, "ROUTING").await;
    assert_eq!((stale.status.as_u16(), stale.code()), (409, 40_903));
    assert!(stale.message().starts_with("stale_seq"));
    let skipped = session.state(4, "PROCESSING").await;
    assert_eq!(skipped.status, 204, "a word between may have been lost on its way");
    let back = session.state(5, "ROUTING").await;
    assert_eq!((back.status.as_u16(), back.code()), (409, 40_904));
    assert!(back.message().starts_with("illegal_transition"));
    let other = session.post("/state", json!({"attempt": 2, "seq": 9, "state": "QUEUED"})).await;
    assert_eq!((other.status.as_u16(), other.code()), (401, 40_102));
}

#[actix_web::test]
async fn a_token_speaks_for_its_own_callback_alone() {
    let house = House::open().await;
    let mine = session(&house).await;
    let others = session(&house).await;
    for (id, token, status) in [
        (&mine.id, String::new(), 401),
        (&mine.id, String::from("nonsense"), 401),
        (&mine.id, others.token.clone(), 401),
        (&mine.id, format!("{OTHER}/{}/1", mine.id), 404),
        (&String::from("not-a-uuid"), mine.token.clone(), 404),
        (&String::from("018f2b1c-0000-7000-8000-00000000ffff"), mine.token.clone(), 404),
    ] {
        let session = Session { house: &house, id: id.clone(), token };
        let told = session.say(Method::GET, "", None).await;
        assert_eq!(told.status, status, "{id} {}", session.token);
        assert!(told.code() >= 40_000);
    }
    let bare = format!("/ges/internal/v1/callbacks/{}", mine.id);
    let with_key = house.ask(internal(Method::GET, &bare)).await;
    assert_eq!(with_key.status, 401, "the internal key is no token");
}

#[actix_web::test]
async fn a_session_keeps_what_it_wants_within_its_limits() {
    let house = House::open().await;
    let session = session(&house).await;
    let patch = json!({"a": 1, "b": "x", "c": true, "d": 0.5});
    let kept = session.say(Method::PATCH, "/storage", Some(&patch)).await;
    assert_eq!((kept.status.as_u16(), kept.text()), (200, r#"{"version":1}"#));
    session.say(Method::PATCH, "/storage", Some(&json!({"b": null}))).await;
    let read = session.say(Method::GET, "/storage", None).await;
    assert_eq!(read.json(), json!({"version": 2, "data": {"a": 1, "c": true, "d": 0.5}}));
    let read = session.say(Method::GET, "/storage?keys=c,zzz", None).await;
    assert_eq!(read.json()["data"], json!({"c": true}));
    let large = json!({"e": "x".repeat(5000)});
    let full = session.say(Method::PATCH, "/storage", Some(&large)).await;
    assert_eq!((full.status.as_u16(), full.code()), (413, 41_301));
    let nested = session.say(Method::PATCH, "/storage", Some(&json!({"e": {}}))).await;
    assert_eq!((nested.status.as_u16(), nested.code()), (400, 40_001));
    session.state(1, "COMPLETED").await;
    let late = session.say(Method::PATCH, "/storage", Some(&json!({"f": 1}))).await;
    assert_eq!(late.json(), json!({"version": 3}), "for a minute after the end");
    house.turn(61);
    let too_late = session.say(Method::PATCH, "/storage", Some(&json!({"g": 1}))).await;
    assert_eq!(too_late.status, 410);
}

#[actix_web::test]
async fn a_session_reads_its_callback_and_the_settings_it_was_booked_under() {
    let house = House::open().await;
    let session = session(&house).await;
    let record = session.say(Method::GET, "", None).await.json();
    assert_eq!(record["id"], session.id);
    assert_eq!(record["ccid"], TENANT);
    assert_eq!(record["virtualQueue"], "CB_Open_VQ");
    assert_eq!(record["attempt"], 1);
    assert_eq!(record["settings"]["duplicatePolicy"], "allow");
}

#[actix_web::test]
async fn a_customer_is_told_once_that_the_call_is_near() {
    let house = House::open().await;
    let session = session(&house).await;
    let notice = json!({"event": "CALLBACK_UPCOMING"});
    assert_eq!(session.post("/notify", notice.clone()).await.status, 202);
    let again = session.post("/notify", notice).await;
    assert_eq!((again.status.as_u16(), again.code()), (409, 40_905));
    let unknown = session.post("/notify", json!({"event": "CALLBACK_OVER"})).await;
    assert!(unknown.message().starts_with("event is not one of"));
}

#[actix_web::test]
async fn a_flow_reads_how_many_are_under_way() {
    let house = House::open().await;
    let session = session(&house).await;
    session.state(1, "QUEUED").await;
    let path = |queue: &str| format!("/ges/internal/v1/tenants/{TENANT}/queues/{queue}/watermark");
    let read = house.ask(internal(Method::GET, &path("CB_Open_VQ"))).await;
    assert_eq!(read.text(), r#"{"outcome":"WATERMARK_OK","watermark":1}"#);
    assert_eq!(house.ask(internal(Method::GET, &path("Nobodys_VQ"))).await.code(), 40_401);
    let shut = house.ask(TestRequest::with_uri(&path("CB_Open_VQ"))).await;
    assert_eq!((shut.status.as_u16(), shut.code()), (401, 40_103));
    let wrong = TestRequest::with_uri(&path("CB_Open_VQ"));
    let wrong = wrong.insert_header(("x-ges-internal-key", format!("{INTERNAL}2")));
    assert_eq!(house.ask(wrong).await.status, 401);
}

#[actix_web::test]
async fn a_customer_who_calls_in_ends_the_callbacks_of_that_number() {
    let house = House::open().await;
    let (id, _) = house.submitted().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550199"});
    house.create(&wish).await.data();
    let path = format!("/ges/internal/v1/tenants/{TENANT}/callbacks/called-in");
    let arrived = json!({"phoneNumber": "415 555 0101", "virtualQueue": "CB_Open_VQ"});
    let told = house.ask(internal(Method::POST, &path).set_json(&arrived)).await;
    assert_eq!(told.data(), json!({"completed": [id]}));
    let told = house.ask(internal(Method::POST, &path).set_json(&arrived)).await;
    assert_eq!(told.data(), json!({"completed": []}));
    assert_eq!(house.open_callbacks().await, 1);
}
