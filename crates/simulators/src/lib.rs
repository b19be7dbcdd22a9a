#![doc = include_str!("../README.md")]

pub mod centre;
mod clock;
pub mod designer;
mod draw;
pub mod environment;
pub mod fcm;
mod floor;
pub mod gauth;
pub mod gws;
pub mod listener;
pub mod ors;
mod progress;
pub mod proxy;
pub mod realm;
pub mod recaptcha;
mod span;
pub mod urs;
mod wire;

pub use clock::Clock;
pub use designer::Designer;
pub use environment::Environment;
pub use fcm::Fcm;
pub use floor::Floor;
pub use gauth::Gauth;
pub use gws::Gws;
pub use listener::Listener;
pub use ors::{Ors, OrsConfig};
pub use proxy::Proxy;
pub use realm::Realm;
pub use recaptcha::Recaptcha;
pub use urs::{Urs, UrsConfig};
pub use wire::{Action, Answer, Fault, Neighbour, Peer, Received};

/// A client for the calls that simulators make themselves.
#[expect(clippy::disallowed_methods, reason = "simulators are wired to nothing but the wire")]
fn client() -> reqwest::Client {
    // Whoever came first has installed one; that one serves as well.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(std::time::Duration::from_secs(2))
        .build()
        .expect("a client without certificates of its own can be built")
}
