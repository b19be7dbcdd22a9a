//! GWS behind its one address: the Configuration service and the Statistics service.

mod configuration;
mod statistics;

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

use actix_web::HttpRequest;
use actix_web::web::{Data, ServiceConfig};
use serde_json::Value;

use crate::realm::Grant;
use crate::wire::{Neighbour, Refused, bearer, held};
use crate::{Floor, Realm};

/// A GWS that runs.
pub type Gws = Neighbour<Desk>;

/// The state of a GWS: the realm and the contact centre that it shows, and what a test laid down.
#[derive(Debug)]
pub struct Desk {
    realm: Realm,
    floor: Option<Floor>,
    told: BTreeMap<(String, String), Value>,
    subscriptions: BTreeMap<String, Vec<statistics::Subscribed>>,
}

impl Gws {
    /// Starts a GWS for a realm; its statistics tell of the floor, if there is one. Port 0 takes
    /// a free one.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn start(port: u16, realm: Realm, floor: Option<Floor>) -> io::Result<Self> {
        let clock = realm.clock().clone();
        let (told, subscriptions) = (BTreeMap::new(), BTreeMap::new());
        let desk = Desk { realm, floor, told, subscriptions };
        Self::at("gws", port, &clock, desk, routes)
    }

    /// The realm that it shows.
    pub fn realm(&self) -> Realm {
        self.desk(|desk| desk.realm.clone())
    }

    /// From now on this statistic of this object has this value.
    pub fn tell(&self, object: &str, statistic: &str, value: Value) {
        self.desk(|desk| desk.told.insert((object.to_owned(), statistic.to_owned()), value));
    }
}

type Shared = Data<Mutex<Desk>>;

fn routes(config: &mut ServiceConfig) {
    config.configure(configuration::routes).configure(statistics::routes);
}

/// Whoever holds the request's token.
fn holder(desk: &Shared, request: &HttpRequest) -> Result<Grant, Refused> {
    let realm = held(desk).realm.clone();
    bearer(request).and_then(|token| realm.holder(token)).ok_or_else(Refused::unauthorized)
}
