//! Access tokens: kept until shortly before their end, and bought once however many wait for one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{PushAccount, Secret};

use crate::account::KeyError;
use crate::wire::CallError;

/// A token is not used in the last part of its life.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Accounts whose tokens are kept; tenants have one each.
const KEPT: usize = 10_000;

/// Whose token it is. A key that was replaced buys a token of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    tenant: TenantId,
    email: String,
    key_id: String,
}

impl Holder {
    pub(crate) fn of(tenant: TenantId, account: &PushAccount) -> Self {
        Self { tenant, email: account.email.clone(), key_id: account.key_id.clone() }
    }
}

/// Why there is no token; shared by all who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum NoToken {
    /// The account's key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The endpoint does not know the account, or not this key of it; in the endpoint's own word.
    #[error("the account is refused: {0}")]
    Refused(Arc<str>),
    /// The endpoint is in trouble.
    #[error(transparent)]
    Call(Arc<CallError>),
}

/// A token and its end.
pub(crate) struct Bought {
    pub(crate) token: Secret,
    pub(crate) ends_at: Timestamp,
}

#[derive(Default)]
struct Slot {
    /// How often somebody came back from buying.
    bought: AtomicU64,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<Bought>,
    failed: Option<NoToken>,
}

#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<Holder, Arc<Slot>>>);

impl Tokens {
    /// The holder's token; bought if there is none that is good.
    ///
    /// Who waited while another bought in vain shares the failure instead of waiting for one of their own.
    pub(crate) async fn get(
        &self,
        holder: &Holder,
        now: Timestamp,
        buy: impl Future<Output = Result<Bought, NoToken>>,
    ) -> Result<Secret, NoToken> {
        let slot = self.slot(holder);
        let before = slot.bought.load(Ordering::Acquire);
        let mut state = slot.state.lock().await;
        if let Some(kept) = &state.kept
            && now + MARGIN < kept.ends_at
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
    pub(crate) async fn forget(&self, holder: &Holder, token: &Secret) {
        let slot = self.slot(holder);
        let mut state = slot.state.lock().await;
        if state.kept.as_ref().is_some_and(|kept| kept.token.expose() == token.expose()) {
            state.kept = None;
        }
    }

    fn slot(&self, holder: &Holder) -> Arc<Slot> {
        let mut slots = self.slots();
        if slots.len() >= KEPT && !slots.contains_key(holder) {
            // Whoever is waited for is held by those who wait, too.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(holder.clone()).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Holder, Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use futures::future::join_all;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn holder(tenant: u128, key_id: &str) -> Holder {
        let tenant = TenantId::new(Uuid::from_u128(tenant));
        Holder { tenant, email: String::from("e"), key_id: key_id.to_owned() }
    }

    /// Counts how often it sold.
    #[derive(Default)]
    struct Shop(AtomicU32);

    impl Shop {
        async fn sell(&self, now: Timestamp) -> Result<Bought, NoToken> {
            tokio::task::yield_now().await;
            let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let ends_at = now + SignedDuration::from_hours(1);
            Ok(Bought { token: Secret::new(number.to_string()), ends_at })
        }

        async fn closed(&self) -> Result<Bought, NoToken> {
            tokio::task::yield_now().await;
            self.0.fetch_add(1, Ordering::SeqCst);
            Err(NoToken::Call(Arc::new(CallError::TimedOut)))
        }
    }

    async fn get(tokens: &Tokens, shop: &Shop, holder: &Holder, second: i64) -> String {
        let token = tokens.get(holder, at(second), shop.sell(at(second))).await.unwrap();
        token.expose().to_owned()
    }

    #[tokio::test]
    async fn a_token_serves_until_five_minutes_before_its_end() {
        let (tokens, shop, one) = (Tokens::default(), Shop::default(), holder(1, "k"));
        assert_eq!(get(&tokens, &shop, &one, 0).await, "1");
        assert_eq!(get(&tokens, &shop, &one, 3_299).await, "1");
        assert_eq!(get(&tokens, &shop, &one, 3_300).await, "2");
    }

    #[tokio::test]
    async fn tenants_and_keys_have_tokens_of_their_own() {
        let (tokens, shop) = (Tokens::default(), Shop::default());
        assert_eq!(get(&tokens, &shop, &holder(1, "k"), 0).await, "1");
        assert_eq!(get(&tokens, &shop, &holder(2, "k"), 0).await, "2");
        assert_eq!(get(&tokens, &shop, &holder(1, "new"), 0).await, "3");
        assert_eq!(get(&tokens, &shop, &holder(1, "k"), 0).await, "1");
    }

    #[tokio::test]
    async fn a_crowd_buys_once_and_shares_a_failure_once() {
        let (tokens, shop, one) = (Tokens::default(), Shop::default(), holder(1, "k"));
        let crowd = || (0..20).map(|_| tokens.get(&one, at(0), shop.closed()));
        let mut answers = join_all(crowd()).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(shop.0.load(Ordering::SeqCst), 1, "the failure is shared");
        let crowd = (0..20).map(|_| tokens.get(&one, at(0), shop.sell(at(0))));
        answers = join_all(crowd).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(shop.0.load(Ordering::SeqCst), 2, "what comes later tries again, once");
    }

    #[tokio::test]
    async fn a_refused_token_is_bought_anew_and_a_newer_one_is_left_alone() {
        let (tokens, shop, one) = (Tokens::default(), Shop::default(), holder(1, "k"));
        get(&tokens, &shop, &one, 0).await;
        tokens.forget(&one, &Secret::new("1")).await;
        assert_eq!(get(&tokens, &shop, &one, 0).await, "2");
        tokens.forget(&one, &Secret::new("1")).await;
        assert_eq!(get(&tokens, &shop, &one, 0).await, "2");
    }
}
