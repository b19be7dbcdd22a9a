//! Wait times: what a queue's next caller must expect, and how sure that is.
//!
//! Apart from the rest of the domain because it is a science of its own: pure arithmetic on numbers
//! that others measured. Nothing here asks a clock; times are arguments, in seconds.
//!
//! # From a queue to an estimate
//!
//! 1. A [`Snapshot`] is what is known when a caller joins. A router's figures fill it by hand; a
//!    stream of call events fills it through [`Floor`], which also learns the real order of service
//!    ([`Discipline`]) and what each agent's state says of their next call ([`renewal`]).
//! 2. The formulas of the literature ([`estimators`]) make of it a dozen figures. Each is a plain
//!    function; [`erlang`] has the two steady states beside them.
//! 3. [`Model`] tells those figures as one consensus and their departures from it, corrects them by
//!    an online regression, and puts an adaptive conformal [`Band`] around the result.
//! 4. The [`Ticket`] of an estimate is kept until the caller is served, and handed back with the
//!    wait that came out. The model learns from no outcome before it happened.
//!
//! Under [`ENOUGH`] outcomes, or when the router has lately been the better of the two, an estimate
//! is the router's own figure and says so ([`Basis`]).
//!
//! # One state, many nodes
//!
//! A queue has one [`Model`], kept as a document under a revision. A node that learns an outcome
//! reads the document, calls [`Model::observe`] and writes it back only if the revision is still the
//! one it read; otherwise it reads again and repeats. Every outcome bears a number that grows with
//! the queue's outcomes (the row in which it was recorded), and a state remembers which of the last
//! 1 024 numbers it has counted, so an outcome delivered twice, by two nodes or out of order counts
//! once ([`Counted`]). Two states of one queue are never added up: the one that
//! [`supersedes`](Model::supersedes) the other is kept, and the outcomes it lacks are handed to it
//! again.
//!
//! # Promise kept
//!
//! [`promise`] learns the correction of a callback's lead and counts how far from the desired time
//! the phone rang. [`Learned`] holds all of a queue: its model, its lead and its days.

mod conformal;
mod coverage;
pub mod discipline;
mod drift;
pub mod erlang;
pub mod estimators;
mod features;
pub mod floor;
mod learned;
mod model;
mod number;
mod once;
pub mod promise;
mod regression;
pub mod renewal;
pub mod snapshot;

pub use conformal::{Band, Confidence, Conformal, OutOfRange, TUNED};
pub use coverage::{Coverage, Span};
pub use discipline::{Class, Discipline};
pub use floor::{Floor, Left};
pub use learned::{Batch, DAYS_KEPT, Learned, Lesson, Promise, Waited};
pub use model::{Basis, ENOUGH, Estimate, Model, Ticket};
pub use once::Counted;
pub use snapshot::{Flow, Snapshot};
