#![doc = include_str!("../README.md")]

mod audit;
mod booking;
mod cached;
mod call_ins;
mod catalogues;
mod changes;
mod config;
mod deliveries;
mod fault;
mod locks;
mod outbox;
mod reads;
mod records;
mod retention;
mod rows;
mod schema;
mod search;
mod session;
mod settings;
mod store;
mod tables;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod young;

pub use config::{Batching, Config, NotADatabaseUrl, Pools, Tls, Url, Verify};
pub use schema::{MigrateError, SchemaState};
pub use session::OpenError;
pub use store::Postgres;
