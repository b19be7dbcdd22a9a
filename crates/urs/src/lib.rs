#![doc = include_str!("../README.md")]

mod config;
mod figures;
mod memory;
mod nodes;
mod urs;
mod wire;

pub use config::{Address, Config, MalformedAddress, NameIn, Node, Tenant};
pub use nodes::NodeHealth;
pub use urs::Urs;
