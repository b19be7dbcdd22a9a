//! The promises of `Push`.

use std::sync::Arc;

use ges_contracts::push::{Away, PushService};
use ges_fcm::Fcm;
use ges_ports::{Push, PushAccount};
use ges_simulators as sim;

use crate::given::{account, adapter, pretended};

struct Pretended {
    adapter: Fcm,
    peer: sim::Fcm,
}

impl PushService for Pretended {
    fn push(&self) -> &dyn Push {
        &self.adapter
    }

    fn account(&self) -> PushAccount {
        account(&self.peer)
    }

    fn unregister(&self, token: &str) {
        self.peer.unregister(token);
    }

    fn reached(&self) -> Vec<String> {
        let messages = self.peer.messages();
        let delivered = messages.iter().filter(|message| !message.validated_only);
        delivered.map(|message| message.message["token"].as_str().unwrap().to_owned()).collect()
    }

    fn away(&self, away: Away) {
        match away {
            Away::Yes => self.peer.inject(sim::Fault::always(sim::Action::HangUp)),
            Away::No => self.peer.heal(),
        }
    }
}

async fn fresh() -> Arc<dyn PushService> {
    let peer = pretended().await;
    let adapter = adapter(peer.url());
    Arc::new(Pretended { adapter, peer })
}

ges_contracts::push!(fresh);
