//! Routing: what a client waits for its queues' waits, with and without a router that hangs.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::embedded::{Bare, rate, words};
use super::load::{self, Load, Outcome};
use super::{Figure, Options, build, median};
use crate::checkout::{Checkout, Profile};
use crate::demo::script::{API_KEY, TENANT};
use crate::http::{self, Request};
use crate::process::{self, Daemon};
use crate::say;

const FOLDER: &str = "bench/routing";
const INTERNAL: &str = "an-internal-key-of-the-benchmark";

pub(super) fn measure(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    build(checkout)?;
    let folder = checkout.target(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("the last benchmark's data cannot be removed")?;
    }
    std::fs::create_dir_all(&folder)?;
    let world = World::open(checkout, &folder)?;
    let load =
        Load { connections: options.connections, time: Duration::from_secs(options.seconds) };
    let bare = Bare::start(checkout)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        say::progress(format_args!("round {} of {}", round + 1, options.rounds));
        ours.push(world.ten_queues(load)?);
        theirs.push(load::question(bare.address, "/ten", ("x-api-key", API_KEY), load)?);
    }
    drop(bare);
    let (mut well, mut dead) = (Vec::new(), Vec::new());
    for _round in 0..options.rounds {
        well.push(world.ten_queues(load)?);
        signal(&world.routers[2], "-STOP")?;
        let hung = world.ten_queues(load);
        signal(&world.routers[2], "-CONT")?;
        dead.push(hung?);
    }
    Ok(vec![against_bare(&ours, &theirs)?, against_well(&dead, &well)?])
}

fn against_bare(ours: &[Outcome], theirs: &[Outcome]) -> Result<Figure> {
    if ours.iter().chain(theirs).any(|outcome| outcome.refused > 0) {
        bail!("waits were refused under load: the figure would mean nothing");
    }
    let ratio = rate(ours) / rate(theirs);
    Ok(Figure {
        what: "waits of ten cached queues",
        ours: words(ours),
        peer: format!("bare handler: {}", words(theirs)),
        ratio: Some(ratio),
        aim: "at least 0.8",
        met: ratio >= 0.8,
    })
}

fn against_well(dead: &[Outcome], well: &[Outcome]) -> Result<Figure> {
    if dead.iter().any(|outcome| outcome.refused > 0) {
        bail!("waits were refused while one router hung");
    }
    let p99 = |all: &[Outcome]| median(all.iter().map(|it| it.p99.as_secs_f64() * 1e3).collect());
    let ratio = p99(dead) / p99(well);
    Ok(Figure {
        what: "p99 with one of three routers hung",
        ours: words(dead),
        peer: format!("all well: {}", words(well)),
        ratio: Some(ratio),
        aim: "at most 1.1",
        met: ratio <= 1.1,
    })
}

/// A node with an orchestration server and three routers.
struct World {
    address: SocketAddr,
    _node: Daemon,
    routers: [Daemon; 3],
    _ors: Daemon,
}

impl World {
    fn open(checkout: &Checkout, folder: &Path) -> Result<Self> {
        let (ors, ors_url) =
            neighbour(checkout, folder, "ors", &["--scripted", "--queue-secs", "36000"])?;
        let (one, one_url) = neighbour(checkout, folder, "urs", &["--seed", "1"])?;
        let (two, two_url) = neighbour(checkout, folder, "urs", &["--seed", "2"])?;
        let (three, three_url) = neighbour(checkout, folder, "urs", &["--seed", "3"])?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, http::free_port()?));
        let routers =
            [one_url, two_url, three_url].map(|url| format!("[[urs.nodes]]\nurl = \"{url}\"\n"));
        let config = format!(
            "[server]\nlisten = \"{address}\"\ndata_dir = \".\"\ndrain_seconds = 0\n\
             [auth]\nfirst_tenant = \"{TENANT}\"\nfirst_api_key = \"{API_KEY}\"\n\
             [web]\ninternal_key = \"{INTERNAL}\"\n\
             [[ors.nodes]]\nurl = \"{ors_url}\"\n{}",
            routers.concat()
        );
        std::fs::write(folder.join("ges.toml"), config)?;
        let mut command = Command::new(checkout.built(Profile::Release, "ges"));
        command.current_dir(folder).args(["serve", "--config", "ges.toml"]);
        let mut node = Daemon::start("ges", &mut command, folder.join("ges.log"))?;
        let ready = node.answers(address, "/health/ready", Duration::from_secs(30))?;
        if !ready {
            bail!("the node is not ready; {}", node.log_tail());
        }
        let world = Self { address, _node: node, routers: [one, two, three], _ors: ors };
        world.publish()?;
        Ok(world)
    }

    fn publish(&self) -> Result<()> {
        let services: Vec<_> = (0..10)
            .map(|number| {
                json!({
                    "name": format!("CB_{number}"), "virtualQueue": format!("CB_{number}_VQ"),
                    "scxmlUrl": "http://designer.example/cb.scxml", "duplicatePolicy": "allow",
                    "maxQueued": 1_000_000, "maxBookingsPerTenMinutes": 1_000_000_000,
                    "defaultCountry": "US"
                })
            })
            .collect();
        let body = json!({
            "table": "CALLBACK_SETTINGS", "revision": 1, "mode": "full", "services": services,
            "businessHours": []
        });
        let path = format!("/ges/internal/v1/tenants/{TENANT}/callback-settings");
        let request = Request::json("PUT", path, &body).header("x-ges-internal-key", INTERNAL);
        let answer = http::send(self.address, &request)?;
        if answer.status != 200 {
            bail!("the settings were refused ({}): {}", answer.status, answer.text());
        }
        Ok(())
    }

    fn ten_queues(&self, load: Load) -> Result<Outcome> {
        let names: Vec<_> = (0..10).map(|number| format!("CB_{number}_VQ")).collect();
        let path = format!("/engagement/v3/estimated-wait-time?virtual-queues={}", names.join(","));
        load::question(self.address, &path, ("x-api-key", API_KEY), load)
    }
}

/// Starts a simulated neighbour on a free port; answers where it listens.
pub(super) fn neighbour(
    checkout: &Checkout,
    folder: &Path,
    which: &str,
    more: &[&str],
) -> Result<(Daemon, String)> {
    let place = more.last().unwrap_or(&"");
    let log: PathBuf = folder.join(format!("{which}-{place}.log"));
    let mut command = Command::new(checkout.built(Profile::Release, "ges-simulators"));
    command.current_dir(folder).args([which, "--port", "0"]).args(more);
    let mut daemon = Daemon::start(which, &mut command, log.clone())?;
    let mut url = String::new();
    let up = process::wait_until(Duration::from_secs(20), || {
        daemon.ensure_running()?;
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let line = said.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(' '));
        line.unwrap_or_default().trim().clone_into(&mut url);
        Ok(!url.is_empty())
    })?;
    if !up {
        bail!("{which} does not say where it listens; {}", daemon.log_tail());
    }
    Ok((daemon, url))
}

fn signal(daemon: &Daemon, name: &str) -> Result<()> {
    process::run(Command::new("kill").args([name, &daemon.pid().to_string()]))
}
