//! The service on PostgreSQL beside pgbench, which inserts the same rows with no check at all; two nodes beside one; a
//! crowd of callbacks that is due at once; and lists from a million callbacks.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::load::Load;
use super::node::Node;
use super::{Figure, Options, bookings, build, bulk, median};
use crate::checkout::{Checkout, Profile};
use crate::{process, say, services};

const FOLDER: &str = "bench/postgres";
/// Callbacks that are due at one instant.
const CROWD: u32 = 20_000;
/// Callbacks that lists are made from.
const STORED: u32 = 1_000_000;
/// The slowest list of a hundred may take so long.
const LIST_MS: f64 = 50.0;

/// What is at hand for all figures.
pub(super) struct Bench<'a> {
    pub(super) checkout: &'a Checkout,
    pub(super) options: &'a Options,
    pub(super) url: String,
    pub(super) redis_url: String,
}

impl<'a> Bench<'a> {
    /// Builds everything, and rents the database.
    pub(super) fn begin(checkout: &'a Checkout, options: &'a Options) -> Result<Self> {
        build(checkout)?;
        let rented = services::up_named(checkout, services::BENCH)?;
        let (url, redis_url) = (rented.postgres_url, rented.redis_url);
        Ok(Self { checkout, options, url, redis_url })
    }

    /// The URL by which connections find a schema.
    pub(super) fn inside(&self, schema: &str) -> String {
        let mark = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{mark}options=-c%20search_path%3D{schema}", self.url)
    }

    /// A fresh schema with all tables; who looks for it finds it by its connections' search path.
    pub(super) fn schema(&self) -> Result<String> {
        let said = self.load(&["sample".into()])?;
        let schema = said["schema"].as_str().context("the sample has no schema")?;
        Ok(schema.to_owned())
    }

    /// What the example says of a load at the port.
    pub(super) fn load(&self, words: &[String]) -> Result<Value> {
        let mut command = Command::new(self.checkout.built(Profile::Release, "examples/load"));
        let text = process::capture(command.arg(&self.url).args(words))?;
        serde_json::from_str(text.trim()).context("the example says no JSON")
    }

    fn book(&self, slots: u32, nodes: u32) -> Result<Booked> {
        let (clients, seconds) = (self.options.connections, self.options.seconds);
        let said = self.load(&[
            "book".into(),
            slots.to_string(),
            clients.to_string(),
            seconds.to_string(),
            nodes.to_string(),
        ])?;
        Ok(Booked { rate: number(&said, "rate")?, p99_ms: number(&said, "p99_ms")? })
    }

    /// Rows inserted a second with no check at all.
    fn ceiling(&self) -> Result<Booked> {
        let said = self.load(&["sample".into()])?;
        let text = |key: &str| said[key].as_str().map(str::to_owned).context("no such sample");
        let mut pgbench = Command::new(pgbench()?);
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--file"]);
        pgbench.arg(self.checkout.path("xtask/src/bench/ceiling.sql"));
        pgbench.args(["--client", &self.options.connections.to_string()]);
        pgbench.args(["--time", &self.options.seconds.to_string()]);
        for name in ["tenant", "document", "event", "effect"] {
            pgbench.arg("--define").arg(format!("{name}={}", text(name)?));
        }
        pgbench.args(["--define", &format!("fingerprint={}", "ab".repeat(32))]);
        pgbench.env("PGOPTIONS", format!("-c search_path={}", text("schema")?));
        let said = process::capture(pgbench.arg(&self.url))?;
        read_pgbench(&said).with_context(|| format!("pgbench said something new:\n{said}"))
    }
}

pub(super) fn number(said: &Value, key: &str) -> Result<f64> {
    said[key].as_f64().with_context(|| format!("the example does not say {key}"))
}

fn pgbench() -> Result<PathBuf> {
    process::find_program("pgbench").context("pgbench is not installed; it comes with PostgreSQL")
}

/// Transactions a second, and the mean of their times: it does not say the slowest.
fn read_pgbench(text: &str) -> Option<Booked> {
    let line = |word: &str| text.lines().find_map(|line| line.strip_prefix(word));
    let rate = line("tps = ")?.split(' ').next()?.parse().ok()?;
    let mean = line("latency average = ")?.split(' ').next()?.parse().ok()?;
    Some(Booked { rate, p99_ms: mean })
}

/// What came of a load.
#[derive(Clone, Copy, Debug)]
struct Booked {
    rate: f64,
    p99_ms: f64,
}

/// The middle of the rounds.
fn middle(rounds: &[Booked]) -> Booked {
    let of = |field: fn(&Booked) -> f64| median(rounds.iter().map(field).collect());
    Booked { rate: of(|it| it.rate), p99_ms: of(|it| it.p99_ms) }
}

fn words(booked: Booked) -> String {
    format!("{:.0} /s, p99 {:.1} ms", booked.rate, booked.p99_ms)
}

pub(super) fn measure(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    let bench = Bench::begin(checkout, options)?;
    let folder = checkout.target(FOLDER);
    let (mut ceiling, mut hot, mut spread, mut pair) = (vec![], vec![], vec![], vec![]);
    let mut http = Vec::new();
    for round in 0..options.rounds {
        say::progress(format_args!("round {} of {}", round + 1, options.rounds));
        ceiling.push(bench.ceiling()?);
        hot.push(bench.book(1, 1)?);
        spread.push(bench.book(100, 1)?);
        pair.push(bench.book(1, 2)?);
        // A new store for each round, as for the others.
        let node = Node::start(&bench, &folder)?;
        http.push(book(&node, options, round)?);
    }
    let (ceiling, hot) = (middle(&ceiling), middle(&hot));
    let mut figures = vec![
        against("bookings over HTTP, one hot slot", middle(&http), ceiling),
        against("bookings at the port, one hot slot", hot, ceiling),
        against("bookings at the port, 100 slots", middle(&spread), ceiling),
    ];
    let pair = middle(&pair);
    let ratio = pair.rate / hot.rate;
    figures.push(Figure {
        what: "two nodes, one hot slot",
        ours: words(pair),
        peer: format!("one node: {}", words(hot)),
        ratio: Some(ratio),
        aim: "at least 0.9",
        met: ratio >= 0.9,
    });
    figures.push(crowd(&bench)?);
    say::progress("a change of many callbacks, while others are booked");
    figures.extend(bulk::measure(&Node::start(&bench, &folder)?, options)?);
    Ok(figures)
}

/// Books over HTTP into one slot.
fn book(node: &Node, options: &Options, round: u64) -> Result<Booked> {
    let time = Duration::from_secs(options.seconds);
    let load = Load { connections: options.connections, time };
    let wish = [bookings::wish(node.address())?];
    let outcome = bookings::book(node.address(), load, round, &wish)?;
    if outcome.refused > 0 {
        bail!("{} bookings were refused: the figure would mean nothing", outcome.refused);
    }
    Ok(Booked { rate: outcome.rate, p99_ms: outcome.p99.as_secs_f64() * 1e3 })
}

fn against(what: &'static str, ours: Booked, ceiling: Booked) -> Figure {
    let ratio = ours.rate / ceiling.rate;
    Figure {
        what,
        ours: words(ours),
        peer: format!("pgbench: {:.0} /s, mean {:.1} ms", ceiling.rate, ceiling.p99_ms),
        ratio: Some(ratio),
        aim: "at least 0.8",
        met: ratio >= 0.8,
    }
}

/// Callbacks that are due at one instant, on two nodes.
fn crowd(bench: &Bench<'_>) -> Result<Figure> {
    say::progress("a crowd that is due at one instant");
    let said = bench.load(&["dispatch".into(), CROWD.to_string(), "2".into()])?;
    let last = number(&said, "last_fenced_secs")?;
    let (lease, fence) = (number(&said["lease"], "p99_ms")?, number(&said["fence"], "p99_ms")?);
    let settled = number(&said["settled"], "rate")?;
    Ok(Figure {
        what: "20 000 due at once, all fenced",
        ours: format!(
            "{last:.2} s, {:.0} /s; p99 of 500: lease {lease:.0} ms, fence {fence:.0} ms; \
             leased and settled {settled:.0} /s",
            number(&said, "fences")?
        ),
        peer: "0.49 s, measured before the first line".into(),
        ratio: Some(last / 0.49),
        aim: "at most 1",
        met: last <= 0.49,
    })
}

/// Lists of 250 from a million callbacks, by every documented filter.
pub(super) fn lists(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    let bench = Bench::begin(checkout, options)?;
    say::progress("making a million callbacks: about a minute");
    let filled = bench.load(&["fill".into(), STORED.to_string()])?;
    let schema = filled["schema"].as_str().context("the example does not say the schema")?;
    say::progress("asking for lists");
    let said = bench.load(&["list".into(), schema.into(), STORED.to_string(), "100".into()])?;
    let lists = said["lists"].as_array().context("the example does not say lists")?;
    let mut rows = Vec::new();
    let mut slowest: f64 = 0.0;
    for list in lists {
        let (p50, p99) = (number(list, "p50_ms")?, number(list, "p99_ms")?);
        slowest = slowest.max(p99);
        let what = list["what"].as_str().unwrap_or_default().to_owned();
        rows.push(vec![what, list["found"].to_string(), format!("{p50:.1}"), format!("{p99:.1}")]);
    }
    say::result(say::table(&["list", "found", "p50 ms", "p99 ms"], &rows).trim_end());
    let export = &said["export"];
    let secs = number(export, "secs")?;
    Ok(vec![
        Figure {
            what: "250 of 1 000 000, slowest filter",
            ours: format!("p99 {slowest:.1} ms"),
            peer: format!("{LIST_MS} ms"),
            ratio: Some(slowest / LIST_MS),
            aim: "at most 1",
            met: slowest <= LIST_MS,
        },
        Figure {
            what: "all of them, 1 000 a page",
            ours: format!(
                "{:.0} rows/s, slowest page {:.1} ms",
                number(export, "rows")? / secs,
                number(export, "slowest_page_ms")?
            ),
            peer: String::new(),
            ratio: None,
            aim: "every page alike",
            met: true,
        },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgbench_is_understood() {
        let text = "number of clients: 32\nlatency average = 6.998 ms\n\
            initial connection time = 31.1 ms\ntps = 4572.611212 (without initial connection time)\n";
        let booked = read_pgbench(text).unwrap();
        assert!((booked.rate - 4_572.611_212).abs() < 1e-6);
        assert!((booked.p99_ms - 6.998).abs() < 1e-6);
    }
}
