//! Values that promises begin with: times, names, numbers, catalogues.
//!
//! All are functions of small numbers, so that a failure can be read.

use ges_domain::booking::{Fingerprint, IdempotencyKey};
use ges_domain::callback::{
    Details, Edit, OfferTiming, OfferType, Patch, PushTarget, Report, Scalar, State, UserData,
};
use ges_domain::catalogue::{Catalogue, Entry};
use ges_domain::hours::{Day, Hours, Interval, Week};
use ges_domain::id::{Attempt, CallbackId, Revision, SessionId, TenantId};
use ges_domain::name::{HoursName, NodeName, QueueName, ServiceName};
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::service::{DuplicatePolicy, Settings};
use ges_domain::time::{SignedDuration, Timestamp, Window, Zone};
use ges_domain::trace::Trace;
use uuid::Uuid;

/// The service that most promises book with: always open, slots of half an hour from the full hour, four places each.
pub const SALES: &str = "CB_Sales";
/// A second service like it.
pub const SUPPORT: &str = "CB_Support";

/// When every promise begins: a Monday morning, on a slot's start.
pub fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("the text is an instant")
}

/// So many seconds after the beginning.
pub fn after_secs(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// So many minutes after the beginning.
pub fn after(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

/// The start of a bookable slot: 0 is an hour after the beginning, each one half an hour later.
pub fn slot(number: i64) -> Timestamp {
    after(60 + 30 * number)
}

/// All of time, as a question without a beginning and an end has it.
pub fn all_times() -> Window {
    Window::new(Timestamp::MIN, Timestamp::MAX).expect("the end is the later one")
}

/// A tenant by number.
pub fn tenant(number: u32) -> TenantId {
    TenantId::new(Uuid::from_u128(0x9350_e2fc_a1dd_4c65_8d40_1f75_0000_0000 + u128::from(number)))
}

/// A callback's id by number; ids rise with it.
pub fn id(number: u32) -> CallbackId {
    CallbackId::new(Uuid::from_u128(0x0195_5540_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// A phone number by a number below 10 000.
pub fn phone(number: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1415555{number:04}"), Country::US)
        .expect("ten digits after +1 are a possible number")
}

/// A service's name.
pub fn service(name: &str) -> ServiceName {
    ServiceName::parse(name).expect("the name is short and plain")
}

/// The queue of a service.
pub fn queue_of(service: &str) -> QueueName {
    QueueName::parse(&format!("{service}_VQ")).expect("the name is short and printable")
}

/// A node by number.
pub fn node(number: u32) -> NodeName {
    NodeName::parse(&format!("node-{number}")).expect("the name is short and plain")
}

/// A session by number.
pub fn session(number: u32) -> SessionId {
    SessionId::parse(&format!("029I4G7KGCET96MLCCSH5B5AES{number:06}"))
        .expect("32 word characters are a session id")
}

/// An idempotency key by number.
pub fn key(number: u32) -> IdempotencyKey {
    IdempotencyKey::parse(&format!("key-{number}")).expect("the key is short and visible")
}

/// A request's fingerprint by number.
pub fn fingerprint(number: u32) -> Fingerprint {
    Fingerprint::of(&number.to_be_bytes())
}

/// The settings of a service that sets no bounds but those that a promise asks for.
pub fn settings(service: &str) -> Settings {
    Settings {
        capacity_per_slot: 4,
        duplicate_policy: DuplicatePolicy::Allow,
        ..Settings::new(queue_of(service))
    }
}

/// A tenant's first catalogue: [`SALES`] and [`SUPPORT`], both always open.
pub fn catalogue(tenant: TenantId) -> Catalogue {
    let entry = |name| (service(name), Entry::published(settings(name)));
    Catalogue {
        revision: Revision::new(1),
        published: 1,
        services: [entry(SALES), entry(SUPPORT)].into(),
        ..Catalogue::empty(tenant)
    }
}

/// The same catalogue one revision later, with other settings for [`SALES`].
pub fn republished(catalogue: &Catalogue, write: impl FnOnce(&mut Settings)) -> Catalogue {
    let mut next = catalogue.clone();
    next.revision = catalogue.revision.next();
    let entry = next.services.get_mut(&service(SALES)).expect("the first catalogue holds it");
    write(&mut entry.settings);
    next
}

/// Office hours from Monday to Friday in New York.
pub fn weekday_hours(name: &str, opens: &str, closes: &str) -> Hours {
    let day = Day::new([Interval::parse(opens, Some(closes)).expect("the texts are clock times")]);
    let name = HoursName::parse(name).expect("the name is short and printable");
    let zone = Zone::parse("America/New_York").expect("the zone is in every database");
    Hours::new(name, zone, Week::weekdays(day), Vec::new()).expect("no special day contradicts")
}

/// Details in which every field says something.
pub fn details() -> Details {
    let entry = |name: &str, json: &str| (name.to_owned(), json.to_owned());
    let user_data =
        [entry("account", r#"{"tier":"gold","since":2019}"#), entry("note", "\"„ü“ 😀\"")];
    Details {
        offer_type: Some(OfferType::CombinedScheduledAndAsap),
        offer_timing: Some(OfferTiming::OnHours),
        offer_threshold_secs: Some(120),
        language: Some(String::from("de-AT")),
        inbound_queue: Some(String::from("Inbound VQ")),
        channel: Some(String::from("WEB")),
        origination_id: Some(String::from("0123-4567")),
        survey_route_point: Some(String::from("8001")),
        route_point: Some(String::from("8000")),
        priority: Some(150),
        user_data: UserData::new(user_data).expect("the data is small"),
        push_targets: vec![PushTarget { token: String::from("a-registration-token") }],
        trace: Trace::new(7, 9, true),
    }
}

/// A patch in which every kind of value is set.
pub fn patch() -> Patch {
    let value = |name: &str, value| (name.to_owned(), Some(value));
    Patch(
        [
            value("flag", Scalar::Flag(true)),
            value("number", Scalar::Number(0.1)),
            value("text", Scalar::Text(String::from("„ü“ \u{0}"))),
        ]
        .into(),
    )
}

/// A correction of the number.
pub fn other_phone(number: u32) -> Edit {
    Edit { phone: Some(phone(number)), ..Edit::default() }
}

/// A session's report of a state.
pub fn report(attempt: Attempt, seq: u64, state: State) -> Report {
    Report {
        attempt,
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
