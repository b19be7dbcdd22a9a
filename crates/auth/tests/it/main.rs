//! What the adapters of this crate promise, and what is particular to each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;
mod given;
mod gws_faults;
mod gws_keys;
mod gws_people;
mod local;
mod platform;
