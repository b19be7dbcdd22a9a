//! Settings and hours as they are written: for Designer's comparison, and for the session that works under them.

use ges_domain::callback::Callback;
use ges_domain::hours::{Day, Hours, Interval, Recurrence, SpecialDay};
use ges_domain::id::Attempt;
use ges_domain::service::{CallDirection, DuplicatePolicy, NoticeText, Settings};
use ges_domain::time::format_utc;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::CallbackRecord;

/// A callback service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that people set")]
pub(crate) struct ServiceDocument {
    /// The name that clients use: 1 to 255 of `A-Z a-z 0-9 _ . -`.
    #[schema(max_length = 255, example = "CB_Sales")]
    name: String,
    /// The queue that callbacks wait in.
    #[schema(max_length = 255)]
    virtual_queue: String,
    /// A switched-off service takes no bookings. Absent: true.
    #[schema(required = false)]
    enabled: bool,
    /// Whether “call me as soon as you can” is offered. Absent: true.
    #[schema(required = false)]
    immediate_callback_enabled: bool,
    /// Whether “call me at …” is offered. Absent: true.
    #[schema(required = false)]
    scheduled_callback_enabled: bool,
    /// `USERTERMINATED` (the default): we call the customer. `USERORIGINATED`: the device is told and calls in.
    #[schema(required = false)]
    call_direction: &'static str,
    /// The document that the orchestration server runs; an address over HTTP, or empty.
    #[schema(required = false)]
    scxml_url: String,
    /// Where the outbound call starts.
    route_point: Option<String>,
    /// The number that the customer sees.
    outbound_caller_id: Option<String>,
    /// The name that the customer sees.
    caller_display_name: Option<String>,
    /// Where the survey after the call starts.
    #[serde(rename = "surveyRP")]
    survey_rp: Option<String>,
    /// The office hours. Absent: always open.
    business_hours: Option<String>,
    /// The IANA zone of a service without office hours. Absent: UTC.
    #[schema(required = false)]
    timezone: String,
    /// The length of a slot where no capacity rule is assigned: 5, 10, 15, 20, 30 or 60. Absent: 30.
    #[schema(required = false)]
    slot_minutes: u8,
    /// Places of a slot where no capacity rule is assigned, at most 100 000. Absent: 100.
    #[schema(required = false)]
    capacity_per_slot: u32,
    /// A scheduled callback starts at least this much later than its request. Absent: 15.
    #[schema(required = false)]
    min_lead_minutes: u32,
    /// A scheduled callback starts at most this much later than its request. Absent: 14.
    #[schema(required = false)]
    max_days_ahead: u32,
    /// A callback not completed this long after its desired time has failed. Absent: 86 400.
    #[schema(required = false)]
    queue_ttl_seconds: u32,
    /// Dial attempts of one session. Absent: 3.
    #[schema(required = false)]
    max_dial_attempts: u32,
    /// The wait between two dial attempts. Absent: 600.
    #[schema(required = false)]
    redial_interval_seconds: u32,
    /// How long the customer's phone rings. Absent: 60.
    #[schema(required = false)]
    ring_timeout_seconds: u32,
    /// The rank in the queue.
    #[schema(required = false)]
    priority: PriorityDocument,
    /// The wait above which callbacks should be offered to callers. Absent: 120.
    #[schema(required = false)]
    offer_ewt_threshold_seconds: u32,
    /// The customer is told that the call is near when the wait falls below this. Absent: nobody is told.
    push_notification_threshold_minutes: Option<u32>,
    /// Most callbacks waiting in the queue; more immediate ones are refused. Absent: 1000.
    #[schema(required = false)]
    max_queued: u32,
    /// Open callbacks of one number: `allow` any, `max_two` (the default), or `reject` a second one.
    #[schema(required = false)]
    duplicate_policy: &'static str,
    /// The language of customers who name none. Absent: `en-US`.
    #[schema(required = false)]
    language: String,
    /// The country of numbers written without one. Absent: `US`.
    #[schema(required = false)]
    default_country: String,
    /// Whether premium-rate numbers may be called. Absent: false.
    #[schema(required = false)]
    allow_premium_rate: bool,
    /// How much before the desired time a callback may enter its queue. Absent: 900.
    #[schema(required = false)]
    max_early_submit_seconds: u32,
    /// Submissions that may stay unanswered, sessions that may be lost, and times that sessions may put a callback off,
    /// before it fails. Absent: 5.
    #[schema(required = false)]
    max_attempts: u32,
    /// Callbacks released into the queue per minute. Absent: no limit.
    max_release_per_minute: Option<u32>,
    /// Bookings of the service in ten minutes. Absent: 500.
    #[schema(required = false)]
    max_bookings_per_ten_minutes: u32,
    /// Immediate bookings of one number in 24 hours. Absent: 6.
    #[schema(required = false)]
    max_immediate_per_number_per_day: u32,
    /// Closed now, whatever the hours say. Absent: false.
    #[schema(required = false)]
    emergency: bool,
    /// The words of the notice that a call is near, by language.
    #[schema(required = false)]
    upcoming: Vec<NoticeDocument>,
}

/// The rank of a callback in its queue, and how it grows with age.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PriorityDocument {
    /// The rank at first. Absent: 100.
    #[schema(required = false)]
    initial: u32,
    /// What is added at the end of each interval. Absent: 10.
    #[schema(required = false)]
    increment: u32,
    /// The interval in seconds; 0 stops the growth. Absent: 60.
    #[schema(required = false)]
    interval_seconds: u32,
    /// The rank never passes this. Absent: 1000.
    #[schema(required = false)]
    limit: u32,
}

/// The words of a notice in one language.
#[derive(Serialize, ToSchema)]
pub(crate) struct NoticeDocument {
    /// Such as `en-US`.
    language: String,
    /// The headline.
    title: String,
    /// The sentence below it.
    body: String,
}

impl From<&NoticeText> for NoticeDocument {
    fn from(notice: &NoticeText) -> Self {
        let NoticeText { language, title, body } = notice.clone();
        Self { language, title, body }
    }
}

impl ServiceDocument {
    pub(crate) fn of(name: &str, settings: &Settings) -> Self {
        let rank = &settings.priority;
        Self {
            name: name.to_owned(),
            virtual_queue: settings.virtual_queue.to_string(),
            enabled: settings.enabled,
            immediate_callback_enabled: settings.immediate,
            scheduled_callback_enabled: settings.scheduled,
            call_direction: match settings.call_direction {
                CallDirection::UserTerminated => "USERTERMINATED",
                CallDirection::UserOriginated => "USERORIGINATED",
            },
            scxml_url: settings.scxml_url.clone(),
            route_point: settings.route_point.clone(),
            outbound_caller_id: settings.outbound_caller_id.clone(),
            caller_display_name: settings.caller_display_name.clone(),
            survey_rp: settings.survey_route_point.clone(),
            business_hours: settings.business_hours.as_ref().map(ToString::to_string),
            timezone: settings.zone.name().to_owned(),
            slot_minutes: settings.slot_length.minutes(),
            capacity_per_slot: settings.capacity_per_slot,
            min_lead_minutes: settings.min_lead_minutes,
            max_days_ahead: settings.max_days_ahead,
            queue_ttl_seconds: settings.queue_ttl_seconds,
            max_dial_attempts: settings.max_dial_attempts,
            redial_interval_seconds: settings.redial_interval_seconds,
            ring_timeout_seconds: settings.ring_timeout_seconds,
            priority: PriorityDocument {
                initial: rank.initial,
                increment: rank.increment,
                interval_seconds: rank.interval_seconds,
                limit: rank.limit,
            },
            offer_ewt_threshold_seconds: settings.offer_ewt_threshold_seconds,
            push_notification_threshold_minutes: settings.push_notification_threshold_minutes,
            max_queued: settings.max_queued,
            duplicate_policy: match settings.duplicate_policy {
                DuplicatePolicy::Allow => "allow",
                DuplicatePolicy::MaxTwo => "max_two",
                DuplicatePolicy::Reject => "reject",
            },
            language: settings.language.clone(),
            default_country: settings.default_country.to_string(),
            allow_premium_rate: settings.allow_premium_rate,
            max_early_submit_seconds: settings.max_early_submit_seconds,
            max_attempts: settings.max_attempts,
            max_release_per_minute: settings.max_release_per_minute,
            max_bookings_per_ten_minutes: settings.max_bookings_per_ten_minutes,
            max_immediate_per_number_per_day: settings.max_immediate_per_number_per_day,
            emergency: settings.emergency,
            upcoming: settings.upcoming.iter().map(NoticeDocument::from).collect(),
        }
    }
}

/// Business hours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HoursDocument {
    /// The name that services refer to.
    #[schema(max_length = 255, example = "BH_Sales")]
    name: String,
    /// The IANA zone whose clocks the hours mean.
    timezone: String,
    /// The hours of each day; a day left out is closed.
    week: WeekDocument,
    /// The days that override the week.
    #[schema(required = false)]
    special_days: Vec<SpecialDayDocument>,
}

/// The hours of each day of the week.
#[derive(Serialize, ToSchema)]
pub(crate) struct WeekDocument {
    /// Monday.
    #[schema(required = false)]
    mon: Vec<IntervalDocument>,
    /// Tuesday.
    #[schema(required = false)]
    tue: Vec<IntervalDocument>,
    /// Wednesday.
    #[schema(required = false)]
    wed: Vec<IntervalDocument>,
    /// Thursday.
    #[schema(required = false)]
    thu: Vec<IntervalDocument>,
    /// Friday.
    #[schema(required = false)]
    fri: Vec<IntervalDocument>,
    /// Saturday.
    #[schema(required = false)]
    sat: Vec<IntervalDocument>,
    /// Sunday.
    #[schema(required = false)]
    sun: Vec<IntervalDocument>,
}

/// A part of a day: from `start` until `end`, or all of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IntervalDocument {
    /// `HH:MM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// `HH:MM` or `24:00`. Absent: until the end of the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// The whole day, in place of `start` and `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_all_day: Option<bool>,
}

/// A day whose own hours replace those of the week.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SpecialDayDocument {
    /// What people call it.
    #[schema(required = false, max_length = 255)]
    name: String,
    /// `YYYY-MM-DD`.
    date: String,
    /// Whether it comes back every year. Absent: false.
    #[schema(required = false)]
    recurs_yearly: bool,
    /// Its hours; none is closed.
    #[schema(required = false)]
    hours: Vec<IntervalDocument>,
}

fn intervals(day: &Day) -> Vec<IntervalDocument> {
    let one = |interval: &Interval| {
        if *interval == Interval::ALL_DAY {
            IntervalDocument { start: None, end: None, open_all_day: Some(true) }
        } else {
            let (start, end) = (Some(interval.start_text()), Some(interval.end_text()));
            IntervalDocument { start, end, open_all_day: None }
        }
    };
    day.intervals().iter().map(one).collect()
}

impl HoursDocument {
    pub(crate) fn of(hours: &Hours) -> Self {
        let week = hours.week();
        let special = |special: &SpecialDay| SpecialDayDocument {
            name: special.name.clone(),
            date: special.date.to_string(),
            recurs_yearly: special.recurrence == Recurrence::Yearly,
            hours: intervals(&special.day),
        };
        Self {
            name: hours.name().to_string(),
            timezone: hours.zone().name().to_owned(),
            week: WeekDocument {
                mon: intervals(&week.mon),
                tue: intervals(&week.tue),
                wed: intervals(&week.wed),
                thu: intervals(&week.thu),
                fri: intervals(&week.fri),
                sat: intervals(&week.sat),
                sun: intervals(&week.sun),
            },
            special_days: hours.special_days().iter().map(special).collect(),
        }
    }
}

/// A callback as its session may know it, with the settings that it was booked under.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRecord {
    #[serde(flatten)]
    callback: CallbackRecord,
    /// The contact centre.
    ccid: Uuid,
    /// The service it was booked with.
    service_name: String,
    /// The queue it waits in.
    virtual_queue: String,
    /// When it was booked.
    #[schema(format = DateTime)]
    created_time: String,
    /// The attempt that lives, if one does.
    attempt: Option<u32>,
    /// Its session, once known.
    session_id: Option<String>,
    /// The customer's language.
    language: Option<String>,
    /// The customer's own data.
    #[schema(value_type = Object)]
    user_data: Map<String, Value>,
    /// How often the stored data changed.
    storage_version: u64,
    /// The settings at the time of booking.
    settings: ServiceDocument,
}

impl SessionRecord {
    pub(in crate::routes) fn of(callback: &Callback) -> Self {
        let session = callback.submission.as_ref().and_then(|sent| sent.session.as_ref());
        let data = callback.details.user_data.iter().map(|(name, json)| {
            // What is kept was written by us as JSON; anything else would still be a text.
            let value = serde_json::from_str(json).unwrap_or_else(|_odd| Value::from(json));
            (name.to_owned(), value)
        });
        Self {
            callback: callback.into(),
            ccid: callback.tenant.uuid(),
            service_name: callback.service.to_string(),
            virtual_queue: callback.queue.to_string(),
            created_time: format_utc(callback.created_at),
            attempt: callback.live_attempt().map(Attempt::number),
            session_id: session.map(|session| session.as_str().to_owned()),
            language: callback.details.language.clone(),
            user_data: data.collect(),
            storage_version: callback.storage.version,
            settings: ServiceDocument::of(callback.service.as_str(), &callback.settings),
        }
    }
}
