//! One callback asked for over HTTP, beside a handler that does the same read and nothing else; and what a node holds of
//! the machine's memory while it books.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;

use super::embedded::{Bare, rate, words};
use super::load::{self, Load, Outcome};
use super::node::Node;
use super::postgres::Bench;
use super::{Figure, bookings};
use crate::demo::seed::BENCH;
use crate::say;

/// Callbacks that are asked for, each as likely as any other.
const STORED: usize = 4_000;

pub(super) fn measure(bench: &Bench<'_>, folder: &Path) -> Result<Vec<Figure>> {
    let options = bench.options;
    let schema = bench.schema()?;
    let node = Node::on_store(bench, folder, &schema)?;
    let wish = [bookings::wish(node.address())?];
    let ids = bookings::book_each(
        &[node.address()],
        STORED,
        |_, number| json!({ "serviceName": BENCH, "phoneNumber": number, "desiredTime": wish[0] }),
    )?;
    let bare = Bare::reading(bench.checkout, &bench.inside(&schema))?;
    let load =
        Load { connections: options.connections, time: Duration::from_secs(options.seconds) };
    let ask = |address| {
        load::requests(address, load, |worker, turn| {
            bookings::retrieve(&ids[scattered(worker, turn) % ids.len()])
        })
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        say::progress(format_args!("one callback, round {} of {}", round + 1, options.rounds));
        ours.push(ask(node.address())?);
        theirs.push(ask(bare.address)?);
    }
    drop(bare);
    for round in 0..options.rounds {
        say::progress(format_args!("bookings, round {} of {}", round + 1, options.rounds));
        let booked = bookings::book(node.address(), load, round, &wish)?;
        if booked.refused > 0 {
            bail!("bookings were refused: the figure would mean nothing");
        }
    }
    let memory = node.memory()?.under_load("resident memory, reads and bookings");
    Ok(vec![against_bare(&ours, &theirs)?, memory])
}

fn against_bare(ours: &[Outcome], theirs: &[Outcome]) -> Result<Figure> {
    if ours.iter().chain(theirs).any(|outcome| outcome.refused > 0) {
        bail!("a callback was not found under load: the figure would mean nothing");
    }
    let ratio = rate(ours) / rate(theirs);
    Ok(Figure {
        what: "one callback over HTTP",
        ours: words(ours),
        peer: format!("bare handler, same SELECT: {}", words(theirs)),
        ratio: Some(ratio),
        aim: "at least 0.8",
        met: ratio >= 0.8,
    })
}

/// A number that looks like chance and is the same in every run, so that both sides are asked for the same: the mixing
/// step of `SplitMix64`.
fn scattered(worker: u64, turn: usize) -> usize {
    let mut word = (worker << 32 | turn as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // Half of the bits, which fit everywhere.
    usize::try_from(word >> 33).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_callback_is_asked_for_and_none_much_more_often_than_others() {
        let mut asked = vec![0_u32; 100];
        for worker in 0..32 {
            for turn in 0..1_000 {
                asked[scattered(worker, turn) % 100] += 1;
            }
        }
        assert!(asked.iter().all(|count| (200..450).contains(count)), "{asked:?}");
        let first: HashSet<usize> = (0..32).map(|worker| scattered(worker, 0)).collect();
        assert_eq!(first.len(), 32);
    }
}
