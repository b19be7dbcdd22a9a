#![doc = include_str!("../README.md")]

mod account;
mod config;
mod fcm;
mod message;
mod reply;
mod tokens;
mod wire;

pub use config::Config;
pub use fcm::Fcm;
