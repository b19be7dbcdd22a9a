//! What webhooks hear: all of it, in order, also when they were away.

use ges_app::{WantedWebhook, WebhookFailure, WebhookRow};
use ges_domain::callback::State;
use ges_domain::event::Actor;
use ges_domain::id::Revision;
use ges_domain::webhook::Standing;
use ges_ports::{HookTrouble, ParcelState, RecordKey, RecordName, Records as _, WEBHOOKS};
use serde_json::Value;

use crate::house::House;

const URL: &str = "https://example.com/hooks";

fn wanted(url: &str) -> WantedWebhook {
    WantedWebhook {
        url: url.to_owned(),
        description: None,
        states: Vec::new(),
        services: Vec::new(),
        enabled: None,
    }
}

async fn listening(house: &House, wanted: WantedWebhook) -> WebhookRow {
    house.app.add_webhook(house.tenant, wanted).await.unwrap().0
}

async fn herald(house: &House) {
    while house.app.herald().await.unwrap() != ges_app::Heralded::default() {}
}

/// Turns the clock in steps and lets the herald go round at each.
async fn rounds(house: &House, secs: u64, step: u64) {
    for _round in 0..secs / step {
        house.turn(step);
        herald(house).await;
    }
}

/// The kinds of messages that an address heard of a callback.
fn heard(house: &House, url: &str, callback: &str) -> Vec<String> {
    let all = house.listeners.heard().into_iter();
    let of_it = all.filter(|it| it.url == url && it.body["data"]["id"] == callback);
    of_it.map(|it| it.body["type"].as_str().unwrap().to_owned()).collect()
}

/// Lives a callback's life up to its queue, and cancels it there.
async fn live_and_cancel(house: &House, number: u32) -> String {
    let callback = house.booked(number, None).await;
    house.live(1).await;
    house.started(callback.id, 1).await.unwrap();
    house.app.cancel(house.tenant, callback.id, Actor::Api, None).await.unwrap();
    callback.id.to_string()
}

const LIFE: [&str; 3] = ["callback.scheduled", "callback.queued", "callback.completed"];

#[tokio::test]
async fn a_webhook_hears_every_change_of_state_in_order_and_no_word_of_the_customer() {
    let house = House::open().await;
    listening(&house, wanted(URL)).await;
    let id = live_and_cancel(&house, 1).await;
    herald(&house).await;
    assert_eq!(heard(&house, URL, &id), LIFE);
    let all = house.listeners.heard();
    let last = &all.last().unwrap().body;
    assert_eq!(last["data"]["callbackReason"], "CANCELLED");
    assert_eq!(last["data"]["previousState"], "QUEUED");
    let written = all.iter().map(|it| it.body.to_string()).collect::<String>();
    assert!(!written.contains("+1415555"), "{written}");
    herald(&house).await;
    assert_eq!(house.listeners.tried(), 3, "each once");
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_keeps_no_other_waiting() {
    let house = House::open().await;
    let odd = listening(&house, wanted("https://example.com/odd")).await;
    listening(&house, wanted(URL)).await;
    let first = live_and_cancel(&house, 1).await;
    let name = RecordName::parse(&odd.id.to_string()).unwrap();
    let key = RecordKey { tenant: house.tenant, kind: WEBHOOKS, name };
    // Before anything was spread, and after.
    let revision = house.records.put(&key, "no webhook", odd.revision).await.unwrap();
    herald(&house).await;
    assert_eq!(heard(&house, URL, &first), LIFE);
    assert_eq!(house.app.webhooks(house.tenant).await.unwrap().len(), 1);
    let standing = house.records.get(&key).await.unwrap().unwrap();
    assert_eq!((standing.revision, &*standing.document), (revision, "no webhook"));
}

#[tokio::test]
async fn who_was_away_hears_everything_afterwards_in_order_from_any_node() {
    let house = House::open().await;
    let other = house.seen_by(2);
    listening(&house, wanted(URL)).await;
    house.listeners.say(URL, Err(HookTrouble::Unreachable));
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(live_and_cancel(&house, number).await);
        herald(&house).await;
        herald(&other).await;
    }
    rounds(&house, 3_600, 60).await;
    assert!(house.listeners.heard().is_empty());
    house.listeners.say(URL, Ok(204));
    for _round in 0..150 {
        house.turn(60);
        futures::future::join(herald(&house), herald(&other)).await;
    }
    for id in &ids {
        assert_eq!(heard(&house, URL, id), LIFE, "{id}");
    }
    let mut names: Vec<_> = house.listeners.heard().into_iter().map(|it| it.id).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 36, "every message has a name of its own");
}

#[tokio::test]
async fn one_who_does_not_answer_holds_up_nobody_else() {
    let house = House::open().await;
    let good = "https://good.example/hooks";
    listening(&house, wanted(URL)).await;
    listening(&house, wanted(good)).await;
    house.listeners.say(URL, Err(HookTrouble::TimedOut));
    let id = live_and_cancel(&house, 1).await;
    herald(&house).await;
    assert_eq!(heard(&house, good, &id), LIFE);
    assert_eq!(heard(&house, URL, &id), [""; 0]);
}

#[tokio::test]
async fn a_webhook_that_fails_for_three_days_is_disabled_and_its_owner_can_see_why() {
    let house = House::open().await;
    let row = listening(&house, wanted(URL)).await;
    house.listeners.say(URL, Ok(500));
    live_and_cancel(&house, 1).await;
    herald(&house).await;
    let seen = async || house.app.webhook(house.tenant, row.id).await.unwrap();
    assert!(seen().await.webhook.failing_since.is_some());
    rounds(&house, 71 * 3_600, 1_800).await;
    assert!(seen().await.webhook.enabled());
    rounds(&house, 3 * 3_600, 600).await;
    let ended = seen().await;
    assert!(
        matches!(&ended.webhook.standing, Standing::Disabled { reason, .. } if reason.contains("three days"))
    );
    assert_eq!(ended.counts.pending, 0, "what waited is given up");
    let tried = house.listeners.tried();
    live_and_cancel(&house, 2).await;
    rounds(&house, 600, 60).await;
    assert_eq!(house.listeners.tried(), tried, "nobody calls it any more");
    // Enabled again, it hears what is new, and what its owner asks for.
    house.listeners.say(URL, Ok(200));
    let again = WantedWebhook { enabled: Some(true), ..wanted(URL) };
    house.app.change_webhook(house.tenant, row.id, again, ended.revision).await.unwrap();
    let log = house.app.webhook_log(house.tenant, row.id, None, 10).await.unwrap();
    assert!(log.iter().all(|it| it.state == ParcelState::Failed));
    house.app.redeliver(house.tenant, row.id, log[0].id).await.unwrap();
    let id = live_and_cancel(&house, 3).await;
    rounds(&house, 60, 20).await;
    assert_eq!(heard(&house, URL, &id), LIFE);
    assert!(house.listeners.heard().iter().any(|it| it.id == log[0].id.to_string()));
}

#[tokio::test]
async fn a_webhook_that_says_it_is_gone_is_disabled_at_once() {
    let house = House::open().await;
    let row = listening(&house, wanted(URL)).await;
    house.listeners.say(URL, Ok(410));
    live_and_cancel(&house, 1).await;
    herald(&house).await;
    assert!(!house.app.webhook(house.tenant, row.id).await.unwrap().webhook.enabled());
    assert_eq!(house.listeners.tried(), 1);
}

#[tokio::test]
async fn a_webhook_hears_only_of_the_states_and_services_that_it_wants() {
    let house = House::open().await;
    let states = WantedWebhook { states: vec![State::Completed], ..wanted(URL) };
    listening(&house, states).await;
    let other = "https://other.example/hooks";
    let services = vec![ges_contracts::given::service(ges_contracts::given::SUPPORT)];
    listening(&house, WantedWebhook { services, ..wanted(other) }).await;
    let id = live_and_cancel(&house, 1).await;
    herald(&house).await;
    assert_eq!(heard(&house, URL, &id), ["callback.completed"]);
    assert_eq!(heard(&house, other, &id), [""; 0]);
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_secrets_sign() {
    let house = House::open().await;
    let row = listening(&house, wanted(URL)).await;
    house.app.rotate_webhook(house.tenant, row.id).await.unwrap();
    let signed = async || {
        house.app.try_webhook(house.tenant, row.id).await.unwrap();
        house.listeners.heard().last().unwrap().secrets
    };
    assert_eq!(signed().await, 2);
    house.turn(24 * 3_600);
    assert_eq!(signed().await, 1);
}

#[tokio::test]
async fn a_rotation_of_keys_seals_both_secrets_anew_and_drops_one_whose_day_is_over() {
    let house = House::open().await;
    let row = listening(&house, wanted(URL)).await;
    house.app.rotate_webhook(house.tenant, row.id).await.unwrap();
    let sealed = async |house: &House| {
        let records = &house.outside.records;
        let all = records.list(house.tenant, WEBHOOKS, None, 10).await.unwrap();
        let document: Value = serde_json::from_str(&all[0].document).unwrap();
        let key = |place| document.pointer(place).map(|it| it.as_str().unwrap()[..2].to_owned());
        [key("/secret"), key("/old/secret")]
    };
    let house = house.sealed_by("b");
    house.app.rotate_secrets().await.unwrap();
    assert_eq!(sealed(&house).await, [Some("b.".into()), Some("b.".into())]);
    house.turn(24 * 3_600);
    let again = house.sealed_by("c");
    again.app.rotate_secrets().await.unwrap();
    assert_eq!(sealed(&again).await, [Some("c.".into()), None]);
    assert_eq!(again.app.rotate_secrets().await.unwrap().renewed, 0);
}

#[tokio::test]
async fn a_webhook_is_changed_at_the_revision_that_was_read_and_by_its_tenant_alone() {
    let house = House::open().await;
    let row = listening(&house, wanted(URL)).await;
    let stale = Revision::new(7);
    let refused = house.app.change_webhook(house.tenant, row.id, wanted(URL), stale).await;
    assert!(matches!(refused, Err(WebhookFailure::Changed(now)) if now.revision == row.revision));
    let unfit = house.app.add_webhook(house.tenant, wanted("http://example.com")).await;
    assert!(matches!(unfit, Err(WebhookFailure::Unfit(_))));
    let stranger = ges_contracts::given::tenant(2);
    let refused = house.app.remove_webhook(stranger, row.id, row.revision).await;
    assert!(matches!(refused, Err(WebhookFailure::Unknown)));
    house.app.remove_webhook(house.tenant, row.id, row.revision).await.unwrap();
    assert_eq!(house.app.webhooks(house.tenant).await.unwrap(), []);
}
