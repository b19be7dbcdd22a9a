//! The neighbours of identity, and those that are asked on a tenant's own account.

use std::sync::Arc;

use anyhow::Context as _;
use ges_auth::{Gws, Local};
use ges_fcm::Fcm;
use ges_ports::{ApiKeys, Credentials, Humans, People, Push, Statistics, Tenants};
use ges_recaptcha::Recaptcha;
use ges_statistics::StatisticsService;

use super::clients::Clients;
use crate::config::{AuthMode, Config};
use crate::first_start;

/// Who people, programs and tenants are.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) api_keys: Arc<dyn ApiKeys>,
    pub(crate) tenants: Arc<dyn Tenants>,
    pub(crate) people: Arc<dyn People>,
    /// The file, where that is the source.
    pub(crate) local: Option<Local>,
    /// The platform, where that is the source.
    pub(crate) gws: Option<Gws>,
}

impl Identity {
    fn of<T>(source: T, local: Option<Local>, gws: Option<Gws>) -> Self
    where
        T: Credentials + ApiKeys + Tenants + People + 'static,
    {
        let source = Arc::new(source);
        Self {
            credentials: source.clone(),
            api_keys: source.clone(),
            tenants: source.clone(),
            people: source,
            local,
            gws,
        }
    }
}

/// Opens the source of keys, people and tenants that the configuration names.
pub(crate) fn identity(config: &Config, clients: &Clients) -> anyhow::Result<Identity> {
    match config.auth.mode {
        AuthMode::Local => {
            let local = first_start::access(config)?;
            Ok(Identity::of(local.clone(), Some(local), None))
        }
        AuthMode::Gws => {
            let gws = platform(config, clients)?;
            Ok(Identity::of(gws.clone(), None, Some(gws)))
        }
    }
}

/// The way to the platform's services.
pub(crate) fn platform(config: &Config, clients: &Clients) -> anyhow::Result<Gws> {
    let gws = config.auth.gws();
    let client = gws.tune(clients.builder()).build().context("the client of the platform")?;
    Gws::new(gws, &client).context("auth")
}

/// Whom tenants have accounts with.
pub(crate) struct Accounts {
    pub(crate) push: Arc<dyn Push>,
    pub(crate) humans: Arc<dyn Humans>,
    /// None where no address is configured.
    pub(crate) statistics: Option<Arc<dyn Statistics>>,
}

/// Opens the ways to those whom tenants have accounts with; nobody is asked before a tenant has one.
pub(crate) fn accounts(config: &Config, clients: &Clients) -> anyhow::Result<Accounts> {
    let push =
        config.fcm.tune(clients.builder()).build().context("the client of the push service")?;
    let humans = config.recaptcha.tune(clients.builder()).build();
    let humans = humans.context("the client of the captcha service")?;
    let statistics = if config.statistics.url.is_some() {
        let client = config.statistics.tune(clients.builder()).build();
        let client = client.context("the client of the statistics service")?;
        let service = StatisticsService::new(config.statistics.clone(), client);
        Some(Arc::new(service) as Arc<dyn Statistics>)
    } else {
        None
    };
    Ok(Accounts {
        push: Arc::new(Fcm::new(config.fcm.clone(), push)),
        humans: Arc::new(Recaptcha::new(config.recaptcha.clone(), humans)),
        statistics,
    })
}
