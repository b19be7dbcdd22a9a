//! Webhooks as their owners see them: made, changed, tried out, looked at.
//!
//! Apart from telling them anything ([`crate::herald`]): here somebody waits for an answer.

use ges_domain::callback::State;
use ges_domain::id::{RecordId, Revision, TenantId};
use ges_domain::name::ServiceName;
use ges_domain::time::{Timestamp, format_utc};
use ges_domain::webhook::{MOST, OLD_SECRET_SIGNS, Standing, Webhook};
use ges_ports::{
    Fault, HookAnswer, HookCall, Hooks, LoggedParcel, ParcelCounts, ParcelCursor, Purpose,
    RecordError, RecordKey, RecordName, SealError, Sealed, Secret, UnfitHook, WEBHOOKS,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::App;

/// Why a webhook was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookFailure {
    /// There is none of this name.
    #[error("there is no such webhook")]
    Unknown,
    /// The tenant has as many as it may have.
    #[error("a tenant has at most {MOST} webhooks")]
    TooMany,
    /// The address is not one for a webhook.
    #[error("the address {0}")]
    Unfit(#[from] UnfitHook),
    /// Another revision stands than the one that was expected.
    #[error("the webhook changed meanwhile")]
    Changed(Box<WebhookRow>),
    /// This installation calls no webhooks.
    #[error("no webhooks are called here")]
    Off,
    /// A neighbour is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

/// What somebody wants a webhook to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedWebhook {
    /// The address.
    pub url: String,
    /// What is said of it.
    pub description: Option<String>,
    /// The states whose beginning is told; empty is any.
    pub states: Vec<State>,
    /// The services whose callbacks are told of; empty is any.
    pub services: Vec<ServiceName>,
    /// Whether it is called; none leaves it as it is.
    pub enabled: Option<bool>,
}

/// A webhook as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// Its name.
    pub id: RecordId,
    /// What it is.
    pub webhook: Webhook,
    /// How often it was written.
    pub revision: Revision,
    /// How its deliveries fare.
    pub counts: ParcelCounts,
}

/// A webhook as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) webhook: Webhook,
    /// The sealed secret.
    secret: String,
    /// The secret before it, and until when it signs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<Old>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Old {
    secret: String,
    until: Timestamp,
}

impl Kept {
    pub(crate) fn read(document: &str) -> Result<Self, Fault> {
        // The cause is left out: it may quote the document.
        serde_json::from_str(document)
            .map_err(|_quotes| Fault::misbehaved("store", "a webhook cannot be read"))
    }

    pub(crate) fn document(&self) -> Result<String, Fault> {
        serde_json::to_string(self)
            .map_err(|_quotes| Fault::misbehaved("store", "a webhook cannot be written"))
    }
}

pub(crate) fn key(tenant: TenantId, id: RecordId) -> RecordKey {
    let name = RecordName::parse(&id.to_string()).expect("a UUID is a short name");
    RecordKey { tenant, kind: WEBHOOKS, name }
}

impl App {
    /// A tenant's webhooks in the order in which they were made.
    pub async fn webhooks(&self, tenant: TenantId) -> Result<Vec<WebhookRow>, WebhookFailure> {
        let mut rows = Vec::new();
        for (id, revision, kept) in self.kept_webhooks(tenant).await? {
            let counts = self.ports.deliveries.counts(tenant, id).await?;
            rows.push(WebhookRow { id, webhook: kept.webhook, revision, counts });
        }
        rows.sort_by_key(|row| (row.webhook.created_at, row.id));
        Ok(rows)
    }

    /// One webhook.
    pub async fn webhook(
        &self,
        tenant: TenantId,
        id: RecordId,
    ) -> Result<WebhookRow, WebhookFailure> {
        let (revision, kept) = self.kept_webhook(tenant, id).await?;
        self.row(tenant, id, revision, kept).await
    }

    /// Makes a webhook; answers it with the secret that signs what it is told, which is not shown again.
    pub async fn add_webhook(
        &self,
        tenant: TenantId,
        wanted: WantedWebhook,
    ) -> Result<(WebhookRow, Secret), WebhookFailure> {
        self.hooks()?.fit(&wanted.url)?;
        if self.kept_webhooks(tenant).await?.len() >= MOST {
            return Err(WebhookFailure::TooMany);
        }
        let now = self.now();
        let id = self.ports.ids.record();
        let (secret, sealed) = self.new_secret(tenant, id);
        let webhook = written(
            Webhook {
                url: String::new(),
                description: None,
                states: Vec::new(),
                services: Vec::new(),
                standing: Standing::Enabled,
                failing_since: None,
                created_at: now,
            },
            wanted,
            now,
        );
        let kept = Kept { webhook, secret: sealed, old: None };
        let revision = self.put(tenant, id, &kept, Revision::NONE).await?;
        Ok((self.row(tenant, id, revision, kept).await?, secret))
    }

    /// Makes a webhook another than it was.
    pub async fn change_webhook(
        &self,
        tenant: TenantId,
        id: RecordId,
        wanted: WantedWebhook,
        expected: Revision,
    ) -> Result<WebhookRow, WebhookFailure> {
        self.hooks()?.fit(&wanted.url)?;
        let (_, mut kept) = self.kept_webhook(tenant, id).await?;
        kept.webhook = written(kept.webhook, wanted, self.now());
        let revision = self.put(tenant, id, &kept, expected).await?;
        self.row(tenant, id, revision, kept).await
    }

    /// Takes a webhook away; what it has yet to hear it never hears.
    pub async fn remove_webhook(
        &self,
        tenant: TenantId,
        id: RecordId,
        expected: Revision,
    ) -> Result<(), WebhookFailure> {
        self.kept_webhook(tenant, id).await?;
        match self.ports.records.remove(&key(tenant, id), expected).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.stands(tenant, id, error).await),
        }
    }

    /// Gives a webhook another secret; for a day the old one signs too.
    pub async fn rotate_webhook(
        &self,
        tenant: TenantId,
        id: RecordId,
    ) -> Result<Secret, WebhookFailure> {
        let (revision, mut kept) = self.kept_webhook(tenant, id).await?;
        let (secret, sealed) = self.new_secret(tenant, id);
        let until = self.now().saturating_add(OLD_SECRET_SIGNS).unwrap_or(Timestamp::MAX);
        kept.old = Some(Old { secret: std::mem::replace(&mut kept.secret, sealed), until });
        self.put(tenant, id, &kept, revision).await?;
        Ok(secret)
    }

    /// Calls a webhook once with a message that is about nothing, whether it is enabled or not.
    pub async fn try_webhook(
        &self,
        tenant: TenantId,
        id: RecordId,
    ) -> Result<HookAnswer, WebhookFailure> {
        let (_, kept) = self.kept_webhook(tenant, id).await?;
        let now = self.now();
        let body = serde_json::json!({
            "type": "webhook.test", "timestamp": format_utc(now), "data": {"webhook": id.to_string()},
        });
        let call = HookCall {
            url: kept.webhook.url.clone(),
            id: self.ports.ids.record(),
            at: now,
            body: body.to_string(),
            secrets: self.secrets(tenant, id, &kept, now).map_err(sealed)?,
        };
        Ok(self.hooks()?.call(&call).await)
    }

    /// The log of a webhook's deliveries, newest first.
    pub async fn webhook_log(
        &self,
        tenant: TenantId,
        id: RecordId,
        after: Option<ParcelCursor>,
        limit: u16,
    ) -> Result<Vec<LoggedParcel>, WebhookFailure> {
        self.kept_webhook(tenant, id).await?;
        Ok(self.ports.deliveries.log(tenant, id, after, limit).await?)
    }

    /// Lets a delivery that was heard or given up be made again.
    pub async fn redeliver(
        &self,
        tenant: TenantId,
        id: RecordId,
        delivery: RecordId,
    ) -> Result<(), WebhookFailure> {
        self.kept_webhook(tenant, id).await?;
        let again = self.ports.deliveries.resend(tenant, id, delivery, self.now()).await?;
        if again { Ok(()) } else { Err(WebhookFailure::Unknown) }
    }

    /// The secrets that sign what a webhook is told now, the newest first.
    pub(crate) fn secrets(
        &self,
        tenant: TenantId,
        id: RecordId,
        kept: &Kept,
        now: Timestamp,
    ) -> Result<Vec<Secret>, SealError> {
        let open = |text: &String| {
            self.ports.seals.open(tenant, Purpose::Webhook(id), &Sealed::new(text.clone()))
        };
        let mut secrets = vec![open(&kept.secret)?];
        // An old secret whose key was taken away meanwhile signs no more: the new one does.
        let old = kept.old.as_ref().filter(|old| now < old.until);
        secrets.extend(old.and_then(|old| open(&old.secret).ok()));
        Ok(secrets)
    }

    pub(crate) async fn kept_webhooks(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<(RecordId, Revision, Kept)>, Fault> {
        let page = u16::try_from(2 * MOST).unwrap_or(u16::MAX);
        let records = self.ports.records.list(tenant, WEBHOOKS, None, page).await?;
        let mut kept = Vec::new();
        for record in records {
            let Ok(id) = record.name.as_str().parse() else { continue };
            match Kept::read(&record.document) {
                Ok(read) => kept.push((id, record.revision, read)),
                Err(fault) => {
                    tracing::error!(%tenant, webhook = %id, error = ?fault.source,
                        "a webhook cannot be read, and is told nothing");
                }
            }
        }
        Ok(kept)
    }

    fn hooks(&self) -> Result<&Arc<dyn Hooks>, WebhookFailure> {
        self.ports.hooks.as_ref().ok_or(WebhookFailure::Off)
    }

    async fn kept_webhook(
        &self,
        tenant: TenantId,
        id: RecordId,
    ) -> Result<(Revision, Kept), WebhookFailure> {
        let found = self.ports.records.get(&key(tenant, id)).await?;
        let record = found.ok_or(WebhookFailure::Unknown)?;
        Ok((record.revision, Kept::read(&record.document)?))
    }

    async fn row(
        &self,
        tenant: TenantId,
        id: RecordId,
        revision: Revision,
        kept: Kept,
    ) -> Result<WebhookRow, WebhookFailure> {
        let counts = self.ports.deliveries.counts(tenant, id).await?;
        Ok(WebhookRow { id, webhook: kept.webhook, revision, counts })
    }

    async fn put(
        &self,
        tenant: TenantId,
        id: RecordId,
        kept: &Kept,
        expected: Revision,
    ) -> Result<Revision, WebhookFailure> {
        match self.ports.records.put(&key(tenant, id), &kept.document()?, expected).await {
            Ok(revision) => Ok(revision),
            Err(error) => Err(self.stands(tenant, id, error).await),
        }
    }

    /// The failure of a write that came too late, with what stands now.
    async fn stands(&self, tenant: TenantId, id: RecordId, error: RecordError) -> WebhookFailure {
        match error {
            RecordError::Fault(fault) => fault.into(),
            RecordError::Changed { .. } => match self.webhook(tenant, id).await {
                Ok(row) => WebhookFailure::Changed(Box::new(row)),
                Err(failure) => failure,
            },
        }
    }

    fn new_secret(&self, tenant: TenantId, id: RecordId) -> (Secret, String) {
        let secret = Secret::new(format!("whsec_{}", base64(&self.ports.chance.draw())));
        let sealed = self.ports.seals.seal(tenant, Purpose::Webhook(id), &secret);
        (secret, sealed.as_str().to_owned())
    }
}

fn written(mut webhook: Webhook, wanted: WantedWebhook, now: Timestamp) -> Webhook {
    let WantedWebhook { url, description, states, services, enabled } = wanted;
    if url != webhook.url {
        // Another server has failed nobody yet.
        webhook.failing_since = None;
    }
    let disabled = |webhook: &Webhook| match &webhook.standing {
        Standing::Disabled { at, reason } => (*at, reason.clone()),
        Standing::Enabled => (now, String::from("disabled by its owner")),
    };
    match enabled {
        Some(true) if !webhook.enabled() => {
            webhook.standing = Standing::Enabled;
            webhook.failing_since = None;
        }
        Some(false) => {
            let (at, reason) = disabled(&webhook);
            webhook.standing = Standing::Disabled { at, reason };
        }
        Some(true) | None => {}
    }
    Webhook { url, description, states, services, ..webhook }
}

fn sealed(error: SealError) -> WebhookFailure {
    Fault::misbehaved("store", error).into()
}

/// Thirty-two bytes as the scheme writes a secret: base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..4 {
            let digit = DIGITS[((bits >> (18 - 6 * place)) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_as_base64_is() {
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64(&[0xff; 32]).len(), 44);
    }
}
