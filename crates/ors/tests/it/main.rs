//! The adapter against a pretended orchestration server: the promises of the port, the words on the wire, and every
//! way in which a neighbour can fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;
mod faults;
mod given;
mod routes;
mod tenants;
mod words;
