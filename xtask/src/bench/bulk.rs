//! A change of many callbacks on PostgreSQL, while customers go on booking.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::load::{Load, Outcome};
use super::node::Node;
use super::{Figure, Options, bookings, embedded};
use crate::demo::script::API_KEY;
use crate::demo::seed::BENCH;
use crate::http::{self, Request};
use crate::process;

/// Callbacks that are cancelled at once, and how long that may take.
const ROWS: usize = 10_000;
const LONGEST: Duration = Duration::from_secs(10);
/// Bookings go on at least as fast as this share of their pace without.
const LEAST: f64 = 0.8;
/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_mins(2);

/// What people are let do with the token of the benchmark, see `Node::start`.
const DESK: &str = "/ges/api/v1/bulk";

/// Cancels ten thousand callbacks in one job while others are booked into the same slot.
pub(super) fn measure(node: &Node, options: &Options) -> Result<Vec<Figure>> {
    let address = node.address();
    let wish = bookings::wish(address)?;
    bookings::book_each(
        &[address],
        ROWS,
        |_, number| json!({ "serviceName": BENCH, "phoneNumber": number, "desiredTime": wish }),
    )?;
    let wish = [wish];
    let time = Duration::from_secs(options.seconds.min(2));
    let load = Load { connections: options.connections, time };
    let (took, beside) = thread::scope(|scope| -> Result<(Duration, Outcome)> {
        let booking = scope.spawn(|| bookings::book(address, load, 14, &wish));
        let took = cancel(address)?;
        Ok((took, booking.join().expect("no worker panics")?))
    })?;
    // Afterwards, so that there were no more callbacks to cancel than were booked for it.
    let alone = bookings::book(address, load, 13, &wish)?;
    if alone.refused + beside.refused > 0 {
        bail!("bookings were refused: the figures would mean nothing");
    }
    let (secs, most) = (took.as_secs_f64(), LONGEST.as_secs_f64());
    let ratio = beside.rate / alone.rate;
    Ok(vec![
        Figure {
            what: "10 000 cancelled in one job, beside bookings",
            ours: format!("{secs:.2} s"),
            peer: format!("{most:.0} s"),
            ratio: Some(secs / most),
            aim: "at most 1",
            met: took <= LONGEST,
        },
        Figure {
            what: "bookings into the same slot meanwhile",
            ours: embedded::words(&[beside]),
            peer: format!("without the job: {}", embedded::words(&[alone])),
            ratio: Some(ratio),
            aim: "at least 0.8",
            met: ratio >= LEAST,
        },
    ])
}

/// Cancels them; answers how long it took from the request to the last of them.
fn cancel(address: SocketAddr) -> Result<Duration> {
    let filter = json!({ "service": [BENCH], "state": ["SCHEDULED"] });
    let asked = json!({ "action": "cancel", "filter": filter });
    let count = desk(address, &Request::json("POST", format!("{DESK}/preview"), &asked))?;
    let count = count["count"].as_u64().context("the preview has no count")?;
    let mut order = asked.clone();
    // Some are booked before it is counted again.
    order["expectedCount"] = json!(count * 2);
    let begun = Instant::now();
    let job = desk(address, &Request::json("POST", DESK, &order))?;
    let id = job["id"].as_str().context("the job has no id")?.to_owned();
    let mut last = Value::Null;
    process::wait_until(PATIENCE, || {
        last = desk(address, &Request::get(format!("{DESK}/{id}")))?;
        Ok(last["state"] == "done")
    })?;
    let took = begun.elapsed();
    if last["succeeded"].as_u64().is_none_or(|done| done < count) {
        bail!("not all were cancelled: {last}");
    }
    Ok(took)
}

fn desk(address: SocketAddr, request: &Request) -> Result<Value> {
    let request = request.clone().header("authorization", format!("Bearer {API_KEY}"));
    let answer = http::send(address, &request)?;
    if answer.status != 200 {
        bail!("the people's API refused ({}): {}", answer.status, answer.text());
    }
    Ok(answer.json()?["data"].clone())
}
