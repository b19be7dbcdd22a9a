//! Every way in which the neighbour can fail, at the endpoint of tokens and at the endpoint of messages.

use ges_contracts::given::{after, after_secs, now};
use ges_domain::time::SignedDuration;
use ges_ports::{Delivery, FaultKind, Push, PushDelay, PushRefusal};
use ges_simulators::{Action, Answer, Fault};
use serde_json::json;

use crate::given::{adapter, deliver, notice, pretended};

use FaultKind::{Misbehaved, TimedOut, Unavailable};

/// What goes wrong, and the fault that it is at both endpoints.
fn misfortunes() -> Vec<(Action, FaultKind)> {
    let text = |text: &str| Action::Answer(Answer::text(200, text));
    vec![
        (Action::RedirectLoop, Misbehaved),
        (Action::Stall, TimedOut),
        (Action::Drip { ms: 100 }, TimedOut),
        (Action::HangUp, Misbehaved),
        (Action::Reset, Misbehaved),
        (Action::Truncate, Misbehaved),
        (Action::Garbage, Misbehaved),
        (Action::Huge { bytes: 64 * 1024 + 1 }, Misbehaved),
        (Action::Huge { bytes: 50_000_000 }, Misbehaved),
        (text(""), Misbehaved),
        (text("[]"), Misbehaved),
        (text("{}"), Misbehaved),
        (text("<html>welcome</html>"), Misbehaved),
    ]
}

#[tokio::test]
async fn a_message_gets_one_clear_fault_whatever_comes_back() {
    for (misfortune, kind) in misfortunes() {
        for path in ["/token", "messages:send"] {
            let peer = pretended().await;
            let fcm = adapter(peer.url());
            peer.inject(Fault::always(misfortune.clone()).on_path(path));
            let fault = deliver(&fcm, &peer, "one", now()).await.unwrap_err();
            assert_eq!((fault.peer, fault.kind), ("fcm", kind), "{misfortune:?} {path}");
            assert!(fault.source.is_some(), "{misfortune:?}");
            peer.heal();
            let answer = deliver(&fcm, &peer, "one", now()).await.unwrap();
            assert!(matches!(answer, Delivery::Accepted(_)), "{misfortune:?} {path} {answer:?}");
        }
    }
}

#[tokio::test]
async fn an_endpoint_of_tokens_in_trouble_is_a_fault_and_blames_no_account() {
    for (status, kind) in [(500, Misbehaved), (503, Unavailable)] {
        let peer = pretended().await;
        let fcm = adapter(peer.url());
        let action = Action::Status { status, retry_after: None };
        peer.inject(Fault::once(action).on_path("/token"));
        assert_eq!(deliver(&fcm, &peer, "one", now()).await.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn nobody_at_the_address_means_that_nothing_was_sent() {
    let peer = pretended().await;
    let fcm = adapter("http://127.0.0.1:9");
    let fault = fcm.deliver(&notice(&peer, "one"), now()).await.unwrap_err();
    assert_eq!(fault.kind, Unavailable);
}

#[tokio::test]
async fn devices_that_mean_trouble_are_told_apart() {
    use PushRefusal::{OtherSender, PlatformRefused, TargetMalformed, Unregistered};
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    for (token, refusal) in [
        ("tok-unregistered", Unregistered),
        ("tok-bad", TargetMalformed),
        ("tok-mismatch", OtherSender),
        ("tok-auth", PlatformRefused),
    ] {
        let answer = deliver(&fcm, &peer, token, now()).await.unwrap();
        assert_eq!(answer, Delivery::Refused(refusal), "{token}");
    }
    for (token, cause, secs) in [
        ("tok-quota", PushDelay::Quota, Some(60)),
        ("tok-503", PushDelay::Unavailable, Some(1)),
        ("tok-500", PushDelay::Unavailable, None),
    ] {
        let after = secs.map(SignedDuration::from_secs);
        let answer = deliver(&fcm, &peer, token, now()).await.unwrap();
        assert_eq!(answer, Delivery::Later { cause, after }, "{token}");
    }
}

#[tokio::test]
async fn a_service_that_failed_five_times_is_left_alone_for_ten_seconds() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    for _ in 0..5 {
        let answer = deliver(&fcm, &peer, "tok-503", now()).await.unwrap();
        assert!(matches!(answer, Delivery::Later { .. }));
    }
    peer.forget();
    let barred = deliver(&fcm, &peer, "one", after_secs(9)).await.unwrap_err();
    assert_eq!(barred.kind, Unavailable);
    assert!(peer.received().is_empty(), "it is not even asked");
    let trial = deliver(&fcm, &peer, "one", after_secs(10)).await.unwrap();
    assert!(matches!(trial, Delivery::Accepted(_)));
}

#[tokio::test]
async fn refusals_of_messages_bar_nobody() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    for _ in 0..10 {
        deliver(&fcm, &peer, "tok-unregistered", now()).await.unwrap();
        deliver(&fcm, &peer, "tok-quota", now()).await.unwrap();
    }
    let answer = deliver(&fcm, &peer, "one", now()).await.unwrap();
    assert!(matches!(answer, Delivery::Accepted(_)));
}

#[tokio::test]
async fn a_token_that_is_refused_is_bought_anew_once() {
    let peer = pretended().await;
    let fcm = adapter(peer.url());
    deliver(&fcm, &peer, "one", now()).await.unwrap();
    peer.expire_tokens();
    let answer = deliver(&fcm, &peer, "two", now()).await.unwrap();
    assert!(matches!(answer, Delivery::Accepted(_)), "{answer:?}");

    peer.forget();
    let refused = Answer::json(401, &json!({ "error": { "status": "UNAUTHENTICATED" } }));
    peer.inject(Fault::always(Action::Answer(refused)).on_path("messages:send"));
    let answer = deliver(&fcm, &peer, "three", after(1)).await.unwrap();
    assert_eq!(answer, Delivery::Refused(PushRefusal::AccountRefused));
    let paths: Vec<_> = peer.received().into_iter().map(|it| it.path).collect();
    let send = "/v1/projects/demo-proj/messages:send";
    assert_eq!(paths, [send, "/token", send], "and no third time");
}
