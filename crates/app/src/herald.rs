//! The herald: one bounded step spreads news to those who want it, and tells the webhooks whose turn it is.
//!
//! Like dispatch it may be cut off anywhere and run on any number of nodes: news is spread once because it is taken away
//! in the same step, and a delivery that was made and not settled is made again under the same name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use futures::StreamExt as _;
use futures::stream;
use ges_domain::callback::Callback;
use ges_domain::event::Actor;
use ges_domain::id::{CallbackId, RecordId, TenantId};
use ges_domain::time::{SignedDuration, Timestamp, format_utc};
use ges_domain::webhook::{Standing, Verdict, judge};
use ges_ports::{
    Breaker, DELIVERIES_OF_WEBHOOK, DeliveryKey, Fault, HookAnswer, HookCall, Hooks, Lease,
    LeasedParcel, Parcel, ParcelFate, ParcelSettlement, Passage, RecordError, Tidings, Tried,
};
use serde_json::{Value, json};

use crate::App;
use crate::webhooks::{Kept, key};

/// News spread in one step.
const NEWS: u16 = 500;
/// Deliveries made in one step: with so many calls at once, all end within the lease.
const DELIVERIES: u16 = 128;
/// Calls under way at once.
const AT_ONCE: usize = 64;
/// How long a node may work on what it took.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A webhook that cannot be read, or whose secret cannot be opened, is looked at this often: somebody has to mend it.
const MENDED_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// Old deliveries forgotten in one bite.
const BITE: u16 = 1000;
/// Webhooks whose failures a node counts.
const BREAKERS: usize = 10_000;

/// A webhook of a tenant.
type Name = (TenantId, RecordId);

/// What a node remembers of webhooks between two steps: who failed lately and is left alone for a while.
#[derive(Default)]
pub(crate) struct Herald {
    breakers: Mutex<HashMap<Name, Breaker>>,
    /// Held by the step that spreads: of steps at the same time, one does.
    spreads: tokio::sync::Mutex<()>,
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heralded {
    /// Events spread.
    pub news: usize,
    /// Webhooks called.
    pub called: usize,
    /// Whether there may be more to do at once.
    pub full: bool,
}

impl Herald {
    fn with<T>(&self, name: Name, look: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if breakers.len() >= BREAKERS && !breakers.contains_key(&name) {
            breakers.retain(|_, breaker| breaker.barred());
            if breakers.len() >= BREAKERS {
                breakers.clear();
            }
        }
        look(breakers.entry(name).or_default())
    }
}

impl App {
    /// Spreads news and tells webhooks: one bounded step, which takes as long as the slowest of those it tells.
    ///
    /// Steps may be taken at the same time, so that others are told meanwhile.
    pub async fn herald(&self) -> Result<Heralded, Fault> {
        let Some(hooks) = self.ports.hooks.clone() else { return Ok(Heralded::default()) };
        let news = match self.herald.spreads.try_lock() {
            Ok(_held) => self.spread().await?,
            Err(_another) => 0,
        };
        let now = self.now();
        let wish =
            Lease { owner: self.options.node.clone(), now, until: now + LEASE, limit: DELIVERIES };
        let leased = self.ports.deliveries.lease(&wish).await?;
        // A webhook whose share was taken may have more.
        let full = news == usize::from(NEWS) || leased.len() >= usize::from(DELIVERIES_OF_WEBHOOK);
        if leased.is_empty() {
            return Ok(Heralded { news, called: 0, full });
        }
        let kept = self.kept_of(&leased).await?;
        let (kept, hooks) = (&kept, hooks.as_ref());
        let calls = leased.into_iter().map(|leased| {
            let name = (leased.parcel.key.tenant, leased.parcel.key.webhook);
            let kept = kept.get(&name).and_then(Option::as_ref);
            async move { self.deliver(hooks, &leased, kept).await }
        });
        let settlements: Vec<ParcelSettlement> =
            stream::iter(calls).buffer_unordered(AT_ONCE).collect().await;
        let called = settlements.iter().filter(|it| it.tried.is_some()).count();
        self.ports.deliveries.settle(&settlements, self.now()).await?;
        Ok(Heralded { news, called, full })
    }

    /// Forgets deliveries older than the log is kept; answers how many. The server steps it every minute.
    pub async fn forget_deliveries(&self) -> Result<usize, Fault> {
        let before = self.now().saturating_sub(self.options.delivery_log).unwrap_or(Timestamp::MIN);
        self.ports.deliveries.forget(before, BITE).await
    }

    /// Spreads what is news; answers how many events that were.
    async fn spread(&self) -> Result<usize, Fault> {
        let news = self.ports.deliveries.news(NEWS).await?;
        if news.is_empty() {
            return Ok(0);
        }
        let mut listeners: BTreeMap<TenantId, Vec<(RecordId, Kept)>> = BTreeMap::new();
        let tenants: BTreeSet<TenantId> = news.iter().map(|one| one.tenant).collect();
        for tenant in tenants {
            let kept = self.kept_webhooks(tenant).await?.into_iter();
            let enabled = kept.filter(|(_, _, kept)| kept.webhook.enabled());
            listeners.insert(tenant, enabled.map(|(id, _, kept)| (id, kept)).collect());
        }
        let told: Vec<&Tidings> = news
            .iter()
            .filter(|one| one.event.told() && !listeners[&one.tenant].is_empty())
            .collect();
        let mut names: Vec<(TenantId, CallbackId)> =
            told.iter().map(|one| (one.tenant, one.callback)).collect();
        names.dedup();
        // Of one that cannot be read nobody can be told anything; whoever mends it finds its events in its history.
        let found = self.read_each(&names).await?.into_iter().filter_map(Result::ok).flatten();
        let callbacks: HashMap<CallbackId, Callback> =
            found.map(|callback| (callback.id, callback)).collect();
        let now = self.now();
        let mut parcels = Vec::new();
        for one in told {
            // One that was erased meanwhile is nobody's business any more.
            let Some(callback) = callbacks.get(&one.callback) else { continue };
            let (event, body) = message(callback, one);
            let wanted = listeners[&one.tenant].iter();
            let wanted =
                wanted.filter(|(_, kept)| kept.webhook.wants(&callback.service, &one.event));
            for (webhook, _) in wanted {
                parcels.push(Parcel {
                    key: DeliveryKey {
                        tenant: one.tenant,
                        webhook: *webhook,
                        callback: one.callback,
                        revision: one.event.revision,
                    },
                    id: self.ports.ids.record(),
                    event: event.clone(),
                    body: body.clone(),
                    since: now,
                });
            }
        }
        let keys: Vec<_> = news.iter().map(Tidings::key).collect();
        self.ports.deliveries.spread(&keys, &parcels, now).await?;
        Ok(news.len())
    }

    /// The webhooks of leased deliveries, each read once; one that cannot be read spoils no other.
    async fn kept_of(
        &self,
        leased: &[LeasedParcel],
    ) -> Result<HashMap<Name, Option<Result<Kept, Fault>>>, Fault> {
        let names: BTreeSet<Name> =
            leased.iter().map(|it| (it.parcel.key.tenant, it.parcel.key.webhook)).collect();
        let mut kept = HashMap::new();
        for name in names {
            let record = self.ports.records.get(&key(name.0, name.1)).await?;
            kept.insert(name, record.map(|record| Kept::read(&record.document)));
        }
        Ok(kept)
    }

    /// Makes one delivery, and says what becomes of it.
    async fn deliver(
        &self,
        hooks: &dyn Hooks,
        leased: &LeasedParcel,
        kept: Option<&Result<Kept, Fault>>,
    ) -> ParcelSettlement {
        let parcel = &leased.parcel;
        let settled =
            |fate, tried| ParcelSettlement { key: parcel.key, lease: leased.lease, fate, tried };
        let now = self.now();
        let given_up = |why: &str| {
            let error = Some(why.to_owned());
            settled(ParcelFate::Failed, Some(Tried { at: now, status: None, took_ms: 0, error }))
        };
        let mends = || settled(ParcelFate::Again(now + MENDED_WITHIN), None);
        let kept = match kept {
            None => return given_up("the webhook was removed"),
            Some(Ok(kept)) => kept,
            Some(Err(fault)) => {
                tracing::error!(tenant = %parcel.key.tenant, webhook = %parcel.key.webhook,
                    error = ?fault.source, "a webhook cannot be read, and is told nothing");
                return mends();
            }
        };
        if !kept.webhook.enabled() {
            return given_up("the webhook is disabled");
        }
        let name = (parcel.key.tenant, parcel.key.webhook);
        if self.herald.with(name, |breaker| breaker.pass(now)) == Passage::Barred {
            return settled(ParcelFate::Again(now + Breaker::REST), None);
        }
        let secrets = match self.secrets(name.0, name.1, kept, now) {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::error!(tenant = %name.0, webhook = %name.1, %error,
                    "a webhook's secret cannot be opened, and it is told nothing");
                return mends();
            }
        };
        let url = kept.webhook.url.clone();
        let call = HookCall { url, id: parcel.id, at: now, body: parcel.body.clone(), secrets };
        let answer = hooks.call(&call).await;
        let now = self.now();
        let seed = parcel.id.uuid().as_u64_pair().1;
        let status = answer.status.ok();
        let verdict = judge(status, leased.tries + 1, parcel.since, answer.wait, seed, now);
        self.herald.with(name, |breaker| match verdict {
            Verdict::Heard => breaker.succeeded(),
            Verdict::Again(_) | Verdict::Gone | Verdict::Deaf => breaker.failed(now),
        });
        self.mark(name, kept, verdict, now).await;
        let fate = match verdict {
            Verdict::Heard => ParcelFate::Delivered,
            Verdict::Again(at) => ParcelFate::Again(at),
            Verdict::Gone | Verdict::Deaf => ParcelFate::Failed,
        };
        count(name.0, fate);
        settled(fate, Some(tried(&answer, now)))
    }

    /// Notes on the webhook that it fails, that it does not any more, or that it is disabled; only where that is new.
    async fn mark(&self, name: Name, kept: &Kept, verdict: Verdict, now: Timestamp) {
        let (failing, disabled) = match verdict {
            Verdict::Heard => (None, None),
            Verdict::Again(_) => (Some(kept.webhook.failing_since.unwrap_or(now)), None),
            Verdict::Gone => (None, Some("it answered that it is gone (410)")),
            Verdict::Deaf => (kept.webhook.failing_since, Some("it failed for three days")),
        };
        if failing == kept.webhook.failing_since && disabled.is_none() {
            return;
        }
        if let Err(fault) = self.marked(name, failing, disabled, now).await {
            tracing::info!(
                peer = fault.peer,
                fault.kind = fault.kind.as_str(),
                "how a webhook fares is noted later"
            );
        }
    }

    async fn marked(
        &self,
        name: Name,
        failing: Option<Timestamp>,
        disabled: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let at = key(name.0, name.1);
        let Some(record) = self.ports.records.get(&at).await? else { return Ok(()) };
        let mut kept = Kept::read(&record.document)?;
        let known = kept.webhook.failing_since == failing
            || failing.is_some() == kept.webhook.failing_since.is_some();
        if known && (disabled.is_none() || !kept.webhook.enabled()) {
            return Ok(());
        }
        kept.webhook.failing_since = failing;
        if let Some(reason) = disabled {
            kept.webhook.standing = Standing::Disabled { at: now, reason: reason.to_owned() };
        }
        match self.ports.records.put(&at, &kept.document()?, record.revision).await {
            Ok(_) => {
                if let Some(reason) = disabled {
                    let tenant = name.0.to_string();
                    metrics::counter!("ges_webhooks_disabled_total", "tenant" => tenant)
                        .increment(1);
                    tracing::error!(tenant = %name.0, webhook = %name.1, reason,
                        "a webhook is disabled");
                } else if failing.is_some() {
                    tracing::warn!(tenant = %name.0, webhook = %name.1, "a webhook fails");
                } else {
                    tracing::info!(tenant = %name.0, webhook = %name.1, "a webhook listens again");
                }
                Ok(())
            }
            // Somebody else wrote: the next try finds out what is still to be noted.
            Err(RecordError::Changed { .. }) => Ok(()),
            Err(RecordError::Fault(fault)) => Err(fault),
        }
    }
}

fn tried(answer: &HookAnswer, at: Timestamp) -> Tried {
    let (status, error) = match answer.status {
        Ok(status) => (Some(status), None),
        Err(trouble) => (None, Some(trouble.to_string())),
    };
    Tried { at, status, took_ms: answer.took_ms, error }
}

fn count(tenant: TenantId, fate: ParcelFate) {
    let outcome = match fate {
        ParcelFate::Delivered => "delivered",
        ParcelFate::Again(_) => "retried",
        ParcelFate::Failed => "failed",
    };
    let tenant = tenant.to_string();
    metrics::counter!("ges_webhook_deliveries_total", "tenant" => tenant, "outcome" => outcome)
        .increment(1);
}

/// The kind of an event and its message: what the listener needs to find the callback and to know what became of it.
/// No number, no name of a person, nothing of the customer's data.
fn message(callback: &Callback, news: &Tidings) -> (String, String) {
    let event = &news.event;
    let kind = format!("callback.{}", event.to.as_str().to_ascii_lowercase());
    let by = match &event.by {
        Actor::Api => "api",
        Actor::User(_) => "user",
        Actor::Session => "session",
        Actor::Flow => "flow",
        Actor::System => "system",
    };
    let mut data = json!({
        "id": callback.id.to_string(),
        "revision": event.revision.number(),
        "serviceName": callback.service.as_str(),
        "virtualQueue": callback.queue.as_str(),
        "callbackState": event.to.as_str(),
        "desiredTime": format_utc(news.desired_at),
        "change": event.what,
        "by": by,
    });
    let mut set = |name: &str, value: Option<Value>| {
        if let (Some(value), Some(object)) = (value, data.as_object_mut()) {
            object.insert(name.to_owned(), value);
        }
    };
    set("previousState", event.from.map(|state| state.as_str().into()));
    set("callbackReason", event.reason.as_ref().map(|reason| reason.as_str().into()));
    set("attempt", event.attempt.map(|attempt| attempt.number().into()));
    let message = json!({"type": kind, "timestamp": format_utc(event.at), "data": data});
    (kind, message.to_string())
}
