//! One callback by its id: look at it, cancel it, give it another time.

use actix_web::web::ServiceConfig;
use ges_domain::callback::Callback;
use ges_domain::event::Actor;
use ges_domain::id::CallbackId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, rules};
use crate::wire::{CallbackRecord, Envelope, Id};

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    let at = |route| At::new(web, Audience::Public, route);
    at("/engagement/v3/callbacks/retrieve").post(retrieve).mount(cfg);
    at("/engagement/v3/callbacks/cancel").post(cancel).mount(cfg);
    at("/engagement/v3/callbacks/reschedule").post(reschedule).mount(cfg);
}

/// Which callback.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handlers take; a test compares the two")]
pub(crate) struct WhichCallback {
    /// The id that its booking was answered with.
    id: Uuid,
}

/// Which callback, and its new time.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct RescheduleCallback {
    /// The id that its booking was answered with.
    id: Uuid,
    /// The new time: ISO 8601 with `Z` or an offset.
    #[schema(format = DateTime)]
    desired_time: String,
}

/// A callback as it stands.
#[utoipa::path(
    post,
    path = "/engagement/v3/callbacks/retrieve",
    operation_id = "retrieveCallback",
    tag = "callbacks",
    request_body = WhichCallback,
    responses((status = 200, description = "The callback", body = Envelope<CallbackRecord>))
)]
async fn retrieve(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let id = fields.need("id", rules::uuid);
    let id: CallbackId = fields.finish(id)?;
    let callback: Callback = call.app().whereabouts(tenant, id).await?;
    Ok(Answer::data(&CallbackRecord::from(&callback)))
}

/// Cancels a callback that no agent handles yet; cancelling twice is cancelling once.
#[utoipa::path(
    post,
    path = "/engagement/v3/callbacks/cancel",
    operation_id = "cancelCallback",
    tag = "callbacks",
    request_body = WhichCallback,
    responses((status = 200, description = "The callback is cancelled", body = Envelope<Id>))
)]
async fn cancel(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let id = fields.need("id", rules::uuid);
    let id: CallbackId = fields.finish(id)?;
    call.app().cancel(tenant, id, Actor::Api, None).await?;
    Ok(Answer::data(&Id { id: id.uuid() }))
}

/// Gives a callback another time: its old place is freed and the new one taken in one step, or nothing changes.
#[utoipa::path(
    post,
    path = "/engagement/v3/callbacks/reschedule",
    operation_id = "rescheduleCallback",
    tag = "callbacks",
    request_body = RescheduleCallback,
    responses((status = 200, description = "The callback at its new time", body = Envelope<CallbackRecord>))
)]
async fn reschedule(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let id: Option<CallbackId> = fields.need("id", rules::uuid);
    let desired_at = fields.need("desiredTime", rules::instant);
    let (id, desired_at) = fields.finish(id.zip(desired_at))?;
    let callback = call.app().reschedule(tenant, id, desired_at, Actor::Api, None).await?;
    Ok(Answer::data(&CallbackRecord::from(&callback)))
}
