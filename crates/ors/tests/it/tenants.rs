//! Tenants that name their orchestration servers themselves: where their sessions begin, and that those which began
//! elsewhere are found and judged there.

use std::sync::atomic::{AtomicU64, Ordering};

use ges_contracts::given::{after, tenant};
use ges_contracts::orchestrator::start;
use ges_domain::name::RegionName;
use ges_ports::{FaultKind, Inquiry, Orchestrator, SessionRef, SessionRequest};
use ges_simulators as sim;

use crate::given::{
    adapter, adapter_in, begun, cancel, clock, config, heard, lives, move_to, nobody, pretended,
    town,
};

/// A pretended server of its own: no other gives its sessions the same names.
async fn server() -> sim::Ors {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let seed = SEED.fetch_add(1, Ordering::Relaxed);
    pretended(sim::OrsConfig { seed, ..sim::OrsConfig::default() }).await
}

/// A start for another tenant.
fn strange(number: u32) -> SessionRequest {
    let mut request = start(number);
    request.callback.tenant = tenant(2);
    request
}

#[tokio::test]
async fn sessions_begin_where_their_tenant_says_and_those_of_others_on_the_general_nodes() {
    let (general, own) = (server().await, server().await);
    let town = town(&[("/USW1", &[own.url()])]);
    let ors = adapter_in(config(&[general.url()]), &clock(), Some(&town));
    let session = begun(&ors, &start(1)).await;
    assert_eq!(session.node.as_deref(), Some(own.url()));
    lives(&ors, &session).await;
    assert_eq!(begun(&ors, &strange(2)).await.node.as_deref(), Some(general.url()));
    assert_eq!((heard(&general, "/session/"), heard(&own, "/session/")), (1, 2));
}

#[tokio::test]
async fn a_location_is_the_region_of_its_nodes() {
    let (west, east) = (server().await, server().await);
    let town = town(&[("/USW1", &[west.url()]), ("/USE1", &[east.url()])]);
    let ors = adapter_in(config(&[]), &clock(), Some(&town));
    for (number, region, at) in [(1, "/USE1", &east), (2, "/USW1", &west), (3, "/MARS", &west)] {
        let regions = vec![RegionName::parse(region).unwrap()];
        let receipt = ors.start(&SessionRequest { regions, ..start(number) }).await.unwrap();
        assert_eq!(receipt.node.as_deref(), Some(at.url()), "{region}");
    }
}

#[tokio::test]
async fn a_session_is_found_where_it_began_after_its_tenant_moved() {
    let (general, first, second) = (server().await, server().await, server().await);
    let town = town(&[]);
    let clock = clock();
    let ors = adapter_in(config(&[general.url()]), &clock, Some(&town));
    let oldest = begun(&ors, &start(1)).await;
    move_to(&town, &[("/USW1", &[first.url()])], after(1));
    let old = begun(&ors, &start(2)).await;
    move_to(&town, &[("/USW1", &[second.url()])], after(2));
    let new = begun(&ors, &start(3)).await;
    let nodes = [&oldest, &old, &new].map(|session| session.node.clone().unwrap());
    assert_eq!(nodes, [general.url(), first.url(), second.url()].map(str::to_owned));
    for session in [&oldest, &old, &new] {
        lives(&ors, session).await;
    }
    // Longer than an owner is remembered: now the node on record says where.
    clock.turn(601);
    for session in [&oldest, &old, &new] {
        lives(&ors, session).await;
        assert!(ors.signal(session, &cancel()).await.unwrap());
    }
    assert_eq!(heard(&second, "/query"), 2, "nobody else was asked");
    assert!(first.lose_session(old.session.as_str()));
    assert_eq!(ors.query(&old).await.unwrap(), Inquiry::Gone, "its own node says so");
    // Another process knows the general nodes, and what the tenant says now; sessions may call their node by any name.
    let other = adapter_in(config(&[general.url()]), &clock, Some(&town));
    for session in [&oldest, &new] {
        lives(&other, &SessionRef { node: Some(String::from("4665")), ..session.clone() }).await;
    }
    let other = adapter_in(config(&[general.url()]), &clock, Some(&town));
    general.stop().await;
    let nameless = SessionRef { node: None, ..oldest };
    assert_eq!(other.query(&nameless).await.unwrap(), Inquiry::Silent, "it may be there");
}

#[tokio::test]
async fn a_session_whose_node_died_after_its_tenant_left_it_is_not_kept_for_ever() {
    let (old, new) = (server().await, server().await);
    let town = town(&[("/USW1", &[old.url()])]);
    let ors = adapter_in(config(&[]), &clock(), Some(&town));
    let session = begun(&ors, &start(1)).await;
    move_to(&town, &[("/EUC1", &[new.url()])], after(1));
    lives(&ors, &session).await;
    old.stop().await;
    for _ in 0..8 {
        assert_eq!(ors.query(&session).await.unwrap(), Inquiry::Silent);
    }
    new.stop().await;
    let fault = ors.query(&session).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable, "nobody answers: that says nothing of it");
}

#[tokio::test]
async fn while_nobody_says_where_the_nodes_are_they_stay_where_they_were() {
    let (general, own) = (server().await, server().await);
    let town = town(&[("/USW1", &[own.url()])]);
    let clock = clock();
    let ors = adapter_in(config(&[general.url()]), &clock, Some(&town));
    begun(&ors, &start(1)).await;
    town.fall_silent();
    clock.turn(3_600);
    assert_eq!(begun(&ors, &start(2)).await.node.as_deref(), Some(own.url()));
    // Nothing was ever known of this one; the second start does not wait for it any more.
    assert_eq!(begun(&ors, &strange(3)).await.node.as_deref(), Some(general.url()));
    assert_eq!(begun(&ors, &strange(4)).await.node.as_deref(), Some(general.url()));
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone_for_all_tenants_that_have_it() {
    let dead = nobody();
    let town = town(&[("/USW1", &[&dead])]);
    let ors = adapter_in(config(&[&dead]), &clock(), Some(&town));
    for _ in 0..5 {
        ors.start(&start(1)).await.unwrap_err();
    }
    let health = ors.health();
    let of: Vec<_> = health.iter().map(|node| (node.tenant, node.url.as_str())).collect();
    assert_eq!(of, [(None, &*dead), (Some(tenant(1)), &*dead)]);
    assert!(health.iter().all(|node| node.barred && node.failures == 5));
}

#[tokio::test]
async fn a_tenant_that_was_met_is_told_of_and_probed_where_it_is_now() {
    let (general, own, other) = (server().await, server().await, server().await);
    let town = town(&[("/USW1", &[own.url()])]);
    let ors = adapter_in(config(&[general.url()]), &clock(), Some(&town));
    assert_eq!(ors.health().len(), 1, "nobody has asked for it yet");
    let [node] = &ors.health_of(tenant(1))[..] else { panic!("there is one") };
    assert_eq!((node.tenant, node.url.as_str()), (Some(tenant(1)), own.url()));
    assert_eq!(node.region, RegionName::parse("/USW1").ok());
    assert_eq!(ors.health_of(tenant(2))[0].url, general.url());
    move_to(&town, &[("/USE1", &[other.url(), general.url()])], after(1));
    let probed = ors.probe().await;
    let probed: Vec<_> = probed.iter().map(|(url, answer)| (&**url, answer.is_ok())).collect();
    assert_eq!(probed, [(general.url(), true), (other.url(), true)], "each once");
    move_to(&town, &[], after(2));
    assert_eq!((ors.health().len(), ors.health_of(tenant(1)).len()), (1, 1));
}

#[tokio::test]
async fn a_session_that_no_node_of_its_tenant_knows_is_gone_whatever_others_know() {
    let (general, own) = (server().await, server().await);
    let clock = clock();
    let elsewhere = begun(&adapter(config(&[general.url()]), &clock), &start(1)).await;
    let town = town(&[("/USW1", &[own.url()])]);
    let ors = adapter_in(config(&[]), &clock, Some(&town));
    let session = SessionRef { node: Some(String::from("4665")), ..elsewhere };
    assert_eq!(ors.query(&session).await.unwrap(), Inquiry::Gone);
}
