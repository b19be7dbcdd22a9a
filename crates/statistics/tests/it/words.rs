//! The words on the wire.

use std::collections::BTreeMap;

use ges_contracts::given::{after_secs, now};
use serde_json::{Value, json};

use crate::given::{Platform, account, ask, body};

#[tokio::test]
async fn an_account_signs_in_and_a_question_goes_out_as_it_came() {
    let platform = Platform::start().await;
    let service = platform.adapter();
    let figures = ask(&service, "A", now()).await.unwrap();
    let figures: Value = serde_json::from_str(&figures).unwrap();
    assert_eq!(figures["statistics"][0]["value"], json!(3));

    let [grant] = &platform.gauth.received()[..] else { panic!("one sign-in") };
    assert_eq!((&*grant.method, &*grant.path), ("POST", "/auth/v3/oauth/token"));
    assert!(grant.header("authorization").unwrap().starts_with("Basic "));
    let form: BTreeMap<String, String> =
        url::form_urlencoded::parse(grant.body.as_bytes()).into_owned().collect();
    let expected = [
        ("client_id", "ges_client"),
        ("grant_type", "password"),
        ("password", "password"),
        ("scope", "*"),
        ("username", "t100\\supervisor"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form, expected.into());

    let [question] = &platform.gws.received()[..] else { panic!("one question") };
    let path = "/statistics/v3/operations/get-statistic-ex";
    assert_eq!((&*question.method, &*question.path), ("POST", path));
    assert_eq!(question.header("content-type"), Some("application/json"));
    assert!(question.header("authorization").unwrap().starts_with("Bearer "));
    assert_eq!(question.body, body("A"));
}

#[tokio::test]
async fn a_token_is_bought_once_and_again_at_four_fifths_of_its_life() {
    let platform = Platform::start().await;
    let service = platform.adapter();
    // It lives for 43 199 seconds.
    for (second, bought) in [(0, 1), (400, 1), (34_000, 1), (34_560, 2)] {
        ask(&service, "A", after_secs(second)).await.unwrap();
        assert_eq!(platform.gauth.received().len(), bought, "at {second}");
    }
}

#[tokio::test]
async fn no_word_that_is_shown_holds_a_secret() {
    let platform = Platform::start().await;
    let service = platform.adapter();
    let shown = format!("{service:?} {:?}", account("sesame"));
    for secret in ["ges_client-secret", "sesame"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
