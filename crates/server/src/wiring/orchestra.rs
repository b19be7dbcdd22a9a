//! The orchestration server: sessions are started over HTTP, or by the stream of the voice services' Redis, and spoken
//! to over HTTP either way.

use std::sync::Arc;

use anyhow::Context as _;
use ges_ors::Ors;
use ges_ports::{Clock, Orchestrator, Tenants};
use ges_redis::OrsStream;
use reqwest::Url;

use super::clients::Clients;
use crate::config::Config;

/// The two ways to the orchestration server.
pub(crate) struct Orchestra {
    /// The nodes, where any is configured, or tenants name their own.
    pub(crate) http: Option<Arc<Ors>>,
    /// The stream, where it is configured.
    pub(crate) stream: Option<Arc<OrsStream>>,
}

/// Puts the ways together; `own_url` is where sessions find this node, unless the configuration knows better, and
/// `tenants` say which nodes are theirs.
pub(crate) fn open(
    config: &Config,
    clients: &Clients,
    own_url: &str,
    clock: &Arc<dyn Clock>,
    tenants: Option<&Arc<dyn Tenants>>,
) -> anyhow::Result<Orchestra> {
    let url = match config.server.internal_url.as_str() {
        "" => own_url,
        url => url,
    };
    let url: Url = url.parse().with_context(|| format!("server.internal_url: `{url}`"))?;
    let client = config.ors.tune(clients.builder()).build().context("the client of the ORS")?;
    let named = tenants.is_some();
    let (clock, tenants) = (Arc::clone(clock), tenants.map(Arc::clone));
    let ors = Arc::new(Ors::new(config.ors.clone(), url.clone(), client, clock, tenants));
    let stream = if config.ors_stream.connection.nodes.is_empty() {
        None
    } else {
        let sessions = Arc::clone(&ors) as Arc<dyn Orchestrator>;
        let stream = OrsStream::open(&config.ors_stream, url, sessions);
        Some(Arc::new(stream.context("ors_stream.connection")?))
    };
    let http = (named || !config.ors.nodes.is_empty()).then_some(ors);
    Ok(Orchestra { http, stream })
}

impl Orchestra {
    /// The port, kept by the way that starts sessions; none where there is no way at all.
    pub(crate) fn port(&self) -> Option<Arc<dyn Orchestrator>> {
        let stream = self.stream.clone().map(|stream| stream as Arc<dyn Orchestrator>);
        stream.or_else(|| self.http.clone().map(|ors| ors as Arc<dyn Orchestrator>))
    }
}
