//! The promises of `WaitTimes`, kept with one router and with two.

use std::sync::Arc;
use std::time::Duration;

use ges_contracts::wait_times::{Router, Voice};
use ges_domain::name::QueueName;
use ges_ports::WaitTimes;
use ges_simulators as sim;
use ges_urs::{Config, NameIn, Urs};

use ges_contracts::given::now;

use crate::given::{adapter, adapter_in, config, pretended, town};

struct Pretended {
    adapter: Urs,
    peers: Vec<sim::Urs>,
}

impl Router for Pretended {
    fn wait_times(&self) -> &dyn WaitTimes {
        &self.adapter
    }

    fn set_wait(&self, queue: &QueueName, secs: u32) {
        for peer in &self.peers {
            peer.set_wait(queue.as_str(), Duration::from_secs(secs.into()));
        }
    }

    fn send_agents_home(&self, queue: &QueueName) {
        for peer in &self.peers {
            peer.close(queue.as_str());
        }
    }

    fn speak(&self, voice: Voice) {
        for peer in &self.peers {
            match voice {
                Voice::Silent => peer.inject(sim::Fault::always(sim::Action::HangUp)),
                Voice::Heard => peer.heal(),
            }
        }
    }
}

async fn router(nodes: usize, name_in: NameIn) -> Arc<dyn Router> {
    let mut peers = Vec::new();
    for _ in 0..nodes {
        peers.push(pretended().await);
    }
    let urls: Vec<_> = peers.iter().map(|peer| peer.url()).collect();
    let adapter = adapter(Config { name_in, ..config(&urls) });
    Arc::new(Pretended { adapter, peers })
}

mod one_node_asked_by_parameter {
    use super::*;

    async fn fresh() -> Arc<dyn Router> {
        router(1, NameIn::Query).await
    }

    ges_contracts::wait_times!(fresh);
}

mod a_node_that_the_tenant_names {
    use super::*;

    async fn fresh() -> Arc<dyn Router> {
        let peer = pretended().await;
        let town = town(&[("/USW1", &[peer.url()])], now());
        let adapter = adapter_in(config(&[]), Some(&town));
        Arc::new(Pretended { adapter, peers: vec![peer] })
    }

    ges_contracts::wait_times!(fresh);
}

mod two_nodes_asked_by_path {
    use super::*;

    async fn fresh() -> Arc<dyn Router> {
        router(2, NameIn::Path).await
    }

    ges_contracts::wait_times!(fresh);
}
