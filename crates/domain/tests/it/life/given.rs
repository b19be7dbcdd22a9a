//! A callback to begin with, and shorter words for what happens to it.

use ges_domain::booking::{Booking, Request};
use ges_domain::callback::{
    Asked, Callback, Change, Changed, Details, Outcome, Report, Sighting, SlotClaim, State,
    TimerChange,
};
use ges_domain::catalogue::{Catalogue, Entry};
use ges_domain::effect::{Effect, Timer};
use ges_domain::id::{Attempt, CallbackId, SessionId, TenantId};
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::service::{Service, Settings};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use uuid::Uuid;

pub(super) fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(super) fn after(secs: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(secs)
}

pub(super) fn service(write: impl FnOnce(&mut Settings)) -> Service {
    let mut settings = Settings::new(QueueName::parse("Support_VQ").unwrap());
    write(&mut settings);
    let mut catalogue = Catalogue::empty(TenantId::new(Uuid::from_u128(1)));
    let name = ServiceName::parse("Support").unwrap();
    catalogue.services.insert(name.clone(), Entry::published(settings));
    catalogue.service(&name).unwrap()
}

pub(super) fn booking(service: &Service, desired_secs: Option<i64>) -> Result<Booking, Refusal> {
    let request = Request {
        phone: PhoneNumber::parse("+14155550101", Country::US).unwrap(),
        desired_at: desired_secs.map(after),
        always_check_capacity: false,
        details: Details::default(),
    };
    Booking::plan(CallbackId::new(Uuid::from_u128(2)), request, service, None, noon())
}

pub(super) fn immediate() -> Callback {
    booking(&service(|_| {}), None).unwrap().callback
}

pub(super) fn scheduled(secs: i64) -> Callback {
    booking(&service(|_| {}), Some(secs)).unwrap().callback
}

pub(super) fn token(attempt: u32) -> TokenHash {
    TokenHash::of(&format!("token {attempt}"))
}

pub(super) fn session(n: u32) -> SessionId {
    SessionId::parse(&format!("{n:032}")).unwrap()
}

pub(super) fn submit(attempt: u32) -> Change {
    Change::Submit { attempt: Attempt::new(attempt), token: token(attempt) }
}

pub(super) fn sent(attempt: u32) -> Change {
    Change::Sent { attempt: Attempt::new(attempt), session: Some(session(attempt)), node: None }
}

pub(super) fn started(attempt: u32) -> Change {
    Change::Started {
        attempt: Attempt::new(attempt),
        session: session(attempt),
        node: None,
        ticket: None,
    }
}

pub(super) fn report(attempt: u32, seq: u64, state: State) -> Report {
    Report {
        attempt: Attempt::new(attempt),
        seq,
        at: None,
        state,
        reason: None,
        next_desired_at: None,
        interaction_id: None,
        call_uuid: None,
        agent: None,
        dial: None,
        position: None,
        ewt_secs: None,
    }
}

/// The answer of that second was that there is no such session.
pub(super) fn missing(attempt: u32, secs: i64) -> Change {
    let asked = Asked { at: after(secs), due_at: after(secs) };
    Change::Missing { attempt: Attempt::new(attempt), asked }
}

/// The answer of that second was that the owner of the session is silent.
pub(super) fn silent(attempt: u32, secs: i64) -> Change {
    let asked = Asked { at: after(secs), due_at: after(secs) };
    Change::Silent { attempt: Attempt::new(attempt), asked }
}

/// The session was asked when its newest report had this number, and said to be in this state.
pub(super) fn seen(attempt: u32, last_seq: Option<u64>, state: State) -> Change {
    let seen = Sighting { state: Some(state), ..Sighting::default() };
    Change::Seen { attempt: Attempt::new(attempt), seen: Box::new(seen), last_seq }
}

pub(super) fn told(attempt: u32, seq: u64, state: State) -> Change {
    Change::Report(Box::new(report(attempt, seq, state)))
}

/// The change that is made; panics with the refusal, or where nothing changed.
pub(super) fn make(callback: Callback, change: &Change, at: Timestamp) -> Changed {
    match callback.apply(change, at) {
        Ok(Outcome::Changed(changed)) => *changed,
        other => panic!("{change:?} should have been made, but {other:?}"),
    }
}

/// The callback after changes, one a second, each of which is made.
pub(super) fn through(callback: Callback, changes: &[Change]) -> Callback {
    let mut callback = callback;
    for (secs, change) in changes.iter().enumerate() {
        callback = make(callback, change, after(secs.try_into().unwrap())).callback;
    }
    callback
}

/// The callback after changes that are all made at one time.
pub(super) fn through_at(callback: Callback, changes: &[Change], secs: i64) -> Callback {
    let at = after(secs);
    changes.iter().fold(callback, |callback, change| make(callback, change, at).callback)
}

pub(super) fn queued() -> Callback {
    through(immediate(), &[submit(1), sent(1), started(1)])
}

pub(super) fn refusal(callback: Callback, change: &Change, at: Timestamp) -> Refusal {
    callback.apply(change, at).expect_err("the change should have been refused")
}

pub(super) fn timer(changed: &Changed) -> Timer {
    match &changed.timer {
        TimerChange::Set(timer) => timer.clone(),
        other => panic!("a timer should have been set, but {other:?}"),
    }
}

pub(super) fn effect(changed: &Changed) -> Effect {
    timer(changed).effect
}

pub(super) fn claim(secs: i64) -> SlotClaim {
    SlotClaim { start: after(secs), limit: 1 }
}
