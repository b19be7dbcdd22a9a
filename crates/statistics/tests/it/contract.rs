//! The promises of `Statistics`.

use std::sync::Arc;

use ges_contracts::statistics::StatisticsService as Service;
use ges_ports::{Statistics, StatisticsAccount};
use ges_simulators::{Action, Fault};
use ges_statistics::StatisticsService;

use crate::given::{Platform, account, body};

struct Pretended {
    adapter: StatisticsService,
    platform: Platform,
}

impl Service for Pretended {
    fn statistics(&self) -> &dyn Statistics {
        &self.adapter
    }

    fn account(&self) -> StatisticsAccount {
        account("password")
    }

    fn set(&self, queue: &str, waiting: u32) {
        self.platform.set(queue, waiting);
    }

    fn question(&self, queue: &str) -> String {
        body(queue)
    }

    fn asked(&self) -> usize {
        self.platform.gws.received().len()
    }

    fn silent(&self, silent: bool) {
        if silent {
            self.platform.gws.inject(Fault::always(Action::HangUp));
        } else {
            self.platform.gws.heal();
        }
    }
}

async fn fresh() -> Arc<dyn Service> {
    let platform = Platform::start().await;
    Arc::new(Pretended { adapter: platform.adapter(), platform })
}

ges_contracts::statistics!(fresh);
