//! Both Redis, against servers that each test starts, cuts, floods and starts again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod contract;
mod given;
mod loss;
mod notices;
mod remembered;
mod server;
mod sessions;
mod stream;
mod tls;
mod uncertain;
