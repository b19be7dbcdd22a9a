//! All that one queue has taught, as one document: its model, its lead, and how its promises were kept.
//!
//! Apart from [`Model`], because here live the lessons of callbacks: how they come in by batches from many nodes, and
//! how each batch counts once although the answer to a write may be lost.

use std::collections::BTreeMap;

use super::coverage::{Coverage, Span};
use super::model::{Model, Ticket};
use super::promise::{Kept, Lead};
use crate::name::NodeName;
use crate::time::{Date, Timestamp};

/// The form of the document; one of another form is not read but learned anew.
const VERSION: u16 = 1;

/// Days of which the distribution of kept promises is remembered.
pub const DAYS_KEPT: usize = 31;

/// Nodes whose last batch is remembered; the one that has been silent the longest is forgotten.
const WRITERS_KEPT: usize = 32;

/// A wait in a queue that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Waited {
    /// What was expected when the queue was entered.
    pub ticket: Box<Ticket>,
    /// How long it took until an agent was reserved, in seconds.
    pub secs: f64,
}

/// A promised time that has come true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Seconds from the desired time to the ring, negative when it rang early.
    pub late_secs: f64,
    /// Whether the lead is to learn from it; every promise is shown.
    pub teaches: bool,
}

/// What one change of a callback taught of its queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// When it was learned.
    pub at: Timestamp,
    /// The queue's own day then.
    pub day: Date,
    /// A wait that is over.
    pub waited: Option<Waited>,
    /// A promise that has come true.
    pub promise: Option<Promise>,
}

/// The name of a batch: whose it is, and which of theirs, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Batch {
    /// The node that heard the lessons.
    pub node: NodeName,
    /// Rises by one with each batch of the node for this queue.
    pub number: u64,
}

/// All that one queue has taught.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Learned {
    version: u16,
    /// The number of the next outcome: the write that counts an outcome gives it its number.
    outcomes: u64,
    model: Model,
    lead: Lead,
    days: BTreeMap<Date, Kept>,
    /// The last batch of each node, the latest writer last.
    writers: Vec<Batch>,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            version: VERSION,
            outcomes: 0,
            model: Model::default(),
            lead: Lead::default(),
            days: BTreeMap::new(),
            writers: Vec::new(),
        }
    }
}

impl Learned {
    /// The name of the next batch of a node. It stays with the batch until it is known to be written, so that a
    /// batch whose write was answered by silence can be told from one that was not written.
    pub fn next_batch(&self, node: &NodeName) -> Batch {
        let last = self.last(node).unwrap_or(0);
        Batch { node: node.clone(), number: last.saturating_add(1) }
    }

    /// Learns a batch; one that was learned before changes nothing and answers `false`.
    pub fn learn(&mut self, batch: &Batch, lessons: &[Lesson]) -> bool {
        if self.last(&batch.node).is_some_and(|last| last >= batch.number) {
            return false;
        }
        for lesson in lessons {
            if let Some(Waited { ticket, secs }) = &lesson.waited {
                self.model.observe(self.outcomes, lesson.at.as_second(), ticket, *secs);
                self.outcomes = self.outcomes.saturating_add(1);
            }
            if let Some(Promise { late_secs, teaches }) = lesson.promise {
                self.days.entry(lesson.day).or_default().count(late_secs);
                if teaches {
                    self.lead.observe(late_secs);
                }
            }
        }
        while self.days.len() > DAYS_KEPT {
            self.days.pop_first();
        }
        self.writers.retain(|known| known.node != batch.node);
        self.writers.push(batch.clone());
        if self.writers.len() > WRITERS_KEPT {
            self.writers.remove(0);
        }
        true
    }

    /// The model of its waits.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The correction of its lead.
    pub fn lead(&self) -> &Lead {
        &self.lead
    }

    /// How its promises were kept, by its own days, the latest last; a day without a promise is left out.
    pub fn days(&self) -> &BTreeMap<Date, Kept> {
        &self.days
    }

    /// How often the bands that were shown held, over the span that ends at `now`.
    pub fn coverage(&self, now: Timestamp, span: Span) -> Coverage {
        self.model.coverage(now.as_second(), span)
    }

    /// The same by the hour, over the last seven days, the latest last; an hour without a wait is left out.
    pub fn coverage_by_hour(&self, now: Timestamp) -> Vec<(Timestamp, Coverage)> {
        let hours = self.model.coverage_by_hour(now.as_second()).into_iter();
        hours.filter_map(|(secs, it)| Some((Timestamp::from_second(secs).ok()?, it))).collect()
    }

    /// Whether a document that was read back can be trusted.
    pub fn sound(&self) -> bool {
        self.version == VERSION && self.model.sound() && self.days.len() <= DAYS_KEPT
    }

    fn last(&self, node: &NodeName) -> Option<u64> {
        self.writers.iter().find(|known| known.node == *node).map(|known| known.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SignedDuration;
    use crate::wait::{Counted, Snapshot};

    fn node(number: usize) -> NodeName {
        NodeName::parse(&format!("node-{number}")).unwrap()
    }

    fn start() -> Timestamp {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    fn lesson(learned: &Learned, after_secs: i64, late_secs: f64) -> Lesson {
        let at = start() + SignedDuration::from_secs(after_secs);
        let seen = Snapshot { router_secs: Some(100.0), ..Snapshot::default() };
        let ticket = Box::new(learned.model().ticket(&seen).unwrap());
        Lesson {
            at,
            day: crate::time::Zone::utc().civil(at).date(),
            waited: Some(Waited { ticket, secs: 120.0 }),
            promise: Some(Promise { late_secs, teaches: late_secs < 600.0 }),
        }
    }

    #[test]
    fn a_batch_counts_once_whoever_delivers_it_again() {
        let mut learned = Learned::default();
        let first = learned.next_batch(&node(1));
        let lessons = [lesson(&learned, 0, 30.0), lesson(&learned, 1, 40.0)];
        assert!(learned.learn(&first, &lessons));
        let before = learned.clone();
        assert!(!learned.learn(&first, &lessons));
        assert_eq!(learned, before);
        let others = learned.next_batch(&node(2));
        assert!(learned.learn(&others, &lessons), "another node's first batch is another batch");
        assert_eq!(learned.next_batch(&node(1)).number, 2);
        assert_eq!(learned.model().learned(), 4);
        assert_eq!(learned.lead().promises(), 4);
    }

    #[test]
    fn every_promise_is_shown_and_only_those_that_teach_move_the_lead() {
        let mut learned = Learned::default();
        let lessons = [lesson(&learned, 0, 10.0), lesson(&learned, 1, 900.0)];
        learned.learn(&learned.next_batch(&node(1)), &lessons);
        assert_eq!(learned.lead().promises(), 1);
        assert_eq!(learned.days().values().map(Kept::promises).sum::<u64>(), 2);
    }

    #[test]
    fn days_and_nodes_are_forgotten_in_their_order() {
        let mut learned = Learned::default();
        for day in 0..40 {
            let number = usize::try_from(day).unwrap();
            let lessons = [lesson(&learned, day * 86_400, 10.0)];
            learned.learn(&learned.next_batch(&node(number)), &lessons);
        }
        assert_eq!(learned.days().len(), DAYS_KEPT);
        assert_eq!(learned.days().keys().next().unwrap().to_string(), "2026-03-11");
        assert_eq!(learned.writers.len(), WRITERS_KEPT);
        assert_eq!(learned.next_batch(&node(39)).number, 2);
    }

    #[test]
    fn outcomes_are_numbered_without_gaps() {
        let mut learned = Learned::default();
        for turn in 0..3_000 {
            let lessons = [lesson(&learned, turn, 10.0)];
            learned.learn(&learned.next_batch(&node(1)), &lessons);
        }
        assert_eq!((learned.outcomes, learned.model().learned()), (3_000, 3_000));
        let ticket = lesson(&learned, 0, 0.0).waited.unwrap().ticket;
        assert_eq!(learned.model.observe(2_999, 0, &ticket, 1.0), Counted::Before);
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_full_document_is_read_back_as_it_was_and_stays_small() {
        let mut learned = Learned::default();
        for turn in 0..2_000 {
            let number = usize::try_from(turn % 40).unwrap();
            let lessons = [lesson(&learned, turn * 1_800, f64::from(i32::try_from(turn).unwrap()))];
            learned.learn(&learned.next_batch(&node(number)), &lessons);
        }
        let text = serde_json::to_string(&learned).unwrap();
        assert!(text.len() < 24 * 1024, "{}", text.len());
        let again: Learned = serde_json::from_str(&text).unwrap();
        assert!(again.sound());
        assert_eq!(again.model().learned(), 2_000);
        assert_eq!(again.days(), learned.days());
    }
}
