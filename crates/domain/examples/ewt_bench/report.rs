//! What a replay found, as two tables and as a document.

use std::fmt::{self, Write};
use std::time::Duration;

use ges_domain::wait::Model;
use serde_json::{Value, json};

use super::baselines::NAMES;
use super::log::{self, Log};
use super::replay::{INTERVALS, NOMINAL, Replay};
use super::score;

/// The two tables.
pub(crate) fn text(log: &Log, replay: &Replay) -> String {
    let mut out = String::new();
    table(&mut out, log, replay).expect("a string takes whatever is written to it");
    out
}

fn table(out: &mut impl Write, log: &Log, replay: &Replay) -> fmt::Result {
    let dropped = log.dropped;
    writeln!(
        out,
        "{} rows; left out: {} phantom, {} of another pool, {} malformed",
        log.rows, dropped.phantom, dropped.other_pool, dropped.malformed
    )?;
    match replay.train_until {
        Some(last) => writeln!(out, "learned until {}, scored from then on", log::date(last))?,
        None => writeln!(out, "scored online: each wait before it is learned from")?,
    }
    writeln!(
        out,
        "{} waits scored, mean {:.1} s; {} before them\n",
        replay.waits,
        mean_wait(replay),
        replay.trained
    )?;
    writeln!(out, "{}", score::errors_head())?;
    for (name, errors) in NAMES.iter().zip(&replay.errors) {
        writeln!(out, "{}", errors.line(name))?;
    }
    writeln!(out, "\n{}", score::intervals_head())?;
    for (name, kinds) in INTERVALS.iter().zip(&replay.intervals) {
        for (intervals, nominal) in kinds.iter().zip(NOMINAL) {
            writeln!(out, "{}", intervals.line(name, nominal.percent()))?;
        }
    }
    writeln!(
        out,
        "\nan estimate takes {} ns, an update {} ns; one queue's state is {} bytes",
        nanos(replay.estimating),
        nanos(replay.updating),
        Model::STATE_BYTES
    )
}

/// The same as a document, with every day of the intervals.
pub(crate) fn document(log: &Log, replay: &Replay) -> Value {
    let predictors: Vec<Value> =
        NAMES.iter().zip(&replay.errors).map(|(name, errors)| errors.json(name)).collect();
    let mut intervals = Vec::new();
    for (name, kinds) in INTERVALS.iter().zip(&replay.intervals) {
        for (kind, nominal) in kinds.iter().zip(NOMINAL) {
            intervals.push(kind.json(name, nominal.percent()));
        }
    }
    json!({
        "rows": log.rows,
        "left_out": {
            "phantom": log.dropped.phantom,
            "other_pool": log.dropped.other_pool,
            "malformed": log.dropped.malformed,
        },
        "train_until": replay.train_until.map(log::date),
        "waits_before": replay.trained,
        "waits_scored": replay.waits,
        "mean_wait_secs": mean_wait(replay),
        "outcomes_learned": replay.model().learned(),
        "predictors": predictors,
        "intervals": intervals,
        "estimate_nanos": nanos(replay.estimating),
        "update_nanos": nanos(replay.updating),
        "state_bytes": Model::STATE_BYTES,
    })
}

fn mean_wait(replay: &Replay) -> f64 {
    replay.wait_secs / f64::from(u32::try_from(replay.waits.max(1)).unwrap_or(u32::MAX))
}

fn nanos((spent, times): (Duration, u32)) -> u128 {
    spent.as_nanos() / u128::from(times.max(1))
}
