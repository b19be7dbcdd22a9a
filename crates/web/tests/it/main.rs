//! The doors as clients meet them, before a house whose store is in memory and whose clock is turned by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod administration;
mod board;
mod bulk;
mod call_in;
mod choosing;
mod desk;
mod edges;
mod export;
mod hostile;
mod hostile_desk;
mod house;
mod live;
mod meters;
mod official;
mod outside;
mod pages;
mod refusals;
mod roles;
mod sessions;
mod settings;
mod staff;
mod webhooks;
mod worklist;
