//! Whether a captcha's token is a person's, for a page that wants to know before it goes on.

use actix_web::web::ServiceConfig;
use ges_app::Failure;
use ges_domain::refusal::Refusal;
use ges_ports::{HumanProof, HumanToken};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, rules};
use crate::problem::Problem;
use crate::wire::Envelope;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Public, "/engagement/v3/captcha/verify").post(verify).mount(cfg);
}

/// A captcha's token.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct VerifyCaptcha {
    /// The public key of the captcha on the page.
    #[schema(max_length = 255)]
    site_key: String,
    /// The token that the page got.
    #[schema(max_length = 8192)]
    captcha_token: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaptchaVerdict {
    /// Whether the token is a person's.
    success: bool,
}

/// Says whether a token is a person's.
///
/// A token is good once: after it was verified, a booking may use it within two minutes if the same node takes it, so ask
/// for another one.
#[utoipa::path(
    post,
    path = "/engagement/v3/captcha/verify",
    operation_id = "verifyCaptcha",
    tag = "captcha",
    request_body = VerifyCaptcha,
    responses((status = 200, description = "What was found", body = Envelope<CaptchaVerdict>))
)]
async fn verify(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let site_key = fields.need("siteKey", rules::owned(255));
    let token = fields.need("captchaToken", rules::owned(8192));
    let (site_key, token) = fields.finish(site_key.zip(token))?;
    let proof = HumanProof { token: Some(HumanToken::new(token)), remote_ip: call.client_ip() };
    match call.app().verify_human(tenant, &site_key, &proof).await {
        Ok(success) => Ok(Answer::data(&CaptchaVerdict { success })),
        Err(Failure::Refused(Refusal::UnknownName)) => {
            Err(Problem::unknown_name("siteKey", &site_key, None))
        }
        Err(failure) => Err(failure.into()),
    }
}
