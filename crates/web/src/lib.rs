#![doc = include_str!("../README.md")]

mod about;
mod answer;
mod body;
mod call;
mod caller;
mod config;
mod cors;
mod desk;
mod docs;
mod fields;
mod health;
mod openapi;
pub mod pages;
mod problem;
mod pushes;
mod routes;
mod trace;
mod wire;

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::{self, Payload, ServiceConfig};
use ges_app::App;
use tokio::sync::Semaphore;

pub use about::About;
pub use config::Config;
pub use health::{Component, Exposition, Health, Located, Meters, Ready, Standing};
pub use openapi::document;
pub use problem::Code;
pub use routes::settings::complaints as settings_complaints;

use cors::Cors;
use pushes::Pushes;

/// Which doors a listener has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Everything: the public API, the people's API, the internal API, health, metrics, documentation.
    Everything,
    /// The public API alone, for an ingress from outside.
    Public,
}

/// All that HTTP needs of the house; cheap to clone, one for all workers.
#[derive(Clone)]
pub struct Web {
    app: Arc<App>,
    parts: Arc<Parts>,
}

struct Parts {
    config: Config,
    cors: Cors,
    health: Arc<dyn Health>,
    meters: Arc<dyn Meters>,
    /// The API's description, written once.
    document: String,
    /// The page made of it.
    page: String,
    pushes: Pushes,
    /// Places for files that are being sent.
    exports: Arc<Semaphore>,
    about: About,
}

impl Web {
    /// Puts the doors in.
    pub fn new(
        app: Arc<App>,
        config: Config,
        health: Arc<dyn Health>,
        meters: Arc<dyn Meters>,
        about: About,
    ) -> Self {
        let document = document();
        let cors = Cors::new(&config.cors_origins);
        let page = docs::page(&document);
        let document = document.to_string();
        let pushes = Pushes::default();
        let exports = Arc::new(Semaphore::new(desk::EXPORTS_AT_ONCE));
        let parts = Parts { config, cors, health, meters, document, page, pushes, exports, about };
        Self { app, parts: Arc::new(parts) }
    }

    /// The same doors to the house as a worker sees it that has its own way to the store.
    #[must_use]
    pub fn onto(&self, app: Arc<App>) -> Self {
        Self { app, parts: Arc::clone(&self.parts) }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    pub(crate) fn config(&self) -> &Config {
        &self.parts.config
    }

    pub(crate) fn cors(&self) -> &Cors {
        &self.parts.cors
    }

    pub(crate) fn health(&self) -> &dyn Health {
        self.parts.health.as_ref()
    }

    pub(crate) fn meters(&self) -> &dyn Meters {
        self.parts.meters.as_ref()
    }

    pub(crate) fn document(&self) -> &str {
        &self.parts.document
    }

    pub(crate) fn page(&self) -> &str {
        &self.parts.page
    }

    pub(crate) fn about(&self) -> &About {
        &self.parts.about
    }

    pub(crate) fn exports(&self) -> Arc<Semaphore> {
        Arc::clone(&self.parts.exports)
    }

    pub(crate) fn pushes(&self) -> &Pushes {
        &self.parts.pushes
    }
}

/// Opens the doors of one listener, and takes every request that no earlier service took.
pub fn configure(cfg: &mut ServiceConfig, web: &Web, surface: Surface) {
    routes::open(cfg, web, surface);
    let web = web.clone();
    cfg.default_service(web::to(move |request: HttpRequest, payload: Payload| {
        call::nowhere(web.clone(), request, payload)
    }));
}
