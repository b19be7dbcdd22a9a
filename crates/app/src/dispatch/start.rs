//! One start: what is sent, and what is known of it afterwards.
//!
//! Apart from the step around it, because here each kind of fault has its consequence.

use std::sync::Arc;

use ges_domain::callback::{Callback, Change};
use ges_domain::retry::{Backoff, spread};
use ges_domain::time::SignedDuration;
use ges_ports::{Aimed, FaultKind, Orchestrator, SessionRequest, UpdateToken};
use tracing::Instrument as _;

use super::Step;

/// A start is not sent in the last sixth of its lease: by then another node may soon take over.
const LEASE_MARGIN: i32 = 6;
/// A start that was refused is sent again after this at the earliest, and then ever more rarely.
const REFUSED_FIRST: SignedDuration = SignedDuration::from_secs(30);
/// A start that was refused is sent again after this at the latest.
const REFUSED_MOST: SignedDuration = SignedDuration::from_mins(10);

impl Step<'_> {
    /// The session to start for a callback that was just fenced; none if it ended instead.
    pub(super) async fn request(&self, callback: Callback) -> Option<SessionRequest> {
        let attempt = callback.live_attempt()?;
        let token: UpdateToken =
            self.app.ports.ids.update_token(callback.tenant, callback.id, attempt);
        Some(SessionRequest {
            attempt,
            token,
            standing: callback.standing(self.now),
            created_at: self.now,
            expires_at: callback.expires_at(),
            regions: self.app.regions(callback.tenant, &callback.queue).await,
            trace: callback.details.trace,
            callback,
        })
    }

    /// Starts one session as a step of the trace in which its callback was booked, and says what is known of it.
    pub(super) async fn start(
        &self,
        orchestrator: &Arc<dyn Orchestrator>,
        mut request: SessionRequest,
    ) -> Aimed {
        if !self.app.traces.record() {
            return self.start_now(orchestrator, request).await;
        }
        let span = tracing::info_span!("callback.submit", callback.id = %request.callback.id,
            attempt = %request.attempt);
        if let Some(trace) = &request.trace {
            self.app.traces.follow(&span, trace);
        }
        request.trace = self.app.traces.place(&span).or(request.trace);
        self.start_now(orchestrator, request).instrument(span).await
    }

    async fn start_now(
        &self,
        orchestrator: &Arc<dyn Orchestrator>,
        request: SessionRequest,
    ) -> Aimed {
        let (tenant, callback) = (request.callback.tenant, request.callback.id);
        let attempt = request.attempt;
        let change = if self.app.now() + self.app.options.lease / LEASE_MARGIN >= self.until {
            // Frozen or slow past the lease: others may act on it by now, so this node must not.
            Change::Unsent { attempt, retry_at: self.app.now() }
        } else {
            match orchestrator.start(&request).await {
                Ok(receipt) => {
                    Change::Sent { attempt, session: receipt.session, node: receipt.node }
                }
                Err(fault) => {
                    metrics::counter!("CB_SUBMIT_FAILED").increment(1);
                    tracing::warn!(callback.id = %callback, peer = fault.peer,
                        fault.kind = fault.kind.as_str(), error = ?fault.source,
                        "a session was not started for sure");
                    match fault.kind {
                        // It would refuse the same again, until somebody mends the service or the server: rarely,
                        // and without giving the attempt up, because nothing runs.
                        FaultKind::Refused => {
                            let tried = self.tried_for(&request.callback);
                            let wait = tried.clamp(REFUSED_FIRST, REFUSED_MOST);
                            let retry_at = self.now + spread(wait, request.callback.seed());
                            let why = fault.source.map_or_else(String::new, |it| it.to_string());
                            Change::Refused { attempt, why, retry_at }
                        }
                        FaultKind::Unavailable => {
                            let tries = self.tries(&request.callback);
                            let wait = Backoff::NEIGHBOUR.after(tries, request.callback.seed());
                            Change::Unsent { attempt, retry_at: self.now + wait }
                        }
                        // It may run: wait for its report, and give the attempt up if none comes.
                        FaultKind::TimedOut | FaultKind::Misbehaved => {
                            Change::Sent { attempt, session: None, node: None }
                        }
                    }
                }
            }
        };
        Aimed { tenant, callback, change, expected: None }
    }

    /// For how long the standing attempt has been tried.
    fn tried_for(&self, callback: &Callback) -> SignedDuration {
        let since = callback.submission.as_ref().map_or(self.now, |sent| sent.submitted_at);
        self.now.duration_since(since)
    }

    /// Tries of the standing attempt so far, from how long it has been tried.
    fn tries(&self, callback: &Callback) -> u32 {
        let secs = u64::try_from(self.tried_for(callback).as_secs()).unwrap_or(0);
        // Backoff doubles, so after t seconds there were about log2(t) tries.
        (secs + 1).ilog2() + 1
    }
}
