#![doc = include_str!("../README.md")]

mod digest;
pub mod gws;
pub mod local;
mod memory;
mod secret;
pub mod vault;

pub use gws::Gws;
pub use local::Local;
pub use secret::{SecretFile, SecretSource};
pub use vault::Vault;
