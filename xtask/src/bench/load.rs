//! A load: many connections that ask again as soon as they are answered, for a bounded time.
//! `wrk` takes its place for plain questions where it is installed, because it leaves more of the machine to the service.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::{Connection, Request};
use crate::process;

const PATIENCE: Duration = Duration::from_secs(10);

/// No connection asks more often, whatever the clock says.
const MOST: usize = 5_000_000;

/// How hard, and how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) connections: u64,
    pub(super) time: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// Requests answered with 200, per second.
    pub(super) rate: f64,
    /// Answers that were anything else.
    pub(super) refused: usize,
    /// 99 of 100 answers came within this time.
    pub(super) p99: Duration,
}

/// Asks one plain question over and over.
pub(super) fn question(
    address: SocketAddr,
    path: &str,
    header: (&'static str, &str),
    load: Load,
) -> Result<Outcome> {
    if process::find_program("wrk").is_none() {
        let request = Request::get(path).header(header.0, header.1);
        return requests(address, load, |_, _| request.clone());
    }
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--latency"]);
    wrk.args(["--connections", &load.connections.to_string()]);
    wrk.args(["--duration", &format!("{}s", load.time.as_secs())]);
    wrk.args(["--header", &format!("{}: {}", header.0, header.1)]);
    read_wrk(&process::capture(wrk.arg(format!("http://{address}{path}")))?)
}

/// Asks what `next` says, which is told the number of the connection and of the request on it.
pub(super) fn requests(
    address: SocketAddr,
    load: Load,
    next: impl Fn(u64, usize) -> Request + Sync,
) -> Result<Outcome> {
    let start = Instant::now();
    let end = start + load.time;
    let next = &next;
    let work = move |worker| worker_loop(address, end, |turn| next(worker, turn));
    let all = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..load.connections).map(|worker| scope.spawn(move || work(worker))).collect();
        let joined = workers.into_iter().map(|one| one.join().expect("no worker panics"));
        joined.collect::<Result<Vec<_>>>()
    })?;
    let took = start.elapsed();
    let refused = all.iter().map(|one| one.refused).sum();
    let mut times: Vec<u32> = all.into_iter().flat_map(|one| one.times).collect();
    let granted =
        u32::try_from(times.len() - refused).context("more answers than can be counted")?;
    Ok(Outcome { rate: f64::from(granted) / took.as_secs_f64(), refused, p99: p99(&mut times) })
}

/// What one connection saw.
struct Seen {
    /// Microseconds until each answer.
    times: Vec<u32>,
    refused: usize,
}

fn worker_loop(address: SocketAddr, end: Instant, next: impl Fn(usize) -> Request) -> Result<Seen> {
    let mut connection = Connection::open(address, PATIENCE)?;
    let mut seen = Seen { times: Vec::new(), refused: 0 };
    for turn in 0..MOST {
        let begun = Instant::now();
        if begun >= end {
            break;
        }
        let answer = connection.send(&next(turn))?;
        seen.times.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
        seen.refused += usize::from(answer.status != 200);
    }
    Ok(seen)
}

fn p99(times: &mut [u32]) -> Duration {
    times.sort_unstable();
    let at = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    Duration::from_micros(times.get(at).copied().unwrap_or(0).into())
}

fn read_wrk(text: &str) -> Result<Outcome> {
    let after = |word: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(word));
        line.map(str::trim)
    };
    let rate = after("Requests/sec:").and_then(|rate| rate.parse().ok());
    let Some(rate) = rate else { bail!("wrk said something new:\n{text}") };
    let refused = after("Non-2xx or 3xx responses:").and_then(|count| count.parse().ok());
    let p99 = after("99%").and_then(wrk_time).context("wrk gave no latency")?;
    Ok(Outcome { rate, refused: refused.unwrap_or(0), p99 })
}

/// A time as wrk writes it: `850.00us`, `1.20ms`, `2.00s`.
fn wrk_time(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text[..text.len() - unit.len()].parse().ok()?;
    let secs = match unit {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        _ => return None,
    };
    Some(Duration::from_secs_f64(secs))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn wrk_is_understood() {
        let text = "  Latency Distribution\n     50%  850.00us\n     99%    1.20ms\n\
            \x20 100 requests in 4.00s\n  Non-2xx or 3xx responses: 7\nRequests/sec:  25034.12\n";
        let outcome = read_wrk(text).unwrap();
        assert_eq!((outcome.refused, outcome.p99), (7, Duration::from_micros(1_200)));
        assert!((outcome.rate - 25_034.12).abs() < 0.001);
        assert!(read_wrk("unable to connect").is_err());
    }

    #[test]
    fn the_slowest_of_a_hundred_is_the_p99() {
        let mut times: Vec<u32> = (1..=100).rev().collect();
        assert_eq!(p99(&mut times), Duration::from_micros(100));
        assert_eq!(p99(&mut []), Duration::ZERO);
    }

    /// Answers 200 and 429 in turn until the client hangs up.
    fn serve(client: TcpStream) {
        let mut to = client.try_clone().unwrap();
        let mut lines = BufReader::new(client).lines();
        for status in ["200 OK", "429 Too Many"].iter().cycle() {
            loop {
                match lines.next() {
                    Some(Ok(line)) if line.is_empty() => break,
                    Some(Ok(_)) => {}
                    _ => return,
                }
            }
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            to.write_all(answer.as_bytes()).unwrap();
        }
    }

    #[test]
    fn refusals_are_counted_apart_from_what_was_granted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                thread::spawn(move || serve(client));
            }
        });
        let load = Load { connections: 2, time: Duration::from_millis(50) };
        let outcome = requests(address, load, |_, _| Request::get("/")).unwrap();
        assert!(outcome.rate > 0.0 && outcome.refused > 0, "{outcome:?}");
    }
}
