//! What it costs that very many callbacks are stored: the same load on a store that holds ten million and on one that holds
//! ten thousand.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::postgres::{Bench, number};
use super::{Figure, Options, median};
use crate::checkout::Checkout;
use crate::{process, say};

/// Callbacks in the small store: as many as are asked for in the large one.
const FEW: u32 = 10_000;
/// With many stored everything may take so much longer.
const LONGER: f64 = 1.2;
/// Numbers of bookings that one round has for itself.
const A_ROUND: u64 = 2_000_000;

/// What is compared, where the example says it, and in which unit.
const COMPARED: [(&str, &str, &str); 5] = [
    ("p99 of bookings at the port, 100 slots", "/book/p99_ms", "ms"),
    ("p99 of looks at the newest 10 000, at the port", "/newest/p99_ms", "ms"),
    ("p99 of looks at any of them, at the port", "/any/p99_ms", "ms"),
    ("10 000 due at once, two nodes: the last one fenced", "/crowd/last_fenced_secs", "s"),
    ("p99 of a fence of 500", "/crowd/fence/p99_ms", "ms"),
];

pub(super) fn measure(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    let bench = Bench::begin(checkout, options)?;
    let small = Store::open(&bench, FEW)?;
    let each = small.fill()? / f64::from(FEW);
    let large = Store::open(&bench, options.stored)?;
    let expected = each * f64::from(options.stored);
    ensure_room(&checkout.target(""), expected)?;
    say::progress(format_args!(
        "storing {} callbacks: {:.1} GB, and a minute or two for each million",
        options.stored,
        expected / 1e9
    ));
    large.fill()?;
    let (mut few, mut many) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        say::progress(format_args!("round {} of {}", round + 1, options.rounds));
        few.push(small.work(round)?);
        many.push(large.work(round)?);
    }
    let last = many.last().context("there is at least one round")?;
    let used = (number(last, "bytes")? / 1e9, options.stored);
    say::progress(format_args!("{:.1} GB hold {} callbacks; they are removed now", used.0, used.1));
    COMPARED.into_iter().map(|what| compared(what, &many, &few)).collect()
}

fn compared(
    (what, place, unit): (&'static str, &str, &str),
    many: &[Value],
    few: &[Value],
) -> Result<Figure> {
    let middle = |rounds: &[Value]| -> Result<f64> {
        let of = |said: &Value| said.pointer(place).and_then(Value::as_f64);
        let all: Option<Vec<f64>> = rounds.iter().map(of).collect();
        Ok(median(all.with_context(|| format!("the example does not say {place}"))?))
    };
    let (many, few) = (middle(many)?, middle(few)?);
    let ratio = many / few;
    Ok(Figure {
        what,
        ours: format!("{many:.2} {unit}"),
        peer: format!("{FEW} stored: {few:.2} {unit}"),
        ratio: Some(ratio),
        aim: "at most 1.2",
        met: ratio <= LONGER,
    })
}

/// A schema, which is removed with all that is in it when this is dropped.
struct Store<'a> {
    bench: &'a Bench<'a>,
    schema: String,
    callbacks: u32,
}

impl<'a> Store<'a> {
    /// Makes an empty one.
    fn open(bench: &'a Bench<'a>, callbacks: u32) -> Result<Self> {
        Ok(Self { bench, schema: bench.schema()?, callbacks })
    }

    /// Fills it; answers how many bytes it takes.
    fn fill(&self) -> Result<f64> {
        let words = ["store", &self.schema, &self.callbacks.to_string()].map(str::to_owned);
        number(&self.bench.load(&words)?, "bytes")
    }

    /// Books, looks and dispatches.
    fn work(&self, round: u64) -> Result<Value> {
        let Options { connections, seconds, .. } = self.bench.options;
        let first = A_ROUND * (round + 1);
        let numbers = [u64::from(self.callbacks), first, *connections, *seconds];
        let mut words = vec![String::from("stored"), self.schema.clone()];
        words.extend(numbers.map(|number| number.to_string()));
        self.bench.load(&words)
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.bench.load(&["drop".into(), self.schema.clone()]) {
            say::progress(format_args!("the schema {} is still there: {error:#}", self.schema));
        }
    }
}

/// Fails where the disk would be full: with the log of the database a store takes up to half as much again.
fn ensure_room(folder: &Path, bytes: f64) -> Result<()> {
    let mut df = Command::new("df");
    let said = process::capture(df.args(["--block-size=1", "--output=avail"]).arg(folder))?;
    let free = read_df(&said).with_context(|| format!("df said something new:\n{said}"))?;
    if free < bytes * 1.5 {
        bail!(
            "{:.0} GB are free, and {:.0} GB are needed; --stored asks for fewer callbacks",
            free / 1e9,
            bytes * 1.5 / 1e9
        );
    }
    Ok(())
}

fn read_df(said: &str) -> Option<f64> {
    said.lines().nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn medians_are_compared() {
        let rounds = |of: [f64; 3]| of.map(|p99| json!({ "book": { "p99_ms": p99 } }));
        let figure =
            |many| compared(COMPARED[0], &rounds(many), &rounds([10.0, 9.0, 90.0])).unwrap();
        assert!(figure([11.0, 12.0, 99.0]).met);
        assert!(!figure([11.0, 12.1, 99.0]).met);
        assert!(compared(COMPARED[1], &rounds([1.0; 3]), &rounds([1.0; 3])).is_err());
    }

    #[test]
    fn free_room_is_read_from_what_df_says() {
        assert_eq!(read_df("      Avail\n81604378624\n"), Some(81_604_378_624.0));
        assert_eq!(read_df(""), None);
    }
}
