//! The way from a name to addresses that may be called. Connections are made to what it lets through and to nothing else,
//! so a name that leads elsewhere a moment later leads nobody astray.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use ges_domain::webhook::Reach;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What a name leads to, as far as somebody says so who knows names.
type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

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
    names: Box<dyn Fn(&str) -> Lookup + Send + Sync>,
}

impl Door {
    /// A door on the system's names.
    pub(crate) fn new(reach: Reach) -> Arc<Self> {
        Self::on(reach, |name| {
            let asked = (name.to_owned(), 0);
            Box::pin(async move { Ok(tokio::net::lookup_host(asked).await?.collect()) })
        })
    }

    fn on(reach: Reach, names: impl Fn(&str) -> Lookup + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { reach: Arc::new(reach), names: Box::new(names) })
    }
}

impl Resolve for Door {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = Arc::clone(&self.reach);
        let found = (self.names)(name.as_str());
        Box::pin(async move {
            let found = found.await.map_err(|_quotes| NoWay::Unknown)?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A door on names whose owner answers something else each time.
    fn door(answers: &'static [&'static [&'static str]]) -> Arc<Door> {
        let asked = AtomicUsize::new(0);
        Door::on(Reach { allowed: Vec::new() }, move |_name| {
            let answer = answers[asked.fetch_add(1, Ordering::SeqCst)];
            let found = answer.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0));
            Box::pin(std::future::ready(Ok(found.collect())))
        })
    }

    /// Where a connection would go.
    async fn ways(door: &Door) -> Result<Vec<String>, String> {
        let name = "hooks.example".parse().unwrap();
        let found = door.resolve(name).await.map_err(|refused| refused.to_string())?;
        Ok(found.map(|way| way.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn a_name_that_is_moved_inside_between_two_calls_leads_nowhere() {
        let door = door(&[&["93.184.216.34"], &["127.0.0.1"], &["::ffff:10.0.0.1"], &[]]);
        assert_eq!(ways(&door).await, Ok(vec![String::from("93.184.216.34")]));
        for _moved in 0..2 {
            assert_eq!(ways(&door).await, Err(NoWay::Refused.to_string()));
        }
        assert_eq!(ways(&door).await, Err(NoWay::Unknown.to_string()));
    }

    #[tokio::test]
    async fn of_a_name_with_many_addresses_those_inside_are_left_out() {
        let door = door(&[&["169.254.169.254", "93.184.216.34", "::1", "fd00::1"]]);
        assert_eq!(ways(&door).await, Ok(vec![String::from("93.184.216.34")]));
    }
}
