//! The adapter against pretended routing servers: the promises of the port, the words on the wire, several nodes, and
//! every way in which a neighbour can fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;
mod faults;
mod given;
mod many;
mod tenants;
mod words;
