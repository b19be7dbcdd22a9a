//! The clients of all neighbours, built in one place: who is trusted, and which way calls leave.

use std::fs;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, ClientBuilder, NoProxy, Proxy};

use crate::config::{Egress, SystemRoots};

/// What all clients have in common.
#[derive(Clone)]
pub(crate) struct Clients {
    proxy: Option<Proxy>,
    roots: Vec<Certificate>,
    only: bool,
}

impl Clients {
    /// Reads what the configuration names.
    pub(crate) fn new(egress: &Egress) -> anyhow::Result<Self> {
        let proxy = match egress.https_proxy.as_str() {
            "" => None,
            address => {
                // The address may hold a password, so no error repeats it.
                let proxy =
                    Proxy::https(address).map_err(|_quoted| anyhow::anyhow!("not an address"));
                let proxy = proxy.context("egress.https_proxy")?;
                Some(proxy.no_proxy(NoProxy::from_string(&egress.no_proxy)))
            }
        };
        let roots = if egress.ca_file.as_os_str().is_empty() {
            Vec::new()
        } else {
            let path = egress.ca_file.display();
            let pem =
                fs::read(&egress.ca_file).with_context(|| format!("egress.ca_file: {path}"))?;
            let roots = Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("egress.ca_file: {path} holds no certificates in PEM"))?;
            if roots.is_empty() {
                bail!("egress.ca_file: {path} holds no certificate in PEM");
            }
            roots
        };
        Ok(Self { proxy, roots, only: egress.system_roots == SystemRoots::Ignored })
    }

    /// A client without a neighbour's own settings.
    #[expect(clippy::disallowed_methods, reason = "clients are built here and handed in")]
    pub(crate) fn builder(&self) -> ClientBuilder {
        let client = reqwest::Client::builder()
            .user_agent(concat!("ges/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Names))
            // What the environment says of proxies was read with the configuration.
            .no_proxy();
        let client = match &self.proxy {
            Some(proxy) => client.proxy(proxy.clone()),
            None => client,
        };
        if self.only {
            client.tls_certs_only(self.roots.clone())
        } else if self.roots.is_empty() {
            client
        } else {
            client.tls_certs_merge(self.roots.clone())
        }
    }
}

/// Names of hosts: looked up by the system, with every failure counted.
struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs),
                Err(error) => {
                    metrics::counter!("DNS_FAILURE").increment(1);
                    Err(error.into())
                }
            }
        })
    }
}
