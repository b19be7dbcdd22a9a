//! What a service was asked and what it said, for as long as that may be believed.

use std::hash::Hash;

use ges_domain::time::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use super::peer::Trouble;
use crate::memory::{Flights, Memory};

/// For how long an answer is believed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ages {
    /// Something is known: nobody is asked.
    pub(crate) known: SignedDuration,
    /// Nothing is known: nobody is asked.
    pub(crate) unknown: SignedDuration,
    /// The service is in trouble: what was known so long ago still stands.
    pub(crate) stale: SignedDuration,
}

/// Answers of a service.
#[derive(Debug)]
pub(crate) struct Remembered<K: Eq + Hash + Clone, V> {
    known: Memory<K, V>,
    /// Apart, so that a flood of unknown keys drives out no known one.
    unknown: Memory<K, ()>,
    asking: Flights<K, Said<V>>,
    /// Turns of questions about what nothing is known of: anybody can invent such.
    strangers: Semaphore,
    ages: Ages,
}

/// Questions about strangers under way at once. The others wait, for as long as their requests do.
const STRANGERS: usize = 32;

/// What a service said: something, that there is nothing, or nothing that can be used.
type Said<V> = Result<Option<V>, Trouble>;

/// How many unknown things are remembered as such.
const UNKNOWN: usize = 100_000;

impl<K: Eq + Hash + Clone, V: Clone> Remembered<K, V> {
    pub(crate) fn new(most: usize, ages: Ages) -> Self {
        let known = Memory::new(most, ages.stale.max(ages.known));
        let unknown = Memory::new(most.min(UNKNOWN), ages.unknown);
        Self {
            known,
            unknown,
            asking: Flights::default(),
            strangers: Semaphore::new(STRANGERS),
            ages,
        }
    }

    /// What is remembered, or else what the service says; while it is in trouble, what it said last.
    pub(crate) async fn find<F: Future<Output = Said<V>>>(
        &self,
        key: &K,
        now: Timestamp,
        ask: impl FnOnce() -> F,
    ) -> Said<V> {
        if let Some(recalled) = self.recall(key, now) {
            return recalled;
        }
        let ask = async || match self.recall(key, now) {
            // Somebody else's question was answered just before this one's turn.
            Some(recalled) => recalled,
            None if self.known.get(key, self.ages.stale, now).is_some() => ask().await,
            None => {
                let turn = self.strangers.acquire().await;
                let _turn = turn.expect("nobody closes the semaphore");
                ask().await
            }
        };
        self.learn_or_recall(key, now, ask).await
    }

    /// What is remembered and may be believed without asking, be it that there is nothing.
    fn recall(&self, key: &K, now: Timestamp) -> Option<Said<V>> {
        if let Some(value) = self.known.get(key, self.ages.known, now) {
            return Some(Ok(Some(value)));
        }
        self.unknown.get(key, self.ages.unknown, now).map(|()| Ok(None))
    }

    /// What the service says now; while it is in trouble, what it said last.
    pub(crate) async fn learn_or_recall<F: Future<Output = Said<V>>>(
        &self,
        key: &K,
        now: Timestamp,
        ask: impl FnOnce() -> F,
    ) -> Said<V> {
        match self.learn(key, now, ask).await {
            Err(trouble) => match self.known.get(key, self.ages.stale, now) {
                Some(value) => Ok(Some(value)),
                None => Err(trouble),
            },
            said => said,
        }
    }

    /// What the service says now.
    pub(crate) async fn learn<F: Future<Output = Said<V>>>(
        &self,
        key: &K,
        now: Timestamp,
        ask: impl FnOnce() -> F,
    ) -> Said<V> {
        let asked = async {
            // Apart, so that who finds an answer in memory does not carry the room for a question.
            let said = Box::pin(ask()).await;
            match &said {
                Ok(Some(value)) => self.keep(key, value.clone(), now),
                Ok(None) => {
                    self.known.forget(key);
                    self.unknown.put(key.clone(), (), now);
                }
                Err(_) => {}
            }
            said
        };
        self.asking.join(key, asked).await
    }

    /// Takes down what is known from elsewhere.
    pub(crate) fn keep(&self, key: &K, value: V, now: Timestamp) {
        self.unknown.forget(key);
        self.known.put(key.clone(), value, now);
    }

    pub(crate) fn forget(&self, key: &K) {
        self.known.forget(key);
        self.unknown.forget(key);
    }

    /// What is remembered and may be believed without asking.
    pub(crate) fn fresh(&self, key: &K, now: Timestamp) -> Option<V> {
        self.known.get(key, self.ages.known, now)
    }

    /// What the service said last, however long ago.
    pub(crate) fn newest(&self, key: &K) -> Option<V> {
        self.known.newest(key)
    }

    /// How often what is known changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.known.changes()
    }

    /// Tells everything that is known, of whatever age.
    pub(crate) fn each(&self, tell: impl FnMut(&V)) {
        self.known.each(tell);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    #[tokio::test]
    async fn a_flood_of_strangers_asks_a_few_at_a_time_and_holds_up_nobody_who_is_known() {
        let ages = Ages { known: SignedDuration::ZERO, unknown: HOUR, stale: HOUR };
        let memory: Arc<Remembered<u32, u32>> = Arc::new(Remembered::new(1000, ages));
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let now = Timestamp::UNIX_EPOCH;
        memory.keep(&0, 7, now);
        let flood = (1..=100).map(|stranger| {
            let (memory, asked, answer) =
                (Arc::clone(&memory), Arc::clone(&asked), Arc::clone(&answer));
            tokio::spawn(async move {
                let ask = async || {
                    asked.fetch_add(1, Ordering::SeqCst);
                    answer.notified().await;
                    Ok(None)
                };
                memory.find(&stranger, now, ask).await.map_err(drop)
            })
        });
        let flood: Vec<_> = flood.collect();
        for _turn in 0..200 {
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.load(Ordering::SeqCst), STRANGERS);
        let known = memory.find(&0, now, async || Ok(Some(8))).await;
        assert_eq!(known.ok(), Some(Some(8)), "it is asked about beside them");
        for one in flood {
            while !one.is_finished() {
                answer.notify_waiters();
                tokio::task::yield_now().await;
            }
            assert_eq!(one.await.unwrap(), Ok(None));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 100);
    }
}
