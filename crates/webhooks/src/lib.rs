#![doc = include_str!("../README.md")]

mod config;
mod door;
mod sign;
mod webhooks;

pub use config::{Allowed, Config};
pub use webhooks::Webhooks;
