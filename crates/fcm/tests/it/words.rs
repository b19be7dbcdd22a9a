//! The words on the wire.

use std::sync::Arc;
use std::time::Duration;

use ges_contracts::given::{after_secs, now};
use ges_ports::{Delivery, Push, PushAccount, PushMessage, PushRefusal, Secret};
use serde_json::json;

use crate::given::{account, adapter, deliver, notice, pretended};

#[tokio::test]
async fn a_notice_is_sent_as_the_contract_says() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    let answer = deliver(&fcm, &peer, "one", now()).await.unwrap();
    let Delivery::Accepted(name) = answer else { panic!("{answer:?}") };
    assert_eq!(peer.messages()[0].name, name);
    assert_eq!(peer.messages()[0].message["notification"]["title"], json!("Soon"));

    let [grant, send] = &peer.received()[..] else { panic!("two calls") };
    let form = [("method", "POST"), ("path", "/token")];
    assert_eq!([("method", &*grant.method), ("path", &*grant.path)], form);
    assert_eq!(grant.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(send.header("content-type"), Some("application/json; charset=UTF-8"));
    assert!(send.header("authorization").unwrap().starts_with("Bearer ya29."));
}

#[tokio::test]
async fn a_token_is_bought_once_for_a_crowd_and_again_before_its_end() {
    let peer = pretended().await;
    let fcm = Arc::new(adapter(peer.url()));
    let grants = |peer: &ges_simulators::Fcm| {
        peer.received().iter().filter(|call| call.path == "/token").count()
    };
    let crowd = (0..20).map(|number| {
        let (fcm, message) = (Arc::clone(&fcm), notice(&peer, &format!("device-{number}")));
        tokio::spawn(async move { fcm.deliver(&message, now()).await })
    });
    for one in crowd.collect::<Vec<_>>() {
        assert!(matches!(one.await.unwrap(), Ok(Delivery::Accepted(_))));
    }
    assert_eq!(grants(&peer), 1);
    peer.clock().advance(Duration::from_mins(55));
    deliver(&fcm, &peer, "one", after_secs(55 * 60)).await.unwrap();
    assert_eq!(grants(&peer), 2, "five minutes before its end, not after it");
}

#[tokio::test]
async fn a_key_with_escaped_line_ends_is_a_key() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    let good = account(&peer);
    let escaped = good.private_key.expose().replace('\n', "\\n");
    let account = Arc::new(PushAccount { private_key: Secret::new(escaped), ..good });
    let message = PushMessage { account, ..notice(&peer, "one") };
    let answer = fcm.deliver(&message, now()).await.unwrap();
    assert!(matches!(answer, Delivery::Accepted(_)), "{answer:?}");
}

#[tokio::test]
async fn another_project_than_the_accounts_is_the_accounts_trouble() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    let account = PushAccount { project: String::from("another"), ..account(&peer) };
    let message = PushMessage { account: Arc::new(account), ..notice(&peer, "one") };
    let answer = fcm.deliver(&message, now()).await.unwrap();
    assert_eq!(answer, Delivery::Refused(PushRefusal::AccountRefused));
}

#[tokio::test]
async fn no_word_that_is_shown_holds_a_secret() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    let message = notice(&peer, "a-registration-token");
    let shown = format!("{message:?} {fcm:?}");
    for secret in ["PRIVATE KEY", "a-registration-token", "We are about"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
