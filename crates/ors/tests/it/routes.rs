//! Which node is asked: redirects, remembered owners, regions, nodes that are left alone.

use std::sync::Arc;

use ges_contracts::orchestrator::start;
use ges_domain::name::RegionName;
use ges_ors::{Config, Node, Order};
use ges_ports::{FaultKind, Inquiry, Orchestrator, SessionRef, SessionRequest};
use ges_simulators as sim;

use crate::given::{adapter, begun, cancel, clock, config, heard, lives, nobody, node, pretended};

fn ports(peer: &sim::Peer) -> Vec<u16> {
    peer.received().iter().map(|received| received.port).collect()
}

fn in_region(url: &str, region: &str) -> Node {
    Node { region: Some(RegionName::parse(region).unwrap()), ..node(url) }
}

/// A session that nobody knows, said to be owned by a node.
fn stranger(node: Option<&str>) -> SessionRef {
    let session = ges_contracts::given::session(404);
    let (tenant, callback) = (ges_contracts::given::tenant(1), ges_contracts::given::id(1));
    SessionRef { tenant, callback, session, node: node.map(str::to_owned) }
}

fn port(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_redirect_is_followed_with_method_and_body_and_its_target_remembered() {
    let peer = pretended(sim::OrsConfig::default().two_nodes()).await;
    let [first, second] = peer.urls() else { panic!("there are two nodes") };
    let clock = clock();
    let session = begun(&adapter(config(&[first]), &clock), &start(1)).await;
    // This adapter knows the other node only, and has not seen the start.
    let ors = adapter(config(&[second]), &clock);
    let session = SessionRef { node: None, ..session };
    peer.forget();

    assert!(ors.signal(&session, &cancel()).await.unwrap());
    assert_eq!(ports(&peer), [port(second), port(first)]);
    let [redirected, taken] = &peer.received()[..] else { panic!("two requests") };
    assert_eq!((redirected.status, taken.status), (Some(307), Some(200)));
    assert_eq!((&taken.method, &taken.path, &taken.body), {
        (&redirected.method, &redirected.path, &redirected.body)
    });

    peer.forget();
    lives(&ors, &session).await;
    assert_eq!(ports(&peer), [port(first)], "the owner is asked at once");
    clock.turn(600);
    peer.forget();
    lives(&ors, &session).await;
    assert_eq!(ports(&peer), [port(second), port(first)], "ten minutes later it is forgotten");
}

#[tokio::test]
async fn the_session_cookie_is_shown_again_to_the_owner() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let session = begun(&ors, &start(1)).await;
    lives(&ors, &session).await;
    let cookie = format!("ORSSESSIONID={}.node4665", session.session);
    let [first, second] = &peer.received()[..] else { panic!("two requests") };
    assert_eq!(first.header("cookie"), None);
    assert_eq!(second.header("cookie"), Some(&*cookie));
}

#[tokio::test]
async fn the_node_on_record_is_asked_first_by_name_or_by_address() {
    let peer = pretended(sim::OrsConfig::default().two_nodes()).await;
    let [first, second] = peer.urls() else { panic!("there are two nodes") };
    let clock = clock();
    let session = begun(&adapter(config(&[second]), &clock), &start(1)).await;
    for name in ["4666", second.as_str()] {
        let named = Node { name: Some(String::from("4666")), ..node(second) };
        let nodes = vec![node(first), named];
        let ors = adapter(Config { nodes, ..config(&[]) }, &clock);
        let session = SessionRef { node: Some(name.to_owned()), ..session.clone() };
        peer.forget();
        lives(&ors, &session).await;
        assert_eq!(ports(&peer), [port(second)], "{name}");
    }
}

#[tokio::test]
async fn an_owner_that_died_is_forgotten_and_the_others_are_asked() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let clock = clock();
    let session = begun(&adapter(config(&[peer.url()]), &clock), &start(1)).await;
    let dead = nobody();
    let ors = adapter(config(&[&dead, peer.url()]), &clock);
    let session = SessionRef { node: Some(dead), ..session };
    lives(&ors, &session).await;
}

#[tokio::test]
async fn another_region_does_not_know_whether_a_session_is_gone() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let dead = nobody();
    let nodes = || vec![in_region(&dead, "eu"), in_region(peer.url(), "us")];
    let ors = adapter(Config { nodes: nodes(), ..config(&[]) }, &clock());
    // Also when nobody knows which of them owns it, as after a restart or by a name that is not configured.
    for owner in [Some(&*dead), Some("4665"), None] {
        let fault = ors.query(&stranger(owner)).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable, "{owner:?}");
    }
    // Also while the owner is left alone after its failures.
    for _ in 0..8 {
        ors.query(&stranger(Some(&dead))).await.unwrap_err();
    }
    assert_eq!(ors.query(&stranger(Some(peer.url()))).await.unwrap(), Inquiry::Gone);
}

#[tokio::test]
async fn a_session_whose_owner_nobody_knows_is_gone_when_no_region_knows_it() {
    let eu = pretended(sim::OrsConfig::default()).await;
    let us = pretended(sim::OrsConfig::default()).await;
    let dead = nobody();
    let nodes = vec![in_region(&dead, "eu"), in_region(eu.url(), "eu"), in_region(us.url(), "us")];
    let ors = adapter(Config { nodes, ..config(&[]) }, &clock());
    assert_eq!(ors.query(&stranger(Some("4665"))).await.unwrap(), Inquiry::Gone);
    assert_eq!((heard(&eu, "query"), heard(&us, "query")), (1, 1));
    // Of a known owner its own word is enough.
    assert_eq!(ors.query(&stranger(Some(us.url()))).await.unwrap(), Inquiry::Gone);
    assert_eq!((heard(&eu, "query"), heard(&us, "query")), (1, 2));
}

#[tokio::test]
async fn an_owner_that_is_silent_while_its_neighbour_answers_is_told_apart_from_an_outage() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let dead = nobody();
    let ors = adapter(config(&[&dead, peer.url()]), &clock());
    for _ in 0..8 {
        assert_eq!(ors.query(&stranger(Some(&dead))).await.unwrap(), Inquiry::Silent);
    }
    ors.signal(&stranger(Some(&dead)), &cancel()).await.unwrap_err();
    // Its neighbour points to it.
    let to_the_dead = sim::Answer::text(307, "").with("location", &format!("{dead}/x"));
    peer.inject(sim::Fault::always(sim::Action::Answer(to_the_dead)));
    assert_eq!(ors.query(&stranger(None)).await.unwrap(), Inquiry::Silent);
    // Nobody answers: that says nothing about any session.
    let ors = adapter(config(&[&dead, &nobody()]), &clock());
    assert_eq!(ors.query(&stranger(Some(&dead))).await.unwrap_err().kind, FaultKind::Unavailable);
}

#[tokio::test]
async fn an_owner_that_says_it_is_busy_is_neither_gone_nor_silent() {
    let busy = pretended(sim::OrsConfig::default()).await;
    let peer = pretended(sim::OrsConfig::default()).await;
    busy.inject(sim::Fault::always(sim::Action::Status { status: 503, retry_after: Some(1) }));
    let ors = adapter(config(&[busy.url(), peer.url()]), &clock());
    let fault = ors.query(&stranger(Some(busy.url()))).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

#[tokio::test]
async fn starts_go_to_the_preferred_region_and_beyond_it_when_it_is_down() {
    let peer = pretended(sim::OrsConfig::default().two_nodes()).await;
    let [us, eu] = peer.urls() else { panic!("there are two nodes") };
    let dead = nobody();
    let nodes = vec![in_region(us, "us"), in_region(eu, "eu"), in_region(&dead, "apac")];
    let ors = adapter(Config { nodes, ..config(&[]) }, &clock());
    for (number, (regions, url)) in
        (1..).zip([(&["eu"][..], eu), (&["us"], us), (&["apac", "eu"], eu), (&["mars"], us)])
    {
        let regions = regions.iter().map(|name| RegionName::parse(name).unwrap()).collect();
        let request = SessionRequest { regions, ..start(number) };
        let receipt = ors.start(&request).await.unwrap();
        assert_eq!(receipt.node.as_ref(), Some(url), "start {number}");
    }
}

#[tokio::test]
async fn a_circle_of_nodes_shares_the_starts() {
    let peer = pretended(sim::OrsConfig::default().two_nodes()).await;
    let [first, second] = peer.urls() else { panic!("there are two nodes") };
    let nodes = Config { order: Order::Circular, ..config(&[first, second]) };
    let ors = adapter(nodes, &clock());
    for number in 1..=4 {
        begun(&ors, &start(number)).await;
    }
    let (first, second) = (port(first), port(second));
    assert_eq!(ports(&peer), [first, second, first, second]);
}

#[tokio::test]
async fn a_node_that_keeps_failing_is_left_alone_until_a_trial_succeeds() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let clock = clock();
    let ors = adapter(config(&[peer.url()]), &clock);
    peer.inject(sim::Fault::always(sim::Action::Status { status: 503, retry_after: Some(1) }));
    for _ in 0..7 {
        let fault = ors.start(&start(1)).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable);
    }
    assert_eq!(heard(&peer, "start"), 5, "then it is left alone");
    let health = ors.health().remove(0);
    assert!(health.barred && health.failures == 5);
    assert!(health.last_error.unwrap().1.contains("503"));

    clock.turn(10);
    ors.start(&start(1)).await.unwrap_err();
    ors.start(&start(1)).await.unwrap_err();
    assert_eq!(heard(&peer, "start"), 6, "one trial in ten seconds");
    peer.heal();
    clock.turn(10);
    begun(&ors, &start(1)).await;
    assert!(!ors.health()[0].barred);
    begun(&ors, &start(2)).await;
}

#[tokio::test]
async fn a_mistake_of_ours_is_not_held_against_a_node() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let ors = adapter(config(&[peer.url()]), &clock());
    let mut request = start(1);
    Arc::make_mut(&mut request.callback.settings).scxml_url = String::from("no address");
    for _ in 0..8 {
        let fault = ors.start(&request).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused);
    }
    begun(&ors, &start(2)).await;
}

#[tokio::test]
async fn a_probe_says_of_each_node_whether_it_answers() {
    let peer = pretended(sim::OrsConfig::default()).await;
    let dead = nobody();
    let ors = adapter(config(&[peer.url(), &dead]), &clock());
    let probed = ors.probe().await;
    let answers: Vec<_> = probed.iter().map(|(url, answer)| (&**url, answer.is_ok())).collect();
    assert_eq!(answers, [(peer.url(), true), (&*dead, false)]);
}
