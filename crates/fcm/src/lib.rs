#![doc = include_str!("../README.md")]

mod account;
mod config;
mod fcm;
mod holder;
mod message;
mod reply;

pub use config::Config;
pub use fcm::Fcm;
