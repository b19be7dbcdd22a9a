//! The way from a name to addresses that may be called. Connections are made to what it lets through and to nothing else,
//! so a name that leads elsewhere a moment later leads nobody astray.

use std::net::SocketAddr;
use std::sync::Arc;

use ges_domain::webhook::Reach;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why a name leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoWay {
    /// It has no address.
    #[error("the name is not known")]
    Unknown,
    /// It has none that may be called.
    #[error("the name leads to an address that is not public")]
    Refused,
}

pub(crate) struct Door {
    reach: Arc<Reach>,
}

impl Door {
    pub(crate) fn new(reach: Reach) -> Arc<Self> {
        Arc::new(Self { reach: Arc::new(reach) })
    }
}

impl Resolve for Door {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.reach);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(|_quotes| NoWay::Unknown)?.collect();
            if found.is_empty() {
                return Err(NoWay::Unknown.into());
            }
            let open: Vec<_> = found.into_iter().filter(|it| reach.permits(it.ip())).collect();
            if open.is_empty() {
                return Err(NoWay::Refused.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}
