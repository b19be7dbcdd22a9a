//! Whether a person asks: the captcha before a booking, and by itself.

use ges_domain::id::TenantId;
use ges_domain::refusal::Refusal;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{
    Admission, Allowance, CaptchaSite, Doubt, FailMode, Fault, HumanProof, HumanToken, Subject,
    Verdict, VouchError,
};

use crate::credentials::{Credential, CredentialKind};
use crate::{App, Failure};

/// One booking per token. The captcha service takes none that is older than two minutes, so this outlives all.
const ONE_BOOKING: Allowance = Allowance { limit: 1, window: SignedDuration::from_mins(10) };

impl App {
    /// Lets a booking pass whose tenant demands no captcha, or whose captcha is good.
    ///
    /// Answers what was counted for it: a booking that comes to nothing gives it back, so that its token may be shown
    /// again while the captcha service's word on it stands.
    pub(crate) async fn human(
        &self,
        tenant: TenantId,
        proof: &HumanProof,
        now: Timestamp,
    ) -> Result<Vec<Subject>, Failure> {
        let Some(site) = self.captcha(tenant, now).await?.filter(|site| site.enforce) else {
            return Ok(Vec::new());
        };
        let Some(token) = &proof.token else {
            count(tenant, "missing");
            return Err(Refusal::HumanTokenRequired.into());
        };
        let digest = TokenHash::of(&format!("{tenant}\n{}", token.expose())).hex();
        let subject = Subject::HumanToken(digest);
        let mut counted = Vec::new();
        match self.ports.throttle.admit(&subject, ONE_BOOKING, now).await {
            Ok(Admission::Admitted) => counted.push(subject),
            Ok(Admission::Refused { .. }) => {
                count(tenant, "spent");
                return Err(Refusal::HumanTokenRefused.into());
            }
            Err(fault) if self.options.admit_uncounted => {
                tracing::warn!(
                    peer = fault.peer,
                    fault.kind = fault.kind.as_str(),
                    "whether a captcha token was used before is not known: the counters cannot be reached"
                );
            }
            Err(fault) => return Err(fault.into()),
        }
        let failure = match self.vouch(tenant, &site, token, proof, now).await {
            Ok(Verdict::Human) => {
                count(tenant, "human");
                return Ok(counted);
            }
            // Whoever comes back after an outage is judged no worse than those who come during it.
            Ok(Verdict::Doubtful(Doubt::Unheard)) if site.fail_mode == FailMode::Open => {
                count(tenant, "unchecked");
                return Ok(counted);
            }
            Ok(Verdict::Doubtful(doubt)) => {
                count(tenant, doubt.as_str());
                return Err(Refusal::HumanTokenRefused.into());
            }
            Err(Failure::Faulted(fault)) if site.fail_mode == FailMode::Open => {
                count(tenant, "unchecked");
                tracing::warn!(peer = fault.peer, fault.kind = fault.kind.as_str(), tenant = %tenant,
                    "a booking goes on unchecked: the captcha service cannot be asked");
                return Ok(counted);
            }
            Err(failure) => failure,
        };
        count(tenant, "fault");
        self.give_back(&counted, now).await;
        Err(failure)
    }

    /// What the captcha service thinks of a token, for a page that asks; the site must be the tenant's.
    pub async fn verify_human(
        &self,
        tenant: TenantId,
        site_key: &str,
        proof: &HumanProof,
    ) -> Result<bool, Failure> {
        let now = self.now();
        let site = self.captcha(tenant, now).await?.filter(|site| site.site_key == site_key);
        let Some(site) = site else { return Err(Refusal::UnknownName.into()) };
        let Some(token) = &proof.token else { return Err(Refusal::HumanTokenRequired.into()) };
        let verdict = self.vouch(tenant, &site, token, proof, now).await?;
        count(
            tenant,
            match verdict {
                Verdict::Human => "human",
                Verdict::Doubtful(doubt) => doubt.as_str(),
            },
        );
        Ok(verdict == Verdict::Human)
    }

    async fn captcha(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Option<std::sync::Arc<CaptchaSite>>, Fault> {
        match self.credential(tenant, CredentialKind::Captcha, now).await? {
            Some(Credential::Captcha(site)) => Ok(Some(site)),
            Some(Credential::Push(_) | Credential::Statistics(_)) | None => Ok(None),
        }
    }

    async fn vouch(
        &self,
        tenant: TenantId,
        site: &CaptchaSite,
        token: &HumanToken,
        proof: &HumanProof,
        now: Timestamp,
    ) -> Result<Verdict, Failure> {
        let Some(humans) = &self.ports.humans else {
            return Err(Fault::unavailable("recaptcha", "no captcha service is configured").into());
        };
        match humans.vouch(site, token, proof.remote_ip, now).await {
            Ok(verdict) => Ok(verdict),
            Err(VouchError::KeysRefused) => {
                metrics::counter!("ges_captcha_keys_refused", "tenant" => tenant.to_string())
                    .increment(1);
                tracing::error!(tenant = %tenant, "the captcha service refuses a tenant's keys");
                let what = "the captcha service refuses the keys of the tenant";
                Err(Failure::Ours(Fault::misbehaved("recaptcha", what)))
            }
            // Whatever kind of trouble it is: the token was not judged, and the caller may come again with a new one.
            Err(VouchError::Fault(fault)) => {
                Err(Fault { kind: ges_ports::FaultKind::Unavailable, ..fault }.into())
            }
        }
    }
}

fn count(tenant: TenantId, result: &'static str) {
    let tenant = tenant.to_string();
    metrics::counter!("ges_captcha_checks", "tenant" => tenant, "result" => result).increment(1);
}
