//! Every way in which the neighbours can fail gives one clear error, and none outlasts its cause.

use ges_contracts::given::{after_secs, now};
use ges_ports::{FaultKind, StatisticsError};
use ges_simulators::{Action, Answer, Fault};
use secrecy::SecretString;

use crate::given::{Platform, ask};

use FaultKind::{Misbehaved, TimedOut, Unavailable};

/// What goes wrong, and the fault that it is at both neighbours.
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
        (Action::Huge { bytes: 1024 * 1024 + 1 }, Misbehaved),
        (Action::Huge { bytes: 50_000_000 }, Misbehaved),
        (text(""), Misbehaved),
        (text("[]"), Misbehaved),
        (text("{}"), Misbehaved),
        (text("<html>welcome</html>"), Misbehaved),
    ]
}

#[tokio::test]
async fn a_question_gets_one_clear_fault_whatever_comes_back() {
    for (misfortune, kind) in misfortunes() {
        for at_sign_in in [true, false] {
            let platform = Platform::start().await;
            let service = platform.adapter();
            let fault = Fault::always(misfortune.clone());
            if at_sign_in {
                platform.gauth.inject(fault);
            } else {
                platform.gws.inject(fault);
            }
            let answer = ask(&service, "A", now()).await;
            let Err(StatisticsError::Fault(fault)) = answer else {
                panic!("{misfortune:?} {answer:?}")
            };
            assert_eq!((fault.peer, fault.kind), ("statistics", kind), "{misfortune:?}");
            platform.gauth.heal();
            platform.gws.heal();
            assert!(ask(&service, "A", now()).await.is_ok(), "{misfortune:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_bought_anew_once() {
    let platform = Platform::start().await;
    let service = platform.adapter();
    ask(&service, "A", now()).await.unwrap();
    for status in [401, 403] {
        let refused = || Fault::once(Action::Status { status, retry_after: None });
        platform.gws.inject(refused());
        platform.gauth.forget();
        ask(&service, "A", after_secs(301)).await.unwrap_or_else(|error| panic!("{error}"));
        let at = after_secs(i64::from(status) * 1_000);
        platform.gws.inject(refused());
        platform.gws.inject(refused());
        let answer = ask(&service, "A", at).await;
        assert!(matches!(answer, Err(StatisticsError::AccountRefused)), "{answer:?}");
    }
}

#[tokio::test]
async fn our_own_client_that_is_refused_is_not_the_accounts_fault() {
    let platform = Platform::start().await;
    let service = platform.adapter_with(|config| {
        config.client_secret = SecretString::from("wrong");
    });
    let answer = ask(&service, "A", now()).await;
    assert!(matches!(answer, Err(StatisticsError::ClientRefused)), "{answer:?}");
    assert!(platform.gws.received().is_empty());
}

#[tokio::test]
async fn without_an_address_there_are_no_figures_and_no_sign_in() {
    let platform = Platform::start().await;
    let service = platform.adapter_with(|config| config.url = None);
    let answer = ask(&service, "A", now()).await;
    let Err(StatisticsError::Fault(fault)) = answer else { panic!("{answer:?}") };
    assert_eq!(fault.kind, Unavailable);
    assert!(platform.gauth.received().is_empty());
}

#[tokio::test]
async fn a_service_that_failed_five_times_is_left_alone_for_ten_seconds() {
    let platform = Platform::start().await;
    let service = platform.adapter();
    platform.gws.inject(Fault::always(Action::Status { status: 500, retry_after: None }));
    for _ in 0..5 {
        assert!(ask(&service, "A", now()).await.is_err());
    }
    platform.gws.heal();
    platform.gws.forget();
    assert!(ask(&service, "A", after_secs(9)).await.is_err());
    assert!(platform.gws.received().is_empty(), "it is not even asked");
    assert!(ask(&service, "A", after_secs(10)).await.is_ok());
}

#[tokio::test]
async fn an_asker_who_went_away_leaves_the_question_to_the_next() {
    let platform = Platform::start().await;
    let service = platform.adapter();
    ask(&service, "B", now()).await.unwrap_or_else(|error| panic!("{error}"));
    platform.gws.stall_next();
    let patience = std::time::Duration::from_millis(100);
    let gone = tokio::time::timeout(patience, ask(&service, "A", now())).await;
    assert!(gone.is_err(), "it was still waiting");
    assert!(ask(&service, "A", now()).await.is_ok());
}
