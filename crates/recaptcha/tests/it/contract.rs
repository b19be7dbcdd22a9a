//! The promises of `Humans`, kept by the two versions that score.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ges_contracts::humans::{CaptchaService, Visitor};
use ges_ports::{CaptchaSite, CaptchaVersion, Humans};
use ges_recaptcha::Recaptcha;
use ges_simulators as sim;

use crate::given::{adapter, pretended, site};

struct Pretended {
    adapter: Recaptcha,
    peer: sim::Recaptcha,
    version: CaptchaVersion,
    visitors: AtomicU32,
}

impl CaptchaService for Pretended {
    fn humans(&self) -> &dyn Humans {
        &self.adapter
    }

    fn site(&self) -> CaptchaSite {
        site(self.version)
    }

    fn token(&self, visitor: Visitor) -> String {
        let kind = match visitor {
            Visitor::Human => "cap-ok",
            Visitor::Machine => "cap-low",
            Visitor::Elsewhere => "cap-badaction",
            Visitor::OnOtherHost => "cap-badhost",
            Visitor::Replayed => "cap-dup",
            Visitor::Forger => "forged",
        };
        format!("{kind}-{}", self.visitors.fetch_add(1, Ordering::SeqCst))
    }

    fn asked(&self) -> usize {
        self.peer.received().len()
    }

    fn silent(&self, silent: bool) {
        if silent {
            self.peer.inject(sim::Fault::always(sim::Action::HangUp));
        } else {
            self.peer.heal();
        }
    }
}

async fn service(version: CaptchaVersion) -> Arc<dyn CaptchaService> {
    let peer = pretended().await;
    let adapter = adapter(peer.url());
    Arc::new(Pretended { adapter, peer, version, visitors: AtomicU32::new(0) })
}

mod third_version {
    use super::{Arc, CaptchaService, CaptchaVersion, service};

    async fn fresh() -> Arc<dyn CaptchaService> {
        service(CaptchaVersion::V3).await
    }

    ges_contracts::humans!(fresh);
}

mod enterprise {
    use super::{Arc, CaptchaService, CaptchaVersion, service};

    async fn fresh() -> Arc<dyn CaptchaService> {
        service(CaptchaVersion::Enterprise).await
    }

    ges_contracts::humans!(fresh);
}
