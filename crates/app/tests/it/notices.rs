//! Notices on devices, from the outbox to the push service.

use futures::FutureExt as _;
use ges_app::{Entry, Shown};
use ges_domain::callback::{Callback, Change, PushTarget};
use ges_domain::effect::Lane;
use ges_domain::event::Actor;
use ges_domain::service::NoticeText;
use ges_domain::time::SignedDuration;
use ges_ports::{Delivery, Fault, PushDelay, PushRefusal, Secret};

use crate::house::House;

fn target(token: &str) -> PushTarget {
    PushTarget { token: token.to_owned() }
}

/// A house whose tenant has a push account and whose service announces calls in two languages.
async fn house() -> House {
    let house = House::with(|settings| {
        settings.push_notification_threshold_minutes = Some(5);
        settings.upcoming = [("en-US", "Soon"), ("de-DE", "Gleich")]
            .map(|(language, title)| NoticeText {
                language: language.to_owned(),
                title: title.to_owned(),
                body: String::from("."),
            })
            .to_vec();
    })
    .await;
    let shown = Shown::Push {
        project: String::from("p"),
        email: String::from("e"),
        key_id: String::from("k"),
    };
    let entry = Entry { shown, secret: Some(Secret::new("pem")) };
    house.app.put_credential(house.tenant, entry, "jdoe").await.unwrap();
    house
}

/// A callback whose customer has these devices and is told that the call is near.
async fn announced(house: &House, language: Option<&str>, devices: &[&str]) -> Callback {
    let mut wish = house.wish(1, Some(3600));
    wish.request.details.language = language.map(str::to_owned);
    wish.request.details.push_targets = devices.iter().map(|token| target(token)).collect();
    let callback = house.book(wish).await.unwrap().callback().clone();
    house.app.change(house.tenant, callback.id, Change::Upcoming, None).await.unwrap()
}

#[tokio::test]
async fn every_device_is_told_once_in_its_customers_language() {
    let house = house().await;
    announced(&house, Some("de-AT"), &["one", "two"]).await;
    house.live(30).await;
    let mut tried = house.devices.tried();
    tried.sort();
    let told = |token: &str| (String::from("Gleich"), token.to_owned());
    assert_eq!(tried, [told("one"), told("two")]);
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten_and_the_others_are_told() {
    let house = house().await;
    house.devices.next(Ok(Delivery::Refused(PushRefusal::Unregistered)));
    house.devices.next(Ok(Delivery::Refused(PushRefusal::Unspecified)));
    let callback = announced(&house, None, &["one", "two", "three"]).await;
    house.live(30).await;
    assert_eq!(house.devices.tried().len(), 3, "nobody is told twice");
    let left = house.find(callback.id).await.details.push_targets;
    let gone = house.devices.tried()[0].1.clone();
    assert_eq!(left.len(), 2, "one refusal ends a target, the other does not");
    assert!(!left.contains(&target(&gone)));
}

#[tokio::test]
async fn trouble_is_waited_out_as_long_as_the_push_service_asks_and_the_notice_lives() {
    let house = house().await;
    let later = |cause, after| Ok(Delivery::Later { cause, after });
    house.devices.next(later(PushDelay::Unavailable, Some(SignedDuration::from_secs(7))));
    house.devices.next(Err(Fault::timed_out("fcm")));
    house.devices.next(later(PushDelay::Quota, None));
    announced(&house, None, &["one"]).await;
    house.tick().await;
    assert_eq!(house.devices.tried().len(), 1);
    house.live(6).await;
    assert_eq!(house.devices.tried().len(), 1, "as long as it asks");
    house.live(2).await;
    assert_eq!(house.devices.tried().len(), 2);
    house.live(4).await;
    assert_eq!(house.devices.tried().len(), 3);
    house.live(60).await;
    assert_eq!(house.devices.tried().len(), 3, "too much was sent: no try within a minute");
    house.live(100).await;
    assert_eq!(
        house.devices.tried().len(),
        3,
        "a quota that holds for so many tries is given up on"
    );
}

#[tokio::test]
async fn a_push_service_that_never_answers_is_given_up_on() {
    let house = house().await;
    for _try in 0..20 {
        house.devices.next(Err(Fault::unavailable("fcm", "nobody")));
    }
    announced(&house, None, &["one"]).await;
    house.live(200).await;
    assert_eq!(house.devices.tried().len(), 7);
}

#[tokio::test]
async fn nobody_is_told_of_a_call_that_will_not_come() {
    let house = house().await;
    let callback = announced(&house, None, &["one"]).await;
    house.app.cancel(house.tenant, callback.id, Actor::Api, None).await.unwrap();
    house.live(10).await;
    assert_eq!(house.devices.tried(), []);
}

#[tokio::test]
async fn without_an_account_nobody_is_told_and_nothing_waits() {
    let house = house().await;
    let kind = ges_app::CredentialKind::Push;
    assert!(house.app.remove_credential(house.tenant, kind).await.unwrap());
    announced(&house, None, &["one"]).await;
    house.live(5).await;
    assert_eq!(house.devices.tried(), []);
}

#[tokio::test]
async fn while_notices_hang_every_call_starts_at_its_second() {
    let house = house().await;
    announced(&house, None, &["one", "two"]).await;
    house.devices.hang();
    let mut notices = Box::pin(house.app.tick(Lane::Notices));
    while house.devices.tried().len() < 2 {
        assert!((&mut notices).now_or_never().is_none(), "both hang");
        tokio::task::yield_now().await;
    }
    let immediate = house.booked(2, None).await;
    house.tick_in(Lane::Sessions).await;
    assert_eq!(house.ors.starts(), [(immediate.id, 1)]);
    let scheduled = house.booked(3, Some(3600)).await;
    for _second in 0..3600 {
        house.turn(1);
        house.tick_in(Lane::Sessions).await;
    }
    let sent_at = house.find(scheduled.id).await.submission.and_then(|it| it.sent_at);
    assert_eq!(sent_at, Some(scheduled.desired_at), "at its second");
    assert!((&mut notices).now_or_never().is_none(), "they still hang");
    house.devices.go_on();
    assert_eq!(notices.await.unwrap().leased, 2);
    house.live(60).await;
    assert_eq!(house.devices.tried().len(), 2, "each device was told once");
}
