//! The simulators from outside: over the wire, as an adapter meets them.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]
#![expect(clippy::disallowed_methods, reason = "a test has no wiring that hands it a client")]
#![expect(clippy::cast_precision_loss, reason = "shares of a few million at most")]

mod asks;
mod centre;
mod faults;
mod gauth;
mod ors;
mod outside;
mod owner;
mod proxy;
mod stream;
mod urs;
