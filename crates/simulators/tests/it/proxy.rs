//! The proxy carries, shares out, and fails as it is told.

use std::time::Duration;

use ges_simulators::proxy::Network;
use ges_simulators::{Ors, OrsConfig, Proxy};

use crate::asks::patient_for;

fn client() -> reqwest::Client {
    // A connection for each request, so that each is shared out anew.
    patient_for(Duration::from_millis(500)).pool_max_idle_per_host(0).build().unwrap()
}

async fn ask(proxy: &Proxy) -> reqwest::Result<u16> {
    let sent = client().get(format!("{}/ors/help", proxy.url())).send().await;
    sent.map(|response| response.status().as_u16())
}

fn addr(ors: &Ors) -> std::net::SocketAddr {
    ors.url().strip_prefix("http://").unwrap().parse().unwrap()
}

#[tokio::test]
async fn connections_go_round_and_pass_over_the_dead() {
    let (a, b) = (Ors::start(OrsConfig::default()).await, Ors::start(OrsConfig::default()).await);
    let proxy = Proxy::start(0, vec![addr(&a), addr(&b)]).await.unwrap();
    for _ in 0..4 {
        assert_eq!(ask(&proxy).await.unwrap(), 200);
    }
    assert_eq!((a.received().len(), b.received().len()), (2, 2));
    b.stop().await;
    for _ in 0..4 {
        assert_eq!(ask(&proxy).await.unwrap(), 200);
    }
    assert_eq!(a.received().len(), 6);
}

#[tokio::test]
async fn the_network_fails_as_it_is_told_and_recovers() {
    let ors = Ors::start(OrsConfig::default()).await;
    let proxy = Proxy::start(0, vec![addr(&ors)]).await.unwrap();
    proxy.set(Network::Refuse);
    assert!(ask(&proxy).await.unwrap_err().is_request());
    proxy.set(Network::HalfClose);
    assert!(ask(&proxy).await.unwrap_err().is_timeout());
    assert_eq!(ors.received().len(), 1, "the request arrived, its answer did not");
    proxy.set(Network::Swallow);
    assert!(ask(&proxy).await.unwrap_err().is_timeout());
    assert_eq!(ors.received().len(), 1);
    proxy.set(Network::Delay(Duration::from_millis(300)));
    assert!(ask(&proxy).await.unwrap_err().is_timeout(), "there and back takes 600 ms");
    proxy.set(Network::Carry);
    assert_eq!(ask(&proxy).await.unwrap(), 200);
}

#[tokio::test]
async fn a_cut_ends_what_is_open_and_nothing_else() {
    let ors = Ors::start(OrsConfig::default()).await;
    let proxy = Proxy::start(0, vec![addr(&ors)]).await.unwrap();
    ors.stall_next();
    let (stalled, ()) = tokio::join!(ask(&proxy), async {
        while ors.received().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        proxy.cut();
    });
    assert!(!stalled.unwrap_err().is_timeout());
    assert_eq!(ask(&proxy).await.unwrap(), 200);
    assert_eq!(proxy.carried(), 2);
}
