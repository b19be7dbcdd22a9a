//! The rows of the orchestration servers and the routers: those of the configuration, and those that contact centres name
//! for themselves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ges_domain::id::TenantId;
use ges_ports::{Clock, Tenants};

use super::{Row, addresses, patiently, told};
use crate::config::{AuthMode, Config};
use crate::ids::SystemClock;
use crate::wiring::{self, Clients, orchestra, peers};

/// Contact centres are described for so long at the most; those that were not are left out.
const DESCRIBED_WITHIN: Duration = Duration::from_secs(20);

/// The contact centres that say where their nodes are.
struct Named {
    tenants: Arc<dyn Tenants>,
    ids: Vec<TenantId>,
}

pub(super) async fn rows(config: &Config) -> Vec<Row> {
    // What is wrong with `[egress]` has a row of its own.
    let Ok(clients) = Clients::new(&config.egress) else { return Vec::new() };
    let named = named(config, &clients).await;
    let mut rows = orchestra_rows(config, &clients, named.as_ref()).await;
    rows.extend(router_rows(config, &clients, named.as_ref()).await);
    rows
}

/// The first hundred contact centres, described by the platform; its own rows say what is wrong with it.
async fn named(config: &Config, clients: &Clients) -> Option<Named> {
    if config.auth.mode != AuthMode::Gws {
        return None;
    }
    let gws = peers::platform(config, clients).ok()?;
    let read = gws.refresh(SystemClock.now());
    // Those that were read by then are known.
    let _late = tokio::time::timeout(DESCRIBED_WITHIN, read).await;
    let ids = gws.tenants();
    Some(Named { tenants: Arc::new(gws), ids })
}

async fn orchestra_rows(config: &Config, clients: &Clients, named: Option<&Named>) -> Vec<Row> {
    let begun = Instant::now();
    let stream_at = addresses(&config.ors_stream.connection);
    let advice =
        "is it running, and are ors_stream.connection's address, user, password and tls right?";
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let own_url = format!("http://{}", config.server.listen);
    let tenants = named.map(|named| &named.tenants);
    let orchestra = match orchestra::open(config, clients, &own_url, &clock, tenants) {
        Ok(orchestra) => orchestra,
        Err(error) => {
            let answer: Result<(), _> = Err(format!("{error:#}"));
            return vec![Row::asked("sessions", stream_at, begun, answer, advice)];
        }
    };
    let mut rows = Vec::new();
    if let Some(stream) = &orchestra.stream {
        let answer = patiently(async || stream.examine().await).await;
        rows.push(Row::asked("ors_stream", stream_at, begun, answer, advice));
    }
    if let Some(ors) = &orchestra.http {
        let begun = Instant::now();
        let advice = "is it running, and is ors.nodes, or ges-ors-endpoints, its address?";
        for tenant in named.iter().flat_map(|named| &named.ids) {
            ors.meet(*tenant);
        }
        for (address, answer) in ors.probe().await {
            let answer = answer.map_err(|fault| told(&fault));
            rows.push(Row::asked("ors", address, begun, answer, advice));
        }
    }
    rows
}

async fn router_rows(config: &Config, clients: &Clients, named: Option<&Named>) -> Vec<Row> {
    let advice = "is it running, and is urs.nodes, or ges-urs-endpoints, its address?";
    let begun = Instant::now();
    let urs = match wiring::urs(config, clients, named.map(|named| &named.tenants)) {
        Ok(None) => return Vec::new(),
        Ok(Some(urs)) => urs,
        Err(error) => {
            let answer: Result<(), _> = Err(format!("{error:#}"));
            return vec![Row::asked("urs", "", begun, answer, advice)];
        }
    };
    for tenant in named.iter().flat_map(|named| &named.ids) {
        urs.meet(*tenant);
    }
    urs.probe(SystemClock.now()).await;
    let row = |node: ges_urs::NodeHealth| {
        let trouble = node.last_error.map_or_else(|| String::from("no answer"), |(_, what)| what);
        let answer = if node.answers { Ok(()) } else { Err(trouble) };
        Row::asked("urs", node.url, begun, answer, advice)
    };
    let mut seen = BTreeSet::new();
    let nodes = urs.health().into_iter().filter(|node| seen.insert(node.url.clone()));
    nodes.map(row).collect()
}
