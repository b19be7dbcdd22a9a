//! One question to one node: its address, its bounds, and what can go wrong.

use std::sync::Arc;
use std::time::Duration;

use ges_ports::{Fault, FaultKind, WaitMode, WaitQuery};
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use url::Url;

use crate::config::{Config, NameIn};
use crate::figures::Figures;

/// The most that an answer may hold, in bytes, unpacked.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// The name under which faults, spans and logs speak of this neighbour.
pub(crate) const PEER: &str = "urs";

/// Why there is no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No node may be asked.
    #[error("no node is configured for the tenant, or all failed too often and are left alone")]
    Nobody,
    /// No connection could be made.
    #[error("no connection could be made")]
    Unreachable(#[source] reqwest::Error),
    /// Silence, or an answer that comes too slowly.
    #[error("no whole answer came in time")]
    TimedOut,
    /// The connection ended before the answer did.
    #[error("the connection broke before the answer was whole")]
    Broken(#[source] reqwest::Error),
    /// A status that the contract gives no meaning here.
    #[error("the answer has the status {0}")]
    Status(StatusCode),
    /// More than a few figures need.
    #[error("the answer is larger than {BODY_LIMIT} bytes")]
    TooLarge,
    /// No object of figures.
    #[error("the answer cannot be understood")]
    Unintelligible,
}

impl CallError {
    /// Whether the node is to blame, not the question.
    pub(crate) fn node_failed(&self) -> bool {
        match self {
            Self::Status(status) => !status.is_client_error(),
            Self::Nobody => false,
            Self::Unreachable(_)
            | Self::TimedOut
            | Self::Broken(_)
            | Self::TooLarge
            | Self::Unintelligible => true,
        }
    }

    pub(crate) fn kind(&self) -> FaultKind {
        match self {
            Self::Nobody | Self::Unreachable(_) | Self::Status(StatusCode::SERVICE_UNAVAILABLE) => {
                FaultKind::Unavailable
            }
            Self::TimedOut => FaultKind::TimedOut,
            Self::Broken(_) | Self::Status(_) | Self::TooLarge | Self::Unintelligible => {
                FaultKind::Misbehaved
            }
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> Self {
        // A connection that was not made in time is both; that it was not made says more.
        if error.is_connect() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Broken(error)
        }
    }
}

/// The fault of everybody who waited for the same answer.
pub(crate) fn fault(error: Arc<CallError>) -> Fault {
    Fault::new(PEER, error.kind(), error)
}

/// Asks one address; none says that the router does not know what it was asked about.
pub(crate) async fn figures(
    client: &Client,
    address: Url,
    timeout: Duration,
) -> Result<Option<Figures>, CallError> {
    match body(client, address, timeout).await? {
        (StatusCode::NOT_FOUND, _) => Ok(None),
        (status, body) if status.is_success() => {
            Figures::read(&body).map(Some).ok_or(CallError::Unintelligible)
        }
        (status, _) => Err(CallError::Status(status)),
    }
}

/// Asks one address for anything at all.
pub(crate) async fn sign_of_life(
    client: &Client,
    address: Url,
    timeout: Duration,
) -> Result<(), CallError> {
    let (status, _) = body(client, address, timeout).await?;
    if status.is_success() { Ok(()) } else { Err(CallError::Status(status)) }
}

async fn body(
    client: &Client,
    address: Url,
    timeout: Duration,
) -> Result<(StatusCode, Vec<u8>), CallError> {
    let asked = client.get(address).timeout(timeout).header(ACCEPT, "application/json");
    let mut response = asked.send().await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_LIMIT {
            return Err(CallError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}

/// The address of a question about a queue, for no particular call (`max`) or for one.
pub(crate) fn lvq(base: &Url, call: &str, query: &WaitQuery, config: &Config) -> Url {
    let mut address = base.clone();
    {
        let mut path = address.path_segments_mut().expect("an HTTP address has a path");
        path.pop_if_empty().extend(["urs", "call", call, "lvq"]);
        if config.name_in == NameIn::Path {
            path.push(query.queue.as_str());
        }
    }
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    if config.name_in == NameIn::Query {
        pairs.append_pair("name", query.queue.as_str());
    }
    pairs.append_pair("tenant", config.name_of(query.tenant));
    pairs.append_pair("aqt", aqt(query.mode));
    if config.send_calls_on_hold && query.include_on_hold {
        pairs.append_pair("includeCallsOnHold", "1");
    }
    // Not every reader of addresses takes a plus for a blank; a real plus is `%2B` already.
    address.set_query(Some(&pairs.finish().replace('+', "%20")));
    address
}

/// The address of a node's help.
pub(crate) fn help(base: &Url) -> Url {
    let mut address = base.clone();
    let mut path = address.path_segments_mut().expect("an HTTP address has a path");
    path.pop_if_empty().extend(["urs", "help"]);
    drop(path);
    address
}

/// The router's word for a mode.
const fn aqt(mode: WaitMode) -> &'static str {
    match mode {
        WaitMode::Mode1 => "urs",
        WaitMode::Mode2 => "urs2",
        WaitMode::Mode3 => "stat",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ges_domain::id::TenantId;
    use ges_domain::name::QueueName;
    use uuid::Uuid;

    fn query(queue: &str, mode: WaitMode) -> WaitQuery {
        WaitQuery {
            tenant: TenantId::new(Uuid::nil()),
            queue: QueueName::parse(queue).unwrap(),
            mode,
            include_on_hold: true,
            regions: Vec::new(),
        }
    }

    #[test]
    fn a_question_has_one_of_two_forms_and_the_routers_word_for_its_mode() {
        let query_form = Config::default();
        let path_form =
            Config { name_in: NameIn::Path, send_calls_on_hold: true, ..Config::default() };
        for (config, base, queue, mode, address) in [
            (
                &query_form,
                "http://urs:5580",
                "CB_Sales_VQ",
                WaitMode::Mode2,
                "http://urs:5580/urs/call/max/lvq?name=CB_Sales_VQ&tenant=Environment&aqt=urs2",
            ),
            (
                &query_form,
                "http://urs:5580/",
                "Sales & more+.GQ",
                WaitMode::Mode1,
                "http://urs:5580/urs/call/max/lvq?name=Sales%20%26%20more%2B.GQ&tenant=Environment&aqt=urs",
            ),
            (
                &path_form,
                "http://gate/tenant/",
                "a/b ü?",
                WaitMode::Mode3,
                "http://gate/tenant/urs/call/max/lvq/a%2Fb%20%C3%BC%3F\
                 ?tenant=Environment&aqt=stat&includeCallsOnHold=1",
            ),
        ] {
            let base = Url::parse(base).unwrap();
            assert_eq!(lvq(&base, "max", &query(queue, mode), config).as_str(), address);
        }
        let base = Url::parse("http://urs:5580/").unwrap();
        assert_eq!(help(&base).as_str(), "http://urs:5580/urs/help");
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_the_path() {
        let config = Config { name_in: NameIn::Path, ..Config::default() };
        let base = Url::parse("http://urs:5580").unwrap();
        for name in ["..", "../../start", "x/../../..", "%2e%2e"] {
            let address = lvq(&base, "max", &query(name, WaitMode::Mode1), &config);
            assert!(address.path().starts_with("/urs/call/max/lvq"), "{address}");
        }
    }
}
