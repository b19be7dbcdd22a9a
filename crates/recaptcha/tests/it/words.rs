//! The words on the wire.

use std::collections::BTreeMap;

use ges_contracts::given::now;
use ges_ports::{CaptchaVersion, HumanToken, Verdict};
use ges_simulators::Recaptcha;
use serde_json::json;

use crate::given::{adapter, pretended, site, vouch};

#[tokio::test]
async fn a_site_is_asked_by_a_form() {
    for version in [CaptchaVersion::V2, CaptchaVersion::V3] {
        let peer = pretended().await;
        let recaptcha = adapter(peer.url());
        let verdict = vouch(&recaptcha, version, "cap-ok", now()).await.unwrap();
        assert_eq!(verdict, Verdict::Human);
        let [call] = &peer.received()[..] else { panic!("one call") };
        assert_eq!((&*call.method, &*call.path), ("POST", "/recaptcha/api/siteverify"));
        let pairs = url::form_urlencoded::parse(call.body.as_bytes()).into_owned();
        let form: BTreeMap<String, String> = pairs.collect();
        let expected =
            [("remoteip", "203.0.113.7"), ("response", "cap-ok"), ("secret", Recaptcha::SECRET)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(form, expected.into());
    }
}

#[tokio::test]
async fn a_project_is_asked_by_an_event() {
    let peer = pretended().await;
    let recaptcha = adapter(peer.url());
    let version = CaptchaVersion::Enterprise;
    assert_eq!(vouch(&recaptcha, version, "cap-ok", now()).await.unwrap(), Verdict::Human);
    let [call] = &peer.received()[..] else { panic!("one call") };
    assert_eq!((&*call.method, &*call.path), ("POST", "/v1/projects/demo/assessments"));
    assert_eq!(call.query, format!("key={}", Recaptcha::API_KEY));
    let expected = json!({ "event": {
        "token": "cap-ok",
        "siteKey": Recaptcha::SITE_KEY,
        "expectedAction": "callback",
        "userIpAddress": "203.0.113.7",
    }});
    assert_eq!(call.json(), expected);
}

#[tokio::test]
async fn no_word_that_is_shown_holds_a_secret() {
    let peer = pretended().await;
    let recaptcha = adapter(peer.url());
    let token = HumanToken::new(String::from("cap-ok"));
    let shown = format!("{recaptcha:?} {:?} {token:?}", site(CaptchaVersion::V3));
    for secret in [Recaptcha::SECRET, "cap-ok"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_fault_does_not_tell_the_key_in_its_address() {
    let recaptcha = adapter("http://127.0.0.1:9");
    let answer = vouch(&recaptcha, CaptchaVersion::Enterprise, "cap-ok", now()).await;
    let shown = format!("{answer:?}");
    assert!(answer.is_err() && !shown.contains(Recaptcha::API_KEY), "{shown}");
}
