//! The contact centre's figures, asked of the statistics service on a tenant's own account.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};

use crate::{Fault, Secret};

/// A tenant's account with the statistics service.
#[derive(Debug, Clone)]
pub struct StatisticsAccount {
    /// The user's name, with the domain where the platform wants one.
    pub user_name: String,
    /// The password.
    pub password: Secret,
}

/// A question in the statistics service's own words; `Debug` hides them.
#[derive(Clone)]
pub struct StatisticsQuestion {
    /// Who asks.
    pub tenant: TenantId,
    /// On whose account.
    pub account: Arc<StatisticsAccount>,
    /// The body to send: JSON with its keys in order and nothing between, so that equal questions are equal texts.
    pub body: Arc<str>,
}

impl fmt::Debug for StatisticsQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatisticsQuestion({}, {} bytes)", self.tenant, self.body.len())
    }
}

/// Why there are no figures.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StatisticsError {
    /// The account was refused, twice: its password changed, or it may not look.
    #[error("the statistics service refuses the account")]
    AccountRefused,
    /// Our own client was refused, before the account was looked at.
    #[error("the sign-in service refuses the client")]
    ClientRefused,
    /// The statistics service does not take the question.
    #[error("the statistics service refuses the question")]
    QuestionRefused,
    /// The statistics service is in trouble. Shared by all who asked the same.
    #[error(transparent)]
    Fault(Arc<Fault>),
}

/// The statistics service.
#[async_trait]
pub trait Statistics: Send + Sync {
    /// The figures that a question asks for, as JSON: an answer that is not older than `max_age`.
    ///
    /// Equal questions of one account that come together are asked once. An answer is kept for
    /// [`KEPT`](STATISTICS_KEPT), however old an answer somebody else would take. No trouble is kept.
    async fn figures(
        &self,
        question: &StatisticsQuestion,
        max_age: SignedDuration,
        now: Timestamp,
    ) -> Result<Arc<str>, StatisticsError>;
}

/// How long answers of the statistics service are kept.
pub const STATISTICS_KEPT: SignedDuration = SignedDuration::from_mins(5);
