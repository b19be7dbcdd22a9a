//! Journeys: the real binary, real neighbours that are pretended, and a customer in a hurry.
//!
//! Each has a directory, ports and neighbours of its own; nothing sleeps for its own sake, everything is waited for
//! with a deadline.

#![expect(clippy::unwrap_used, reason = "a journey that cannot go on has failed")]

mod backup;
mod bulk;
mod call_in;
mod checker;
mod cluster;
mod crashes;
mod database;
mod doctor;
mod example;
mod life;
mod metrics;
mod neighbours;
mod node;
mod nodes;
mod notices;
mod orchestration;
mod outages;
mod peers;
mod redis;
mod secrets;
mod stage;
mod start;
mod tenants;
mod traces;
mod upgrade;
mod webhooks;
