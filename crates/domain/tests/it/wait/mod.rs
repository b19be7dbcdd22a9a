//! Wait times: the laws of the literature, the model against every formula, and nonsense fed in.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]
#![expect(clippy::print_stdout, reason = "the tables that `--nocapture` shows")]

mod bench;
mod laws;
mod model;
mod nonsense;
mod promise;
mod queue;
mod speed;
mod state;
