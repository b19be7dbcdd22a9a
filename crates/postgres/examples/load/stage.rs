//! Nodes on a fresh schema, and what is booked on them.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use ges_contracts::given::{self, SALES};
use ges_domain::booking::{Booking, Request};
use ges_domain::callback::Details;
use ges_domain::catalogue::Catalogue;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::service::{DuplicatePolicy, Service};
use ges_domain::time::Timestamp;
use ges_ports::{Callbacks, Catalogues};
use ges_postgres::testing::{self, Fresh};
use ges_postgres::{Config, Postgres};
use serde_json::{Value, json};

/// Nodes on one schema.
pub(crate) struct Stage {
    pub(crate) nodes: Vec<Arc<Postgres>>,
    schema: String,
    service: Arc<Service>,
}

pub(crate) fn config(url: &str) -> Result<Config, Box<dyn Error>> {
    Ok(Config { url: url.parse()?, ..Config::default() })
}

/// The URL by which connections find a schema.
pub(crate) fn inside(url: &str, schema: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}options=-c%20search_path%3D{schema}")
}

/// A catalogue with one service that sets no bound but those that every booking is asked for.
fn catalogue() -> Catalogue {
    let mut catalogue = given::catalogue(given::tenant(1));
    for entry in catalogue.services.values_mut() {
        entry.settings.capacity_per_slot = ges_domain::capacity::MAX_PLACES;
        entry.settings.duplicate_policy = DuplicatePolicy::MaxTwo;
        entry.settings.max_queued = 10_000_000;
        entry.settings.scxml_url =
            String::from("http://designer.example/workspace/CB_Sales/main.scxml");
        entry.settings.route_point = Some(String::from("9100"));
    }
    catalogue
}

impl Stage {
    pub(crate) async fn raise(url: &str, nodes: u32) -> Result<Self, Box<dyn Error>> {
        let fresh = Fresh::schema(config(url)?).await?;
        let mut running = Vec::new();
        for _ in 0..nodes.max(1) {
            running.push(Arc::new(fresh.node().await?));
        }
        let catalogue = catalogue();
        running[0].replace(&catalogue).await?;
        let service = catalogue.service(&given::service(SALES)).ok_or("no service")?;
        let schema = fresh.name().to_owned();
        Ok(Self { nodes: running, schema, service: Arc::new(service) })
    }

    /// Nodes on a schema that is there already, with what was booked in it.
    pub(crate) async fn enter(url: &str, schema: &str, nodes: u32) -> Result<Self, Box<dyn Error>> {
        let config = config(&inside(url, schema))?;
        let mut running = Vec::new();
        for _ in 0..nodes.max(1) {
            running.push(Arc::new(Postgres::connect(config.clone()).await?));
        }
        let service = catalogue().service(&given::service(SALES)).ok_or("no service")?;
        Ok(Self { nodes: running, schema: schema.to_owned(), service: Arc::new(service) })
    }

    /// The node that a client talks to.
    pub(crate) fn node(&self, client: u32) -> Arc<Postgres> {
        Arc::clone(&self.nodes[client as usize % self.nodes.len()])
    }

    /// How bookings are made, for a task of its own.
    pub(crate) fn desk(&self) -> Desk {
        Desk { service: Arc::clone(&self.service) }
    }

    /// What one booking stores, for a peer that stores the same.
    pub(crate) async fn sample(&self) -> Result<Value, Box<dyn Error>> {
        let booking = self.desk().booking(1, Some(given::slot(0)));
        self.nodes[0].book(&booking).await?;
        Ok(json!({
            "schema": self.schema,
            "tenant": given::tenant(1).to_string(),
            "event": serde_json::to_string(&booking.event)?,
            "effect": serde_json::to_string(&booking.timer.effect)?,
            "document": testing::document(&self.nodes[0], &booking.callback).await?,
        }))
    }
}

/// Makes bookings that differ in number, key and id.
#[derive(Clone)]
pub(crate) struct Desk {
    service: Arc<Service>,
}

impl Desk {
    pub(crate) fn booking(&self, number: u32, desired_at: Option<Timestamp>) -> Booking {
        let request = Request {
            phone: phone(number),
            desired_at,
            always_check_capacity: false,
            details: Details { user_data: given::details().user_data, ..Details::default() },
        };
        Booking::plan(given::id(number), request, &self.service, None, given::now())
            .expect("the service takes everything")
            .keyed(Some((given::key(number), given::fingerprint(number))))
    }
}

/// A number of its own for each of some millions.
fn phone(number: u32) -> PhoneNumber {
    let area = 201 + number / 8_000_000;
    let line = 2_000_000 + number % 8_000_000;
    PhoneNumber::parse(&format!("+1{area}{line:07}"), Country::US).expect("ten digits after +1")
}

/// The middle and the slowest of a hundred, in milliseconds.
pub(crate) fn percentiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    (at(50), at(99))
}
