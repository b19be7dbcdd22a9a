#![doc = include_str!("../README.md")]

mod config;
mod holder;
mod memory;
mod reply;
mod service;

pub use config::Config;
pub use service::StatisticsService;
