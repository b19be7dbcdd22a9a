//! The call log: rows read in one pass, laid out by day, handed back in the order of time.
//!
//! A log is often sorted by trunk line, so that every day is spread over the whole file. Rows are
//! therefore kept by day in a compact form and, when they are many, on disk: memory holds one day.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

use ges_domain::wait::discipline::CLASSES;

use super::Complaint;

/// Rows held in memory before they go to disk.
const HELD_ROWS: usize = 1_000_000;

/// Agents told apart; a log that has more names than a centre has seats is broken.
const MOST_AGENTS: usize = 10_000;

/// Seconds of a day.
pub(crate) const DAY_SECS: i64 = 86_400;

/// The columns that are read, by name.
const COLUMNS: [&str; 11] = [
    "priority",
    "type",
    "date",
    "vru_exit",
    "q_start",
    "q_exit",
    "outcome",
    "ser_start",
    "ser_exit",
    "server",
    "vru_entry",
];

/// One call. Times are seconds since 1970-01-01 of the log's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// Joined the queue, or left the voice menu when there was no queue.
    pub(crate) arrived: i64,
    /// Left the queue, if it was in it.
    pub(crate) left: Option<i64>,
    /// Service, if there was one.
    pub(crate) service: Option<(i64, i64)>,
    /// Whether the call was answered.
    pub(crate) served: bool,
    /// Number of the agent, if known.
    pub(crate) agent: Option<u16>,
    /// 0 is the lowest.
    pub(crate) priority: u8,
    /// Priority and kind of call.
    pub(crate) class: u8,
}

/// Why a row was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) phantom: u64,
    pub(crate) other_pool: u64,
    pub(crate) malformed: u64,
}

/// All rows of a log by day.
#[derive(Debug, Default)]
pub(crate) struct Log {
    days: BTreeMap<i64, Vec<Call>>,
    held: usize,
    spill: Option<Spill>,
    agents: Vec<String>,
    classes: Vec<(u8, String)>,
    pub(crate) rows: u64,
    pub(crate) dropped: Dropped,
}

impl Log {
    /// Reads a log from its first to its last row.
    pub(crate) fn read(input: impl Read) -> Result<Self, Complaint> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        let mut line = Vec::new();
        input.read_until(b'\n', &mut line).map_err(told("the log cannot be read"))?;
        let header = String::from_utf8_lossy(&line);
        let names: Vec<&str> = header.trim_end().split('\t').collect();
        let mut places = [0; COLUMNS.len()];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            *place = names
                .iter()
                .position(|name| *name == column)
                .ok_or_else(|| format!("the header has no column {column}"))?;
        }
        let mut log = Self::default();
        loop {
            line.clear();
            if input.read_until(b'\n', &mut line).map_err(told("the log cannot be read"))? == 0 {
                return Ok(log);
            }
            log.row(&String::from_utf8_lossy(&line), places)?;
        }
    }

    /// The days that have calls, in order. Day 0 is 1970-01-01.
    pub(crate) fn days(&self) -> Vec<i64> {
        self.days.keys().copied().collect()
    }

    /// The calls of a day, handed over once.
    pub(crate) fn take(&mut self, day: i64) -> Result<Vec<Call>, Complaint> {
        let mut calls = match &self.spill {
            Some(spill) => spill.read(day)?,
            None => Vec::new(),
        };
        calls.append(&mut self.days.remove(&day).unwrap_or_default());
        // Calls of the same second play in one order, however the rows were sorted.
        calls.sort_by_key(|call| (call.arrived, call.left, call.service, call.priority));
        Ok(calls)
    }

    /// The priority and kind behind each class, in the order of their numbers.
    pub(crate) fn classes(&self) -> &[(u8, String)] {
        &self.classes
    }

    fn row(&mut self, line: &str, places: [usize; COLUMNS.len()]) -> Result<(), Complaint> {
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            return Ok(());
        }
        self.rows += 1;
        let cells: Vec<&str> = line.split('\t').collect();
        let column = |at: usize| cells.get(places[at]).copied().unwrap_or("").trim();
        if column(6) == "PHANTOM" {
            self.dropped.phantom += 1;
            return Ok(());
        }
        if column(1) == "IN" {
            self.dropped.other_pool += 1;
            return Ok(());
        }
        match self.call(&column) {
            Some((day, call)) => {
                self.days.entry(day).or_default().push(call);
                self.held += 1;
            }
            None => self.dropped.malformed += 1,
        }
        if self.held >= HELD_ROWS {
            self.spill()?;
        }
        Ok(())
    }

    fn call<'a>(&mut self, cell: &impl Fn(usize) -> &'a str) -> Option<(i64, Call)> {
        let priority = cell(0).parse::<u8>().ok()?;
        let day = day(cell(2))?;
        let menu = clock(cell(10))?;
        // A time of day earlier than the call's beginning belongs to the next day. A few services
        // are logged seconds before the menu's end, and that is not midnight.
        let after = |secs: i64| {
            let next = if secs < menu - DAY_SECS / 2 { DAY_SECS } else { 0 };
            day * DAY_SECS + secs + next
        };
        let happened = |at: usize| Some(clock(cell(at))?).filter(|secs| *secs > 0).map(after);
        for at in 3..=8 {
            if at != 6 {
                clock(cell(at))?;
            }
        }
        let served = match cell(6) {
            "AGENT" => true,
            "HANG" => false,
            _ => return None,
        };
        let (queued, quit) = (happened(4), happened(5));
        let arrived = queued.unwrap_or(after(clock(cell(3))?));
        let left = match (queued, quit) {
            (Some(queued), Some(quit)) if quit >= queued => Some(quit.max(queued + 1)),
            (None, _) => None,
            _ => return None,
        };
        let service = match (happened(7), happened(8)) {
            (Some(begin), Some(end)) if served => {
                // The log rounds: a service may seem to begin seconds before its wait is over.
                let begin = begin.max(left.unwrap_or(arrived));
                Some((begin, end.max(begin + 1)))
            }
            _ => None,
        };
        let agent = Some(cell(9)).filter(|name| !name.is_empty() && *name != "NO_SERVER");
        let agent = agent.map(|name| intern(&mut self.agents, name.to_owned(), MOST_AGENTS));
        let agent = agent.and_then(|number| u16::try_from(number).ok());
        let class = intern(&mut self.classes, (priority, cell(1).to_owned()), CLASSES);
        let class = u8::try_from(class).ok()?;
        Some((day, Call { arrived, left, service, served, agent, priority, class }))
    }

    fn spill(&mut self) -> Result<(), Complaint> {
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::new()?),
        };
        for (day, calls) in &mut self.days {
            spill.write(*day, calls)?;
            *calls = Vec::new();
        }
        self.held = 0;
        Ok(())
    }
}

/// Days on disk, removed when dropped.
#[derive(Debug)]
struct Spill {
    folder: PathBuf,
}

/// Bytes of a call on disk.
const CALL_BYTES: usize = 46;

impl Spill {
    fn new() -> Result<Self, Complaint> {
        let folder = std::env::temp_dir().join(format!("ewt-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(told("no place to lay out the days"))?;
        Ok(Self { folder })
    }

    fn path(&self, day: i64) -> PathBuf {
        self.folder.join(format!("{day}.calls"))
    }

    fn write(&self, day: i64, calls: &[Call]) -> Result<(), Complaint> {
        let file = File::options().create(true).append(true).open(self.path(day));
        let mut out = BufWriter::new(file.map_err(told("a day cannot be laid out"))?);
        for call in calls {
            out.write_all(&pack(call)).map_err(told("a day cannot be laid out"))?;
        }
        out.flush().map_err(told("a day cannot be laid out"))
    }

    fn read(&self, day: i64) -> Result<Vec<Call>, Complaint> {
        let bytes = match fs::read(self.path(day)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(told("a day cannot be read back"))?,
        };
        Ok(bytes.chunks_exact(CALL_BYTES).map(unpack).collect())
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // The folder lies in the temporary directory; if it cannot be removed, nothing is lost.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn pack(call: &Call) -> [u8; CALL_BYTES] {
    let (begin, end) = call.service.unwrap_or((-1, -1));
    let mut bytes = [0; CALL_BYTES];
    for (at, time) in [call.arrived, call.left.unwrap_or(-1), begin, end].into_iter().enumerate() {
        bytes[at * 8..at * 8 + 8].copy_from_slice(&time.to_le_bytes());
    }
    let agent = call.agent.map_or(u32::MAX, u32::from);
    bytes[32..36].copy_from_slice(&agent.to_le_bytes());
    bytes[36..39].copy_from_slice(&[u8::from(call.served), call.priority, call.class]);
    bytes
}

fn unpack(bytes: &[u8]) -> Call {
    let time = |at: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[at..at + 8]);
        i64::from_le_bytes(word)
    };
    let known = |time: i64| Some(time).filter(|time| *time >= 0);
    let mut agent = [0; 4];
    agent.copy_from_slice(&bytes[32..36]);
    Call {
        arrived: time(0),
        left: known(time(8)),
        service: known(time(16)).zip(known(time(24))),
        served: bytes[36] != 0,
        agent: u16::try_from(u32::from_le_bytes(agent)).ok(),
        priority: bytes[37],
        class: bytes[38],
    }
}

/// The place of a name in a list that grows as names appear, up to `most`; later names share the
/// last place.
fn intern<K: PartialEq>(names: &mut Vec<K>, name: K, most: usize) -> usize {
    if let Some(place) = names.iter().position(|known| *known == name) {
        return place;
    }
    if names.len() < most {
        names.push(name);
    }
    names.len() - 1
}

/// Says what was being done when the disk refused.
fn told(what: &'static str) -> impl Fn(io::Error) -> Complaint {
    move |error| format!("{what}: {error}").into()
}

/// `YYMMDD` as the number of its day; years from 70 on belong to the last century.
pub(crate) fn day(text: &str) -> Option<i64> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i32 = text.parse().ok()?;
    let (year, month, date) = (number / 10_000, number / 100 % 100, number % 100);
    let year = if year < 70 { 2000 + year } else { 1900 + year };
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(date).ok()?,
    );
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    Some(i64::from(date.ok()?.since(epoch).ok()?.get_days()))
}

/// The day's date, for reading.
pub(crate) fn date(day: i64) -> String {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let span = jiff::Span::new().try_days(day);
    span.and_then(|span| epoch.checked_add(span)).map_or(day.to_string(), |date| date.to_string())
}

/// `H:MM:SS` as seconds of the day.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes, secs) = (parts.next()??, parts.next()??, parts.next()??);
    let sound = parts.next().is_none() && hours < 24 && minutes < 60 && secs < 60;
    sound.then(|| i64::from(hours * 3_600 + minutes * 60 + secs))
}
