//! Bookings beside the same service as one would write it on Node.js: Fastify, pg, one plain transaction for each.
//!
//! The peer is one process, as a node is; a cluster of two was hardly faster on two cores, where the database, the load
//! and they share the machine. It is spared our key, our bounds and our rules, and stores rows of the same size.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::embedded::{rate, words};
use super::load::{Load, Outcome};
use super::node::Node;
use super::postgres::Bench;
use super::{Figure, Options, bookings, median};
use crate::checkout::Checkout;
use crate::demo::script::TENANT;
use crate::http::{self, Request};
use crate::process::Daemon;
use crate::{install, process, say, ui};

const FOLDER: &str = "bench/peers";
/// Where the peer is written for reading; it is installed and run below the build folder.
const SOURCE: &str = "xtask/src/bench/peers";
const FILES: [&str; 4] = [".npmrc", "package.json", "package-lock.json", "server.mjs"];
/// Slots that bookings are spread over.
const SLOTS: usize = 100;
/// How long the peer may take until it serves.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bookings of one side, round by round.
#[derive(Default)]
struct Rounds {
    hot: Vec<Outcome>,
    spread: Vec<Outcome>,
}

pub(super) fn measure(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    install::ensure(&[ui::NODE])?;
    let bench = Bench::begin(checkout, options)?;
    let folder = checkout.target(FOLDER);
    let program = installed(checkout, &folder.join("peer"))?;
    let (mut ours, mut theirs) = (Rounds::default(), Rounds::default());
    for round in 0..options.rounds {
        say::progress(format_args!("round {} of {}", round + 1, options.rounds));
        let schema = bench.schema()?;
        let node = Node::on_store(&bench, &folder.join("node"), &schema)?;
        let wishes = bookings::wishes(node.address(), SLOTS)?;
        ours.book(node.address(), options, round, &wishes)?;
        // The peer has the machine to itself, as the node had.
        drop(node);
        let peer = Peer::start(&program, &bench.inside(&schema))?;
        theirs.book(peer.address, options, round, &wishes)?;
    }
    Ok(vec![
        faster("bookings, one hot slot", &ours.hot, &theirs.hot, 8.0, "at least 8"),
        sooner(&ours.hot, &theirs.hot),
        faster("bookings, 100 slots", &ours.spread, &theirs.spread, 2.5, "at least 2.5"),
    ])
}

impl Rounds {
    /// Books into one slot, then into all of them.
    fn book(
        &mut self,
        address: SocketAddr,
        options: &Options,
        round: u64,
        wishes: &[String],
    ) -> Result<()> {
        let time = Duration::from_secs(options.seconds);
        let load = Load { connections: options.connections, time };
        let hot = bookings::book(address, load, 2 * round, &wishes[..1])?;
        let spread = bookings::book(address, load, 2 * round + 1, wishes)?;
        if hot.refused + spread.refused > 0 {
            bail!("bookings were refused: the figures would mean nothing");
        }
        self.hot.push(hot);
        self.spread.push(spread);
        Ok(())
    }
}

fn faster(
    what: &'static str,
    ours: &[Outcome],
    theirs: &[Outcome],
    least: f64,
    aim: &'static str,
) -> Figure {
    let ratio = rate(ours) / rate(theirs);
    Figure {
        what,
        ours: words(ours),
        peer: format!("Fastify and pg: {}", words(theirs)),
        ratio: Some(ratio),
        aim,
        met: ratio >= least,
    }
}

fn sooner(ours: &[Outcome], theirs: &[Outcome]) -> Figure {
    let p99 = |all: &[Outcome]| median(all.iter().map(|it| it.p99.as_secs_f64() * 1e3).collect());
    let (ours, theirs) = (p99(ours), p99(theirs));
    Figure {
        what: "p99 of bookings, one hot slot",
        ours: format!("{ours:.1} ms"),
        peer: format!("Fastify and pg: {theirs:.1} ms"),
        ratio: Some(ours / theirs),
        aim: "at most 0.1",
        met: ours * 10.0 <= theirs,
    }
}

/// Puts the peer below the build folder, with exactly what its lock file says; answers where its program is.
fn installed(checkout: &Checkout, folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    for file in FILES {
        std::fs::copy(checkout.path(SOURCE).join(file), folder.join(file))
            .with_context(|| format!("{SOURCE}/{file} cannot be copied"))?;
    }
    let wanted = std::fs::read(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.xtask-lock");
    if !std::fs::read(&stamp).is_ok_and(|there| there == wanted) {
        say::progress("fetching the peer (once per checkout)");
        let mut npm = Command::new("npm");
        process::run(npm.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]))?;
        std::fs::write(&stamp, wanted).context("node_modules cannot be marked as complete")?;
    }
    Ok(folder.join("server.mjs"))
}

/// The peer at work.
struct Peer {
    address: SocketAddr,
    _daemon: Daemon,
}

impl Peer {
    /// Starts it on tables of its own, beside those of a store in which something was booked.
    fn start(program: &Path, url: &str) -> Result<Self> {
        let port = http::free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = Command::new("node");
        command.env("NODE_ENV", "production").arg(program);
        command.args([&port.to_string(), url, TENANT]);
        let log = program.with_file_name("peer.log");
        let mut daemon = Daemon::start("the peer", &mut command, log)?;
        let ready = process::wait_until(PATIENCE, || {
            daemon.ensure_running()?;
            Ok(http::send(address, &Request::get("/")).is_ok_and(|answer| answer.status == 200))
        })?;
        if !ready {
            bail!("the peer does not answer; {}", daemon.log_tail());
        }
        Ok(Self { address, _daemon: daemon })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_is_fetched_exactly_as_it_was_chosen_and_from_any_registry() {
        let lock = include_str!("peers/package-lock.json");
        let package: serde_json::Value =
            serde_json::from_str(include_str!("peers/package.json")).unwrap();
        assert!(!lock.contains("\"resolved\""));
        for (name, version) in package["dependencies"].as_object().unwrap() {
            let version = version.as_str().unwrap();
            assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{name} {version}");
        }
    }

    #[test]
    fn a_tenth_of_the_peers_p99_is_what_is_aimed_at() {
        let outcome =
            |millis| Outcome { rate: 1.0, refused: 0, p99: Duration::from_millis(millis) };
        assert!(sooner(&[outcome(10)], &[outcome(100)]).met);
        assert!(!sooner(&[outcome(11)], &[outcome(100)]).met);
    }
}
