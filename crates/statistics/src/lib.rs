#![doc = include_str!("../README.md")]

mod config;
mod memory;
mod reply;
mod service;
mod tokens;
mod wire;

pub use config::Config;
pub use service::StatisticsService;
