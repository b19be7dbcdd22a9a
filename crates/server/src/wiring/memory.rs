//! What the nodes share for a while: in Redis where it is configured, else in this process.
//! Apart from the stores, because whatever is in here may be gone the next moment, and no promise needs it.

use std::sync::Arc;

use anyhow::Context as _;
use ges_embedded::{Counters, LocalSessions};
use ges_ports::{Notices, Seals, Sessions, Tenants, Throttle, WaitTimes};
use ges_redis::{RedisNotices, RedisSessions, RedisThrottle, Remembered, SharedMemory};

use crate::config::Config;

/// The memory, as the ports that it keeps.
pub(crate) struct Memory {
    /// The connection; none where one process shares with nobody.
    pub(crate) shared: Option<Arc<SharedMemory>>,
    pub(crate) throttle: Arc<dyn Throttle>,
    pub(crate) sessions: Arc<dyn Sessions>,
    /// None where nobody else could hear.
    pub(crate) notices: Option<Arc<dyn Notices>>,
}

/// Begins to connect, where there is something to connect to. That nobody is there is what health tells.
pub(crate) fn open(config: &Config, seals: Arc<dyn Seals>) -> anyhow::Result<Memory> {
    let Some(shared) = connect(config)? else {
        return Ok(Memory {
            shared: None,
            throttle: Arc::new(Counters::default()),
            sessions: Arc::new(LocalSessions::default()),
            notices: None,
        });
    };
    Ok(Memory {
        throttle: Arc::new(RedisThrottle::new(Arc::clone(&shared))),
        sessions: Arc::new(RedisSessions::new(Arc::clone(&shared), seals)),
        notices: Some(Arc::new(RedisNotices::new(Arc::clone(&shared)))),
        shared: Some(shared),
    })
}

/// The connection to our own Redis, where it is configured.
pub(crate) fn connect(config: &Config) -> anyhow::Result<Option<Arc<SharedMemory>>> {
    if config.redis.connection.nodes.is_empty() {
        return Ok(None);
    }
    SharedMemory::open(&config.redis).context("redis.connection").map(Some)
}

impl Memory {
    /// The contact centres, which all nodes remember together where they share something: a node that starts while their
    /// source is silent knows them all the same.
    pub(crate) fn tenants(&self, source: Arc<dyn Tenants>) -> Arc<dyn Tenants> {
        match &self.shared {
            Some(shared) => Arc::new(Remembered::new(Arc::clone(shared), source)),
            None => source,
        }
    }

    /// What routers say, which all nodes remember together where they share something.
    pub(crate) fn waits(&self, routers: Arc<dyn WaitTimes>) -> Arc<dyn WaitTimes> {
        match &self.shared {
            Some(shared) => Arc::new(Remembered::new(Arc::clone(shared), routers)),
            None => routers,
        }
    }
}
