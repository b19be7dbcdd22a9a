//! What was learnt lately and from whom: bounded memory with ages, and one question at a time for many who ask.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ges_domain::time::{SignedDuration, Timestamp};

/// A second of real time, counted from 1970: a quarter of the room of an instant, and exact enough for ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Second(u32);

impl Second {
    /// The second that holds an instant; rounded down, so that an age is never told too young.
    fn of(at: Timestamp) -> Self {
        Self(u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX))
    }
}

/// Answers by question, as many as fit.
///
/// What does not fit any more goes a quarter at a time, the dead first: the sweep is paid for by the insertions before it.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    kept: RwLock<HashMap<K, (V, Second)>>,
    most: usize,
    /// How often something was put in or forgotten.
    changes: AtomicU64,
    /// After this age an entry is of no use to anybody.
    longest: SignedDuration,
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    pub(crate) fn new(most: usize, longest: SignedDuration) -> Self {
        Self {
            kept: RwLock::new(HashMap::new()),
            most: most.max(1),
            changes: AtomicU64::new(0),
            longest,
        }
    }

    /// What is remembered, if it is not older than this.
    pub(crate) fn get(&self, key: &K, age: SignedDuration, now: Timestamp) -> Option<V> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let (value, at) = kept.get(key)?;
        within(*at, age, now).then(|| value.clone())
    }

    /// What is remembered, however old.
    pub(crate) fn newest(&self, key: &K) -> Option<V> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).map(|(value, _)| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V, now: Timestamp) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.most && !kept.contains_key(&key) {
            self.sweep(&mut kept, now);
        }
        kept.insert(key, (value, Second::of(now)));
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn forget(&self, key: &K) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.remove(key).is_some() {
            self.changes.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// How often what is remembered changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Tells everything that is remembered, of whatever age.
    pub(crate) fn each(&self, mut tell: impl FnMut(&V)) {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.values().for_each(|(value, _)| tell(value));
    }

    fn sweep(&self, kept: &mut HashMap<K, (V, Second)>, now: Timestamp) {
        kept.retain(|_, (_, at)| within(*at, self.longest, now));
        if kept.len() >= self.most {
            let mut number = 0_usize;
            kept.retain(|_, _| {
                number += 1;
                !number.is_multiple_of(4)
            });
            if kept.len() >= self.most {
                kept.clear();
            }
        }
    }
}

fn within(at: Second, age: SignedDuration, now: Timestamp) -> bool {
    let lived = now.as_second() - i64::from(at.0);
    lived < age.as_secs()
}

/// Questions that are being asked: whoever asks the same meanwhile shares the answer.
///
/// If the one who asks goes away, the next of those who wait asks in their place.
#[derive(Debug)]
pub(crate) struct Flights<K: Eq + Hash + Clone, T> {
    aloft: Mutex<HashMap<K, Flight<T>>>,
}

type Flight<T> = Arc<tokio::sync::Mutex<Option<T>>>;

impl<K: Eq + Hash + Clone, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self { aloft: Mutex::new(HashMap::new()) }
    }
}

impl<K: Eq + Hash + Clone, T: Clone> Flights<K, T> {
    /// Asks, or waits for who asks already.
    pub(crate) async fn join(&self, key: &K, ask: impl Future<Output = T>) -> T {
        let seat = Seat { flights: self, key, flight: self.board(key) };
        let mut landed = seat.flight.lock().await;
        if let Some(answer) = &*landed {
            return answer.clone();
        }
        let answer = ask.await;
        // Who comes from now on asks again; who waits finds this answer.
        self.aloft().remove(key);
        *landed = Some(answer.clone());
        answer
    }

    fn board(&self, key: &K) -> Flight<T> {
        Arc::clone(self.aloft().entry(key.clone()).or_default())
    }

    fn aloft(&self) -> MutexGuard<'_, HashMap<K, Flight<T>>> {
        self.aloft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits; the last to leave an unfinished flight takes it off the list.
struct Seat<'a, K: Eq + Hash + Clone, T> {
    flights: &'a Flights<K, T>,
    key: &'a K,
    flight: Flight<T>,
}

impl<K: Eq + Hash + Clone, T> Drop for Seat<'_, K, T> {
    fn drop(&mut self) {
        let mut aloft = self.flights.aloft.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = aloft.get(self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight));
        // The list's and this one: nobody else waits.
        if ours && Arc::strong_count(&self.flight) == 2 {
            aloft.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    #[test]
    fn what_is_too_old_is_not_remembered_and_what_is_not_is() {
        let memory = Memory::new(10, MINUTE);
        memory.put("a", 1, at(0));
        assert_eq!(memory.get(&"a", MINUTE, at(59)), Some(1));
        assert_eq!(memory.get(&"a", MINUTE, at(60)), None);
        assert_eq!(memory.get(&"a", MINUTE * 2, at(60)), Some(1), "for those who take older ones");
        memory.put("a", 2, at(61));
        assert_eq!(memory.get(&"a", MINUTE, at(90)), Some(2));
        memory.forget(&"a");
        assert_eq!(memory.get(&"a", MINUTE, at(90)), None);
    }

    #[test]
    fn a_flood_stays_within_bounds_and_the_dead_go_first() {
        let memory = Memory::new(100, MINUTE);
        for number in 0..60 {
            memory.put(number, (), at(0));
        }
        for number in 60..101 {
            memory.put(number, (), at(61));
        }
        let live = (60..101).filter(|it| memory.get(it, MINUTE, at(61)).is_some()).count();
        assert_eq!(live, 41, "the dead made room enough");
        for number in 200..10_000 {
            memory.put(number, (), at(62));
            assert!(memory.kept.read().unwrap().len() <= 100);
        }
        assert!(memory.kept.read().unwrap().len() >= 74);
    }

    #[test]
    fn a_memory_of_one_remembers_the_newest() {
        let memory = Memory::new(1, MINUTE);
        memory.put(1, "a", at(0));
        memory.put(2, "b", at(1));
        assert_eq!(memory.get(&2, MINUTE, at(1)), Some("b"));
        assert_eq!(memory.get(&1, MINUTE, at(1)), None);
    }

    #[tokio::test]
    async fn a_crowd_asks_once_and_shares_the_answer() {
        let flights: Arc<Flights<u32, u32>> = Arc::default();
        let asked = Arc::new(AtomicU32::new(0));
        let crowd = (0..20).map(|_| {
            let (flights, asked) = (Arc::clone(&flights), Arc::clone(&asked));
            tokio::spawn(async move {
                flights
                    .join(&1, async {
                        tokio::task::yield_now().await;
                        asked.fetch_add(1, Ordering::SeqCst) + 1
                    })
                    .await
            })
        });
        for one in crowd.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), 1);
        }
        assert_eq!(flights.join(&1, async { 7 }).await, 7, "what comes later asks again");
        assert!(flights.aloft().is_empty());
    }

    #[tokio::test]
    async fn when_the_one_who_asks_goes_away_another_asks() {
        let flights: Arc<Flights<u32, u32>> = Arc::default();
        let gone = tokio::spawn({
            let flights = Arc::clone(&flights);
            async move { flights.join(&1, std::future::pending()).await }
        });
        tokio::task::yield_now().await;
        let waiting = tokio::spawn({
            let flights = Arc::clone(&flights);
            async move { flights.join(&1, async { 2 }).await }
        });
        tokio::task::yield_now().await;
        gone.abort();
        assert_eq!(waiting.await.unwrap(), 2);
        assert!(flights.aloft().is_empty(), "nothing is left behind");
    }
}
