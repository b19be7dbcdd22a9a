//! Benchmarks: the service beside a peer that does the least possible, in one run on one machine.
//! Apart from the tests, because a figure is only worth something as a ratio, and a ratio needs both sides at once.

mod bookings;
mod bulk;
mod cpu;
mod embedded;
mod load;
mod memory;
mod node;
mod pace;
mod peers;
mod postgres;
mod retrieve;
mod routing;
mod rules;
mod scale;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::checkout::Checkout;
use crate::{process, say};

/// What to measure.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Of which store, or of what.
    #[arg(value_enum, default_value_t = What::Embedded)]
    what: What,
    /// How long each figure is measured in each round.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How often both sides are measured in turn; the medians count.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=15))]
    rounds: u64,
    /// Connections at one time.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=256))]
    connections: u64,
    /// Callbacks in the large store of `scale`.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(20_000..=50_000_000))]
    stored: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// The embedded store, and the rules.
    Embedded,
    /// PostgreSQL beside pgbench, two nodes beside one, a crowd that is due at once.
    Postgres,
    /// Lists from a million callbacks on PostgreSQL.
    Lists,
    /// One callback asked for; on two nodes, two hundred due a second, ten thousand live sessions, and the memory of it.
    Pace,
    /// Bookings beside the same service as one would write it on Node.js: Fastify and pg.
    Peers,
    /// Ten million stored callbacks beside ten thousand: much of an hour, and tens of gigabytes for that time.
    Scale,
    /// Waits of queues, with a router that hangs.
    Routing,
}

/// One line of the result.
#[derive(Debug)]
struct Figure {
    what: &'static str,
    ours: String,
    peer: String,
    /// Ours against the peer's, or against the limit.
    ratio: Option<f64>,
    aim: &'static str,
    met: bool,
}

impl Figure {
    fn row(&self) -> Vec<String> {
        vec![
            self.what.to_owned(),
            self.ours.clone(),
            self.peer.clone(),
            self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            self.aim.to_owned(),
            if self.met { "yes" } else { "no" }.to_owned(),
        ]
    }

    fn json(&self) -> Value {
        json!({ "what": self.what, "ours": self.ours, "peer": self.peer,
                "ratio": self.ratio, "aim": self.aim, "met": self.met })
    }
}

/// Measures, prints a Markdown table and writes the figures below `target/bench`.
pub(crate) fn run(checkout: &Checkout, options: &Options) -> Result<()> {
    let (name, figures) = match options.what {
        What::Embedded => {
            let mut figures = rules::measure(checkout)?;
            figures.extend(embedded::measure(checkout, options)?);
            ("embedded", figures)
        }
        What::Postgres => ("postgres", postgres::measure(checkout, options)?),
        What::Lists => ("lists", postgres::lists(checkout, options)?),
        What::Pace => ("pace", pace::measure(checkout, options)?),
        What::Peers => ("peers", peers::measure(checkout, options)?),
        What::Scale => ("scale", scale::measure(checkout, options)?),
        What::Routing => ("routing", routing::measure(checkout, options)?),
    };
    let rows: Vec<Vec<String>> = figures.iter().map(Figure::row).collect();
    let head = ["what", "ours", "peer or limit", "ratio", "aim", "met"];
    say::result(say::table(&head, &rows).trim_end());
    let folder = checkout.target("bench");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    let all: Vec<Value> = figures.iter().map(Figure::json).collect();
    std::fs::write(&file, format!("{:#}\n", Value::from(all)))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    say::remark(format_args!("the figures are in {}", file.display()));
    Ok(())
}

/// Builds all that is measured, the same for every kind of run: another choice of packages would build everything anew.
fn build(checkout: &Checkout) -> Result<()> {
    say::progress("building with all optimisations: some minutes the first time");
    let mut build = checkout.cargo(["build", "--release", "--locked", "--bins"]);
    build.args(["-p", "ges-server", "-p", "ges-simulators", "-p", "ges-postgres"]);
    build.args(["--example", "bare", "--example", "bare_read", "--example", "load"]);
    process::run(&mut build)
}

/// The replay of a call log against the predictors of waits.
#[derive(Args, Debug)]
pub(crate) struct Waits {
    /// The call log, tab separated.
    file: PathBuf,
    /// Calls until the end of this day (YYMMDD) are for learning only.
    #[arg(long)]
    train_until: Option<String>,
    /// Writes the figures there as well.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Replays the log with the optimised build of the domain's example.
pub(crate) fn waits(checkout: &Checkout, waits: &Waits) -> Result<()> {
    // The example runs at the top of the checkout; the paths were meant from where we stand.
    let here = std::env::current_dir().context("the current directory cannot be read")?;
    let mut command = checkout.cargo(["run", "--release", "--quiet", "-p", "ges-domain"]);
    command.args(["--example", "ewt_bench", "--"]).arg(here.join(&waits.file));
    if let Some(day) = &waits.train_until {
        command.args(["--train-until", day]);
    }
    if let Some(path) = &waits.json {
        command.arg("--json").arg(here.join(path));
    }
    process::run(&mut command)
}

/// The middle of the values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_figure_says_whether_its_aim_is_met() {
        let figure = Figure {
            what: "open-for",
            ours: "9 000 /s".into(),
            peer: "10 000 /s".into(),
            ratio: Some(0.9),
            aim: "0.7",
            met: true,
        };
        assert_eq!(figure.row()[3..], ["0.90", "0.7", "yes"]);
        assert_eq!(figure.json()["met"], true);
    }
}
