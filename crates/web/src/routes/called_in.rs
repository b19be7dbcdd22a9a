//! A customer who reached the contact centre first: the callbacks of that number are over.

use actix_web::web::ServiceConfig;
use ges_domain::name::QueueName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, rules};
use crate::wire::Envelope;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Internal, "/ges/internal/v1/tenants/{ccid}/callbacks/called-in")
        .post(called_in)
        .mount(cfg);
}

/// Who called in.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct CalledIn {
    /// The caller's number.
    #[schema(max_length = 64)]
    phone_number: String,
    /// Only callbacks of this queue.
    #[schema(max_length = 255)]
    virtual_queue: Option<String>,
}

/// What that ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    /// The callbacks that are completed with `CUSTOMER_CALLED_IN`.
    completed: Vec<Uuid>,
}

/// Completes a number's open callbacks that no agent handles yet.
#[utoipa::path(
    post,
    path = "/ges/internal/v1/tenants/{ccid}/callbacks/called-in",
    operation_id = "calledIn",
    tag = "flows",
    params(("ccid" = String, Path, description = "The contact centre")),
    request_body = CalledIn,
    responses((status = 200, description = "The callbacks that ended", body = Envelope<Ended>))
)]
async fn called_in(mut call: Call) -> Said {
    let tenant: String = call.path()?;
    let tenant = call.named_tenant(&tenant).await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let phone = fields.need("phoneNumber", rules::owned(64));
    let queue = fields.take("virtualQueue", rules::name(QueueName::parse));
    let phone = fields.finish(phone)?;
    let stock = call.app().shelf().stock(tenant).await?;
    let service = queue.as_ref().and_then(|queue| stock.service_or_queue(queue.as_str()));
    let home = service.map_or(Country::US, |service| service.settings.default_country);
    let phone = PhoneNumber::parse(&phone, home).map_err(Refusal::from)?;
    let completed = call.app().called_in(tenant, phone, queue).await?;
    Ok(Answer::data(&Ended { completed: completed.iter().map(|id| id.uuid()).collect() }))
}
