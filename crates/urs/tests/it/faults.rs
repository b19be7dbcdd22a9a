//! Every way in which the neighbour can fail gives one clear fault, and none outlasts its cause.

use ges_contracts::given::{SALES, SUPPORT, after_secs, now};
use ges_contracts::wait_times::about;
use ges_ports::{Estimate, FaultKind, WaitTimes};
use ges_simulators::{Action, Answer, Fault};
use std::time::Duration;

use crate::given::{adapter, config, look_up, nobody, pretended};

use FaultKind::{Misbehaved, TimedOut, Unavailable};

/// What goes wrong, and the fault that it is.
fn misfortunes() -> Vec<(Action, FaultKind)> {
    let status = |status| Action::Status { status, retry_after: None };
    let text = |text: &str| Action::Answer(Answer::text(200, text));
    vec![
        (status(503), Unavailable),
        (status(500), Misbehaved),
        (status(400), Misbehaved),
        (status(404), Misbehaved),
        (status(204), Misbehaved),
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
        (text("95"), Misbehaved),
        (text("[{\"ewt\":95}]"), Misbehaved),
        (text("<html>welcome</html>"), Misbehaved),
    ]
}

#[tokio::test]
async fn a_question_gets_one_clear_fault_whatever_comes_back() {
    for (misfortune, kind) in misfortunes() {
        let peer = pretended().await;
        peer.set_wait("CB_Sales_VQ", Duration::from_secs(95));
        let urs = adapter(config(&[peer.url()]));
        peer.inject(Fault::always(misfortune.clone()));
        let fault = look_up(&urs, SALES, now()).await.unwrap_err();
        assert_eq!((fault.peer, fault.kind), ("urs", kind), "{misfortune:?}");
        assert!(fault.source.is_some(), "{misfortune:?}");
        peer.heal();
        let said = look_up(&urs, SALES, now()).await.unwrap();
        assert_eq!(said.estimate, Estimate::Known(95), "{misfortune:?}");
    }
}

#[tokio::test]
async fn an_older_answer_stands_in_whatever_comes_back() {
    for (misfortune, _) in misfortunes() {
        let peer = pretended().await;
        peer.set_wait("CB_Sales_VQ", Duration::from_secs(95));
        peer.set_wait("CB_Support_VQ", Duration::from_secs(95));
        let urs = adapter(config(&[peer.url()]));
        let first = look_up(&urs, SALES, now()).await.unwrap();
        peer.inject(Fault::always(misfortune.clone()));
        let said = look_up(&urs, SALES, after_secs(30)).await.unwrap();
        assert_eq!(said, first, "{misfortune:?}");
        assert!(look_up(&urs, SUPPORT, after_secs(30)).await.is_err(), "{misfortune:?}");
    }
}

#[tokio::test]
async fn figures_that_cannot_be_are_treated_as_absent() {
    let peer = pretended().await;
    let urs = adapter(config(&[peer.url()]));
    let lies = r#"{"ewt":-77,"pos":-4,"wt":"NaN","aqt":{"a":1},"hit":1e99,"calls":"many"}"#;
    peer.answer_with(Answer::text(200, lies));
    let said = look_up(&urs, SALES, now()).await.unwrap();
    assert_eq!((said.estimate, said.waiting), (Estimate::NoInteractions, None));
    assert_eq!((said.oldest_wait_secs, said.average_secs, said.distributed), (None, None, None));
}

#[tokio::test]
async fn without_a_router_there_is_no_answer_and_no_waiting() {
    for urls in [vec![], vec![nobody()], vec![nobody(), nobody()]] {
        let urls: Vec<_> = urls.iter().map(String::as_str).collect();
        let urs = adapter(config(&urls));
        assert_eq!(look_up(&urs, SALES, now()).await.unwrap_err().kind, Unavailable);
        let place = urs.place(&about(SALES), "0000034b1c2d3e4f", now()).await;
        assert_eq!(place.unwrap_err().kind, Unavailable);
    }
}
