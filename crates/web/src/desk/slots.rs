//! Times that can be had: the slots of a service, with their places.

use ges_app::{Failure, Slots};
use ges_domain::access::Permission as P;
use ges_domain::name::ServiceName;
use ges_domain::refusal::Refusal;
use ges_domain::time::format_utc;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, rules};
use crate::problem::Problem;
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const SLOTS: &str = "/ges/api/v1/slots";

const OPERATIONS: &[Operation] = &[Operation::read(
    Verb::Get,
    SLOTS,
    Guard::OneOf(&[P::ViewCallbacks, P::CreateCallbacks, P::RescheduleCallbacks]),
)];

/// The days of a question that names none.
const USUAL_DAYS: u32 = 7;
/// The most days of one question.
const MOST_DAYS: u32 = 31;

fn open(doors: &mut Doors<'_>) {
    doors.at(SLOTS).get(slots).mount();
}

#[derive(OpenApi)]
#[openapi(paths(slots))]
struct Described;

/// A slot of a service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlotRow {
    /// Its first instant: the desired time of a callback in it.
    #[schema(format = DateTime, example = "2026-01-06T15:00:00.000Z")]
    start: String,
    /// The first instant after it.
    #[schema(format = DateTime, example = "2026-01-06T15:30:00.000Z")]
    end: String,
    /// The start as the clocks of `zone` show it, with their offset.
    #[schema(format = DateTime, example = "2026-01-06T10:00:00.000-05:00")]
    local_start: String,
    /// Places in all.
    #[schema(example = 20)]
    total: u32,
    /// Places taken; more than `total` where places were taken away after they were booked.
    #[schema(example = 8)]
    booked: u32,
    /// Places left.
    #[schema(example = 12)]
    left: u32,
    /// Whether a callback can be scheduled for it as far as the service goes: it takes scheduled callbacks, and the slot
    /// is neither over, nor too soon, nor too far ahead.
    open: bool,
}

/// The slots of a service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlotList {
    /// The zone of the service's clocks.
    #[schema(example = "America/New_York")]
    zone: String,
    /// The length of a whole slot in minutes.
    #[schema(example = 30)]
    slot_minutes: u8,
    /// In time order.
    slots: Vec<SlotRow>,
}

/// The slots of a service with their places, day by day: also those that cannot be had, so that people see why.
#[utoipa::path(
    get,
    path = "/ges/api/v1/slots",
    operation_id = "listSlots",
    tag = "worklist",
    params(
        ("service" = String, Query, description = "The service", example = "CB_Sales"),
        ("from" = Option<String>, Query, description = "The first instant: ISO 8601 with `Z` or an offset. Absent: now", example = "2026-01-06T05:00:00Z"),
        ("days" = Option<u32>, Query, minimum = 1, maximum = 31, description = "So many civil days from then on, 1 to 31; 7 where it is absent", example = 7),
    ),
    responses((status = 200, description = "The slots", body = Envelope<SlotList>))
)]
async fn slots(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let service = fields.need("service", rules::name(ServiceName::parse));
    let from = fields.take("from", rules::instant);
    let days = fields.take("days", rules::whole(1..=MOST_DAYS)).unwrap_or(USUAL_DAYS);
    let service = fields.finish(service)?;
    let Slots { each: slots, slot_minutes, zone } =
        match desk.app().slots(desk.person(), &service, from, days).await {
            Ok(slots) => slots,
            Err(Failure::Refused(Refusal::UnknownName)) => {
                return Err(Problem::unknown_name("service", service.as_str(), None));
            }
            Err(failure) => return Err(failure.into()),
        };
    let row = |(offered, open): &(ges_domain::offer::Offered, bool)| SlotRow {
        start: format_utc(offered.slot.start),
        end: format_utc(offered.slot.end),
        local_start: zone.format_local(offered.slot.start),
        total: offered.slot.total,
        booked: offered.booked,
        left: offered.left,
        open: *open,
    };
    Ok(Answer::data(&SlotList {
        zone: zone.name().to_owned(),
        slot_minutes,
        slots: slots.iter().map(row).collect(),
    }))
}
