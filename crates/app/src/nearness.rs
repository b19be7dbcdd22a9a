//! How near a callback's call is: its place in the queue, and whether its customer is to be told.
//!
//! Apart from dispatch and the sessions' words, because both ask it: a session says where it stands, and where it does
//! not, the router does.

use std::time::Duration;

use ges_domain::callback::{Callback, Change, Diagnostics, State};
use ges_domain::effect::Lane;
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::name::QueueName;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, Estimate, WaitMode, WaitQuery};

use crate::{App, Failure};

/// Who looks at a callback is not kept waiting longer than this for the router's word on its place.
const PATIENCE: Duration = Duration::from_millis(500);

impl App {
    /// A callback as it stands, with its place in the queue and its wait while a session lives for it: as the session
    /// said, or else as the router knows its interaction.
    pub async fn whereabouts(&self, tenant: TenantId, id: CallbackId) -> Result<Callback, Failure> {
        let mut callback = self.retrieve(tenant, id).await?;
        match callback.state {
            State::Queued | State::Routing | State::Processing => {}
            State::Scheduled | State::Completed => return Ok(callback),
        }
        let known = &callback.diagnostics;
        if known.position.is_some() && known.ewt_secs.is_some() {
            return Ok(callback);
        }
        if let Some((position, ewt_secs)) =
            self.placed(&callback, &callback.diagnostics, self.now()).await
        {
            let known = &mut callback.diagnostics;
            known.position = known.position.or(Some(position));
            known.ewt_secs = known.ewt_secs.or(ewt_secs);
        }
        Ok(callback)
    }

    /// Place and wait of a session's interaction as the router knows it; none where it does not, or is silent.
    async fn placed(
        &self,
        callback: &Callback,
        seen: &Diagnostics,
        now: Timestamp,
    ) -> Option<(u32, Option<u32>)> {
        let waits = self.ports.waits.as_ref()?;
        let interaction = seen.interaction_id.as_deref()?;
        let query = WaitQuery {
            tenant: callback.tenant,
            queue: callback.queue.clone(),
            mode: WaitMode::default(),
            include_on_hold: false,
            regions: self.regions(callback.tenant, &callback.queue).await,
        };
        let asked = waits.place(&query, interaction, now);
        let place = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()??;
        Some((place.position, place.ewt_secs))
    }

    /// Whether a session that was just asked after is so near its call that the customer is to be told.
    ///
    /// The router is asked only where somebody is to be told and the session did not say.
    pub(crate) async fn nears(
        &self,
        callback: &Callback,
        seen: &Diagnostics,
        now: Timestamp,
    ) -> bool {
        if callback.nearness_secs().is_none() {
            return false;
        }
        let ewt_secs = match seen.ewt_secs {
            Some(secs) => Some(secs),
            None => self.placed(callback, seen, now).await.and_then(|(_, ewt_secs)| ewt_secs),
        };
        callback.nears(ewt_secs)
    }

    /// The wait that a session which enters a queue now has before it; none where the router does not know it.
    pub(crate) async fn entry_wait_secs(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        now: Timestamp,
    ) -> Option<u32> {
        let wait = self.wait(tenant, queue, WaitMode::default(), now).await;
        match wait.ok().flatten()?.estimate {
            Estimate::Known(secs) => Some(secs),
            Estimate::NoInteractions | Estimate::NoAgents => None,
        }
    }

    /// Decides that customers are told. Refused is what another node decided first: it is decided once for ever.
    pub(crate) async fn tell_near(&self, callbacks: &[(TenantId, CallbackId)], now: Timestamp) {
        let told: Vec<Aimed> = callbacks
            .iter()
            .map(|(tenant, callback)| Aimed {
                tenant: *tenant,
                callback: *callback,
                change: Change::Upcoming,
                expected: None,
            })
            .collect();
        if told.is_empty() {
            return;
        }
        let outcomes = self.ports.callbacks.change_each(&told, now).await;
        if outcomes.iter().any(Result::is_ok) {
            self.ring(Lane::Notices);
        }
        for outcome in outcomes {
            // The next look at the session decides again.
            if let Err(ges_ports::ChangeError::Fault(fault)) = outcome {
                tracing::info!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "a customer is told later that the call is near"
                );
            }
        }
    }
}
