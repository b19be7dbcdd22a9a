//! Everybody else: the push service, the captcha, the statistics and the platform, each pretended by a real server, and a
//! contact centre that has an account with each of them.

use std::time::{Duration, Instant};

use ges_simulators as sim;
use serde_json::{Value, json};

use crate::node::Node;
use crate::stage::{INTERNAL, KEY, PATIENCE, Said, Stage, TENANT, phone};

const OTHER: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00200";
/// The key that the pretended platform gave the first contact centre.
const PLATFORM_KEY: &str = "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";
const PASSWORD: &str = "a-password-of-the-figures";

/// The neighbours beside the orchestration server.
pub(crate) struct Peers {
    pub(crate) gauth: sim::Gauth,
    pub(crate) environment: sim::Environment,
    pub(crate) gws: sim::Gws,
    pub(crate) fcm: sim::Fcm,
    pub(crate) recaptcha: sim::Recaptcha,
}

impl Peers {
    pub(crate) async fn start() -> Self {
        let clock = sim::Clock::running(1.0);
        let realm = sim::Realm::demo(clock.clone());
        realm.with(|known| {
            for person in &mut known.people {
                PASSWORD.clone_into(&mut person.password);
            }
        });
        let gws = sim::Gws::start(0, realm.clone(), None).await.unwrap();
        gws.tell("CB_Support_VQ", "CurrentNumberWaitingCalls", json!(3));
        Self {
            gauth: sim::Gauth::start(0, realm.clone()).await.unwrap(),
            environment: sim::Environment::start(0, realm).await.unwrap(),
            fcm: sim::Fcm::start(0, clock.clone()).await.unwrap(),
            recaptcha: sim::Recaptcha::start(0, clock).await.unwrap(),
            gws,
        }
    }

    /// The sections of a configuration that name them.
    pub(crate) fn sections(&self) -> String {
        let (fcm, recaptcha) = (self.fcm.url(), self.recaptcha.url());
        let (gws, gauth) = (self.gws.url(), self.gauth.url());
        format!(
            "[fcm]\nurl = \"{fcm}\"\ntoken_url = \"{fcm}/token\"\n\
             [recaptcha]\nverify_url = \"{recaptcha}/recaptcha/api/siteverify\"\nenterprise_url = \"{recaptcha}\"\n\
             [statistics]\nurl = \"{gws}\"\nauth_url = \"{gauth}\"\nclient_secret = \"ges_client-secret\"\n"
        )
    }

    /// The sections with which the platform says who may ask.
    pub(crate) fn platform(&self) -> String {
        format!(
            "[auth.gauth]\nurl = \"{}\"\nclient_secret = \"ges_client-secret\"\n\
             [auth.environment]\nurl = \"{}\"\n[auth.configuration]\nurl = \"{}\"\n",
            self.gauth.url(),
            self.environment.url(),
            self.gws.url(),
        )
    }

    /// A token of a person, or of a program where no person is named.
    pub(crate) async fn token(&self, stage: &Stage, client: &str, person: Option<&str>) -> String {
        let mut form = vec![("scope", "*")];
        match person {
            Some(person) => form.extend([
                ("grant_type", "password"),
                ("username", person),
                ("password", PASSWORD),
                ("client_id", client),
            ]),
            None => form.push(("grant_type", "client_credentials")),
        }
        let secret = format!("{client}-secret");
        let url = format!("{}/auth/v3/oauth/token", self.gauth.url());
        let request = stage.http.post(url).basic_auth(client, Some(secret)).form(&form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(crate) fn service_account(&self) -> Value {
        json!({ "serviceAccount": self.fcm.service_account() })
    }
}

pub(crate) fn captcha(fail_mode: &str) -> Value {
    json!({
        "provider": "v3", "siteKey": sim::Recaptcha::SITE_KEY, "secret": sim::Recaptcha::SECRET,
        "minScore": 0.5, "action": "callback", "hostnames": ["www.example.com"],
        "failMode": fail_mode,
    })
}

pub(crate) fn statistics() -> Value {
    json!({ "userName": "t100\\supervisor", "password": PASSWORD })
}

fn figures() -> Value {
    json!({ "data": { "statistics": [
        { "objectId": "CB_Support_VQ", "objectType": "Queue", "name": "CurrentNumberWaitingCalls" },
    ]}})
}

/// A stage on which keys come from the access file and a person of the console may do everything.
async fn local(queue_ms: i64) -> (Stage, Peers, Node, String) {
    let peers = Peers::start().await;
    let script = sim::ors::Script { queue_ms, ..crate::stage::quick() };
    let stage = Stage::with(sim::OrsConfig::default().script(script)).await;
    stage.configure(&peers.sections());
    let node = stage.open().await;
    let token = stage.administrator(&node).await;
    (stage, peers, node, token)
}

impl Stage {
    /// Waits until the administrator of the first start is in, and answers their bearer token.
    pub(crate) async fn administrator(&self, node: &Node) -> String {
        use ges_auth::Local;
        use ges_domain::access::Role;
        use ges_ports::Secret;

        let path = self.folder.path().join("ges-data/access.toml");
        let now = ges_domain::time::Timestamp::UNIX_EPOCH;
        let access = Local::open(&path, std::sync::Arc::new(NoChance), now).unwrap();
        let token = "a-token-of-the-console-000000000001";
        let roles = [Role::Administrator].into_iter().collect();
        let tenant = TENANT.parse().unwrap();
        access.add_application(tenant, "console", &Secret::new(token), &roles, now).unwrap();
        let begun = Instant::now();
        while self.desk(node, "GET", "/credentials", token, None).await.status != 200 {
            assert!(begun.elapsed() < PATIENCE, "the console is not let in");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        token.to_owned()
    }

    /// Asks the people's API.
    pub(crate) async fn desk(
        &self,
        node: &Node,
        method: &str,
        path: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Said {
        let url = format!("{}/ges/api/v1{path}", node.url);
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await.unwrap()
    }

    /// Enters a credential, which is good and does not come back.
    pub(crate) async fn enter(&self, node: &Node, token: &str, kind: &str, body: &Value) {
        let said = self.desk(node, "PUT", &format!("/credentials/{kind}"), token, Some(body)).await;
        assert_eq!(said.status, 200, "{said:?}");
        let text = said.body.to_string();
        for secret in [PASSWORD, sim::Recaptcha::SECRET, "PRIVATE KEY"] {
            assert!(!text.contains(secret), "a secret came back: {text}");
        }
        let tried =
            self.desk(node, "POST", &format!("/credentials/{kind}/test"), token, None).await;
        assert_eq!(tried.body["data"]["ok"], true, "{tried:?}");
    }
}

/// Adding a program draws nothing.
struct NoChance;

impl ges_ports::Chance for NoChance {
    fn draw(&self) -> [u8; 32] {
        [0; 32]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_told_once_that_the_call_is_near_and_a_client_may_tell_it_more() {
    let (stage, peers, node, token) = local(600_000).await;
    stage.enter(&node, &token, "push", &peers.service_account()).await;
    let wish = json!({
        "serviceName": "CB_Support", "phoneNumber": phone(1), "language": "de-DE",
        "pushTargets": [{ "channel": "FCM", "target": "tok-503:1" }, { "channel": "FCM", "target": "tok-unregistered" }],
    });
    let id = stage.ask(&node, "/callbacks/create", &wish).await.id();
    stage.until(&node, &id, "QUEUED").await;
    let update = stage.update_token();
    let notify = async || {
        let url = format!("{}/ges/internal/v1/callbacks/{id}/notify", node.url);
        let request = stage.http.post(url).bearer_auth(&update);
        stage.send(request.json(&json!({ "event": "CALLBACK_UPCOMING" }))).await.unwrap().status
    };
    assert_eq!(notify().await, 202);
    let delivered = || {
        let all = peers.fcm.messages();
        all.into_iter().filter(|one| !one.validated_only).collect::<Vec<_>>()
    };
    let begun = Instant::now();
    while delivered().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nobody was told: {:?}", peers.fcm.received());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(notify().await, 409, "it was sent already");
    let event = json!({ "title": "Ready?", "body": "Soon." });
    let publish = |target: &str, check: bool| json!({ "channel": "FCM", "target": target, "event": event, "validate_only": check });
    for (target, check, status, code) in [
        ("tok-1", false, 200, 0),
        ("tok-1", true, 200, 0),
        ("tok-unregistered", false, 400, 40_001),
    ] {
        let said = stage.ask(&node, "/notification/publish", &publish(target, check)).await;
        assert_eq!((said.status, said.code()), (status, code), "{said:?}");
    }
    let delivered = delivered();
    assert_eq!(delivered.len(), 2, "the notice once, and the client's own once: {delivered:?}");
    assert_eq!(delivered[0].message["data"]["callbackId"], id);
    let (_, metrics) = stage.get(&node, "/metrics").await;
    let sent = format!("ges_push_notifications_sent{{tenant=\"{TENANT}\"}} 2");
    assert!(metrics.contains(&sent), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captcha_guards_bookings_and_its_fail_mode_decides_while_it_is_away() {
    let (stage, peers, node, token) = local(40).await;
    stage.enter(&node, &token, "captcha", &captcha("closed")).await;
    let book = async |number: u32, captcha: Option<&str>| {
        let mut wish = json!({ "serviceName": "CB_Support", "phoneNumber": phone(number) });
        if let Some(captcha) = captcha {
            wish["captchaToken"] = json!(captcha);
        }
        let said = stage.ask(&node, "/callbacks/create", &wish).await;
        (said.status, said.code())
    };
    assert_eq!(book(1, None).await, (400, 40_011));
    assert_eq!(book(1, Some("cap-low")).await, (400, 40_012));
    assert_eq!(book(1, Some("cap-ok-1")).await, (200, 0));
    assert_eq!(book(2, Some("cap-ok-1")).await, (400, 40_012), "a token books once");
    let verify = async |captcha: &str| {
        let body = json!({ "siteKey": sim::Recaptcha::SITE_KEY, "captchaToken": captcha });
        stage.ask(&node, "/captcha/verify", &body).await.body["data"]["success"].clone()
    };
    assert_eq!((verify("cap-ok-2").await, verify("cap-dup").await), (json!(true), json!(false)));
    peers.recaptcha.stop().await;
    assert_eq!(book(3, Some("cap-ok-3")).await, (503, 50_300));
    let said =
        stage.desk(&node, "PUT", "/credentials/captcha", &token, Some(&captcha("open"))).await;
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(book(3, Some("cap-ok-3")).await, (200, 0), "unchecked");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_asked_once_for_equal_questions_and_not_without_an_account() {
    let (stage, peers, node, token) = local(40).await;
    let path = "/statistics/operations/get-statistic-ex";
    let none = stage.ask(&node, path, &figures()).await;
    assert_eq!((none.status, none.code()), (401, 40_101));
    stage.enter(&node, &token, "statistics", &statistics()).await;
    peers.gws.forget();
    for _again in 0..3 {
        let said = stage.ask(&node, path, &figures()).await;
        assert_eq!(said.body["data"]["statistics"][0]["value"], 3, "{said:?}");
    }
    assert_eq!(peers.gws.received().len(), 1, "the answer is kept");
    let wrong = json!({ "userName": "t100\\supervisor", "password": "changed" });
    let said = stage.desk(&node, "PUT", "/credentials/statistics", &token, Some(&wrong)).await;
    assert_eq!(said.status, 200, "{said:?}");
    let refused = stage.ask(&node, path, &figures()).await;
    assert_eq!((refused.status, refused.code()), (401, 40_101));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_says_who_may_ask_and_its_last_word_stands_while_it_is_silent() {
    let peers = Peers::start().await;
    let stage = Stage::set().await;
    stage.configure_as("[auth]\nmode = \"gws\"\n", &peers.platform());
    let node = stage.open().await;
    let path = "/engagement/v3/callbacks/open-for/CB_Support";
    let ask = async |key: &str| {
        let request = stage.http.get(format!("{}{path}", node.url)).header("x-api-key", key);
        stage.send(request).await.unwrap().code()
    };
    assert_eq!((ask(PLATFORM_KEY).await, ask(KEY).await), (0, 40_100));
    let publish = async |token: &str, tenant: &str, revision: u64| {
        let path = format!("/ges/internal/v1/tenants/{tenant}/callback-settings");
        let body = json!({ "table": "CALLBACK_SETTINGS", "revision": revision, "mode": "delta" });
        let request = stage.http.put(format!("{}{path}", node.url)).bearer_auth(token).json(&body);
        let said = stage.send(request).await.unwrap();
        (said.status, said.code())
    };
    let designer = peers.token(&stage, "designer_client", None).await;
    let other = peers.token(&stage, "other_client", None).await;
    assert_eq!(publish(&designer, TENANT, 2).await, (200, 0));
    assert_eq!(publish(&other, TENANT, 3).await, (403, 40_300));
    assert_eq!(publish("forged", TENANT, 3).await, (401, 40_103));
    assert_eq!(publish(&designer, "9350e2fc-a1dd-4c65-8d40-1f75a2e00999", 3).await, (404, 40_401));
    let person = peers.token(&stage, "ges_client", Some("t200\\administrator")).await;
    let told = stage.desk(&node, "GET", "/me", &person, None).await;
    assert_eq!(told.body["data"]["tenant"]["id"], OTHER, "{told:?}");
    peers.environment.stop().await;
    assert_eq!((ask(PLATFORM_KEY).await, ask("a-key-that-nobody-asked-about").await), (0, 50_300));
    let begun = Instant::now();
    loop {
        let (_, metrics) = stage.get(&node, "/metrics").await;
        if metrics.contains("GWS_ENV_STATUS 1") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the gauge never rose");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_of_a_contact_centre_is_written_anywhere() {
    let peers = Peers::start().await;
    let stage = Stage::set().await;
    stage.configure(&format!("{}[log]\nlevel = \"trace\"\n", peers.sections()));
    let node = stage.open().await;
    let token = stage.administrator(&node).await;
    stage.enter(&node, &token, "push", &peers.service_account()).await;
    stage.enter(&node, &token, "captcha", &captcha("closed")).await;
    stage
        .enter(
            &node,
            &token,
            "statistics",
            &json!({"userName": "t100\\monitor", "password": PASSWORD}),
        )
        .await;
    let wish = json!({ "serviceName": "CB_Support", "phoneNumber": phone(4712), "captchaToken": "cap-ok-of-the-customer" });
    let id = stage.ask(&node, "/callbacks/create", &wish).await.id();
    stage.until(&node, &id, "COMPLETED").await;
    stage.ask(&node, "/statistics/operations/get-statistic-ex", &figures()).await;
    let made =
        stage.desk(&node, "POST", "/api-keys", &token, Some(&json!({"name": "website"}))).await;
    let key = made.body["data"]["key"].as_str().unwrap().to_owned();
    let (_, metrics) = stage.get(&node, "/metrics").await;
    let account = peers.fcm.service_account();
    let pem = account["private_key"].as_str().unwrap();
    let line = pem.lines().nth(3).unwrap();
    let granted: Vec<String> = peers.gauth.received().iter().map(|it| it.body.clone()).collect();
    assert!(granted.iter().any(|body| body.contains(PASSWORD)), "a token was bought");
    let secrets = [
        line,
        sim::Recaptcha::SECRET,
        "cap-ok-of-the-customer",
        &token,
        &key,
        INTERNAL,
        PASSWORD,
        "ges_client-secret",
    ];
    let mut written =
        vec![(String::from("the log"), node.log()), (String::from("metrics"), metrics)];
    for file in std::fs::read_dir(stage.folder.path().join("ges-data")).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        written.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert!(written.len() > 4, "the store was read");
    for (place, text) in &written {
        for secret in secrets {
            assert!(!text.contains(secret), "`{secret}` was written to {place}");
        }
    }
}
