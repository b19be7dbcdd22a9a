//! The rows of the neighbours beside the store, the shared memory, the orchestration server and the routers.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::{Duration, Instant};

use ges_app::CredentialKind;
use ges_auth::Gws;
use ges_ports::Clock as _;
use reqwest::Url;

use super::{Row, told};
use crate::config::{AuthMode, Config};
use crate::ids::SystemClock;
use crate::store;
use crate::wiring::{Clients, peers};

/// No neighbour is waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn rows(config: &Config) -> Vec<Row> {
    let begun = Instant::now();
    let clients = match Clients::new(&config.egress) {
        Ok(clients) => clients,
        Err(error) => {
            let answer: Result<(), _> = Err(format!("{error:#}"));
            return vec![Row::asked("egress", "", begun, answer, "see `[egress]`")];
        }
    };
    let mut rows = Vec::new();
    if config.auth.mode == AuthMode::Gws {
        rows.extend(platform(config, &clients).await);
    }
    // Whom no contact centre has an account with is not asked: a site without a way out has no trouble.
    let used = used(config).await;
    let of = |kind, url| used.contains(&kind).then_some(url);
    let way_out = "see `[egress]`: the proxy, the certificates; is the way out open?";
    let address = "is it running, and is statistics.url its address?";
    for (what, url, advice) in [
        ("fcm", of(CredentialKind::Push, &config.fcm.url), way_out),
        ("fcm_tokens", of(CredentialKind::Push, &config.fcm.token_url), way_out),
        ("recaptcha", of(CredentialKind::Captcha, &config.recaptcha.verify_url), way_out),
        ("statistics", config.statistics.url.as_ref(), address),
    ] {
        if let Some(url) = url {
            rows.push(reached(&clients, what, url, advice).await);
        }
    }
    rows
}

/// The kinds of accounts that contact centres have; none where the store cannot say.
async fn used(config: &Config) -> BTreeSet<CredentialKind> {
    match store::open(config).await {
        Ok(store) => ges_app::credential_kinds(store.records.as_ref()).await.unwrap_or_default(),
        Err(_told_by_its_own_row) => BTreeSet::new(),
    }
}

/// Asks the platform what a request would ask it too.
async fn platform(config: &Config, clients: &Clients) -> Vec<Row> {
    let begun = Instant::now();
    let gws: Gws = match peers::platform(config, clients) {
        Ok(gws) => gws,
        Err(error) => {
            let answer: Result<(), _> = Err(format!("{error:#}"));
            return vec![Row::asked("gauth", "", begun, answer, "see `[auth.gauth]`")];
        }
    };
    let advice = |peer: &str| match peer {
        "gauth" => "see auth.gauth: its address, client_id and client_secret",
        "environment" => "see auth.environment.url; may this client read contact centres?",
        _ => "see auth.configuration.url; may this client read permissions?",
    };
    let rows = gws.probe(SystemClock.now()).await.into_iter().map(|probe| Row {
        what: probe.peer,
        address: probe.address,
        answer: probe.found.map_err(|fault| told(&fault)),
        advice: advice(probe.peer),
    });
    rows.collect()
}

/// Whether anybody is there: who answers anything is.
async fn reached(clients: &Clients, what: &'static str, url: &Url, advice: &'static str) -> Row {
    let begun = Instant::now();
    let answer = match clients.builder().timeout(PATIENCE).build() {
        Ok(client) => client.get(url.clone()).send().await,
        Err(error) => Err(error),
    };
    let address = url.as_str().trim_end_matches('/').to_owned();
    let answer = match answer {
        Ok(answer) => {
            let (status, took) = (answer.status().as_u16(), begun.elapsed().as_secs_f64() * 1e3);
            Ok(format!("answered {status} in {took:.1} ms"))
        }
        Err(error) => {
            let error = error.without_url();
            let (mut text, mut cause) = (error.to_string(), error.source());
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            Err(text)
        }
    };
    Row { what, address, answer, advice }
}
