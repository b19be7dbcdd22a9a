//! The promises of the ports.

use std::sync::Arc;

use ges_ports::CallIns;

use crate::given::{store, world};

async fn call_ins() -> Arc<dyn CallIns> {
    store().await
}

ges_contracts::call_ins!(call_ins);
ges_contracts::callbacks!(world);
ges_contracts::effects!(world);
ges_contracts::catalogues!(world);
ges_contracts::records!(world);
ges_contracts::audit!(world);
ges_contracts::deliveries!(world);
