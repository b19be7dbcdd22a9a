//! What `Callbacks` promises.

pub mod booking;
pub mod changes;
pub mod crowds;
pub mod keys;
pub mod reading;
pub mod retention;
pub mod tenants;

/// Tests every promise of `Callbacks` on the worlds that `fresh` makes.
#[macro_export]
macro_rules! callbacks {
    ($fresh:ident) => {
        mod callbacks {
            use super::$fresh;

            $crate::booking_promises!($fresh);
            $crate::key_promises!($fresh);
            $crate::crowd_promises!($fresh);
            $crate::change_promises!($fresh);
            $crate::reading_promises!($fresh);
            $crate::retention_promises!($fresh);
            $crate::tenant_promises!($fresh);
        }
    };
}
