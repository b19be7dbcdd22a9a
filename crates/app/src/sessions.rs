//! What sessions tell us: that they run, where they are, what they keep.

use ges_domain::callback::{Callback, Change, Outcome, Patch, Report, State, Storage};
use ges_domain::effect::Lane;
use ges_domain::id::{Attempt, CallbackId, SessionId, TenantId};
use ges_domain::refusal::Refusal;
use ges_domain::time::SignedDuration;
use ges_domain::token::TokenHash;
use ges_ports::Aimed;

use crate::{App, Failure};

/// After the end a session may still store something for this long.
const LATE_STORAGE: SignedDuration = SignedDuration::from_secs(60);

/// A session that speaks for a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The owner, as the token names it.
    pub tenant: TenantId,
    /// The callback.
    pub callback: CallbackId,
    /// The hash of the token that it shows.
    pub token: TokenHash,
}

/// A session's first word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The attempt it runs as.
    pub attempt: Attempt,
    /// The session.
    pub session: SessionId,
    /// Its node.
    pub node: Option<String>,
}

impl App {
    /// Who a session speaks for, from the token that it shows; none for a text that is no token of ours.
    pub fn call(&self, callback: CallbackId, token: &str) -> Option<Call> {
        let tenant = self.ports.ids.tenant_of(token)?;
        Some(Call { tenant, callback, token: TokenHash::of(token) })
    }

    /// The callback that a session speaks for, as it stands.
    pub async fn attended(&self, call: Call) -> Result<Callback, Failure> {
        Ok(self.admitted(call).await?.0)
    }

    /// A session says that it runs.
    pub async fn started(&self, call: Call, started: Started) -> Result<Callback, Failure> {
        let (callback, attempt) = self.admitted(call).await?;
        same(attempt, started.attempt)?;
        let Started { attempt, session, node } = started;
        let ticket = self.ticket(call.tenant, &callback.queue, self.now()).await;
        self.told(call, Change::Started { attempt, session, node, ticket }).await
    }

    /// A session reports a state.
    pub async fn reported(&self, call: Call, report: Report) -> Result<Callback, Failure> {
        let (_, attempt) = self.admitted(call).await?;
        same(attempt, report.attempt)?;
        self.told(call, Change::Report(Box::new(report))).await
    }

    /// A session keeps something; answers what is kept then.
    pub async fn stored(&self, call: Call, patch: Patch) -> Result<Storage, Failure> {
        let (callback, attempt) = self.admitted(call).await?;
        let late =
            callback.completed_at.is_some_and(|at| self.now().duration_since(at) > LATE_STORAGE);
        if late {
            return Err(Refusal::Completed.into());
        }
        Ok(self.told(call, Change::Patch { attempt, patch }).await?.storage)
    }

    /// A session says that the call is near: the customer is told, once for ever.
    pub async fn notified(&self, call: Call) -> Result<Callback, Failure> {
        self.admitted(call).await?;
        self.told(call, Change::Upcoming).await
    }

    /// The callback and the attempt as which the token's bearer may speak.
    async fn admitted(&self, call: Call) -> Result<(Callback, Attempt), Failure> {
        let found = self.ports.callbacks.find(call.tenant, call.callback).await?;
        let callback = found.ok_or(Refusal::NoSuchCallback)?;
        let attempt = callback.admit(call.token)?;
        Ok((callback, attempt))
    }

    async fn told(&self, call: Call, change: Change) -> Result<Callback, Failure> {
        let now = self.now();
        let reports = matches!(change, Change::Report(_));
        let aimed = Aimed { tenant: call.tenant, callback: call.callback, change, expected: None };
        let outcome = self.ports.callbacks.change(aimed, now).await?;
        if let Outcome::Changed(changed) = &outcome {
            if changed.callback.state == State::Scheduled {
                self.ring(Lane::Sessions);
            }
            self.ring_for(changed);
            self.note(changed, now).await;
            // A session's own word of its wait decides at once; the next look at it would decide up to 36 s later.
            let said = changed.callback.diagnostics.ewt_secs;
            if reports && changed.callback.nears(said) {
                self.tell_near(&[(call.tenant, call.callback)], now).await;
            }
        }
        Ok(outcome.into_callback())
    }
}

/// A session may speak only as the attempt that its token was made for.
fn same(attempt: Attempt, claimed: Attempt) -> Result<(), Refusal> {
    if attempt == claimed { Ok(()) } else { Err(Refusal::TokenInvalid) }
}
