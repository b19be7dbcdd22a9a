//! What `Orchestrator` promises: one session for a start however often it is sent, and the truth about sessions.

use std::sync::Arc;

use futures::future::BoxFuture;
use ges_domain::booking::{Booking, Request};
use ges_domain::callback::Reason;
use ges_domain::effect::Signal;
use ges_domain::id::{Attempt, CallbackId, SessionId};
use ges_domain::service::CallDirection;
use ges_ports::{FaultKind, Inquiry, Orchestrator, SessionRef, SessionRequest, UpdateToken};

use crate::given::{SALES, after, after_secs, catalogue, details, id, now, phone, service, tenant};

/// Tests every promise of `Orchestrator` on what `fresh` makes: an `Arc<dyn Platform>` without sessions.
#[macro_export]
macro_rules! orchestrator {
    ($fresh:ident) => {
        mod orchestrator {
            use super::$fresh;

            $crate::promises! { $fresh, orchestrator, [
                a_start_begins_one_session,
                the_same_start_sent_again_begins_no_other,
                another_attempt_begins_its_own_session,
                a_receipt_names_the_session_or_nothing,
                a_session_says_that_it_lives,
                a_session_takes_every_signal,
                a_signal_may_be_sent_again,
                a_lost_session_is_gone_and_no_fault,
                a_session_that_never_was_is_gone_and_no_fault,
                what_cannot_be_reached_has_started_nothing,
            ] }
        }
    };
}

/// An orchestration server behind an adapter, with a hand on it.
pub trait Platform: Send + Sync {
    /// The adapter.
    fn orchestrator(&self) -> &dyn Orchestrator;

    /// The sessions that live for a callback, when every start so far has arrived.
    fn sessions(&self, callback: CallbackId) -> BoxFuture<'_, Vec<SessionId>>;

    /// Makes a session vanish without a word.
    fn lose(&self, session: &SessionId);

    /// Ends the server: nothing reaches it from now on.
    fn shut(&self) -> BoxFuture<'_, ()>;
}

type Given = Arc<dyn Platform>;

/// The first start of callback `number`, with every optional detail set.
pub fn start(number: u32) -> SessionRequest {
    let mut sales =
        catalogue(tenant(1)).service(&service(SALES)).expect("the first catalogue holds it");
    let settings = Arc::make_mut(&mut sales.settings);
    settings.scxml_url = String::from("http://designer.test/apps/callback/main.scxml");
    settings.outbound_caller_id = Some(String::from("+14155550000"));
    settings.call_direction = CallDirection::UserTerminated;
    let request = Request {
        phone: phone(number),
        desired_at: None,
        always_check_capacity: false,
        details: details(),
    };
    let booking = Booking::plan(id(number), request, &sales, None, now())
        .expect("the service takes immediate callbacks");
    SessionRequest {
        standing: booking.callback.standing(after_secs(90)),
        expires_at: after(60),
        created_at: after_secs(90),
        attempt: Attempt::FIRST,
        token: UpdateToken::new(format!("a-token-that-nobody-guesses-{number}")),
        trace: None,
        regions: Vec::new(),
        callback: booking.callback,
    }
}

async fn started(on: &Given, request: &SessionRequest) -> SessionRef {
    let receipt = on.orchestrator().start(request).await.expect("the server takes the start");
    let sessions = on.sessions(request.callback.id).await;
    let [session] = &sessions[..] else { panic!("not one session but {}", sessions.len()) };
    SessionRef {
        tenant: request.callback.tenant,
        callback: request.callback.id,
        session: session.clone(),
        node: receipt.node,
    }
}

fn signals() -> [Signal; 3] {
    [
        Signal::Priority { priority: 500 },
        Signal::Reschedule { desired_at: after(30) },
        Signal::Cancel { reason: Reason::CANCELLED, by: String::from("api") },
    ]
}

/// One start, one session, for the callback that was named.
pub async fn a_start_begins_one_session(on: Given) {
    started(&on, &start(1)).await;
    assert_eq!(on.sessions(id(2)).await, []);
}

/// Callback and attempt are the key: whoever cannot know the outcome may send again.
pub async fn the_same_start_sent_again_begins_no_other(on: Given) {
    let first = started(&on, &start(1)).await;
    for _ in 0..2 {
        assert_eq!(started(&on, &start(1)).await.session, first.session);
    }
}

/// A new attempt is a new start; the old session finds out when it reports.
pub async fn another_attempt_begins_its_own_session(on: Given) {
    started(&on, &start(1)).await;
    let second = SessionRequest { attempt: Attempt::new(2), ..start(1) };
    on.orchestrator().start(&second).await.expect("the server takes the start");
    assert_eq!(on.sessions(id(1)).await.len(), 2);
}

/// A receipt may name no session, but never a wrong one.
pub async fn a_receipt_names_the_session_or_nothing(on: Given) {
    let receipt = on.orchestrator().start(&start(1)).await.expect("the server takes the start");
    let sessions = on.sessions(id(1)).await;
    assert!(receipt.session.is_none_or(|named| sessions == [named]));
}

/// A session that lives answers, and the answer says when it was given.
pub async fn a_session_says_that_it_lives(on: Given) {
    let session = started(&on, &start(1)).await;
    let said = on.orchestrator().query(&session).await.expect("the server answers");
    let Inquiry::Lives(said) = said else { panic!("the session lives: {said:?}") };
    assert!(said.diagnostics.seen_at.is_some());
}

/// Each signal finds a session that lives.
pub async fn a_session_takes_every_signal(on: Given) {
    for (number, signal) in (1..).zip(signals()) {
        let session = started(&on, &start(number)).await;
        let taken = on.orchestrator().signal(&session, &signal).await;
        assert!(taken.expect("the server answers"), "{signal:?}");
    }
}

/// A signal says what shall be, so saying it twice is no fault, whether or not the first has ended the session.
pub async fn a_signal_may_be_sent_again(on: Given) {
    for (number, signal) in (1..).zip(signals()) {
        let session = started(&on, &start(number)).await;
        for _ in 0..2 {
            let taken = on.orchestrator().signal(&session, &signal).await;
            assert!(taken.is_ok(), "{signal:?}");
        }
    }
}

/// A session that was lost is an answer, not trouble.
pub async fn a_lost_session_is_gone_and_no_fault(on: Given) {
    let session = started(&on, &start(1)).await;
    on.lose(&session.session);
    gone(&on, &session).await;
}

/// Neither is a session that nobody knows.
pub async fn a_session_that_never_was_is_gone_and_no_fault(on: Given) {
    let session = crate::given::session(404);
    let session = SessionRef { tenant: tenant(1), callback: id(1), session, node: None };
    gone(&on, &session).await;
}

async fn gone(on: &Given, session: &SessionRef) {
    assert_eq!(on.orchestrator().query(session).await.expect("the server answers"), Inquiry::Gone);
    for signal in signals() {
        let taken = on.orchestrator().signal(session, &signal).await;
        assert!(!taken.expect("the server answers"), "{signal:?}");
    }
}

/// `Unavailable` is a promise of its own: the start may be sent again as if it had never been.
pub async fn what_cannot_be_reached_has_started_nothing(on: Given) {
    on.shut().await;
    let fault = on.orchestrator().start(&start(1)).await.expect_err("nobody is there");
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert_eq!(on.sessions(id(1)).await, []);
}
