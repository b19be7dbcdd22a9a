//! How many callbacks of a queue are under way: what a flow asks before it offers another.

use actix_web::http::StatusCode;
use actix_web::web::ServiceConfig;
use ges_domain::name::QueueName;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::problem::{Code, Problem};

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(
        web,
        Audience::Internal,
        "/ges/internal/v1/tenants/{ccid}/queues/{virtual-queue}/watermark",
    )
    .get(watermark)
    .mount(cfg);
}

/// How many callbacks of a queue are under way.
#[derive(Serialize, ToSchema)]
pub(crate) struct WatermarkRead {
    /// `WATERMARK_OK`.
    outcome: &'static str,
    /// Callbacks that are queued, routed or processed.
    watermark: u64,
}

/// How many callbacks of a queue are under way.
#[utoipa::path(
    get,
    path = "/ges/internal/v1/tenants/{ccid}/queues/{virtual-queue}/watermark",
    operation_id = "readWatermark",
    tag = "flows",
    params(
        ("ccid" = String, Path, description = "The contact centre"),
        ("virtual-queue" = String, Path, description = "The queue"),
    ),
    responses((status = 200, description = "The count", body = WatermarkRead))
)]
async fn watermark(call: Call) -> Said {
    let (tenant, queue): (String, String) = call.path()?;
    let tenant = call.named_tenant(&tenant).await?;
    let nowhere =
        || Problem::new(Code::NothingHere, "virtual-queue is no queue of this contact centre");
    let queue = QueueName::parse(&queue).map_err(|_odd| nowhere())?;
    let stock = call.app().shelf().stock(tenant).await?;
    let mark = call.app().watermark(tenant, &queue).await?;
    // A queue whose service is gone is known as long as a callback is in it.
    if mark.open == 0 && stock.catalogue.services_of(&queue).next().is_none() {
        return Err(nowhere());
    }
    let read = WatermarkRead { outcome: "WATERMARK_OK", watermark: mark.executing };
    Ok(Answer::bare(StatusCode::OK, &read))
}
