//! Calls to a webhook that is pretended by a real server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod calls;
