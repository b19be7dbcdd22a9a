//! The promises that every adapter of a port keeps.
//!
//! A promise is an async function whose name is the sentence it holds the adapter to. Each port has one macro that makes
//! every promise a test of its own, so an adapter's whole contract test is a function that makes a fresh world and one
//! line per port:
//!
//! ```ignore
//! async fn fresh() -> ges_contracts::World { ges_contracts::World::of(Arc::new(Store::new().await)) }
//!
//! ges_contracts::callbacks!(fresh);
//! ges_contracts::effects!(fresh);
//! ges_contracts::catalogues!(fresh);
//! ```
//!
//! A promise sees nothing but the ports. It never sleeps: time is an argument of what it asks.

pub mod audit;
pub mod call_ins;
pub mod callbacks;
pub mod catalogues;
pub mod credentials;
pub mod deliveries;
pub mod desk;
pub mod effects;
pub mod given;
pub mod humans;
pub mod orchestrator;
pub mod people;
pub mod push;
pub mod records;
pub mod sessions;
pub mod stand_ins;
pub mod statistics;
pub mod tenants;
pub mod throttle;
pub mod wait_times;
mod world;

pub use world::{World, in_time};

/// Makes each named promise of a module a test of its own, in a module of the tests.
#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    (@one $fresh:ident, { $($module:ident)::+ }, $name:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::in_time($crate::$($module)::+::$name($fresh().await)).await;
        }
    };
    // The path is one token tree here, so that it can stand in every repetition.
    (@all $fresh:ident, $path:tt, [$($name:ident),+ $(,)?]) => {
        $($crate::promises!(@one $fresh, $path, $name);)+
    };
    ($fresh:ident, $($module:ident)::+, $names:tt) => {
        $crate::promises!(@all $fresh, { $($module)::+ }, $names);
    };
}
