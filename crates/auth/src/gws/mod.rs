//! The platform's services, as one adapter: Genesys Authentication, the Environment and the Configuration service.
//!
//! They are one because none is of use alone: the second and third are asked with a token of the first, and a person
//! is what the first and third say together.

mod addresses;
mod config;
mod configuration;
mod environment;
mod gauth;
mod peer;
mod people;
mod remembered;
mod roles;
mod service;
mod tokens;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::time::Timestamp;
use ges_ports::{ApiKey, ApiKeys, Credentials, Fault, KeyRef, NamedKey, Tenant, Tenants};
use reqwest::Client;

pub use config::{Config, ConfigurationConfig, EnvironmentConfig, GauthConfig, RbacConfig};
pub use peer::Health;

use configuration::Configuration;
use environment::Environment;
use gauth::Gauth;
use peer::{Call, Peer};
use service::Service;
use tokens::Tokens;

/// How many tenants one step of [`Gws::refresh`] reads again.
const STEP: usize = 100;

/// The platform's services.
#[derive(Clone, Debug)]
pub struct Gws {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    peers: [Arc<Peer>; 3],
    gauth: Gauth,
    environment: Environment,
    configuration: Configuration,
}

/// Why the adapter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The client's secret cannot be read.
    #[error("auth.gauth.client_secret cannot be read")]
    Secret(#[from] std::io::Error),
    /// The client's secret is not given.
    #[error("auth.gauth.client_secret is empty")]
    NoSecret,
    /// An address below which nothing can be asked.
    #[error("auth.{0}.url is not an http or https address")]
    Address(&'static str),
}

/// What a harmless question to a service found out.
#[derive(Debug)]
pub struct Probe {
    /// The service: `gauth`, `environment` or `configuration`.
    pub peer: &'static str,
    /// Its address.
    pub address: String,
    /// What it said, in words for people.
    pub found: Result<String, Fault>,
}

/// What a step of refreshing did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Tenants that were read again.
    pub read: usize,
    /// Tenants that could not be read; their last good copies stand.
    pub failed: usize,
    /// Tenants that are due but were left for the next step.
    pub left: usize,
}

impl Gws {
    /// The adapter; reads the client's secret and asks nobody.
    ///
    /// Every metric that this adapter counts exists from here on.
    pub fn new(config: Config, client: &Client) -> Result<Self, ConfigError> {
        let Config { gauth, environment, configuration, rbac } = config;
        let peer = |name, url: &url::Url, total_ms| {
            let speakable = matches!(url.scheme(), "http" | "https") && url.has_host();
            let peer = || Arc::new(Peer::new(name, client.clone(), url.clone(), total_ms));
            speakable.then(peer).ok_or(ConfigError::Address(name))
        };
        let peers = [
            peer("gauth", &gauth.url, gauth.timeout_ms.get())?,
            peer("environment", &environment.url, environment.timeout_ms.get())?,
            peer("configuration", &configuration.url, configuration.timeout_ms.get())?,
        ];
        let secret = gauth.client_secret.read()?;
        if secret.expose().is_empty() {
            return Err(ConfigError::NoSecret);
        }
        for name in
            ["GWS_SERVER_ERROR", "GWS_INCORRECT_CLIENT_CREDENTIALS", "RBAC_CREATE_VQ_PROXY_ERROR"]
        {
            metrics::counter!(name).increment(0);
        }
        let [first, second, third] = peers.each_ref().map(Arc::clone);
        let tokens = Arc::new(Tokens::new(Arc::clone(&first), &gauth.client_id, &secret));
        let public = gauth.public_url.unwrap_or(gauth.url);
        let service = |peer| Service::new(peer, Arc::clone(&tokens));
        let inner = Inner {
            environment: Environment::new(service(second), environment),
            configuration: Configuration::new(service(third), rbac),
            gauth: Gauth::new(
                first,
                Arc::clone(&tokens),
                public,
                gauth.designer_clients,
                gauth.bearer_clients,
            ),
            peers,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// How the three services fare: `GWS_AUTH_STATUS`, `GWS_ENV_STATUS` and `GWS_CONFIG_STATUS`, in this order.
    pub fn health(&self) -> [Health; 3] {
        self.inner.peers.each_ref().map(|peer| peer.health())
    }

    /// Asks whoever is down whether it is back, so that no gauge waits for somebody to sign in.
    pub async fn look_after(&self, now: Timestamp) {
        for peer in &self.inner.peers {
            if peer.health().down {
                let call = Call { operation: "ping", path: &["health"], ..Call::default() };
                // Any answer will do, and its health is taken down on the way.
                drop(peer.ask(&call, now).await);
            }
        }
    }

    /// Asks each service something harmless that a real request would ask too.
    pub async fn probe(&self, now: Timestamp) -> [Probe; 3] {
        let Inner { peers, gauth, environment, configuration } = &*self.inner;
        let name = gauth.tokens.client_id();
        let token = gauth.tokens.own(now).await;
        let token = token.map(|_| format!("gave the client {name} a token"));
        let listed = environment.list(now).await;
        let first = listed.as_ref().ok().and_then(|ids| ids.first().copied());
        let listed = listed.map(|ids| format!("knows {} contact centres", ids.len()));
        let guarded = match first {
            Some(tenant) => configuration.guarded(tenant, now).await.map(|queues| {
                format!("keeps {} queues of the first contact centre apart", queues.len())
            }),
            None => Ok(String::from("was not asked: no contact centre is known")),
        };
        let mut found = [token, listed, guarded].into_iter();
        peers.each_ref().map(|peer| {
            let found = found.next().expect("there are three answers for three services");
            let Health { peer, address, .. } = peer.health();
            Probe { peer, address, found: found.map_err(Fault::from) }
        })
    }

    /// Reads tenants again whose copies are old, a hundred at the most: a step for a loop, and for the start.
    pub async fn refresh(&self, now: Timestamp) -> Result<Refreshed, Fault> {
        let environment = &self.inner.environment;
        let mut due = environment.list(now).await?;
        due.retain(|id| !environment.fresh(*id, now));
        let mut done = Refreshed { left: due.len().saturating_sub(STEP), ..Refreshed::default() };
        for id in due.into_iter().take(STEP) {
            match environment.refetch(id, now).await {
                Ok(_) => done.read += 1,
                Err(trouble) => {
                    done.failed += 1;
                    tracing::warn!(tenant = %id, error = %trouble.error, "a tenant cannot be read");
                }
            }
        }
        Ok(done)
    }

    /// The tenants that this node has a copy of, by their ids.
    pub fn tenants(&self) -> Vec<TenantId> {
        self.inner.environment.ids()
    }

    /// Has queues kept for those who may read them: gives each a proxy object where it has none. Those for which that
    /// failed come back; everybody sees them.
    pub async fn guard(
        &self,
        tenant: TenantId,
        queues: &BTreeSet<QueueName>,
        now: Timestamp,
    ) -> Result<BTreeSet<QueueName>, Fault> {
        Ok(self.inner.configuration.guard(tenant, queues, now).await?)
    }
}

#[async_trait]
impl Credentials for Gws {
    async fn identify(&self, key: &ApiKey, now: Timestamp) -> Result<Option<TenantId>, Fault> {
        Ok(self.inner.environment.owner(key, now).await?)
    }
}

#[async_trait]
impl Tenants for Gws {
    async fn find(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        Ok(self.inner.environment.tenant(id, now).await?)
    }

    async fn refetch(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, Fault> {
        Ok(self.inner.environment.refetch(id, now).await?)
    }

    fn known(&self, id: TenantId) -> Option<Arc<Tenant>> {
        self.inner.environment.known(id)
    }

    fn any_welcomes(&self, origin: &str) -> bool {
        self.inner.environment.any_welcomes(origin)
    }
}

#[async_trait]
impl ApiKeys for Gws {
    async fn named(&self, _tenant: TenantId) -> Result<Option<Vec<NamedKey>>, Fault> {
        Ok(None)
    }

    async fn assign(
        &self,
        tenant: TenantId,
        _name: &str,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        Ok(self.inner.environment.assign(tenant, key, now).await?)
    }

    async fn unassign(
        &self,
        tenant: TenantId,
        key: &KeyRef,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        match key {
            KeyRef::Key(key) => Ok(self.inner.environment.unassign(tenant, key, now).await?),
            KeyRef::Name(_) => Ok(false),
        }
    }
}
