//! Access tokens: kept until they are to be renewed, and bought once however many wait for one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::time::Timestamp;

use crate::Secret;

/// Holders whose tokens are kept; tenants have one each.
const KEPT: usize = 10_000;

/// A token and when the next one is bought.
#[derive(Debug)]
pub struct Bought {
    /// The token.
    pub token: Secret,
    /// From when on it is not used any more.
    pub renew_at: Timestamp,
}

struct Slot<E> {
    /// How often somebody came back from buying.
    bought: AtomicU64,
    state: tokio::sync::Mutex<State<E>>,
}

impl<E> Default for Slot<E> {
    fn default() -> Self {
        let state = tokio::sync::Mutex::new(State { kept: None, failed: None });
        Self { bought: AtomicU64::new(0), state }
    }
}

struct State<E> {
    kept: Option<Bought>,
    failed: Option<E>,
}

/// The tokens of many holders; `E` is why there is none, shared by all who waited for it.
pub struct Tokens<H, E>(Mutex<HashMap<H, Arc<Slot<E>>>>);

impl<H, E> Default for Tokens<H, E> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<H, E> std::fmt::Debug for Tokens<H, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl<H: Eq + Hash + Clone, E: Clone> Tokens<H, E> {
    /// The holder's token; bought if there is none that is good.
    ///
    /// Who waited while another bought in vain shares the failure instead of waiting for one of their own.
    pub async fn get(
        &self,
        holder: &H,
        now: Timestamp,
        buy: impl Future<Output = Result<Bought, E>>,
    ) -> Result<Secret, E> {
        let slot = self.slot(holder);
        let before = slot.bought.load(Ordering::Acquire);
        let mut state = slot.state.lock().await;
        if let Some(kept) = &state.kept
            && now < kept.renew_at
        {
            return Ok(kept.token.clone());
        }
        if slot.bought.load(Ordering::Acquire) != before
            && let Some(failed) = &state.failed
        {
            return Err(failed.clone());
        }
        let answer = buy.await;
        slot.bought.fetch_add(1, Ordering::Release);
        match answer {
            Ok(bought) => {
                let token = bought.token.clone();
                *state = State { kept: Some(bought), failed: None };
                Ok(token)
            }
            Err(failed) => {
                *state = State { kept: None, failed: Some(failed.clone()) };
                Err(failed)
            }
        }
    }

    /// This token was refused: the next who asks buys a new one.
    pub async fn forget(&self, holder: &H, token: &Secret) {
        let slot = self.slot(holder);
        let mut state = slot.state.lock().await;
        if state.kept.as_ref().is_some_and(|kept| kept.token.expose() == token.expose()) {
            state.kept = None;
        }
    }

    fn slot(&self, holder: &H) -> Arc<Slot<E>> {
        let mut slots = self.slots();
        if slots.len() >= KEPT && !slots.contains_key(holder) {
            // Whoever is waited for is held by those who wait, too.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(holder.clone()).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<H, Arc<Slot<E>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use futures::future::join_all;
    use ges_domain::time::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Counts how often it sold.
    #[derive(Default)]
    struct Shop(AtomicU32);

    impl Shop {
        async fn sell(&self, now: Timestamp) -> Result<Bought, &'static str> {
            tokio::task::yield_now().await;
            let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let renew_at = now + SignedDuration::from_secs(80);
            Ok(Bought { token: Secret::new(number.to_string()), renew_at })
        }

        async fn closed(&self) -> Result<Bought, &'static str> {
            tokio::task::yield_now().await;
            self.0.fetch_add(1, Ordering::SeqCst);
            Err("closed")
        }
    }

    type OfHolders = Tokens<&'static str, &'static str>;

    async fn get(tokens: &OfHolders, shop: &Shop, holder: &'static str, second: i64) -> String {
        let token = tokens.get(&holder, at(second), shop.sell(at(second))).await.unwrap();
        token.expose().to_owned()
    }

    #[tokio::test]
    async fn a_token_serves_until_it_is_to_be_renewed_and_its_holder_alone() {
        let (tokens, shop) = (Tokens::default(), Shop::default());
        for (holder, second, expected) in
            [("a", 0, "1"), ("a", 79, "1"), ("a", 80, "2"), ("b", 80, "3"), ("a", 81, "2")]
        {
            assert_eq!(get(&tokens, &shop, holder, second).await, expected, "{holder} {second}");
        }
    }

    #[tokio::test]
    async fn a_crowd_buys_once_and_shares_a_failure_once() {
        let (tokens, shop) = (OfHolders::default(), Shop::default());
        let crowd = (0..20).map(|_| tokens.get(&"a", at(0), shop.closed()));
        let answers = join_all(crowd).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(shop.0.load(Ordering::SeqCst), 1, "the failure is shared");
        let crowd = (0..20).map(|_| tokens.get(&"a", at(0), shop.sell(at(0))));
        let answers = join_all(crowd).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(shop.0.load(Ordering::SeqCst), 2, "what comes later tries again, once");
    }

    #[tokio::test]
    async fn a_refused_token_is_bought_anew_and_a_newer_one_is_left_alone() {
        let (tokens, shop) = (Tokens::default(), Shop::default());
        for expected in ["1", "2", "2"] {
            assert_eq!(get(&tokens, &shop, "a", 0).await, expected);
            tokens.forget(&"a", &Secret::new("1")).await;
        }
    }
}
