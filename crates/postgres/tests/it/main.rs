//! The store against a real database, which must be there: a database that cannot be reached is a failed run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;
mod crowd;
mod given;
mod lanes;
mod opening;
mod oracle;
mod plans;
mod retention;
mod settings;
mod trouble;
