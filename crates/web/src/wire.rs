//! The shapes that several resources share on the wire.

use ges_domain::callback::{Callback, State};
use ges_domain::time::format_utc;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of a request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// 0 for success; else a code of the catalogue.
    #[schema(example = 0)]
    code: u32,
    /// `Successful`, or what is wrong, for the client's developer.
    #[schema(example = "Successful")]
    message: String,
    /// Names the request in the operator's logs.
    corr_id: Uuid,
}

/// A successful answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    status: Status,
    data: T,
}

/// A failed answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    status: Status,
}

/// A callback's name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Id {
    /// The callback's id.
    pub(crate) id: Uuid,
}

/// A callback as its customer's client may know it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallbackRecord {
    /// The callback's id.
    id: Uuid,
    /// When the customer wants the call, in UTC.
    #[schema(format = DateTime)]
    desired_time: String,
    /// `SCHEDULED`, `QUEUED`, `ROUTING`, `PROCESSING` or `COMPLETED`.
    callback_state: &'static str,
    /// How it ended; only when it is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_reason: Option<String>,
    /// Whom to call.
    phone_number: String,
    /// The place in the queue from 1; only while it is queued, routed or processed, and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    position_in_queue: Option<u32>,
    /// The estimated wait in seconds; as the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_wait_time: Option<u32>,
}

impl From<&Callback> for CallbackRecord {
    fn from(callback: &Callback) -> Self {
        let in_queue = match callback.state {
            State::Queued | State::Routing | State::Processing => true,
            State::Scheduled | State::Completed => false,
        };
        let seen = &callback.diagnostics;
        Self {
            id: callback.id.uuid(),
            desired_time: format_utc(callback.desired_at),
            callback_state: callback.state.as_str(),
            callback_reason: callback.reason.as_ref().map(ToString::to_string),
            phone_number: callback.phone.e164().to_owned(),
            position_in_queue: seen.position.filter(|_| in_queue),
            estimated_wait_time: seen.ewt_secs.filter(|_| in_queue),
        }
    }
}
