//! Looking at callbacks: lists, counts, and one with its history.

use ges_domain::access::Permission as P;
use ges_domain::callback::{Kind, Reason};
use ges_domain::id::CallbackId;
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::{Timestamp, Window};
use ges_ports::{Search, SearchOrder};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::rows::{Detail, Row};
use super::{Desk, Doors, Guard, Operation, Paging, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::routes::search::{STATES, cursor, window, written};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const LIST: &str = "/ges/api/v1/callbacks";
const COUNT: &str = "/ges/api/v1/callbacks/count";
const ONE: &str = "/ges/api/v1/callbacks/{id}";

const OPERATIONS: &[Operation] =
    &[Operation::read(Verb::Get, COUNT, Guard::OneOf(&[P::ViewCallbacks, P::ChangeInBulk]))];

/// The list's row; its door is put in with the one that books at the same address.
pub(super) const LISTED: Operation = Operation::read(Verb::Get, LIST, Guard::May(P::ViewCallbacks));
/// The row of one callback; its door is put in with those that change it.
pub(super) const SHOWN: Operation =
    Operation::read(Verb::Get, ONE, Guard::May(P::ViewCallbacks)).also(&[404]);

const ORDERS: &[(&str, SearchOrder)] = &[
    ("desired", SearchOrder::DesiredAscending),
    ("-desired", SearchOrder::DesiredDescending),
    ("-created", SearchOrder::CreatedDescending),
];
const KINDS: &[(&str, Kind)] = &[("immediate", Kind::Immediate), ("scheduled", Kind::Scheduled)];
/// The most names of a filter.
const MOST: usize = 50;

fn open(doors: &mut Doors<'_>) {
    doors.at(COUNT).get(count).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list, count, detail))]
struct Described;

/// One page of callbacks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rows {
    /// In the order asked for.
    callbacks: Vec<Row>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// How many callbacks a filter finds.
#[derive(Serialize, ToSchema)]
pub(crate) struct Counted {
    /// How many; counted to 100 000.
    count: u32,
    /// Whether there are no more.
    exact: bool,
}

/// Reads a filter; the cursor and the limit are the page's own.
pub(super) async fn filter(desk: &Desk, fields: &mut Fields<'_>) -> Result<Search, Problem> {
    let phone = fields.take("phone", rules::owned(64));
    let services = fields.several("service", MOST, |it| rules::name(ServiceName::parse)(it));
    let queues = fields.several("queue", MOST, |it| rules::name(QueueName::parse)(it));
    let states = fields.several("state", STATES.len(), |it| rules::word(STATES)(it));
    let reasons = fields.several("reason", MOST, |it| rules::parsed(Reason::parse)(it));
    let kind = fields.take("kind", rules::word(KINDS));
    let (from, to) =
        (fields.take("desiredFrom", rules::instant), fields.take("desiredTo", rules::instant));
    let desired = window(fields, from, to);
    let (from, to) =
        (fields.take("createdFrom", rules::instant), fields.take("createdTo", rules::instant));
    let created = created(fields, from, to);
    let order = fields.take("order", rules::word(ORDERS)).unwrap_or_default();
    if !fields.fit() {
        // The caller finishes the fields, with whatever else is wrong.
        return Ok(Search::default());
    }
    let phone = match phone {
        Some(text) => {
            let stock = desk.app().shelf().stock(desk.tenant()).await?;
            let home = match services.as_slice() {
                [one] => stock.service(one).map(|service| service.settings.default_country),
                _ => None,
            };
            Some(PhoneNumber::parse(&text, home.unwrap_or(Country::US)).map_err(Refusal::from)?)
        }
        None => None,
    };
    let reasons = reasons.iter().map(ToString::to_string).collect();
    Ok(Search {
        phone,
        services,
        queues,
        states,
        kind,
        reasons,
        desired,
        created,
        order,
        ..Search::default()
    })
}

fn created(
    fields: &mut Fields<'_>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Option<Window> {
    if from.is_none() && to.is_none() {
        return None;
    }
    let window = Window::new(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX));
    let backwards = |_ends| Wrong::new("lies before createdFrom").code(Code::WindowInvalid);
    window.map_err(|ends| fields.complain("createdTo", backwards(ends))).ok()
}

/// The callbacks that the person may see, page by page.
#[utoipa::path(
    get,
    path = "/ges/api/v1/callbacks",
    operation_id = "listCallbacks",
    tag = "worklist",
    params(
        ("phone" = Option<String>, Query, description = "Of this number, whole"),
        ("service" = Option<Vec<String>>, Query, description = "Of this service; may be given several times"),
        ("queue" = Option<Vec<String>>, Query, description = "In this queue; may be given several times"),
        ("state" = Option<Vec<String>>, Query, description = "In this state; may be given several times", example = "SCHEDULED"),
        ("reason" = Option<Vec<String>>, Query, description = "Ended by this reason; may be given several times", example = "CANCELLED"),
        ("kind" = Option<String>, Query, description = "`immediate` or `scheduled`"),
        ("desiredFrom" = Option<String>, Query, description = "Desired at this time or later"),
        ("desiredTo" = Option<String>, Query, description = "Desired before this time"),
        ("createdFrom" = Option<String>, Query, description = "Booked at this time or later"),
        ("createdTo" = Option<String>, Query, description = "Booked before this time"),
        ("order" = Option<String>, Query, description = "`desired` (the default), `-desired` or `-created`"),
        ("limit" = Option<u16>, Query, description = "The most callbacks of the page, 1 to 250; 50 where it is absent"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before, with the same order"),
    ),
    responses((status = 200, description = "One page", body = Envelope<Rows>))
)]
pub(super) async fn list(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let search = filter(&desk, &mut fields).await?;
    let order = search.order;
    let read = |text: &str| cursor(Given::Text(text), order).ok();
    let Paging { limit, after } = Paging::read(&mut fields, read);
    fields.finish(Some(()))?;
    let page = desk.app().list(desk.person(), &Search { after, limit, ..search }).await?;
    let callbacks = page.callbacks.iter().map(Row::from).collect();
    Ok(Answer::data(&Rows { callbacks, next: page.next.map(|next| written(next, order)) }))
}

/// How many callbacks a filter finds: of those that the person may see, counted to 100 000.
#[utoipa::path(
    get,
    path = "/ges/api/v1/callbacks/count",
    operation_id = "countCallbacks",
    tag = "worklist",
    params(
        ("phone" = Option<String>, Query, description = "Of this number, whole"),
        ("service" = Option<Vec<String>>, Query, description = "Of this service; may be given several times"),
        ("queue" = Option<Vec<String>>, Query, description = "In this queue; may be given several times"),
        ("state" = Option<Vec<String>>, Query, description = "In this state; may be given several times"),
        ("reason" = Option<Vec<String>>, Query, description = "Ended by this reason; may be given several times"),
        ("kind" = Option<String>, Query, description = "`immediate` or `scheduled`"),
        ("desiredFrom" = Option<String>, Query, description = "Desired at this time or later"),
        ("desiredTo" = Option<String>, Query, description = "Desired before this time"),
        ("createdFrom" = Option<String>, Query, description = "Booked at this time or later"),
        ("createdTo" = Option<String>, Query, description = "Booked before this time"),
    ),
    responses((status = 200, description = "The count", body = Envelope<Counted>))
)]
async fn count(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let search = filter(&desk, &mut fields).await?;
    fields.finish(Some(()))?;
    let counted = desk.app().count(desk.person(), &search).await?;
    Ok(Answer::data(&Counted { count: counted.count, exact: counted.exact }))
}

/// One callback with all that is known of it.
#[utoipa::path(
    get,
    path = "/ges/api/v1/callbacks/{id}",
    operation_id = "showCallback",
    tag = "worklist",
    params(("id" = String, Path, description = "The callback's id")),
    responses((status = 200, description = "The callback", body = Envelope<Detail>))
)]
pub(super) async fn detail(desk: Desk) -> Said {
    let id = id(&desk)?;
    let callback = desk.app().seen(desk.person(), id).await?;
    let history = desk.app().history(desk.tenant(), id).await?;
    Ok(Answer::data(&Detail::of(&callback, &history)))
}

/// The callback in the path.
pub(super) fn id(desk: &Desk) -> Result<CallbackId, Problem> {
    let id: String = desk.path()?;
    id.parse().map_err(|_not_one| Problem::new(Code::NoSuchCallback, "id is not a UUID"))
}
