//! Keys and tenants of the Environment service: asked for seldom, believed as long as agreed, never lost to an outage.

use std::sync::Arc;

use ges_domain::name::RegionName;
use ges_ports::{Credentials, FaultKind, Tenants};
use ges_simulators::{Action, Fault};

use crate::given::{after_secs, key, now};
use crate::platform::{Platform, first, heard, second};

const KEY: &str = "7d5a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33";

#[tokio::test]
async fn a_key_is_believed_for_ten_minutes_and_an_unknown_one_doubted_for_thirty_seconds() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    for second in [0, 1, 599] {
        let owner = gws.identify(&key(KEY), after_secs(second)).await.unwrap();
        assert_eq!(owner, Some(first()));
    }
    assert_eq!(heard(&platform.environment, "/api-keys/"), 1);
    gws.identify(&key(KEY), after_secs(600)).await.unwrap();
    assert_eq!(heard(&platform.environment, "/api-keys/"), 2);
    for second in [0, 29] {
        assert_eq!(gws.identify(&key("nobodys"), after_secs(second)).await.unwrap(), None);
    }
    assert_eq!(heard(&platform.environment, "/api-keys/nobodys"), 1);
    gws.identify(&key("nobodys"), after_secs(30)).await.unwrap();
    assert_eq!(heard(&platform.environment, "/api-keys/nobodys"), 2);
}

#[tokio::test]
async fn a_crowd_with_one_key_asks_once() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    platform.environment.inject(Fault::once(Action::Delay { ms: 100 }));
    let crowd = (0..50).map(|_| {
        let gws = gws.clone();
        tokio::spawn(async move { gws.identify(&key(KEY), now()).await.unwrap() })
    });
    for one in crowd.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), Some(first()));
    }
    assert_eq!(heard(&platform.environment, "/api-keys/"), 1);
    assert_eq!(heard(&platform.gauth, "/oauth/token"), 1);
}

#[tokio::test]
async fn in_an_outage_known_keys_open_and_unknown_ones_are_a_fault() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    gws.identify(&key(KEY), now()).await.unwrap();
    platform.environment.inject(Fault::always(Action::Status { status: 503, retry_after: None }));
    let later = after_secs(3_600);
    assert_eq!(gws.identify(&key(KEY), later).await.unwrap(), Some(first()));
    let fault = gws.identify(&key("another"), later).await.unwrap_err();
    assert_eq!((fault.peer, fault.kind), ("environment", FaultKind::Unavailable));
    let [gauth, environment, configuration] = gws.health();
    assert!(environment.down && !gauth.down && !configuration.down);
    assert_eq!(environment.since, Some(later));
    platform.environment.heal();
    gws.look_after(after_secs(3_700)).await;
    assert!(!gws.health()[1].down, "nobody had to ask for it");
}

#[tokio::test]
async fn a_service_in_trouble_is_asked_twice_and_then_left_alone() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    platform.environment.inject(Fault::always(Action::Status { status: 502, retry_after: None }));
    for number in 0..20 {
        assert!(gws.identify(&key(&format!("key-{number}")), now()).await.is_err());
    }
    assert_eq!(heard(&platform.environment, "/api-keys/"), 10, "five calls of two tries");
    platform.environment.heal();
    assert!(gws.identify(&key(KEY), after_secs(9)).await.is_err(), "it rests");
    assert_eq!(gws.identify(&key(KEY), after_secs(10)).await.unwrap(), Some(first()));
}

#[tokio::test]
async fn a_tenant_is_described_as_it_is_configured() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    platform.realm.with(|known| {
        let tenant = known.tenants.get_mut(&first().to_string()).unwrap();
        let mut setting = tenant.settings[0].clone();
        setting.name = String::from("ges-urs-endpoints");
        setting.location = String::from("/USE1");
        setting.value = String::from("http://urs-1:5580, http://urs-2:5580/");
        tenant.settings.push(setting);
    });
    let tenant = gws.find(first(), now()).await.unwrap().expect("the tenant is known");
    assert_eq!((tenant.name.as_str(), tenant.short_id.as_deref()), ("t100", Some("100")));
    assert_eq!(tenant.settings.get("ges-enabled").map(String::as_str), Some("true"));
    let [west, east] = tenant.locations.as_slice() else { panic!("{:?}", tenant.locations) };
    assert_eq!(west.name, RegionName::parse("/USW1").unwrap());
    assert_eq!(west.routers, [format!("http://tenant-{}.usw1.svc:5580", first())]);
    assert_eq!(east.routers, ["http://urs-1:5580", "http://urs-2:5580"]);
    assert!(east.orchestrators.is_empty(), "nothing is set and there is no template");
}

#[tokio::test]
async fn a_tenant_stands_for_half_an_hour_and_through_every_outage() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let found = gws.find(first(), now()).await.unwrap().unwrap();
    platform.realm.with(|known| {
        known.tenants.get_mut(&first().to_string()).unwrap().settings[0].value = "false".into();
    });
    let again = gws.find(first(), after_secs(1_799)).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&found, &again), "it is not asked about");
    platform.environment.inject(Fault::always(Action::HangUp));
    let stale = gws.find(first(), after_secs(86_400)).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&found, &stale), "the last good copy stands");
    assert!(gws.refetch(first(), after_secs(86_400)).await.is_err(), "who asks for now is told");
    platform.environment.heal();
    let new = gws.refetch(first(), after_secs(90_000)).await.unwrap().unwrap();
    assert!(!new.enabled && found.enabled);
}

#[tokio::test]
async fn a_step_of_refreshing_reads_what_is_due_and_nothing_else() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    gws.find(first(), now()).await.unwrap();
    assert!(!gws.any_welcomes("http://nobody.example"));
    let step = gws.refresh(now()).await.unwrap();
    assert_eq!((step.read, step.failed, step.left), (1, 0, 0), "the second tenant");
    assert_eq!(gws.refresh(after_secs(60)).await.unwrap().read, 0);
    platform.environment.forget();
    gws.find(second(), after_secs(60)).await.unwrap();
    assert!(platform.environment.received().is_empty());
    assert_eq!(gws.refresh(after_secs(1_800)).await.unwrap().read, 2);
}

#[tokio::test]
async fn the_service_token_is_renewed_at_80_percent_of_its_life_and_once_when_it_is_refused() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    let ask = async |number: u32, second: i64| {
        gws.identify(&key(&format!("key-{number}")), after_secs(second)).await
    };
    ask(1, 0).await.unwrap();
    ask(2, 34_558).await.unwrap();
    assert_eq!(heard(&platform.gauth, "/oauth/token"), 1);
    ask(3, 34_560).await.unwrap();
    assert_eq!(heard(&platform.gauth, "/oauth/token"), 2);
    platform.realm.expire_tokens();
    ask(4, 34_561).await.unwrap();
    assert_eq!(heard(&platform.gauth, "/oauth/token"), 3);
    platform.environment.inject(Fault::always(Action::Status { status: 403, retry_after: None }));
    let fault = ask(5, 34_562).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misbehaved);
    assert_eq!(heard(&platform.environment, "/key-5"), 2, "once more with a new token");
}

#[tokio::test]
async fn a_token_is_used_to_its_end_while_it_cannot_be_renewed() {
    let platform = Platform::new().await;
    let gws = platform.adapter();
    gws.identify(&key("key-1"), now()).await.unwrap();
    platform.gauth.inject(Fault::always(Action::Status { status: 500, retry_after: None }));
    for (number, second) in [(2, 35_000), (3, 35_001), (4, 43_000)] {
        gws.identify(&key(&format!("key-{number}")), after_secs(second)).await.unwrap();
    }
    assert_eq!(heard(&platform.gauth, "/oauth/token"), 3, "it rests between two tries");
    assert!(gws.identify(&key("key-5"), after_secs(43_200)).await.is_err());
}
