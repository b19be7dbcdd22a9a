//! Several routers of one tenant: whose word counts, what is added up, and that a dead one slows nobody.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use ges_contracts::given::{SALES, SUPPORT, after_secs, now, tenant};
use ges_contracts::wait_times::about;
use ges_domain::name::RegionName;
use ges_ports::{Estimate, FaultKind, WaitQuery, WaitTimes};
use ges_simulators as sim;
use ges_simulators::urs::Told;
use ges_urs::{Config, Node};
use serde_json::json;

use crate::given::{TIMEOUT, adapter, config, look_up, nobody, node, pretended};

const VQ: &str = "CB_Sales_VQ";

fn told(ewt: i64, calls: usize, wt: i64) -> Told {
    Told { ewt: Some(ewt), calls, hit: 32, wt }
}

fn stalled() -> sim::Fault {
    sim::Fault::always(sim::Action::Stall)
}

#[tokio::test]
async fn the_first_that_knows_the_queue_estimates_and_all_add_up_who_waits() {
    let (stranger, first, second) = (pretended().await, pretended().await, pretended().await);
    first.tell(VQ, told(95, 3, 71));
    second.tell(VQ, told(20, 4, 99));
    let urs = adapter(config(&[stranger.url(), first.url(), second.url()]));
    let said = look_up(&urs, SALES, now()).await.unwrap();
    assert_eq!(said.estimate, Estimate::Known(95));
    assert_eq!((said.waiting, said.oldest_wait_secs), (Some(7), Some(99.0)));

    first.fail_next(503);
    let said = look_up(&urs, SALES, after_secs(5)).await.unwrap();
    assert_eq!(
        (said.estimate, said.waiting),
        (Estimate::Known(20), Some(4)),
        "the next one stands in"
    );
}

#[tokio::test]
async fn a_queues_regions_decide_whose_word_counts() {
    let (us, eu) = (pretended().await, pretended().await);
    us.tell(VQ, told(10, 0, 0));
    eu.tell(VQ, told(20, 0, 0));
    let region = |name: &str| RegionName::parse(name).unwrap();
    let placed = |url: &str, name: &str| Node { region: Some(region(name)), ..node(url) };
    let nodes = vec![placed(us.url(), "us"), placed(eu.url(), "eu")];
    let urs = adapter(Config { nodes, ..config(&[]) });
    for (regions, secs) in
        [(&[][..], 10), (&["eu"], 20), (&["us", "eu"], 10), (&["mars", "eu"], 20)]
    {
        let regions = regions.iter().map(|name| region(name)).collect();
        let query = WaitQuery { regions, ..about(SALES) };
        let said = urs.look_up(&query, now()).await.unwrap();
        assert_eq!(said.estimate, Estimate::Known(secs), "{:?}", query.regions);
    }
}

#[tokio::test]
async fn a_node_that_hangs_costs_a_moment_of_grace_and_soon_nothing() {
    let (good, bad) = (pretended().await, pretended().await);
    good.tell(VQ, told(95, 3, 71));
    bad.inject(stalled());
    let patient = NonZeroU32::new(1_500).unwrap();
    let urs = adapter(Config { timeout_ms: patient, ..config(&[bad.url(), good.url()]) });
    let mut spans = Vec::new();
    for number in 0..12 {
        let begun = Instant::now();
        let said = look_up(&urs, SALES, after_secs(number * 5)).await.unwrap();
        spans.push(begun.elapsed());
        assert_eq!(said.estimate, Estimate::Known(95));
        // Each question judges its node when it ends; here five of them must have ended.
        while number == 4 && !urs.health().iter().any(|node| node.barred) {
            tokio::task::yield_now().await;
        }
    }
    let timeout = Duration::from_millis(patient.get().into());
    assert!(spans.iter().all(|span| *span < timeout), "nobody waits for it to the end: {spans:?}");
    // The median: a machine with other work may stop for a moment.
    let later = &mut spans[5..];
    later.sort();
    let grace = Duration::from_millis(200);
    assert!(later[later.len() / 2] < grace, "it is not waited for at all: {later:?}");
    assert!(bad.received().len() < 12, "it is left alone");
    assert_eq!(urs.all_down(), 0);
}

#[tokio::test]
async fn a_dead_router_of_one_tenant_is_no_matter_to_another() {
    let (good, bad) = (pretended().await, pretended().await);
    good.tell(VQ, told(95, 3, 71));
    bad.inject(stalled());
    let own = ges_urs::Tenant { name: None, nodes: vec![node(bad.url())] };
    let tenants = [(tenant(2), own)].into();
    let urs = adapter(Config { tenants, ..config(&[good.url()]) });
    let dead = WaitQuery { tenant: tenant(2), ..about(SALES) };
    let begun = Instant::now();
    let (heard, silence) = tokio::join!(
        async { (look_up(&urs, SALES, now()).await, begun.elapsed()) },
        urs.look_up(&dead, now())
    );
    assert_eq!(heard.0.unwrap().estimate, Estimate::Known(95));
    assert!(heard.1 < TIMEOUT / 2, "{:?}", heard.1);
    assert_eq!(silence.unwrap_err().kind, FaultKind::TimedOut);
}

#[tokio::test]
async fn a_barred_node_gets_a_trial_every_ten_seconds_and_comes_back() {
    let peer = pretended().await;
    peer.tell(VQ, told(95, 3, 71));
    peer.misbehave(|knobs| knobs.backup = true);
    let urs = adapter(config(&[peer.url()]));
    for _ in 0..8 {
        assert_eq!(look_up(&urs, SALES, now()).await.unwrap_err().kind, FaultKind::Unavailable);
    }
    assert_eq!(peer.received().len(), 5);
    peer.misbehave(|knobs| knobs.backup = false);
    assert!(look_up(&urs, SALES, after_secs(9)).await.is_err());
    assert!(look_up(&urs, SALES, after_secs(10)).await.is_ok());
    assert!(look_up(&urs, SUPPORT, after_secs(10)).await.is_ok());
    assert!(urs.health().iter().all(|node| node.answers && !node.barred));
}

#[tokio::test]
async fn a_call_is_looked_for_at_every_router() {
    let (stranger, owner) = (pretended().await, pretended().await);
    let urs = adapter(config(&[stranger.url(), owner.url()]));
    let place = async || urs.place(&about(SALES), "0000034b1c2d3e4f", now()).await;
    owner.answer_with(sim::Answer::json(200, &json!({ "pos": 4 })));
    assert_eq!(place().await.unwrap().unwrap().position, 4);
    assert_eq!(place().await.unwrap(), None, "both do not know it");
    owner.hang_up_next();
    assert!(place().await.is_err(), "it may be with the one that does not answer");
}

#[tokio::test]
async fn a_tenant_is_down_when_none_of_its_routers_answers() {
    let peer = pretended().await;
    let own = |url: &str| ges_urs::Tenant { name: None, nodes: vec![node(url)] };
    let tenants = [(tenant(2), own(peer.url())), (tenant(3), own(&nobody()))].into();
    let urs = adapter(Config { tenants, ..config(&[&nobody(), peer.url()]) });
    assert_eq!(urs.all_down(), 0, "nobody was asked yet");
    urs.probe(now()).await;
    assert_eq!(urs.all_down(), 1);
    look_up(&urs, SALES, now()).await.unwrap();
    assert_eq!(urs.all_down(), 1, "one of two answers");
    peer.inject(stalled());
    urs.probe(after_secs(10)).await;
    assert_eq!(urs.all_down(), 3);
    peer.heal();
    urs.probe(after_secs(20)).await;
    assert_eq!(urs.all_down(), 1);
    let silent: Vec<_> = urs.health().into_iter().filter(|node| !node.answers).collect();
    assert_eq!(silent.len(), 2);
    assert!(silent.iter().all(|node| node.last_error.is_some() && !node.barred));
}
