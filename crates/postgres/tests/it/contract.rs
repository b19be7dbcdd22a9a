//! The promises of the ports.

use crate::given::world;

ges_contracts::callbacks!(world);
ges_contracts::effects!(world);
ges_contracts::catalogues!(world);
ges_contracts::records!(world);
ges_contracts::audit!(world);
ges_contracts::deliveries!(world);
