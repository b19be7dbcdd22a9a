//! A notice on a customer's device, in the push service's own words.

use actix_web::web::ServiceConfig;
use ges_app::Unsent;
use ges_ports::{PushMode, PushRefusal};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::create::{holds_nul, push_target};
use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

/// The most bytes of an event; the push service takes less.
const LONGEST_EVENT: usize = 16 * 1024;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Public, "/engagement/v3/notification/publish").post(publish).mount(cfg);
}

/// A notice for a device.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct PublishNotice {
    /// `FCM`.
    channel: String,
    /// The registration token.
    #[schema(max_length = 4096)]
    target: String,
    /// A notification of Firebase Cloud Messaging, or a whole message without its target: an object, or a text that holds
    /// one.
    #[schema(value_type = Object)]
    event: Value,
    /// Whether everything is checked and nothing delivered.
    validate_only: Option<bool>,
}

/// A notice that was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeTaken {
    /// The push service's name for it.
    name: String,
}

/// Sends a notice to a device.
#[utoipa::path(
    post,
    path = "/engagement/v3/notification/publish",
    operation_id = "publishNotice",
    tag = "notices",
    request_body = PublishNotice,
    responses((status = 200, description = "The push service took it", body = Envelope<NoticeTaken>))
)]
async fn publish(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let target = push_target(&mut fields, "channel", "target");
    let event = fields.need("event", event);
    let check = fields.take("validate_only", rules::flag).unwrap_or(false);
    let (target, event) = fields.finish(target.zip(event))?;
    let mode = if check { PushMode::Check } else { PushMode::Deliver };
    match call.app().publish_notice(tenant, target, event, mode).await {
        Ok(name) => Ok(Answer::data(&NoticeTaken { name })),
        Err(unsent) => Err(problem(unsent)),
    }
}

/// An object, or a text that holds one; the text of it.
fn event(given: Given<'_>) -> Result<String, Wrong> {
    let odd = || Wrong::new("is neither an object nor a text that holds one");
    let event = match given {
        Given::Json(Value::Object(object)) => Value::Object(object.clone()),
        Given::Json(Value::String(text)) if text.len() <= LONGEST_EVENT => {
            let value: Result<Value, _> = serde_json::from_str(text);
            match value {
                Ok(Value::Object(object)) => Value::Object(object),
                Ok(_) | Err(_) => return Err(odd()),
            }
        }
        Given::Json(_) | Given::Text(_) => return Err(odd()),
    };
    if holds_nul(&event) {
        return Err(Wrong::new("holds a NUL character"));
    }
    let text = event.to_string();
    if text.len() > LONGEST_EVENT {
        return Err(Wrong::new(format!("is larger than {LONGEST_EVENT} bytes")));
    }
    Ok(text)
}

fn problem(unsent: Unsent) -> Problem {
    let wrong = |message: &str| Problem::new(Code::FieldInvalid, message);
    match unsent {
        Unsent::Account => Problem::new(
            Code::PushRefused,
            "the contact centre's credentials for push notices are missing or refused",
        ),
        Unsent::Refused(PushRefusal::Unregistered) => wrong("target is no longer registered"),
        Unsent::Refused(PushRefusal::TargetMalformed) => {
            wrong("target is not a registration token")
        }
        Unsent::Refused(PushRefusal::OtherSender) => wrong("target belongs to another sender"),
        Unsent::Refused(PushRefusal::MessageInvalid) => {
            wrong("event is not one that the push service takes, or is larger than 4096 bytes")
        }
        Unsent::Refused(
            PushRefusal::AccountRefused | PushRefusal::PlatformRefused | PushRefusal::Unspecified,
        ) => Problem::new(
            Code::NeighbourMisbehaved,
            "the push service refuses it and does not say why",
        ),
        Unsent::Later { after_secs } => {
            Problem::new(Code::Unavailable, "the push service takes no more for the moment")
                .retry_after(after_secs.unwrap_or(60))
        }
        Unsent::Faulted(fault) => fault.into(),
    }
}
