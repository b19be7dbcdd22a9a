//! Finding callbacks: by number, service, state and desired time, page by page.

use actix_web::web::ServiceConfig;
use ges_domain::callback::State;
use ges_domain::id::CallbackId;
use ges_domain::name::ServiceName;
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::refusal::Refusal;
use ges_domain::time::{Timestamp, Window};
use ges_ports::{Cursor, Search, SearchOrder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::Code;
use crate::wire::{CallbackRecord, Envelope};

pub(crate) const STATES: &[(&str, State)] = &[
    ("SCHEDULED", State::Scheduled),
    ("QUEUED", State::Queued),
    ("ROUTING", State::Routing),
    ("PROCESSING", State::Processing),
    ("COMPLETED", State::Completed),
];

const ORDERS: &[(&str, SearchOrder)] = &[
    ("desiredTime", SearchOrder::DesiredAscending),
    ("-desiredTime", SearchOrder::DesiredDescending),
    ("-createdTime", SearchOrder::CreatedDescending),
];

const PAGE: u16 = 50;
const LONGEST_PAGE: u16 = 250;
const MOST_SERVICES: usize = 100;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Public, "/engagement/v3/callbacks/search").post(search).mount(cfg);
}

/// Which callbacks to find; every given field must hold.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct SearchCallbacks {
    /// Of this number.
    #[schema(max_length = 64)]
    phone_number: Option<String>,
    /// Of this service, or of any of these.
    service_name: Option<OneOrMore>,
    /// In this state, or in any of these.
    callback_state: Option<OneOrMore>,
    /// Desired at this time or later.
    #[schema(format = DateTime)]
    desired_from: Option<String>,
    /// Desired before this time.
    #[schema(format = DateTime)]
    desired_to: Option<String>,
    /// `desiredTime` (the default), `-desiredTime` or `-createdTime`.
    order: Option<String>,
    /// The most callbacks of the page; 50 where it is absent.
    #[schema(minimum = 1, maximum = 250)]
    limit: Option<u16>,
    /// Where the page begins: `nextCursor` of the page before, with the same order.
    cursor: Option<String>,
}

/// A text or a list of texts.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `rules::one_or_more` takes")]
pub(crate) enum OneOrMore {
    /// One.
    One(String),
    /// Any of these.
    More(Vec<String>),
}

/// A callback that was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    #[serde(flatten)]
    callback: CallbackRecord,
    /// The service it was booked with.
    service_name: String,
}

/// One page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// In the order asked for.
    callbacks: Vec<Found>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Finds callbacks, page by page.
#[utoipa::path(
    post,
    path = "/engagement/v3/callbacks/search",
    operation_id = "searchCallbacks",
    tag = "callbacks",
    request_body = SearchCallbacks,
    responses((status = 200, description = "One page", body = Envelope<Page>))
)]
async fn search(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let one_service = |given| rules::name(ServiceName::parse)(given);
    let services = fields.take("serviceName", rules::one_or_more(MOST_SERVICES, one_service));
    let one_state = |given| rules::word(STATES)(given);
    let states = fields.take("callbackState", rules::one_or_more(STATES.len(), one_state));
    let phone = fields.take("phoneNumber", rules::owned(64));
    let from = fields.take("desiredFrom", rules::instant);
    let to = fields.take("desiredTo", rules::instant);
    let order = fields.take("order", rules::word(ORDERS)).unwrap_or_default();
    let limit = fields.take("limit", rules::whole(1..=LONGEST_PAGE)).unwrap_or(PAGE);
    let after = fields.take("cursor", |given| cursor(given, order));
    let desired = window(&mut fields, from, to);
    fields.finish(Some(()))?;

    let services = services.unwrap_or_default();
    let stock = call.app().shelf().stock(tenant).await?;
    let home = match services.as_slice() {
        [one] => stock.service(one).map(|service| service.settings.default_country),
        _ => None,
    };
    let phone = phone.map(|text| PhoneNumber::parse(&text, home.unwrap_or(Country::US)));
    let phone = phone.transpose().map_err(Refusal::from)?;
    let states = states.unwrap_or_default();
    let search =
        Search { phone, services, states, desired, order, after, limit, ..Search::default() };
    let page = call.app().search(tenant, &search).await?;
    let callbacks = page.callbacks.iter().map(|callback| Found {
        callback: callback.into(),
        service_name: callback.service.to_string(),
    });
    let next_cursor = page.next.map(|next| written(next, order));
    Ok(Answer::data(&Page { callbacks: callbacks.collect(), next_cursor }))
}

pub(crate) fn window(
    fields: &mut Fields<'_>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Option<Window> {
    if from.is_none() && to.is_none() {
        return None;
    }
    let window = Window::new(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX));
    let backwards = |_ends| Wrong::new("lies before desiredFrom").code(Code::WindowInvalid);
    window.map_err(|ends| fields.complain("desiredTo", backwards(ends))).ok()
}

/// A cursor as clients see it: the order, the row's time and the row.
pub(crate) fn written(cursor: Cursor, order: SearchOrder) -> String {
    format!("{}{}.{}", letter(order), cursor.at.as_microsecond(), cursor.id.uuid().simple())
}

pub(crate) fn cursor(given: Given<'_>, order: SearchOrder) -> Result<Cursor, Wrong> {
    let text = rules::text(128)(given)?;
    let read = || {
        let (at, id) = text.strip_prefix(letter(order))?.split_once('.')?;
        let at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
        let id: CallbackId = id.parse().ok()?;
        Some(Cursor { at, id })
    };
    read().ok_or_else(|| Wrong::new("is not a nextCursor of a page in this order"))
}

const fn letter(order: SearchOrder) -> char {
    match order {
        SearchOrder::DesiredAscending => 'a',
        SearchOrder::DesiredDescending => 'd',
        SearchOrder::CreatedDescending => 'c',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_in_its_own_order_alone() {
        let at = Timestamp::from_microsecond(-1_234_567).unwrap();
        let row = Cursor { at, id: "018f2b1c-0000-7000-8000-000000000001".parse().unwrap() };
        let text = written(row, SearchOrder::DesiredAscending);
        let read = |order| cursor(Given::Text(&text), order).ok();
        assert_eq!(read(SearchOrder::DesiredAscending), Some(row));
        assert_eq!(read(SearchOrder::DesiredDescending), None);
        for bad in ["", "a", "a.", "a1.x", "azz.018f2b1c00007000800000000000000001"] {
            assert!(cursor(Given::Text(bad), SearchOrder::DesiredAscending).is_err(), "{bad}");
        }
    }
}
