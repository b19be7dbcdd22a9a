//! What benchmarks book over HTTP, and when it is for.
//! Apart, because every kind of benchmark books, and figures compare only where all of them ask for the same.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::load::{self, Load, Outcome};
use crate::demo::script::API_KEY;
use crate::demo::seed::BENCH;
use crate::http::{self, Connection, Request};

const API: &str = "/engagement/v3/callbacks";
/// How long any answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections by which callbacks are booked before something is measured.
const CLERKS: usize = 10;
/// The round, as numbers count, of what is booked before something is measured.
const BEFORE: u64 = 15;

/// A time far enough ahead that nothing becomes due while we measure.
pub(super) fn wish(address: SocketAddr) -> Result<String> {
    wishes(address, 1)?.pop().context("nothing can be booked")
}

/// So many such times, each in a slot of its own.
pub(super) fn wishes(address: SocketAddr, slots: usize) -> Result<Vec<String>> {
    let path = format!("{API}/availability/{BENCH}?numberOfDays=5");
    let data = http::send(address, &keyed(Request::get(path)))?.json()?;
    let free = data["data"]["slots"].as_array().context("nothing can be booked")?;
    let last = free.iter().rev().take(slots).filter_map(|slot| slot["utcTime"].as_str());
    let wishes: Vec<String> = last.map(str::to_owned).collect();
    if wishes.len() < slots {
        bail!("{} slots can be booked, and not {slots}", wishes.len());
    }
    Ok(wishes)
}

/// Books into these slots in turn, each time for another number and under another key.
pub(super) fn book(
    address: SocketAddr,
    load: Load,
    round: u64,
    wishes: &[String],
) -> Result<Outcome> {
    load::requests(address, load, |worker, turn| {
        let slot = turn * usize::try_from(load.connections).unwrap_or(1);
        let slot = slot + usize::try_from(worker).unwrap_or(0);
        let number = number(round, worker, turn);
        let key = format!("bench-{round}-{worker}-{turn}");
        create(&json!({
            "serviceName": BENCH,
            "phoneNumber": number,
            "desiredTime": wishes[slot % wishes.len()],
        }))
        .header("idempotency-key", key)
    })
}

/// Books so many callbacks as `body` says, which is told the number to call and which of all callbacks it is; answers
/// their ids in that order.
pub(super) fn book_each(
    addresses: &[SocketAddr],
    callbacks: usize,
    body: impl Fn(usize, &str) -> Value + Sync,
) -> Result<Vec<String>> {
    let body = &body;
    let clerk = move |clerk: usize| -> Result<Vec<(usize, String)>> {
        let mut connection = Connection::open(addresses[clerk % addresses.len()], PATIENCE)?;
        let mine = (clerk..callbacks).step_by(CLERKS).enumerate();
        mine.map(|(turn, index)| {
            let number = number(BEFORE, clerk as u64, turn);
            Ok((index, granted(&mut connection, &create(&body(index, &number)))?))
        })
        .collect()
    };
    let mut booked = thread::scope(|scope| {
        let clerks: Vec<_> = (0..CLERKS).map(|it| scope.spawn(move || clerk(it))).collect();
        let lists = clerks.into_iter().map(|one| one.join().expect("no clerk panics"));
        lists.collect::<Result<Vec<_>>>()
    })?
    .concat();
    booked.sort_unstable();
    Ok(booked.into_iter().map(|(_, id)| id).collect())
}

/// The request for a booking.
fn create(body: &Value) -> Request {
    keyed(Request::json("POST", format!("{API}/create"), body))
}

/// The request for one callback.
pub(super) fn retrieve(id: &str) -> Request {
    keyed(Request::json("POST", format!("{API}/retrieve"), &json!({ "id": id })))
}

fn keyed(request: Request) -> Request {
    request.header("x-api-key", API_KEY)
}

/// The id of a callback whose booking must succeed.
fn granted(connection: &mut Connection, request: &Request) -> Result<String> {
    let answer = connection.send(request)?;
    if answer.status != 200 {
        bail!("a booking was refused ({}): {}", answer.status, answer.text());
    }
    let id = answer.json()?["data"]["id"].as_str().map(str::to_owned);
    id.context("a booking has no id")
}

/// A number of its own for each request: an area by round, an exchange by connection.
fn number(round: u64, worker: u64, turn: usize) -> String {
    const AREAS: [u64; 16] =
        [201, 212, 215, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 801, 802];
    let area = AREAS[usize::try_from(round).unwrap_or(0) % AREAS.len()];
    // 256 connections fit into 200–455; whoever needs more than 10 000 turns goes on 256 exchanges higher.
    let exchange = 200 + worker + 256 * (turn as u64 / 10_000 % 3);
    format!("+1{area}{:03}{:04}", exchange.min(999), turn % 10_000)
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
}
