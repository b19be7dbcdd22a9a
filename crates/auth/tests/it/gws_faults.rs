//! Services that fail, lie or dawdle: what each becomes, and that nobody gets more rights by it.

use std::error::Error as _;
use std::fmt::Write as _;

use ges_auth::SecretSource;
use ges_auth::gws::{ConfigError, Gws};
use ges_ports::{Credentials, FaultKind, People, Tenants};
use ges_simulators::{Action, Answer, Fault};
use url::Url;

use crate::given::{key, now};
use crate::platform::{Platform, first, heard, proof};

const KEY: &str = "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";

#[tokio::test]
async fn an_answer_that_is_none_is_a_fault_and_never_an_owner() {
    let other = "9350e2fc-a1dd-4c65-8d40-1f75a2e00200";
    for body in [
        String::new(),
        String::from("<html>"),
        String::from("{}"),
        String::from(r#"{"status":{"code":0}}"#),
        String::from(r#"{"status":{"code":0},"data":{"contactCenterId":"nonsense"}}"#),
        format!(r#"{{"status":{{"code":7}},"data":{{"contactCenterId":"{other}"}}}}"#),
        format!(r#"{{"status":{{"code":0}},"data":{{"key":"b","contactCenterId":"{other}"}}}}"#),
    ] {
        let platform = Platform::new().await;
        let gws = platform.adapter();
        platform.environment.answer_with(Answer::text(200, &body));
        let fault = gws.identify(&key(KEY), now()).await.unwrap_err();
        assert_eq!((fault.peer, fault.kind), ("environment", FaultKind::Misbehaved), "{body}");
        let owner = gws.identify(&key(KEY), now()).await.unwrap();
        assert_eq!(owner, Some(first()), "and it is not remembered");
    }
}

#[tokio::test]
async fn a_tenant_that_answers_for_another_is_not_believed() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let other = r#"{"status":{"code":0},"data":{"id":"9350e2fc-a1dd-4c65-8d40-1f75a2e00200"}}"#;
    platform.environment.answer_with(Answer::text(200, other));
    assert!(gws.find(first(), now()).await.is_err());
}

#[tokio::test]
async fn who_never_answers_is_waited_for_no_longer_than_agreed() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    gws.identify(&key("warm"), now()).await.unwrap();
    platform.environment.stall_next();
    let fault = gws.identify(&key(KEY), now()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut);
}

#[tokio::test]
async fn no_fault_tells_a_key_or_a_secret() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    platform.environment.inject(Fault::always(Action::HangUp));
    let fault = gws.identify(&key(KEY), now()).await.unwrap_err();
    let mut told = format!("{fault} {fault:?} {gws:?}");
    let mut source = fault.source();
    while let Some(error) = source {
        write!(told, " {error} {error:?}").unwrap();
        source = error.source();
    }
    for secret in [KEY, "ges_client-secret", "Z2VzX2NsaWVudD"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn wrong_credentials_of_our_own_are_the_operators_business() {
    let platform = Platform::new().await;
    let mut config = platform.config();
    config.gauth.client_secret = SecretSource::Text(String::from("wrong"));
    let gws = Gws::new(config, &platform.client).unwrap();
    let fault = gws.identify(&key(KEY), now()).await.unwrap_err();
    assert_eq!((fault.peer, fault.kind), ("gauth", FaultKind::Misbehaved));
    assert_eq!(heard(&platform.gauth, "/oauth/token"), 1, "a refusal is not tried again");
    let code = platform.code(&platform.adapter(), "t100\\monitor").await;
    assert!(gws.sign_in(&proof(code), now()).await.is_err(), "the person is not to blame");
    let [gauth, environment, _] = gws.probe(now()).await;
    assert!(gauth.found.is_err() && environment.found.is_err());
}

#[tokio::test]
async fn a_list_that_is_missing_opens_nothing() {
    for path in ["/access-groups", "/ges-vq-proxies"] {
        let platform = Platform::new().await;
        let gws = platform.adapter();
        let proof = proof(platform.code(&gws, "t100\\narrow").await);
        let gone = Fault::always(Action::Status { status: 404, retry_after: None });
        platform.configuration.inject(gone.on_path(path));
        let fault = gws.sign_in(&proof, now()).await.unwrap_err();
        assert_eq!(fault.peer, "configuration", "{path}");
    }
}

#[tokio::test]
async fn a_probe_says_what_each_service_said() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let found = gws.probe(now()).await.map(|probe| (probe.peer, probe.found.unwrap()));
    let [gauth, environment, configuration] = found;
    assert_eq!(gauth, ("gauth", String::from("gave the client ges_client a token")));
    assert_eq!(environment, ("environment", String::from("knows 2 contact centres")));
    assert!(configuration.1.starts_with("keeps 1 queues"), "{configuration:?}");
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anybody_is_asked() {
    let platform = Platform::new().await;
    let mut config = platform.config();
    config.gauth.client_secret = SecretSource::default();
    assert!(matches!(Gws::new(config, &platform.client), Err(ConfigError::NoSecret)));
    let mut config = platform.config();
    config.environment.url = Url::parse("mailto:nobody").unwrap();
    let refused = Gws::new(config, &platform.client);
    assert!(matches!(refused, Err(ConfigError::Address("environment"))));
}
