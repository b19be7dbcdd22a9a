#![doc = include_str!("../README.md")]

mod cluster;
mod config;
mod nodes;
mod ors;
mod owners;
mod reply;
mod sessions;
mod wire;

pub use config::{Body, Config, Node, Order};
pub use nodes::NodeHealth;
pub use ors::Ors;
