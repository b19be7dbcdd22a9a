//! Who calls the public API: whose a key is, and whether it calls too often.

use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{Admission, Allowance, ApiKey, Fault, Subject};

use crate::App;

/// The stretch in which the requests of a key are counted.
const STRETCH: SignedDuration = SignedDuration::from_mins(1);

/// Who shows a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A client of this tenant.
    Known(TenantId),
    /// Nobody: the key is unknown.
    Unknown,
    /// A client of this tenant that sent as many requests as its key allows.
    TooOften {
        /// The tenant.
        tenant: TenantId,
        /// Until there is room for the next one.
        retry_after: SignedDuration,
    },
}

impl App {
    /// Whose a key is; that it was used is noted. Where requests are limited by key, this one is counted, on all nodes together.
    pub async fn caller(&self, key: &ApiKey) -> Result<Caller, Fault> {
        let now = self.now();
        let Some(tenant) = self.ports.credentials.identify(key, now).await? else {
            return Ok(Caller::Unknown);
        };
        self.key_uses.note(key, tenant, now);
        match self.over_limit(key, now).await {
            Some(retry_after) => Ok(Caller::TooOften { tenant, retry_after }),
            None => Ok(Caller::Known(tenant)),
        }
    }

    /// How long a key must rest; none where it may go on, which it may too while the counters cannot be reached: the
    /// limit spares the service, and no promise rests on it.
    async fn over_limit(&self, key: &ApiKey, now: Timestamp) -> Option<SignedDuration> {
        let limit = self.options.requests_per_key?.get();
        let subject = Subject::Client(TokenHash::of(&format!("api-key\n{}", key.expose())).hex());
        match self.ports.throttle.admit(&subject, Allowance { limit, window: STRETCH }, now).await {
            Ok(Admission::Admitted) => None,
            Ok(Admission::Refused { retry_after }) => Some(retry_after),
            // Once a request would be a flood of its own: that Redis is away is what health tells.
            Err(fault) => {
                tracing::debug!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "a request goes on uncounted: the counters cannot be reached"
                );
                None
            }
        }
    }
}
