//! The use cases on the embedded store, with a clock that is turned by hand and an orchestration server of few words.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod admission;
mod ahead;
mod bookings;
mod bulk;
mod changes;
mod checks;
mod credentials;
mod dispatch;
mod house;
mod learning;
mod listeners;
mod live;
mod nearness;
mod neighbours;
mod news;
mod notices;
mod orchestration;
mod papers;
mod retention;
mod sessions;
mod switch;
mod trust;
mod webhooks;
