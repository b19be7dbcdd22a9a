//! The service on its embedded store: how fast it starts, what it holds, what it answers, what it books.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::load::{self, Load, Outcome};
use super::{Figure, Options, build, median};
use crate::checkout::{Checkout, Profile};
use crate::demo::script::{API_KEY, SALES};
use crate::demo::seed::{self, BENCH};
use crate::demo::stage::{Setting, Stage};
use crate::http::{self, Request};
use crate::process::{self, Daemon};
use crate::say;

const FOLDER: &str = "bench/embedded";
const STARTS: usize = 5;

pub(super) fn measure(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    build(checkout)?;
    let folder = checkout.target(FOLDER);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("the last benchmark's data cannot be removed")?;
    }
    let setting = Setting {
        profile: Profile::Release,
        full: false,
        port: http::free_port()?,
        speed: 1,
        folder: FOLDER,
    };

    // The first start makes the store, the others find it.
    let mut starts = vec![Stage::raise(checkout, &setting)?.ready_after()];
    for _ in 1..STARTS {
        starts.push(Stage::raise(checkout, &setting)?.ready_after());
    }
    let stage = Stage::raise(checkout, &setting)?;
    seed::sow(stage.address(), &stage.internal_key()?)?;
    seed::sow_bench(stage.address(), &stage.internal_key()?)?;
    // Not a test: what a process holds at rest shows only when it has come to rest.
    std::thread::sleep(Duration::from_secs(3));
    let memory = resident(stage.pid())?;

    let load =
        Load { connections: options.connections, time: Duration::from_secs(options.seconds) };
    let bare = Bare::start(checkout)?;
    let (mut ours, mut theirs, mut booked) = (Vec::new(), Vec::new(), Vec::new());
    let wish = wish(stage.address())?;
    for round in 0..options.rounds {
        say::progress(format_args!("round {} of {}", round + 1, options.rounds));
        ours.push(open_for(stage.address(), load)?);
        theirs.push(load::question(bare.address, "/", ("x-api-key", API_KEY), load)?);
        booked.push(book(stage.address(), load, round, &wish)?);
    }
    Ok(vec![
        start_time(&starts),
        size(checkout)?,
        idle_memory(memory),
        against_bare(&ours, &theirs)?,
        booking(&booked),
    ])
}

fn start_time(starts: &[Duration]) -> Figure {
    let first = starts[0].as_secs_f64() * 1e3;
    let later = starts[1..].iter().map(|start| start.as_secs_f64() * 1e3).collect();
    let middle = median(later);
    Figure {
        what: "start to ready",
        ours: format!("{middle:.0} ms ({first:.0} ms with a new store)"),
        peer: "300 ms".into(),
        ratio: Some(middle / 300.0),
        aim: "at most 1",
        met: middle <= 300.0,
    }
}

fn size(checkout: &Checkout) -> Result<Figure> {
    let program = checkout.built(Profile::Release, "ges");
    let bytes = program.metadata().context("the program has just been built")?.len();
    let megabytes = f64::from(u32::try_from(bytes).context("a program of gigabytes")?) / 1e6;
    Ok(Figure {
        what: "size of the program",
        ours: format!("{megabytes:.1} MB"),
        peer: "64 MB".into(),
        ratio: Some(megabytes / 64.0),
        aim: "below 1",
        met: megabytes < 64.0,
    })
}

fn idle_memory(bytes: f64) -> Figure {
    let megabytes = bytes / 1e6;
    Figure {
        what: "resident memory at rest",
        ours: format!("{megabytes:.1} MB"),
        peer: "40 MB".into(),
        ratio: Some(megabytes / 40.0),
        aim: "below 1",
        met: megabytes < 40.0,
    }
}

fn against_bare(ours: &[Outcome], theirs: &[Outcome]) -> Result<Figure> {
    if ours.iter().chain(theirs).any(|outcome| outcome.refused > 0) {
        bail!("open-for was refused under load: the figure would mean nothing");
    }
    let ratio = rate(ours) / rate(theirs);
    Ok(Figure {
        what: "open-for over HTTP",
        ours: words(ours),
        peer: format!("bare handler: {}", words(theirs)),
        ratio: Some(ratio),
        aim: "at least 0.7",
        met: ratio >= 0.7,
    })
}

fn booking(booked: &[Outcome]) -> Figure {
    let refused: usize = booked.iter().map(|outcome| outcome.refused).sum();
    Figure {
        what: "bookings",
        ours: words(booked),
        peer: String::new(),
        ratio: None,
        aim: "none refused",
        met: refused == 0,
    }
}

pub(super) fn rate(outcomes: &[Outcome]) -> f64 {
    median(outcomes.iter().map(|outcome| outcome.rate).collect())
}

pub(super) fn words(outcomes: &[Outcome]) -> String {
    let p99 = median(outcomes.iter().map(|outcome| outcome.p99.as_secs_f64() * 1e3).collect());
    let refused: usize = outcomes.iter().map(|outcome| outcome.refused).sum();
    let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
    format!("{:.0} /s, p99 {p99:.1} ms{refused}", rate(outcomes))
}

fn open_for(address: SocketAddr, load: Load) -> Result<Outcome> {
    let path = format!("/engagement/v3/callbacks/open-for/{SALES}");
    load::question(address, &path, ("x-api-key", API_KEY), load)
}

/// A time far enough ahead that nothing becomes due while we measure.
pub(super) fn wish(address: SocketAddr) -> Result<String> {
    let path = format!("/engagement/v3/callbacks/availability/{BENCH}?numberOfDays=3");
    let answer = http::send(address, &Request::get(path).header("x-api-key", API_KEY))?;
    let data = answer.json()?;
    let slots = data["data"]["slots"].as_array();
    let last = slots.and_then(|slots| slots.last()).context("nothing can be booked")?;
    Ok(last["utcTime"].as_str().context("a slot has no time")?.to_owned())
}

/// Books into one slot, each time for another number.
pub(super) fn book(address: SocketAddr, load: Load, round: u64, wish: &str) -> Result<Outcome> {
    load::requests(address, load, |worker, turn| {
        let body = json!({
            "serviceName": BENCH,
            "phoneNumber": number(round, worker, turn),
            "desiredTime": wish,
        });
        Request::json("POST", "/engagement/v3/callbacks/create", &body).header("x-api-key", API_KEY)
    })
}

/// A number of its own for each request: an area by round, an exchange by connection.
fn number(round: u64, worker: u64, turn: usize) -> String {
    const AREAS: [u64; 15] =
        [201, 212, 215, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 801];
    let area = AREAS[usize::try_from(round).unwrap_or(0) % AREAS.len()];
    // 256 connections fit into 200–455; whoever needs more than 10 000 turns goes on 256 exchanges higher.
    let exchange = 200 + worker + 256 * (turn as u64 / 10_000 % 3);
    format!("+1{area}{:03}{:04}", exchange.min(999), turn % 10_000)
}

/// The peer: a server of the same kind that answers a constant.
pub(super) struct Bare {
    pub(super) address: SocketAddr,
    _daemon: Daemon,
}

impl Bare {
    pub(super) fn start(checkout: &Checkout) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, http::free_port()?));
        let mut command = Command::new(checkout.built(Profile::Release, "examples/bare"));
        let folder = checkout.target(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let log = folder.join("bare.log");
        let mut daemon = Daemon::start("bare", command.arg(address.to_string()), log)?;
        let up = process::wait_until(Duration::from_secs(10), || {
            daemon.ensure_running()?;
            Ok(http::send(address, &Request::get("/")).is_ok())
        })?;
        if !up {
            bail!("the bare handler does not answer; {}", daemon.log_tail());
        }
        Ok(Self { address, _daemon: daemon })
    }
}

/// Bytes of memory that the process holds.
fn resident(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .context("memory is measured on Linux only")?;
    read_resident(&status).context("the process tells nothing of its memory")
}

fn read_resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_differ_between_rounds_connections_and_turns() {
        let mut seen = HashSet::new();
        for round in 0..3 {
            for worker in [0, 1, 255] {
                for turn in [0, 1, 9_999, 10_000, 20_000] {
                    assert!(seen.insert(number(round, worker, turn)));
                }
            }
        }
        assert!(seen.iter().all(|number| number.len() == 12));
    }

    #[test]
    fn memory_is_read_from_what_the_kernel_says() {
        let bytes = read_resident("Name:\tges\nVmRSS:\t   2000 kB\nThreads:\t3\n").unwrap();
        assert!((bytes - 2_048_000.0).abs() < 0.5);
    }
}
