//! GAUTH, Environment and Configuration show one realm, and refuse whom the real ones refuse.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ges_simulators::gauth::GauthKnobs;
use ges_simulators::{Clock, Environment, Gauth, Gws, Realm};
use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::asks::client;

const TENANT: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00100";
const OTHER: &str = "9350e2fc-a1dd-4c65-8d40-1f75a2e00200";
const KEY: &str = "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";
const CALLBACK: &str = "http://127.0.0.1:3050/ges/signed-in";

fn realm() -> Realm {
    Realm::demo(Clock::stepped(1_767_225_600_000))
}

async fn token(gauth: &Gauth, form: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/auth/v3/oauth/token", gauth.url());
    let request = client().post(url).basic_auth("ges_client", Some("ges_client-secret"));
    let response = request.form(form).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

async fn get(url: String, token: &str) -> (u16, Value) {
    let response = client().get(url).bearer_auth(token).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

fn location(response: &Response) -> String {
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// A browser's way from authorize through the sign-in page to the code.
async fn sign_in(gauth: &Gauth, password: &str, challenge: &str) -> String {
    let authorize = Url::parse_with_params(
        &format!("{}/auth/v3/oauth/authorize", gauth.url()),
        [
            ("client_id", "ges_client"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "*"),
            ("state", "nonce"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ],
    )
    .unwrap();
    let page = location(&client().get(authorize).send().await.unwrap());
    assert!(page.starts_with("/auth/sign-in.html?type=workspace&continue="));
    let word = page.rsplit('=').next().unwrap();
    let html = client().get(format!("{}{page}", gauth.url())).send().await.unwrap();
    assert!(html.text().await.unwrap().contains(word));
    let form = [("username", "t100\\supervisor"), ("password", password), ("continue", word)];
    let posted = client().post(format!("{}/auth/v3/sign-in", gauth.url())).form(&form);
    location(&posted.send().await.unwrap())
}

#[tokio::test]
async fn a_person_signs_in_with_a_code_that_works_once() {
    let gauth = Gauth::start(0, realm()).await.unwrap();
    let verifier = "a-verifier-that-is-long-enough-for-everyone";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let refused = sign_in(&gauth, "wrong", &challenge).await;
    assert!(refused.starts_with("/auth/sign-in.html?error"));
    let back = Url::parse(&sign_in(&gauth, "password", &challenge).await).unwrap();
    let query: HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert!(back.as_str().starts_with(CALLBACK) && query["state"] == "nonce");
    let redeem = |verifier| {
        [
            ("grant_type", "authorization_code"),
            ("code", query["code"].as_str()),
            ("redirect_uri", CALLBACK),
            ("client_id", "ges_client"),
            ("code_verifier", verifier),
        ]
    };
    let (status, issued) = token(&gauth, &redeem(verifier)).await;
    assert_eq!((status, &issued["token_type"]), (200, &json!("bearer")));
    let (status, again) = token(&gauth, &redeem(verifier)).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));
    let access = issued["access_token"].as_str().unwrap();
    let userinfo = format!("{}/auth/v3/userinfo", gauth.url());
    let (_, info) = get(userinfo.clone(), access).await;
    assert_eq!(info["contactCenterId"], TENANT);
    assert_eq!((&info["dbid"], &info["loginName"]), (&json!(102), &json!("t100\\supervisor")));
    let signed_out = format!("{}/auth/v3/sign-out?global=true&redirectUri=/bye", gauth.url());
    let out = client().get(signed_out).bearer_auth(access).send().await.unwrap();
    assert_eq!((out.status().as_u16(), location(&out).as_str()), (302, "/bye"));
    assert_eq!(get(userinfo, access).await.0, 403);
}

#[tokio::test]
async fn a_code_is_bound_to_its_verifier_and_to_a_minute() {
    let gauth = Gauth::start(0, realm()).await.unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest("the-right-one"));
    for (verifier, wait_secs) in [("another", 0), ("the-right-one", 61)] {
        let back = Url::parse(&sign_in(&gauth, "password", &challenge).await).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        gauth.clock().advance(Duration::from_secs(wait_secs));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier),
        ];
        assert_eq!(token(&gauth, &form).await.1["error"], "invalid_grant", "{verifier}");
    }
}

#[tokio::test]
async fn a_browser_is_sent_nowhere_that_is_not_registered() {
    let gauth = Gauth::start(0, realm()).await.unwrap();
    for (client_id, redirect) in
        [("ges_client", "http://evil.example.net/"), ("unheard-of", CALLBACK)]
    {
        let url = Url::parse_with_params(
            &format!("{}/auth/v3/oauth/authorize", gauth.url()),
            [("client_id", client_id), ("redirect_uri", redirect), ("response_type", "code")],
        );
        assert_eq!(client().get(url.unwrap()).send().await.unwrap().status(), 400);
    }
}

#[tokio::test]
async fn tokens_come_by_password_by_refresh_and_for_the_service_itself() {
    let gauth = Gauth::start(0, realm()).await.unwrap();
    let password = |word| {
        [("grant_type", "password"), ("username", "t100\\administrator"), ("password", word)]
    };
    assert_eq!(token(&gauth, &password("wrong")).await.0, 400);
    let (_, person) = token(&gauth, &password("password")).await;
    let refresh = person["refresh_token"].as_str().unwrap();
    let again = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    assert_eq!(token(&gauth, &again).await.0, 200);
    assert_eq!(token(&gauth, &again).await.1["error"], "invalid_grant", "it works once");
    let (_, service) = token(&gauth, &[("grant_type", "client_credentials")]).await;
    assert!(service.get("refresh_token").is_none());
    let openid = format!("{}/auth/v3/openid/userinfo", gauth.url());
    let service = service["access_token"].as_str().unwrap();
    assert_eq!(get(openid.clone(), service).await.1["aud"], json!(["ges_client"]));
    gauth.clock().advance(Duration::from_hours(13));
    assert_eq!(get(openid, service).await.0, 403, "twelve hours are over");
    let url = format!("{}/auth/v3/oauth/token", gauth.url());
    let wrong = client().post(url).basic_auth("ges_client", Some("no")).form(&again);
    let wrong = wrong.send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert!(wrong.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    assert_eq!(
        token(&gauth, &[("grant_type", "magic")]).await.1["error"],
        "unsupported_grant_type"
    );
}

#[tokio::test]
async fn gauth_can_get_its_own_trade_wrong() {
    let gauth = Gauth::start(0, realm()).await.unwrap();
    let access = gauth.realm().token_of("t100\\supervisor", "ges_client").unwrap();
    let userinfo = || get(format!("{}/auth/v3/userinfo", gauth.url()), &access);
    gauth.misbehave(|knobs| knobs.wrong_contact_center = Some(OTHER.to_owned()));
    assert_eq!(userinfo().await.1["contactCenterId"], OTHER);
    gauth.misbehave(|knobs| knobs.storm_403 = true);
    assert_eq!(userinfo().await.0, 403);
    gauth.misbehave(|knobs| *knobs = GauthKnobs::default());
    assert_eq!(userinfo().await.0, 200);
    gauth.misbehave(|knobs| knobs.skew_ms = 50_000_000);
    assert_eq!(userinfo().await.0, 403);
    gauth.misbehave(|knobs| knobs.skew_ms = 0);
    gauth.realm().expire_tokens();
    assert_eq!(userinfo().await.0, 403);
}

#[tokio::test]
async fn clients_are_provisioned_by_the_operations_user() {
    let gauth = Gauth::start(0, realm()).await.unwrap();
    let url = format!("{}/auth/v3/ops/clients", gauth.url());
    let body = json!({"data": {"client_id": "fresh", "client_secret": "s",
        "authorizedGrantTypes": ["client_credentials"], "redirectURIs": []}});
    let create =
        |word: &'static str| client().post(&url).basic_auth("ops", Some(word)).json(&body).send();
    assert_eq!(create("wrong").await.unwrap().status(), 401);
    assert_eq!(create("ops-secret").await.unwrap().status(), 200);
    assert_eq!(create("ops-secret").await.unwrap().status(), 409);
    let token = client()
        .post(format!("{}/auth/v3/oauth/token", gauth.url()))
        .basic_auth("fresh", Some("s"))
        .form(&[("grant_type", "client_credentials")]);
    assert_eq!(token.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn environment_tells_whose_a_key_is_and_changes_show() {
    let realm = realm();
    let gauth = Gauth::start(0, realm.clone()).await.unwrap();
    let environment = Environment::start(0, realm).await.unwrap();
    let (_, service) = token(&gauth, &[("grant_type", "client_credentials")]).await;
    let service = service["access_token"].as_str().unwrap();
    let at = |path: &str| format!("{}/environment/v3/{path}", environment.url());
    let (status, said) = get(at(&format!("api-keys/{KEY}")), service).await;
    assert_eq!((status, &said["data"]["contactCenterId"]), (200, &json!(TENANT)));
    assert_eq!(said["status"]["code"], 0);
    assert_eq!(get(at("api-keys/unheard-of"), service).await.0, 404);
    assert_eq!(get(at(&format!("api-keys/{KEY}")), "forged").await.0, 401);
    let person = gauth.realm().token_of("t100\\administrator", "ges_client").unwrap();
    assert_eq!(get(at("contact-centers"), &person).await.0, 403);
    let ops = |request: reqwest::RequestBuilder| request.basic_auth("ops", Some("ops-secret"));
    let fresh = json!({"data": {"key": "another-key"}});
    let keys = at(&format!("contact-centers/{OTHER}/api-keys"));
    assert_eq!(ops(client().post(&keys)).json(&fresh).send().await.unwrap().status(), 200);
    assert_eq!(ops(client().post(&keys)).json(&fresh).send().await.unwrap().status(), 409);
    let (_, said) = get(at("api-keys/another-key"), service).await;
    assert_eq!(said["data"]["contactCenterId"], OTHER);
    let origin = json!({"data": {"location": "/USW1", "name": "cors-origins", "shared": "true",
        "value": "https://a"}});
    let settings = at(&format!("contact-centers/{TENANT}/settings"));
    assert_eq!(ops(client().post(&settings)).json(&origin).send().await.unwrap().status(), 200);
    let (_, said) = get(settings, service).await;
    assert!(said["data"]["settings"].to_string().contains("https://a"));
    let (_, said) = get(at(&format!("contact-centers/{TENANT}/data-centers")), service).await;
    assert_eq!(said["data"]["dataCenters"][0]["location"], "/USW1");
}

#[tokio::test]
async fn configuration_tells_roles_and_what_a_person_may_see() {
    let realm = realm();
    let gws = Gws::start(0, realm.clone(), None).await.unwrap();
    let token = realm.token_of("t100\\narrow", "ges_client").unwrap();
    let at = |ccid: &str, path: &str| {
        format!("{}/configuration/v3/contact-centers/{ccid}/{path}", gws.url())
    };
    let (_, groups) = get(at(TENANT, "persons/103/access-groups"), &token).await;
    assert_eq!(groups["data"]["accessGroups"][0]["name"], "Tenant100 Supervisors");
    let (_, legacy) = get(at(TENANT, "persons/106"), &token).await;
    assert_eq!(legacy["data"]["annex"]["ges"]["role"], "Supervisor");
    let asked = "permissions?personDbid=103&objectType=dn&objectNames=CB_Sales_VQ,CB_Support_VQ,x";
    let (_, may) = get(at(TENANT, asked), &token).await;
    let objects = may["data"]["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0]["permissions"], json!(["Read", "Execute"]));
    assert_eq!(objects[1]["permissions"], json!([]));
    let (_, proxies) = get(at(TENANT, "ges-vq-proxies"), &token).await;
    assert_eq!(proxies["data"]["proxies"][0]["name"], "CB_Support_VQ");
    assert_eq!(get(at(TENANT, "ges-vq-proxies/CB_Sales_VQ"), &token).await.0, 404);
    assert_eq!(get(at(OTHER, "persons/101"), &token).await.0, 403);
    assert_eq!(get(at(TENANT, "persons/999"), &token).await.0, 404);
    assert_eq!(get(at(TENANT, "persons/103"), "forged").await.0, 401);
}
