//! How the tests ask: a client that takes no hint from a redirect and waits for nobody long.

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

/// A client that gives up after five seconds.
pub(crate) fn client() -> Client {
    patient_for(Duration::from_secs(5)).build().unwrap()
}

/// The start of a client that gives up after a span.
pub(crate) fn patient_for(span: Duration) -> ClientBuilder {
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(span)
}
