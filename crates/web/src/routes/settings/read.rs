//! Settings and hours as they are read: a field left out means what it means for a new service.

use std::str::FromStr as _;

use ges_domain::capacity::{MAX_PLACES, SlotLength};
use ges_domain::hours::{Day, Hours, Interval, Recurrence, SpecialDay, Week};
use ges_domain::name::{HoursName, QueueName, ServiceName};
use ges_domain::phone::Country;
use ges_domain::service::{CallDirection, DuplicatePolicy, NoticeText, Priority, Settings};
use ges_domain::time::Date;
use serde_json::Value;
use url::Url;

use crate::fields::{Fields, Given, Wrong, rules};

const DIRECTIONS: &[(&str, CallDirection)] = &[
    ("USERTERMINATED", CallDirection::UserTerminated),
    ("USERORIGINATED", CallDirection::UserOriginated),
];

const POLICIES: &[(&str, DuplicatePolicy)] = &[
    ("allow", DuplicatePolicy::Allow),
    ("max_two", DuplicatePolicy::MaxTwo),
    ("reject", DuplicatePolicy::Reject),
];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Intervals of one day; one for every minute would be 720.
const MOST_INTERVALS: usize = 720;
/// Languages of one notice.
const MOST_NOTICES: usize = 200;
/// A week in seconds: the longest wait between two dials.
const WEEK_SECS: u32 = 7 * 86_400;

/// The name of a service to be withdrawn.
pub(super) fn service_name(value: &Value) -> Result<ServiceName, Wrong> {
    rules::name(ServiceName::parse)(Given::Json(value))
}

/// A rule for fields that say “none” with an empty text.
fn or_empty<'a, T>(
    rule: impl FnOnce(Given<'a>) -> Result<T, Wrong>,
) -> impl FnOnce(Given<'a>) -> Result<Option<T>, Wrong> {
    move |given| match given {
        Given::Json(Value::String(text)) if text.is_empty() => Ok(None),
        Given::Json(_) | Given::Text(_) => rule(given).map(Some),
    }
}

/// Replaces a setting where the push says anything about it.
fn set<T>(setting: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *setting = said;
    }
}

/// One service of a push.
pub(crate) fn service(fields: &mut Fields<'_>) -> Option<(ServiceName, Settings)> {
    let name = fields.need("name", rules::name(ServiceName::parse));
    let queue = fields.need("virtualQueue", rules::name(QueueName::parse));
    // A service without a queue is refused; its other fields are still read, to name all that is wrong.
    let stand_in = || QueueName::parse("-").expect("a dash is printable");
    let mut settings = Settings::new(queue.clone().unwrap_or_else(stand_in));
    offer(fields, &mut settings);
    call(fields, &mut settings);
    limits(fields, &mut settings);
    name.zip(queue).map(|(name, _)| (name, settings))
}

/// What is offered, and when.
fn offer(fields: &mut Fields<'_>, settings: &mut Settings) {
    set(&mut settings.enabled, fields.take("enabled", rules::flag));
    set(&mut settings.immediate, fields.take("immediateCallbackEnabled", rules::flag));
    set(&mut settings.scheduled, fields.take("scheduledCallbackEnabled", rules::flag));
    set(&mut settings.emergency, fields.take("emergency", rules::flag));
    let hours = fields.take("businessHours", or_empty(rules::name(HoursName::parse)));
    settings.business_hours = hours.flatten();
    set(&mut settings.zone, fields.take("timezone", rules::zone));
    set(&mut settings.slot_length, fields.take("slotMinutes", slot_length));
    let places = fields.take("capacityPerSlot", rules::whole(0..=MAX_PLACES));
    set(&mut settings.capacity_per_slot, places);
    let lead = fields.take("minLeadMinutes", rules::whole(0..=366 * 24 * 60));
    set(&mut settings.min_lead_minutes, lead);
    set(&mut settings.max_days_ahead, fields.take("maxDaysAhead", rules::whole(0..=366)));
    let threshold = fields.take("offerEwtThresholdSeconds", rules::whole(0..=WEEK_SECS));
    set(&mut settings.offer_ewt_threshold_seconds, threshold);
}

/// How the customer is called.
fn call(fields: &mut Fields<'_>, settings: &mut Settings) {
    set(&mut settings.call_direction, fields.take("callDirection", rules::word(DIRECTIONS)));
    let document = fields.take("scxmlUrl", or_empty(address)).flatten();
    set(&mut settings.scxml_url, document);
    settings.route_point = fields.take("routePoint", or_empty(rules::owned(255))).flatten();
    settings.outbound_caller_id =
        fields.take("outboundCallerId", or_empty(rules::owned(64))).flatten();
    settings.caller_display_name =
        fields.take("callerDisplayName", or_empty(rules::owned(255))).flatten();
    settings.survey_route_point = fields.take("surveyRP", or_empty(rules::owned(255))).flatten();
    set(&mut settings.language, fields.take("language", rules::language));
    set(
        &mut settings.default_country,
        fields.take("defaultCountry", rules::parsed(Country::parse)),
    );
    set(&mut settings.allow_premium_rate, fields.take("allowPremiumRate", rules::flag));
    set(&mut settings.max_dial_attempts, fields.take("maxDialAttempts", rules::whole(1..=100)));
    let redial = fields.take("redialIntervalSeconds", rules::whole(0..=WEEK_SECS));
    set(&mut settings.redial_interval_seconds, redial);
    set(
        &mut settings.ring_timeout_seconds,
        fields.take("ringTimeoutSeconds", rules::whole(1..=600)),
    );
    set(&mut settings.priority, fields.object("priority", |fields| Some(priority(fields))));
    settings.push_notification_threshold_minutes =
        fields.take("pushNotificationThresholdMinutes", rules::whole(0..=24 * 60));
    settings.upcoming = fields.each("upcoming", MOST_NOTICES, notice);
}

/// How much of it, and how often.
fn limits(fields: &mut Fields<'_>, settings: &mut Settings) {
    let ttl = fields.take("queueTtlSeconds", rules::whole(60..=366 * 86_400));
    set(&mut settings.queue_ttl_seconds, ttl);
    set(&mut settings.max_queued, fields.take("maxQueued", rules::whole(0..=u32::MAX)));
    set(&mut settings.duplicate_policy, fields.take("duplicatePolicy", rules::word(POLICIES)));
    let early = fields.take("maxEarlySubmitSeconds", rules::whole(0..=86_400));
    set(&mut settings.max_early_submit_seconds, early);
    set(&mut settings.max_attempts, fields.take("maxAttempts", rules::whole(1..=100)));
    settings.max_release_per_minute =
        fields.take("maxReleasePerMinute", rules::whole(1..=u32::MAX));
    let bookings = fields.take("maxBookingsPerTenMinutes", rules::whole(1..=u32::MAX));
    set(&mut settings.max_bookings_per_ten_minutes, bookings);
    let immediate = fields.take("maxImmediatePerNumberPerDay", rules::whole(1..=u32::MAX));
    set(&mut settings.max_immediate_per_number_per_day, immediate);
}

fn priority(fields: &mut Fields<'_>) -> Priority {
    let mut rank = Priority::default();
    set(&mut rank.initial, fields.take("initial", rules::whole(0..=u32::MAX)));
    set(&mut rank.increment, fields.take("increment", rules::whole(0..=u32::MAX)));
    set(&mut rank.interval_seconds, fields.take("intervalSeconds", rules::whole(0..=u32::MAX)));
    set(&mut rank.limit, fields.take("limit", rules::whole(0..=u32::MAX)));
    rank
}

fn notice(fields: &mut Fields<'_>) -> Option<NoticeText> {
    let language = fields.need("language", rules::language);
    let title = fields.need("title", rules::owned(255));
    let body = fields.need("body", rules::owned(1024));
    Some(NoticeText { language: language?, title: title?, body: body? })
}

fn slot_length(given: Given<'_>) -> Result<SlotLength, Wrong> {
    let minutes = rules::whole(0..=u32::MAX)(given)?;
    let odd = |_odd| Wrong::new("is not 5, 10, 15, 20, 30 or 60");
    SlotLength::parse(minutes).map_err(odd)
}

fn address(given: Given<'_>) -> Result<String, Wrong> {
    let text = rules::owned(2048)(given)?;
    let fits = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if fits { Ok(text) } else { Err(Wrong::new("is not an address over HTTP")) }
}

/// One resource of business hours.
pub(crate) fn hours(fields: &mut Fields<'_>) -> Option<(HoursName, Hours)> {
    let name = fields.need("name", rules::name(HoursName::parse));
    let zone = fields.need("timezone", rules::zone);
    let week = fields.need("week", rules::object);
    if let Some(odd) = week.and_then(|week| week.keys().find(|day| !WEEKDAYS.contains(&&day[..])))
        && rules::text(255)(Given::Text(odd)).is_ok()
    {
        // Not ignored as other unknown fields are: a day misspelt would be a day closed.
        fields.complain("week", Wrong::new(format!("has `{odd}` for a day; days are mon to sun")));
    }
    let week = fields.object("week", |fields| {
        let [mon, tue, wed, thu, fri, sat, sun] = WEEKDAYS.map(|name| day(fields, name));
        Some(Week { mon, tue, wed, thu, fri, sat, sun })
    });
    let special_days = fields.each("specialDays", ges_domain::hours::MAX_SPECIAL_DAYS, special_day);
    let (name, zone, week) = (name?, zone?, week?);
    match Hours::new(name.clone(), zone, week, special_days) {
        Ok(hours) => Some((name, hours)),
        Err(error) => {
            fields.complain("specialDays", Wrong::new(format!("do not go together: {error}")));
            None
        }
    }
}

fn day(fields: &mut Fields<'_>, name: &str) -> Day {
    Day::new(fields.each(name, MOST_INTERVALS, interval))
}

fn interval(fields: &mut Fields<'_>) -> Option<Interval> {
    if fields.take("openAllDay", rules::flag) == Some(true) {
        return Some(Interval::ALL_DAY);
    }
    let start = fields.need("start", rules::text(5));
    let end = fields.take("end", rules::text(5));
    match Interval::parse(start?, end) {
        Ok(interval) => Some(interval),
        Err(error) => {
            fields.complain("start", Wrong::new(format!("and end are no interval: {error}")));
            None
        }
    }
}

fn special_day(fields: &mut Fields<'_>) -> Option<SpecialDay> {
    let name = fields.take("name", or_empty(rules::owned(255))).flatten().unwrap_or_default();
    let date = fields.need("date", date);
    let yearly = fields.take("recursYearly", rules::flag).unwrap_or(false);
    let day = day(fields, "hours");
    let recurrence = if yearly { Recurrence::Yearly } else { Recurrence::Once };
    Some(SpecialDay { name, date: date?, recurrence, day })
}

fn date(given: Given<'_>) -> Result<Date, Wrong> {
    let odd = || Wrong::new("is not a date such as 2026-01-31");
    let text = rules::text(10)(given)?;
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, c)| match at {
            4 | 7 => c == b'-',
            _ => c.is_ascii_digit(),
        });
    if shape { Date::from_str(text).map_err(|_none| odd()) } else { Err(odd()) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::super::{HoursDocument, ServiceDocument};
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("not an object") };
        object
    }

    fn wrong(value: Value, read: fn(&mut Fields<'_>) -> bool) -> Vec<String> {
        let body = object(value);
        let mut fields = Fields::of(&body);
        assert!(!read(&mut fields) || !fields.fit(), "taken as it is");
        fields.into_complaints().into_iter().map(|it| it.field).collect()
    }

    /// Settings in which nothing is as it is by default.
    fn unusual() -> Settings {
        let name = |text: &str| Some(text.to_owned());
        Settings {
            enabled: false,
            immediate: false,
            scheduled: false,
            call_direction: CallDirection::UserOriginated,
            scxml_url: String::from("http://designer.example/main.scxml"),
            route_point: name("9100"),
            outbound_caller_id: name("+14155550000"),
            caller_display_name: name("Example Bank"),
            survey_route_point: name("9101"),
            business_hours: Some(HoursName::parse("BH_Sales").unwrap()),
            zone: ges_domain::time::Zone::parse("Europe/Berlin").unwrap(),
            slot_length: SlotLength::HOUR,
            capacity_per_slot: 1,
            min_lead_minutes: 2,
            max_days_ahead: 3,
            queue_ttl_seconds: 61,
            max_dial_attempts: 5,
            redial_interval_seconds: 6,
            ring_timeout_seconds: 7,
            priority: Priority { initial: 8, increment: 9, interval_seconds: 10, limit: 11 },
            offer_ewt_threshold_seconds: 12,
            push_notification_threshold_minutes: Some(13),
            max_queued: 14,
            duplicate_policy: DuplicatePolicy::Reject,
            language: String::from("de-AT"),
            default_country: Country::parse("AT").unwrap(),
            allow_premium_rate: true,
            max_early_submit_seconds: 15,
            max_attempts: 16,
            max_release_per_minute: Some(17),
            max_bookings_per_ten_minutes: 18,
            max_immediate_per_number_per_day: 19,
            emergency: true,
            upcoming: vec![NoticeText {
                language: String::from("de"),
                title: String::from("Gleich"),
                body: String::from("Wir rufen an."),
            }],
            ..Settings::new(QueueName::parse("VQ").unwrap())
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let plain = Settings::new(QueueName::parse("VQ").unwrap());
        for settings in [unusual(), plain] {
            let body = object(json!(ServiceDocument::of("CB_Sales", &settings)));
            let mut fields = Fields::of(&body);
            let (name, read) = service(&mut fields).unwrap();
            assert!(fields.fit());
            assert_eq!((name.as_str(), read), ("CB_Sales", settings));
        }
    }

    #[test]
    fn a_service_needs_a_name_and_a_queue_and_says_all_that_is_wrong() {
        let read = |fields: &mut Fields<'_>| service(fields).is_some();
        assert_eq!(wrong(json!({"enabled": 1}), read), ["name", "virtualQueue", "enabled"]);
        let odd = json!({
            "name": "a b", "virtualQueue": "VQ", "slotMinutes": 25, "timezone": "Mars", "capacityPerSlot": 100_001,
            "priority": {"limit": -1}, "upcoming": [{}], "scxmlUrl": "file:///etc/passwd", "defaultCountry": "XX",
        });
        let mut wrong = wrong(odd, read);
        wrong.sort_unstable();
        assert_eq!(
            wrong,
            [
                "capacityPerSlot",
                "defaultCountry",
                "name",
                "priority.limit",
                "scxmlUrl",
                "slotMinutes",
                "timezone",
                "upcoming[0].body",
                "upcoming[0].language",
                "upcoming[0].title"
            ]
        );
    }

    #[test]
    fn hours_come_back_as_they_were_written() {
        let body = object(json!({
            "name": "BH_Sales", "timezone": "America/Los_Angeles",
            "week": { "mon": [{"start": "09:00", "end": "17:00"}], "tue": [{"openAllDay": true}],
                      "wed": [{"start": "18:00"}], "sun": [] },
            "specialDays": [{"name": "New Year", "date": "2026-01-01", "recursYearly": true, "hours": []}]
        }));
        let (_, first) = hours(&mut Fields::of(&body)).unwrap();
        assert_eq!(first.week().wed.intervals()[0].to_string(), "18:00-24:00");
        let body = object(json!(HoursDocument::of(&first)));
        assert_eq!(hours(&mut Fields::of(&body)).unwrap().1, first);
    }

    #[test]
    fn hours_that_break_a_rule_say_which() {
        let read = |fields: &mut Fields<'_>| hours(fields).is_some();
        let hours = |week: Value, special: Value| json!({"name": "BH", "timezone": "UTC", "week": week, "specialDays": special});
        for (document, field) in [
            (json!({"timezone": "UTC", "week": {}}), "name"),
            (json!({"name": "BH", "timezone": "UTC"}), "week"),
            (hours(json!({"monday": []}), json!([])), "week"),
            (hours(json!({"mon": [{"start": "9"}]}), json!([])), "week.mon[0].start"),
            (hours(json!({"mon": {"start": "09:00"}}), json!([])), "week.mon"),
            (hours(json!({}), json!([{"date": "2026-02-30"}])), "specialDays[0].date"),
            (hours(json!({}), json!([{"date": "2026-02-03T00"}])), "specialDays[0].date"),
            (
                hours(json!({}), json!([{"date": "2026-02-03"}, {"date": "2026-02-03"}])),
                "specialDays",
            ),
        ] {
            assert_eq!(wrong(document, read), [field]);
        }
    }
}
