//! The answer to `lvq`: figures of a queue, as the router would count them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::centre::{Basis, QueueView};
use crate::span::{count, rounded};

/// The time by which a wait is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aqt {
    /// Stat Server's figures.
    Stat,
    /// The average quitting time over the last 32 calls.
    Urs,
    /// Handling times that URS derives itself.
    Urs2,
}

impl Aqt {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "stat" => Some(Self::Stat),
            "urs" => Some(Self::Urs),
            "urs2" => Some(Self::Urs2),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stat => "stat",
            Self::Urs => "urs",
            Self::Urs2 => "urs2",
        }
    }

    fn basis(self) -> Basis {
        match self {
            Self::Stat => Basis::MeanHandling,
            Self::Urs => Basis::Pace,
            Self::Urs2 => Basis::RecentHandling,
        }
    }
}

/// An answer laid down by a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Told {
    /// Seconds to wait, −1 while nobody is logged in; nothing leaves the field out.
    pub ewt: Option<i64>,
    /// Callers in the queue.
    pub calls: usize,
    /// Calls distributed in the sampling window.
    pub hit: usize,
    /// Elapsed seconds of the oldest who waits.
    pub wt: i64,
}

impl Default for Told {
    fn default() -> Self {
        Self { ewt: None, calls: 3, hit: 32, wt: 71 }
    }
}

/// What was asked.
pub(super) struct Question {
    pub(super) aqt: Aqt,
    pub(super) with_calls_on_hold: bool,
    /// The place of the one call that the question is about.
    pub(super) position: Option<usize>,
    /// Wall time of the answer, epoch seconds.
    pub(super) time: i64,
    /// Simulated seconds in a second of the wall.
    pub(super) speed: f64,
}

impl Question {
    pub(super) fn of_told(&self, told: &Told) -> Value {
        let place = self.position.unwrap_or(told.calls + 1);
        let mut answer = json!({
            "pos": place,
            "wpos": place,
            "calls": told.calls,
            "wcalls": told.calls,
            "wt": told.wt,
            "hit": told.hit,
            "time": self.time,
        });
        if let Some(ewt) = told.ewt {
            answer["ewt"] = json!(ewt);
            answer["aqt"] =
                json!(if ewt > 0 { crate::span::secs(ewt * 1_000) / count(place) } else { 0.0 });
        }
        answer
    }

    /// The router's figures of a queue; an empty answer for one that nobody ever entered.
    pub(super) fn of_queue(&self, queue: &QueueView) -> Value {
        if queue.entered == 0 && queue.waiting == 0 {
            return json!({});
        }
        let held = if self.with_calls_on_hold { queue.on_hold } else { 0 };
        let calls = queue.waiting + queue.ringing + held;
        let wpos = self.position.unwrap_or(queue.waiting + 1);
        let pos = wpos + if self.position.is_some() { 0 } else { queue.ringing + held };
        let nobody = queue.agents == 0 && self.aqt != Aqt::Urs;
        let basis = self.aqt.basis();
        let step = queue.step_secs(basis);
        // Served at once if somebody is idle; unknown until something has been seen.
        let wait = queue.wait_secs(wpos, basis).filter(|_| !nobody);
        let wall = |secs: f64| secs / self.speed;
        let mut answer = json!({
            "ewt": if nobody { Some(-1) } else { wait.map(|secs| rounded(wall(secs))) },
            "aqt": step.map(|(_, aqt)| tenths(wall(aqt))),
            "pos": pos,
            "wpos": wpos,
            "calls": calls,
            "wcalls": queue.waiting,
            "wt": queue.oldest_wait_secs.map_or(0, |secs| rounded(wall(secs))),
            "hit": queue.hits,
            "time": self.time,
        });
        if let Some(figures) = answer.as_object_mut() {
            figures.retain(|_, figure| !figure.is_null());
        }
        answer
    }
}

fn tenths(secs: f64) -> f64 {
    (secs * 10.0).round() / 10.0
}

/// The same answer with its figures written as strings.
pub(super) fn as_strings(answer: Value) -> Value {
    let Value::Object(figures) = answer else { return answer };
    let written: Map<_, _> =
        figures.into_iter().map(|(name, figure)| (name, Value::from(figure.to_string()))).collect();
    Value::Object(written)
}
