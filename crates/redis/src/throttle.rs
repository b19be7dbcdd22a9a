//! Counting how often something happened, on all nodes together.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{ErrorKind, RedisError};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{Admission, Allowance, Fault, Subject, Throttle};
use tracing::field::Empty;
use tracing::info_span;

use crate::fault::{CallError, PEER, told};
use crate::memory::SharedMemory;
use crate::script::Script;

/// How much longer than its window a counter is kept: for nodes whose clocks differ.
const GRACE: Duration = Duration::from_mins(1);

static ADMIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/admit.lua")));
static PEEK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/peek.lua")));
static WITHDRAW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/withdraw.lua")));

/// The throttle of all nodes: every admission of the window is remembered, so the limit is exact.
#[derive(Debug, Clone)]
pub struct RedisThrottle(Arc<SharedMemory>);

impl RedisThrottle {
    /// Counts in this memory. When it is lost, counting begins anew.
    pub fn new(memory: Arc<SharedMemory>) -> Self {
        Self(memory)
    }

    async fn count(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, CallError> {
        let Allowance { limit, window } = allowance;
        let left = now.saturating_sub(window).unwrap_or(Timestamp::MIN);
        let kept = window.unsigned_abs().saturating_add(GRACE).as_millis();
        let arguments = [
            now.as_microsecond().to_string(),
            left.as_microsecond().to_string(),
            limit.to_string(),
            kept.to_string(),
        ];
        let arguments = arguments.each_ref().map(String::as_str);
        let answer: String = self.0.run(&ADMIT, &self.key(subject), &arguments).await?;
        understood(&answer, window, now)
    }

    async fn look(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, CallError> {
        let Allowance { limit, window } = allowance;
        let left = now.saturating_sub(window).unwrap_or(Timestamp::MIN);
        let arguments = [left.as_microsecond().to_string(), limit.to_string()];
        let arguments = arguments.each_ref().map(String::as_str);
        let answer: String = self.0.run(&PEEK, &self.key(subject), &arguments).await?;
        understood(&answer, window, now)
    }

    fn key(&self, subject: &Subject) -> String {
        match subject {
            Subject::Bookings(tenant, service) => {
                self.0.key(format_args!("throttle:bookings:{tenant}:{service}"))
            }
            // Whoever looks at the keys need not see who was called.
            Subject::Number(tenant, phone) => {
                let number = TokenHash::of(phone.e164()).hex();
                self.0.key(format_args!("throttle:number:{tenant}:{number}"))
            }
            Subject::Release(tenant, queue) => {
                self.0.key(format_args!("throttle:release:{tenant}:{queue}"))
            }
            Subject::Client(digest) => self.0.key(format_args!("throttle:client:{digest}")),
            Subject::HumanToken(digest) => self.0.key(format_args!("throttle:human:{digest}")),
        }
    }
}

/// What a script says: there is room, or what must leave the window first.
fn understood(
    answer: &str,
    window: SignedDuration,
    now: Timestamp,
) -> Result<Admission, CallError> {
    let first = match answer {
        "ok" => return Ok(Admission::Admitted),
        "none" => now,
        text => instant(text).ok_or_else(unintelligible)?,
    };
    let free_at = first.saturating_add(window).unwrap_or(Timestamp::MAX);
    Ok(Admission::Refused { retry_after: free_at.duration_since(now).max(SignedDuration::ZERO) })
}

fn instant(micros: &str) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros.parse().ok()?).ok()
}

fn unintelligible() -> CallError {
    let what = (ErrorKind::UnexpectedReturnType, "the counter holds what is no microsecond");
    CallError::Unintelligible(RedisError::from(what))
}

#[async_trait]
impl Throttle for RedisThrottle {
    async fn admit(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        let span = info_span!("redis.admit", peer = PEER, outcome = Empty);
        told(span, PEER, self.count(subject, allowance, now)).await
    }

    async fn peek(
        &self,
        subject: &Subject,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Admission, Fault> {
        let span = info_span!("redis.peek", peer = PEER, outcome = Empty);
        told(span, PEER, self.look(subject, allowance, now)).await
    }

    async fn withdraw(&self, subject: &Subject, at: Timestamp) -> Result<(), Fault> {
        let span = info_span!("redis.withdraw", peer = PEER, outcome = Empty);
        let (key, at) = (self.key(subject), at.as_microsecond().to_string());
        told(span, PEER, self.0.run(&WITHDRAW, &key, &[&at])).await
    }
}
