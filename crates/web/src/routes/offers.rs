//! What can be booked: the slots of a service, and how long it stays open.

use actix_web::web::ServiceConfig;
use ges_app::{AvailabilityQuery, Failure, Stock};
use ges_domain::id::TenantId;
use ges_domain::offer::Busy;
use ges_domain::refusal::Refusal;
use ges_domain::time::{Timestamp, Window, Zone, format_utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

/// The most civil days that one question may span.
const MOST_DAYS: u32 = 100;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    let at = |route| At::new(web, Audience::Public, route);
    at("/engagement/v3/callbacks/availability/{service}").get(availability).mount(cfg);
    at("/engagement/v3/callbacks/open-for/{service}").get(open_for).mount(cfg);
}

/// A slot on offer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Slot {
    /// The start in UTC.
    #[schema(format = DateTime)]
    utc_time: String,
    /// The start in `timezone`, with its offset.
    #[schema(format = DateTime)]
    local_time: String,
    /// Places left.
    capacity: u32,
    /// Places in all.
    total: u32,
}

/// The slots on offer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Availability {
    /// In time order.
    slots: Vec<Slot>,
    /// The length of a slot in minutes.
    duration_min: u8,
    /// The zone of `localTime`.
    timezone: String,
}

/// How long it stays open.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenFor {
    /// Seconds until closing; 0 is closed.
    open_for: i64,
}

/// The slots that start in a window and have places left.
///
/// Of one of `end`, `endMS` and `numberOfDays` at the most; of none, the window lasts to the end of the start's day.
#[utoipa::path(
    get,
    path = "/engagement/v3/callbacks/availability/{service-name}",
    operation_id = "queryAvailability",
    tag = "offers",
    params(
        ("service-name" = String, Path, description = "A callback service, its queue, or business hours"),
        ("start" = Option<String>, Query, description = "The first instant: ISO 8601, with `Z` or an offset; without either where `timezone` is given. Absent: now"),
        ("startMS" = Option<i64>, Query, description = "The same in milliseconds since 1970"),
        ("end" = Option<String>, Query, description = "The first instant that is too late"),
        ("endMS" = Option<i64>, Query, description = "The same in milliseconds since 1970"),
        ("numberOfDays" = Option<u32>, Query, description = "The window's length in civil days, 1 to 100"),
        ("timezone" = Option<String>, Query, description = "The IANA zone of `start`, `end` and `localTime`. Absent: UTC"),
        ("maxTimeSlots" = Option<u32>, Query, description = "Stop after this many slots with places left"),
        ("reportBusy" = Option<bool>, Query, description = "Also list the slots without places left"),
    ),
    responses((status = 200, description = "The slots", body = Envelope<Availability>))
)]
async fn availability(call: Call) -> Said {
    let tenant = call.tenant().await?;
    let name: String = call.path()?;
    let query = call.query()?;
    let mut fields = Fields::of_query(&query);
    check_name(&mut fields, "service-name", &name);
    let zone = fields.take("timezone", rules::zone);
    let start = start(&mut fields, zone.as_ref()).unwrap_or_else(|| call.app().now());
    let local = zone.clone().unwrap_or_else(Zone::utc);
    let window = window(&mut fields, zone.as_ref(), start, &local);
    let most = fields.take("maxTimeSlots", rules::whole(1..=u32::MAX));
    let busy = match fields.take("reportBusy", rules::flag) {
        Some(true) => Busy::Reported,
        Some(false) | None => Busy::Hidden,
    };
    let window = fields.finish(window)?;

    let most = most.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    let query = AvailabilityQuery { name: &name, window, busy, most };
    let offer = match call.app().availability(tenant, query).await {
        Ok(offer) => offer,
        Err(Failure::Refused(Refusal::UnknownName)) => {
            return Err(unknown(&call, tenant, "service-name", &name).await);
        }
        Err(failure) => return Err(failure.into()),
    };
    let slots = offer.slots.iter().map(|offered| Slot {
        utc_time: format_utc(offered.slot.start),
        local_time: local.format_local(offered.slot.start),
        capacity: offered.left,
        total: offered.slot.total,
    });
    Ok(Answer::data(&Availability {
        slots: slots.collect(),
        duration_min: offer.slot_minutes,
        timezone: local.name().to_owned(),
    }))
}

/// How long a service, or business hours, stay open.
#[utoipa::path(
    get,
    path = "/engagement/v3/callbacks/open-for/{service-name}",
    operation_id = "queryOpenFor",
    tag = "offers",
    params(
        ("service-name" = String, Path, description = "A callback service, its queue, or business hours"),
        ("start" = Option<String>, Query, description = "From when on: ISO 8601, with `Z` or an offset; without either where `timezone` is given. Absent: now"),
        ("startMS" = Option<i64>, Query, description = "The same in milliseconds since 1970"),
        ("timezone" = Option<String>, Query, description = "The IANA zone of `start`. Absent: UTC"),
    ),
    responses((status = 200, description = "Seconds until closing", body = Envelope<OpenFor>))
)]
async fn open_for(call: Call) -> Said {
    let tenant = call.tenant().await?;
    let name: String = call.path()?;
    let query = call.query()?;
    let mut fields = Fields::of_query(&query);
    check_name(&mut fields, "service-name", &name);
    let zone = fields.take("timezone", rules::zone);
    let start = start(&mut fields, zone.as_ref());
    fields.finish(Some(()))?;
    match call.app().open_for(tenant, &name, start).await {
        Ok(open_for) => Ok(Answer::data(&OpenFor { open_for: open_for.as_secs() })),
        Err(Failure::Refused(Refusal::UnknownName)) => {
            Err(unknown(&call, tenant, "service-name", &name).await)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Complains of a name in the path that nothing could have.
pub(super) fn check_name(fields: &mut Fields<'_>, field: &str, name: &str) {
    if let Err(wrong) = rules::text(255)(Given::Text(name)) {
        fields.complain(field, wrong);
    }
}

/// An instant, or a civil time of the zone where one is given.
fn moment(fields: &mut Fields<'_>, name: &str, zone: Option<&Zone>) -> Option<Timestamp> {
    match zone {
        Some(zone) => fields.take(name, rules::civil).map(|civil| zone.instant(civil)),
        // A zone that is no zone says nothing of how its times are written.
        None if fields.has("timezone") => None,
        None => fields.take(name, rules::instant),
    }
}

fn start(fields: &mut Fields<'_>, zone: Option<&Zone>) -> Option<Timestamp> {
    if fields.has("start") && fields.has("startMS") {
        let wrong = Wrong::new("is given beside start").code(Code::WindowInvalid);
        fields.complain("startMS", wrong);
    }
    let start = moment(fields, "start", zone);
    start.or(fields.take("startMS", rules::millis))
}

fn window(
    fields: &mut Fields<'_>,
    zone: Option<&Zone>,
    start: Timestamp,
    local: &Zone,
) -> Option<Window> {
    let invalid = |what: String| Wrong::new(what).code(Code::WindowInvalid);
    let ends: Vec<&str> =
        ["end", "endMS", "numberOfDays"].into_iter().filter(|end| fields.has(end)).collect();
    if let [first, second, ..] = ends[..] {
        fields.complain(second, invalid(format!("is given beside {first}")));
        return None;
    }
    let end = match ends.first() {
        None => local.end_of_day(start),
        Some(&"end") => moment(fields, "end", zone)?,
        Some(&"endMS") => fields.take("endMS", rules::millis)?,
        Some(_) => {
            let days = fields.take("numberOfDays", rules::whole(i64::MIN..=i64::MAX))?;
            let days = u32::try_from(days).ok().filter(|days| (1..=MOST_DAYS).contains(days));
            let Some(days) = days else {
                let what = format!("is not between 1 and {MOST_DAYS}");
                fields.complain("numberOfDays", invalid(what));
                return None;
            };
            local.days_after(start, days)
        }
    };
    let field = ends.first().copied().unwrap_or("start");
    let Ok(window) = Window::new(start, end) else {
        fields.complain(field, invalid(String::from("lies before the start")));
        return None;
    };
    if end > local.days_after(start, MOST_DAYS) {
        fields.complain(field, invalid(format!("lies more than {MOST_DAYS} days after the start")));
        return None;
    }
    Some(window)
}

/// The problem of a name that nothing has, with the name that may be meant.
pub(super) async fn unknown(call: &Call, tenant: TenantId, field: &str, name: &str) -> Problem {
    match call.app().shelf().stock(tenant).await {
        Ok(stock) => Problem::unknown_name(field, name, nearest(&stock, name)),
        Err(fault) => fault.into(),
    }
}

/// The service whose name is at most two slips away, and still the same for the most part.
fn nearest<'a>(stock: &'a Stock, name: &str) -> Option<&'a str> {
    let known = stock.catalogue.services.keys();
    let far = known.map(|service| (slips(service.as_str(), name), service.as_str()));
    far.filter(|(slips, known)| *slips <= 2 && slips * 2 < known.len())
        .min()
        .map(|(_, service)| service)
}

/// The fewest letters to put in, take out or change that make one text of the other, case aside; 3 is any more.
fn slips(one: &str, other: &str) -> usize {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    if one.len().abs_diff(other.len()) > 2 {
        return 3;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, b) in other.bytes().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[place + 1];
            row[place + 1] = changed.min(corner + 1).min(row[place] + 1);
        }
    }
    row.last().copied().unwrap_or(0).min(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &[(&str, &str)]) -> Result<Window, Problem> {
        let pairs: Vec<_> =
            query.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let mut fields = Fields::of_query(&pairs);
        let zone = fields.take("timezone", rules::zone);
        let now = "2026-01-05T14:00:00Z".parse().unwrap();
        let begin = start(&mut fields, zone.as_ref()).unwrap_or(now);
        let local = zone.clone().unwrap_or_else(Zone::utc);
        let found = window(&mut fields, zone.as_ref(), begin, &local);
        fields.finish(found)
    }

    #[test]
    fn a_window_ends_as_it_is_told_or_with_its_day() {
        for (query, start, end) in [
            (&[][..], "2026-01-05T14:00:00Z", "2026-01-06T00:00:00Z"),
            (&[("timezone", "America/New_York")], "2026-01-05T14:00:00Z", "2026-01-06T05:00:00Z"),
            (&[("numberOfDays", "2")], "2026-01-05T14:00:00Z", "2026-01-07T14:00:00Z"),
            (
                &[
                    ("start", "2026-03-07T12:00:00.000"),
                    ("timezone", "America/New_York"),
                    ("numberOfDays", "1"),
                ],
                "2026-03-07T17:00:00Z",
                "2026-03-08T16:00:00Z",
            ),
            (
                &[("startMS", "1767621600000"), ("endMS", "1767625200000")],
                "2026-01-05T14:00:00Z",
                "2026-01-05T15:00:00Z",
            ),
        ] {
            let window = asked(query).unwrap();
            assert_eq!(window.start(), start.parse().unwrap(), "{query:?}");
            assert_eq!(window.end(), end.parse().unwrap(), "{query:?}");
        }
    }

    #[test]
    fn a_window_that_makes_no_sense_is_refused_by_the_field_that_does_not() {
        for (query, field) in [
            (&[("end", "2026-01-05T13:00:00Z")][..], "end"),
            (&[("end", "2026-05-05T13:00:00Z")], "end"),
            (&[("numberOfDays", "0")], "numberOfDays"),
            (&[("numberOfDays", "101")], "numberOfDays"),
            (&[("end", "2026-01-06T00:00:00Z"), ("numberOfDays", "1")], "numberOfDays"),
            (&[("start", "2026-01-05T00:00:00Z"), ("startMS", "0")], "startMS"),
        ] {
            let problem = asked(query).unwrap_err();
            assert_eq!(problem.code, Code::WindowInvalid, "{query:?}");
            assert!(problem.message.starts_with(field), "{}", problem.message);
        }
        let civil = asked(&[("start", "2026-01-05T00:00:00.000")]).unwrap_err();
        assert_eq!(civil.code, Code::FieldInvalid);
    }

    #[test]
    fn a_name_that_is_nearly_right_is_recognised() {
        for (one, other, far) in [
            ("CB_Sales", "cb_sale", 1),
            ("ab", "ba", 2),
            ("a", "a", 0),
            ("a", "abcd", 3),
            ("", "", 0),
        ] {
            assert_eq!(slips(one, other), far, "{one} {other}");
        }
    }
}
