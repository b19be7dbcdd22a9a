//! Tenants that name their routers themselves: whose word stands, when it is heeded, and that nobody waits for it.

use ges_contracts::given::{SALES, after, after_secs, now, tenant};
use ges_contracts::wait_times::about;
use ges_domain::name::RegionName;
use ges_ports::{Estimate, WaitQuery, WaitTimes};
use ges_simulators as sim;
use ges_simulators::urs::Told;
use ges_urs::Config;

use crate::given::{adapter_in, config, look_up, move_to, nobody, node, pretended, town};

const VQ: &str = "CB_Sales_VQ";

/// A router that says this of the queue.
async fn saying(secs: i64) -> sim::Urs {
    let peer = pretended().await;
    peer.tell(VQ, Told { ewt: Some(secs), calls: 1, hit: 32, wt: 0 });
    peer
}

#[tokio::test]
async fn a_tenants_word_stands_above_the_general_nodes_and_below_those_configured_for_it() {
    let (general, named, own) = (saying(10).await, saying(20).await, saying(30).await);
    let town = town(&[("/USW1", &[named.url()])], now());
    let urs = adapter_in(config(&[general.url()]), Some(&town));
    let wait = look_up(&urs, SALES, now()).await.unwrap();
    assert_eq!(wait.estimate, Estimate::Known(20));
    let other = WaitQuery { tenant: tenant(2), ..about(SALES) };
    let wait = urs.look_up(&other, now()).await.unwrap();
    assert_eq!(wait.estimate, Estimate::Known(10), "a tenant of whom nothing is known");

    let nodes = vec![node(own.url())];
    let tenants = [(tenant(1), ges_urs::Tenant { name: None, nodes })].into();
    let urs = adapter_in(Config { tenants, ..config(&[general.url()]) }, Some(&town));
    let wait = look_up(&urs, SALES, now()).await.unwrap();
    assert_eq!(wait.estimate, Estimate::Known(30));
}

#[tokio::test]
async fn a_location_is_the_region_of_its_routers() {
    let (west, east) = (saying(10).await, saying(20).await);
    let town = town(&[("/USW1", &[west.url()]), ("/USE1", &[east.url()])], now());
    let urs = adapter_in(config(&[]), Some(&town));
    for (region, secs) in [("/USW1", 10), ("/USE1", 20), ("/MARS", 10)] {
        let regions = vec![RegionName::parse(region).unwrap()];
        let wait = urs.look_up(&WaitQuery { regions, ..about(SALES) }, now()).await.unwrap();
        assert_eq!(wait.estimate, Estimate::Known(secs), "{region}");
    }
}

#[tokio::test]
async fn a_router_that_is_listed_twice_counts_its_calls_once() {
    let peer = saying(10).await;
    let town = town(&[("/USW1", &[peer.url(), peer.url()]), ("/USE1", &[peer.url()])], now());
    let urs = adapter_in(config(&[]), Some(&town));
    assert_eq!(look_up(&urs, SALES, now()).await.unwrap().waiting, Some(1));
}

#[tokio::test]
async fn a_new_copy_is_heeded_at_once_and_nodes_that_stay_keep_what_is_known_of_them() {
    let (first, second, general) = (saying(10).await, saying(20).await, saying(30).await);
    let dead = nobody();
    let town = town(&[("/USW1", &[&dead, first.url()])], now());
    let urs = adapter_in(config(&[general.url()]), Some(&town));
    for number in 0..5 {
        let wait = look_up(&urs, SALES, after_secs(5 * number)).await.unwrap();
        assert_eq!(wait.estimate, Estimate::Known(10));
    }
    let barred = || urs.health().iter().filter(|it| it.barred).map(|it| it.url.clone()).collect();
    let before: Vec<String> = barred();
    assert_eq!(before, [format!("{dead}/")]);

    move_to(&town, &[("/USW1", &[&dead, second.url()])], after_secs(60));
    let wait = look_up(&urs, SALES, after_secs(60)).await.unwrap();
    assert_eq!(wait.estimate, Estimate::Known(20));
    assert_eq!(barred(), before, "it failed before, whoever stands beside it now");

    move_to(&town, &[], after_secs(120));
    let wait = look_up(&urs, SALES, after_secs(120)).await.unwrap();
    assert_eq!(wait.estimate, Estimate::Known(30), "it names none any more");
    assert_eq!(urs.health().len(), 1);
}

#[tokio::test]
async fn while_nobody_says_where_the_routers_are_they_stay_where_they_were() {
    let (named, general) = (saying(10).await, saying(30).await);
    let town = town(&[("/USW1", &[named.url()])], now());
    let urs = adapter_in(config(&[general.url()]), Some(&town));
    look_up(&urs, SALES, now()).await.unwrap();
    town.fall_silent();
    for minute in [29, 600] {
        let wait = look_up(&urs, SALES, after(minute)).await.unwrap();
        assert_eq!(wait.estimate, Estimate::Known(10), "after {minute} minutes");
    }
    // Nothing was ever known of this one.
    let other = WaitQuery { tenant: tenant(2), ..about(SALES) };
    let wait = urs.look_up(&other, after(600)).await.unwrap();
    assert_eq!(wait.estimate, Estimate::Known(30));
}

#[tokio::test]
async fn a_tenant_that_was_met_is_probed_where_it_is_now() {
    let (first, second) = (saying(10).await, saying(20).await);
    let town = town(&[("/USW1", &[first.url()])], now());
    let urs = adapter_in(config(&[&nobody()]), Some(&town));
    urs.probe(now()).await;
    assert_eq!((urs.all_down(), urs.health().len()), (0, 0), "nobody is known yet");
    urs.meet(tenant(1));
    urs.probe(now()).await;
    let [node] = &urs.health()[..] else { panic!("there is one") };
    assert_eq!((node.tenant, node.url.as_str()), (tenant(1), &*format!("{}/", first.url())));
    assert_eq!(node.region, RegionName::parse("/USW1").ok());
    assert!(node.answers);
    move_to(&town, &[("/USE1", &[second.url(), &nobody()])], after_secs(60));
    urs.probe(after_secs(60)).await;
    let answers: Vec<_> = urs.health().iter().map(|node| node.answers).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers.iter().filter(|answers| **answers).count(), 1);
    assert_eq!(urs.all_down(), 0);
}
