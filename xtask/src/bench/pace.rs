//! Two nodes on PostgreSQL and Redis at the pace of a busy day: two hundred callbacks due a second, each started once by
//! the orchestration server, and how long after its time, and what it costs to ask after ten thousand sessions; before them,
//! one callback asked for over HTTP.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::node::Node;
use super::postgres::Bench;
use super::{Figure, Options, bookings, retrieve, routing};
use crate::checkout::Checkout;
use crate::clock::{instant, now};
use crate::demo::seed::PACE;
use crate::http::{self, Request};
use crate::process::Daemon;
use crate::{process, say};

const FOLDER: &str = "bench/pace";
/// Callbacks that are due a second.
const A_SECOND: usize = 200;
/// So many are due in all: a quarter of a minute's.
const DUE: usize = 15 * A_SECOND;
/// The slowest of a hundred may be started so long after its time, in milliseconds.
const LAG_MS: f64 = 250.0;
/// From the first booking of promised callbacks until the first is due: they must all be booked by then, and for longer
/// than nodes look ahead.
const LEAD: Duration = Duration::from_secs(15);
/// Sessions that live while it is watched what asking after them costs; those that are there already count.
const SESSIONS: usize = 10_000;
/// For how long it is watched: one turn of all of them.
const WATCHED: Duration = Duration::from_secs(40);
/// For how long nodes are watched that have nothing to do.
const IDLE: Duration = Duration::from_secs(15);
/// After the last was due nobody looks for so long: a second start would come late.
const CALM: Duration = Duration::from_secs(5);
/// How long the last start is waited for beyond that, which is more than a lease stands.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) fn measure(checkout: &Checkout, options: &Options) -> Result<Vec<Figure>> {
    let bench = Bench::begin(checkout, options)?;
    let folder = checkout.target(FOLDER);
    let mut figures = retrieve::measure(&bench, &folder.join("reads"))?;
    let town = Town::raise(&bench, &folder)?;
    say::progress("two nodes that have nothing to do");
    let idle = town.used(IDLE)?;
    say::progress(format_args!("{A_SECOND} promised callbacks due a second"));
    figures.push(town.promised()?.figure("200 promised due a second, two nodes"));
    say::progress(format_args!("{A_SECOND} immediate callbacks booked a second"));
    figures
        .push(town.immediate()?.figure("200 immediate a second, from request to start, two nodes"));
    say::progress(format_args!("asking after {SESSIONS} sessions"));
    figures.push(town.watching(idle)?);
    let [one, two] = &town.nodes;
    let memory = one.memory()?.or(two.memory()?);
    figures.push(memory.under_load("resident memory, dispatch and 10 000 sessions"));
    Ok(figures)
}

/// Two nodes and an orchestration server, in which sessions wait for an agent until long after.
struct Town {
    nodes: [Node; 2],
    _ors: Daemon,
    ors: SocketAddr,
}

impl Town {
    fn raise(bench: &Bench<'_>, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let patient = ["--scripted", "--queue-secs", "36000"];
        let (daemon, url) = routing::neighbour(bench.checkout, folder, "ors", &patient)?;
        let more = format!("[[ors.nodes]]\nurl = \"{url}\"\n");
        let nodes = Node::pair(bench, folder, &more)?;
        let ors = url.trim_start_matches("http://").trim_end_matches('/');
        let ors = ors.parse().with_context(|| format!("{url} is no address"))?;
        Ok(Self { nodes, _ors: daemon, ors })
    }

    fn addresses(&self) -> [SocketAddr; 2] {
        [self.nodes[0].address(), self.nodes[1].address()]
    }

    /// Books callbacks for times that are seconds away, evenly.
    fn promised(&self) -> Result<Started> {
        let first = now() + LEAD;
        let due = |index: usize| first + apart(index);
        let ids = bookings::book_each(&self.addresses(), DUE, |index, number| {
            json!({
                "serviceName": PACE,
                "phoneNumber": number,
                "desiredTime": instant(due(index)),
                // Else what is wished for within the next minute is begun at once.
                "alwaysCheckCapacity": true,
            })
        })?;
        if now() + Duration::from_secs(4) > first {
            bail!(
                "the bookings took too long: the first callbacks were due before nodes could look ahead"
            );
        }
        let wanted = ids.into_iter().enumerate().map(|(index, id)| (id, due(index))).collect();
        self.started(&wanted)
    }

    /// Books callbacks that are due when they are asked for, evenly. Their lag begins with the request, so it has the time
    /// of the booking in it.
    fn immediate(&self) -> Result<Started> {
        let first = now() + Duration::from_millis(500);
        let asked: Vec<_> = (0..DUE).map(|_| OnceLock::new()).collect();
        let ids = bookings::book_each(&self.addresses(), DUE, |index, number| {
            thread::sleep((first + apart(index)).saturating_sub(now()));
            // A clerk that is late asks late: nothing is due before it is asked for.
            let _first = asked[index].set(now());
            json!({ "serviceName": PACE, "phoneNumber": number })
        })?;
        let asked = asked.into_iter().map(|it| it.into_inner().expect("each was asked for"));
        self.started(&ids.into_iter().zip(asked).collect())
    }

    /// What both nodes together use of a core in that time.
    fn used(&self, time: Duration) -> Result<f64> {
        let secs = || Ok::<_, anyhow::Error>(self.nodes[0].cpu_secs()? + self.nodes[1].cpu_secs()?);
        let (before, begun) = (secs()?, Instant::now());
        thread::sleep(time);
        Ok((secs()? - before) / begun.elapsed().as_secs_f64())
    }

    /// What asking after ten thousand sessions adds to what both nodes together use; the store's part is not in it.
    fn watching(&self, idle: f64) -> Result<Figure> {
        bookings::book_each(
            &self.addresses(),
            SESSIONS - 2 * DUE,
            |_, number| json!({ "serviceName": PACE, "phoneNumber": number }),
        )?;
        let lives = process::wait_until(PATIENCE, || Ok(self.journal()?.len() >= SESSIONS))?;
        if !lives {
            bail!("not every session runs");
        }
        // The first turn learns what each session says; the turns after it are what all day is like.
        thread::sleep(WATCHED);
        let used = self.used(WATCHED)?;
        let share = used - idle;
        Ok(Figure {
            what: "asking after 10 000 sessions, two nodes together",
            ours: format!(
                "{:.1} % of a core: {:.1} %, of which {:.1} % without a session",
                share * 100.0,
                used * 100.0,
                idle * 100.0
            ),
            peer: "5 %".into(),
            ratio: Some(share / 0.05),
            aim: "at most 1",
            met: share <= 0.05,
        })
    }

    /// Waits until all of them are started, and looks when the orchestration server took each.
    fn started(&self, wanted: &HashMap<String, Duration>) -> Result<Started> {
        let last = wanted.values().max().copied().unwrap_or_default();
        thread::sleep((last + CALM).saturating_sub(now()));
        let mut started = Started::default();
        process::wait_until(PATIENCE, || {
            started = Started::of(wanted, &self.journal()?);
            if started.missing > 0 {
                thread::sleep(Duration::from_secs(2));
            }
            Ok(started.missing == 0)
        })?;
        Ok(started)
    }

    fn journal(&self) -> Result<Vec<Value>> {
        let answer = http::send(self.ors, &Request::get("/_sim/journal?path=/session/start"))?;
        let journal = answer.json()?;
        Ok(journal.as_array().context("the journal is no list")?.clone())
    }
}

/// What became of callbacks that were due.
#[derive(Debug, Default)]
struct Started {
    /// Milliseconds after their time, of those that were started.
    lags: Vec<f64>,
    missing: usize,
    /// Started more than once.
    twice: usize,
}

impl Started {
    /// Of the callbacks with the time at which each was due, by the starts that the orchestration server has seen.
    fn of(wanted: &HashMap<String, Duration>, journal: &[Value]) -> Self {
        let mut starts: HashMap<&str, Vec<f64>> = HashMap::new();
        for entry in journal {
            let (Some(id), Some(at_ms)) = (callback(entry), entry["atMs"].as_f64()) else {
                continue;
            };
            starts.entry(id).or_default().push(at_ms);
        }
        let mut seen = Self::default();
        for (id, due) in wanted {
            match starts.get(id.as_str()).map(Vec::as_slice) {
                None | Some([]) => seen.missing += 1,
                Some([first, more @ ..]) => {
                    seen.lags.push(first - due.as_secs_f64() * 1e3);
                    seen.twice += usize::from(!more.is_empty());
                }
            }
        }
        seen.lags.sort_by(f64::total_cmp);
        seen
    }

    fn lag(&self, share: usize) -> f64 {
        let at = (self.lags.len() * share / 100).min(self.lags.len().saturating_sub(1));
        self.lags.get(at).copied().unwrap_or(f64::NAN)
    }

    fn figure(&self, what: &'static str) -> Figure {
        let Self { lags, missing, twice } = self;
        let (p50, p99, most) = (self.lag(50), self.lag(99), self.lag(100));
        let count = lags.len();
        Figure {
            what,
            ours: format!(
                "p50 {p50:.0} ms, p99 {p99:.0} ms, at most {most:.0} ms; {count} started, \
                 {missing} not, {twice} twice"
            ),
            peer: format!("{LAG_MS} ms"),
            ratio: Some(p99 / LAG_MS),
            aim: "below 1, each once",
            met: p99 < LAG_MS && *missing == 0 && *twice == 0,
        }
    }
}

/// The callback that a start is for: the field of a form.
fn callback(entry: &Value) -> Option<&str> {
    entry["body"].as_str()?.split('&').find_map(|field| field.strip_prefix("callbackId="))
}

/// How long after the first the one of this number is due.
fn apart(index: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(index).unwrap_or(u32::MAX)
        / u32::try_from(A_SECOND).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(id: &str, at_ms: u64) -> Value {
        json!({ "atMs": at_ms, "body": format!("src=http%3A%2F%2Fx%2Fy&callbackId={id}&attempt=1") })
    }

    fn wanted() -> HashMap<String, Duration> {
        ["a", "b", "c"].map(|id| (id.to_owned(), Duration::from_secs(1))).into()
    }

    #[test]
    fn each_callback_is_to_be_started_once() {
        let journal = [start("a", 1_004), start("b", 1_030), start("d", 9), start("c", 1_010)];
        let seen = Started::of(&wanted(), &journal);
        assert_eq!(
            (seen.lags.as_slice(), seen.missing, seen.twice),
            (&[4.0, 10.0, 30.0][..], 0, 0)
        );
        assert!(seen.figure("lag").met);
    }

    #[test]
    fn one_that_is_missing_or_started_twice_misses_the_aim() {
        let missing = Started::of(&wanted(), &[start("a", 1_004), start("b", 1_030)]);
        assert_eq!((missing.missing, missing.figure("lag").met), (1, false));
        let journal = [start("a", 1_004), start("b", 1_030), start("c", 1_010), start("a", 8_000)];
        let twice = Started::of(&wanted(), &journal);
        assert_eq!((twice.twice, twice.lag(100), twice.figure("lag").met), (1, 30.0, false));
    }

    #[test]
    fn callbacks_are_due_evenly() {
        assert_eq!(apart(0), Duration::ZERO);
        assert_eq!(apart(1), Duration::from_millis(5));
        assert_eq!(apart(2 * A_SECOND), Duration::from_secs(2));
    }
}
