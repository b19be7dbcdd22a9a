#![doc = include_str!("../README.md")]

mod config;
mod memory;
mod opinion;
mod recaptcha;

pub use config::Config;
pub use recaptcha::Recaptcha;
