//! The promises of the ports, in memory and on disk; and what a file keeps when it is closed.

mod file;

use std::sync::Arc;

use ges_contracts::World;
use ges_embedded::{Config, Counters, Embedded, LocalSessions, Synchronous};
use ges_ports::{CallIns, Sessions, Throttle};

mod in_memory {
    //! One connection for everything.

    use super::{Arc, CallIns, Embedded, World};

    async fn fresh() -> World {
        World::of(Arc::new(Embedded::in_memory().expect("a store in memory opens")))
    }

    async fn call_ins() -> Arc<dyn CallIns> {
        Arc::new(Embedded::in_memory().expect("a store in memory opens"))
    }

    ges_contracts::call_ins!(call_ins);
    ges_contracts::callbacks!(fresh);
    ges_contracts::effects!(fresh);
    ges_contracts::catalogues!(fresh);
    ges_contracts::records!(fresh);
    ges_contracts::audit!(fresh);
    ges_contracts::deliveries!(fresh);
}

mod on_disk {
    //! One connection that writes and others that read.

    use super::{Arc, Config, Embedded, Synchronous, World};

    async fn fresh() -> World {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        // The promises are about the process; the loss of power is not tried here, and waiting for disks is slow.
        let synchronous = Synchronous::Normal;
        let config = Config { synchronous, ..Config::at(folder.path().join("ges.db")) };
        World::of(Arc::new(Embedded::open(config).expect("the store opens"))).keeping(folder)
    }

    ges_contracts::callbacks!(fresh);
    ges_contracts::effects!(fresh);
    ges_contracts::catalogues!(fresh);
    ges_contracts::records!(fresh);
    ges_contracts::audit!(fresh);
    ges_contracts::deliveries!(fresh);
}

async fn counters() -> Arc<dyn Throttle> {
    Arc::new(Counters::default())
}

ges_contracts::throttle!(counters);

async fn no_sessions() -> Arc<dyn Sessions> {
    Arc::new(LocalSessions::default())
}

ges_contracts::sessions!(no_sessions);
