#![doc = include_str!("../README.md")]

mod audit;
mod batch;
mod book;
mod call_ins;
mod change;
mod deliveries;
mod documents;
mod fault;
mod find;
mod open;
mod outbox;
#[cfg(test)]
mod plans;
mod publish;
mod readers;
mod records;
mod retention;
mod schema;
mod search;
mod sessions;
mod slots;
mod statements;
mod store;
mod tables;
mod throttle;
mod writer;

pub use open::{Config, OpenError, Synchronous};
pub use schema::SchemaState;
pub use sessions::LocalSessions;
pub use store::Embedded;
pub use throttle::Counters;
