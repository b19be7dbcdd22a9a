//! Every way in which the neighbour can fail gives one clear fault, sends nothing twice that must not be, and leaves
//! the adapter as it was.

use ges_contracts::orchestrator::start;
use ges_ports::{FaultKind, Orchestrator, SessionRef};
use ges_simulators::{Action, Answer, Fault, OrsConfig};

use crate::given::{adapter, begun, cancel, clock, config, heard, lives, nobody, pretended};

use FaultKind::{Misbehaved, Refused, TimedOut, Unavailable};

/// What goes wrong, and the fault that it is.
fn misfortunes() -> Vec<(Action, FaultKind)> {
    let status = |status| Action::Status { status, retry_after: None };
    let redirect = |to: &str| Action::Answer(Answer::text(307, "").with("location", to));
    vec![
        (status(503), Unavailable),
        (status(500), Misbehaved),
        (status(504), Misbehaved),
        (status(400), Refused),
        (status(405), Refused),
        (status(302), Misbehaved),
        (redirect("ftp://127.0.0.1/"), Misbehaved),
        (redirect(""), Misbehaved),
        (Action::Answer(Answer::text(307, "")), Misbehaved),
        (Action::RedirectLoop, Misbehaved),
        (Action::Stall, TimedOut),
        (Action::Drip { ms: 100 }, TimedOut),
        (Action::HangUp, Misbehaved),
        (Action::Reset, Misbehaved),
        (Action::Truncate, Misbehaved),
        (Action::Garbage, Misbehaved),
        (Action::Huge { bytes: 64 * 1024 + 1 }, Misbehaved),
        (Action::Huge { bytes: 50_000_000 }, Misbehaved),
        (Action::Answer(Answer::text(200, "certainly!")), Misbehaved),
        (Action::Answer(Answer::text(200, "[]")), Misbehaved),
    ]
}

#[tokio::test]
async fn a_start_that_may_have_been_heard_is_not_sent_to_another_node() {
    for (misfortune, kind) in misfortunes() {
        let bad = pretended(OrsConfig::default()).await;
        let good = pretended(OrsConfig::default()).await;
        let ors = adapter(config(&[bad.url(), good.url()]), &clock());
        bad.inject(Fault::always(misfortune.clone()));
        let started = ors.start(&start(1)).await;
        if matches!(kind, Unavailable | Refused) {
            assert_eq!(started.unwrap().node.as_deref(), Some(good.url()), "{misfortune:?}");
        } else {
            assert_eq!(started.unwrap_err().kind, kind, "{misfortune:?}");
            assert_eq!(heard(&good, "start"), 0, "{misfortune:?}");
        }
        bad.heal();
        begun(&ors, &start(2)).await;
    }
}

#[tokio::test]
async fn a_start_that_was_heard_and_not_answered_has_an_unknown_outcome() {
    for (spoiled, kind) in [
        (Action::Stall, TimedOut),
        (Action::HangUp, Misbehaved),
        (Action::Garbage, Misbehaved),
        (Action::Status { status: 500, retry_after: None }, Misbehaved),
    ] {
        let peer = pretended(OrsConfig::default()).await;
        let ors = adapter(config(&[peer.url()]), &clock());
        peer.inject(Fault::once(spoiled.clone()).after_effect());
        assert_eq!(ors.start(&start(1)).await.unwrap_err().kind, kind, "{spoiled:?}");
        assert_eq!(peer.sessions().len(), 1, "{spoiled:?}");
        begun(&ors, &start(1)).await;
        assert_eq!(peer.sessions().len(), 1, "the same start is the same session");
    }
}

#[tokio::test]
async fn a_start_passes_a_node_where_nobody_listens() {
    let peer = pretended(OrsConfig::default()).await;
    let dead = nobody();
    let ors = adapter(config(&[&dead, peer.url()]), &clock());
    begun(&ors, &start(1)).await;
    let ors = adapter(config(&[&dead]), &clock());
    assert_eq!(ors.start(&start(2)).await.unwrap_err().kind, Unavailable);
    let ors = adapter(config(&[]), &clock());
    assert_eq!(ors.start(&start(2)).await.unwrap_err().kind, Unavailable);
}

#[tokio::test]
async fn a_question_gets_one_clear_fault_whatever_comes_back() {
    for (misfortune, kind) in misfortunes() {
        let peer = pretended(OrsConfig::default()).await;
        let ors = adapter(config(&[peer.url()]), &clock());
        let session = begun(&ors, &start(1)).await;
        peer.inject(Fault::always(misfortune.clone()));
        let fault = ors.query(&session).await.unwrap_err();
        assert_eq!((fault.peer, fault.kind), ("ors", kind), "{misfortune:?}");
        peer.heal();
        lives(&ors, &session).await;
    }
}

#[tokio::test]
async fn what_may_be_repeated_is_tried_three_times() {
    let peer = pretended(OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let session = begun(&ors, &start(1)).await;
    let twice = |action| Fault { times: Some(2), ..Fault::always(action) };
    for misfortune in [Action::HangUp, Action::Reset, Action::Stall, Action::Truncate] {
        peer.inject(twice(misfortune.clone()));
        lives(&ors, &session).await;
    }
    peer.inject(twice(Action::HangUp));
    assert!(ors.signal(&session, &cancel()).await.unwrap());
    peer.forget();
    peer.inject(Fault::always(Action::Status { status: 500, retry_after: None }));
    assert_eq!(ors.query(&session).await.unwrap_err().kind, Misbehaved);
    assert_eq!(heard(&peer, "query"), 3);
}

#[tokio::test]
async fn a_request_that_may_have_been_heard_is_not_repeated() {
    let peer = pretended(OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let session = begun(&ors, &start(1)).await;
    peer.inject(Fault::once(Action::HangUp).after_effect());
    let fault = ors.request(&session, "check-queue-position", &[]).await.unwrap_err();
    assert_eq!(fault.kind, Misbehaved);
    assert_eq!(heard(&peer, "request"), 1);
    peer.inject(Fault::once(Action::Status { status: 503, retry_after: None }));
    assert!(ors.request(&session, "check-queue-position", &[]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lie_about_another_session_is_not_believed() {
    let peer = pretended(OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let one = begun(&ors, &start(1)).await;
    let other = begun(&ors, &start(2)).await;
    let lie = serde_json::json!({ "sessionId": other.session.as_str(), "state": "active" });
    peer.answer_with(Answer::json(200, &lie));
    assert_eq!(ors.query(&one).await.unwrap_err().kind, Misbehaved);
    let mixed = SessionRef { callback: other.callback, ..one };
    assert_eq!(ors.query(&mixed).await.unwrap_err().kind, Misbehaved);
}

#[tokio::test]
async fn sessions_that_point_at_each_other_for_ever_are_left_after_two_redirects() {
    let peer = pretended(OrsConfig::default().two_nodes()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let session = begun(&ors, &start(1)).await;
    peer.misbehave(|knobs| knobs.redirect_loop = true);
    peer.forget();
    assert_eq!(ors.query(&session).await.unwrap_err().kind, Misbehaved);
    assert_eq!(heard(&peer, "query"), 3);
    peer.misbehave(|knobs| knobs.redirect_loop = false);
    lives(&ors, &session).await;
}
