//! Every way in which the neighbour can fail gives one clear fault, and none outlasts its cause.

use ges_contracts::given::{after_secs, now};
use ges_ports::{CaptchaVersion, Doubt, FaultKind, Verdict, VouchError};
use ges_simulators::{Action, Answer, Fault};

use crate::given::{adapter, pretended, vouch};

use FaultKind::{Misbehaved, TimedOut, Unavailable};

/// What goes wrong, and the fault that it is.
fn misfortunes() -> Vec<(Action, FaultKind)> {
    let status = |status| Action::Status { status, retry_after: None };
    let text = |text: &str| Action::Answer(Answer::text(200, text));
    vec![
        (status(503), Unavailable),
        (status(429), Unavailable),
        (status(500), Misbehaved),
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
async fn a_question_gets_one_clear_fault_whatever_comes_back() {
    for version in CaptchaVersion::ALL {
        for (misfortune, kind) in misfortunes() {
            let peer = pretended().await;
            let recaptcha = adapter(peer.url());
            peer.inject(Fault::always(misfortune.clone()));
            let answer = vouch(&recaptcha, version, "cap-ok-1", now()).await;
            let Err(VouchError::Fault(fault)) = answer else { panic!("{misfortune:?} {answer:?}") };
            assert_eq!((fault.peer, fault.kind), ("recaptcha", kind), "{misfortune:?}");
            assert_eq!(peer.received().len(), 1, "a token is sent once: {misfortune:?}");
            peer.heal();
            let again = vouch(&recaptcha, version, "cap-ok-1", now()).await.unwrap();
            assert_eq!(again, Verdict::Doubtful(Doubt::Unheard), "{misfortune:?}");
            let other = vouch(&recaptcha, version, "cap-ok-2", now()).await.unwrap();
            assert_eq!(other, Verdict::Human, "{misfortune:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_never_left_may_be_sent_later() {
    // A port that was free a moment ago: nobody listens there yet.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let recaptcha = adapter(&format!("http://127.0.0.1:{port}"));
    let answer = vouch(&recaptcha, CaptchaVersion::V3, "cap-ok-1", now()).await;
    let Err(VouchError::Fault(fault)) = answer else { panic!("{answer:?}") };
    assert_eq!(fault.kind, Unavailable);
    let clock = ges_simulators::Clock::stepped(now().as_millisecond());
    let _peer = ges_simulators::Recaptcha::start(port, clock).await.unwrap();
    let answer = vouch(&recaptcha, CaptchaVersion::V3, "cap-ok-1", now()).await.unwrap();
    assert_eq!(answer, Verdict::Human);
}

#[tokio::test]
async fn a_service_that_failed_five_times_is_left_alone_for_ten_seconds() {
    let peer = pretended().await;
    let recaptcha = adapter(peer.url());
    peer.inject(Fault::always(Action::Status { status: 500, retry_after: None }));
    for number in 0..5 {
        let token = format!("cap-ok-{number}");
        assert!(vouch(&recaptcha, CaptchaVersion::V3, &token, now()).await.is_err());
    }
    peer.heal();
    peer.forget();
    let answer = vouch(&recaptcha, CaptchaVersion::V3, "cap-ok-9", after_secs(9)).await;
    let Err(VouchError::Fault(fault)) = answer else { panic!("{answer:?}") };
    assert_eq!(fault.kind, Unavailable);
    assert!(peer.received().is_empty(), "it is not even asked");
    let answer = vouch(&recaptcha, CaptchaVersion::V3, "cap-ok-9", after_secs(10)).await;
    assert_eq!(answer.unwrap(), Verdict::Human, "the token was kept for the trial");
}

#[tokio::test]
async fn an_asker_who_went_away_leaves_a_token_that_is_not_sent_again() {
    let peer = pretended().await;
    let recaptcha = adapter(peer.url());
    peer.stall_next();
    let asked = vouch(&recaptcha, CaptchaVersion::V3, "cap-ok-1", now());
    let patience = std::time::Duration::from_millis(100);
    assert!(tokio::time::timeout(patience, asked).await.is_err(), "it was still waiting");
    let answer = vouch(&recaptcha, CaptchaVersion::V3, "cap-ok-1", now()).await.unwrap();
    assert_eq!(answer, Verdict::Doubtful(Doubt::Unheard));
    assert_eq!(peer.received().len(), 1);
}
