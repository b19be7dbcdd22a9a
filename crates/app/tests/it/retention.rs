//! What is kept no longer.

use std::sync::Arc;

use ges_app::{CallInFailure, CallInWish, WantedWebhook};
use ges_contracts::given;
use ges_domain::callback::{Callback, Change, State, UserData};
use ges_domain::callin::{Allocation, Clues, Group};
use ges_domain::event::Actor;
use ges_domain::id::{RecordId, Revision};
use ges_domain::name::GroupName;
use ges_domain::phone::PhoneNumber;
use ges_ports::{
    AuditEntry, AuditFilter, AuditOutcome, RecordKey, RecordKind, RecordName, Records as _,
};

use crate::house::House;

fn help() -> Group {
    let name = GroupName::parse("help").unwrap();
    Group::new(name, vec![given::phone(9000)], Some(6), 900, Allocation::Shared).unwrap()
}

fn wish(caller: Option<PhoneNumber>) -> CallInWish {
    CallInWish {
        group: help().name().clone(),
        caller,
        user_data: UserData::default(),
        callback: None,
        key: None,
    }
}

/// A webhook that hears everything.
async fn listening(house: &House) -> RecordId {
    let wanted = WantedWebhook {
        url: String::from("https://example.com/hooks"),
        description: None,
        states: Vec::new(),
        services: Vec::new(),
        enabled: None,
    };
    house.app.add_webhook(house.tenant, wanted).await.unwrap().0.id
}

#[tokio::test]
async fn lines_of_the_audit_log_go_by_age() {
    let house = House::open().await;
    let line = |number: u32, at| AuditEntry {
        id: RecordId::new(given::id(number).uuid()),
        tenant: house.tenant,
        at,
        who: String::from("ann"),
        what: String::from("callback.cancel"),
        on: None,
        outcome: AuditOutcome::Done,
        code: None,
        note: None,
        correlation: given::id(number).uuid(),
        address: None,
    };
    house.app.write_down(&line(1, house.now())).await.unwrap();
    house.turn(364 * 86_400);
    house.app.write_down(&line(2, house.now())).await.unwrap();
    assert_eq!(house.app.purge().await.unwrap().audit, 0);
    house.turn(86_401);
    assert_eq!(house.app.purge().await.unwrap().audit, 1);
    let left = AuditFilter { limit: 10, ..AuditFilter::default() };
    assert_eq!(house.app.audit(house.tenant, &left).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn what_ended_long_ago_goes_and_nothing_else() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    let old = house.booked(1, Some(3600)).await;
    app.cancel(tenant, old.id, Actor::Api, None).await.unwrap();
    app.put_call_in_group(tenant, &help(), Revision::NONE).await.unwrap();
    app.call_in(tenant, wish(None)).await.unwrap();
    let waits = house.booked(2, Some(13 * 86_400)).await;
    house.turn(29 * 86_400);
    assert_eq!(app.purge().await.unwrap().callbacks, 0);
    let late = house.booked(3, Some(3600)).await;
    app.cancel(tenant, late.id, Actor::Api, None).await.unwrap();
    house.turn(86_400 + 901);
    let round = app.purge().await.unwrap();
    assert_eq!((round.callbacks, round.call_ins, round.more), (1, 1, false));
    assert!(app.retrieve(tenant, old.id).await.is_err());
    assert!(app.history(tenant, old.id).await.unwrap().is_empty());
    house.find(late.id).await;
    assert_eq!(house.find(waits.id).await.state, State::Scheduled, "what is open stays");
}

#[tokio::test]
async fn a_number_is_forgotten_everywhere_once_its_sessions_are_told() {
    let house = Arc::new(House::open().await);
    let (app, tenant, phone) = (&house.app, house.tenant, given::phone(1));
    let webhook = listening(&house).await;
    app.put_call_in_group(tenant, &help(), Revision::NONE).await.unwrap();
    app.call_in(tenant, wish(Some(phone.clone()))).await.unwrap();
    let done = house.booked(1, Some(3600)).await;
    app.cancel(tenant, done.id, Actor::Api, None).await.unwrap();
    house.booked(1, Some(7200)).await;
    let queued = house.booked(1, None).await;
    house.live(1).await;
    house.started(queued.id, 1).await.unwrap();
    let other = house.booked(2, Some(3600)).await;
    // One message of each callback is told, those behind it wait, and what comes now is news.
    app.herald().await.unwrap();

    let dossier = app.dossier(tenant, &phone).await.unwrap();
    assert_eq!((dossier.callbacks.len(), dossier.call_ins.len()), (3, 1));
    assert!(dossier.callbacks.iter().all(|kept| !kept.history.is_empty()));

    let by = Actor::User(String::from("ann"));
    let forgotten = app.forget(tenant, &phone, &by).await.unwrap();
    assert_eq!((forgotten.callbacks, forgotten.call_ins), (2, 1));
    assert_eq!(forgotten.remaining, 1, "its session must be told first");
    assert_eq!(forgotten.events, 4, "two bookings and two cancellations");
    assert_eq!(forgotten.deliveries, 7, "of the one that remains, too: it has ended");
    assert_eq!(app.keep_forgetting().await.unwrap(), 1);
    house.tick().await;
    assert_eq!(house.ors.signals().len(), 1);
    assert_eq!(app.keep_forgetting().await.unwrap(), 0);
    let dossier = app.dossier(tenant, &phone).await.unwrap();
    assert!(dossier.callbacks.is_empty() && dossier.call_ins.is_empty());
    house.find(other.id).await;
    let told = house.app.webhook_log(tenant, webhook, None, 100).await.unwrap();
    assert!(told.iter().all(|row| row.key.callback == other.id), "{told:?}");
    assert_eq!(told.len(), 1);

    // A customer who comes back is a customer like any other.
    let again = house.booked(1, Some(3600)).await;
    assert_eq!(app.keep_forgetting().await.unwrap(), 0);
    house.find(again.id).await;
}

/// A callback whose customer talks to an agent.
async fn on_the_line(house: &House) -> Callback {
    let talking = house.booked(1, None).await;
    house.live(1).await;
    house.started(talking.id, 1).await.unwrap();
    house.reported(talking.id, 1, 1, State::Routing).await.unwrap();
    house.reported(talking.id, 1, 2, State::Processing).await.unwrap();
    talking
}

#[tokio::test]
async fn who_is_on_the_line_is_forgotten_afterwards() {
    let house = House::open().await;
    let (app, tenant, phone) = (&house.app, house.tenant, given::phone(1));
    let talking = on_the_line(&house).await;
    let forgotten = app.forget(tenant, &phone, &Actor::System).await.unwrap();
    assert_eq!((forgotten.callbacks, forgotten.remaining), (0, 1));
    assert_eq!(house.find(talking.id).await.state, State::Processing, "the call goes on");
    house.reported(talking.id, 1, 3, State::Completed).await.unwrap();
    assert_eq!(app.keep_forgetting().await.unwrap(), 0);
    assert!(app.retrieve(tenant, talking.id).await.is_err());
}

#[tokio::test]
async fn who_comes_back_from_an_agent_is_forgotten_all_the_same() {
    let house = House::open().await;
    let (app, tenant, phone) = (&house.app, house.tenant, given::phone(1));
    let talking = on_the_line(&house).await;
    app.forget(tenant, &phone, &Actor::System).await.unwrap();
    house.reported(talking.id, 1, 3, State::Queued).await.unwrap();
    assert_eq!(app.keep_forgetting().await.unwrap(), 1, "its session must be told first");
    assert_eq!(house.find(talking.id).await.state, State::Completed);
    house.tick().await;
    assert_eq!(app.keep_forgetting().await.unwrap(), 0);
    assert!(app.retrieve(tenant, talking.id).await.is_err());
}

#[tokio::test]
async fn a_wish_that_cannot_be_read_is_counted_and_keeps_no_other_waiting() {
    let house = House::open().await;
    let callback = on_the_line(&house).await;
    house.app.forget(house.tenant, &callback.phone, &Actor::Api).await.unwrap();
    assert_eq!(house.app.keep_forgetting().await.unwrap(), 1);
    let key = |name: &str| RecordKey {
        tenant: house.tenant,
        kind: RecordKind::new("forget-number"),
        name: RecordName::parse(name).unwrap(),
    };
    for (name, document) in [("no-number", "0"), ("+14155550199", "no time")] {
        house.records.put(&key(name), document, Revision::NONE).await.unwrap();
    }
    assert_eq!(house.app.keep_forgetting().await.unwrap(), 3);
    house.reported(callback.id, 1, 3, State::Completed).await.unwrap();
    assert_eq!(
        house.app.keep_forgetting().await.unwrap(),
        2,
        "the one that can be read is granted"
    );
    assert!(house.app.retrieve(house.tenant, callback.id).await.is_err());
}

#[tokio::test]
async fn a_call_that_came_in_ends_the_callback_that_it_belongs_to() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    let nobody = app.call_in(tenant, wish(None)).await;
    assert!(matches!(nobody, Err(CallInFailure::NoSuchGroup)));
    app.put_call_in_group(tenant, &help(), Revision::NONE).await.unwrap();
    let callback = house.booked(1, Some(3600)).await;
    let call_in = app
        .call_in(tenant, CallInWish { callback: Some(callback.id), ..wish(None) })
        .await
        .unwrap();
    let clues = Clues { code: call_in.code, ..Clues::default() };
    assert!(app.match_call(tenant, &clues).await.unwrap().is_some());
    let ended = house.find(callback.id).await;
    assert_eq!(ended.reason, Some(ges_domain::callback::Reason::CUSTOMER_CALLED_IN));
    // A callback that has ended is no reason to turn the caller away.
    let call_in = app
        .call_in(tenant, CallInWish { callback: Some(callback.id), ..wish(None) })
        .await
        .unwrap();
    let clues = Clues { code: call_in.code, ..Clues::default() };
    assert!(app.match_call(tenant, &clues).await.unwrap().is_some());
    let change = Change::Cancel { by: Actor::Api, note: None };
    assert!(app.change(tenant, callback.id, change, None).await.is_err());
}
