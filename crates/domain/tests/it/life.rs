//! The callback's life as its callers see it: steps that are legal, steps that are not, and what follows from each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod checks;
mod given;
mod lessons;
mod order;
mod put_off;
mod steps;
#[cfg(feature = "serde")]
mod stored;
