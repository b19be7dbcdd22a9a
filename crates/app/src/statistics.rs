//! The contact centre's figures, asked on the tenant's own account.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_domain::time::SignedDuration;
use ges_ports::{Fault, STATISTICS_KEPT, StatisticsError, StatisticsQuestion};

use crate::App;
use crate::credentials::{Credential, CredentialKind};

/// No answer may be asked to be newer than this.
const NEWEST: SignedDuration = SignedDuration::from_secs(15);

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum NoFigures {
    /// The tenant's account with the statistics service is missing or refused.
    #[error("the account with the statistics service is missing or refused")]
    Account,
    /// The statistics service does not take the question.
    #[error("the statistics service does not take the question")]
    Question,
    /// The statistics service, or our own client there, is in trouble.
    #[error("the statistics service cannot be asked")]
    Upstream(Fault),
    /// The store is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

impl App {
    /// The figures that a question in the statistics service's own words asks for, as JSON text.
    ///
    /// `max_age` is how old an answer may be: 15 s at the least, whatever is kept where it is not said.
    pub async fn figures(
        &self,
        tenant: TenantId,
        body: Arc<str>,
        max_age: Option<SignedDuration>,
    ) -> Result<Arc<str>, NoFigures> {
        let now = self.now();
        let account = match self.credential(tenant, CredentialKind::Statistics, now).await? {
            Some(Credential::Statistics(account)) => account,
            Some(Credential::Push(_) | Credential::Captcha(_)) | None => {
                return Err(NoFigures::Account);
            }
        };
        let Some(statistics) = &self.ports.statistics else {
            let what = "no statistics service is configured";
            return Err(NoFigures::Upstream(Fault::unavailable("statistics", what)));
        };
        let question = StatisticsQuestion { tenant, account, body };
        let max_age = max_age.unwrap_or(STATISTICS_KEPT).max(NEWEST);
        statistics.figures(&question, max_age, now).await.map_err(|error| match error {
            StatisticsError::AccountRefused => NoFigures::Account,
            StatisticsError::QuestionRefused => NoFigures::Question,
            StatisticsError::ClientRefused => {
                let what = "the sign-in service refuses this service's own client";
                NoFigures::Upstream(Fault::misbehaved("statistics", what))
            }
            StatisticsError::Fault(fault) => {
                let Fault { peer, kind, .. } = *fault;
                NoFigures::Upstream(Fault { peer, kind, source: Some(Box::new(fault)) })
            }
        })
    }
}
