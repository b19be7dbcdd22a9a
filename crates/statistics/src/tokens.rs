//! Access tokens of tenants' accounts: kept until 80 % of their life, and bought once however many wait for one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;
use ges_ports::{Secret, StatisticsAccount, StatisticsError};

/// Accounts whose tokens are kept; tenants have one each.
const KEPT: usize = 10_000;

/// Whose token it is. A password that was changed buys a token of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    tenant: TenantId,
    user_name: String,
    password: String,
}

impl Holder {
    pub(crate) fn of(tenant: TenantId, account: &StatisticsAccount) -> Self {
        let password = TokenHash::of(account.password.expose()).hex();
        Self { tenant, user_name: account.user_name.clone(), password }
    }
}

/// A token and when the next one is bought.
pub(crate) struct Bought {
    pub(crate) token: Secret,
    pub(crate) renew_at: Timestamp,
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
    failed: Option<StatisticsError>,
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
        buy: impl Future<Output = Result<Bought, StatisticsError>>,
    ) -> Result<Secret, StatisticsError> {
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
    use ges_domain::time::SignedDuration;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn holder(password: &str) -> Holder {
        let account =
            StatisticsAccount { user_name: String::from("u"), password: Secret::new(password) };
        Holder::of(TenantId::new(Uuid::nil()), &account)
    }

    async fn sell(sold: &AtomicU32, now: Timestamp) -> Result<Bought, StatisticsError> {
        tokio::task::yield_now().await;
        let number = sold.fetch_add(1, Ordering::SeqCst) + 1;
        let renew_at = now + SignedDuration::from_secs(80);
        Ok(Bought { token: Secret::new(number.to_string()), renew_at })
    }

    #[tokio::test]
    async fn a_token_serves_until_it_is_to_be_renewed_and_for_its_password_alone() {
        let (tokens, sold) = (Tokens::default(), AtomicU32::new(0));
        for (password, second, expected) in
            [("p", 0, "1"), ("p", 79, "1"), ("p", 80, "2"), ("changed", 80, "3"), ("p", 81, "2")]
        {
            let token = tokens.get(&holder(password), at(second), sell(&sold, at(second))).await;
            assert_eq!(token.unwrap().expose(), expected, "{password} {second}");
        }
    }

    #[tokio::test]
    async fn a_crowd_shares_a_failure_and_what_comes_later_tries_again_once() {
        let (tokens, tried) = (Tokens::default(), AtomicU32::new(0));
        let one = holder("p");
        let fail = || async {
            tokio::task::yield_now().await;
            tried.fetch_add(1, Ordering::SeqCst);
            Err(StatisticsError::AccountRefused)
        };
        let answers = join_all((0..20).map(|_| tokens.get(&one, at(0), fail()))).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(tried.load(Ordering::SeqCst), 1);
        let answers = join_all((0..20).map(|_| tokens.get(&one, at(0), sell(&tried, at(0))))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(tried.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_refused_token_is_bought_anew_and_a_newer_one_is_left_alone() {
        let (tokens, sold, one) = (Tokens::default(), AtomicU32::new(0), holder("p"));
        for expected in ["1", "2", "2"] {
            let token = tokens.get(&one, at(0), sell(&sold, at(0))).await.unwrap();
            assert_eq!(token.expose(), expected);
            tokens.forget(&one, &Secret::new("1")).await;
        }
    }
}
