//! Notices on customers' devices: one that a client publishes, and what becomes of one from the outbox.

use std::sync::Arc;

use ges_domain::callback::{Callback, PushTarget, State};
use ges_domain::effect::Notice;
use ges_domain::id::TenantId;
use ges_domain::retry::Backoff;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    Delivery, Fault, Push, PushAccount, PushContent, PushDelay, PushMessage, PushMode, PushRefusal,
};

use crate::App;
use crate::credentials::{Credential, CredentialKind};

/// A notice tells nothing any more when it is this old, unless its service says otherwise.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Tries of a device while the push service is in trouble: 1, 2, 4, 8, 16, 16 s between them.
const TRIES: u32 = 6;
/// Tries while the account sends too much: 60 and 120 s between them.
const QUOTA_TRIES: u32 = 2;

/// Why a published notice was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// The tenant has no account with the push service, or it is not good.
    #[error("the tenant's account with the push service is missing or refused")]
    Account,
    /// The push service refuses the message or its target for ever.
    #[error("the push service refuses the notice: {}", .0.as_str())]
    Refused(PushRefusal),
    /// It may be sent again later.
    #[error("the push service takes the notice later")]
    Later {
        /// Not before so many seconds, where the push service says so.
        after_secs: Option<u32>,
    },
    /// Somebody is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

/// What becomes of a notice in the outbox.
pub(crate) enum Told {
    /// It is settled.
    Done,
    /// It is sent again after this time.
    Again(SignedDuration),
    /// Its device is gone for good.
    Gone,
}

impl App {
    /// Sends a client's own message to a device; answers the push service's name for it.
    pub async fn publish_notice(
        &self,
        tenant: TenantId,
        target: PushTarget,
        event: String,
        mode: PushMode,
    ) -> Result<String, Unsent> {
        let now = self.now();
        let Some((push, account)) = self.sender(tenant, now).await? else {
            return Err(Unsent::Account);
        };
        let content = PushContent::Own(event);
        let message = PushMessage { tenant, account, target, content, mode };
        match push.deliver(&message, now).await {
            Ok(Delivery::Accepted(name)) => {
                if mode == PushMode::Deliver {
                    sent(tenant);
                }
                Ok(name)
            }
            Ok(Delivery::Refused(refusal)) => {
                failed(tenant, refusal.as_str());
                Err(match refusal {
                    PushRefusal::AccountRefused | PushRefusal::PlatformRefused => Unsent::Account,
                    PushRefusal::Unregistered
                    | PushRefusal::TargetMalformed
                    | PushRefusal::OtherSender
                    | PushRefusal::MessageInvalid
                    | PushRefusal::Unspecified => Unsent::Refused(refusal),
                })
            }
            Ok(Delivery::Later { after, .. }) => {
                failed(tenant, "later");
                let secs = after.map(|after| after.as_secs().max(1));
                Err(Unsent::Later { after_secs: secs.and_then(|secs| u32::try_from(secs).ok()) })
            }
            Err(fault) => {
                failed(tenant, fault.kind.as_str());
                Err(fault.into())
            }
        }
    }

    /// Tells one device of a callback's customer; `tries` is how often that was tried before.
    pub(crate) async fn tell_device(
        &self,
        callback: &Callback,
        notice: Notice,
        target: &PushTarget,
        tries: u32,
        now: Timestamp,
    ) -> Told {
        let tenant = callback.tenant;
        match callback.state {
            State::Scheduled | State::Queued | State::Routing => {}
            // The call is there, or the callback is over: there is nothing to announce.
            State::Processing | State::Completed => return Told::Done,
        }
        let seed = callback.seed();
        let patient = |wait: SignedDuration| {
            if tries < TRIES && wait <= lifetime(callback) {
                return Told::Again(wait);
            }
            failed(tenant, "given_up");
            tracing::warn!(callback.id = %callback.id, tries, "a device was not told, and is given up on");
            Told::Done
        };
        let (push, account) = match self.sender(tenant, now).await {
            Ok(Some(sender)) => sender,
            Ok(None) => {
                failed(tenant, "no_account");
                tracing::warn!(tenant = %tenant, "a device was not told: the tenant has no push account");
                return Told::Done;
            }
            Err(_store) => return patient(Backoff::DEVICE.after(tries + 1, seed)),
        };
        let message = PushMessage {
            tenant,
            account,
            target: target.clone(),
            content: content(callback, notice),
            mode: PushMode::Deliver,
        };
        match push.deliver(&message, now).await {
            Ok(Delivery::Accepted(_name)) => {
                sent(tenant);
                Told::Done
            }
            Ok(Delivery::Refused(refusal)) => {
                failed(tenant, refusal.as_str());
                if refusal.blames_account() {
                    tracing::error!(tenant = %tenant, refusal = refusal.as_str(),
                        "a tenant's push account needs somebody to look at it");
                }
                if refusal.ends_target() { Told::Gone } else { Told::Done }
            }
            Ok(Delivery::Later { cause: PushDelay::Quota, after }) => {
                let wait = Backoff::QUOTA.after(tries + 1, seed);
                let wait = after.map_or(wait, |after| wait.max(after));
                if tries < QUOTA_TRIES {
                    return patient(wait);
                }
                failed(tenant, "quota");
                Told::Done
            }
            Ok(Delivery::Later { cause: PushDelay::Unavailable, after }) => {
                let wait = Backoff::DEVICE.after(tries + 1, seed);
                patient(after.map_or(wait, |after| wait.max(after)))
            }
            Err(fault) => {
                tracing::warn!(callback.id = %callback.id, peer = fault.peer,
                    fault.kind = fault.kind.as_str(), "a device was not told for sure");
                patient(Backoff::DEVICE.after(tries + 1, seed))
            }
        }
    }

    /// Who delivers, and on whose account; none where one of them is missing.
    async fn sender(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Option<(Arc<dyn Push>, Arc<PushAccount>)>, Fault> {
        let Some(push) = self.ports.push.clone() else { return Ok(None) };
        Ok(match self.credential(tenant, CredentialKind::Push, now).await? {
            Some(Credential::Push(account)) => Some((push, account)),
            Some(Credential::Captcha(_) | Credential::Statistics(_)) | None => None,
        })
    }
}

/// What a device shows of a notice, in its customer's language.
fn content(callback: &Callback, notice: Notice) -> PushContent {
    let text = match notice {
        Notice::CallbackUpcoming => {
            callback.settings.upcoming_words(callback.details.language.as_deref())
        }
    };
    PushContent::Notice {
        notice,
        callback: callback.id,
        title: text.title,
        body: text.body,
        lifetime: lifetime(callback),
    }
}

/// As long as the call may still be that near.
fn lifetime(callback: &Callback) -> SignedDuration {
    let minutes = callback.settings.push_notification_threshold_minutes.filter(|it| *it > 0);
    minutes.map_or(LIFETIME, |minutes| SignedDuration::from_mins(minutes.into()))
}

fn sent(tenant: TenantId) {
    let tenant = tenant.to_string();
    metrics::counter!("ges_push_notifications_sent", "tenant" => tenant).increment(1);
}

fn failed(tenant: TenantId, reason: &'static str) {
    let tenant = tenant.to_string();
    metrics::counter!("ges_push_notifications_failed", "tenant" => tenant, "reason" => reason)
        .increment(1);
}
