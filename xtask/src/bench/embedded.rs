//! The service on its embedded store: how fast it starts, what it holds, what it answers, what it books.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::load::{self, Load, Outcome};
use super::memory::Resident;
use super::{Figure, Options, bookings, build, median};
use crate::checkout::{Checkout, Profile};
use crate::demo::script::{API_KEY, SALES, TENANT};
use crate::demo::seed;
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
    let memory = Resident::of(stage.pid())?.now;

    let load =
        Load { connections: options.connections, time: Duration::from_secs(options.seconds) };
    let bare = Bare::start(checkout)?;
    let (mut ours, mut theirs, mut booked) = (Vec::new(), Vec::new(), Vec::new());
    let wish = [bookings::wish(stage.address())?];
    for round in 0..options.rounds {
        say::progress(format_args!("round {} of {}", round + 1, options.rounds));
        ours.push(open_for(stage.address(), load)?);
        theirs.push(load::question(bare.address, "/", ("x-api-key", API_KEY), load)?);
        booked.push(bookings::book(stage.address(), load, round, &wish)?);
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

/// The peer: a server of the same kind that does the least possible.
pub(super) struct Bare {
    pub(super) address: SocketAddr,
    _daemon: Daemon,
}

impl Bare {
    /// One that answers a constant.
    pub(super) fn start(checkout: &Checkout) -> Result<Self> {
        Self::run(checkout, "bare", &[])
    }

    /// One that reads a tenant's callback from the database and answers what it finds there.
    pub(super) fn reading(checkout: &Checkout, url: &str) -> Result<Self> {
        Self::run(checkout, "bare_read", &[url, TENANT])
    }

    fn run(checkout: &Checkout, name: &str, more: &[&str]) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, http::free_port()?));
        let mut command =
            Command::new(checkout.built(Profile::Release, &format!("examples/{name}")));
        let folder = checkout.target(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let log = folder.join(format!("{name}.log"));
        let mut daemon = Daemon::start(name, command.arg(address.to_string()).args(more), log)?;
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
