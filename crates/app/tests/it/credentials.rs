//! Credentials: written, told, tried, sealed anew, and never seen in the open.

use std::sync::Arc;

use ges_app::{Caller, CredentialKind, Entry, NoFigures, PutFailure, Shown};
use ges_domain::refusal::Refusal;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    ApiKey, Fault, RecordKey, RecordKind, RecordName, Records as _, Secret, StatisticsError,
};

use crate::house::{House, refusal};

const KIND: CredentialKind = CredentialKind::Statistics;

fn entry(secret: Option<&str>) -> Entry {
    let shown = Shown::Statistics { user_name: String::from("t100\\stat") };
    Entry { shown, secret: secret.map(Secret::new) }
}

fn place(house: &House) -> RecordKey {
    let name = RecordName::parse(KIND.as_str()).unwrap();
    RecordKey { tenant: house.tenant, kind: RecordKind::new("credential"), name }
}

#[tokio::test]
async fn a_credential_is_told_without_its_secret_and_stored_without_it() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    assert_eq!(app.credential_described(tenant, KIND).await.unwrap(), None);
    app.put_credential(tenant, entry(Some("sesame")), "jdoe").await.unwrap();
    let told = app.credential_described(tenant, KIND).await.unwrap().unwrap();
    assert_eq!((told.shown, told.by.as_str()), (entry(None).shown, "jdoe"));
    let stored = house.records.get(&place(&house)).await.unwrap().unwrap().document;
    assert!(!stored.contains("sesame"), "{stored}");
    assert!(app.remove_credential(tenant, KIND).await.unwrap());
    assert!(!app.remove_credential(tenant, KIND).await.unwrap());
}

#[tokio::test]
async fn a_secret_that_is_left_out_stays_and_one_that_never_was_is_missed() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    let put = app.put_credential(tenant, entry(None), "jdoe").await;
    assert!(matches!(put, Err(PutFailure::NoSecret)), "{put:?}");
    app.put_credential(tenant, entry(Some("sesame")), "jdoe").await.unwrap();
    let before = house.records.get(&place(&house)).await.unwrap().unwrap();
    app.put_credential(tenant, entry(None), "other").await.unwrap();
    let after = house.records.get(&place(&house)).await.unwrap().unwrap();
    assert!(after.revision > before.revision && after.document.contains("other"));
    assert!(app.try_credential(tenant, KIND).await.unwrap().unwrap().ok);
}

#[tokio::test]
async fn a_try_tells_whether_the_neighbour_takes_it() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    assert_eq!(app.try_credential(tenant, KIND).await.unwrap(), None);
    app.put_credential(tenant, entry(Some("sesame")), "jdoe").await.unwrap();
    house.figures.fail(StatisticsError::AccountRefused);
    assert!(!app.try_credential(tenant, KIND).await.unwrap().unwrap().ok);
    assert!(app.try_credential(tenant, KIND).await.unwrap().unwrap().ok);
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_and_a_second_one_finds_nothing_to_do() {
    let house = House::open().await;
    house.app.put_credential(house.tenant, entry(Some("sesame")), "jdoe").await.unwrap();
    let house = house.sealed_by("b");
    let first = house.app.rotate_secrets().await.unwrap();
    assert_eq!((first.looked, first.renewed, first.closed.len()), (1, 1, 0));
    let second = house.app.rotate_secrets().await.unwrap();
    assert_eq!((second.looked, second.renewed, second.closed.len()), (1, 0, 0));
    assert!(house.app.try_credential(house.tenant, KIND).await.unwrap().unwrap().ok);
}

#[tokio::test]
async fn figures_are_asked_on_the_account_and_never_newer_than_fifteen_seconds() {
    let house = House::open().await;
    let ask = async |secs: Option<i64>| {
        let age = secs.map(SignedDuration::from_secs);
        house.app.figures(house.tenant, Arc::from("{}"), age).await
    };
    assert!(matches!(ask(None).await, Err(NoFigures::Account)));
    house.app.put_credential(house.tenant, entry(Some("sesame")), "jdoe").await.unwrap();
    for secs in [None, Some(0), Some(60)] {
        assert_eq!(&*ask(secs).await.unwrap(), "{}");
    }
    assert_eq!(house.figures.ages(), [300, 15, 60]);
    house.figures.fail(StatisticsError::QuestionRefused);
    assert!(matches!(ask(None).await, Err(NoFigures::Question)));
    house.figures.fail(StatisticsError::Fault(Arc::new(Fault::timed_out("statistics"))));
    assert!(matches!(ask(None).await, Err(NoFigures::Upstream(_))));
}

#[tokio::test]
async fn a_key_shows_when_it_was_used_last_and_nodes_write_that_once_a_minute() {
    let house = House::open().await;
    let other = house.seen_by(2);
    let name = RecordName::parse("website").unwrap();
    let key = house.app.make_api_key(house.tenant, &name, "jdoe").await.unwrap().unwrap();
    let used = async || house.app.api_keys(house.tenant).await.unwrap()[0].last_used_at;
    let second = |at: Timestamp| Some(Timestamp::from_second(at.as_second()).unwrap());
    assert_eq!((used().await, house.app.keep_key_uses().await.unwrap()), (None, 0));
    for _use in 0..3 {
        assert_eq!(house.app.caller(&key).await.unwrap(), Caller::Known(house.tenant));
    }
    let stranger = ApiKey::parse("a-key-of-nobody").unwrap();
    assert_eq!(house.app.caller(&stranger).await.unwrap(), Caller::Unknown);
    assert_eq!(house.app.keep_key_uses().await.unwrap(), 1);
    let first = house.now();
    assert_eq!(used().await, second(first));
    house.turn(59);
    for node in [&house, &other] {
        node.app.caller(&key).await.unwrap();
        assert_eq!(node.app.keep_key_uses().await.unwrap(), 0, "not a minute has passed");
    }
    assert_eq!(used().await, second(first));
    house.turn(1);
    house.app.caller(&key).await.unwrap();
    house.records.hold_after(0);
    house.app.keep_key_uses().await.unwrap_err();
    house.records.hold_after(u64::MAX);
    assert_eq!(house.app.keep_key_uses().await.unwrap(), 1, "after a fault it is not forgotten");
    assert_eq!(used().await, second(house.now()));
    house.app.remove_api_key(house.tenant, &name).await.unwrap();
    house.app.make_api_key(house.tenant, &name, "jdoe").await.unwrap().unwrap();
    assert_eq!(used().await, None, "another key of the same name");
}

#[tokio::test]
async fn a_key_is_made_under_a_name_told_once_and_taken_back() {
    let house = House::open().await;
    let name = RecordName::parse("website").unwrap();
    let key = house.app.make_api_key(house.tenant, &name, "jdoe").await.unwrap().unwrap();
    assert_eq!(key.expose().len(), 36);
    assert_eq!(house.app.make_api_key(house.tenant, &name, "jdoe").await.unwrap(), None);
    let known = house.app.api_keys(house.tenant).await.unwrap();
    assert_eq!((known.len(), known[0].name.as_str()), (1, "website"));
    assert_eq!((known[0].made_at, known[0].by.as_deref()), (Some(house.now()), Some("jdoe")));
    house.app.remove_api_key(house.tenant, &name).await.unwrap();
    assert_eq!(house.app.api_keys(house.tenant).await.unwrap(), []);
    let again = house.app.remove_api_key(house.tenant, &name).await;
    assert_eq!(refusal(again), Refusal::UnknownName);
}
