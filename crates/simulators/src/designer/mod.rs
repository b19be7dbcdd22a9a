//! Designer as the service meets it: a client that publishes a table of callback settings. It has
//! no address of its own.

mod table;

pub use table::{Table, TableError};

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{Clock, client};

/// How Designer shows who it is.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A token of the authentication service.
    Bearer(String),
    /// The secret of a closed cluster, as `x-ges-internal-key`.
    InternalKey(String),
}

/// What a push does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It repeats the revision of the last push.
    StaleRevision,
    /// Its body is larger than 5 MiB.
    Oversized,
    /// It names a tenant that the credential is not for.
    ForeignTenant,
    /// It shows no credential.
    NoCredential,
    /// It is no JSON.
    Malformed,
}

/// What came of a push.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The status of the last try; nothing if none was answered.
    pub status: Option<u16>,
    /// The body of the last try; `Null` if it was no JSON.
    pub body: Value,
    /// How many tries it took.
    pub tries: u32,
    /// The revision that was pushed.
    pub revision: u64,
    /// The key under which it was pushed, the same for all its tries.
    pub idempotency_key: String,
}

impl Pushed {
    /// Was it taken?
    pub fn taken(&self) -> bool {
        self.status == Some(200)
    }
}

/// A Designer of one tenant. It counts revisions on.
#[derive(Debug)]
pub struct Designer {
    client: reqwest::Client,
    clock: Clock,
    url: String,
    tenant: String,
    credential: Credential,
    revision: u64,
}

const FOREIGN_TENANT: &str = "00000000-0000-4000-8000-00000000dead";
/// The waits before the second, third and fourth try.
const WAITS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

impl Designer {
    /// A Designer that pushes to the service at `url` for a tenant; its first revision is 1.
    pub fn new(clock: Clock, url: &str, tenant: &str, credential: Credential) -> Self {
        Self {
            client: client(),
            clock,
            url: url.trim_end_matches('/').to_owned(),
            tenant: tenant.to_owned(),
            credential,
            revision: 0,
        }
    }

    /// Goes on counting behind this revision.
    pub fn continue_from(&mut self, revision: u64) {
        self.revision = revision;
    }

    /// Publishes everything: what is not in the table is gone.
    pub async fn push_full(&mut self, table: &Table) -> Pushed {
        self.push(table, "full", &[], None).await
    }

    /// Publishes what has changed, and what was removed.
    pub async fn push_delta(&mut self, table: &Table, removed: &[&str]) -> Pushed {
        self.push(table, "delta", removed, None).await
    }

    /// Publishes with a mistake.
    pub async fn push_wrongly(&mut self, table: &Table, mistake: Mistake) -> Pushed {
        self.push(table, "delta", &[], Some(mistake)).await
    }

    /// The stored document, and its status.
    ///
    /// # Errors
    /// If no answer comes.
    pub async fn pull(&self) -> reqwest::Result<(u16, Value)> {
        let request = self.client.get(self.address(&self.tenant));
        let response = self.shown(request).timeout(Duration::from_secs(10)).send().await?;
        let status = response.status().as_u16();
        Ok((status, response.json().await.unwrap_or_default()))
    }

    async fn push(
        &mut self,
        table: &Table,
        mode: &str,
        removed: &[&str],
        mistake: Option<Mistake>,
    ) -> Pushed {
        if mistake != Some(Mistake::StaleRevision) {
            self.revision += 1;
        }
        let mut document = json!({
            "table": "CALLBACK_SETTINGS",
            "revision": self.revision,
            "mode": mode,
            "publishedBy": "designer-user",
            "services": table.services,
            "removed": removed,
            "businessHours": table.business_hours,
        });
        if mistake == Some(Mistake::Oversized) {
            document["padding"] = json!("x".repeat(5 * 1024 * 1024 + 1));
        }
        let mut body = document.to_string();
        if mistake == Some(Mistake::Malformed) {
            body.truncate(body.len() / 2);
        }
        let tenant =
            if mistake == Some(Mistake::ForeignTenant) { FOREIGN_TENANT } else { &self.tenant };
        let idempotency_key = self.idempotency_key(mode);
        let mut pushed = Pushed {
            status: None,
            body: Value::Null,
            tries: 0,
            revision: self.revision,
            idempotency_key: idempotency_key.clone(),
        };
        for wait in WAITS.iter().map(Some).chain([None]) {
            let request = self
                .client
                .request(Method::PUT, self.address(tenant))
                .header("content-type", "application/json")
                .header("idempotency-key", &idempotency_key)
                .timeout(Duration::from_secs(30))
                .body(body.clone());
            let request =
                if mistake == Some(Mistake::NoCredential) { request } else { self.shown(request) };
            let answer = request.send().await;
            pushed.tries += 1;
            pushed.status = answer.as_ref().ok().map(|response| response.status().as_u16());
            pushed.body = match answer {
                Ok(response) => said(response).await,
                Err(_) => Value::Null,
            };
            let again = pushed.status.is_none_or(|status| status >= 500);
            match wait {
                Some(wait) if again => self.wait(*wait).await,
                _ => break,
            }
        }
        pushed
    }

    async fn wait(&self, span: Duration) {
        self.clock
            .sleep_until(self.clock.simulated_at(self.clock.wall_ms() + crate::span::millis(span)))
            .await;
    }

    fn shown(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.credential {
            Credential::Bearer(token) => request.bearer_auth(token),
            Credential::InternalKey(key) => request.header("x-ges-internal-key", key),
        }
    }

    fn address(&self, tenant: &str) -> String {
        format!("{}/ges/internal/v1/tenants/{tenant}/callback-settings", self.url)
    }

    /// A UUID that is the same for all tries of one push, and another for the next.
    fn idempotency_key(&self, mode: &str) -> String {
        let mark = if mode == "full" { 0xf } else { 0xd };
        let at = self.clock.wall_ms().unsigned_abs();
        format!(
            "00000000-0000-4{mark:x}00-8000-{:012x}",
            (at << 8 | self.revision & 0xff) & 0xffff_ffff_ffff
        )
    }
}

async fn said(response: Response) -> Value {
    response.json().await.unwrap_or_default()
}
