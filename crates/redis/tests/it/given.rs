//! What tests begin with: memories, streams, and an orchestration server to which both lead.

use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use ges_contracts::given::now;
use ges_domain::effect::Signal;
use ges_ports::{Fault, Inquiry, Orchestrator, Receipt, SessionRef, SessionRequest};
use ges_redis::{Address, Config, Connection, OrsStream, SharedMemory, StreamConfig};
use ges_simulators as sim;
use ges_simulators::ors::StreamConfig as Consumer;
use url::Url;

use crate::server::Server;

pub(crate) fn millis(ms: u32) -> NonZeroU32 {
    NonZeroU32::new(ms).unwrap()
}

pub(crate) fn at(address: &str) -> Connection {
    let nodes = vec![Address::parse(address).unwrap()];
    Connection { nodes, connect_timeout_ms: millis(1_000), ..Connection::default() }
}

pub(crate) fn config(server: &Server) -> Config {
    Config { connection: at(server.address()), ..Config::default() }
}

pub(crate) fn memory(server: &Server) -> Arc<SharedMemory> {
    SharedMemory::open(&config(server)).unwrap()
}

pub(crate) fn stream_config(server: &Server) -> StreamConfig {
    StreamConfig { connection: at(server.address()), ..StreamConfig::default() }
}

/// Where the sessions would find us, if their clock ran.
pub(crate) fn ges_url() -> Url {
    Url::parse("http://127.0.0.1:9/").unwrap()
}

/// A stream without anybody to speak to sessions with.
pub(crate) fn stream(config: &StreamConfig) -> OrsStream {
    OrsStream::open(config, ges_url(), Arc::new(Nobody)).unwrap()
}

/// Knows no session, and starts none.
pub(crate) struct Nobody;

#[async_trait]
impl Orchestrator for Nobody {
    async fn start(&self, _request: &SessionRequest) -> Result<Receipt, Fault> {
        panic!("starts go into the stream")
    }

    async fn signal(&self, _session: &SessionRef, _signal: &Signal) -> Result<bool, Fault> {
        Ok(false)
    }

    async fn query(&self, _session: &SessionRef) -> Result<Inquiry, Fault> {
        Ok(Inquiry::Gone)
    }
}

/// A pretended ORS that reads the server's stream; its time stands still, so sessions begin and wait.
pub(crate) async fn consumer(server: &Server) -> sim::Ors {
    let stream = Consumer {
        reclaim_every: std::time::Duration::from_millis(100),
        left_for: std::time::Duration::from_millis(150),
        ..Consumer::at(server.address())
    };
    let config = sim::OrsConfig::default().clock(sim::Clock::stepped(now().as_millisecond()));
    sim::Ors::start(sim::OrsConfig { stream: Some(stream), ..config }).await
}
