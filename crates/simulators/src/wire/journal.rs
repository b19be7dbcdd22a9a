//! What a neighbour received and what it answered. Apart, because it is the evidence on which
//! tests and the checker of the journeys rest.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// One request as it arrived, and the status that it was answered with.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    /// Rises by one with every request of this neighbour.
    pub number: u64,
    /// Arrival in simulated time, milliseconds since the epoch.
    pub at_ms: i64,
    /// The port it arrived on: it tells the nodes of one neighbour apart.
    pub port: u16,
    /// The verb.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query without its question mark; empty if there is none.
    pub query: String,
    /// Headers by lower-case name; of a repeated header the last value.
    pub headers: BTreeMap<String, String>,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// The status answered; nothing while unanswered and for ever if it was never answered.
    pub status: Option<u16>,
}

impl Received {
    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// A list that forgets its oldest entries, because a demo may run for days.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    entries: VecDeque<T>,
    pushed: u64,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), pushed: 0 }
    }
}

impl<T> Bounded<T> {
    const LIMIT: usize = 50_000;

    /// Keeps an entry and returns its number, which stays its name when older ones are forgotten.
    pub(crate) fn push(&mut self, entry: impl FnOnce(u64) -> T) -> u64 {
        let number = self.pushed;
        self.pushed += 1;
        if self.entries.len() == Self::LIMIT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry(number));
        number
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let oldest = self.pushed - u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(number.checked_sub(oldest)?).ok()?;
        self.entries.get_mut(place)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

impl<T: Clone> Bounded<T> {
    pub(crate) fn all(&self) -> Vec<T> {
        self.entries.iter().cloned().collect()
    }
}
