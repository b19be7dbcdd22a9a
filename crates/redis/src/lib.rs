#![doc = include_str!("../README.md")]

mod config;
mod dial;
mod fault;
mod link;
mod memory;
mod names;
mod notices;
mod remembered;
mod script;
mod secret_file;
mod sessions;
mod stream;
mod throttle;

pub use config::{Address, Config, Connection, MalformedAddress, Mode, StreamConfig, Tls};
pub use dial::OpenError;
pub use memory::SharedMemory;
pub use notices::RedisNotices;
pub use remembered::Remembered;
pub use secret_file::SecretFileError;
pub use sessions::RedisSessions;
pub use stream::OrsStream;
pub use throttle::RedisThrottle;
