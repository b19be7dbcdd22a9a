//! Serving: bind, wire, turn, drain.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{App as Routes, HttpServer};
use anyhow::Context as _;
use ges_web::pages::Pages;
use ges_web::{Surface, Web};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::config::Config;
use crate::health::Counted;
use crate::loops::{Again, Hears, Loops};
use crate::pages::Embedded;
use crate::traces::Recorder;
use crate::wiring::{self, House};
use crate::{store, telemetry};

/// Serves until told to stop by SIGTERM or Ctrl-C.
///
/// `again` reads the configuration anew, for what may change while it serves.
pub(crate) fn run(config: &Config, again: Again) -> anyhow::Result<()> {
    let recorder = Recorder::start(&config.traces, &config.egress, &config.server.node)?;
    let log = telemetry::log(&config.log, recorder.as_ref())?;
    let metrics = telemetry::metrics()?;
    // Two threads beside the HTTP workers: stores and neighbours are waited for, not computed.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("ges-loops")
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let listener = bind("server.listen", &config.server.listen)?;
    let address = listener.local_addr()?;
    let public = match config.server.public_listen.as_str() {
        "" => None,
        text => Some(bind("server.public_listen", text)?),
    };
    let house = runtime.block_on(wiring::build(config, &format!("http://{address}")))?;
    let meters = Arc::new(Counted(metrics.clone()));
    let web = Web::new(
        Arc::clone(&house.app),
        config.web.clone(),
        house.health.clone(),
        meters,
        house.about.clone(),
    );

    let mut loops = turn(config, &house, metrics);
    loops.relevel(log.level, again);
    tracing::info!(address = %address, node = config.server.node, store = house.store.name,
        version = env!("CARGO_PKG_VERSION"), "serving");
    warn_of_gaps(config, &house);
    let drain = Duration::from_secs(config.server.drain_seconds);
    let grace = Duration::from_secs(config.server.grace_seconds);
    let served = actix_web::rt::System::new().block_on(async {
        let everything = server(config, &house, &web, Surface::Everything, listener)?;
        let public = public
            .map(|listener| server(config, &house, &web, Surface::Public, listener))
            .transpose()?;
        let handles: Vec<_> = [Some(&everything), public.as_ref()]
            .into_iter()
            .flatten()
            .map(actix_web::dev::Server::handle)
            .collect();
        for server in [Some(everything), public].into_iter().flatten() {
            actix_web::rt::spawn(server);
        }
        told_to_stop().await?;
        tracing::info!("told to stop: draining");
        house.health.drain();
        // Balancers need a moment to notice; until then requests still come, and are answered.
        tokio::time::sleep(drain).await;
        // They would stay for as long as they are let: their browsers come back to another node.
        house.app.end_watches();
        // What turns beside the requests ends with them, and has no time of its own.
        let until = Instant::now() + grace;
        loops.tell_to_stop();
        let ends = handles.iter().map(|handle| handle.stop(true));
        let all = futures::future::join_all(ends);
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        anyhow::Ok(until)
    });
    let until = served.as_ref().copied().unwrap_or_else(|_| Instant::now());
    runtime.block_on(loops.stop(until.saturating_duration_since(Instant::now())));
    // The last lessons were heard after the last batch.
    if let Err(fault) = runtime.block_on(house.app.learn()) {
        tracing::warn!(peer = fault.peer, "what the queues taught last is lost");
    }
    tracing::info!("stopped");
    served.map(drop)
}

/// Sets everything turning that runs beside the requests.
fn turn(config: &Config, house: &House, metrics: PrometheusHandle) -> Loops {
    let mut loops = Loops::new();
    let poll = Duration::from_millis(config.dispatch.poll_ms);
    loops.beat(Arc::clone(&house.health));
    if config.dispatch.enabled {
        loops.dispatch(&house.app, poll);
    } else {
        tracing::warn!(
            "this node calls nobody and tells no session anything: dispatch.enabled is false"
        );
    }
    let hears = match &house.memory.notices {
        Some(notices) => {
            loops.heed(Arc::clone(&house.app), notices);
            Hears::Announcements
        }
        None => Hears::Nothing,
    };
    loops.refresh(Arc::clone(&house.app), Arc::clone(&house.health), hears);
    loops.learn(Arc::clone(&house.app));
    loops.clean(Arc::clone(&house.app), Duration::from_secs(config.retention.every_seconds));
    loops.herald(Arc::clone(&house.app));
    loops.note_keys(Arc::clone(&house.app));
    loops.watch(Arc::clone(&house.app));
    loops.bulk(Arc::clone(&house.app));
    if let Some(access) = house.access.clone() {
        loops.reload(access);
    }
    if let Some(gws) = house.gws.clone() {
        loops.platform(gws);
    }
    if let Some(urs) = house.urs.clone() {
        loops.probe(urs);
    }
    let health = Arc::clone(&house.health);
    loops.gauges(Arc::clone(&house.app), house.store.clone(), health, metrics);
    loops
}

/// What works as configured, and yet perhaps not as meant.
fn warn_of_gaps(config: &Config, house: &House) {
    match (&house.orchestra.http, &house.orchestra.stream) {
        (None, None) => tracing::warn!(
            "no orchestration server is configured (ors.nodes): callbacks are taken and stay SCHEDULED"
        ),
        (None, Some(_)) => tracing::warn!(
            "sessions are started by the stream, and without ors.nodes nobody can ask after them or cancel them"
        ),
        (Some(_), _) if config.ors.nodes.is_empty() => tracing::warn!(
            "no ors.nodes: only contact centres that name orchestration servers (ges-ors-endpoints) have sessions asked after"
        ),
        (Some(_), _) => {}
    }
    if store::many(config) && house.memory.shared.is_none() {
        tracing::warn!(
            "without redis.connection each node counts throttles and keeps sessions by itself"
        );
    }
}

fn bind(key: &str, address: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| {
        format!(
            "{key}: cannot listen on {address}; is another program there? Choose another address"
        )
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn server(
    config: &Config,
    house: &House,
    web: &Web,
    surface: Surface,
    listener: TcpListener,
) -> anyhow::Result<actix_web::dev::Server> {
    let (app, store, web) = (Arc::clone(&house.app), house.store.clone(), web.clone());
    let pages: Arc<dyn Pages> = Arc::new(Embedded);
    // Called on each worker's own thread.
    let mut server = HttpServer::new(move || {
        let web = web.onto(House::for_worker(&app, &store));
        let routes = Routes::new().configure(|cfg| ges_web::configure(cfg, &web, surface));
        match surface {
            Surface::Everything => routes.configure(|cfg| ges_web::pages::serve(cfg, &pages)),
            Surface::Public => routes,
        }
    })
    .disable_signals()
    .shutdown_timeout(config.server.grace_seconds)
    .client_request_timeout(Duration::from_secs(10))
    .client_disconnect_timeout(Duration::from_secs(2))
    .keep_alive(Duration::from_secs(75));
    if config.server.workers > 0 {
        server = server.workers(config.server.workers);
    }
    Ok(server.listen(listener)?.run())
}

async fn told_to_stop() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => {}
            answer = tokio::signal::ctrl_c() => answer?,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
